#include "config/project.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "config/across.h"
#include "config/grammar.h"
#include "config/mapping.h"
#include "config/models.h"
#include "config/phrases.h"
#include "config/pipelines.h"
#include "config/placeholders.h"
#include "config/reports.h"
#include "config/text_file.h"

namespace clearwell::config {

namespace {

namespace fs = std::filesystem;

constexpr const char* project_file = "clearwell.yaml";
constexpr const char* command_line = "command line";

class Loader {
 public:
  explicit Loader(LoadOptions options) : options_(std::move(options)) {
    std::error_code error;
    const fs::path folder = fs::absolute(options_.folder, error).lexically_normal();
    options_.folder = folder.string();
    if (!folder.has_filename()) options_.folder = folder.parent_path().string();
    project().folder = options_.folder;
  }

  LoadedProject load() {
    if (!has_project()) return std::move(loaded_);
    read_project_file();
    read_pipelines();
    read_models();
    read_reports();
    check_across(project(), faults());
    check_reports(project(), faults());
    link_loads(project());
    check_names_given();
    auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::stable_sort(project().pipelines.begin(), project().pipelines.end(), by_name);
    std::stable_sort(project().models.begin(), project().models.end(), by_name);
    std::stable_sort(project().reports.begin(), project().reports.end(), by_name);
    std::stable_sort(project().schedules.begin(), project().schedules.end(),
                     [](const Schedule& a, const Schedule& b) {
                       return std::pair(lower_case(a.report), a.window) <
                              std::pair(lower_case(b.report), b.window);
                     });
    return std::move(loaded_);
  }

 private:
  Project& project() { return loaded_.project; }
  Faults& faults() { return loaded_.faults; }

  bool has_project() {
    std::error_code error;
    const fs::path folder = options_.folder;
    if (fs::exists(folder / project_file, error)) return true;
    std::string cure = "; create that file (one line, 'project: NAME', is enough)";
    if (!fs::is_directory(folder, error)) {
      cure = ": there is no such folder; name the project's folder with --project";
    } else if (fs::exists(folder / "clearwell.yml", error)) {
      cure = "; rename clearwell.yml to clearwell.yaml";
    } else if (fs::exists(folder.parent_path() / project_file, error)) {
      cure = ", but in the folder above; name that with --project";
    }
    faults().add({project_file, 0, 0}, "no_project",
                 "no project: there is no clearwell.yaml in " + options_.folder + cure);
    return false;
  }

  std::optional<YamlNode> read_yaml(const std::string& file) {
    const std::optional<std::string> text = read_text_file(options_.folder, file, faults());
    return text ? parse_yaml(*text, file, faults()) : std::nullopt;
  }

  void read_project_file() {
    std::optional<YamlNode> document = read_yaml(project_file);
    if (!document) return;
    Placeholders(options_.folder, nullptr, faults()).replace(*document);
    const Mapping keys = check_mapping(*document, project_file, project_spec().keys, faults());
    const Settings& settings = keys.settings;
    project().name = settings.text("project");
    project().warehouse = settings.text("warehouse");
    if (!keys.is_open("warehouse")) check_warehouse(*document, settings);
    project().schema = keys.text("schema").value_or("");
    if (!project().schema.empty() && !keys.is_open("schema")) check_schema(settings);
    Limits& limits = project().limits;
    limits.batch_rows = settings.integer("limits.batch_rows");
    limits.batch_bytes = settings.integer("limits.batch_bytes");
    limits.linger = settings.duration("limits.linger");
    limits.record_bytes = settings.integer("limits.record_bytes");
    limits.quarantine_bytes = settings.integer("limits.quarantine_bytes");
    limits.parked_records = settings.integer("limits.parked_records");
    limits.memory = settings.integer("limits.memory");
    limits.warehouse_memory = settings.integer("limits.warehouse_memory");
    models_every_ = settings.duration("models.every");
    read_spark(keys);
  }

  void read_spark(const Mapping& keys) {
    const Settings& settings = keys.settings;
    Spark& spark = project().spark;
    spark.home = keys.text("engine.spark.home").value_or("");
    spark.master = settings.text("engine.spark.master");
    spark.jdbc_driver = keys.text("engine.spark.jdbc_driver").value_or("");
    spark.stages = settings.text("engine.spark.stages");
    spark.time_limit = settings.duration("engine.spark.time_limit");
    spark.mark = settings.mark("engine.spark.master");
    const auto conf = keys.nodes.find("engine.spark.conf");
    if (conf == keys.nodes.end()) return;
    if (!conf->second->is_map()) {
      faults().add(
          conf->second->mark, "wrong_kind",
          "'engine.spark.conf' must be a mapping of Spark's settings to their values, not " +
              shown(*conf->second));
    }
    for (const YamlNode::Member& member : conf->second->members) {
      if (member.value.is_scalar()) {
        spark.conf.emplace_back(member.key, member.value.text);
      } else {
        faults().add(member.value.mark, "wrong_kind",
                     "the setting " + in_quotes(member.key) + " of Spark must be one value, not " +
                         shown(member.value));
      }
    }
  }

