#include "sources/webhook/subscription.h"

// clang-format off: before all of Boost
#include "sources/webhook/asio.h"
// clang-format on

#include <atomic>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "base/log.h"
#include "base/time.h"
#include "sources/webhook/client.h"

namespace clearwell::sources::webhook {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds call_timeout{5000};
constexpr milliseconds goodbye_timeout{2000};
constexpr milliseconds first_pause{100}, longest_pause{1000};

bool good(const Client::Answer& answer) { return answer.status >= 200 && answer.status < 300; }

std::string what(const Client::Answer& answer) {
  return answer.status == 0 ? answer.error : fmt::format("it answered {}", answer.status);
}

}  // namespace

Result<Url> parse_url(const std::string& text) {
  Url url;
  std::string rest;
  for (const auto& [scheme, tls] : {std::pair("http://", false), std::pair("https://", true)}) {
    if (!text.starts_with(scheme)) continue;
    url.tls = tls;
    rest = text.substr(std::string(scheme).size());
  }
  const size_t slash = rest.find('/');
  const std::string place = rest.substr(0, slash);
  url.target = slash == std::string::npos ? "/" : rest.substr(slash);
  const size_t colon = place.rfind(':');
  const bool has_port = colon != std::string::npos && place.find(']', colon) == std::string::npos;
  url.host = place.substr(0, has_port ? colon : std::string::npos);
  url.port = has_port ? place.substr(colon + 1) : url.tls ? "443" : "80";
  if (url.host.empty() || url.port.empty() ||
      url.port.find_first_not_of("0123456789") != std::string::npos) {
    return config_error("'" + text +
                        "' is no URL; write one such as http://127.0.0.1:9090/listener");
  }
  return url;
}

class Subscription::Worker {
 public:
  explicit Worker(Settings settings) : settings_(std::move(settings)), timer_(context_) {
    asio::co_spawn(context_, work(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
  }

  ~Worker() {
    asio::post(context_, [this] {
      stopping_ = true;
      timer_.cancel();
    });
    thread_.join();
  }

  bool registered() const { return registered_; }

 private:
  using Time = Steady::time_point;

  asio::awaitable<void> work() {
    while (!stopping_) {
      if (!registered_) {
        co_await subscribe();
      } else {
        co_await stay();
      }
    }
    if (!settings_.ends || !registered_) co_return;
    Client client;
    const Client::Answer answer = co_await client.call(settings_.unsubscribe, goodbye_timeout);
    if (!good(answer)) log_warn(settings_.name + ": unsubscribing failed: " + what(answer));
    registered_ = false;
  }

  asio::awaitable<void> pause(std::chrono::microseconds time) {
    if (stopping_) co_return;
    boost::system::error_code ignored;
    timer_.expires_after(time);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }

  // Asks once; pauses after a failure, longer each time.
  asio::awaitable<void> subscribe() {
    Client client;
    const Client::Answer answer = co_await client.call(settings_.subscribe, call_timeout);
    if (good(answer)) {
      log_info(settings_.name + ": subscribed at " + settings_.subscribe.url.host);
      registered_ = true;
      told_ = false;
      since_ = Steady::now();
      pause_ = first_pause;
      co_return;
    }
    if (!told_) log_warn(settings_.name + ": cannot subscribe, trying again: " + what(answer));
    told_ = true;
    const milliseconds now = pause_;
    pause_ = std::min(pause_ * 2, longest_pause);
    co_await pause(now);
  }

  // Until the next look at the sender.
  asio::awaitable<void> stay() {
    const bool renews = settings_.renew.count() > 0;
    std::chrono::microseconds time = std::chrono::hours(1);
    if (renews) time = std::min<std::chrono::microseconds>(time, settings_.renew);
    if (settings_.probes) time = std::min(time, settings_.probe_every);
    co_await pause(time);
    if (stopping_) co_return;
    if (renews && Steady::now() - since_ >= settings_.renew) {
      registered_ = false;
      co_return;
    }
    if (!settings_.probes) co_return;
    const Client::Answer answer = co_await probe_.call(settings_.probe, call_timeout);
    if (good(answer) && !answer.reopened) co_return;
    log_info(settings_.name + ": the sender may have started anew (" +
             (answer.reopened ? "its connection was cut" : what(answer)) + "); subscribing again");
    registered_ = false;
  }

  const Settings settings_;
  asio::io_context context_{1};
  asio::steady_timer timer_;
  std::thread thread_;
  std::atomic<bool> registered_{false};
  // Of the context's thread:
  Client probe_;
  bool stopping_ = false, told_ = false;
  Time since_;
  milliseconds pause_ = first_pause;
};

Subscription::Subscription(Settings settings)
    : worker_(std::make_unique<Worker>(std::move(settings))) {}
Subscription::~Subscription() = default;
bool Subscription::registered() const { return worker_->registered(); }

}  // namespace clearwell::sources::webhook
