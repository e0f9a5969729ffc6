// One writing of one record by its sender, and what must become of it.
//
// There are two phases. In the first, everything is delivered but what comes late: parents of
// records that are already there, and the second half of files. In the second, that comes as well.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "batch/fate.h"
#include "config/project.h"

namespace clearwell::generate {

enum class How {
  First,    // as it should be
  Again,    // a re-delivery: the bytes of an earlier one
  Version,  // an earlier record's key with other content, where the newest version wins
  Late,     // a parent that comes in the second phase, after its children
  Half,     // the file holds the first half of the record …
  Whole,    // … and in the second phase all of it
};
const char* name_of(How how);

// Where a record stands.
struct Verdict {
  batch::Fate fate = batch::Fate::Loaded;
  std::vector<std::string> reasons;  // "code@path", sorted
  bool resolved = false;             // quarantined, while the same file has been accepted since
};

struct Delivery {
  const config::Pipeline* pipeline = nullptr;
  const config::Kind* kind = nullptr;
  How how = How::First;
  int phase = 1;
  std::string fault = "none";  // name of the Fault
  std::string key;             // of the contract, parts joined by "|"; empty if it has none
  std::string bytes;
  size_t file = 0;                  // number within its pipeline; a Whole has that of its Half
  std::array<Verdict, 2> expected;  // after the first phase (if delivered then), and after both
};

}  // namespace clearwell::generate
