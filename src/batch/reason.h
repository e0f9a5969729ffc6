// Why a record was not accepted: stable code, place in the record, the value found, and a sentence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace clearwell::batch {

// Codes are stable and listed in docs/reference/reasons.md:
//   json.syntax json.incomplete json.utf8 json.depth json.duplicate_key json.root
//   csv.utf8 csv.columns csv.unclosed_quote csv.quote csv.header
//   record.too_large record.tombstone route.missing route.unknown
//   field.missing field.null field.type field.format field.range field.min field.max
//   field.min_length field.max_length field.pattern field.value field.min_items field.max_items
//   field.unknown reference.missing check.<name> check.error transform.error
//   key.null key.conflict row.missing row.refused
struct Reason {
  std::string code;
  std::string path;     // "cart[2].quantity"; empty: the whole record
  std::string value;    // what was found there, as text, cut to 200 bytes (valid UTF-8)
  std::string message;  // for people: "quantity is -4, but must be at least 1"
};

// All reasons of the records of one batch. Bounded: a record keeps its first 32 reasons and then
// one `…and N more` (code "more").
class Reasons {
 public:
  explicit Reasons(size_t records = 0) : lists_(records) {}
  void reset(size_t records);
  void add(uint32_t record, Reason reason);
  bool has(uint32_t record) const { return !lists_[record].empty(); }
  const std::vector<Reason>& of(uint32_t record) const { return lists_[record]; }
  size_t records() const { return lists_.size(); }

  // Writes the JSON of all records now, so that json() need not.
  void write();
  // As to_json().
  std::string json(uint32_t record) const;

 private:
  static constexpr size_t limit = 32;
  std::vector<std::vector<Reason>> lists_;
  std::unordered_map<uint32_t, std::string> written_;
};

// `value` cut to 200 bytes at a character's border, invalid UTF-8 replaced by U+FFFD, so that it
// can be stored as text and printed.
std::string printable(std::string_view value);

// JSON array of {"code","path","value","message"}, as stored in clearwell.quarantine.
std::string to_json(const std::vector<Reason>& reasons);

}  // namespace clearwell::batch
