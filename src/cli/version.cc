// clearwell version: what this program is made of. Opens nothing, so it answers at once.
#include "drivers/duckdb/version.h"

#include "cli/session.h"
#include "cli/text.h"
#include "sources/source.h"

namespace clearwell::cli {

Result<ExitCode> version(const Common& common) {
  std::vector<std::string> sources, quoted;
  for (const config::Spec& spec : sources::source_specs()) {
    sources.push_back(spec.name);
    quoted.push_back(json_text(spec.name));
  }
  const std::string duckdb = duckdb::library_version();
  if (common.output == Output::Json) {
    print(JsonObject()
              .text("version", CLEARWELL_VERSION)
              .text("duckdb", duckdb)
              .raw("sources", json_array(quoted))
              .str() +
          "\n");
  } else if (common.output == Output::Csv) {
    const Table table{{{"version"}, {"duckdb"}, {"sources"}},
                      {{CLEARWELL_VERSION, duckdb, join(sources, " ")}}};
    print(render(table, Output::Csv));
  } else {
    print("clearwell " CLEARWELL_VERSION "\nduckdb " + duckdb + "\nsources " + join(sources, ", ") +
          "\n");
  }
  return ExitCode::Done;
}

}  // namespace clearwell::cli
