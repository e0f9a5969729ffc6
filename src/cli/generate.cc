// clearwell generate: data made from a pipeline's contract, with a manifest of what must become of
// each record.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "cli/mix.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "generate/kafka_sink.h"
#include "generate/sink.h"

namespace clearwell::cli {
namespace {

namespace fs = std::filesystem;
using generate::Dataset;
using generate::Delivery;
using generate::How;
using generate::Sink;

// Between the phases of a stream, so that a half-written file is seen as one.
constexpr auto between_phases = std::chrono::seconds(3);

// One line on a terminal, nothing elsewhere.
class Line {
 public:
  Line() : terminal_(isatty(STDERR_FILENO) == 1) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() { clear(); }

  void show(const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    if (!terminal_ || now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    shown_ = true;
    std::fprintf(stderr, "\r\x1b[K%s", text.c_str());
    std::fflush(stderr);
  }
  void clear() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
  }

 private:
  const bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

bool to_stdout(const GenerateArguments& arguments) {
  return arguments.to.empty() || arguments.to == "-";
}
bool to_kafka(const GenerateArguments& arguments) {
  return arguments.to == "kafka" || arguments.to.starts_with("kafka:");
}
bool to_lines(const GenerateArguments& arguments) {
  return to_stdout(arguments) || to_kafka(arguments) || arguments.to.ends_with(".jsonl");
}

Result<void> check_flags(const GenerateArguments& arguments) {
  const bool folder = !to_lines(arguments);
  if (!folder && arguments.format == "files") {
    return config_error("--format files needs a folder to write into: --to DIR");
  }
  if (!folder && !arguments.mix.half_written.empty()) {
    return config_error("--half-written is about files of one record each: --to DIR");
  }
  if (arguments.rate && arguments.phase != "all") {
    return config_error("--rate delivers both phases in one stream; leave out --phase");
  }
  const bool into_open = to_stdout(arguments) || to_kafka(arguments);
  if (into_open || arguments.force || arguments.phase == "2") return {};
  std::error_code failed;
  const fs::path to = arguments.to;
  const bool taken =
      folder ? fs::is_directory(to, failed) && !fs::is_empty(to, failed) : fs::exists(to, failed);
  if (folder && fs::exists(to, failed) && !fs::is_directory(to, failed)) {
    return config_error(
        fmt::format("--to: {} is a file; name a folder, or a file *.jsonl", arguments.to));
  }
  if (!taken) return {};
  return config_error(fmt::format("--to: {} {}; choose another, or say --force to write into it",
                                  arguments.to, folder ? "is not empty" : "exists"));
}

Result<std::unique_ptr<Sink>> open_sink(const GenerateArguments& arguments,
                                        const std::function<bool(const config::Pipeline&)>& files,
                                        const config::Project& project,
                                        const config::Pipeline& pipeline) {
  if (to_kafka(arguments)) {
    CW_ASSIGN(generate::KafkaTarget target,
              generate::kafka_target(arguments.to, project, pipeline));
    return generate::kafka_sink(std::move(target));
  }
  const bool append = arguments.phase == "2";
  if (to_lines(arguments)) {
    return generate::lines_sink(to_stdout(arguments) ? "" : arguments.to, append, pipeline);
  }
  return generate::folder_sink({arguments.to, files, append, std::nullopt});
}

// Delivers what belongs to the phases asked for, at the rate asked for.
class Delivering {
 public:
  Delivering(const GenerateArguments& arguments, Sink& sink, std::FILE* manifest,
             const std::atomic<bool>& stop)
      : arguments_(arguments), sink_(sink), manifest_(manifest), stop_(stop) {}

  Result<void> all(const Dataset& data) {
    bool second = false;
    for (const Delivery& delivery : data.deliveries) {
      if (stop_) break;
      const bool wanted =
          arguments_.phase == "all" || arguments_.phase == std::to_string(delivery.phase);
      // Nobody sees the half of a file that is whole at once.
      const bool unseen =
          delivery.how == How::Half && arguments_.phase == "all" && !arguments_.rate;
      if (unseen || (arguments_.phase == "1" && !wanted)) continue;
      if (!second && delivery.phase == 2 && arguments_.rate) pause(between_phases);
      second = delivery.phase == 2;
      generate::Place place;
      if (wanted) {
        CW_ASSIGN(place, sink_.write(delivery));
        if (!place.path.empty()) CW_TRY(written());
      } else {
        place = sink_.place(delivery);
      }
      if (manifest_ == nullptr || place.path.empty()) continue;
      CW_TRY(generate::write_to(
          manifest_, arguments_.manifest,
          generate::manifest_line(delivery, place, arguments_.phase == "1" ? 1 : 2)));
    }
    return sink_.flush();
  }

