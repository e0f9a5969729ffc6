#include "purchases.h"

#include <array>

#include <fmt/format.h>

namespace retail {
namespace {

constexpr std::array<std::string_view, 24> vocabulary{
    "also",  "board", "choice", "decide", "eight", "figure", "ground", "heart",
    "issue", "join",  "keep",   "letter", "movie", "note",   "order",  "peace",
    "quite", "range", "season", "tree",   "usual", "voice",  "water",  "young"};

void append_number(int64_t value, int width, std::string& out) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value > 0);
  for (int i = count; i < width; ++i) out.push_back('0');
  while (count > 0) out.push_back(digits[--count]);
}

struct Date {
  int64_t year, month, day;
};

// Days since 1970 → civil date (proleptic Gregorian; years begin in March while counting).
Date date_of(int64_t days) {
  const int64_t shifted = days + 719468, era = shifted / 146097, of_era = shifted % 146097;
  const int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const int64_t day = of_era - (365 * year + year / 4 - year / 100);
  const int64_t month = (5 * day + 2) / 153;
  const bool next_year = month >= 10;
  return {year + era * 400 + (next_year ? 1 : 0), next_year ? month - 9 : month + 3,
          day - (153 * month + 2) / 5 + 1};
}

}  // namespace

std::string_view name_of(Fault fault) {
  static constexpr std::array<std::string_view, fault_count + 1> names{
      "none", "unknown_user", "words", "empty_cart", "unknown_article", "negative_quantity"};
  return names[static_cast<size_t>(fault)];
}

void append_timestamp(int64_t micros, std::string& out) {
  const int64_t seconds = micros / 1'000'000, fraction = micros % 1'000'000;
  const Date date = date_of(seconds / 86400);
  const int64_t of_day = seconds % 86400;
  append_number(date.year, 4, out);
  out.push_back('-');
  append_number(date.month, 2, out);
  out.push_back('-');
  append_number(date.day, 2, out);
  out.push_back('T');
  append_number(of_day / 3600, 2, out);
  out.push_back(':');
  append_number(of_day / 60 % 60, 2, out);
  out.push_back(':');
  append_number(of_day % 60, 2, out);
  if (fraction == 0) return;
  out.push_back('.');
  append_number(fraction, 6, out);
}

void append_json(const Purchase& purchase, std::string& out) {
  out.append(R"({"id_": ")").append(purchase.id).append(R"(", "timestamp": ")");
  append_timestamp(purchase.timestamp, out);
  out.append(R"(", "user_id": ")").append(purchase.user_id).append(R"(", "cart": [)");
  bool first = true;
  for (std::string_view word : purchase.words) {
    out.append(first ? "\"" : ", \"").append(word).append("\"");
    first = false;
  }
  for (const Item& item : purchase.cart) {
    out.append(first ? "" : ", ").append(R"({"article_id": ")").append(item.article_id);
    out.append(R"(", "quantity": )");
    if (item.quantity < 0) out.push_back('-');
    append_number(item.quantity < 0 ? -item.quantity : item.quantity, 1, out);
    out.push_back('}');
    first = false;
  }
  out.append("]}");
}

void Shelf::add(const Entry& entry) {
  if (!entry.late) on_time_.push_back(entries_.size());
  entries_.push_back({entry.id, {}, entry.late});
}

Till::Till(uint64_t seed, double invalid, const Shelf& users, const Shelf& articles)
    : random_(seed, "purchases"),
      faults_(seed, "faults"),
      invalid_(invalid),
      users_(users),
      articles_(articles) {}

Fault Till::next_fault() {
  if (!faults_.chance(invalid_)) return Fault::None;
  turn_ = turn_ % fault_count + 1;
  return static_cast<Fault>(turn_);
}

Purchase Till::valid(int64_t timestamp, Fault planned) {
  const bool late_allowed = planned == Fault::None;
  Purchase purchase;
  purchase.id = random_.uuid();
  purchase.timestamp = timestamp;
  const double user_share = random_.share();
  const Entry& user = late_allowed ? users_.any(user_share) : users_.on_time(user_share);
  purchase.user_id = user.id;
  if (user.late) purchase.missing.emplace_back("reference.missing@user_id");
  const int64_t items = random_.between(1, 4);
  for (int64_t i = 0; i < items; ++i) {
    const double share = random_.share();
    const double popular = share * (0.3 + 0.7 * share);  // the first articles sell best
    const Entry& article = late_allowed ? articles_.any(popular) : articles_.on_time(popular);
    purchase.cart.push_back({article.id, random_.between(1, 5)});
    if (!article.late) continue;
    purchase.missing.push_back(fmt::format("reference.missing@cart[{}].article_id", i));
  }
  return purchase;
}

void Till::break_words(Purchase& purchase) {
  purchase.cart.clear();
  const int64_t count = faults_.between(0, 10);
  for (int64_t i = 0; i < count; ++i) {
    purchase.words.push_back(faults_.pick(vocabulary));
    purchase.reasons.push_back(fmt::format("field.type@cart[{}]", i));
  }
  if (count == 0) purchase.reasons.emplace_back("field.min_items@cart");
}

Purchase Till::broken(Purchase purchase, Fault fault) {
  purchase.fault = fault;
  const size_t at = purchase.cart.empty() ? 0 : faults_.below(purchase.cart.size());
  switch (fault) {
    case Fault::None:
      break;
    case Fault::UnknownUser:
      purchase.user_id = faults_.uuid();
      purchase.reasons.emplace_back("reference.missing@user_id");
      break;
    case Fault::Words:
      break_words(purchase);
      break;
    case Fault::EmptyCart:
      purchase.cart.clear();
      purchase.reasons.emplace_back("field.min_items@cart");
      break;
    case Fault::UnknownArticle:
      purchase.cart[at].article_id = faults_.uuid();
      purchase.reasons.push_back(fmt::format("reference.missing@cart[{}].article_id", at));
      break;
    case Fault::NegativeQuantity:
      purchase.cart[at].quantity = faults_.between(-30, -4);
      purchase.reasons.push_back(fmt::format("field.min@cart[{}].quantity", at));
      break;
  }
  return purchase;
}

}  // namespace retail
