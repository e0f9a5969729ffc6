// Lane: "pipeline/source/spool". A position is {"spool":"<uuid>","offset":4711}: all deliveries
// before that offset are in. Records come in the order of the spool.

#include "sources/webhook/webhook_source.h"

#include <atomic>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "sources/webhook/settings.h"

namespace clearwell::sources::webhook {
namespace {

using std::chrono::microseconds;

struct Place {
  std::string spool;
  int64_t offset = 0;
};

std::string to_text(const Place& place) {
  return fmt::format(R"({{"spool":"{}","offset":{}}})", place.spool, place.offset);
}

Result<Place> parse_place(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("spool") || !json.contains("offset") ||
      !json["spool"].is_string() || !json["offset"].is_number_integer()) {
    return config_error("the position of the webhook's spool is unreadable: " + text);
  }
  return Place{json["spool"].get<std::string>(), json["offset"].get<int64_t>()};
}

class WebhookSource final : public Source {
 public:
  explicit WebhookSource(Options options) : options_(std::move(options)) {}

  Result<void> open(Resume resume) override;
  Result<Polled> poll(batch::RawBatch& batch, const Limits& limits, microseconds wait) override;
  Result<void> cut(batch::RawBatch& batch, size_t count) const override;
  void committed(const batch::RawBatch& batch, const std::vector<bool>& retried) override;
  bool caught_up() const override { return next_ >= spool_->end(); }
  void close() override;

 private:
  Result<void> find_start(const std::map<std::string, std::string>& lanes);
  Result<void> read(batch::RawBatch& batch, const Limits& limits);
  void add(const Entry& entry, int64_t offset, batch::RawBatch& batch, const Limits& limits);

