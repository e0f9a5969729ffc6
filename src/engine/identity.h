// Who a record is, in quarantine: by its contract key when that can be read, else by where it was.
//
//   "purchase:3f2a…"            kind, then the key fields as text, joined by '|'
//   "@inbox:/blob/a.json:0"     source, partition, offset (files: path and 0)
// Two sightings of one broken thing have the same identity, whatever path they came by.
#pragma once

#include <optional>
#include <string>

#include "engine/judge.h"

namespace clearwell::engine {

// The key as text; nothing if the kind has none, or a part of it is NULL or could not be read.
std::optional<std::string> key_text(const KindPlan& plan, const KindShare& share, uint32_t row);

// Version and order of a record of an upsert kind, as they compare with what is stored
// (warehouses/version.h). Nothing if its version could not be read; an empty text if the version is
// computed in the load's SQL: then only the order can tell. Nothing too for other kinds.
std::optional<std::string> version_tuple(const KindPlan& plan, const KindShare& share, uint32_t row,
                                         const std::string& order);

std::string key_identity(const KindPlan& plan, const std::string& key);
std::string place_identity(const batch::Record& record);

}  // namespace clearwell::engine
