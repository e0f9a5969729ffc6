// The shop's master data as its producers write it: users and articles.
#pragma once

#include <string>

#include "random.h"

namespace retail {

using simulators::Random;

// A text as a JSON string with everything beyond ASCII escaped, as most producers write it.
std::string json_text(const std::string& text);

struct Entry {
  std::string id;
  std::string json;   // the whole event
  bool late = false;  // arrives only after purchases that name it
};

// {"id_", "name", "address", "number", "email"}: a person in the United States. The address has two
// lines; the last ends in state and ZIP code. One in twenty is a military one.
Entry make_user(Random& random);

// {"id_", "name", "price", "currency"}: 0.0 <= price <= 400.0 with at most two decimals, written
// as JSON numbers are: 7.0, 12.5, 12.35.
Entry make_article(Random& random);

}  // namespace retail
