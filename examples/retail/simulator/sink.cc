#include "sink.h"

#include <array>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>

#include "output_file.h"

namespace retail {
namespace {

using simulators::OutputFile;

constexpr std::array<Kind, kind_count> kinds{Kind::Users, Kind::Articles, Kind::Purchases};

class FileSink : public Sink {
 public:
  FileSink(std::string blob, bool in_place) : blob_(std::move(blob)), in_place_(in_place) {
    for (Kind kind : kinds) {
      std::filesystem::create_directories(std::filesystem::path(blob_) / name_of(kind));
    }
  }

  Place deliver(const Delivery& delivery, bool write) override {
    Place place{fmt::format("{}/{}.json", name_of(delivery.kind), delivery.name)};
    if (!write) return place;
    const std::string path = blob_ + "/" + place.path;
    // The kernel stamps files by a clock that ticks every 4 ms; which of two files came first
    // decides a conflict, so that its second file gets the exact time before it appears.
    const bool later = delivery.how == How::Conflict;
    const bool renamed = !in_place_ || later;
    // A name that no *.json pattern finds, in the same folder.
    const std::string written = renamed ? path + ".part" : path;
    const OutputFile file(written);
    file.write_all(delivery.bytes);
    if (later) file.stamp();
    if (renamed && std::rename(written.c_str(), path.c_str()) != 0) simulators::fail(path);
    return place;
  }

  void flush() override {}

 private:
  std::string blob_;
  bool in_place_;
};

class LineSink : public Sink {
 public:
  LineSink(const std::string& blob, bool append) {
    std::filesystem::create_directories(blob);
    for (size_t i = 0; i < kind_count; ++i) {
      paths_[i] = fmt::format("{}.jsonl", name_of(kinds[i]));
      files_[i] = std::make_unique<OutputFile>(
          blob + "/" + paths_[i], O_WRONLY | O_CREAT | O_APPEND | (append ? 0 : O_TRUNC));
    }
  }

  Place deliver(const Delivery& delivery, bool write) override {
    const auto kind = static_cast<size_t>(delivery.kind);
    if (write) {
      buffers_[kind].append(delivery.bytes).push_back('\n');
      if (buffers_[kind].size() > size_t{1} << 20) flush_one(kind);
    }
    return {paths_[kind], ++lines_[kind]};
  }

  void flush() override {
    for (size_t i = 0; i < kind_count; ++i) flush_one(i);
  }

 private:
  void flush_one(size_t kind) {
    files_[kind]->write_all(buffers_[kind]);
    buffers_[kind].clear();
  }

  std::array<std::string, kind_count> paths_;
  std::array<std::unique_ptr<OutputFile>, kind_count> files_;
  std::array<std::string, kind_count> buffers_;
  std::array<int64_t, kind_count> lines_{};
};

}  // namespace

std::unique_ptr<Sink> file_sink(const std::string& blob, bool in_place) {
  return std::make_unique<FileSink>(blob, in_place);
}

std::unique_ptr<Sink> line_sink(const std::string& blob, bool append) {
  return std::make_unique<LineSink>(blob, append);
}

}  // namespace retail
