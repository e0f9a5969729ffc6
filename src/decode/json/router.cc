// Finds the kind of a routed record. Only the objects on the path are read; what stands beside it
// is stepped over, since the decoder of the kind judges the whole record anyway. A record without a
// known kind is judged here, slowly.
#include <algorithm>
#include <utility>

#include "decode/decoder.h"
#include "decode/json/diagnose.h"
#include "decode/json/document.h"
#include "decode/json/strings.h"
#include "decode/plan.h"

namespace clearwell::decode {
namespace {

using batch::Reason;

// Steps over a value without checking it. False: the tokens ended before it did.
bool step_over(json::Cursor& cursor) {
  int depth = 0;
  do {
    if (cursor.at_end()) return false;
    const char c = cursor.peek();
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    cursor.advance();
  } while (depth > 0);
  return depth == 0;
}

}  // namespace

struct Router::State {
  std::vector<std::string> path;
  std::vector<std::string> kinds;
  std::string path_text, kinds_text;
  json::Document document;
  json::Cursor cursor;
  std::string key, found;  // unescaped
  bool has_found = false;
  char found_first = 0;  // first byte of the value at the path
  bool twice = false;

  // The text in a token, unescaped into `buffer` if needed.
  std::string_view text_of(std::string_view raw, std::string& buffer) const {
    if (!document.has_escapes() || raw.find('\\') == std::string_view::npos) return raw;
    buffer.clear();
    return json::unescape(raw, buffer) ? std::string_view(buffer) : std::string_view();
  }

  // Looks for path[level…] in the object that the cursor stands at; false if it is malformed.
  bool search(size_t level) {
    bool seen = false;
    cursor.advance();
    if (cursor.take('}')) return true;
    do {
      if (cursor.peek() != '"') return false;
      const bool here = text_of(cursor.take_string(), key) == path[level];
      if (!cursor.take(':')) return false;
      if (!here) {
        if (!step_over(cursor)) return false;
        continue;
      }
      twice |= std::exchange(seen, true);
      if (!at_path(level)) return false;
    } while (cursor.take(','));
    return cursor.take('}');
  }

  bool at_path(size_t level) {
    const char first = cursor.peek();
    if (level + 1 < path.size() && first == '{') return search(level + 1);
    if (level + 1 == path.size()) {
      has_found = true;
      found_first = first;
      if (first == '"') {
        std::string buffer;
        found = text_of(cursor.take_string(), buffer);
        return true;
      }
    }
    return step_over(cursor);
  }

  int kind_named(std::string_view name) const {
    const auto at = std::find(kinds.begin(), kinds.end(), name);
    return at == kinds.end() ? -1 : static_cast<int>(at - kinds.begin());
  }

  // Index of the record's kind, or -1 and why.
  int route(const batch::Record& record, Reason& reason) {
    if (auto fault = json::source_fault(record)) return reason = std::move(*fault), -1;
    found.clear();
    has_found = twice = false;
    const bool tokens = document.load(json::without_mark(record.payload), cursor);
    const bool object = tokens && cursor.peek() == '{';
    const bool read = object && search(0);
    if (read && !twice && has_found && found_first == '"') {
      const int kind = kind_named(found);
      if (kind >= 0) return kind;
    }
    reason = why_not(record.payload, tokens && !object, read);
    return -1;
  }

  Reason why_not(std::string_view payload, bool no_object, bool read) const {
    if (auto broken = json::diagnose(payload)) return std::move(*broken);
    if (no_object) return json::not_an_object(payload);
    if (!read) return json::refused(payload);
    if (twice) {
      return {"json.duplicate_key", path_text, "", path_text + " stands twice in the record"};
    }
    if (!has_found) {
      return {"route.missing", path_text, "", path_text + " is missing: the record has no kind"};
    }
    const std::string shown = batch::printable(found);
    const std::string is = found_first == '"' ? "is \"" + shown + "\"" : "is not a text";
    return {"route.unknown", path_text, shown,
            path_text + " " + is + ", but must be one of: " + kinds_text};
  }
};

Router::Router(std::vector<std::string> path, std::vector<std::string> kinds)
    : state_(std::make_unique<State>()) {
  CW_ASSERT(!path.empty());
  for (const std::string& part : path) {
    state_->path_text = join_path(std::move(state_->path_text), part);
  }
  for (const std::string& kind : kinds) {
    state_->kinds_text += (state_->kinds_text.empty() ? "" : ", ") + kind;
  }
  state_->path = std::move(path);
  state_->kinds = std::move(kinds);
}

Router::~Router() = default;

void Router::route(std::span<const batch::Record> records, std::vector<int>& kind_of,
                   batch::Reasons& reasons) {
  kind_of.resize(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    Reason reason;
    // What is not whole says nothing reliable of its kind.
    auto broken = json::source_fault(records[i]);
    kind_of[i] = broken ? -1 : state_->route(records[i], reason);
    if (broken) reason = std::move(*broken);
    if (kind_of[i] < 0) reasons.add(static_cast<uint32_t>(i), std::move(reason));
  }
}

}  // namespace clearwell::decode
