#include "cli/proof.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/file.h"
#include "cli/counts.h"
#include "cli/mix.h"
#include "cli/session.h"
#include "cli/text.h"
#include "config/mapping.h"
#include "engine/engine.h"
#include "models/models.h"
#include "sources/source.h"

namespace clearwell::cli {
namespace {

using generate::Delivery;
using generate::Place;
using generate::Rowset;

// Files have been lying there for so long when they are read, so none is waited for.
constexpr auto first_age = std::chrono::hours(2), second_age = std::chrono::hours(1);
constexpr size_t examples_told = 3;

// A source with all its defaults that reads `path`.
config::Source source_of(const std::string& type, const std::string& path) {
  config::YamlNode value;
  value.kind = config::YamlNode::Kind::Scalar;
  value.text = path;
  config::YamlNode node;
  node.kind = config::YamlNode::Kind::Map;
  node.members.push_back({"path", {}, value});
  config::Source out;
  out.type = out.name = type;
  for (const config::Spec& spec : sources::source_specs()) {
    if (spec.name != type) continue;
    config::Faults faults;
    out.settings = config::check_mapping(node, type, spec.keys, faults).settings;
    CW_ASSERT(faults.empty());
  }
  return out;
}

// The models that read nothing but tables which the project's pipelines load, and such models.
std::vector<config::Model> buildable_models(const config::Project& project) {
  std::set<std::string> there;
  const auto table_name = [](const std::string& name) {
    std::string out;
    for (const char c : name) out += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return out.starts_with("main.") ? out.substr(5) : out;
  };
  for (const config::Pipeline& pipeline : project.pipelines) {
    for (const config::Kind& kind : pipeline.kinds) {
      for (const config::Load& load : kind.loads) {
        if (pipeline.complete) there.insert(table_name(load.table));
      }
    }
  }
  config::Faults faults;
  std::vector<config::Model> out;
  for (const models::Plan::Step& step : models::plan(project, faults).steps) {
    if (!std::all_of(step.reads.begin(), step.reads.end(),
                     [&](const std::string& table) { return there.contains(table_name(table)); })) {
      continue;
    }
    there.insert(table_name(step.model->name));
    out.push_back(*step.model);
  }
  return out;
}

// The pipelines that take part, reading what was generated, into a warehouse of their own. The
// others are only there for their tables, which stay empty.
config::Project scratch_project(const config::Project& project, const generate::Dataset& data,
                                const Proof::Layout& layout, int64_t batch_rows) {
  config::Project out;
  out.name = project.name;
  out.folder = layout.folder;
  out.warehouse = fmt::format("duckdb:batches-{}.duckdb", batch_rows);
  out.limits = project.limits;
  out.limits.batch_rows = batch_rows;
  out.limits.record_bytes = proof_record_bytes(project);
  out.models = buildable_models(project);
  for (const config::Pipeline& pipeline : project.pipelines) {
    const auto part = std::find(data.pipelines.begin(), data.pipelines.end(), &pipeline);
    config::Pipeline copy = pipeline;
    if (part == data.pipelines.end()) {
      out.pipelines.push_back(std::move(copy));
      continue;
    }
    const std::string place = "data/" + pipeline.name;
    if (layout.lanes > 1) {
      copy.sources = {source_of("jsonl", place + "/*.jsonl")};
    } else if (reads_files(pipeline)) {
      copy.sources = {source_of("files", place + "/*.json")};
    } else {
      copy.sources = {source_of("jsonl", place + ".jsonl")};
    }
    copy.budget = {};  // broken records are what this is about
    out.pipelines.push_back(std::move(copy));
  }
  return out;
}

std::string fate_text(const generate::Verdict& verdict) {
  std::string out = generate::name_of(verdict.fate);
  if (!verdict.reasons.empty()) out += " (" + join(verdict.reasons, ", ") + ")";
  return out;
}

std::string place_text(const Place& place) {
  return place.line == 0 ? place.path : fmt::format("{} line {}", place.path, place.line);
}

std::string shown(const std::vector<std::optional<std::string>>& row) {
  std::vector<std::string> cells;
  for (const auto& cell : row) cells.push_back(cell ? printable_text(*cell, false) : "NULL");
  return "(" + join(cells, ", ") + ")";
}

std::string run_name(int64_t batch_rows, int lanes) {
  return fmt::format("batches of {}{}", batch_rows,
                     lanes > 1 ? fmt::format(" on {} lanes", lanes) : "");
}

using Cells = std::vector<std::vector<std::optional<std::string>>>;

std::string examples(const char* head, const Cells& rows) {
  std::string out;
  for (size_t i = 0; i < std::min(rows.size(), examples_told); ++i) {
    out += (i == 0 ? head : ", ") + shown(rows[i]);
  }
  return out.empty() ? out : out + ")";
}

// How two sorted tables differ, with examples.
std::string differ(const Cells& found, const Cells& wanted) {
  Cells more, less;
  std::set_difference(found.begin(), found.end(), wanted.begin(), wanted.end(),
                      std::back_inserter(more));
  std::set_difference(wanted.begin(), wanted.end(), found.begin(), found.end(),
                      std::back_inserter(less));
  const std::string out =
      fmt::format("has {} too many and lacks {}", counted(static_cast<int64_t>(more.size()), "row"),
                  counted(static_cast<int64_t>(less.size()), "row"));
  return out + examples(" (too many: ", more) + examples(" (missing: ", less);
}

using Held = std::map<std::pair<std::string, int64_t>, std::vector<std::string>>;

// Reasons of what is in quarantine, by place below data/.
Result<Held> held_records(warehouses::Warehouse& warehouse, const config::Project& project,
                          const std::string& pipeline) {
  CW_ASSIGN(const Table rows,
            texts(warehouse,
                  "SELECT partition, line::VARCHAR, array_to_string(list_sort(list_distinct("
                  "[r.code || CASE WHEN r.path = '' THEN '' ELSE '@' || r.path END FOR r IN "
                  "from_json(reasons, '[{\"code\":\"VARCHAR\",\"path\":\"VARCHAR\"}]')])), "
                  "chr(10)) FROM clearwell.quarantine WHERE state IN ('open', 'resolved') "
                  "AND pipeline = " +
                      duckdb::quote_text(pipeline)));
  Held out;
  for (const auto& row : rows.rows) {
    std::string path = shortened(row[0].value_or(""), project);
    if (path.starts_with("data/")) path.erase(0, 5);
    std::vector<std::string> reasons;
    std::string_view left = *row[2];
    while (!left.empty()) {
      const size_t end = std::min(left.find('\n'), left.size());
      reasons.emplace_back(left.substr(0, end));
      left.remove_prefix(std::min(end + 1, left.size()));
    }
    out[{path, std::stoll(*row[1])}] = std::move(reasons);
  }
  return out;
}

}  // namespace

int64_t proof_record_bytes(const config::Project& project) {
  constexpr int64_t enough = 1 << 20;
  return std::min(project.limits.record_bytes, enough);
}

std::string kind_name(const Delivery& delivery) {
  const std::string& pipeline = delivery.pipeline->name;
  return delivery.pipeline->route.empty() ? pipeline : pipeline + "/" + delivery.kind->name;
}

Proof::Proof(const config::Project& project, const generate::Dataset& data, Layout layout)
    : project_(project), data_(data), layout_(std::move(layout)) {}

Result<void> Proof::prepare(const std::vector<int64_t>& batch_rows) {
  for (const int64_t rows : batch_rows) {
    Run run{rows, scratch_project(project_, data_, layout_, rows), nullptr,
            run_name(rows, layout_.lanes)};
    CW_ASSIGN(run.warehouse, open_warehouse(run.project, warehouses::Access::Write));
    runs_.push_back(std::move(run));
  }
  return {};
}

// Writes what belongs to the phase, and the manifest of all so far.
Result<void> Proof::deliver(int phase) {
  const auto files = [this](const config::Pipeline& pipeline) {
    return layout_.lanes == 1 && reads_files(pipeline);
  };
  const Instant written = now() - (phase == 1 ? first_age : second_age);
  const auto sink =
      generate::folder_sink({layout_.folder + "/data", files, phase == 2, written, layout_.lanes});
  const std::string path = fmt::format("{}/manifest{}.jsonl", layout_.folder, phase);
  CW_ASSIGN(const generate::File manifest, generate::open_file(path, "wb"));
  places_.resize(data_.deliveries.size());
  for (size_t i = 0; i < data_.deliveries.size(); ++i) {
    const Delivery& delivery = data_.deliveries[i];
    if (delivery.phase > phase) continue;
    if (delivery.phase == phase) {
      CW_ASSIGN(places_[i], sink->write(delivery));
    } else {
      places_[i] = sink->place(delivery);
    }
    CW_TRY(generate::write_to(manifest.get(), path,
                              generate::manifest_line(delivery, places_[i], phase)));
  }
  return sink->flush();
}

Result<void> Proof::run(const std::vector<int64_t>& batch_rows, const std::atomic<bool>& stop,
                        Findings& findings) {
  for (const Delivery& delivery : data_.deliveries) {
    const std::string fault =
        delivery.fault == "none" ? std::string("none, ") + name_of(delivery.how) : delivery.fault;
    ++findings.tallies[{kind_name(delivery), fault}].made;
  }
  for (int phase = 1; phase <= 2; ++phase) {
    CW_TRY(deliver(phase));
    if (phase == 1) CW_TRY(prepare(batch_rows));
    for (Run& run : runs_) {
      engine::RunOptions options;
      options.once = true;
      options.stop = &stop;
      for (const config::Pipeline* part : data_.pipelines) options.pipelines.push_back(part->name);
      CW_ASSIGN(const engine::RunReport report, engine::run(run.project, *run.warehouse, options));
      if (report.stopped) return Error{ErrorKind::Stopped, "stopped"};
      for (const engine::PipelineReport& one : report.pipelines) {
        const std::string why =
            one.stopped_by.empty() ? one.failure : "stopped by check '" + one.stopped_by + "'";
        if (!why.empty()) return fatal(fmt::format("{}: {}: {}", run.name, one.pipeline, why));
      }
      for (const std::string& failure : report.model_failures) {
        findings.others.push_back(run.name + ": " + failure);
      }
      CW_TRY(compare_fates(run, phase, findings));
      CW_TRY(compare_counts(run, phase, findings));
    }
  }
  findings.runs += static_cast<int64_t>(runs_.size());
  return compare_tables(findings);
}

void Proof::deviates(const Delivery& delivery, const std::string& what, Findings& findings) {
  if (!told_.insert(&delivery).second) return;
  const std::string fault =
      delivery.fault == "none" ? std::string("none, ") + name_of(delivery.how) : delivery.fault;
  Tally& tally = findings.tallies[{kind_name(delivery), fault}];
  ++tally.deviating;
  if (tally.example.empty()) tally.example = what;
}

Result<void> Proof::compare_fates(Run& run, int phase, Findings& findings) {
  std::map<const config::Pipeline*, Held> held;
  for (const config::Pipeline* pipeline : data_.pipelines) {
    CW_ASSIGN(held[pipeline], held_records(*run.warehouse, run.project, pipeline->name));
  }
  for (size_t i = 0; i < data_.deliveries.size(); ++i) {
    const Delivery& delivery = data_.deliveries[i];
    // The place of a half is that of the whole, once that is there.
    const bool covered = delivery.how == generate::How::Whole;
    if (delivery.phase > phase || covered) continue;
    const generate::Verdict& expected = delivery.expected[static_cast<size_t>(phase - 1)];
    const Held& in = held[delivery.pipeline];
    const auto found = in.find({places_[i].path, places_[i].line});
    const bool quarantined = expected.fate == batch::Fate::Quarantined;
    if (quarantined == (found != in.end()) && (!quarantined || found->second == expected.reasons)) {
      continue;
    }
    const std::string actual = found == in.end()
                                   ? std::string("not in quarantine")
                                   : "quarantined (" + join(found->second, ", ") + ")";
    deviates(delivery,
             fmt::format("{}: {}, expected {}; {}, phase {}", place_text(places_[i]), actual,
                         fate_text(expected), run.name, phase),
             findings);
  }
  return {};
}

Result<void> Proof::compare_counts(Run& run, int phase, Findings& findings) {
  for (const config::Pipeline* pipeline : data_.pipelines) {
    batch::Counts expected;
    for (const Delivery& delivery : data_.deliveries) {
      if (delivery.pipeline != pipeline || delivery.phase > phase) continue;
      ++expected.read;
      ++expected.of(delivery.expected[static_cast<size_t>(phase - 1)].fate);
    }
    CW_ASSIGN(const warehouses::PipelineState state, run.warehouse->state(pipeline->name));
    if (state.counts == expected) continue;
    JsonObject found, wanted;
    add_counts(found, state.counts);
    add_counts(wanted, expected);
    findings.others.push_back(fmt::format("{}, phase {}: counts of {} are {}, expected {}",
                                          run.name, phase, pipeline->name, found.str(),
                                          wanted.str()));
  }
  return {};
}

Result<Proof::Cells> Proof::table_of(Run& run, const Rowset& rows) const {
  std::string columns;
  for (const duckdb::ColumnSchema& column : rows.columns) {
    columns += (columns.empty() ? "" : ", ") + generate::Evaluator::as_text(column);
  }
  CW_ASSIGN(Table table, texts(*run.warehouse, "SELECT " + columns + " FROM " +
                                                   duckdb::quote_table(rows.load->table)));
  std::sort(table.rows.begin(), table.rows.end());
  return std::move(table.rows);
}

// The tables in the end: with what was expected, and with those of the other runs.
Result<void> Proof::compare_tables(Findings& findings) {
  std::map<std::string, Cells> expected;
  std::map<std::string, const Rowset*> tables;
  std::set<std::string> inexact;
  for (const Rowset& rows : data_.tables) {
    tables[rows.load->table] = &rows;
    if (!rows.exact) inexact.insert(rows.load->table);
    Cells& cells = expected[rows.load->table];
    for (const Rowset::Entry& entry : rows.entries) cells.push_back(entry.row.cells);
  }
  for (auto& [name, rows] : tables) {
    Cells& wanted = expected[name];
    std::sort(wanted.begin(), wanted.end());
    bool known = !inexact.contains(name);
    std::string as = "the contract";
    for (Run& run : runs_) {
      CW_ASSIGN(Cells found, table_of(run, *rows));
      if (known && found != wanted) {
        findings.others.push_back(fmt::format("{}: table {} {}, compared with {}", run.name, name,
                                              differ(found, wanted), as));
      } else if (!known) {
        wanted = std::move(found);  // the first run's, for the others
        known = true;
        as = run.name;
      }
    }
  }
  return {};
}

}  // namespace clearwell::cli
