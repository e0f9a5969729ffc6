#include "engine/spark_scan.h"

#include <algorithm>
#include <set>
#include <sstream>

#include "base/log.h"
#include "batch/csv.h"
#include "spark/fields.h"

namespace clearwell::engine {
namespace {

using namespace std::chrono_literals;

std::string place_of(const batch::Record& record) {
  return std::string(record.partition) + ":" + std::to_string(record.line);
}

std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out.insert(line);
  return out;
}

}  // namespace

sources::Limits SparkScan::limits() const {
  const config::Limits& limits = project_.limits;
  return {static_cast<size_t>(limits.batch_rows), static_cast<size_t>(limits.batch_bytes),
          static_cast<size_t>(limits.record_bytes), limits.linger};
}

Result<void> SparkScan::open() {
  for (const config::Source& config : pipeline_.sources) {
    for (const sources::SourceKind& kind : sources::all_sources()) {
      if (kind.spec.name != config.type) continue;
      sources::SourceContext context{pipeline_.name, project_.folder, true};
      context.fields = batch::field_names(pipeline_.kinds.front());
      CW_ASSIGN(auto source, kind.make(config, context));
      CW_TRY(source->open({}));
      sources_.push_back(std::move(source));
    }
    CW_ASSERT(!sources_.empty());
    first_.emplace_back();
    first_.back().source = config.name;
    CW_TRY(sources_.back()->poll(first_.back(), limits(), 0us));
  }
  return {};
}

Result<SparkScan::Found> SparkScan::run(SparkVerdicts& verdicts, Loader& loader,
                                        warehouses::Transaction& transaction,
                                        const std::atomic<bool>* stop) {
  const Into into{verdicts, loader, transaction};
  for (size_t i = 0; i < sources_.size(); ++i) {
    batch::RawBatch batch = std::move(first_[i]);
    auto polled = sources::Polled::Ready;
    while (polled != sources::Polled::Finished) {
      if (stop != nullptr && *stop) return Error{ErrorKind::Stopped, "stopped"};
      for (batch::Record& record : batch.records) record.source = pipeline_.sources[i].name;
      if (!batch.records.empty()) sources_[i]->committed(batch, {});
      CW_TRY(take(std::move(batch), into));
      batch = {};
      batch.source = pipeline_.sources[i].name;
      CW_ASSIGN(polled, sources_[i]->poll(batch, limits(), 10ms));
    }
    sources_[i]->close();
  }
  CW_TRY(compare(verdicts));
  return found_;
}

Result<void> SparkScan::take(batch::RawBatch batch, const Into& into) {
  std::vector<batch::Record> rejected;
  for (const batch::Record& record : batch.records) {
    if (record.payload.find('\n') != std::string_view::npos) {
      return fatal("the record at " + place_of(record) +
                   " has several lines, and Spark reads line by line: run the pipeline without "
                   "--engine spark, or with 'quote: none' if quotes mean nothing");
    }
    const auto known = into.verdicts.rejected.find(hash128(record.payload));
    if (known == into.verdicts.rejected.end()) continue;
    ++known->second.seen;
    rejected.push_back(record);
  }
  found_.read += static_cast<int64_t>(batch.records.size());
  found_.rejected += static_cast<int64_t>(rejected.size());
  if (rejected.empty()) return {};
  batch.records = std::move(rejected);
  batch.lanes.clear();  // a table that is replaced has no positions
  return quarantine(std::move(batch), into);
}

Result<void> SparkScan::quarantine(batch::RawBatch batch, const Into& into) {
  batch.payload_bytes = 0;
  for (const batch::Record& record : batch.records) {
    batch.payload_bytes += record.payload.size();
  }
  Input input;
  input.raw = std::move(batch);
  Judge::Options options;
  options.can_wait = [](const std::string&) { return false; };
  CW_ASSIGN(Judged judged, judge_.judge(std::move(input), options));
  for (uint32_t i = 0; i < judged.verdicts.size(); ++i) {
    const batch::Record& record = judged.input.raw.records[i];
    if (judged.verdicts[i] == Verdict::Reject) {
      compare_reasons(judged, i, into.verdicts);
      continue;
    }
    const std::string& reasons = into.verdicts.rejected.at(hash128(record.payload)).reasons;
    if (reasons.find(spark::undecided) != std::string::npos) {
      return fatal("the record at " + place_of(record) +
                   " is valid, but Spark cannot read a number written like that (" +
                   batch::printable(record.payload) + "): run the pipeline without --engine spark");
    }
    return fatal("the record at " + place_of(record) + " is valid, but was rejected by Spark (" +
                 reasons +
                 "); nothing was changed. That is a fault of Clearwell: please report it");
  }
  CW_ASSIGN(const Committed committed, into.loader.add(into.transaction, judged, {}));
  found_.rejected_bytes += committed.rejected_bytes;
  return {};
}

// The stored reasons are ours. That Spark tells others is a fault of ours which changes no verdict.
void SparkScan::compare_reasons(const Judged& judged, uint32_t record,
                                const SparkVerdicts& verdicts) {
  const batch::Record& raw = judged.input.raw.records[record];
  const std::string& reasons = verdicts.rejected.at(hash128(raw.payload)).reasons;
  if (told_ || reasons.find(spark::undecided) != std::string::npos) return;
  std::set<std::string> ours;
  for (const batch::Reason& reason : judged.reasons.of(record)) {
    ours.insert(reason.code + (reason.path.empty() ? "" : " " + reason.path));
  }
  if (ours == lines_of(reasons)) return;
  told_ = true;
  std::string list;
  for (const std::string& one : ours) list += (list.empty() ? "" : ", ") + one;
  log_warn("the record at " + place_of(raw) + " was rejected by Spark for other reasons (" +
           reasons + ") than by Clearwell (" + list + "), which are the ones that are kept");
}

// A header is no record here, but a row that repeats the header there.
Result<void> SparkScan::compare(const SparkVerdicts& verdicts) const {
  const int64_t accepted = found_.read - found_.rejected;
  if (accepted != verdicts.accepted) {
    return fatal("Spark has accepted " + std::to_string(verdicts.accepted) + " records and " +
                 std::to_string(accepted) +
                 " are there; nothing was changed. Has a file been changed meanwhile, or does the "
                 "name of one begin with _, which Spark passes over?");
  }
  for (const auto& [hash, payload] : verdicts.rejected) {
    const bool header = payload.reasons == "csv.header" && payload.seen < payload.records;
    if (header || payload.seen == payload.records) continue;
    return fatal("Spark has read a record " + std::to_string(payload.records) + " times that is " +
                 std::to_string(payload.seen) + " times in the input: " + payload.start +
                 "; nothing was changed. Has a file been changed meanwhile?");
  }
  return {};
}

}  // namespace clearwell::engine
