#include "sources/positions.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/hash.h"

namespace clearwell::sources {
namespace {

constexpr int64_t identity_bytes = 1024;

Result<std::string> hash_at(InputBytes& input, int64_t offset, int64_t size) {
  std::string bytes(static_cast<size_t>(size), '\0');
  const int64_t got = input.read_at(bytes.data(), bytes.size(), offset);
  if (got < 0) return fatal(errno_text(static_cast<int>(-got)));
  bytes.resize(static_cast<size_t>(got));
  return to_hex(hash128(bytes));
}

bool has_hash(InputBytes& input, int64_t offset, int64_t size, const std::string& expected) {
  const Result<std::string> hash = hash_at(input, offset, size);
  return hash.ok() && hash.value() == expected;
}

bool same_content(InputBytes& input, const Position& position) {
  const int64_t size = position.head_bytes;
  return has_hash(input, 0, size, position.head) &&
         has_hash(input, position.offset - size, size, position.tail);
}

const char* why(Fit fit) {
  switch (fit) {
    case Fit::Same:
      break;
    case Fit::OtherFile:
      return "another file has taken its place";
    case Fit::Shorter:
      return "it is now shorter than what has been read of it";
    case Fit::OtherContent:
      return "its content is no longer what has been read of it";
  }
  return "";
}

}  // namespace

std::string to_text(const Position& position) {
  const nlohmann::ordered_json json = {{"path", position.path},
                                       {"device", position.device},
                                       {"inode", position.inode},
                                       {"head", position.head},
                                       {"head_bytes", position.head_bytes},
                                       {"tail", position.tail},
                                       {"offset", position.offset},
                                       {"line", position.line}};
  // A path need not be UTF-8; it is for people here, so a replacement character will do.
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<Position> parse_position(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto number = [&](const char* key) {
    return json.contains(key) && json[key].is_number_integer() && json[key] >= 0;
  };
  const auto word = [&](const char* key) { return json.contains(key) && json[key].is_string(); };
  if (!json.is_object() || !number("device") || !number("inode") || !number("offset") ||
      !number("line") || !number("head_bytes") || !word("path") || !word("head") || !word("tail")) {
    return config_error("the stored position is none of this source: " + text);
  }
  Position position;
  position.path = json["path"];
  position.device = json["device"];
  position.inode = json["inode"];
  position.head = json["head"];
  position.tail = json["tail"];
  position.head_bytes = json["head_bytes"];
  position.offset = json["offset"];
  position.line = json["line"];
  if (position.head_bytes > std::min(identity_bytes, position.offset)) {
    return config_error("the stored position contradicts itself: " + text);
  }
  return position;
}

Result<void> describe(InputBytes& bytes, Position& position) {
  position.head_bytes = std::min(identity_bytes, position.offset);
  CW_ASSIGN(position.head, hash_at(bytes, 0, position.head_bytes));
  CW_ASSIGN(position.tail,
            hash_at(bytes, position.offset - position.head_bytes, position.head_bytes));
  return {};
}

Fit fit(InputBytes& bytes, const FileStat& info, const Position& position) {
  if (info.device != position.device || info.inode != position.inode) return Fit::OtherFile;
  if (info.size < position.offset) return Fit::Shorter;
  return same_content(bytes, position) ? Fit::Same : Fit::OtherContent;
}

// The lanes of a batch need not be in the order of its records: files are read in turn.
Result<void> cut(const std::string& root, batch::RawBatch& batch, size_t count) {
  std::map<std::string_view, const batch::Record*> first_left;  // by path
  for (size_t i = count; i < batch.records.size(); ++i) {
    first_left.emplace(batch.records[i].partition, &batch.records[i]);
  }
  std::vector<batch::LaneAdvance> kept;
  for (batch::LaneAdvance& lane : batch.lanes) {
    CW_ASSIGN(Position position, parse_position(lane.to));
    const auto left = first_left.find(position.path);
    if (left != first_left.end()) {
      InputBytes bytes;
      FileStat info;
      const int error = InputBytes::open(path_in(root, position.path), bytes);
      if (error != 0) return retryable(position.path + ": " + errno_text(error));
      if (bytes.stat(info) != 0 || fit(bytes, info, position) != Fit::Same) {
        return retryable(position.path + " was replaced while it was read");
      }
      position.offset = left->second->offset;
      position.line = left->second->line;
      CW_TRY(describe(bytes, position));
      lane.to = to_text(position);
    }
    if (lane.to != lane.from && position.offset > 0) kept.push_back(std::move(lane));
  }
  batch.lanes = std::move(kept);
  batch.records.resize(count);
  return {};
}

Error replaced_error(const std::string& path, Fit fit) {
  return config_error(
      path + " was replaced: " + why(fit) +
      ", so where to go on is unknown. Put the old file back (renamed is fine, if `path` matches "
      "it), or give the new one another name, or set `if_replaced: restart` to read it from its "
      "start, or, if it is a copy, `if_replaced: continue`");
}

Result<void> Positions::resume(const std::map<std::string, std::string>& lanes) {
  for (const auto& [lane, text] : lanes) {
    auto position = parse_position(text);
    if (!position) return std::move(position).error().context("lane " + lane);
    by_file_.emplace(Identity(position->device, position->inode), lane);
    lanes_[lane] = {text, std::move(position).value()};
  }
  return {};
}

std::string Positions::text(const std::string& lane) const {
  const auto found = lanes_.find(lane);
  return found == lanes_.end() ? std::string() : found->second.text;
}

void Positions::set(const std::string& lane, Position position) {
  const auto found = lanes_.find(lane);
  const Identity identity(position.device, position.inode);
  if (found != lanes_.end()) {
    const Position& old = found->second.position;
    auto [entry, end] = by_file_.equal_range({old.device, old.inode});
    while (entry != end && entry->second != lane) ++entry;
    if (entry != end) by_file_.erase(entry);
  }
  by_file_.emplace(identity, lane);
  std::string text = to_text(position);
  lanes_[lane] = {std::move(text), std::move(position)};
}

void Positions::finish(const std::string& lane) {
  const auto found = lanes_.find(lane);
  if (found != lanes_.end()) found->second.finished = true;
}

Result<Positions::Start> Positions::start(const File& file, IfReplaced if_replaced,
                                          const IsElsewhere& is_elsewhere) {
  Start best;
  bool known = false;
  const auto [first, last] = by_file_.equal_range({file.info.device, file.info.inode});
  for (auto entry = first; entry != last; ++entry) {
    const Stored& stored = lanes_.at(entry->second);
    const Position& position = stored.position;
    if (known && position.offset < best.offset) continue;
    if (fit(file.bytes, file.info, position) != Fit::Same) continue;
    best = {position.offset, position.line, entry->second != file.lane};
    known = true;
  }
  const auto own = lanes_.find(file.lane);
  if (known || own == lanes_.end() || own->second.finished) return best;
  const Position& position = own->second.position;
  const Fit why_not = fit(file.bytes, file.info, position);
  if (why_not == Fit::OtherFile && is_elsewhere(position)) return Start{};
  const bool is_copy = file.info.size >= position.offset && same_content(file.bytes, position);
  switch (if_replaced) {
    case IfReplaced::Restart:
      return Start{};
    case IfReplaced::Continue:
      if (is_copy) return Start{position.offset, position.line, false};
      break;
    case IfReplaced::Fail:
      break;
  }
  return replaced_error(file.path, why_not);
}

}  // namespace clearwell::sources
