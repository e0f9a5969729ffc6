#include "sources/webhook/settings.h"

#include "base/file.h"
#include "sources/webhook/webhook_source.h"

namespace clearwell::sources::webhook {
namespace {

using config::Key;
using config::KeyKind;

std::vector<Key> delivery_keys() {
  return {
      {.name = "name", .doc = "Name of the source in the pipeline; default: webhook."},
      {.name = "port",
       .kind = KeyKind::Integer,
       .doc = "The port to listen on. A socket that systemd hands over for it is taken.",
       .required = true,
       .min = 1,
       .max = 65535},
      {.name = "address",
       .doc = "The address to listen on; 0.0.0.0 for all of the machine's.",
       .fallback = "127.0.0.1"},
      {.name = "path", .doc = "The only path that takes deliveries.", .fallback = "/"},
      {.name = "method",
       .doc = "The only method that does.",
       .fallback = "POST",
       .choices = {"POST", "PUT"}},
      {.name = "body",
       .doc = "record: the body is one record; lines: each line is one (as always for the content "
              "type application/x-ndjson); array: each element of a JSON array is one.",
       .fallback = "record",
       .choices = {"record", "lines", "array"}},
      {.name = "answer",
       .kind = KeyKind::Integer,
       .doc = "The status that tells the sender that it is kept.",
       .fallback = "200",
       .min = 200,
       .max = 299},
      {.name = "delivery_header",
       .doc = "A header that names the delivery, such as X-Delivery-Id: shown with records."},
  };
}

std::vector<Key> door_keys() {
  return {
      {.name = "tokens",
       .kind = KeyKind::TextList,
       .doc = "Senders must show one of these: Authorization: Bearer TOKEN."},
      {.name = "signature",
       .kind = KeyKind::Mapping,
       .doc = "Senders must sign the body: hex digits of HMAC-SHA256, perhaps after sha256=.",
       .keys = {{.name = "header",
                 .doc = "The header that holds it.",
                 .fallback = "X-Signature-256"},
                {.name = "secrets",
                 .kind = KeyKind::TextList,
                 .doc = "One of these secrets it must be made with."}}},
      {.name = "tls",
       .kind = KeyKind::Mapping,
       .doc = "HTTPS with these PEM files.",
       .keys = {{.name = "certificate", .doc = "The certificate and its chain."},
                {.name = "key", .doc = "Its private key."}}},
  };
}

std::vector<Key> call_keys(const std::string& method) {
  return {{.name = "url", .doc = "What is called: http:// or https://."},
          {.name = "method", .doc = "How.", .fallback = method}};
}

std::vector<Key> subscribe_keys() {
  std::vector<Key> keys = call_keys("POST");
  const std::vector<Key> more = {
      {.name = "body", .doc = "What is sent."},
      {.name = "content_type", .doc = "Of the body.", .fallback = "application/json"},
      {.name = "renew",
       .kind = KeyKind::Duration,
       .doc = "Registered again so often. Default: only when need be.",
       .min = 100'000},
      {.name = "unsubscribe",
       .kind = KeyKind::Mapping,
       .doc = "Called when the run ends cleanly.",
       .keys = call_keys("DELETE")},
      {.name = "probe",
       .kind = KeyKind::Mapping,
       .doc = "Called again and again over one connection: when that is cut, or the answer is no "
              "success, the sender may have forgotten its listeners.",
       .keys = {{.name = "url", .doc = "What is called."},
                {.name = "method", .doc = "How.", .fallback = "GET"},
                {.name = "every",
                 .kind = KeyKind::Duration,
                 .doc = "How often.",
                 .fallback = "500ms",
                 .min = 10'000}}}};
  keys.insert(keys.end(), more.begin(), more.end());
  return {{.name = "subscribe",
           .kind = KeyKind::Mapping,
           .doc = "How to register with the sender. Tried until it succeeds.",
           .keys = std::move(keys)}};
}

std::vector<Key> limit_keys() {
  return {
      {.name = "spool",
       .doc = "The folder in which deliveries are kept until they are loaded. Default: "
              "spool/PIPELINE.SOURCE in the project."},
      {.name = "spool_bytes",
       .kind = KeyKind::Size,
       .doc = "So much may wait to be loaded; then senders are answered 503 and Retry-After.",
       .fallback = "1GB",
       .min = int64_t{1} << 20},
      {.name = "retain",
       .kind = KeyKind::Duration,
       .doc = "What has been loaded is kept so long, as far as spool_bytes allow, so that a "
              "warehouse restored from a backup can catch up.",
       .fallback = "24h"},
      {.name = "connections",
       .kind = KeyKind::Integer,
       .doc = "So many senders may be connected at a time; more wait.",
       .fallback = "1000",
       .min = 1,
       .max = 100'000},
      {.name = "body_bytes",
       .kind = KeyKind::Size,
       .doc = "A larger body is answered 413, and not kept.",
       .fallback = "10MB",
       .min = 1,
       .max = int64_t{1} << 30},
      {.name = "timeout",
       .kind = KeyKind::Duration,
       .doc = "A request must have come, and its answer have gone, within this time.",
       .fallback = "10s",
       .min = 1000},
  };
}

BodyKind body_kind(const std::string& word) {
  if (word == "lines") return BodyKind::Lines;
  return word == "array" ? BodyKind::Array : BodyKind::Record;
}

Result<Door> read_door(const config::Settings& settings) {
  Door door;
  if (settings.has("tokens")) door.tokens = settings.texts("tokens");
  if (settings.has("signature.secrets")) {
    door.secrets = settings.texts("signature.secrets");
    door.signature_header = settings.text("signature.header");
  }
  for (const auto* secrets : {&door.tokens, &door.secrets}) {
    for (const std::string& secret : *secrets) {
      if (!secret.empty()) continue;
      return config_error("a token or secret of a webhook is empty; set it, or remove it");
    }
  }
  return door;
}

Result<Listener::Settings> read_listener(const config::Settings& settings,
                                         const std::string& folder) {
  Listener::Settings out;
  out.address = settings.text("address");
  out.port = static_cast<int>(settings.integer("port"));
  out.path = settings.text("path");
  out.method = settings.text("method");
  out.body = body_kind(settings.text("body"));
  out.answer = static_cast<int>(settings.integer("answer"));
  if (settings.has("delivery_header")) out.delivery_header = settings.text("delivery_header");
  CW_ASSIGN(out.door, read_door(settings));
  out.max_bytes = settings.integer("body_bytes");
  out.connections = settings.integer("connections");
  out.timeout = settings.duration("timeout");
  if (settings.has("tls.certificate") != settings.has("tls.key")) {
    return config_error("tls of a webhook needs both, certificate and key");
  }
  if (settings.has("tls.certificate")) {
    out.certificate = path_in(folder, settings.text("tls.certificate"));
    out.key = path_in(folder, settings.text("tls.key"));
  }
  return out;
}

Result<Subscription::Call> read_call(const config::Settings& settings, const std::string& prefix) {
  Subscription::Call call;
  call.method = settings.text(prefix + "method");
  CW_ASSIGN(call.url, parse_url(settings.text(prefix + "url")));
  return call;
}

Result<Subscription::Settings> read_subscription(const config::Settings& settings) {
  Subscription::Settings out;
  CW_ASSIGN(out.subscribe, read_call(settings, "subscribe."));
  if (settings.has("subscribe.body")) out.subscribe.body = settings.text("subscribe.body");
  out.subscribe.content_type = settings.text("subscribe.content_type");
  if (settings.has("subscribe.renew")) out.renew = settings.duration("subscribe.renew");
  out.ends = settings.has("subscribe.unsubscribe.url");
  if (out.ends) {
    CW_ASSIGN(out.unsubscribe, read_call(settings, "subscribe.unsubscribe."));
  }
  out.probes = settings.has("subscribe.probe.url");
  if (out.probes) {
    CW_ASSIGN(out.probe, read_call(settings, "subscribe.probe."));
    out.probe_every = settings.duration("subscribe.probe.every");
  }
  return out;
}

}  // namespace

config::Spec spec() {
  config::Spec spec{
      .name = "webhook",
      .doc =
          "Each delivery to an HTTP address is a record. It is answered when it is on disk, also "
          "while the warehouse is away; what is wrong with it, quarantine tells.",
      .keys = {}};
  for (const auto& keys : {delivery_keys(), door_keys(), subscribe_keys(), limit_keys()}) {
    spec.keys.insert(spec.keys.end(), keys.begin(), keys.end());
  }
  return spec;
}

void check(const config::Source& config, config::Faults& faults) {
  const auto options = read_options(config, {});
  if (!options.ok()) faults.add(config.mark, "bad_webhook", options.error().message);
}

Result<Options> read_options(const config::Source& config, const SourceContext& context) {
  const config::Settings& settings = config.settings;
  Options options;
  options.once = context.once;
  options.lane = context.pipeline + "/" + config.name + "/spool";
  options.spool.folder = path_in(
      context.folder, settings.has("spool") ? settings.text("spool")
                                            : "spool/" + context.pipeline + "." + config.name);
  options.spool.max_bytes = settings.integer("spool_bytes");
  options.spool.read_only = context.once;
  options.spool.retain = settings.duration("retain");
  CW_ASSIGN(options.listener, read_listener(settings, context.folder));
  if (settings.has("subscribe.url")) {
    CW_ASSIGN(options.subscription, read_subscription(settings));
    options.subscription->name = context.pipeline + "/" + config.name;
  }
  return options;
}

}  // namespace clearwell::sources::webhook
