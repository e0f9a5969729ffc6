// Purchases, valid and broken: what happened in the shop, and the five ways in which its tills get
// it wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalogue.h"
#include "random.h"

namespace retail {

enum class Fault {
  None,
  UnknownUser,       // user_id is a random UUID
  Words,             // cart is a list of 0 to 10 words
  EmptyCart,         // cart is []
  UnknownArticle,    // one item's article_id is a random UUID
  NegativeQuantity,  // one item's quantity is -30 to -4
};
inline constexpr int fault_count = 5;
std::string_view name_of(Fault fault);

struct Item {
  std::string article_id;
  int64_t quantity = 1;
};

struct Purchase {
  std::string id;
  int64_t timestamp = 0;  // microseconds since 1970
  std::string user_id;
  std::vector<Item> cart;
  std::vector<std::string_view> words;  // Fault::Words: stands in the cart's place
  Fault fault = Fault::None;
  std::vector<std::string> reasons;  // why it is rejected for ever: "code@path"; empty: it is not
  std::vector<std::string> missing;  // "reference.missing@path" while late parents are not there
};

// Appends the purchase as its till writes it; the cart's words are written when its fault says so.
void append_json(const Purchase& purchase, std::string& out);

// "2024-05-01T12:30:00.250000", without the fraction when that is zero.
void append_timestamp(int64_t micros, std::string& out);

// Everything a purchase may name. Late entries are named by valid purchases only: what is wrong
// with a broken one then never depends on what has arrived.
class Shelf {
 public:
  void add(const Entry& entry);
  const Entry& any(double share) const { return entries_[index(share, entries_.size())]; }
  const Entry& on_time(double share) const {
    return entries_[on_time_[index(share, on_time_.size())]];
  }
  bool ready() const { return !on_time_.empty(); }

 private:
  static size_t index(double share, size_t size) {
    return static_cast<size_t>(share * static_cast<double>(size));
  }
  std::vector<Entry> entries_;  // without their json
  std::vector<size_t> on_time_;
};

// Makes purchases. Each has a valid form; the one that its till really sends may be a broken one.
class Till {
 public:
  // invalid: share of purchases that are sent broken; the five faults take turns.
  Till(uint64_t seed, double invalid, const Shelf& users, const Shelf& articles);

  // REQUIRES: both shelves are ready().
  Purchase valid(int64_t timestamp, Fault planned);
  // What is wrong with the next purchase: often nothing.
  Fault next_fault();
  // The same purchase with the fault, and with the reasons it must be rejected for.
  Purchase broken(Purchase purchase, Fault fault);

 private:
  void break_words(Purchase& purchase);

  Random random_, faults_;
  double invalid_;
  int turn_ = 0;
  const Shelf& users_;
  const Shelf& articles_;
};

}  // namespace retail
