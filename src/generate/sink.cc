#include "generate/sink.h"

#include <cerrno>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/hash.h"

namespace clearwell::generate {
namespace {

namespace fs = std::filesystem;

Error failed(const std::string& what, const std::string& path, int error) {
  return fatal(what + " " + path + ": " + errno_text(error));
}

// A file of lines, perhaps not opened yet, and how many it has.
struct Lines {
  std::string path;
  int64_t lines = 0;
  File file = {};
};

Result<void> add_line(Lines& lines, const std::string& bytes) {
  CW_TRY(write_to(lines.file.get(), lines.path, bytes));
  return write_to(lines.file.get(), lines.path, "\n");
}

Result<void> flush_lines(const Lines& lines) {
  if (!lines.file || std::fflush(lines.file.get()) == 0) return {};
  return failed("cannot write", lines.path, errno);
}

class FolderSink : public Sink {
 public:
  explicit FolderSink(FolderOptions options) : options_(std::move(options)) {}

  Place place(const Delivery& delivery) override {
    const std::string& name = delivery.pipeline->name;
    if (options_.files(*delivery.pipeline)) {
      return {fmt::format("{}/{:06}.json", name, delivery.file), 0};
    }
    std::string path = name + ".jsonl";
    if (options_.lanes > 1) {
      const auto lane = hash64(delivery.key) % static_cast<uint64_t>(options_.lanes);
      path = fmt::format("{}/lane-{}.jsonl", name, lane);
    }
    const int64_t line = ++lines_[path].lines;
    return {std::move(path), line};
  }

  Result<Place> write(const Delivery& delivery) override {
    Place out = place(delivery);
    if (out.line == 0) {
      CW_TRY(write_file(delivery));
      return out;
    }
    Lines& lines = lines_[out.path];
    if (!lines.file) {
      lines.path = options_.folder + "/" + out.path;
      CW_TRY(make_folder(fs::path(lines.path).parent_path()));
      CW_ASSIGN(lines.file, open_file(lines.path, options_.append ? "ab" : "wb"));
    }
    CW_TRY(add_line(lines, delivery.bytes));
    return out;
  }

  Result<void> flush() override {
    for (const auto& [name, lines] : lines_) CW_TRY(flush_lines(lines));
    return {};
  }

 private:
  static Result<void> make_folder(const std::string& path) {
    std::error_code error;
    fs::create_directories(path, error);
    if (error) return failed("cannot make", path, error.value());
    return {};
  }

  // Whole or not at all, for whoever watches the folder.
  Result<void> write_file(const Delivery& delivery) {
    const std::string folder = options_.folder + "/" + delivery.pipeline->name;
    if (folders_.insert(folder).second) CW_TRY(make_folder(folder));
    const std::string file = fmt::format("{:06}.json", delivery.file);
    const std::string part = folder + "/." + file + ".part", path = folder + "/" + file;
    {
      CW_ASSIGN(const File out, open_file(part, "wb"));
      CW_TRY(write_to(out.get(), part, delivery.bytes));
      if (std::fflush(out.get()) != 0) return failed("cannot write", part, errno);
    }
    if (options_.mtime) CW_TRY(set_mtime(part));
    if (std::rename(part.c_str(), path.c_str()) != 0) return failed("cannot write", path, errno);
    return {};
  }

  Result<void> set_mtime(const std::string& path) {
    *options_.mtime += std::chrono::milliseconds(1);
    const int64_t micros = options_.mtime->time_since_epoch().count();
    struct timespec time{};
    time.tv_sec = micros / 1'000'000;
    time.tv_nsec = micros % 1'000'000 * 1000;
    const struct timespec both[] = {time, time};
    if (utimensat(AT_FDCWD, path.c_str(), both, 0) == 0) return {};
    return failed("cannot set the time of", path, errno);
  }

  FolderOptions options_;
  std::map<std::string, Lines> lines_;
  std::set<std::string> folders_;
};

class LinesSink : public Sink {
 public:
  LinesSink(Lines lines, const config::Pipeline& pipeline)
      : lines_(std::move(lines)), pipeline_(pipeline) {}

  Place place(const Delivery& delivery) override {
    if (delivery.pipeline != &pipeline_) return Place{};
    return Place{fs::path(lines_.path).filename(), ++lines_.lines};
  }
  Result<Place> write(const Delivery& delivery) override {
    Place out = place(delivery);
    if (out.line != 0) CW_TRY(add_line(lines_, delivery.bytes));
    return out;
  }
  Result<void> flush() override { return flush_lines(lines_); }

 private:
  Lines lines_;
  const config::Pipeline& pipeline_;
};

}  // namespace

Result<File> open_file(const std::string& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode));
  if (!file) return failed("cannot open", path, errno);
  return file;
}

Result<void> write_to(std::FILE* file, const std::string& path, std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size()) return {};
  return failed("cannot write", path, errno);
}

std::unique_ptr<Sink> folder_sink(FolderOptions options) {
  return std::make_unique<FolderSink>(std::move(options));
}

Result<std::unique_ptr<Sink>> lines_sink(const std::string& path, bool append,
                                         const config::Pipeline& pipeline) {
  Lines lines;
  lines.path = path.empty() ? "stdout" : path;
  if (path.empty()) {
    lines.file.reset(fdopen(dup(STDOUT_FILENO), "wb"));
    if (!lines.file) return failed("cannot write", lines.path, errno);
  } else {
    CW_ASSIGN(lines.file, open_file(path, append ? "ab" : "wb"));
  }
  return std::unique_ptr<Sink>(std::make_unique<LinesSink>(std::move(lines), pipeline));
}

}  // namespace clearwell::generate
