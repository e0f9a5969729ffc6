// Shop: what happens in it, event after event, and in which order its messages arrive.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "random.h"

namespace orders {

struct Options {
  uint64_t seed = 1;
  int64_t events = 1000;  // good ones, without repeats
  int partitions = 6;
  double disorder = 0.2;  // share of events that are sent long after they happened
  double repeats = 0.05;  // share of events that are sent again
  double broken = 0.01;   // share of messages that are sent broken, beside the good events
  int64_t window = 500;   // how many events later a late one may be sent, at most
  int64_t start = 0;      // of the first event, seconds since 1970
};

struct Message {
  int partition = 0;
  std::optional<std::string> value;  // none: a tombstone
  bool good = true;                  // it must end in the tables, else in quarantine
};

class Shop {
 public:
  explicit Shop(const Options& options);
  // The next message, none after the last.
  std::optional<Message> next();

 private:
  struct Order {
    std::string id;
    bool accepted = false;
  };
  void happen();
  void send(const std::string& type, const std::string& aggregate, const std::string& data);
  void send_broken();
  void progress();

  Options options_;
  simulators::Random life_, late_, again_, bad_, place_;
  std::multimap<int64_t, Message> waiting_;  // by when they are sent
  int64_t happened_ = 0;
  int64_t seconds_;
  std::vector<std::string> customers_;
  std::vector<Order> open_;
};

// "2019-12-21 09:51:10 -0300", as the services write it; `seconds` since 1970.
std::string written(int64_t seconds);

}  // namespace orders
