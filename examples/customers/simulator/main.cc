// customers-simulator: sales of any number. See --help.
#include <exception>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "flags.h"
#include "output_file.h"
#include "sales.h"

namespace {

constexpr size_t buffer_bytes = 1 << 20;

struct Arguments {
  customers::Options options;
  std::string to, manifest;
};

void describe(CLI::App& app, Arguments& arguments) {
  customers::Options& options = arguments.options;
  app.add_option("--to", arguments.to, "file to write")->required()->type_name("FILE");
  app.add_option("--rows", options.rows, "lines beside the header")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--customers", options.customers, "how many; 0: one for every 15 rows")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--invalid", options.invalid, "share of broken lines: five faults in turn")
      ->transform(simulators::to_share)
      ->capture_default_str()
      ->type_name("SHARE");
  app.add_option("--seed", options.seed, "the same seed, the same file")->capture_default_str();
  app.add_option("--manifest", arguments.manifest,
                 "list the broken lines, each with its reason, as lines of JSON")
      ->type_name("FILE");
  app.footer(
      "Thirteen million sales, one in fifty broken:\n"
      "  customers-simulator --to sales.csv --rows 13000000 --invalid 2% --manifest "
      "broken.jsonl\n");
}

void write(const Arguments& arguments) {
  const simulators::OutputFile file(arguments.to);
  std::unique_ptr<simulators::OutputFile> manifest;
  if (!arguments.manifest.empty()) {
    manifest = std::make_unique<simulators::OutputFile>(arguments.manifest);
  }
  customers::Sales sales(arguments.options);
  std::string lines = customers::header, broken;
  bool more = true;
  while (more) {
    while (lines.size() < buffer_bytes && more) more = sales.append(lines);
    file.write_all(lines);
    lines.clear();
    for (const customers::Sales::Broken& line : sales.take_broken()) {
      broken += fmt::format("{{\"line\":{},\"code\":\"{}\"}}\n", line.line, line.code);
    }
    if (manifest != nullptr) manifest->write_all(broken);
    broken.clear();
  }
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app{"Writes sales as CSV: customers, days, products and units.", "customers-simulator"};
  Arguments arguments;
  describe(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  write(arguments);
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "customers-simulator: {}\n", error.what());
  return 1;
}
