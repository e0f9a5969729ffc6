// Registers a webhook with its sender, and sees to it that it stays registered: again and again
// until the sender is up, on a schedule, and at once when the sender seems to have started anew.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"

namespace clearwell::sources::webhook {

// "http://host:9090/listener", https likewise.
struct Url {
  bool tls = false;
  std::string host, port, target;
};
// Config error for what is none.
Result<Url> parse_url(const std::string& text);

class Subscription {
 public:
  struct Call {
    std::string method;
    Url url;
    std::string body, content_type;
  };
  struct Settings {
    std::string name;   // of the source, for the log
    Call subscribe;     // answered by a status below 300
    bool ends = false;  // is `unsubscribe` given?
    Call unsubscribe;
    std::chrono::microseconds renew{};  // 0: never
    bool probes = false;                // is `probe` given?
    // Asked again and again over one connection. If that is cut, or the answer is none below 300,
    // the sender may have been started anew and forgotten us.
    Call probe;
    std::chrono::microseconds probe_every{};
  };

  explicit Subscription(Settings settings);
  // Unregisters, if told how, for at most two seconds.
  ~Subscription();

  // Has the sender last answered that we are registered? From any thread.
  bool registered() const;

 private:
  class Worker;
  std::unique_ptr<Worker> worker_;
};

}  // namespace clearwell::sources::webhook
