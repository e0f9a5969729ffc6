// One HTTP connection to one server, kept open from call to call.
#pragma once

// clang-format off: before all of Boost
#include "sources/webhook/asio.h"
// clang-format on

#include <chrono>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "sources/webhook/subscription.h"

namespace clearwell::sources::webhook {

class Client {
 public:
  struct Answer {
    unsigned status = 0;    // 0: none came
    std::string error;      // why
    bool reopened = false;  // the connection of the call before was gone
  };

  Client();
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // On the executor of the awaiting coroutine, within `timeout`. A connection found closed is
  // opened again once.
  boost::asio::awaitable<Answer> call(const Subscription::Call& call,
                                      std::chrono::milliseconds timeout);

 private:
  class Link;
  template <typename Stream>
  class LinkOf;
  boost::asio::awaitable<std::string> connect(const Url& url, std::chrono::milliseconds timeout);
  std::unique_ptr<Link> link_;
};

}  // namespace clearwell::sources::webhook
