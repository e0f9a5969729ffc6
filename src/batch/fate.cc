#include "batch/fate.h"

#include "base/result.h"

namespace clearwell::batch {

int64_t& Counts::of(Fate fate) {
  switch (fate) {
    case Fate::Loaded:
      return loaded;
    case Fate::Superseded:
      return superseded;
    case Fate::Duplicate:
      return duplicate;
    case Fate::Skipped:
      return skipped;
    case Fate::Quarantined:
      return quarantined;
    case Fate::Parked:
      return parked;
    case Fate::Discarded:
      return discarded;
  }
  CW_ASSERT(false);
  return read;
}

bool Counts::balanced() const {
  return read == loaded + superseded + duplicate + skipped + quarantined + parked + discarded;
}

Counts& Counts::operator+=(const Counts& other) {
  read += other.read;
  loaded += other.loaded;
  superseded += other.superseded;
  duplicate += other.duplicate;
  skipped += other.skipped;
  quarantined += other.quarantined;
  parked += other.parked;
  discarded += other.discarded;
  return *this;
}

}  // namespace clearwell::batch
