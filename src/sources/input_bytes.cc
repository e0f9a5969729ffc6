#include "sources/input_bytes.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <zlib.h>

namespace clearwell::sources {
namespace {

constexpr size_t packed_block = 64 << 10;
constexpr size_t unpacked_block = 256 << 10;
constexpr size_t kept_behind = 1 << 20;
constexpr size_t head_bytes = 1024;
constexpr int gzip_only = 16 + MAX_WBITS;

}  // namespace

class InputBytes::Unpacker {
 public:
  Unpacker() { begin(); }
  ~Unpacker() { inflateEnd(&stream_); }
  Unpacker(const Unpacker&) = delete;
  Unpacker& operator=(const Unpacker&) = delete;

  int64_t read_at(int fd, char* to, size_t size, int64_t offset) {
    const auto wanted = static_cast<int64_t>(size);
    if (offset + wanted <= static_cast<int64_t>(head_.size())) {
      std::memcpy(to, head_.data() + offset, size);
      return wanted;
    }
    if (offset < first_) begin();
    while (end() < offset + wanted && !ended_) {
      if (const int64_t error = unpack(fd, offset); error < 0) return error;
    }
    const int64_t got = std::clamp<int64_t>(end() - offset, 0, wanted);
    if (got > 0) std::memcpy(to, window_.data() + (offset - first_), static_cast<size_t>(got));
    return got;
  }

  // The content's size as far as it is known of this state of the file.
  int64_t size_of(const FileStat& info) {
    const bool changed = info.size != seen_size_ || info.mtime_ns != seen_mtime_;
    if (changed && ended_) go_on();
    seen_size_ = info.size;
    seen_mtime_ = info.mtime_ns;
    return ended_ ? end() : unknown_size;
  }

  const std::string& damage() const { return damage_; }
  bool is_cut() const { return cut_; }

 private:
  int64_t end() const { return first_ + static_cast<int64_t>(window_.size()); }

  void begin() {
    inflateEnd(&stream_);
    stream_ = {};
    const bool ready = inflateInit2(&stream_, gzip_only) == Z_OK;
    CW_ASSERT(ready);
    packed_.resize(packed_block);
    window_.clear();
    first_ = packed_at_ = 0;
    ended_ = cut_ = member_ended_ = false;
    damage_.clear();
  }

  // The file has changed since its end was reached: perhaps there is more of it now.
  void go_on() {
    if (!damage_.empty() && !cut_) {
      head_.clear();
      return begin();
    }
    ended_ = cut_ = false;
    damage_.clear();
  }

  void stop(const char* damage) {
    ended_ = true;
    damage_ = damage;
  }

  // Some more bytes into the window, which keeps what may be asked for again.
  int64_t unpack(int fd, int64_t offset) {
    if (stream_.avail_in == 0) {
      const int64_t got = clearwell::read_at(fd, packed_.data(), packed_.size(), packed_at_);
      if (got < 0) return got;
      if (got == 0) {
        // An empty file is one without content, as others are.
        cut_ = !member_ended_ && packed_at_ > 0;
        stop(cut_ ? "it ends within what is packed in it: it was cut off, or is still written"
                  : "");
        return 0;
      }
      packed_at_ += got;
      stream_.next_in = reinterpret_cast<Bytef*>(packed_.data());
      stream_.avail_in = static_cast<uInt>(got);
    }
    if (member_ended_) inflateReset(&stream_);
    forget(offset);
    const size_t before = window_.size();
    window_.resize(before + unpacked_block);
    stream_.next_out = reinterpret_cast<Bytef*>(window_.data() + before);
    stream_.avail_out = unpacked_block;
    const int done = inflate(&stream_, Z_NO_FLUSH);
    window_.resize(before + unpacked_block - stream_.avail_out);
    member_ended_ = done == Z_STREAM_END;
    if (done != Z_OK && done != Z_STREAM_END && done != Z_BUF_ERROR) {
      stop(end() == 0 ? "it is no gzip file, although its name ends in .gz"
                      : "what is packed in it is damaged");
    }
    keep_head();
    return 0;
  }

  void keep_head() {
    if (first_ == 0 && head_.size() < head_bytes) {
      head_ = window_.substr(0, std::min(window_.size(), head_bytes));
    }
  }

  void forget(int64_t offset) {
    const int64_t keep = std::min(offset, end()) - static_cast<int64_t>(kept_behind);
    // Not a little each time.
    if (keep - first_ < static_cast<int64_t>(kept_behind)) return;
    window_.erase(0, static_cast<size_t>(keep - first_));
    first_ = keep;
  }

  z_stream stream_{};
  std::vector<char> packed_;
  int64_t packed_at_ = 0;  // of the file: read so far
  std::string head_;       // the first bytes of the content
  std::string window_;     // the content from first_ on, as far as it is unpacked
  int64_t first_ = 0;
  bool ended_ = false, cut_ = false, member_ended_ = false;
  std::string damage_;
  int64_t seen_size_ = -1, seen_mtime_ = -1;
};

InputBytes::InputBytes() = default;
InputBytes::InputBytes(Fd fd) : fd_(std::move(fd)) {}
InputBytes::InputBytes(InputBytes&&) noexcept = default;
InputBytes& InputBytes::operator=(InputBytes&&) noexcept = default;
InputBytes::~InputBytes() = default;

int InputBytes::open(const std::string& path, InputBytes& out) {
  out.unpacker_.reset();
  const int error = open_at(AT_FDCWD, path.c_str(), out.fd_);
  if (error != 0 || !path.ends_with(".gz")) return error;
  out.unpacker_ = std::make_unique<Unpacker>();
  FileStat info;  // what is read from now on belongs to this state of the file, or a later one
  return out.stat(info);
}

void InputBytes::close() {
  fd_.reset();
  unpacker_.reset();
}

int InputBytes::stat(FileStat& out) {
  const int error = stat_fd(fd_.get(), out);
  if (error == 0 && unpacker_ != nullptr) out.size = unpacker_->size_of(out);
  return error;
}

int64_t InputBytes::read_at(char* to, size_t size, int64_t offset) {
  if (unpacker_ != nullptr) return unpacker_->read_at(fd_.get(), to, size, offset);
  return clearwell::read_at(fd_.get(), to, size, offset);
}

const std::string& InputBytes::damage() const {
  static const std::string none;
  return unpacker_ == nullptr ? none : unpacker_->damage();
}

bool InputBytes::is_cut() const { return unpacker_ != nullptr && unpacker_->is_cut(); }

}  // namespace clearwell::sources
