// The winning tuple of a key: (declared version, order of the record, hash of the content), as
// bytes that sort (memcmp) as the tuples do. Stored in the column `_version` of tables that
// upserts, updates and patches load.
//
//   version   0x00 for NULL or none declared; else 0x01 and the value: integers, dates and times as
//             8 bytes big-endian with the sign bit flipped; doubles by the usual total order;
//             decimals and uuids as 16 bytes; texts with 0x00 escaped as 0x00 0xFF, ended by
//             0x00 0x00. No encoding is a prefix of another, so tuples compare field by field.
//   order     batch::encode_order
//   content   16 bytes
//
// Of a table that takes patches, a row has besides the tuple with which it was last written whole
// those of the columns that have been patched by something newer, in the column `_patches`; NULL if
// there are none. For each such column, sorted by name:
//
//   4 bytes, big-endian: length of the name; name; 4 bytes: length of the tuple; tuple, whose
//   content is the hash of the column's value
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "batch/row_hash.h"
#include "drivers/duckdb/column.h"
#include "warehouses/warehouse.h"

namespace clearwell::warehouses {

// The first part. `type` is that of the version column.
std::string encode_version(const duckdb::Column& column, const duckdb::Type& type, uint64_t row);

// The same of each row of a load, also where no version is declared.
std::vector<std::string> versions_of(const LoadRows& load);

std::string encode_tuple(std::string_view version, std::string_view order, batch::RowHash content);
// The content of a tuple. REQUIRES: made by encode_tuple.
batch::RowHash content_of(std::string_view tuple);

void set_content(std::string& tuple, batch::RowHash content);

// A hash as 16 bytes, and back.
std::string hash_bytes(batch::RowHash hash);
batch::RowHash hash_of_bytes(std::string_view bytes);

// Tuples by name of column.
using Patches = std::map<std::string, std::string>;
std::string encode_patches(const Patches& patches);  // empty if there are none
// REQUIRES: made by encode_patches.
Patches decode_patches(std::string_view bytes);

// Can a column of this type order versions?
bool can_order(const duckdb::Type& type);

}  // namespace clearwell::warehouses
