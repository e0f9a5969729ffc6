// What the rows of a load are, as every warehouse asks it: keys, contents, versions, and what goes
// with a row that was not written.
#pragma once

#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "warehouses/decide.h"

namespace clearwell::warehouses {

// The record of each row.
std::vector<uint32_t> records_of(const duckdb::Rows& rows);

// Indexes of a target's columns, some or all, in rows that have _record in front.
std::vector<size_t> shifted(const std::vector<size_t>& columns);
std::vector<size_t> all_columns(const Target& target);

// Fills in what decide_versions() reads beyond mode, record and key. `columns`: names of the
// target's columns if its table takes patches, else empty.
void add_versions(const LoadRows& load, std::span<const std::string> orders,
                  std::vector<std::string> columns, Incoming& rows);

// Names a row of the first load, and the rows of other loads that belong to it.
batch::RowHash row_name(uint32_t record, batch::RowHash key);
using RowNames = std::unordered_set<batch::RowHash>;

// Rows of the first load that were not written although other rows of their record were: what
// belongs to them stays out as well.
void note_refused(const Incoming& rows, const Decision& decision,
                  const std::vector<Written>& written, RowNames& refused);

// Which rows of a later load go with what the first one wrote.
std::vector<bool> rows_taken(const LoadRows& load, const std::vector<Written>& written,
                             const RowNames& refused);

// Why a later load cannot be written, if it cannot. REQUIRES: `outcome` is what deciding about its
// rows made of it.
std::optional<Error> contradiction(const Target& target, const std::vector<Written>& outcome);

}  // namespace clearwell::warehouses
