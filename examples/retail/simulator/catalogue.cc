#include "catalogue.h"

#include <array>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace retail {
namespace {

using Texts = std::string_view;

constexpr std::array<Texts, 60> first_names{
    "Aaron",  "Abigail", "Amanda",  "Andre",  "Beatriz", "Brian",   "Caleb",   "Carla",   "Chloë",
    "Daniel", "Deborah", "Diego",   "Elena",  "Emma",    "Ethan",   "Fatima",  "Gabriel", "Grace",
    "Hannah", "Harold",  "Ines",    "Isaac",  "Jacob",   "Jasmine", "Jeffrey", "Jörg",    "José",
    "Julia",  "Karen",   "Kevin",   "Kwame",  "Laura",   "Liam",    "Linnéa",  "Lucas",   "Maria",
    "Mei",    "Michael", "Naomi",   "Nathan", "Olivia",  "Omar",    "Paula",   "Peter",   "Priya",
    "Rachel", "Robert",  "Rosa",    "Samuel", "Sarah",   "Søren",   "Tamara",  "Thomas",  "Ursula",
    "Victor", "Wanda",   "William", "Xavier", "Yolanda", "Zoë"};
constexpr std::array<Texts, 52> last_names{
    "Adams",  "Alvarez", "Anderson", "Baker",  "Bennett", "Brooks",   "Carter",  "Castillo",
    "Chen",   "Clark",   "Collins",  "Cooper", "Davis",   "Diaz",     "Edwards", "Evans",
    "Fisher", "Flores",  "Foster",   "Garcia", "Gibson",  "Gonzalez", "Gray",    "Hall",
    "Harris", "Hayes",   "Howard",   "Hughes", "Jackson", "Johnson",  "Kelly",   "Kim",
    "King",   "Lee",     "Lewis",    "Lopez",  "Martin",  "Miller",   "Moore",   "Morgan",
    "Müller", "Nguyen",  "O'Connor", "Patel",  "Perez",   "Reed",     "Rivera",  "Robinson",
    "Smith",  "Taylor",  "Wilson",   "Young"};
constexpr std::array<Texts, 51> states{
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "HI", "ID",
    "IL", "IN", "IA", "KS", "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO",
    "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH", "OK", "OR", "PA",
    "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY"};
constexpr std::array<Texts, 8> streets{"Street", "Avenue", "Road",  "Lane",
                                       "Drive",  "Court",  "Plaza", "Springs"};
constexpr std::array<Texts, 10> town_heads{"North ", "South ", "East ", "West ", "New ",
                                           "Lake ",  "Port ",  "",      "",      ""};
constexpr std::array<Texts, 10> town_tails{"ton",  "ville", "burgh", "shire", "side",
                                           "port", "mouth", "field", "view",  "stad"};
constexpr std::array<Texts, 6> mail_hosts{"example.com",      "example.org",
                                          "example.net",      "mail.example.com",
                                          "post.example.org", "inbox.example.net"};

constexpr std::array<Texts, 18> qualities{
    "Classic", "Compact",  "Everyday", "Folding",   "Handmade", "Heavy",
    "Large",   "Light",    "Organic",  "Outdoor",   "Plain",    "Quiet",
    "Rustic",  "Seasonal", "Small",    "Stackable", "Warm",     "Waterproof"};
constexpr std::array<Texts, 12> materials{"Bamboo", "Ceramic", "Copper", "Cotton",
                                          "Glass",  "Leather", "Linen",  "Oak",
                                          "Paper",  "Steel",   "Stone",  "Wool"};
constexpr std::array<Texts, 24> things{
    "Backpack", "Basket", "Blanket", "Bottle",   "Bowl",   "Chair", "Clock",  "Crème Brûlée Dish",
    "Cup",      "Desk",   "Gloves",  "Jar",      "Kettle", "Lamp",  "Mirror", "Notebook",
    "Pan",      "Pillow", "Plate",   "Scissors", "Shelf",  "Stool", "Towel",  "Vase"};
constexpr std::array<Texts, 3> currencies{"USD", "SEK", "EUR"};

// Draws stand in statements or braces of their own: the order in which the arguments of a call are
// evaluated differs between compilers.
std::string military_address(Random& random) {
  static constexpr std::array<Texts, 3> regions{"AA", "AE", "AP"};
  const std::string_view region = random.pick(regions);
  const std::string zip = random.digits(5), a = random.digits(4), b = random.digits(4);
  const std::string_view ship = random.pick(last_names);
  switch (random.below(4)) {
    case 0:
      return fmt::format("PSC {}, Box {}\nFPO {} {}", a, b, region, zip);
    case 1:
      return fmt::format("PSC {}, Box {}\nAPO {} {}", a, b, region, zip);
    case 2:
      return fmt::format("Unit {} Box {}\nDPO {} {}", a, b, region, zip);
    default:
      return fmt::format("USS {}\nFPO {} {}", ship, region, zip);
  }
}

std::string street_line(Random& random) {
  std::string line = std::to_string(random.between(1, 99999));
  for (std::string_view word : {random.pick(last_names), random.pick(streets)}) {
    line.append(" ").append(word);
  }
  if (random.chance(0.2)) line += " Apt. " + random.digits(3);
  if (random.chance(0.2)) line += " Suite " + random.digits(3);
  return line;
}

std::string town_line(Random& random) {
  std::string line;
  for (std::string_view part :
       {random.pick(town_heads), random.pick(last_names), random.pick(town_tails)}) {
    line.append(part);
  }
  line.append(", ").append(random.pick(states));
  line += " " + random.digits(5);
  if (random.chance(0.1)) line += "-" + random.digits(4);
  return line;
}

std::string address(Random& random) {
  if (random.chance(0.05)) return military_address(random);
  const std::string line = street_line(random);
  return line + "\n" + town_line(random);
}

std::string telephone(Random& random) {
  const std::string a = random.digits(3), b = random.digits(3), c = random.digits(4);
  const std::string extension = random.digits(3);
  switch (random.below(5)) {
    case 0:
      return fmt::format("({}){}-{}", a, b, c);
    case 1:
      return fmt::format("+1-{}-{}-{}", a, b, c);
    case 2:
      return fmt::format("001-{}-{}-{}x{}", a, b, c, extension);
    case 3:
      return fmt::format("{}.{}.{}", a, b, c);
    default:
      return a + b + c;
  }
}

// The ASCII letters of a name, in lower case.
std::string mail_name(std::string_view name) {
  std::string text;
  for (char c : name) {
    if (c >= 'A' && c <= 'Z') text.push_back(static_cast<char>(c - 'A' + 'a'));
    if (c >= 'a' && c <= 'z') text.push_back(c);
  }
  return text;
}

std::string price(Random& random) {
  const int64_t cents = random.between(0, 40000);
  std::string text = fmt::format("{}.{:02}", cents / 100, cents % 100);
  if (text.back() == '0') text.pop_back();
  return text;
}

}  // namespace

