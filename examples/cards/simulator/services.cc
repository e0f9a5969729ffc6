#include "services.h"

#include <array>
#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace cards {
namespace {

using Json = nlohmann::ordered_json;
using Texts = std::string_view;

constexpr std::array<Texts, 20> first_names{
    "Aisha", "Bjørn", "Carlos", "Dana", "Emil",  "Farah", "Greta", "Hugo",  "Ines",  "Jonas",
    "Katja", "Liam",  "Maja",   "Nils", "Olena", "Pedro", "Rosa",  "Sören", "Tomas", "Zoë"};
constexpr std::array<Texts, 16> last_names{
    "Andersen", "Berg",   "Costa",    "Dubois",    "Eriksson", "Fischer", "García",  "Haddad",
    "Ivanova",  "Jansen", "Kowalski", "Lindqvist", "Moreau",   "Novák",   "O'Brien", "Silva"};
constexpr std::array<Texts, 12> jobs{"Baker",    "Carpenter", "Dentist",    "Editor",
                                     "Gardener", "Lecturer",  "Librarian",  "Nurse",
                                     "Optician", "Surveyor",  "Translator", "Welder"};
constexpr std::array<Texts, 8> streets{"Mill Road",   "Harbour Street", "Elm Avenue", "Church Lane",
                                       "Station Way", "Copper Court",   "Long Acre",  "Hill Rise"};
constexpr std::array<Texts, 6> towns{"Lund", "Porto", "Graz", "Cork", "Łódź", "Bergen"};

std::string person(Random& random) {
  const std::string_view first = random.pick(first_names);
  const std::string_view last = random.pick(last_names);
  return fmt::format("{} {}", first, last);
}

std::string written(Json payload, std::string_view type, const Event& event) {
  const Json whole = {
      {"payload", std::move(payload)},
      {"metadata",
       {{"type", type}, {"event_at", time_text(event.event_at)}, {"event_id", event.event_id}}}};
  return whole.dump(4, ' ', true);
}

}  // namespace

std::string time_text(int64_t seconds) {
  const std::time_t time = seconds;
  std::tm utc{};
  gmtime_r(&time, &utc);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

Event UsersService::next(int64_t now) {
  Event event;
  event.kind = Kind::Users;
  event.what = "sent";
  event.event_id = random_.uuid();
  event.event_at = now;
  event.id = next_++;
  // Draws stand in statements of their own: the order in which arguments are evaluated differs
  // between compilers.
  const std::string name = person(random_);
  const int64_t number = random_.between(1, 199);
  const std::string_view street = random_.pick(streets), town = random_.pick(towns);
  const std::string_view job = random_.pick(jobs);
  const double score = static_cast<double>(random_.below(1'000'000)) / 1e6;
  const Json payload = {{"id", event.id},
                        {"name", name},
                        {"address", fmt::format("{} {}\n{}", number, street, town)},
                        {"job", job},
                        {"score", score}};
  event.bytes = written(payload, "user", event);
  return event;
}

Event CardsService::next(int64_t now) {
  const double share = random_.share();
  if (share < 0.45 || cards_.empty()) {
    Card card{next_id_, now, now, std::nullopt, person(random_), true};
    const bool with_user = share < 0.40 || share >= 0.45;
    const int64_t user = random_.chance(0.01) ? users_ : random_.between(0, users_ - 1);
    if (with_user) card.user_id = user;
    last_id_ = card.id;
    next_id_ = card.id + 1 + (random_.chance(0.3) ? random_.between(1, 4) : 0);
    cards_.push_back(card);
    return event_of(card, with_user ? "new" : "new_without_user", now);
  }
  // The one at hand is often changed once more.
  const bool same = random_.chance(0.3);
  Card& card = same ? cards_.back() : cards_[random_.below(cards_.size())];
  card.updated_at = now;
  if (random_.chance(0.7)) card.active = !card.active;
  if (random_.chance(0.3)) card.created_by = person(random_);
  return event_of(card, "modified", now);
}

void CardsService::kill(bool before_counter) {
  if (before_counter) next_id_ = last_id_;
  cards_.clear();
}

Event CardsService::event_of(const Card& card, std::string_view what, int64_t now) {
  Event event;
  event.what = what;
  event.event_id = random_.uuid();
  event.event_at = now;
  event.id = card.id;
  event.user_id = card.user_id;
  Json payload = {{"id", card.id}};
  if (card.user_id) payload["user_id"] = *card.user_id;
  payload["created_by_name"] = card.created_by;
  payload["updated_at"] = time_text(card.updated_at);
  payload["created_at"] = time_text(card.created_at);
  payload["active"] = card.active;
  event.bytes = written(std::move(payload), "card", event);
  return event;
}

}  // namespace cards
