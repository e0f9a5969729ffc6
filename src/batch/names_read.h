// Which columns a query may read of the tables it names, judged by the names in its parse tree
// alone.
#pragma once

#include <set>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace clearwell::batch {

struct NamesRead {
  std::set<std::string> names;  // in lower case: every part of "a.b.c"
  bool every = false;           // all fields of a record are meant somewhere, as by `*`
};

// Never too few; a name that is no column's, or another table's, may be among them.
NamesRead names_read(const nlohmann::json& node);

}  // namespace clearwell::batch
