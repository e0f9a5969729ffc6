#include "sources/webhook/listener.h"

// clang-format off: before all of Boost
#include "sources/webhook/asio.h"
// clang-format on

#include <cstdlib>
#include <cstring>
#include <optional>
#include <set>
#include <thread>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/cure.h"
#include "base/log.h"

namespace clearwell::sources::webhook {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr uint32_t header_limit = 16 << 10;
constexpr int retry_after_seconds = 5;
constexpr auto accept_pause = std::chrono::milliseconds(50);

using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using Parser = http::request_parser<http::string_body>;

auto awaiting(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

Response response(unsigned status, const std::string& text, unsigned version = 11) {
  Response out(static_cast<http::status>(status), version);
  out.set(http::field::content_type, "application/json");
  out.body() = text;
  return out;
}

std::string error_json(const std::string& message) { return R"({"error":")" + message + "\"}\n"; }

// Waits for the spool without holding a thread.
asio::awaitable<Spool::Outcome> keep(Spool& spool, std::vector<Entry> entries) {
  auto executor = co_await asio::this_coro::executor;
  asio::steady_timer kept(executor, asio::steady_timer::time_point::max());
  Spool::Outcome outcome = Spool::Outcome::Failed;
  // The timer stands still until the spool is done; both outlive the wait, which ends only then.
  spool.append(entries, [&, executor](Spool::Outcome done) {
    asio::post(executor, [&, done] {
      outcome = done;
      kept.expires_at(asio::steady_timer::time_point::min());
    });
  });
  error_code ignored;
  co_await kept.async_wait(awaiting(ignored));
  co_return outcome;
}

class HttpListener final : public Listener {
 public:
  HttpListener(Settings settings, Spool& spool)
      : settings_(std::move(settings)), spool_(spool), acceptor_(context_) {}

  ~HttpListener() override {
    asio::post(context_, [this] {
      error_code ignored;
      stopping_ = true;
      ignored = acceptor_.close(ignored);
      for (beast::tcp_stream* stream : idle_) stream->cancel();
    });
    work_.reset();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> listen() {
    if (!settings_.certificate.empty()) CW_TRY(load_tls());
    error_code error;
    const auto address = asio::ip::make_address(settings_.address, error);
    if (error) {
      return config_error("'" + settings_.address +
                          "' is no address to listen on; write one such as 127.0.0.1 or 0.0.0.0");
    }
    const tcp::endpoint endpoint(address, static_cast<uint16_t>(settings_.port));
    if (!inherit(endpoint)) {
      error = acceptor_.open(endpoint.protocol(), error);
      if (!error) error = acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
      if (!error) error = acceptor_.bind(endpoint, error);
      if (!error) error = acceptor_.listen(asio::socket_base::max_listen_connections, error);
    }
    if (error) {
      return Error{ErrorKind::Retryable,
                   with_cure(fmt::format("cannot listen on {}:{}: {}", settings_.address,
                                         settings_.port, error.message()))};
    }
    port_ = acceptor_.local_endpoint(error).port();
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] { context_.run(); });
    return {};
  }

  int port() const override { return port_; }

