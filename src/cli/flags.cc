#include "cli/flags.h"

#include <memory>

#include <fmt/format.h>

#include "cli/flag_kit.h"
#include "cli/report_flags.h"

namespace clearwell::cli {
namespace {

void add_filter(CLI::App& command, HeldFilter& filter) {
  command.add_option("--pipeline", filter.pipeline, "only of this pipeline")->type_name("NAME");
  command.add_option("--reason", filter.reason, "only with this reason, e.g. field.min")
      ->type_name("CODE");
  command
      .add_option("--state", filter.state,
                  "open (default), resolved, released, replayed, discarded or all")
      ->type_name("STATE");
}

void add_engine(CLI::App& command, std::string& engine) {
  command.add_option("--engine", engine, "duckdb (default, built in) or spark")
      ->type_name("NAME")
      ->check(one_of({"duckdb", "spark"}));
}

void add_check(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("check", "find every fault of the project, offline");
  add_common(*command, parsed, true);
  auto arguments = on(*command, parsed, check);
  add_engine(*command, arguments->engine);
  command->add_option("pipelines", arguments->pipelines, "those for Spark (default: all)")
      ->type_name("PIPELINE");
  command->footer(
      "Opens no connection and reads no data. Exit code 2 if there is any fault.\n\n"
      "Examples:\n"
      "  clearwell check\n"
      "  clearwell check --project examples/retail --engine spark --output json");
}

void add_plan(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("plan", "show what a run would hand to another engine");
  add_common(*command, parsed, false);
  auto arguments = std::make_shared<PlanArguments>();
  command->callback([&parsed, arguments] {
    parsed.action = [&parsed, arguments] {
      arguments->params = parsed.params;
      return plan(parsed.common, *arguments);
    };
  });
  command->add_option("pipeline", arguments->pipeline, "name of the pipeline")
      ->type_name("PIPELINE")
      ->required();
  add_engine(*command, arguments->engine);
  command->footer(
      "Opens no connection and reads no data.\n\n"
      "Example:\n  clearwell plan customers --engine spark --source data/transaction.csv");
}

void add_run(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("run", "run pipelines (all, or those named)");
  add_common(*command, parsed, true);
  auto arguments = std::make_shared<RunArguments>();
  command->callback([&parsed, arguments] {
    parsed.action = [&parsed, arguments] {
      arguments->params = parsed.params;
      return run(parsed.common, *arguments);
    };
  });
  command->add_option("pipelines", arguments->pipelines, "names of pipelines (default: all)")
      ->type_name("PIPELINE");
  command->add_flag("--once", arguments->once, "end when all input has been read");
  command
      ->add_option("--from", arguments->sources, "read only this source, by name; may be repeated")
      ->type_name("SOURCE")
      ->allow_extra_args(false);
  add_engine(*command, arguments->engine);
  command->footer(
      "Without --once it goes on with new input until SIGINT or SIGTERM, and stops within\n"
      "seconds; what is committed stays, and the next run goes on from there.\n"
      "What the pipelines declare under `params:` become flags: --NAME VALUE.\n"
      "With --engine spark a bounded pipeline runs on Apache Spark (docs/spark.md).\n\n"
      "Examples:\n"
      "  clearwell run --once\n"
      "  clearwell run purchases users --project examples/retail\n"
      "  clearwell run orders --once --from archive\n"
      "  clearwell run customers --source data/transaction.csv --database shop --table customers");
}

void add_status(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("status", "what became of every record read");
  add_common(*command, parsed, true);
  on(*command, parsed, status);
  command->footer(
      "read = loaded + superseded + duplicate + skipped + quarantined + parked + discarded\n\n"
      "Examples:\n"
      "  clearwell status\n"
      "  clearwell status --output json");
}

void add_query(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("query", "ask the warehouse one SELECT");
  add_common(*command, parsed, true);
  auto arguments = on(*command, parsed, query);
  command->add_option("sql", arguments->sql, "one SELECT")->type_name("SQL")->required();
  command->add_option("--limit", arguments->limit, "at most so many rows (default: all)")
      ->type_name("ROWS")
      ->check(whole_number(0));
  command->footer(
      "Examples:\n"
      "  clearwell query \"SELECT * FROM top_articles\" --limit 10\n"
      "  clearwell query \"SELECT state, count(*) FROM users GROUP BY 1 ORDER BY 1\" "
      "--output csv\n"
      "  clearwell query \"SHOW TABLES\"");
}

void add_quarantine_reading(CLI::App& quarantine, Parsed& parsed) {
  CLI::App* list = quarantine.add_subcommand("list", "list rejected records, newest first");
  add_common(*list, parsed, true);
  auto listed = on(*list, parsed, quarantine_list);
  add_filter(*list, listed->filter);
  list->add_option("--limit", listed->limit, "at most so many lines (default: 20, 0: all)")
      ->type_name("ROWS")
      ->check(whole_number(0));
  list->add_flag("--entries", listed->entries, "one line for each broken thing, not each sighting");
  list->footer(
      "Examples:\n"
      "  clearwell quarantine list --pipeline purchases --reason reference.missing\n"
      "  clearwell quarantine list --state all --limit 0 --output csv");

  CLI::App* show = quarantine.add_subcommand("show", "everything about one record");
  add_common(*show, parsed, true);
  auto id = std::make_shared<int64_t>();
  show->add_option("id", *id, "the record's id in `quarantine list`")
      ->type_name("ID")
      ->required()
      ->check(whole_number(0));
  show->callback([&parsed, id] {
    parsed.action = [&parsed, id] { return quarantine_show(parsed.common, *id); };
  });
  show->footer("Example:\n  clearwell quarantine show 42");

  CLI::App* dump = quarantine.add_subcommand("export", "write rejected records as JSON lines");
  add_common(*dump, parsed, false);
  auto exported = on(*dump, parsed, quarantine_export);
  add_filter(*dump, exported->filter);
  dump->add_option("--to", exported->to, "a file to write (default: stdout)")->type_name("FILE");
  dump->footer(
      "`payload` holds the record as it came; bytes that are not UTF-8 come as payload_base64.\n\n"
      "Example:\n  clearwell quarantine export --reason json.syntax --to broken.jsonl");
}

void add_quarantine_changing(CLI::App& quarantine, Parsed& parsed) {
  CLI::App* replay =
      quarantine.add_subcommand("replay", "judge records again, repaired if need be");
  add_common(*replay, parsed, true);
  auto replayed = on(*replay, parsed, quarantine_replay);
  replay->add_option("ids", replayed->ids, "ids in `quarantine list`")
      ->type_name("ID")
      ->check(whole_number(0));
  replay->add_flag("--all", replayed->all, "all that the filters match");
  add_filter(*replay, replayed->filter);
  replay
      ->add_option("--set", replayed->repairs,
                   "repair: put a JSON value (or a plain text) at a path; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  replay->footer(
      "Today's contract decides, in the records' original order. What fails again stays in\n"
      "quarantine with its new reasons; that is no failure of the command.\n\n"
      "Examples:\n"
      "  clearwell quarantine replay 42 --set 'cart[0].quantity=3'\n"
      "  clearwell quarantine replay --all --reason field.pattern");

  CLI::App* discard = quarantine.add_subcommand("discard", "take records out for good");
  add_common(*discard, parsed, true);
  auto discarded = on(*discard, parsed, quarantine_discard);
  discard->add_option("ids", discarded->ids, "ids in `quarantine list`")
      ->type_name("ID")
      ->check(whole_number(0));
  discard->add_flag("--all", discarded->all, "all that the filters match");
  add_filter(*discard, discarded->filter);
  discard->footer(
      "The records count as discarded from then on and cannot come back.\n\n"
      "Example:\n  clearwell quarantine discard 42 43");
}

void add_quarantine(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("quarantine", "rejected records: look, repair, decide");
  command->require_subcommand(1);
  add_quarantine_reading(*command, parsed);
  add_quarantine_changing(*command, parsed);
  command->footer(
      "Examples:\n"
      "  clearwell quarantine list\n"
      "  clearwell quarantine show 42");
}

void add_model(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("model", "SQL models");
  command->require_subcommand(1);
  CLI::App* build = command->add_subcommand("build", "rebuild models now (all, or those named)");
  add_common(*build, parsed, true);
  auto names = on(*build, parsed, model_build);
  build->add_option("names", *names, "models to rebuild, with those that they read")
      ->type_name("NAME");
  build->footer(
      "Examples:\n"
      "  clearwell model build\n"
      "  clearwell model build top_articles");
  command->footer("Example:\n  clearwell model build");
}

void add_test(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("test", "run golden tests (*.test)");
  add_common(*command, parsed, false);
  auto arguments = on(*command, parsed, test);
  command
      ->add_option("paths", arguments->paths,
                   "test files, or folders to search (default: tests/ of the project)")
      ->type_name("PATH");
  command->add_flag("--update", arguments->update, "write what happened into the files");
  command->add_option("--jobs", arguments->jobs, "scenarios at a time (default: 2)")
      ->type_name("N")
      ->check(whole_number(1));
  command->footer(
      "The last line is \"N passed, N failed\". The format: docs/reference/golden-tests.md.\n\n"
      "Examples:\n"
      "  clearwell test\n"
      "  clearwell test tests/golden/upsert.test --update");
}

void add_mix(CLI::App& command, MixArguments& mix) {
  const auto share = [&](const char* flag, std::string& text, const char* help) {
    command.add_option(flag, text, help)->type_name("SHARE");
  };
  share("--invalid", mix.invalid,
        "records with a fault, each way to break the contract in equal parts (default: 15%)");
  share("--duplicates", mix.duplicates, "records delivered again (default: 2%)");
  share("--versions", mix.versions,
        "upserts: older and newer versions of earlier records (default: 5%)");
  share("--late", mix.late, "records whose parent comes after them");
  share("--half-written", mix.half_written, "files that are half-written at first");
  share("--edges", mix.edges, "values from the ends of what is allowed (default: 10%)");
  command.add_option("--seed", mix.seed, "the same seed makes the same records (default: 1)")
      ->type_name("N")
      ->check(whole_number(0));
  command.add_option("--param", mix.params, "a parameter of the pipeline; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

void add_generate(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("generate", "make data from a pipeline's contract");
  add_common(*command, parsed, false);
  auto arguments = on(*command, parsed, generate);
  command->add_option("pipeline", arguments->pipeline, "name of the pipeline")
      ->type_name("PIPELINE")
      ->required();
  command->add_option("--count", arguments->mix.count, "records of it (default: 1000)")
      ->type_name("N")
      ->check(whole_number(1));
  add_mix(*command, arguments->mix);
  command
      ->add_option("--to", arguments->to,
                   "a folder (the records that it refers to go there too), a file *.jsonl, kafka "
                   "(the topic that it reads), or kafka://HOST:PORT/TOPIC; default: stdout")
      ->type_name("PLACE");
  command
      ->add_option("--format", arguments->format,
                   "in a folder: files (one record each), jsonl (a file of lines for each "
                   "pipeline), or auto (default), as the pipeline's first source reads")
      ->type_name("FORM")
      ->check(one_of({"auto", "files", "jsonl"}));
  command
      ->add_option("--manifest", arguments->manifest,
                   "write what must become of each record, as JSON lines")
      ->type_name("FILE");
  command->add_option("--rate", arguments->rate, "records a second (default: as fast as possible)")
      ->type_name("N")
      ->check(whole_number(1));
  command
      ->add_option("--phase", arguments->phase,
                   "1: without what comes late; 2: only that, after a 1 with the same flags; "
                   "default: all")
      ->type_name("PHASE")
      ->check(one_of({"all", "1", "2"}));
  command->add_flag("--force", arguments->force, "write into a folder that is not empty");
  command->footer(
      "Valid records, broken ones (one fault each), repetitions. Records of the pipelines that\n"
      "it refers to are made as well. The manifest's format: docs/reference/generate.md.\n\n"
      "Examples:\n"
      "  clearwell generate purchases --count 5\n"
      "  clearwell generate purchases --to /tmp/shop --manifest /tmp/shop.manifest --invalid 20%\n"
      "  clearwell generate purchases --to /tmp/shop --rate 100 --late 5% --half-written 1%");
}

void add_prove(CLI::App& app, Parsed& parsed) {
  CLI::App* command =
      app.add_subcommand("prove", "make data, run it, and compare every record's fate");
  add_common(*command, parsed, true);
  auto arguments = on(*command, parsed, prove);
  command->add_option("pipeline", arguments->pipeline, "name of the pipeline")
      ->type_name("PIPELINE")
      ->required();
  command->add_option("--count", arguments->mix.count, "records of it (default: 2000)")
      ->type_name("N")
      ->check(whole_number(1));
  add_mix(*command, arguments->mix);
  command
      ->add_option("--keep", arguments->keep,
                   "a new folder for data, manifests and warehouses (default: a scratch folder "
                   "that is removed)")
      ->type_name("DIR");
  command->footer(
      "Runs in a scratch folder and warehouse; the project's own are never touched. The same\n"
      "records go in with batches of 7 and all, and some with batches of 1: tables must be equal.\n"
      "Exit code 1 if any record ends otherwise than its contract says.\n\n"
      "Examples:\n"
      "  clearwell prove purchases\n"
      "  clearwell prove purchases --count 20000 --seed 7 --keep /tmp/proof");
}

void add_schema(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("schema", "JSON Schema and reference of project files");
  auto what = std::make_shared<std::string>("project");
  command->add_option("what", *what, "project (default), pipeline, reference or errors")
      ->type_name("WHAT")
      ->check(one_of({"project", "pipeline", "reference", "errors"}));
  command->callback([&parsed, what] { parsed.action = [what] { return schema(*what); }; });
  command->footer(
      "project and pipeline are JSON Schema, for editors; reference (all keys) and errors (all\n"
      "codes of faults) are Markdown.\n\n"
      "Examples:\n"
      "  clearwell schema pipeline > pipeline.schema.json\n"
      "  clearwell schema errors");
}

void add_version(CLI::App& app, Parsed& parsed) {
  CLI::App* command = app.add_subcommand("version", "version of the program and its parts");
  add_common(*command, parsed, true);
  on(*command, parsed, version);
  command->footer("Example:\n  clearwell version --output json");
}

bool is_flag(const std::string& argument) {
  return argument.size() > 2 && argument.starts_with("--");
}

// The option that "--name" or "--name=value" is, of the first of these that knows it.
const CLI::Option* known(const std::vector<const CLI::App*>& apps, const std::string& argument) {
  const std::string name = argument.substr(0, argument.find('='));
  for (const CLI::App* app : apps) {
    if (const CLI::Option* option = app->get_option_no_throw(name)) return option;
  }
  return nullptr;
}

bool takes_next(const CLI::Option* option, const std::string& argument) {
  return option != nullptr && option->get_items_expected_max() > 0 &&
         argument.find('=') == std::string::npos;
}

}  // namespace

void add_subcommands(CLI::App& app, Parsed& parsed) {
  add_common(app, parsed, true);
  add_check(app, parsed);
  add_run(app, parsed);
  add_plan(app, parsed);
  add_status(app, parsed);
  add_query(app, parsed);
  add_quarantine(app, parsed);
  add_model(app, parsed);
  add_report(app, parsed);
  add_test(app, parsed);
  add_generate(app, parsed);
  add_prove(app, parsed);
  add_schema(app, parsed);
  add_version(app, parsed);
}

Result<std::vector<std::pair<std::string, std::string>>> split_parameters(
    const CLI::App& app, std::vector<std::string>& arguments) {
  std::vector<std::pair<std::string, std::string>> params;
  size_t at = 0;
  while (at < arguments.size() && arguments[at].starts_with("-")) {
    at += takes_next(known({&app}, arguments[at]), arguments[at]) ? 2 : 1;
  }
  if (at >= arguments.size() || (arguments[at] != "run" && arguments[at] != "plan")) return params;
  const std::vector<const CLI::App*> apps = {app.get_subcommand(arguments[at]), &app};
  std::vector<std::string> kept(arguments.begin(), arguments.begin() + static_cast<long>(at) + 1);
  for (++at; at < arguments.size(); ++at) {
    const std::string& argument = arguments[at];
    const CLI::Option* option = known(apps, argument);
    if (!is_flag(argument) || option != nullptr) {
      kept.push_back(argument);
      if (takes_next(option, argument) && at + 1 < arguments.size())
        kept.push_back(arguments[++at]);
      continue;
    }
    const size_t equals = argument.find('=');
    if (equals != std::string::npos) {
      params.emplace_back(argument.substr(2, equals - 2), argument.substr(equals + 1));
    } else if (at + 1 < arguments.size() && !is_flag(arguments[at + 1])) {
      params.emplace_back(argument.substr(2), arguments[++at]);
    } else {
      return config_error(
          fmt::format("unknown flag '{0}' (a parameter needs a value: {0} VALUE)", argument));
    }
  }
  arguments = std::move(kept);
  return params;
}

}  // namespace clearwell::cli
