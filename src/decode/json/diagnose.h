// Why a payload is no JSON: the slow, exact way, used only for records that failed. A strict RFC
// 8259 reader of its own, so that the message can name the first wrong byte and what was due there.
#pragma once

#include <optional>
#include <string_view>

#include "batch/reason.h"
#include "batch/record.h"

namespace clearwell::decode::json {

// The json.* reason of `payload` (a byte order mark at its start is skipped), or none if it is one
// well-formed JSON value nested at most max_depth deep.
//   json.utf8        the first byte that is not UTF-8 comes before any error of grammar
//   json.incomplete  the payload ends before its value does (also: within a character; empty)
//   json.depth       the 65th open list or object
//   json.syntax      all else: NaN, Infinity, single quotes, trailing commas or content, raw
//   control
//                    characters in a text, an escape that is unknown or half of a surrogate pair
std::optional<batch::Reason> diagnose(std::string_view payload);

// record.too_large or json.incomplete, if the source could not hand over the whole payload.
std::optional<batch::Reason> source_fault(const batch::Record& record);

// json.root. REQUIRES: `payload` is well-formed and no object.
batch::Reason not_an_object(std::string_view payload);

// json.syntax without a place: for the case, which would be a bug of ours, that the fast reader
// refuses what diagnose() accepts. The record is quarantined rather than the program stopped.
batch::Reason refused(std::string_view payload);

}  // namespace clearwell::decode::json
