// The list of everything that was delivered and of what must become of it: JSON lines, one a
// delivery, in the order of delivery.
//
//   {"pipeline": "purchases", "kind": "purchases",   the kind is the pipeline's name if it has one
//    "place": "purchases/000017.json", "line": 0,    below --to; lines count from 1, 0: whole file
//    "key": "5f…",                                   the contract's key, parts joined by "|"
//    "delivery": "first",                            see below
//    "phase": 1,                                     1, or 2 for what comes late
//    "fault": "field.min@cart[].quantity",           the rule that is broken, or "none"
//    "fate": "quarantined",                          loaded, superseded, duplicate, skipped or
//                                                    quarantined
//    "reasons": ["field.min@cart[1].quantity"],      code@path, sorted; no @ for a whole record
//    "resolved": false}                              quarantined, while its file was accepted since
//
// delivery  first    as it should be
//           again    the bytes of an earlier one, once more
//           version  the key of an earlier one with other content, where the newest version wins
//           late     a parent that comes in the second phase, after its children
//           half     a file of which only the first half is there …
//           whole    … and then all of it
//
// fate and reasons are those after everything delivered so far has been read with run --once: after
// the first phase in the manifest of --phase 1, else after both.
#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "base/result.h"
#include "generate/delivery.h"

namespace clearwell::generate {

struct Place {
  std::string path;
  int64_t line = 0;
};

// "code@path code@path" and the like, as manifest and prove name them.
const char* name_of(batch::Fate fate);

// One line, with its newline. `phase`: after which the verdict is asked for.
std::string manifest_line(const Delivery& delivery, const Place& place, int phase);

}  // namespace clearwell::generate
