// The program's log, for people: one line a message on stderr, "2024-01-01T00:00:00Z warn: …".
// It says what the program does and meets; it never holds payloads or secrets. Safe from any
// thread. Results of a command go to stdout and are not logged.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clearwell {

enum class LogLevel { Debug, Info, Warn, Error, Off };

// "debug", "info", "warn", "error", "off"; nothing for any other word.
std::optional<LogLevel> log_level(std::string_view name);
// Messages below `level` are dropped. Default: Warn.
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);

void log_debug(std::string_view message);
void log_info(std::string_view message);
void log_warn(std::string_view message);
void log_error(std::string_view message);

}  // namespace clearwell
