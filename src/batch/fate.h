// What became of a record, and how many of each there are: the accounting equation.
#pragma once

#include <cstdint>

namespace clearwell::batch {

// The one present fate of every record read.
enum class Fate : uint8_t {
  Loaded,       // its rows are in the tables (at least one of them new or newer)
  Superseded,   // a newer version of its key was there already
  Duplicate,    // the same content was there already
  Skipped,      // accepted, but its loads made no row of it
  Quarantined,  // rejected; kept with its reasons
  Parked,       // waits for a parent
  Discarded,    // taken out of quarantine by a person
};

// Counts are changes when they describe one commit (may be negative), totals when stored.
struct Counts {
  int64_t read = 0;
  int64_t loaded = 0;
  int64_t superseded = 0;
  int64_t duplicate = 0;
  int64_t skipped = 0;
  int64_t quarantined = 0;
  int64_t parked = 0;
  int64_t discarded = 0;

  int64_t& of(Fate fate);
  // read = loaded + superseded + duplicate + skipped + quarantined + parked + discarded
  bool balanced() const;
  Counts& operator+=(const Counts& other);
  bool operator==(const Counts&) const = default;
};

}  // namespace clearwell::batch