  Options options_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Listener> listener_;
  std::unique_ptr<Subscription> subscription_;
  std::optional<SegmentReader> reader_;
  std::string committed_text_;     // position of the last batch handed over; empty: none yet
  std::atomic<int64_t> next_ = 0;  // offset of the next entry to be read
  std::atomic<int64_t> unconfirmed_ = 0;
};

Result<void> WebhookSource::open(Resume resume) {
  FileStat info;
  if (options_.once && stat_path(options_.spool.folder + "/uuid", info) != 0) {
    return config_error("nothing has been delivered yet: there is no spool " +
                        options_.spool.folder + "; --once does not listen, run without it");
  }
  CW_ASSIGN(spool_, Spool::open(options_.spool));
  CW_TRY(find_start(resume.lanes));
  spool_->loaded(next_);
  if (options_.once) return {};
  CW_ASSIGN(listener_, Listener::start(options_.listener, *spool_));
  // Not before: senders may deliver at once.
  if (options_.subscription) {
    subscription_ = std::make_unique<Subscription>(*options_.subscription);
  }
  return {};
}

Result<void> WebhookSource::find_start(const std::map<std::string, std::string>& lanes) {
  next_ = spool_->first();
  const auto found = lanes.find(options_.lane);
  if (found == lanes.end()) return {};
  CW_ASSIGN(const Place place, parse_place(found->second));
  const std::string& folder = options_.spool.folder;
  if (place.spool != spool_->uuid()) {
    return config_error(fmt::format(
        "the warehouse has read the spool {} up to {}, but {} is the spool {}; restore that "
        "folder, or give the source another name to begin anew",
        place.spool, place.offset, folder, spool_->uuid()));
  }
  if (place.offset > spool_->end()) {
    return config_error(fmt::format(
        "the warehouse has read the spool {} up to {}, but it ends at {}: deliveries are gone; "
        "restore that folder, or give the source another name to begin anew",
        folder, place.offset, spool_->end()));
  }
  if (place.offset < spool_->first()) {
    return config_error(fmt::format(
        "the warehouse has read the spool {} up to {}, but it begins at {}: what lies between has "
        "been deleted after it was loaded into a warehouse that is newer than this one (a backup "
        "older than `retain`?); give the source another name to go on with what is there",
        folder, place.offset, spool_->first()));
  }
  next_ = place.offset;
  committed_text_ = found->second;
  return {};
}

Result<Polled> WebhookSource::poll(batch::RawBatch& batch, const Limits& limits,
                                   microseconds wait) {
  const auto deadline = Steady::now() + wait;
  auto full = Steady::time_point::max();  // when a batch with a record is handed over
  const std::string from = committed_text_;
  for (;;) {
    CW_TRY(read(batch, limits));
    const auto time = Steady::now();
    const bool any = !batch.records.empty();
    if (any && full == Steady::time_point::max()) full = time + limits.linger;
    const bool closed = batch.records.size() >= limits.rows || batch.payload_bytes >= limits.bytes;
    if (any && (closed || time >= full || (options_.once && caught_up()))) {
      committed_text_ = to_text({spool_->uuid(), next_});
      batch.lanes.push_back({options_.lane, from, committed_text_});
      ++unconfirmed_;
      return Polled::Ready;
    }
    if (!any && options_.once && caught_up() && unconfirmed_ == 0) return Polled::Finished;
    if (!any && time >= deadline) return Polled::Idle;
    spool_->wait(next_, any ? full : deadline);
  }
}

Result<void> WebhookSource::read(batch::RawBatch& batch, const Limits& limits) {
  const int64_t end = spool_->end();
  std::string bytes;
  Entry entry;
  while (next_ < end && batch.records.size() < limits.rows && batch.payload_bytes < limits.bytes) {
    const Segment segment = spool_->segment_at(next_);
    if (!reader_ || reader_->path() != segment.path || reader_->offset() != next_) {
      CW_ASSIGN(reader_, SegmentReader::open(segment, next_));
    }
    CW_ASSIGN(const auto read, reader_->next(std::min(end, segment.end()), bytes, entry));
    if (read != SegmentReader::Read::Entry) {
      // What has been read before it is handed over first.
      if (!batch.records.empty()) return {};
      return config_error(fmt::format("the spool file {} is damaged at byte {}; restore it",
                                      segment.path, next_ - segment.start));
    }
    add(entry, next_, batch, limits);
    next_ = reader_->offset();
  }
  return {};
}

void WebhookSource::add(const Entry& entry, int64_t offset, batch::RawBatch& batch,
                        const Limits& limits) {
  batch::Record record;
  const bool large = entry.payload.size() > limits.record_bytes;
  record.payload = batch.arena.add(entry.payload.substr(0, limits.record_bytes));
  record.fault = large ? batch::SourceFault::TooLarge : batch::SourceFault::None;
  record.partition = batch.arena.add(entry.name.empty() ? std::string_view("spool") : entry.name);
  record.offset = offset;
  record.order = {offset, 0, {}};
  record.arrived = entry.came;
  batch.payload_bytes += record.payload.size();
  batch.records.push_back(record);
}

// Offsets of records say where they begin, so the lane ends where the first one left out does.
Result<void> WebhookSource::cut(batch::RawBatch& batch, size_t count) const {
  if (count >= batch.records.size()) return {};
  batch.lanes.front().to = to_text({spool_->uuid(), batch.records[count].offset});
  batch.records.resize(count);
  return {};
}

void WebhookSource::committed(const batch::RawBatch& batch, const std::vector<bool>&) {
  --unconfirmed_;
  for (const batch::LaneAdvance& lane : batch.lanes) {
    const auto place = parse_place(lane.to);
    if (place.ok()) spool_->loaded(place->offset);
  }
  spool_->wake();
}

void WebhookSource::close() {
  subscription_.reset();
  listener_.reset();
  reader_.reset();
  spool_.reset();
}

}  // namespace

Result<std::unique_ptr<Source>> make(const config::Source& config, const SourceContext& context) {
  CW_ASSIGN(Options options, read_options(config, context));
  return std::unique_ptr<Source>(std::make_unique<WebhookSource>(std::move(options)));
}

}  // namespace clearwell::sources::webhook