  int64_t count() const { return count_; }

 private:
  Result<void> written() {
    ++count_;
    line_.show(fmt::format("{} records written", count_));
    if (!arguments_.rate) return {};
    const auto due = start_ + std::chrono::microseconds(count_ * 1'000'000 / *arguments_.rate);
    if (due <= Steady::now()) return {};
    CW_TRY(sink_.flush());
    pause(due - Steady::now());
    return {};
  }

  void pause(Steady::duration time) const {
    const auto until = Steady::now() + time;
    while (!stop_ && Steady::now() < until) {
      std::this_thread::sleep_for(
          std::min<Steady::duration>(until - Steady::now(), std::chrono::milliseconds(50)));
    }
  }

  const GenerateArguments& arguments_;
  Sink& sink_;
  std::FILE* manifest_;
  const std::atomic<bool>& stop_;
  Line line_;
  int64_t count_ = 0;
  const Steady::time_point start_ = Steady::now();
};

void summarise(const Dataset& data, const GenerateArguments& arguments, int64_t written) {
  std::map<std::string, int64_t> faults;
  int64_t broken = 0;
  for (const Delivery& delivery : data.deliveries) {
    if (delivery.fault == "none") continue;
    ++faults[delivery.pipeline->name + "/" + delivery.kind->name + "/" + delivery.fault];
    ++broken;
  }
  for (const std::string& text : data.notes) note("note: " + text);
  if (to_lines(arguments) && arguments.to != "kafka" && data.pipelines.size() > 1) {
    std::string parents;
    for (const config::Pipeline* pipeline : data.pipelines) {
      if (pipeline->name == arguments.pipeline) continue;
      parents += (parents.empty() ? "" : ", ") + pipeline->name;
    }
    note(
        fmt::format("note: the records refer to others, which are not written here: {}; --to DIR "
                    "writes them as well",
                    parents));
  }
  note(fmt::format("{} written{}; of those made, {} broken in {}", counted(written, "record"),
                   to_stdout(arguments) ? "" : " to " + arguments.to, broken, faults.size()));
}

}  // namespace

Result<ExitCode> generate(const Common& common, const GenerateArguments& arguments) {
  const std::atomic<bool>& stop = stop_on_signals();
  CW_TRY(check_flags(arguments));
  CW_ASSIGN(generate::Options options, read_mix(arguments.mix));
  CW_ASSIGN(const config::Project project,
            load_to_generate(common, arguments.pipeline, arguments.mix.params));
  const config::Pipeline& pipeline = *project.find_pipeline(arguments.pipeline);
  const auto files = [&](const config::Pipeline& one) {
    if (to_lines(arguments) || arguments.format == "jsonl") return false;
    return arguments.format == "files" || reads_files(one);
  };
  Line line;
  generate::DatasetRequest request{project, pipeline, options, files, &stop, {}};
  request.progress = [&](int64_t records) { line.show(fmt::format("{} records made", records)); };
  auto data = generate::make_dataset(request);
  line.clear();
  if (!data.ok()) {
    if (data.error().kind != ErrorKind::Stopped) return std::move(data).error();
    note("stopped; nothing was written");
    return ExitCode::Done;
  }
  generate::File manifest;
  if (!arguments.manifest.empty()) {
    CW_ASSIGN(manifest, generate::open_file(arguments.manifest, "wb"));
  }
  CW_ASSIGN(const std::unique_ptr<Sink> sink, open_sink(arguments, files, project, pipeline));
  Delivering delivering(arguments, *sink, manifest.get(), stop);
  CW_TRY(delivering.all(*data));
  if (manifest && std::fflush(manifest.get()) != 0) {
    return fatal("cannot write " + arguments.manifest);
  }
  summarise(*data, arguments, delivering.count());
  if (stop) note("stopped; what was written before stays");
  return ExitCode::Done;
}

}  // namespace clearwell::cli
