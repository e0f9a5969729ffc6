// What the settings of a webhook say to its parts.
#pragma once

#include <optional>
#include <string>

#include "sources/source.h"
#include "sources/webhook/listener.h"
#include "sources/webhook/spool.h"
#include "sources/webhook/subscription.h"

namespace clearwell::sources::webhook {

struct Options {
  std::string lane;
  Spool::Settings spool;
  Listener::Settings listener;
  std::optional<Subscription::Settings> subscription;
  bool once = false;  // what is in the spool, without listening
};

// Config errors for what the Spec cannot tell: URLs, empty secrets, half of a TLS pair.
Result<Options> read_options(const config::Source& config, const SourceContext& context);

}  // namespace clearwell::sources::webhook
