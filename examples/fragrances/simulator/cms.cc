#include "cms.h"

#include <boost/asio/connect.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <nlohmann/json.hpp>

namespace fragrances {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Json = nlohmann::json;

std::optional<Listener> parse(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object() || !json.contains("host") || !json.contains("port") ||
      !json.contains("endpoint") || !json["host"].is_string() || !json["endpoint"].is_string()) {
    return std::nullopt;
  }
  std::string host = json["host"];
  if (!host.starts_with("http://")) return std::nullopt;
  host = host.substr(7);
  const std::string port =
      json["port"].is_string() ? json["port"].get<std::string>() : json["port"].dump();
  return Listener{host, port, json["endpoint"]};
}

}  // namespace

Cms::Cms(int port)
    : acceptor_(context_, {asio::ip::make_address("127.0.0.1"), static_cast<uint16_t>(port)}) {
  thread_ = std::thread([this] { accept(); });
}

Cms::~Cms() {
  stopping_ = true;
  // Wakes accept(): closing from another thread would not.
  error_code ignored;
  tcp::socket last(context_);
  last.connect(acceptor_.local_endpoint(), ignored);
  thread_.join();
  for (Session& session : sessions_) {
    session.socket.shutdown(tcp::socket::shutdown_both, ignored);
    session.thread.join();
  }
}

std::optional<Listener> Cms::listener() const {
  const std::lock_guard lock(mutex_);
  return listener_;
}

void Cms::accept() {
  while (!stopping_) {
    error_code error;
    tcp::socket socket(context_);
    acceptor_.accept(socket, error);
    if (stopping_) return;
    if (error) continue;
    Session& session = sessions_.emplace_back(std::move(socket));
    session.thread = std::thread([this, &session] { serve(session.socket); });
  }
}

void Cms::serve(tcp::socket& socket) {
  beast::flat_buffer buffer;
  for (;;) {
    error_code error;
    http::request<http::string_body> request;
    http::read(socket, buffer, request, error);
    if (error) return;
    http::response<http::string_body> answer(http::status::ok, request.version());
    const std::string target(request.target());
    if (target == "/listener" && request.method() == http::verb::post) {
      const auto wanted = parse(request.body());
      if (!wanted) answer.result(http::status::bad_request);
      const std::lock_guard lock(mutex_);
      if (wanted) listener_ = wanted;
    } else if (target == "/listener" && request.method() == http::verb::delete_) {
      const std::lock_guard lock(mutex_);
      listener_.reset();
    } else if (target != "/healthcheck") {
      answer.result(http::status::not_found);
    }
    answer.keep_alive(request.keep_alive());
    answer.prepare_payload();
    http::write(socket, answer, error);
    if (error || !request.keep_alive()) return;
  }
}

unsigned Sender::send(const Listener& listener, const Delta& delta) {
  const bool fresh = !socket_ || connected_ != listener.host + ":" + listener.port;
  const unsigned status = try_send(listener, delta);
  // A connection that was kept may have been closed meanwhile, before anything was read from it.
  return status == 0 && !fresh ? try_send(listener, delta) : status;
}

unsigned Sender::try_send(const Listener& listener, const Delta& delta) {
  const std::string place = listener.host + ":" + listener.port;
  error_code error;
  if (!socket_ || connected_ != place) {
    socket_.emplace(context_);
    tcp::resolver resolver(context_);
    const auto where = resolver.resolve(listener.host, listener.port, error);
    if (!error) asio::connect(*socket_, where, error);
    if (error) {
      socket_.reset();
      return 0;
    }
    connected_ = place;
  }
  http::request<http::string_body> request(http::verb::post, listener.endpoint, 11);
  request.set(http::field::host, place);
  request.set(http::field::content_type, "application/json");
  request.set("X-Delivery-Id", delta.id);
  request.body() = delta.body;
  request.prepare_payload();
  http::write(*socket_, request, error);
  beast::flat_buffer buffer;
  http::response<http::string_body> answer;
  if (!error) http::read(*socket_, buffer, answer, error);
  if (error || !answer.keep_alive()) socket_.reset();
  return error ? 0 : answer.result_int();
}

}  // namespace fragrances
