// The table of sources: one line each, the only place that knows them all.
#include <algorithm>

#include "sources/csv/csv_source.h"
#include "sources/files/files_source.h"
#include "sources/jsonl/jsonl_source.h"
#include "sources/kafka/kafka_source.h"
#include "sources/source.h"
#include "sources/webhook/webhook_source.h"

namespace clearwell::sources {

const std::vector<SourceKind>& all_sources() {
  static const std::vector<SourceKind> kinds = {
      {csv::spec(), csv::make},
      {files::spec(), files::make},
      {jsonl::spec(), jsonl::make},
      {kafka::spec(), kafka::make, kafka::check},
      {webhook::spec(), webhook::make, webhook::check},
  };
  return kinds;
}

const SourceKind& kind_of(const config::Source& config) {
  const auto found =
      std::find_if(all_sources().begin(), all_sources().end(),
                   [&](const SourceKind& kind) { return kind.spec.name == config.type; });
  CW_ASSERT(found != all_sources().end());
  return *found;
}

std::vector<config::Spec> source_specs() {
  std::vector<config::Spec> specs;
  for (const SourceKind& kind : all_sources()) specs.push_back(kind.spec);
  return specs;
}

}  // namespace clearwell::sources
