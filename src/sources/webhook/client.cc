#include "sources/webhook/client.h"

#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

namespace clearwell::sources::webhook {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// Of an answer, whose body nobody reads.
constexpr uint64_t body_limit = 1 << 20;

auto awaiting(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

http::request<http::string_body> request_of(const Subscription::Call& call) {
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(call.method);
  request.target(call.url.target);
  request.set(http::field::host, call.url.host + ":" + call.url.port);
  request.set(http::field::user_agent, "clearwell");
  if (!call.body.empty()) request.set(http::field::content_type, call.content_type);
  request.body() = call.body;
  request.prepare_payload();
  return request;
}

}  // namespace

class Client::Link {
 public:
  virtual ~Link() = default;
  virtual asio::awaitable<error_code> open(const tcp::resolver::results_type& where) = 0;
  virtual asio::awaitable<error_code> exchange(const Subscription::Call& call,
                                               unsigned& status) = 0;
  virtual void expires_after(std::chrono::milliseconds timeout) = 0;
  bool stays = true;  // the server does not close it
};

template <typename Stream>
class Client::LinkOf final : public Client::Link {
 public:
  template <typename... Arguments>
  explicit LinkOf(const Url& url, Arguments&&... arguments)
      : host_(url.host), stream_(std::forward<Arguments>(arguments)...) {}

  asio::awaitable<error_code> open(const tcp::resolver::results_type& where) override {
    error_code error;
    co_await beast::get_lowest_layer(stream_).async_connect(where, awaiting(error));
    if constexpr (!std::is_same_v<Stream, beast::tcp_stream>) {
      if (error) co_return error;
      std::string name = host_;  // OpenSSL's macro for this casts in the old style
      SSL_ctrl(stream_.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               name.data());
      stream_.set_verify_callback(asio::ssl::rfc2818_verification(host_));
      co_await stream_.async_handshake(asio::ssl::stream_base::client, awaiting(error));
    }
    co_return error;
  }

  asio::awaitable<error_code> exchange(const Subscription::Call& call, unsigned& status) override {
    error_code error;
    auto request = request_of(call);
    co_await http::async_write(stream_, request, awaiting(error));
    if (error) co_return error;
    http::response_parser<http::string_body> parser;
    parser.body_limit(body_limit);
    co_await http::async_read(stream_, buffer_, parser, awaiting(error));
    if (error) co_return error;
    status = parser.get().result_int();
    stays = parser.get().keep_alive();
    co_return error;
  }

  void expires_after(std::chrono::milliseconds timeout) override {
    beast::get_lowest_layer(stream_).expires_after(timeout);
  }

 private:
  const std::string host_;
  Stream stream_;
  beast::flat_buffer buffer_;
};

Client::Client() = default;
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

// Empty: connected. Else why not.
asio::awaitable<std::string> Client::connect(const Url& url, std::chrono::milliseconds timeout) {
  auto executor = co_await asio::this_coro::executor;
  error_code error;
  tcp::resolver resolver(executor);
  const auto where = co_await resolver.async_resolve(url.host, url.port, awaiting(error));
  if (error) co_return error.message();
  if (url.tls) {
    static asio::ssl::context context = [] {
      asio::ssl::context made(asio::ssl::context::tls_client);
      made.set_default_verify_paths();
      made.set_verify_mode(asio::ssl::verify_peer);
      return made;
    }();
    link_ = std::make_unique<LinkOf<beast::ssl_stream<beast::tcp_stream>>>(url, executor, context);
  } else {
    link_ = std::make_unique<LinkOf<beast::tcp_stream>>(url, executor);
  }
  link_->expires_after(timeout);
  error = co_await link_->open(where);
  if (!error) co_return std::string();
  link_.reset();
  co_return error.message();
}

asio::awaitable<Client::Answer> Client::call(const Subscription::Call& call,
                                             std::chrono::milliseconds timeout) {
  Answer answer;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const bool was_open = link_ != nullptr;
    if (!was_open) {
      answer.error = co_await connect(call.url, timeout);
      if (!answer.error.empty()) co_return answer;
    }
    link_->expires_after(timeout);
    const error_code error = co_await link_->exchange(call, answer.status);
    if (!error) {
      if (!link_->stays) link_.reset();
      co_return answer;
    }
    link_.reset();
    answer.error = error.message();
    if (!was_open || error == beast::error::timeout) co_return answer;
    answer.reopened = true;
  }
  co_return answer;
}

}  // namespace clearwell::sources::webhook