std::string json_text(const std::string& text) {
  constexpr bool ascii_only = true;
  return nlohmann::json(text).dump(-1, ' ', ascii_only);
}

Entry make_user(Random& random) {
  Entry user;
  user.id = random.uuid();
  const std::string_view first = random.pick(first_names);
  const std::string_view last = random.pick(last_names);
  const uint64_t suffix = random.below(100);
  const std::string_view host = random.pick(mail_hosts);
  const std::string home = json_text(address(random));
  user.json = fmt::format(
      R"({{"id_": "{}", "name": {}, "address": {}, "number": "{}", "email": "{}.{}{}@{}"}})",
      user.id, json_text(fmt::format("{} {}", first, last)), home, telephone(random),
      mail_name(first), mail_name(last), suffix, host);
  return user;
}

Entry make_article(Random& random) {
  Entry article;
  article.id = random.uuid();
  const std::string_view quality = random.pick(qualities);
  const std::string_view material = random.pick(materials);
  const std::string name = fmt::format("{} {} {}", quality, material, random.pick(things));
  const std::string cost = price(random);
  article.json = fmt::format(R"({{"id_": "{}", "name": {}, "price": {}, "currency": "{}"}})",
                             article.id, json_text(name), cost, random.pick(currencies));
  return article;
}

}  // namespace retail
