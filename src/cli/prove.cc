// clearwell prove: data made from the contract, run into scratch warehouses, and every record's
// fate compared with what its manifest expects.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "base/time.h"
#include "cli/mix.h"
#include "cli/proof.h"
#include "cli/session.h"
#include "cli/signals.h"

namespace clearwell::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t usual_count = 2000;
constexpr int64_t singly = 200;    // records that go in one by one
constexpr int64_t in_lanes = 500;  // records that go in side by side
constexpr int64_t all_at_once = 1'000'000;

constexpr size_t others_told = 4;

// A folder that goes when the object does, unless it is to be kept.
class Folder {
 public:
  static Result<Folder> make(const std::string& keep) {
    std::error_code failed;
    if (!keep.empty()) {
      if (fs::exists(keep, failed) && !fs::is_empty(keep, failed)) {
        return config_error(fmt::format("--keep: {} is not empty; name a new folder", keep));
      }
      fs::create_directories(keep, failed);
      if (failed) return fatal(fmt::format("cannot make {}: {}", keep, failed.message()));
      return Folder(fs::absolute(keep), true);
    }
    std::string name = fs::temp_directory_path(failed) / "clearwell-prove-XXXXXX";
    if (failed || mkdtemp(name.data()) == nullptr) {
      return fatal("cannot make a scratch folder in TMPDIR");
    }
    return Folder(name, false);
  }

  Folder(Folder&& other) noexcept : path_(std::exchange(other.path_, {})), keep_(other.keep_) {}
  Folder& operator=(Folder&&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (!keep_ && !path_.empty()) fs::remove_all(path_, ignored);
  }

  // A new folder in it.
  Result<std::string> inner(const std::string& name) const {
    std::error_code failed;
    fs::create_directories(path_ / name, failed);
    if (failed) return fatal("cannot make a scratch folder: " + failed.message());
    return (path_ / name).string();
  }

 private:
  Folder(fs::path path, bool keep) : path_(std::move(path)), keep_(keep) {}
  fs::path path_;
  bool keep_;
};

Table to_table(const Findings& findings) {
  Table table{{{"kind"},
               {"fault"},
               {"made", Table::Kind::Number},
               {"as expected", Table::Kind::Number},
               {"deviating", Table::Kind::Number},
               {"example"}},
              {}};
  for (const auto& [name, tally] : findings.tallies) {
    table.rows.push_back({name.first, name.second, std::to_string(tally.made),
                          std::to_string(tally.made - tally.deviating),
                          std::to_string(tally.deviating), tally.example});
  }
  return table;
}

ExitCode conclude(const Findings& findings, const std::set<std::string>& notes) {
  int64_t made = 0, deviating = 0;
  for (const auto& [name, tally] : findings.tallies) {
    made += tally.made;
    deviating += tally.deviating;
  }
  for (const std::string& text : notes) note("note: " + text);
  const size_t shown = std::min(findings.others.size(), others_told);
  for (size_t i = 0; i < shown; ++i) note("error: " + findings.others[i]);
  if (shown < findings.others.size()) {
    note(fmt::format("error: … and {} more like these", findings.others.size() - shown));
  }
  const bool proven = deviating == 0 && findings.others.empty();
  note(fmt::format(
      "{}: {} in {}, {} deviating{}", proven ? "proven" : "NOT proven", counted(made, "record"),
      counted(findings.runs, "run"), deviating,
      proven ? "; tables are as expected, whatever the size of batches and the number of lanes"
             : ""));
  return proven ? ExitCode::Done : ExitCode::Failed;
}

// One set of data and how it goes in.
struct Trial {
  const char* name;
  int64_t most_records;
  std::vector<int64_t> batch_rows;
  int lanes;
};

Result<void> prove_one(const Trial& trial, const Folder& folder, generate::DatasetRequest request,
                       Findings& findings, std::set<std::string>& notes) {
  request.options.count = std::min(request.options.count, trial.most_records);
  request.options.seed += findings.runs;  // other records each time
  if (trial.lanes > 1) request.files = {};
  request.options.ordered = trial.lanes == 1;
  request.options.record_bytes = proof_record_bytes(request.project);
  CW_ASSIGN(const std::string place, folder.inner(trial.name));
  CW_ASSIGN(const generate::Dataset data, generate::make_dataset(request));
  notes.insert(data.notes.begin(), data.notes.end());
  Proof proof(request.project, data, {place, trial.lanes});
  return proof.run(trial.batch_rows, *request.stop, findings);
}

// All runs of a proof have one time, so that what loads make of `_arrived` can be compared.
void stop_the_clock() {
  const Instant time = std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
  setenv("CLEARWELL_CLOCK", to_iso8601(time).c_str(), 0);
}

}  // namespace

Result<ExitCode> prove(const Common& common, const ProveArguments& arguments) {
  stop_the_clock();
  const std::atomic<bool>& stop = stop_on_signals();
  MixArguments mix = arguments.mix;
  if (mix.late.empty()) mix.late = "3%";
  if (mix.half_written.empty()) mix.half_written = "1%";
  if (!mix.count) mix.count = usual_count;
  CW_ASSIGN(generate::Options options, read_mix(mix));
  CW_ASSIGN(const config::Project project,
            load_to_generate(common, arguments.pipeline, mix.params));
  CW_ASSIGN(const Folder folder, Folder::make(arguments.keep));
  const config::Pipeline& pipeline = *project.find_pipeline(arguments.pipeline);
  Findings findings;
  std::set<std::string> notes;
  generate::DatasetRequest request{project, pipeline, options, reads_files, &stop, {}};
  const std::vector<Trial> trials = {{"many", INT64_MAX, {7, all_at_once}, 1},
                                     {"singly", singly, {1, all_at_once}, 1},
                                     {"lanes", in_lanes, {7, all_at_once}, 2}};
  Result<void> done;
  for (const Trial& trial : trials) {
    if (done.ok()) done = prove_one(trial, folder, request, findings, notes);
  }
  if (!done.ok() && done.error().kind == ErrorKind::Stopped) {
    note("stopped; nothing is proven");
    return ExitCode::Failed;
  }
  CW_TRY(done);
  print(render(to_table(findings), common.output));
  return conclude(findings, notes);
}

}  // namespace clearwell::cli
