// Any bytes as a JSON record between two good ones. Holds the fast reader against the slow one
// (diagnose) and against simdjson's own parser, and the neighbours against themselves.
#include <cstdint>
#include <cstring>

#include "base/result.h"
#include "batch/values.h"
#include "decode/decoder.h"
#include "decode/json/diagnose.h"
#include "decode/json/document.h"
#include "validate/rules.h"

namespace {

using namespace clearwell;  // NOLINT(google-build-using-namespace)
using config::Field;
using config::FieldType;

Field field(const char* name, FieldType type) {
  Field out;
  out.name = name;
  out.type = type;
  return out;
}

// One field of every type; "k" is the key.
config::Kind fuzz_kind() {
  config::Kind kind;
  Field key = field("k", FieldType::Integer);
  key.key = true;
  Field text = field("t", FieldType::Text);
  text.trim = text.lower = text.empty_is_null = true;
  text.nullable = true;
  text.max_length = 10;
  Field decimal = field("d", FieldType::Decimal);
  decimal.precision = 12;
  decimal.scale = 2;
  decimal.min = "-5";
  Field when = field("w", FieldType::Timestamp);
  when.zone = "Europe/Stockholm";
  Field number = field("n", FieldType::Integer);
  number.max = "100";
  Field inner = field("item", FieldType::List);
  inner.children = {number};
  Field item = field("item", FieldType::Object);
  item.children = {number, inner, field("j", FieldType::Json), field("u", FieldType::Uuid)};
  item.children[1].name = "l";
  Field list = field("l", FieldType::List);
  list.children = {item};
  list.max_items = 5;
  kind.fields = {key,
                 text,
                 decimal,
                 when,
                 list,
                 field("x", FieldType::Double),
                 field("b", FieldType::Boolean),
                 field("j", FieldType::Json)};
  for (Field& each : kind.fields) each.required = each.key;
  kind.unknown_fields = config::UnknownFields::Keep;
  return kind;
}

struct Setup {
  config::Kind kind = fuzz_kind();
  std::unique_ptr<decode::Decoder> decoder =
      decode::make_decoder(kind, batch::contract_schema(kind, {}));
  validate::Rules rules{kind};
  decode::Router router{{"j", "k"}, {"a", "b"}};
  simdjson::dom::parser oracle;
};

// Whether simdjson's parser agrees that the text is JSON; numbers that do not fit its types and
// depth are no concern of its grammar.
bool agrees(simdjson::dom::parser& oracle, std::string_view text, bool well_formed) {
  if (text.empty()) return !well_formed;
  const auto error = oracle.parse(text.data(), text.size()).error();
  if (error == simdjson::NUMBER_ERROR) return true;
  return (error == simdjson::SUCCESS) == well_formed;
}

// The key and the double of an accepted record, as simdjson's parser reads them.
void check_values(simdjson::dom::parser& oracle, std::string_view text,
                  const duckdb::Chunk& chunk) {
  simdjson::dom::element root;
  if (oracle.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) return;
  int64_t key = 0;
  CW_ASSERT(root["k"].get_int64().get(key) == simdjson::SUCCESS);
  CW_ASSERT(chunk.column(0).data<int64_t>()[1] == key);
  double real = 0;
  const bool has_real = root["x"].get_double().get(real) == simdjson::SUCCESS;
  CW_ASSERT(chunk.column(5).is_valid(1) == has_real);
  CW_ASSERT(!has_real || chunk.column(5).data<double>()[1] == real);
}

void check_lists(const duckdb::Column& list, uint64_t rows) {
  uint64_t end = 0;
  for (uint64_t row = 0; row < rows; ++row) {
    const auto entry = list.data<duckdb::ListEntry>()[row];
    CW_ASSERT(entry.offset == end);
    end += entry.length;
  }
  CW_ASSERT(end == list.list_size());
}

constexpr std::string_view good = R"({"k":7,"l":[{"n":1,"l":[2,3],"j":null,"u":null}],"new":[1]})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Setup setup;
  batch::Arena arena;
  const auto payload = arena.add({reinterpret_cast<const char*>(data), size});
  std::vector<batch::Record> records(3);
  records[0].payload = records[2].payload = arena.add(good);
  records[1].payload = payload;
  const std::vector<uint32_t> rows = {0, 1, 2};
  batch::Columns columns;
  batch::Reasons reasons(3);
  setup.decoder->decode(records, rows, columns, reasons);

  const duckdb::Chunk& chunk = columns.data.chunks[0];
  const bool broken = reasons.has(1) && reasons.of(1)[0].code.starts_with("json.");
  const auto diagnosis = decode::json::diagnose(payload);
  CW_ASSERT(!diagnosis || broken);
  if (broken && !diagnosis) {
    const std::string& code = reasons.of(1)[0].code;
    CW_ASSERT(code == "json.root" || code == "json.duplicate_key");
  }
  if (!diagnosis || diagnosis->code != "json.depth") {
    CW_ASSERT(agrees(setup.oracle, decode::json::without_mark(payload), !diagnosis));
  }
  if (broken) {
    CW_ASSERT(reasons.of(1).size() == 1);
    for (size_t i = 0; i < chunk.columns(); ++i) CW_ASSERT(!chunk.column(i).is_valid(1));
  }
  if (!reasons.has(1)) {
    CW_ASSERT(chunk.column(0).is_valid(1));
    check_values(setup.oracle, decode::json::without_mark(payload), chunk);
  }
  // Neighbours: "u" may not be null, nothing else is wrong with them.
  for (const uint32_t row : {0u, 2u}) {
    CW_ASSERT(reasons.of(row).size() == 2);
    CW_ASSERT(chunk.column(0).data<int64_t>()[row] == 7);
    CW_ASSERT(chunk.column(chunk.columns() - 1).text(row) == "{\"new\":[1]}");
  }
  check_lists(chunk.column(4), 3);
  check_lists(chunk.column(4).child().field(1), chunk.column(4).list_size());
  setup.rules.apply(columns, reasons);
  CW_ASSERT(reasons.of(0).size() == 2 && reasons.of(2).size() == 2);
  std::vector<int> kinds;
  setup.router.route(records, kinds, reasons);
  batch::to_json(reasons.of(1));
  return 0;
}
