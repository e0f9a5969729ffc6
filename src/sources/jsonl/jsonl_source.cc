#include "sources/jsonl/jsonl_source.h"

#include "sources/lines_source.h"

namespace clearwell::sources::jsonl {

config::Spec spec() {
  return lines_spec(
      {.name = "jsonl",
       .doc =
           "Each line of a file is one record. Reading goes on where the last commit ended; files "
           "may grow, be renamed and be joined by new ones.",
       .keys = {}});
}

Result<std::unique_ptr<Source>> make(const config::Source& config, const SourceContext& context) {
  return make_lines(config, context, std::nullopt);
}

}  // namespace clearwell::sources::jsonl
