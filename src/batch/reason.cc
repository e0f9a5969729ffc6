#include "batch/reason.h"

#include <cstdlib>

#include "base/result.h"
#include "batch/text.h"

namespace clearwell::batch {
namespace {

constexpr size_t printable_bytes = 200;
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

void append_quoted(std::string& out, std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  out += '"';
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out += text.substr(done, i - done);
    done = i + 1;
    out += '\\';
    if (byte >= 0x20) {
      out += text[i];
    } else {
      out += "u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  out += text.substr(done);
  out += '"';
}

void append_member(std::string& out, const char* name, std::string_view value) {
  out += '"';
  out += name;
  out += "\":";
  append_quoted(out, value);
}

std::string more_message(long count) {
  return "…and " + std::to_string(count) + (count == 1 ? " more reason" : " more reasons");
}

}  // namespace

void Reasons::reset(size_t records) {
  lists_.clear();
  lists_.resize(records);
  written_.clear();
}

void Reasons::write() {
  for (uint32_t record = 0; record < lists_.size(); ++record) {
    if (has(record)) written_.try_emplace(record, to_json(lists_[record]));
  }
}

std::string Reasons::json(uint32_t record) const {
  const auto found = written_.find(record);
  return found == written_.end() ? to_json(lists_[record]) : found->second;
}

void Reasons::add(uint32_t record, Reason reason) {
  CW_ASSERT(record < lists_.size());
  written_.erase(record);
  std::vector<Reason>& list = lists_[record];
  if (list.size() < limit) {
    list.push_back(std::move(reason));
  } else if (list.size() == limit) {
    list.push_back({"more", "", "1", more_message(1)});
  } else {
    const long count = std::strtol(list.back().value.c_str(), nullptr, 10) + 1;
    list.back().value = std::to_string(count);
    list.back().message = more_message(count);
  }
}

std::string printable(std::string_view value) {
  std::string out;
  size_t at = 0;
  while (at < value.size()) {
    const size_t length = value[at] == '\0' ? 0 : utf8_sequence(value, at);
    const std::string_view piece = length == 0 ? replacement : value.substr(at, length);
    if (out.size() + piece.size() > printable_bytes) break;
    out += piece;
    at += length == 0 ? 1 : length;
  }
  return out;
}

std::string to_json(const std::vector<Reason>& reasons) {
  std::string out = "[";
  size_t size = 2;
  for (const Reason& reason : reasons) {
    size += 48 + reason.code.size() + reason.path.size() + reason.value.size() +
            reason.message.size() * 9 / 8;
  }
  out.reserve(size);
  for (const Reason& reason : reasons) {
    if (out.size() > 1) out += ',';
    out += '{';
    append_member(out, "code", reason.code);
    out += ',';
    append_member(out, "path", reason.path);
    out += ',';
    append_member(out, "value", reason.value);
    out += ',';
    append_member(out, "message", reason.message);
    out += '}';
  }
  return out + "]";
}

}  // namespace clearwell::batch
