#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/file.h"
#include "config/units.h"
#include "sources/webhook/client.h"
#include "sources/webhook/spool.h"
#include "tests/unit/sources/conformance.h"

// After client.h: see asio.h.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/unit/sources/mock_kafka.h"

namespace clearwell::sources {
namespace {

const SourceKind& bench_kind(const std::string& name) {
  for (const SourceKind& kind : all_sources()) {
    if (kind.spec.name == name) return kind;
  }
  ADD_FAILURE() << "no source " << name;
  return all_sources().front();
}

microseconds duration_of(const std::string& text) {
  const int64_t number = std::stoll(text);
  return text.ends_with("ms") ? microseconds(number * 1000) : microseconds(number * 1'000'000);
}

void write(const std::string& path, const std::string& bytes, bool append = false) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary | (append ? std::ios::app : std::ios::trunc)) << bytes;
}

// A port that was free a moment ago, the same for a folder.
int port_of(const std::string& folder) {
  static std::map<std::string, int> ports;
  int& port = ports[folder];
  if (port != 0) return port;
  const Fd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  EXPECT_EQ(bind(fd.get(), any, size), 0);
  EXPECT_EQ(getsockname(fd.get(), any, &size), 0);
  port = ntohs(address.sin_port);
  return port;
}

// Into the spool, by its own means while nobody listens, else over HTTP.
void deliver(const std::string& folder, const std::string& payload) {
  auto spool = webhook::Spool::open({folder + "/in"});
  if (spool.ok()) {
    (*spool)->append({{"", payload, now()}}, [](webhook::Spool::Outcome outcome) {
      EXPECT_EQ(outcome, webhook::Spool::Outcome::Kept);
    });
    return;
  }
  boost::asio::io_context context;
  auto url = webhook::parse_url("http://127.0.0.1:" + std::to_string(port_of(folder)));
  webhook::Subscription::Call call{"POST", *url, payload, "text/plain"};
  webhook::Client client;
  const auto talk = [&]() -> boost::asio::awaitable<void> {
    const webhook::Client::Answer answer = co_await client.call(call, milliseconds(5000));
    EXPECT_EQ(answer.status, 200u) << answer.error;
  };
  boost::asio::co_spawn(context, talk, boost::asio::detached);
  context.run();
}

std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

}  // namespace

config::Settings settings_of(const std::string& kind,
                             const std::map<std::string, std::string>& given) {
  config::Settings settings;
  for (const config::Key& key : bench_kind(kind).spec.keys) {
    const auto found = given.find(key.name);
    if (found == given.end() && !key.fallback) continue;
    const std::string text = found == given.end() ? *key.fallback : found->second;
    if (key.kind == config::KeyKind::Duration) {
      settings.set(key.name, duration_of(text), {});
    } else if (key.kind == config::KeyKind::TextList || key.kind == config::KeyKind::TextMap) {
      settings.set(key.name, parts_of(text), {});
    } else if (key.kind == config::KeyKind::Integer) {
      settings.set(key.name, *config::parse_integer(text), {});
    } else if (key.kind == config::KeyKind::Size) {
      settings.set(key.name, *config::parse_size(text), {});
    } else if (key.kind == config::KeyKind::Boolean) {
      settings.set(key.name, text == "true", {});
    } else {
      settings.set(key.name, text, {});
    }
  }
  return settings;
}

Result<void> Harness::open(bool once) {
  close();
  config::Source config;
  config.type = config.name = kind_;
  config.settings = settings_of(kind_, given_);
  CW_ASSIGN(source_, bench_kind(kind_).make(config, {"pipe", folder_, once}));
  return source_->open(state_);
}

void Harness::open_ok(bool once) {
  const auto opened = open(once);
  ASSERT_TRUE(opened.ok()) << opened.error().message;
}

void Harness::close() {
  if (source_ != nullptr) source_->close();
  source_.reset();
}

Result<Polled> Harness::poll(batch::RawBatch& batch, const Limits& limits, milliseconds patience) {
  const auto until = Steady::now() + patience;
  for (;;) {
    CW_ASSIGN(const Polled polled, source_->poll(batch, limits, milliseconds(20)));
    if (polled != Polled::Idle || Steady::now() >= until) return polled;
  }
}

void Harness::commit(const batch::RawBatch& batch, const std::vector<bool>& retried) {
  for (const batch::LaneAdvance& lane : batch.lanes) {
    EXPECT_EQ(state_.lanes[lane.lane], lane.from) << lane.lane;
    EXPECT_NE(lane.to, "");
    state_.lanes[lane.lane] = lane.to;
  }
  for (size_t i = 0; i < batch.marks.size(); ++i) {
    if (retried.empty() || !retried[i]) state_.marks.push_back(batch.marks[i]);
  }
  source_->committed(batch, retried);
}

