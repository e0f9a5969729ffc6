// What most subcommands do first and last: load the project, open its warehouse, read rows as
// texts, print, and turn an Error into a message and an exit code.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/commands.h"
#include "config/project.h"
#include "warehouses/warehouse.h"

namespace clearwell::cli {

// To stdout; flushed before anything goes to stderr, so that both keep their order in one file.
void print(std::string_view text);
// One line to stderr.
void note(std::string_view line);

// 2 for a Config error, else 1.
ExitCode exit_code_of(const Error& error);

// The project's faults, each place and message once, in the order of files and lines.
config::Faults sorted(const config::Faults& faults);
// A Config error "`what` 3 faults:" and the list.
Error as_error(const config::Faults& faults, std::string_view what);
// "1 fault", "3 faults"; the plural of `noun` gets an s.
std::string counted(int64_t number, std::string_view noun);

// Loads with the sources that are compiled in.
config::LoadedProject load_project(
    const Common& common,
    const std::map<std::string, std::map<std::string, std::string>>& params = {},
    const std::vector<std::string>& selected = {});
// For commands that act on the definitions: any fault of loading is a Config error which lists all.
Result<config::Project> load_sound(const Common& common);
// For commands that only read the warehouse: faults elsewhere are noted, not fatal.
Result<config::Project> load_for_reading(const Common& common);

// False only for an embedded warehouse whose file is not there yet.
// A file of our own, not a server that others reach as well.
bool is_embedded(const config::Project& project);
bool warehouse_exists(const config::Project& project);
// Retryable if another process holds it, with that process named and what to do about it.
Result<std::unique_ptr<warehouses::Warehouse>> open_warehouse(const config::Project& project,
                                                              warehouses::Access access);
// For reading; an Error if it does not exist yet.
Result<std::unique_ptr<warehouses::Warehouse>> open_to_read(const config::Project& project);

// Rows of texts: every column is VARCHAR or BLOB (a BLOB's bytes as they are).
// REQUIRES: the SQL casts all others.
Result<Table> texts(warehouses::Warehouse& warehouse, const std::string& sql);

// "a path below the project folder" without that folder; others as they are.
std::string shortened(const std::string& path, const config::Project& project);

}  // namespace clearwell::cli
