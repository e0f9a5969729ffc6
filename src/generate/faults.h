// The ways to break a record of one kind: one for each rule of its contract.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/project.h"
#include "generate/maker.h"
#include "generate/random.h"
#include "generate/value.h"

namespace clearwell::generate {

struct Fault {
  enum class Kind {
    Missing,
    Null,
    Type,
    Format,
    Range,
    Min,
    Max,
    MinLength,
    MaxLength,
    Pattern,
    Value,
    MinItems,
    MaxItems,
    Unknown,    // a field that the contract does not name
    Reference,  // to a row that is never made
    Check,      // index: in the kind's checks
    Conflict,   // the key of an earlier record with other content
    Damage,     // of the bytes: `code` says which
    Route,      // the field that names the kind is absent, or names none
  };
  Kind kind = Kind::Damage;
  std::string code;           // of the reason that it must cause: "field.min"
  std::string path;           // of the contract: "cart[].quantity"; empty: the whole record
  std::vector<size_t> steps;  // to the field: the index of a child at each level; item of a list: 0
  size_t index = 0;

  std::string name() const { return path.empty() ? code : code + "@" + path; }
};

// Does a kind of the pipeline refer to a table that the pipeline itself loads?
bool loads_own_parents(const config::Pipeline& pipeline);

// In the order of the contract.
std::vector<Fault> list_faults(const config::Pipeline& pipeline, const config::Kind& kind);

// Breaks a field of the record (kinds Missing to Reference) and returns where: "cart[1].quantity".
// None if no broken value was found this time. The rest of the record stays as it is, except that
// what has to be there to be broken is made.
Result<std::optional<std::string>> break_field(const Maker& maker, const Fault& fault,
                                               Value& record, Random& random);

// The same record in so many bytes or more, by spaces behind its opening brace.
std::string lengthened(const std::string& bytes, int64_t size);

// Damages the bytes of a well-formed record for one of the codes json.*. None if that cannot be
// done with it. `key`: a field of the contract that the record has, for json.duplicate_key.
std::optional<std::string> damage(std::string_view code, const std::string& bytes,
                                  const std::string& key, Random& random);

}  // namespace clearwell::generate
