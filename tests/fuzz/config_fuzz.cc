// Any texts as a project: read within bounds of time and memory, and every fault stands at a place
// that its file has, with a known code and a message that can be shown.
//
// Input: clearwell.yaml, pipelines/p.yaml and models/m.sql, separated by lines "%%". A text that is
// missing is a valid one.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "batch/text.h"
#include "config/project.h"
#include "decode/decoder.h"
#include "sources/source.h"

namespace {

using namespace clearwell;  // NOLINT(google-build-using-namespace)
namespace fs = std::filesystem;

constexpr const char* names[] = {"clearwell.yaml", "pipelines/p.yaml", "models/m.sql"};
constexpr const char* valid[] = {"project: p\n",
                                 "pipeline: p\nfrom: { files: { path: x } }\n"
                                 "contract: { id: text }\nload: [{ table: t, sql: SELECT 1 }]\n",
                                 "SELECT 1\n"};

class Folder {
 public:
  Folder() {
    // In memory if there is such a folder: three files are written for each input.
    const fs::path memory = "/dev/shm";
    std::error_code error;
    const fs::path parent = fs::is_directory(memory, error) ? memory : fs::temp_directory_path();
    std::string pattern = (parent / "config_fuzz-XXXXXX").string();
    CW_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
    fs::create_directory(path_ / "pipelines");
    fs::create_directory(path_ / "models");
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  void write(const char* name, std::string_view text) const {
    std::ofstream out(path_ / name, std::ios::binary | std::ios::trunc);
    out << text;
    CW_ASSERT(out.good());
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

// Line and column are 0 (the whole file), or one that `text` has; a column may be the one after the
// line's last character.
void check_place(const config::Mark& mark, std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  CW_ASSERT((mark.line == 0) == (mark.column == 0));
  CW_ASSERT(mark.line >= 0 && mark.column >= 0);
  if (mark.line == 0) return;
  for (int line = 1; line < mark.line; ++line) {
    const size_t newline = text.find('\n');
    CW_ASSERT(newline != std::string_view::npos);
    text.remove_prefix(newline + 1);
  }
  int columns = 1;
  for (const char c : text.substr(0, text.find('\n'))) columns += (c & '\xC0') != '\x80';
  CW_ASSERT(mark.column <= columns);
}

void check_fault(const config::Fault& fault, const std::vector<std::string_view>& texts) {
  CW_ASSERT(!fault.code.empty() && !fault.message.empty());
  CW_ASSERT(batch::utf8_valid_prefix(fault.message) == fault.message.size());
  CW_ASSERT(fault.message.find('\0') == std::string::npos);
  CW_ASSERT(fault.message.size() < 10'000);
  for (size_t i = 0; i < std::size(names); ++i) {
    if (fault.mark.file == names[i]) return check_place(fault.mark, texts[i]);
  }
  CW_ASSERT(false && "a fault of a file that is none of the project");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<std::string_view> texts;
  for (size_t i = 0; i < std::size(names); ++i) {
    const size_t end = rest.find("%%\n");
    texts.push_back(rest.data() == nullptr ? valid[i] : rest.substr(0, end));
    folder.write(names[i], texts[i]);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 3);
  }
  config::LoadOptions options;
  options.folder = folder.path();
  options.sources = sources::source_specs();
  config::LoadedProject loaded = config::load(options);
  for (const config::Pipeline& pipeline : loaded.project.pipelines) {
    for (const config::Kind& kind : pipeline.kinds) decode::check_contract(kind, loaded.faults);
  }
  for (const config::Fault& fault : loaded.faults.list()) check_fault(fault, texts);
  CW_ASSERT(loaded.faults.empty() == loaded.faults.to_text().empty());
  return 0;
}
