// The two services that write events: what they know, and what they get wrong.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "random.h"

namespace cards {

using simulators::Random;

enum class Kind { Users, Cards };
inline constexpr int kind_count = 2;

constexpr std::string_view name_of(Kind kind) { return kind == Kind::Users ? "users" : "cards"; }

// One event as its service writes it: {"payload": {…}, "metadata": {…}}, indented.
struct Event {
  Kind kind = Kind::Cards;
  std::string_view what;  // "sent", "new", "new_without_user", "modified"
  std::string event_id;
  int64_t event_at = 0;            // seconds since 1970
  int64_t id = 0;                  // of the user or card
  std::optional<int64_t> user_id;  // cards: whose, where the payload says so
  std::string bytes;
};

// "2024-05-01 12:30:00": how both services write times, without a zone.
std::string time_text(int64_t seconds);

// Sends every user when it is started, and nothing afterwards. Started again it sends them all
// again, with new event ids and other data.
class UsersService {
 public:
  UsersService(uint64_t seed, int64_t users) : random_(seed, "users"), users_(users) {}
  void start() { next_ = 0; }
  bool has_more() const { return next_ < users_; }
  // REQUIRES: has_more().
  Event next(int64_t now);

 private:
  Random random_;
  int64_t users_, next_ = 0;
};

// Makes cards and changes them. Numbers of cards have gaps; the next one stands in a file, which is
// written after the card. So a service that is killed between the two makes that number again when
// it is started, and it has forgotten its older cards: those are never changed any more.
class CardsService {
 public:
  // user_id is 0 .. users - 1, and now and then `users`, which is nobody.
  // `first`: number of the first card.
  CardsService(uint64_t seed, int64_t users, int64_t first)
      : random_(seed, "cards"), users_(users), next_id_(first) {}
  Event next(int64_t now);
  // Before the last card's number was noted: it is made once more.
  void kill(bool before_counter);
  // What the file __id_counter should say: the number of the next card.
  int64_t counter() const { return next_id_; }

 private:
  struct Card {
    int64_t id, created_at, updated_at;
    std::optional<int64_t> user_id;
    std::string created_by;
    bool active;
  };
  Event event_of(const Card& card, std::string_view what, int64_t now);

  Random random_;
  int64_t users_;
  int64_t next_id_, last_id_ = 0;
  std::vector<Card> cards_;
};

}  // namespace cards
