// Reads one JSON record into one row of the bound plan.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batch/reason.h"
#include "config/contract.h"
#include "decode/json/document.h"
#include "decode/plan.h"

namespace clearwell::decode::json {

class RecordReader {
 public:
  RecordReader(const config::Kind& kind, Plan& plan);

  // Writes row `row` of every column, or none: a returned json.* reason means that the row has to
  // be dropped (Plan::drop_record), and reasons() says nothing.
  std::optional<batch::Reason> read(std::string_view payload, uint64_t row);

  // Fields that the record read last does not bring, by number; kept for kinds with a patch.
  const std::vector<uint32_t>& absent() const { return absent_; }

  // What is wrong with the fields of the record read last; at most `kept` of them …
  std::vector<batch::Reason>& reasons() { return reasons_; }
  // … and how many there were beyond those.
  size_t more_reasons() const { return more_reasons_; }

 private:
  static constexpr size_t kept = 32;

  // All of these take tokens off the cursor and return false if the record is not well-formed (or,
  // with duplicate_ set, has a key twice). A value that is merely wrong is reported, becomes NULL,
  // and returns true.
  bool value(Node& node, uint64_t row);
  bool object(Node& node, uint64_t row);
  bool member(Node& node, uint64_t row, size_t& expected, size_t& found);
  bool list(Node& node, uint64_t row);
  bool text(Node& node, uint64_t row);
  bool number(Node& node, uint64_t row);
  bool word(Node& node, uint64_t row);
  bool any_json(Node& node, uint64_t row);
  bool unknown(Node& node, std::string_view raw_key, std::string_view key);
  // Walks any value, checking it whole.
  bool skip();
  bool skip_container(char end);
  // Walks a value of the wrong kind and reports it.
  bool mismatch(Node& node, uint64_t row);

  bool key_text(std::string_view raw, std::string_view& key);
  void parse_into(Node& node, uint64_t row, std::string_view text, bool copy);
  void null(Node& node, uint64_t row);
  void absent_fields(Node& node, uint64_t row);
  void note_absent(const Node& node);
  void report(const Node& node, const char* code, std::string_view found, std::string_view clause);
  void report_mismatch(Node& node, uint64_t row, char first, std::string_view token);
  void add(const char* code, std::string path, std::string_view value, std::string message);
  bool full() { return reasons_.size() >= kept && ++more_reasons_ > 0; }

  Plan& plan_;
  config::UnknownFields unknown_fields_;
  bool notes_absent_;
  std::vector<uint32_t> absent_;
  Document document_;
  Cursor cursor_;
  int depth_ = 0;
  bool nul_ = false;  // skip() has seen an escaped U+0000
  std::string unescaped_, cleaned_, key_;
  std::string extra_;  // members of _extra so far
  std::optional<batch::Reason> duplicate_;
  std::vector<batch::Reason> reasons_;
  size_t more_reasons_ = 0;
};

}  // namespace clearwell::decode::json
