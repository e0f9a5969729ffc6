// How messages show words of the user, so that all faults read alike and stay on one line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clearwell::config {

// 'word' in single quotes; control characters become spaces, and it is cut after 60 characters.
std::string in_quotes(std::string_view word);

// "a, b, c".
std::string listed(const std::vector<std::string>& words);

// "; did you mean 'table'?" or nothing.
std::string suggestion(const std::string& word, const std::vector<std::string>& candidates);

// ASCII lower case: how DuckDB compares names.
std::string lower_case(std::string_view text);

// [a-z][a-z0-9_]*, at most 63 bytes: names that become parts of lanes, flags and reason codes.
bool is_plain_name(std::string_view name);

// [A-Za-z_][A-Za-z0-9_]*, at most 63 bytes (PostgreSQL's limit): names of tables and columns.
bool is_identifier(std::string_view name);

// "; did you mean 'table'? Allowed: a, b", or without a suggestion "; allowed: a, b", where
// `label` is "allowed".
std::string suggestion_and_list(const std::string& word, const std::vector<std::string>& candidates,
                                const std::string& label);

std::vector<std::string> split(std::string_view text, char separator);

}  // namespace clearwell::config
