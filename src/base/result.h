// Result<T>: the outcome of an operation that can fail, and Error, which says what the engine must
// do about it. A bad record is data, never an Error; a bug of ours is CW_ASSERT.
//
// Context is added on the way up: `return std::move(error).context("polling orders")` makes
// "polling orders: connection refused".
#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace clearwell {

// What the caller must do with a failed operation.
enum class ErrorKind {
  Config,     // the user must change the project, a flag or an argument; exit code 2
  Retryable,  // may work later (connection, disk, lock): back off and try again
  Fatal,      // will not work however often it is tried; exit code 1
  Stopped,    // the user asked to stop; nothing is wrong
};

struct Error {
  ErrorKind kind = ErrorKind::Fatal;
  std::string message;

  Error context(std::string_view what) && {
    message.insert(0, std::string(what) + ": ");
    return std::move(*this);
  }
};

inline Error config_error(std::string message) { return {ErrorKind::Config, std::move(message)}; }
inline Error retryable(std::string message) { return {ErrorKind::Retryable, std::move(message)}; }
inline Error fatal(std::string message) { return {ErrorKind::Fatal, std::move(message)}; }

// REQUIRES: value() and operator* only when ok(); error() only when not.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

// Stops the program with a message: a bug of ours. Active in release builds too, since it guards
// positions, counts and commits.
[[noreturn]] inline void assertion_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr, "clearwell: internal error at %s:%d: %s\n", file, line, what);
  std::abort();
}

}  // namespace clearwell

#define CW_ASSERT(condition) \
  ((condition) ? void(0) : ::clearwell::assertion_failed(#condition, __FILE__, __LINE__))

#define CW_CONCAT_INNER(a, b) a##b
#define CW_CONCAT(a, b) CW_CONCAT_INNER(a, b)

// Returns the error of `expression` (a Result) from the enclosing function, if there is one.
#define CW_TRY(expression)                                    \
  do {                                                        \
    auto cw_result = (expression);                            \
    if (!cw_result.ok()) return std::move(cw_result).error(); \
  } while (false)

// CW_ASSIGN(auto rows, connection.query(sql)); declares rows, or returns the error.
#define CW_ASSIGN(declaration, expression)                     \
  auto CW_CONCAT(cw_result_, __LINE__) = (expression);         \
  if (!CW_CONCAT(cw_result_, __LINE__).ok())                   \
    return std::move(CW_CONCAT(cw_result_, __LINE__)).error(); \
  declaration = std::move(CW_CONCAT(cw_result_, __LINE__)).value()
