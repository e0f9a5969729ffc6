#include "shop.h"

#include <array>
#include <ctime>

#include <fmt/format.h>

namespace orders {
namespace {

constexpr int64_t zone = -3 * 3600;  // that the services write their times in

const std::array<const char*, 6> names = {"Ada Lind",           "Bo Holm",      "Çelik Ünal",
                                          "Dora \\\"D\\\" Vik", "\u5F20\u4F1F", "O'Neil"};
const std::array<const char*, 6> products = {"Kettle",       "Pan",   "Tea cup, blue",
                                             "Lamp \\u00e9", "Chair", "Rug 2x3"};

std::string event(const std::string& id, const std::string& type, const std::string& time,
                  const std::string& aggregate, const std::string& data) {
  return fmt::format(
      R"({{"id": "{}", "type": "{}", "timestamp": "{}", "aggregate_id": "{}", "data": {}}})", id,
      type, time, aggregate, data);
}

}  // namespace

std::string written(int64_t seconds) {
  const std::time_t local = seconds + zone;
  std::tm parts{};
  gmtime_r(&local, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S -0300", &parts);
  return text.data();
}

Shop::Shop(const Options& options)
    : options_(options),
      life_(options.seed, "life"),
      late_(options.seed, "late"),
      again_(options.seed, "again"),
      bad_(options.seed, "broken"),
      place_(options.seed, "place"),
      seconds_(options.start) {}

std::optional<Message> Shop::next() {
  while (happened_ < options_.events &&
         (waiting_.empty() || waiting_.begin()->first >= happened_)) {
    happen();
  }
  if (waiting_.empty()) return std::nullopt;
  Message message = std::move(waiting_.begin()->second);
  waiting_.erase(waiting_.begin());
  message.partition = static_cast<int>(place_.below(static_cast<uint64_t>(options_.partitions)));
  return message;
}

// Every fifth event shares its second with the one before.
void Shop::happen() {
  if (!life_.chance(0.2)) seconds_ += life_.between(1, 20);
  const double what = life_.share();
  if (customers_.empty() || what < 0.15) {
    customers_.push_back(life_.uuid());
    send("customer_registered", customers_.back(),
         fmt::format(R"({{"name": "{}", "birthdate": "19{:02}-0{}-1{}"}})", life_.pick(names),
                     life_.below(99), 1 + life_.below(9), life_.below(10)));
  } else if (open_.empty() || what < 0.5) {
    open_.push_back({life_.uuid()});
    send("product_ordered", open_.back().id,
         fmt::format(R"({{"customer_id": "{}", "name": "{}"}})", life_.pick(customers_),
                     life_.pick(products)));
  } else {
    progress();
  }
  while (bad_.chance(options_.broken)) send_broken();
}

void Shop::progress() {
  const size_t at = life_.below(open_.size());
  Order& order = open_[at];
  const char* data = life_.chance(0.5) ? "{}" : "null";
  if (!order.accepted && !life_.chance(0.15)) {
    order.accepted = true;
    return send("order_accepted", order.id, data);
  }
  const bool fulfilled = order.accepted && !life_.chance(0.1);
  send(fulfilled ? "order_fulfilled" : "order_cancelled", order.id, data);
  open_[at] = open_.back();
  open_.pop_back();
}

void Shop::send(const std::string& type, const std::string& aggregate, const std::string& data) {
  Message message;
  message.value = event(life_.uuid(), type, written(seconds_), aggregate, data);
  const int64_t late = late_.chance(options_.disorder) ? late_.between(1, options_.window) : 0;
  if (again_.chance(options_.repeats)) {
    waiting_.emplace(happened_ + late + again_.between(0, options_.window), message);
  }
  waiting_.emplace(happened_ + late, std::move(message));
  ++happened_;
}

void Shop::send_broken() {
  const std::string id = bad_.uuid(), time = written(seconds_);
  const std::string good = event(id, "order_accepted", time, bad_.uuid(), "{}");
  const std::array<std::string, 9> all = {
      good.substr(0, good.size() / 2),
      "no JSON",
      "",
      event(id, "order_lost", time, bad_.uuid(), "{}"),
      event(id + "x", "order_accepted", time, bad_.uuid(), "{}"),
      event(id, "order_accepted", "yesterday", bad_.uuid(), "{}"),
      event(id, "customer_registered", time, bad_.uuid(),
            R"({"name": "Nobody", "birthdate": "1990-02-30"})"),
      event(id, "customer_registered", time, bad_.uuid(), "{}"),
      // Of a customer who never registers.
      event(id, "product_ordered", time, bad_.uuid(),
            R"({"customer_id": "nobody", "name": "Kettle"})"),
  };
  Message message;
  message.good = false;
  if (!bad_.chance(0.1)) message.value = bad_.pick(all);
  waiting_.emplace(happened_, std::move(message));
}

}  // namespace orders
