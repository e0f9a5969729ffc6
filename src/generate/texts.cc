#include "generate/texts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "generate/clock_text.h"

namespace clearwell::generate {
namespace {

using batch::Int128;
using config::Field;
using config::FieldType;

constexpr int64_t day_micros = 86'400'000'000;
// Usual times lie in 2022 and 2023, so that no check against the present calls them future.
constexpr int64_t usual_from = 1'640'995'200'000'000, usual_to = 1'703'980'799'000'000;
constexpr int64_t first_micros = -62'135'596'800'000'000, last_micros = 253'402'300'799'999'999;
constexpr int64_t longest_drawn = 2000;

std::string words(int64_t least, int64_t most, Draw draw, Random& random) {
  static const std::vector<std::string> plain = {"harbour", "mill",  "copper", "linen", "field",
                                                 "seven",   "amber", "north",  "river", "stone"};
  static const std::vector<std::string> odd = {"\"quoted\"", "back\\slash", "l'été",     "Łódź",
                                               "日本語",     "line\nbreak", "tab\there", "emoji 🚰",
                                               "; DROP x--", "שלום",        "%s{}",      "null"};
  const int64_t usual_most = std::min(most, std::max<int64_t>(least, 30));
  int64_t wanted = random.between(least, usual_most);
  if (draw == Draw::Edge) {
    wanted = random.chance(0.5) ? least : std::min(most, std::max(least, longest_drawn));
    if (random.chance(0.5)) wanted = random.between(least, usual_most);
  }
  std::string out;
  int64_t length = 0;
  while (length < wanted) {
    std::string word = random.pick(draw == Draw::Edge ? odd : plain);
    if (!out.empty()) word.insert(0, " ");
    for (size_t at = 0; at < word.size() && length < wanted; ++length) {
      size_t end = at + 1;
      while (end < word.size() && (static_cast<unsigned char>(word[end]) & 0xC0) == 0x80) ++end;
      out += word.substr(at, end - at);
      at = end;
    }
  }
  // White space at an end may be cleaned away.
  if (!out.empty() && out.back() <= ' ' && out.back() > 0) out.back() = 'x';
  return out;
}

std::string text_value(const Rules& rules, const Pattern* pattern, Draw draw, int attempt,
                       Random& random) {
  const Field& field = *rules.field;
  const int64_t least = field.min_length.value_or(field.empty_is_null || !field.min_length ? 1 : 0);
  const int64_t most = field.max_length.value_or(std::max<int64_t>(least, longest_drawn));
  if (pattern == nullptr) {
    const bool empty = draw == Draw::Edge && !field.min_length && !field.empty_is_null;
    if (empty && random.chance(0.1)) return "";
    return words(std::min(least, most), most, draw, random);
  }
  const int64_t stretch = std::min<int64_t>(std::max<int64_t>(8, least), 3 + attempt * 2);
  return pattern->sample(random, static_cast<int>(stretch));
}

Int128 power(int exponent) {
  Int128 out = 1;
  for (int i = 0; i < exponent; ++i) out *= 10;
  return out;
}

Int128 wide_between(Int128 low, Int128 high, Random& random) {
  const batch::UInt128 width =
      static_cast<batch::UInt128>(high) - static_cast<batch::UInt128>(low) + 1;
  const batch::UInt128 drawn =
      static_cast<batch::UInt128>(random.next()) << 64 | static_cast<batch::UInt128>(random.next());
  return low + static_cast<Int128>(width == 0 ? drawn : drawn % width);
}

struct WideRange {
  Int128 low, high;
};

// The range of an Integer or Decimal; usual draws stay within a million units of one end, or of
// zero.
Int128 whole(const Rules& rules, WideRange type, Draw draw, Random& random) {
  const bool integer = rules.field->type == FieldType::Integer;
  const auto wide = [&](const batch::Scalar& s) { return integer ? Int128{s.integer} : s.wide; };
  const Int128 low = rules.min ? wide(*rules.min) : type.low;
  const Int128 high = rules.max ? wide(*rules.max) : type.high;
  if (draw == Draw::Edge) {
    static const std::vector<Int128> beside = {0, 1};
    const Int128 step = random.pick(beside);
    const bool at_low = random.chance(0.5);
    return std::clamp(at_low ? low + step : high - step, low, high);
  }
  const Int128 near = 1'000'000;
  if (rules.min) return wide_between(low, high - low > near ? low + near : high, random);
  if (rules.max) return wide_between(high - low > near ? high - near : low, high, random);
  return wide_between(std::max<Int128>(low, 0), std::min(high, near), random);
}

std::string integer_text(const Rules& rules, Draw draw, Random& random) {
  const WideRange type{std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()};
  return std::to_string(static_cast<int64_t>(whole(rules, type, draw, random)));
}

std::string decimal_value(const Rules& rules, Draw draw, Random& random) {
  const Int128 most = power(rules.field->precision) - 1;
  const Int128 value = whole(rules, {-most, most}, draw, random);
  return batch::decimal_text(value, rules.field->scale);
}

std::string double_value(const Rules& rules, Draw draw, Random& random) {
  const double low = rules.min ? rules.min->real : (rules.max ? rules.max->real - 1e6 : 0);
  const double high = rules.max ? rules.max->real : low + 1e6;
  if (draw == Draw::Edge && random.chance(0.5)) {
    if (rules.min && random.chance(0.5)) return batch::double_text(low);
    if (rules.max) return batch::double_text(high);
    static const std::vector<std::string> odd = {"0.0", "-0.0", "1e300", "5e-324", "1E+2"};
    return random.pick(odd);
  }
  return batch::double_text(std::round((low + random.real() * (high - low)) * 100) / 100);
}

int64_t time_value(const Rules& rules, Draw draw, Random& random) {
  const bool date = rules.field->type == FieldType::Date;
  const int64_t unit = date ? day_micros : 1;
  const int64_t type_low = date ? first_micros / unit : first_micros;
  const int64_t type_high = date ? last_micros / unit : last_micros;
  const int64_t low = rules.min ? rules.min->integer : type_low;
  const int64_t high = rules.max ? rules.max->integer : type_high;
  if (draw == Draw::Edge) {
    if (random.chance(0.5)) return random.chance(0.5) ? low : high;
    // Leap days, ends of years, and hours at which clocks change.
    static const std::vector<int64_t> odd = {
        951'782'400,   1'709'164'800, 1'672'531'199, 1'679'794'200,
        1'698'541'200, 1'678'588'200, 1'699'146'000, 0};
    return std::clamp(random.pick(odd) * 1'000'000 / unit, low, high);
  }
  int64_t from = usual_from / unit, to = usual_to / unit;
  const int64_t year = 365 * (day_micros / unit);
  if (low > from) to = std::min(high, low > high - year ? high : low + year);
  if (high < to) from = std::max(low, high < low + year ? low : high - year);
  from = std::clamp(from, low, high);
  to = std::clamp(to, from, high);
  const int64_t drawn = random.between(from, to);
  // Mostly whole seconds or milliseconds.
  const int64_t round = random.chance(0.5) ? 1'000'000 : 1000;
  return date ? drawn : std::max(low, drawn - ((drawn % round) + round) % round);
}

std::string uuid_value(Draw draw, Random& random) {
  const uint64_t upper = (random.next() & ~0xF000ULL) | 0x4000ULL;
  const uint64_t lower = (random.next() & ~(3ULL << 62)) | (2ULL << 62);
  std::string out =
      fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", upper >> 32, upper >> 16 & 0xFFFF,
                  upper & 0xFFFF, lower >> 48, lower & 0xFFFFFFFFFFFFULL);
  if (draw == Draw::Usual) return out;
  if (random.chance(0.5)) std::erase(out, '-');
  if (random.chance(0.5)) {
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    });
  }
  return out;
}

