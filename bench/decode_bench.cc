// Events a second of decoding and judging purchases of about 190 bytes on one core.
#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "batch/values.h"
#include "decode/decoder.h"
#include "validate/rules.h"

namespace clearwell {
namespace {

constexpr size_t batch_records = 32768;

config::Field field(const char* name, config::FieldType type) {
  config::Field out;
  out.name = name;
  out.type = type;
  return out;
}

config::Kind purchase_kind() {
  using config::FieldType;
  config::Field article = field("article_id", FieldType::Text);
  article.reference.emplace();
  article.reference->take = {{"price", "price", {}}, {"currency", "currency", {}}};
  config::Field quantity = field("quantity", FieldType::Integer);
  quantity.min = "1";
  config::Field item = field("item", FieldType::Object);
  item.children = {article, quantity};
  config::Field cart = field("cart", FieldType::List);
  cart.min_items = 1;
  cart.children = {item};
  config::Kind kind;
  kind.fields = {field("id_", FieldType::Uuid), field("timestamp", FieldType::Timestamp),
                 field("user_id", FieldType::Text), cart};
  return kind;
}

std::string uuid(std::mt19937_64& random) {
  return batch::uuid_text({random(), static_cast<int64_t>(random())});
}

struct Input {
  batch::Arena arena;
  std::vector<batch::Record> records;
  std::vector<uint32_t> rows;
  size_t bytes = 0;
};

// Carts of 1 to `lines` lines: of 1 line an event has 190 bytes. `bad` percent have a cart of
// words, which costs reasons.
Input purchases(uint64_t most_lines, int bad) {
  std::mt19937_64 random(1);
  Input input;
  for (size_t i = 0; i < batch_records; ++i) {
    std::string cart;
    for (uint64_t line = 0, lines = 1 + random() % most_lines; line < lines; ++line) {
      cart += std::string(line > 0 ? ", " : "") +
              (static_cast<int>(i % 100) < bad
                   ? "\"word\""
                   : R"({"article_id":")" + uuid(random) + R"(","quantity":)" +
                         std::to_string(1 + random() % 5) + "}");
    }
    batch::Record record;
    record.payload =
        input.arena.add(R"({"id_":")" + uuid(random) + R"(","timestamp":"2019-08-15T12:34:56",)" +
                        R"("user_id":")" + uuid(random) + R"(","cart":[)" + cart + "]}");
    input.bytes += record.payload.size();
    input.records.push_back(record);
    input.rows.push_back(static_cast<uint32_t>(i));
  }
  return input;
}

void finish(benchmark::State& state, const Input& input) {
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(batch_records));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(input.bytes));
  state.counters["bytes_per_event"] =
      static_cast<double>(input.bytes) / static_cast<double>(batch_records);
}

void decode(benchmark::State& state) {
  const Input input =
      purchases(static_cast<uint64_t>(state.range(0)), static_cast<int>(state.range(1)));
  const config::Kind kind = purchase_kind();
  auto decoder = decode::make_decoder(kind, batch::contract_schema(kind, {}));
  for (auto _ : state) {
    batch::Columns columns;
    batch::Reasons reasons(batch_records);
    decoder->decode(input.records, input.rows, columns, reasons);
    benchmark::DoNotOptimize(columns.data.chunks.data());
  }
  finish(state, input);
}
BENCHMARK(decode)->Args({1, 0})->Args({4, 0})->Args({4, 15})->Unit(benchmark::kMillisecond);

void route(benchmark::State& state) {
  const Input input = purchases(1, 0);
  decode::Router router({"timestamp"}, {"2019-08-15T12:34:56"});
  std::vector<int> kinds;
  for (auto _ : state) {
    batch::Reasons reasons(batch_records);
    router.route(input.records, kinds, reasons);
    benchmark::DoNotOptimize(kinds.data());
  }
  finish(state, input);
}
BENCHMARK(route)->Unit(benchmark::kMillisecond);

void rules(benchmark::State& state) {
  const Input input =
      purchases(static_cast<uint64_t>(state.range(0)), static_cast<int>(state.range(1)));
  const config::Kind kind = purchase_kind();
  auto decoder = decode::make_decoder(kind, batch::contract_schema(kind, {}));
  batch::Columns columns;
  batch::Reasons reasons(batch_records);
  decoder->decode(input.records, input.rows, columns, reasons);
  const validate::Rules rules(kind);
  for (auto _ : state) {
    reasons.reset(batch_records);
    rules.apply(columns, reasons);
    benchmark::DoNotOptimize(&reasons);
  }
  finish(state, input);
}
BENCHMARK(rules)->Args({1, 0})->Args({4, 0})->Args({4, 15})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clearwell
