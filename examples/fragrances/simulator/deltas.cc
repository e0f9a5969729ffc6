#include "deltas.h"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace fragrances {
namespace {

constexpr std::array names = {"Lavendel", "Rosée d'été",    "沉香",   "Ylang-Ylang",
                              "Ämbra",    "Neroli \"N°5\"", "Мускус", "Vétiver",
                              "Oud",      "Bergamotte"};

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

}  // namespace

Deltas::Deltas(uint64_t seed, int64_t fragrances, double bad)
    : random_(seed, "deltas"), faults_(seed, "faults"), fragrances_(fragrances), bad_(bad) {}

// One to four of the fields.
std::string Deltas::valid_fields() {
  const uint64_t which = 1 + random_.below(15);
  std::string out;
  if ((which & 1) != 0) out += R"(, "name": )" + quoted(random_.pick(names));
  if ((which & 2) != 0) {
    out += R"(, "description": )" +
           quoted(fmt::format("{} {}", random_.pick(names), random_.digits(6)));
  }
  if ((which & 4) != 0)
    out += fmt::format(R"(, "cost": {}.{:02})", random_.below(500), random_.below(100));
  if ((which & 8) != 0) out += fmt::format(R"(, "forbidden": {})", random_.chance(0.1));
  return out;
}

std::string Deltas::bad_body() {
  const int64_t id = faults_.between(0, fragrances_ - 1);
  switch (faults_.below(8)) {
    case 0:
      return fmt::format(R"({{"fragrance_id": {}, "cost": 1}})", fragrances_ + faults_.below(1000));
    case 1:
      return fmt::format(R"({{"fragrance_id": {}, "name": "{}"}})", id, std::string(151, 'x'));
    case 2:
      return fmt::format(R"({{"fragrance_id": {}, "description": "{}"}})", id,
                         std::string(1025, 'x'));
    case 3:
      return fmt::format(R"({{"fragrance_id": {}, "cost": -0.01}})", id);
    case 4:
      return fmt::format(R"({{"fragrance_id": {}, "forbidden": "no"}})", id);
    case 5:
      return fmt::format(R"({{"fragrance_id": {}}})", id);
    case 6:
      return R"({"name": "nobody's"})";
    default:
      return fmt::format(R"({{"fragrance_id": {}, "cost": 1)", id);
  }
}

Delta Deltas::next() {
  Delta delta;
  delta.id = fmt::format("d{}", count_++);
  delta.valid = !faults_.chance(bad_);
  const std::string fields = valid_fields();
  const int64_t id = random_.between(0, fragrances_ - 1);
  delta.body = delta.valid ? fmt::format(R"({{"fragrance_id": {}{}}})", id, fields) : bad_body();
  return delta;
}

}  // namespace fragrances