std::string json_value(Random& random) {
  static const std::vector<std::string> values = {
      R"({"a": [1, 2, {"b": null}]})",  R"([])",   R"({})",     R"("text")",
      R"({"n": 12345678901234567890})", R"(-0.5)", R"([true])", R"({"é": "\u00e9"})"};
  return random.pick(values);
}

}  // namespace

std::string time_text(const Rules& rules, int64_t micros, Random& random) {
  const Field& field = *rules.field;
  if (!field.parse.empty()) {
    return formatted_time(random.pick(field.parse), field, micros, random);
  }
  return iso_time(field, micros, random);
}

std::string draw_text(const Rules& rules, const Pattern* pattern, Draw draw, int attempt,
                      Random& random) {
  const Field& field = *rules.field;
  if (!field.examples.empty()) return random.pick(field.examples);
  if (!field.values.empty()) return random.pick(field.values);
  switch (field.type) {
    case FieldType::Integer:
      return integer_text(rules, draw, random);
    case FieldType::Decimal:
      return decimal_value(rules, draw, random);
    case FieldType::Double:
      return double_value(rules, draw, random);
    case FieldType::Boolean:
      return random.chance(0.5) ? "true" : "false";
    case FieldType::Date:
      return time_text(rules, time_value(rules, draw, random) * day_micros, random);
    case FieldType::Timestamp:
    case FieldType::LocalTimestamp:
      return time_text(rules, time_value(rules, draw, random), random);
    case FieldType::Uuid:
      return uuid_value(draw, random);
    case FieldType::Json:
      return json_value(random);
    default:
      return text_value(rules, pattern, draw, attempt, random);
  }
}

std::optional<std::string> shifted(const Rules& rules, const batch::Scalar& value, int64_t steps,
                                   Random& random) {
  const Field& field = *rules.field;
  switch (field.type) {
    case FieldType::Integer: {
      const Int128 moved = Int128{value.integer} + steps;
      if (moved < INT64_MIN || moved > INT64_MAX) return std::nullopt;
      return std::to_string(static_cast<int64_t>(moved));
    }
    case FieldType::Decimal: {
      const Int128 moved = value.wide + steps, most = power(field.precision) - 1;
      if (moved < -most || moved > most) return std::nullopt;
      return batch::decimal_text(moved, field.scale);
    }
    case FieldType::Double: {
      const double moved =
          value.real + static_cast<double>(steps) * std::max(1.0, std::abs(value.real) / 8);
      if (!std::isfinite(moved)) return std::nullopt;
      return batch::double_text(moved);
    }
    case FieldType::Date:
    case FieldType::Timestamp:
    case FieldType::LocalTimestamp: {
      const bool date = field.type == FieldType::Date;
      const Int128 moved = date ? (Int128{value.integer} + steps) * day_micros
                                : Int128{value.integer} + steps * Int128{1'000'000};
      if (moved < first_micros || moved > last_micros) return std::nullopt;
      return time_text(rules, static_cast<int64_t>(moved), random);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace clearwell::generate