 private:
  Result<void> load_tls() {
    error_code error;
    tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                     asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                     asio::ssl::context::no_tlsv1_1);
    error = tls_.use_certificate_chain_file(settings_.certificate, error);
    if (error) {
      return config_error("cannot use the certificate " + settings_.certificate + ": " +
                          error.message());
    }
    error = tls_.use_private_key_file(settings_.key, asio::ssl::context::pem, error);
    if (error) return config_error("cannot use the key " + settings_.key + ": " + error.message());
    return {};
  }

  // systemd's protocol: descriptors from 3 on, of which one may be bound to our port.
  bool inherit(const tcp::endpoint& endpoint) {
    const char* pid = std::getenv("LISTEN_PID");
    const char* count = std::getenv("LISTEN_FDS");
    if (pid == nullptr || count == nullptr || std::atoi(pid) != getpid()) return false;
    for (int fd = 3; fd < 3 + std::atoi(count); ++fd) {
      sockaddr_storage bound{};
      socklen_t size = sizeof bound;
      if (getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) continue;
      tcp::endpoint found;
      if (size > found.capacity()) continue;
      std::memcpy(found.data(), &bound, size);
      if (found.port() != endpoint.port()) continue;
      error_code error;
      // A copy: another source must find it too, and so must a program that follows us.
      error = acceptor_.assign(found.protocol(), ::dup(fd), error);
      return !error;
    }
    return false;
  }

  asio::awaitable<void> accept() {
    asio::steady_timer pause(context_);
    while (!stopping_) {
      error_code error;
      if (open_ >= settings_.connections) {
        pause.expires_after(accept_pause);
        co_await pause.async_wait(awaiting(error));
        continue;
      }
      tcp::socket socket(context_);
      co_await acceptor_.async_accept(socket, awaiting(error));
      if (stopping_) co_return;
      if (error) {
        // No descriptors left, for instance: they come back.
        pause.expires_after(accept_pause);
        co_await pause.async_wait(awaiting(error));
        continue;
      }
      asio::co_spawn(context_, connection(std::move(socket)), asio::detached);
    }
  }

  asio::awaitable<void> connection(tcp::socket socket) {
    ++open_;
    error_code error;
    error = socket.set_option(tcp::no_delay(true), error);
    if (settings_.certificate.empty()) {
      beast::tcp_stream stream(std::move(socket));
      co_await serve(stream, beast::get_lowest_layer(stream));
    } else {
      beast::ssl_stream<beast::tcp_stream> stream(std::move(socket), tls_);
      auto& lowest = beast::get_lowest_layer(stream);
      lowest.expires_after(settings_.timeout);
      co_await stream.async_handshake(asio::ssl::stream_base::server, awaiting(error));
      if (!error) co_await serve(stream, lowest);
    }
    --open_;
  }

  template <typename Stream>
  asio::awaitable<void> serve(Stream& stream, beast::tcp_stream& lowest) {
    beast::flat_buffer buffer;
    for (;;) {
      Parser parser;
      parser.header_limit(header_limit);
      parser.body_limit(static_cast<uint64_t>(settings_.max_bytes));
      error_code error;
      // (One co_await a statement: the compiler is known to mistake them within expressions.)
      if (buffer.size() == 0) {
        const bool any = co_await first_bytes(stream, lowest, buffer);
        if (!any) break;
      }
      lowest.expires_after(settings_.timeout);
      co_await http::async_read(stream, buffer, parser, awaiting(error));
      const auto refusal = refusal_of(error);
      if (error && !refusal) break;
      Response answer;
      if (refusal) {
        answer = *refusal;
      } else {
        answer = co_await handle(parser.get());
      }
      const bool stays = !refusal && parser.get().keep_alive() && !stopping_;
      answer.keep_alive(stays);
      answer.prepare_payload();
      lowest.expires_after(settings_.timeout);
      co_await http::async_write(stream, answer, awaiting(error));
      if (error || !stays) break;
    }
    error_code ignored;
    ignored = lowest.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  // Only the wait for a request's first byte is long: whoever begins one sends it whole.
  template <typename Stream>
  asio::awaitable<bool> first_bytes(Stream& stream, beast::tcp_stream& lowest,
                                    beast::flat_buffer& buffer) {
    if (stopping_) co_return false;
    error_code error;
    lowest.expires_after(settings_.idle);
    idle_.insert(&lowest);
    const size_t got = co_await stream.async_read_some(buffer.prepare(4096), awaiting(error));
    idle_.erase(&lowest);
    buffer.commit(got);
    co_return !error;
  }

  // What can be answered of a request that could not be read.
  static std::optional<Response> refusal_of(error_code error) {
    if (error == http::error::body_limit) {
      return response(413, error_json("the body is larger than this webhook takes"));
    }
    if (error == http::error::header_limit) {
      return response(431, error_json("the header is too large"));
    }
    if (error == beast::error::timeout) return std::nullopt;
    const bool bad =
        error && error.category() == http::make_error_code(http::error::bad_target).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message;
    if (bad) return response(400, error_json("this is no HTTP request"));
    return std::nullopt;
  }

  std::optional<Response> refusal_of(const Request& request) const {
    const std::string_view target = view(request.target());
    if (target.substr(0, target.find('?')) != settings_.path) {
      return response(404, error_json("there is nothing here"), request.version());
    }
    if (view(request.method_string()) != settings_.method) {
      Response out =
          response(405, error_json("this webhook takes " + settings_.method), request.version());
      out.set(http::field::allow, settings_.method);
      return out;
    }
    const bool open = settings_.door.opens(view(request[http::field::authorization]),
                                           settings_.door.signature_header.empty()
                                               ? std::string_view()
                                               : view(request[settings_.door.signature_header]),
                                           request.body());
    if (!open) {
      return response(401, error_json("the token or signature is missing or wrong"),
                      request.version());
    }
    return std::nullopt;
  }

  asio::awaitable<Response> handle(const Request& request) {
    if (auto refused = refusal_of(request)) co_return std::move(*refused);
    const std::string_view type = view(request[http::field::content_type]);
    const BodyKind kind =
        type.starts_with("application/x-ndjson") ? BodyKind::Lines : settings_.body;
    const std::string_view name = settings_.delivery_header.empty()
                                      ? std::string_view()
                                      : view(request[settings_.delivery_header]);
    std::vector<Entry> entries;
    for (const std::string_view record : records_of(request.body(), kind)) {
      entries.push_back({name, record, now()});
    }
    const auto count = entries.size();
    Spool::Outcome outcome = Spool::Outcome::Kept;
    if (count > 0) outcome = co_await keep(spool_, std::move(entries));
    if (outcome == Spool::Outcome::Kept) {
      co_return response(static_cast<unsigned>(settings_.answer),
                         fmt::format("{{\"accepted\":{}}}\n", count), request.version());
    }
    Response full = response(
        503,
        error_json(outcome == Spool::Outcome::Full ? "the spool is full; come again later"
                                                   : "it could not be kept; come again later"),
        request.version());
    full.set(http::field::retry_after, std::to_string(retry_after_seconds));
    co_return full;
  }

  const Settings settings_;
  Spool& spool_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
  asio::ssl::context tls_{asio::ssl::context::tls_server};
  tcp::acceptor acceptor_;
  std::thread thread_;
  int port_ = 0;
  // Of the context's thread:
  bool stopping_ = false;
  int64_t open_ = 0;
  std::set<beast::tcp_stream*> idle_;  // connections that wait for a request
};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::start(Settings settings, Spool& spool) {
  auto listener = std::make_unique<HttpListener>(std::move(settings), spool);
  CW_TRY(listener->listen());
  return std::unique_ptr<Listener>(std::move(listener));
}

}  // namespace clearwell::sources::webhook
