#include "config/text_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>

#include <sys/stat.h>

namespace clearwell::config {

namespace {

constexpr size_t largest_file = 4 << 20;

// Bytes of the UTF-8 character at `at`, 0 if there is none: no overlong forms, no surrogates.
size_t character_length(std::string_view text, size_t at) {
  auto byte = [&](size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  auto continues = [&](size_t i) { return (byte(i) & 0xC0) == 0x80; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !continues(1)) return 0;
  if (first < 0xE0) return 2;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool surrogate = first == 0xED && second >= 0xA0;
  const bool beyond = first == 0xF4 && second >= 0x90;
  if (overlong || surrogate || beyond || !continues(2)) return 0;
  if (first < 0xF0) return 3;
  return continues(3) ? 4 : 0;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// Adds a fault at the first byte that is no text. True if there is none.
bool check_characters(const std::string& text, const std::string& file, Faults& faults) {
  Mark mark{file, 1, 1};
  for (size_t at = 0; at < text.size();) {
    const size_t length = character_length(text, at);
    if (length == 0) {
      faults.add(mark, "not_utf8", "a byte here is not UTF-8; save the file as UTF-8");
      return false;
    }
    if (is_control(text[at])) {
      faults.add(mark, "bad_character",
                 "a control character (code " + std::to_string(text[at]) + "); remove it");
      return false;
    }
    mark.column++;
    if (text[at] == '\n') {
      mark.line++;
      mark.column = 1;
    }
    at += length;
  }
  return true;
}

}  // namespace

std::optional<std::string> read_text_file(const std::string& folder, const std::string& file,
                                          Faults& faults) {
  const std::string path = folder + "/" + file;
  auto unreadable = [&](const std::string& why) {
    faults.add({file, 0, 0}, "file_unreadable", "cannot be read: " + why);
    return std::nullopt;
  };
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return unreadable(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return unreadable("it is not a regular file");
  if (static_cast<size_t>(status.st_size) > largest_file) {
    faults.add({file, 0, 0}, "file_too_large", "larger than 4 MB; is it a project file at all?");
    return std::nullopt;
  }
  errno = 0;
  std::ifstream input(path, std::ios::binary);
  if (!input) return unreadable(std::strerror(errno));
  std::string text(static_cast<size_t>(status.st_size), '\0');
  input.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (input.bad()) return unreadable(std::strerror(errno));
  text.resize(static_cast<size_t>(input.gcount()));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (!check_characters(text, file, faults)) return std::nullopt;
  return text;
}

std::vector<std::string> list_files(const std::string& folder, const std::string& sub,
                                    const std::vector<std::string>& endings, Faults& faults) {
  namespace fs = std::filesystem;
  std::vector<std::string> files;
  std::error_code error;
  fs::directory_iterator entries(fs::path(folder) / sub, error);
  while (!error && entries != fs::directory_iterator()) {
    const std::string name = entries->path().filename().string();
    const bool wanted = std::any_of(endings.begin(), endings.end(),
                                    [&](const std::string& e) { return name.ends_with(e); });
    if (wanted && name[0] != '.') files.push_back((fs::path(sub) / name).string());
    entries.increment(error);
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    faults.add({sub, 0, 0}, "file_unreadable", "cannot be listed: " + error.message());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace clearwell::config
