// clearwell schema: JSON Schema of the project files for editors, and the generated pages of
// docs/reference/.
#include "cli/session.h"
#include "config/codes.h"
#include "config/grammar.h"
#include "sources/source.h"

namespace clearwell::cli {
namespace {

// docs/reference/errors.md without its head.
std::string errors_markdown() {
  std::string text = "| code | meaning |\n|---|---|\n";
  for (const config::FaultCode& fault : config::fault_codes()) {
    text += "| `" + std::string(fault.code) + "` | " + std::string(fault.meaning) + " |\n";
  }
  return text;
}

std::string schema_text(const std::string& what) {
  if (what == "pipeline") return config::pipeline_schema(sources::source_specs());
  if (what == "reference") {
    return config::reference_markdown(config::all_specs(sources::source_specs()));
  }
  if (what == "errors") return errors_markdown();
  return config::project_schema();
}

}  // namespace

Result<ExitCode> schema(const std::string& what) {
  const std::string text = schema_text(what);
  print(text.ends_with('\n') ? text : text + "\n");
  return ExitCode::Done;
}

}  // namespace clearwell::cli