  // The URL may hold a password, so messages show it only as it stands in the file.
  void check_warehouse(const YamlNode& document, const Settings& settings) {
    const std::string& url = settings.text("warehouse");
    const auto is = [&url](std::string_view scheme) {
      return url.starts_with(scheme) && url.size() > scheme.size();
    };
    const bool known = is("duckdb:") || is("postgres://") || is("postgresql://");
    const YamlNode* node = document.find("warehouse");
    if (known || node == nullptr) return;
    faults().add(settings.mark("warehouse"), "bad_warehouse",
                 "the warehouse is " + shown(*node) +
                     (node->replaced ? ", whose value is not of that form" : "") +
                     "; write duckdb:PATH, for example duckdb:warehouse.duckdb, or "
                     "postgres://USER@HOST/DATABASE");
  }

  void check_schema(const Settings& settings) {
    const std::string& schema = project().schema;
    if (is_identifier(schema) && lower_case(schema) != "clearwell") return;
    faults().add(settings.mark("schema"), "bad_name",
                 "the schema " + in_quotes(schema) +
                     " must be a name of letters, digits and _, at most 63 of them, and not that "
                     "of Clearwell's own tables; rename it");
  }

  void read_pipelines() {
    for (const std::string& file :
         list_files(options_.folder, "pipelines", {".yaml", ".yml"}, faults())) {
      std::optional<YamlNode> document = read_yaml(file);
      std::optional<Pipeline> pipeline;
      if (document) pipeline = read_pipeline(std::move(*document), options_, faults());
      if (pipeline) {
        project().pipelines.push_back(std::move(*pipeline));
      } else {
        all_named_ = false;
      }
    }
  }

  void read_models() {
    for (const std::string& file : list_files(options_.folder, "models", {".sql"}, faults())) {
      const std::optional<std::string> text = read_text_file(options_.folder, file, faults());
      if (!text) continue;
      std::optional<Model> model =
          read_model(file, *text, {options_.folder, models_every_}, faults());
      if (model) project().models.push_back(std::move(*model));
    }
  }

  void read_reports() {
    for (const std::string& file :
         list_files(options_.folder, "reports", {".yaml", ".yml"}, faults())) {
      std::optional<YamlNode> document = read_yaml(file);
      if (!document) continue;
      std::optional<Report> report =
          read_report(std::move(*document), options_.folder, project().schedules, faults());
      if (report) project().reports.push_back(std::move(*report));
    }
    for (const std::string& file :
         list_files(options_.folder, "schedules", {".yaml", ".yml"}, faults())) {
      std::optional<YamlNode> document = read_yaml(file);
      if (!document) continue;
      std::optional<Schedule> schedule =
          read_schedule(std::move(*document), options_.folder, faults());
      if (schedule) project().schedules.push_back(std::move(*schedule));
    }
  }

  // Pipelines named on the command line that are not there. Not said while a file could not be
  // read: it may be the one.
  void check_names_given() {
    std::vector<std::string> asked = options_.selected;
    for (const auto& [pipeline, values] : options_.params) asked.push_back(pipeline);
    std::sort(asked.begin(), asked.end());
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    std::vector<std::string> known;
    for (const Pipeline& pipeline : project().pipelines) known.push_back(pipeline.name);
    for (const std::string& name : asked) {
      if (!all_named_ || project().find_pipeline(name) != nullptr) continue;
      faults().add({command_line, 0, 0}, "unknown_pipeline",
                   "there is no pipeline " + in_quotes(name) +
                       (known.empty() ? "; there is none in pipelines/"
                                      : suggestion_and_list(name, known, "pipelines")));
    }
  }

  LoadOptions options_;
  LoadedProject loaded_;
  std::chrono::microseconds models_every_{5'000'000};
  bool all_named_ = true;
};

}  // namespace

const Kind* Pipeline::find_kind(const std::string& kind) const {
  for (const Kind& candidate : kinds) {
    if (candidate.name == kind) return &candidate;
  }
  return nullptr;
}

const Pipeline* Project::find_pipeline(const std::string& pipeline) const {
  for (const Pipeline& candidate : pipelines) {
    if (candidate.name == pipeline) return &candidate;
  }
  return nullptr;
}

const Report* Project::find_report(const std::string& report) const {
  for (const Report& candidate : reports) {
    if (lower_case(candidate.name) == lower_case(report)) return &candidate;
  }
  return nullptr;
}

LoadedProject load(const LoadOptions& options) { return Loader(options).load(); }

}  // namespace clearwell::config
