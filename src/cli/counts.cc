#include "cli/counts.h"

#include <string>

namespace clearwell::cli {
namespace {

struct Term {
  const char* name;
  int64_t batch::Counts::* value;
};

constexpr Term terms[] = {{"read", &batch::Counts::read},
                          {"loaded", &batch::Counts::loaded},
                          {"superseded", &batch::Counts::superseded},
                          {"duplicate", &batch::Counts::duplicate},
                          {"skipped", &batch::Counts::skipped},
                          {"quarantined", &batch::Counts::quarantined},
                          {"parked", &batch::Counts::parked},
                          {"discarded", &batch::Counts::discarded}};

bool is_shown(const Term& term, CountsShown shown) {
  return shown.discarded || term.value != &batch::Counts::discarded;
}

}  // namespace

void add_counts_columns(Table& table, CountsShown shown) {
  for (const Term& term : terms) {
    if (is_shown(term, shown)) table.columns.push_back({term.name, Table::Kind::Number});
  }
}

void add_counts_cells(std::vector<Table::Cell>& row, const batch::Counts& counts,
                      CountsShown shown) {
  for (const Term& term : terms) {
    if (is_shown(term, shown)) row.emplace_back(std::to_string(counts.*term.value));
  }
}

void add_counts(JsonObject& object, const batch::Counts& counts) {
  for (const Term& term : terms) object.number(term.name, counts.*term.value);
}

}  // namespace clearwell::cli
