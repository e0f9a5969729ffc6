#include "config/phrases.h"

#include <algorithm>
#include <optional>

#include "config/project.h"

namespace clearwell::config {

namespace {

constexpr size_t shown_characters = 60;
constexpr size_t longest_name = 63;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Edits (insert, delete, replace, swap two neighbours) that turn `a` into `b`.
size_t edit_distance(const std::string& a, const std::string& b) {
  const size_t width = b.size() + 1;
  std::vector<size_t> cells((a.size() + 1) * width);
  auto at = [&](size_t i, size_t j) -> size_t& { return cells[i * width + j]; };
  for (size_t i = 0; i <= a.size(); i++) at(i, 0) = i;
  for (size_t j = 0; j <= b.size(); j++) at(0, j) = j;
  for (size_t i = 1; i <= a.size(); i++) {
    for (size_t j = 1; j <= b.size(); j++) {
      const size_t replaced = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? 0 : 1);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return at(a.size(), b.size());
}

}  // namespace

// A third of the letters may be wrong, but one always and never more than three: beyond that,
// suggestions are more often puzzling than right.
std::optional<std::string> nearest(const std::string& word,
                                   const std::vector<std::string>& candidates) {
  if (word.size() < 2 || word.size() > 200) return std::nullopt;
  const size_t limit = std::clamp<size_t>(word.size() / 3, 1, 3);
  const std::string wanted = lower_case(word);
  std::optional<std::string> best;
  size_t best_distance = limit + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.size() > word.size() + limit) continue;
    const size_t distance = edit_distance(wanted, lower_case(candidate));
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string in_quotes(std::string_view word) {
  std::string text = "'";
  size_t characters = 0;
  for (char c : word) {
    if (!is_continuation(c) && characters++ == shown_characters) {
      text += "…";
      break;
    }
    text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return text + "'";
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string suggestion(const std::string& word, const std::vector<std::string>& candidates) {
  const std::optional<std::string> near = nearest(word, candidates);
  return near ? "; did you mean " + in_quotes(*near) + "?" : "";
}

std::string suggestion_and_list(const std::string& word, const std::vector<std::string>& candidates,
                                const std::string& label) {
  const std::string near = suggestion(word, candidates);
  std::string text = near.empty() ? "; " + label : near + " " + label;
  if (!near.empty() && label[0] >= 'a' && label[0] <= 'z') {
    text[near.size() + 1] = static_cast<char>(label[0] - 'a' + 'A');
  }
  return text + ": " + listed(candidates);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_plain_name(std::string_view name) {
  return is_identifier(name) && is_letter(name[0]) && lower_case(name) == name;
}

bool is_identifier(std::string_view name) {
  if (name.empty() || name.size() > longest_name || is_digit(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (true) {
    const size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

}  // namespace clearwell::config
