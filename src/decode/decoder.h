// Payload bytes → typed columns of a contract. A payload that does not fit gets reasons; its
// columns are then NULL where no value could be read. Neighbours are never touched.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "batch/columns.h"
#include "batch/csv.h"
#include "batch/reason.h"
#include "batch/record.h"
#include "config/contract.h"

namespace clearwell::decode {

// How deep JSON may nest, and how many unknown or repeated keys are reported.
inline constexpr int max_depth = 64;

class Decoder {
 public:
  virtual ~Decoder() = default;

  // Decodes records[rows[i]] into row i of `columns` (which gets its chunks here; its schema is
  // that of the constructor). Texts in the columns may point into the payloads or into memory of
  // the chunks. Reasons are added under the record's index (rows[i]).
  // Each record is judged completely: after a bad field the others are read as well.
  virtual void decode(std::span<const batch::Record> records, std::span<const uint32_t> rows,
                      batch::Columns& columns, batch::Reasons& reasons) = 0;
};

// By name: the sources whose records are rows of CSV. Those of all others are JSON.
using CsvFormats = std::map<std::string, batch::CsvFormat>;

// Not thread-safe: one decoder for each thread. `schema` is batch::contract_schema(kind, …).
std::unique_ptr<Decoder> make_decoder(const config::Kind& kind, duckdb::Schema schema,
                                      const CsvFormats& formats = {});

// Finds the kind of each record of a routed pipeline. `path` is e.g. {"metadata", "type"}.
class Router {
 public:
  Router(std::vector<std::string> path, std::vector<std::string> kinds);
  ~Router();
  // kind_of[i] = index into kinds, or -1 with a reason (json.*, route.missing, route.unknown).
  void route(std::span<const batch::Record> records, std::vector<int>& kind_of,
             batch::Reasons& reasons);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// All faults in the texts of a kind: bad default, a min that is no number of its type, formats that
// cannot be read, patterns that RE2 refuses, an unknown zone.
void check_contract(const config::Kind& kind, config::Faults& faults);

}  // namespace clearwell::decode
