// Texts that match a regular expression, made from the expression itself.
//
// Understands what patterns of contracts are written with: literals, escapes (\d \w \s and their
// negations, \t \n \r, \xHH, \x{H…}, \pL \pN \p{Lu}…), classes with ranges and [:digit:] names,
// groups (also (?:…), (?P<name>…), flags are ignored), alternatives, ? * + {n,m}, greedy or not,
// and ^ $ \A \z, which match where they stand. \b and \B are taken as nothing, so whoever needs a
// match asks RE2 and draws again.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "generate/random.h"

namespace clearwell::generate {

class Pattern {
 public:
  // A Config error for an expression that is not understood.
  static Result<Pattern> parse(std::string_view expression);

  Pattern(Pattern&&) noexcept;
  Pattern& operator=(Pattern&&) noexcept;
  ~Pattern();

  // `stretch`: how many repetitions beyond the fewest "*", "+" and "{n,}" may make.
  std::string sample(Random& random, int stretch) const;

 private:
  struct Node;
  class Parser;
  explicit Pattern(std::unique_ptr<Node> root);
  std::unique_ptr<Node> root_;
};

}  // namespace clearwell::generate
