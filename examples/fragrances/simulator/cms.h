// The CMS as the network sees it: one listener, kept in memory, which is called once for each
// change.
#pragma once

// Boost 1.74 forgets this one.
#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "deltas.h"

namespace fragrances {

struct Listener {
  std::string host, port, endpoint;
};

// POST /listener {"host": "http://127.0.0.1", "port": 9091, "endpoint": "/x"} replaces the
// listener, DELETE /listener removes it, GET /healthcheck answers 200.
class Cms {
 public:
  explicit Cms(int port);  // throws boost::system::system_error
  ~Cms();
  Cms(const Cms&) = delete;
  Cms& operator=(const Cms&) = delete;

  std::optional<Listener> listener() const;

 private:
  // A connection, of whoever is connected; few are, and they stay.
  struct Session {
    explicit Session(boost::asio::ip::tcp::socket connected) : socket(std::move(connected)) {}
    boost::asio::ip::tcp::socket socket;
    std::thread thread;
  };
  void accept();
  void serve(boost::asio::ip::tcp::socket& socket);

  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  mutable std::mutex mutex_;
  std::optional<Listener> listener_;
  std::atomic<bool> stopping_{false};
  std::list<Session> sessions_;  // of the accepting thread, until it has ended
  std::thread thread_;
};

// Calls the listener and waits for its answer without a time-out. The status, or 0 if there is
// none.
class Sender {
 public:
  unsigned send(const Listener& listener, const Delta& delta);

 private:
  unsigned try_send(const Listener& listener, const Delta& delta);

  boost::asio::io_context context_;
  std::optional<boost::asio::ip::tcp::socket> socket_;
  std::string connected_;
};

}  // namespace fragrances
