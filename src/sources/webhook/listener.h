// The HTTP side of a webhook: answers a request only when the spool has kept what it brought.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "sources/webhook/body.h"
#include "sources/webhook/door.h"
#include "sources/webhook/spool.h"

namespace clearwell::sources::webhook {

class Listener {
 public:
  struct Settings {
    std::string address = "127.0.0.1";
    int port = 0;
    std::string path = "/", method = "POST";
    BodyKind body = BodyKind::Record;
    int answer = 200;             // once it is kept
    std::string delivery_header;  // names a delivery; empty: none does
    Door door;
    int64_t max_bytes = 10 << 20;                                 // of a body
    int64_t connections = 1000;                                   // more wait to be accepted
    std::chrono::microseconds timeout{std::chrono::seconds(10)};  // for a whole request
    std::chrono::microseconds idle{std::chrono::seconds(60)};     // between two of a connection
    std::string certificate, key;                                 // PEM files; empty: no TLS
  };

  // Listens; Retryable where the address is in use, Config for one that is none or files that
  // cannot be read. A socket that systemd hands over (LISTEN_FDS) for the port is taken instead.
  // `spool` must outlive it.
  static Result<std::unique_ptr<Listener>> start(Settings settings, Spool& spool);
  // Accepts no more, answers what it has begun, within the time-out.
  virtual ~Listener() = default;

  virtual int port() const = 0;
};

}  // namespace clearwell::sources::webhook
