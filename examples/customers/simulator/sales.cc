#include "sales.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace customers {
namespace {

constexpr int64_t days = 603;
constexpr int64_t rows_a_customer = 15;
constexpr int64_t most_units = 293;
constexpr double comes_again = 0.02, is_repeated = 0.003;

constexpr std::array<const char*, 12> products = {"DETA100", "DETA200", "DETA800", "PURA100",
                                                  "PURA200", "PURA250", "PURA500", "SUPA101",
                                                  "SUPA102", "SUPA103", "SUPA104", "SUPA105"};

std::string date_of(int64_t day) {
  namespace chrono = std::chrono;
  const chrono::sys_days first = chrono::year(2011) / 1 / 11;
  const chrono::year_month_day date(first + chrono::days(day));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

Options completed(Options options) {
  if (options.customers == 0) {
    options.customers = std::max<int64_t>(1, options.rows / rows_a_customer);
  }
  return options;
}

}  // namespace

Sales::Sales(const Options& options)
    : options_(completed(options)),
      random_(options.seed, "sales"),
      faults_(options.seed, "faults") {}

void Sales::begin_day() {
  ++day_;
  date_ = date_of(day_);
  compact_ = date_;
  std::erase(compact_, '-');
  due_ = options_.rows * (day_ + 1) / days;
  again_ = std::move(tomorrow_);
  tomorrow_.clear();
}

bool Sales::append(std::string& out) {
  if (written_ == options_.rows) return false;
  while (written_ >= due_) begin_day();
  visit(out);
  return true;
}

void Sales::visit(std::string& out) {
  int64_t customer = 0;
  if (again_.empty()) {
    customer = random_.between(1, options_.customers);
  } else {
    customer = again_.back();
    again_.pop_back();
  }
  if (random_.chance(comes_again)) tomorrow_.push_back(customer);
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), customer).ptr;
  const auto length = static_cast<size_t>(end - digits.data());
  std::string name(length < 7 ? 7 - length : 0, '0');
  name.append(digits.data(), length);
  const auto lines = random_.between(1, 3);
  for (int64_t i = 0; i < lines && written_ < due_; ++i) add_line(out, name);
}

void Sales::add_line(std::string& out, const std::string& customer) {
  ++written_;
  if (options_.invalid > 0 && faults_.chance(options_.invalid)) {
    broken_.push_back({written_ + 1, add_broken(out, customer)});
    return;
  }
  if (!last_.empty() && random_.chance(is_repeated)) {
    out += last_;
    return;
  }
  const size_t begin = out.size();
  out.append(compact_).append("-").append(customer).append("|").append(customer).append("|");
  out.append(date_).append("|").append(random_.pick(products)).append("|");
  add_units(out);
  last_.assign(out, begin);
}

void Sales::add_units(std::string& out) {
  std::array<char, 20> digits{};
  const int64_t units = random_.between(1, most_units);
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), units).ptr;
  out.append(digits.data(), end).push_back('\n');
}

const char* Sales::add_broken(std::string& out, const std::string& customer) {
  const std::string start = compact_ + "-" + customer + "|" + customer + "|";
  const std::string product = products[faults_.below(products.size())];
  switch (next_fault_++ % 5) {
    case 0:
      out += start + "2012-02-30|" + product + "|900\n";
      return "field.format";
    case 1:
      out += start + date_ + "|" + product + "|-1\n";
      return "field.min";
    case 2:
      out += start + date_ + "|" + product + "|1.5\n";
      return "field.type";
    case 3:
      out += start + date_ + "|" + product + "\n";
      return "csv.columns";
    default:
      out += start + date_ + "|\"" + product + "|900\n";
      return "csv.unclosed_quote";
  }
}

}  // namespace customers
