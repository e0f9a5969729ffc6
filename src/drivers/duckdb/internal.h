// Shared by the files of this folder only: owners of DuckDB's handles and the mapping of types.
#pragma once

#include <memory>
#include <string>

#include <duckdb.h>

#include "drivers/duckdb/types.h"

namespace clearwell::duckdb {

class LogicalType {
 public:
  explicit LogicalType(duckdb_logical_type type) : type_(type) {}
  LogicalType(LogicalType&& other) noexcept : type_(std::exchange(other.type_, nullptr)) {}
  LogicalType& operator=(LogicalType&& other) noexcept {
    std::swap(type_, other.type_);
    return *this;
  }
  ~LogicalType() {
    if (type_ != nullptr) duckdb_destroy_logical_type(&type_);
  }
  duckdb_logical_type get() const { return type_; }

 private:
  duckdb_logical_type type_;
};

LogicalType to_logical(const Type& type);
Type from_logical(duckdb_logical_type type);

}  // namespace clearwell::duckdb