std::vector<Seen> Harness::read_all(const Limits& limits) {
  std::vector<Seen> all;
  const auto until = Steady::now() + std::chrono::seconds(30);
  while (Steady::now() < until) {
    batch::RawBatch batch;
    const auto polled = poll(batch, limits, milliseconds(1000));
    if (!polled.ok()) {
      ADD_FAILURE() << polled.error().message;
      return all;
    }
    if (polled.value() == Polled::Finished) return all;
    const std::vector<Seen> more = seen(batch);
    all.insert(all.end(), more.begin(), more.end());
    if (polled.value() == Polled::Ready) commit(batch);
  }
  ADD_FAILURE() << "not finished after 30 s";
  return all;
}

std::vector<Seen> Harness::read(size_t count, const Limits& limits) {
  std::vector<Seen> all;
  while (all.size() < count) {
    batch::RawBatch batch;
    const auto polled = poll(batch, limits, milliseconds(5000));
    if (!polled.ok() || polled.value() != Polled::Ready) {
      ADD_FAILURE() << (polled.ok() ? "no record within 5 s" : polled.error().message);
      return all;
    }
    const std::vector<Seen> more = seen(batch);
    all.insert(all.end(), more.begin(), more.end());
    commit(batch);
  }
  return all;
}

std::vector<std::string> Harness::payloads(const std::vector<Seen>& seen) {
  std::vector<std::string> all;
  for (const Seen& record : seen) all.push_back(record.payload);
  return all;
}

std::vector<Seen> Harness::seen(const batch::RawBatch& batch) {
  std::vector<Seen> all;
  for (const batch::Record& record : batch.records) {
    all.push_back({.payload = std::string(record.payload),
                   .partition = std::string(record.partition),
                   .order = batch::encode_order(record.order),
                   .offset = record.offset,
                   .line = record.line,
                   .fault = record.fault,
                   .settled = record.settled});
  }
  return all;
}

namespace {

Bench webhook_bench() {
  return {.kind = "webhook",
          .settings =
              [](const std::string& folder) {
                return std::map<std::string, std::string>{{"port", std::to_string(port_of(folder))},
                                                          {"spool", folder + "/in"}};
              },
          .add =
              [](const std::string& folder, const std::vector<std::string>& payloads) {
                for (const std::string& payload : payloads) deliver(folder, payload);
                if (payloads.empty()) {
                  EXPECT_TRUE(webhook::Spool::open({folder + "/in"}).ok());
                }
              }};
}

}  // namespace

const std::vector<Bench>& benches() {
  static const std::vector<Bench> all = {
      {.kind = "csv",
       .settings =
           [](const std::string& folder) {
             return std::map<std::string, std::string>{{"path", folder + "/in/*.csv"},
                                                       {"columns", "value"},
                                                       {"settle", "100ms"},
                                                       {"scan_every", "200ms"}};
           },
       .add =
           [](const std::string& folder, const std::vector<std::string>& payloads) {
             std::filesystem::create_directories(folder + "/in");
             for (size_t i = 0; i < payloads.size(); ++i) {
               const std::string path = folder + (i % 3 == 0 ? "/in/a.csv" : "/in/b.csv");
               if (!std::filesystem::exists(path)) write(path, "value\n");
               write(path, payloads[i] + "\n", true);
             }
           }},
      {.kind = "files",
       .settings =
           [](const std::string& folder) {
             return std::map<std::string, std::string>{
                 {"path", folder + "/in"}, {"settle", "100ms"}, {"scan_every", "200ms"}};
           },
       .add =
           [](const std::string& folder, const std::vector<std::string>& payloads) {
             static std::atomic<int> count = 1'000'000;
             std::filesystem::create_directories(folder + "/in");
             for (const std::string& payload : payloads) {
               write(folder + "/in/" + std::to_string(++count) + ".json", payload);
             }
           }},
      {.kind = "jsonl",
       .settings =
           [](const std::string& folder) {
             return std::map<std::string, std::string>{
                 {"path", folder + "/in/*.jsonl"}, {"settle", "100ms"}, {"scan_every", "200ms"}};
           },
       .add =
           [](const std::string& folder, const std::vector<std::string>& payloads) {
             std::filesystem::create_directories(folder + "/in");
             for (size_t i = 0; i < payloads.size(); ++i) {
               const std::string name = i % 3 == 0 ? "/in/a.jsonl" : "/in/b.jsonl";
               write(folder + name, payloads[i] + "\n", true);
             }
           }},
      {.kind = "kafka",
       .settings =
           [](const std::string& folder) {
             return std::map<std::string, std::string>{{"brokers", MockKafka::shared().brokers()},
                                                       {"topic", MockKafka::topic_of(folder)},
                                                       {"scan_every", "200ms"}};
           },
       .add =
           [](const std::string& folder, const std::vector<std::string>& payloads) {
             MockKafka& kafka = MockKafka::shared();
             const std::string topic = MockKafka::topic_of(folder);
             kafka.create(topic, 3);
             for (size_t i = 0; i < payloads.size(); ++i) {
               kafka.send({.topic = topic, .partition = i % 3 == 0 ? 0 : 2, .value = payloads[i]});
             }
             kafka.flush();
           },
       .named = [](const std::string& folder) { return MockKafka::topic_of(folder); }},
      webhook_bench(),
  };
  return all;
}

}  // namespace clearwell::sources
