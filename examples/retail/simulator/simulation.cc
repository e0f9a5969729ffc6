#include "simulation.h"

#include <algorithm>
#include <array>
#include <limits>
#include <thread>

#include <fmt/format.h>

#include "damage.h"

namespace retail {
namespace {

constexpr int64_t day = int64_t{86400} * 1'000'000;

// Share of a day's purchases made before each hour: the shop sleeps at night and is full at noon
// and in the evening.
int64_t time_of_day(double share) {
  static constexpr std::array<double, 24> weights{1,  1, 1, 1, 1, 2, 4,  6,  7,  7, 8, 10,
                                                  11, 9, 8, 8, 8, 9, 11, 12, 10, 7, 4, 2};
  static constexpr double total = [] {
    double sum = 0;
    for (double weight : weights) sum += weight;
    return sum;
  }();
  double rest = share * total;
  size_t hour = 0;
  while (hour < 23 && rest >= weights[hour]) rest -= weights[hour++];
  const double hours = static_cast<double>(hour) + std::min(rest / weights[hour], 0.999999);
  return static_cast<int64_t>(hours * 3600e6);
}

int64_t clock_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace

Simulation::Simulation(const Options& options, Sink& sink, Manifest& manifest)
    : options_(options),
      sink_(sink),
      manifest_(manifest),
      masters_(options.seed, "masters"),
      twists_(options.seed, "twists"),
      times_(options.seed, "times"),
      damages_(options.seed, "damages"),
      delays_(options.seed, "delays"),
      till_(options.seed, options.invalid, users_, articles_) {}

void Simulation::run(const std::atomic<bool>& stop) {
  began_ = Steady::now();
  const bool endless = options_.purchases == 0;
  const int64_t last = endless ? std::numeric_limits<int64_t>::max() : options_.purchases;
  int64_t started = 0;
  for (number_ = 0; number_ < last && !stop; ++number_) {
    while (started < options_.starts &&
           number_ >= started * (options_.purchases / options_.starts)) {
      start_producers();
      ++started;
    }
    sell(number_);
    deliver_due(number_);
    keep_pace(number_, stop);
  }
  // What is still due keeps its time, too.
  for (; options_.rate > 0 && !due_.empty() && !stop; ++number_) {
    deliver_due(number_);
    keep_pace(number_, stop);
  }
  deliver_due(std::numeric_limits<int64_t>::max());
  for (const Delivery& delivery : phase_2_) deliver(delivery);
  sink_.flush();
  manifest_.finish();
}

// ---- users and articles ---------------------------------------------------

void Simulation::start_producers() {
  // The first of each is never late, so that there is always something to sell.
  for (int64_t i = 0; i < options_.users; ++i) {
    Entry user = make_user(masters_);
    user.late = twists_.chance(options_.late) && i > 0;
    users_.add(user);
    add_entry(Kind::Users, std::move(user));
  }
  for (int64_t i = 0; i < options_.articles; ++i) {
    Entry article = make_article(masters_);
    article.late = twists_.chance(options_.late) && i > 0;
    articles_.add(article);
    add_entry(Kind::Articles, std::move(article));
  }
}

void Simulation::add_entry(Kind kind, Entry entry) {
  Delivery first;
  first.kind = kind;
  first.id = first.name = entry.id;
  first.bytes = std::move(entry.json);
  Delivery again = first;
  again.how = How::Again;
  again.name = delays_.uuid();
  again.fate = Fate::Duplicate;
  const bool repeat = twists_.chance(options_.duplicates);
  if (entry.late) {
    deliver_in_phase_2(std::move(first), 1 + 9 * delays_.share());
    if (repeat) deliver_in_phase_2(std::move(again), 11);
    return;
  }
  deliver(first);
  if (repeat) deliver_soon(std::move(again));
}

// ---- purchases ------------------------------------------------------------

void Simulation::sell(int64_t number) {
  const Fault fault = till_.next_fault();
  const Purchase valid = till_.valid(timestamp_of(number), fault);
  const Purchase sent = till_.broken(valid, fault);
  Delivery first = delivery_of(sent);
  judge(first, sent, false);

  // At most one thing happens to a purchase on its way.
  double dice = twists_.share();
  const auto falls = [&dice](double share) {
    const bool hit = dice >= 0 && dice < share;
    dice -= share;
    return hit;
  };
  if (falls(options_.duplicates)) return send_again(std::move(first), sent);
  if (falls(options_.lines ? 0 : options_.half_written)) return send_half(std::move(first), sent);
  if (fault != Fault::None && falls(options_.repaired)) {
    return send_broken_then_repaired(std::move(first), valid);
  }
  if (fault == Fault::None && falls(options_.conflicts)) {
    return send_conflict(first, valid);
  }
  if (fault == Fault::None && falls(options_.damaged)) return send_damaged(std::move(first));
  deliver(first);
}

void Simulation::send_again(Delivery first, const Purchase& purchase) {
  Delivery again = first;
  if (options_.lines || delays_.chance(0.5)) {
    again.how = How::Again;
    again.name = delays_.uuid();
    judge(again, purchase, true);
    deliver(first);
    return deliver_soon(std::move(again));
  }
  // Who reads only after both writings sees one file; who follows has read the first.
  const bool one = options_.phases == Phases::Both && options_.rate <= 0;
  again.how = How::Rewritten;
  judge(again, purchase, !one);
  if (one) {
    first.fate = Fate::Replaced;
    first.reasons.clear();
  }
  deliver(first);
  deliver_in_phase_2(std::move(again), 1);
}

void Simulation::send_half(Delivery first, const Purchase& purchase) {
  Delivery whole = first;
  whole.how = How::Whole;
  judge(whole, purchase, false);
  first.how = How::Half;
  first.bytes.resize(first.bytes.size() / 2);
  const bool both = options_.phases == Phases::Both;
  first.fate = both ? Fate::Replaced : Fate::Quarantined;
  first.reasons.clear();
  if (!both) first.reasons.emplace_back("json.incomplete");
  // The half is done with once its file has been read whole and accepted.
  first.resolved = options_.phases == Phases::Second && whole.fate == Fate::Loaded;
  deliver(first);
  deliver_in_phase_2(std::move(whole), 0.3);
}

void Simulation::send_broken_then_repaired(Delivery first, const Purchase& valid) {
  Delivery repaired = delivery_of(valid);
  repaired.how = How::Repaired;
  repaired.name = delays_.uuid();
  judge(repaired, valid, false);
  first.resolved = true;
  deliver(first);
  deliver_soon(std::move(repaired));
}

void Simulation::send_conflict(const Delivery& first, Purchase purchase) {
  deliver(first);
  purchase.timestamp += 37'000'000;
  Delivery conflict = delivery_of(purchase);
  conflict.how = How::Conflict;
  conflict.name = delays_.uuid();
  judge(conflict, purchase, false);
  if (conflict.fate == Fate::Loaded) {
    conflict.fate = Fate::Quarantined;
    conflict.reasons = {"key.conflict"};
  }
  deliver_soon(std::move(conflict));
}

void Simulation::send_damaged(Delivery first) {
  Damaged damaged = damage(first.bytes, damages_);
  first.bytes = std::move(damaged.bytes);
  first.fault = damaged.what;
  first.fate = Fate::Quarantined;
  first.reasons = {std::string(damaged.reason)};
  deliver(first);
}

Delivery Simulation::delivery_of(const Purchase& purchase) const {
  Delivery delivery;
  delivery.id = delivery.name = purchase.id;
  delivery.fault = name_of(purchase.fault);
  append_json(purchase, delivery.bytes);
  return delivery;
}

// What becomes of a delivery of this purchase; known: the same content was delivered before.
void Simulation::judge(Delivery& delivery, const Purchase& purchase, bool known) const {
  delivery.reasons = purchase.reasons;
  if (purchase.reasons.empty() && options_.phases == Phases::First) {
    delivery.reasons = purchase.missing;
  }
  std::sort(delivery.reasons.begin(), delivery.reasons.end());
  delivery.fate = !delivery.reasons.empty() ? Fate::Quarantined
                  : known                   ? Fate::Duplicate
                                            : Fate::Loaded;
}

int64_t Simulation::timestamp_of(int64_t number) {
  const double jitter = times_.share();
  const bool whole_second = times_.chance(0.01);
  int64_t micros = clock_now();
  if (!options_.live_clock) {
    const auto sold = static_cast<double>(std::max<int64_t>(options_.purchases, 1));
    const double share = (static_cast<double>(number) + jitter) / sold;
    const double days =
        share * static_cast<double>(options_.span.count()) / static_cast<double>(day);
    const auto whole_days = static_cast<int64_t>(days);
    micros = options_.start_time + whole_days * day +
             time_of_day(days - static_cast<double>(whole_days));
  }
  return whole_second ? micros / 1'000'000 * 1'000'000 : micros;
}

// ---- delivery -------------------------------------------------------------

void Simulation::deliver(const Delivery& delivery) {
  const bool ours =
      options_.phases == Phases::Both || delivery.phase == static_cast<int>(options_.phases);
  if (!ours && options_.phases == Phases::First) return;
  const Place place = sink_.deliver(delivery, ours);
  manifest_.add(delivery, place);
  if (!ours) return;
  ++written_[fmt::format("{} {} {}", name_of(delivery.kind), delivery.fault,
                         name_of(delivery.how))];
}

void Simulation::deliver_soon(Delivery delivery) {
  due_.emplace(number_ + delays_.between(1, 1000), std::move(delivery));
}

// After so many seconds when the producers keep a pace, at the end when they do not.
void Simulation::deliver_in_phase_2(Delivery delivery, double seconds) {
  if (options_.rate > 0 && options_.phases == Phases::Both) {
    const auto later = static_cast<int64_t>(seconds * options_.rate);
    due_.emplace(number_ + 1 + later, std::move(delivery));
    return;
  }
  delivery.phase = 2;
  phase_2_.push_back(std::move(delivery));
}

void Simulation::deliver_due(int64_t number) {
  while (!due_.empty() && due_.begin()->first <= number) {
    deliver(due_.begin()->second);
    due_.erase(due_.begin());
  }
}

void Simulation::keep_pace(int64_t number, const std::atomic<bool>& stop) {
  if (options_.rate <= 0) return;
  const std::chrono::duration<double> after(static_cast<double>(number + 1) / options_.rate);
  const auto due = began_ + std::chrono::duration_cast<Steady::duration>(after);
  if (due <= Steady::now()) return;
  sink_.flush();
  while (!stop && Steady::now() < due) {
    std::this_thread::sleep_until(std::min(due, Steady::now() + std::chrono::milliseconds(50)));
  }
}

}  // namespace retail
