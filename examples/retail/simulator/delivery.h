// One writing of one event by its producer, and what must become of it. The manifest is a list of
// these.
//
// The manifest, JSON lines, in the order of delivery:
//   {"kind": "purchases", "place": "purchases/5f….json" or "purchases.jsonl", "line": 0 or from 1,
//    "id": "5f…", "phase": 1, "fault": "none" | name of a fault or damage, "delivery": "first",
//    "fate": "loaded", "reasons": ["field.min@cart[1].quantity"], "resolved": false}
//
// fate is where the record of this delivery stands once everything delivered so far has been read:
// after phase 1 in the manifest of phase 1, else after the end. "replaced" means that a later
// delivery of the same phase has overwritten the file: a reader that starts afterwards never sees
// it. With a rate somebody follows, who sees each writing but no half of a file, and waits for what
// comes late. reasons are codes, sorted, each with "@path" where there is one. resolved: the record
// is in quarantine while its key has been accepted from another delivery, or its file, then
// half-written, has since been read whole and accepted.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace retail {

enum class Kind { Users, Articles, Purchases };
inline constexpr int kind_count = 3;

constexpr std::string_view name_of(Kind kind) {
  constexpr std::array<std::string_view, kind_count> names{"users", "articles", "purchases"};
  return names[static_cast<size_t>(kind)];
}

enum class How {
  First,      // as it should be
  Again,      // the same content under another name
  Rewritten,  // the same file written again: same content, new mtime
  Conflict,   // the same id with another timestamp, under another name
  Half,       // the file holds the first half of the event
  Whole,      // … and now all of it
  Repaired,   // the same id, this time without fault, under another name
};

constexpr std::string_view name_of(How how) {
  constexpr std::array<std::string_view, 7> names{"first", "again", "rewritten", "conflict",
                                                  "half",  "whole", "repaired"};
  return names[static_cast<size_t>(how)];
}

enum class Fate { Loaded, Duplicate, Quarantined, Replaced };

constexpr std::string_view name_of(Fate fate) {
  constexpr std::array<std::string_view, 4> names{"loaded", "duplicate", "quarantined", "replaced"};
  return names[static_cast<size_t>(fate)];
}

struct Delivery {
  Kind kind = Kind::Purchases;
  How how = How::First;
  int phase = 1;
  std::string name;  // of the file, without folder and ".json"
  std::string id;
  std::string bytes;  // without newline
  std::string_view fault = "none";
  Fate fate = Fate::Loaded;
  std::vector<std::string> reasons;
  bool resolved = false;
};

}  // namespace retail
