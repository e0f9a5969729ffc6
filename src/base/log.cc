#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/time.h"

namespace clearwell {
namespace {

spdlog::logger& logger() {
  // Not destroyed: threads may log until the very end.
  static auto* log = [] {
    auto* made = new spdlog::logger("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::warn);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *log;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warn:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
    case LogLevel::Off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

// The time is ours, not spdlog's, so that CLEARWELL_CLOCK holds here too.
void write(LogLevel level, std::string_view name, std::string_view message) {
  if (!log_enabled(level)) return;
  logger().log(to_spdlog(level), "{} {}: {}", to_iso8601(now()), name, message);
}

}  // namespace

std::optional<LogLevel> log_level(std::string_view name) {
  if (name == "debug") return LogLevel::Debug;
  if (name == "info") return LogLevel::Info;
  if (name == "warn") return LogLevel::Warn;
  if (name == "error") return LogLevel::Error;
  if (name == "off") return LogLevel::Off;
  return std::nullopt;
}

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }
bool log_enabled(LogLevel level) { return logger().should_log(to_spdlog(level)); }

void log_debug(std::string_view message) { write(LogLevel::Debug, "debug", message); }
void log_info(std::string_view message) { write(LogLevel::Info, "info", message); }
void log_warn(std::string_view message) { write(LogLevel::Warn, "warn", message); }
void log_error(std::string_view message) { write(LogLevel::Error, "error", message); }

}  // namespace clearwell
