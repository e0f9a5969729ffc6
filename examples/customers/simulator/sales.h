// Sales as the customers example reads them: lines of CSV in the order of their days, from
// 2011-01-11 on for 603 days, 1 to 3 products a visit, some customers on the next day again, some
// lines twice.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "random.h"

namespace customers {

inline constexpr const char* header =
    "transactionId|custId|transactionDate|productSold|unitsSold\n";

struct Options {
  int64_t rows = 13'355;
  int64_t customers = 0;  // 0: one for every 15 rows
  double invalid = 0;     // share of broken lines: five faults in turn
  uint64_t seed = 1;
};

class Sales {
 public:
  explicit Sales(const Options& options);

  // Appends some lines (at least one, of one day). False: there are no more.
  bool append(std::string& out);

  // A broken line: its number in the file (the header is 1), and the reason it must get.
  struct Broken {
    int64_t line;
    const char* code;
  };
  // Those of the lines appended since the last call.
  std::vector<Broken> take_broken() { return std::move(broken_); }

 private:
  void begin_day();
  void visit(std::string& out);
  void add_line(std::string& out, const std::string& customer);
  const char* add_broken(std::string& out, const std::string& customer);
  void add_units(std::string& out);

  const Options options_;
  simulators::Random random_, faults_;
  int64_t written_ = 0, due_ = 0;  // lines: so far, and by the end of this day
  int64_t day_ = -1;
  std::string date_, compact_;             // "2011-01-11", "20110111"
  std::string last_;                       // the line before
  std::vector<int64_t> again_, tomorrow_;  // customers who come on two days in a row
  size_t next_fault_ = 0;
  std::vector<Broken> broken_;
};

}  // namespace customers
