// What is special about Kafka: partitions, offsets, tombstones, brokers that go away, and positions
// that do not fit what is there. The cluster is librdkafka's own, within this process.
#include <algorithm>

#include "sources/kafka/envelope.h"
#include "sources/kafka/kafka_source.h"
#include "tests/unit/sources/conformance.h"
#include "tests/unit/sources/mock_kafka.h"

namespace clearwell::sources {
namespace {

using Payloads = std::vector<std::string>;
using Settings = std::map<std::string, std::string>;
using clearwell::kafka::Message;

class KafkaSource : public testing::Test {
 protected:
  Harness harness(const std::string& topic, const Settings& more = {}) const {
    Settings settings = {{"brokers", kafka_.brokers()}, {"topic", topic}, {"scan_every", "100ms"}};
    for (const auto& [key, value] : more) settings[key] = value;
    return {"kafka", settings};
  }
  void send(const std::string& topic, const Payloads& payloads, int partition = 0) {
    kafka_.create(topic, 3);
    for (const std::string& payload : payloads) {
      kafka_.send({.topic = topic, .partition = partition, .value = payload});
    }
    kafka_.flush();
  }
  static std::string open_fault(Harness& run) {
    const auto opened = run.open(true);
    if (opened.ok()) return "";
    EXPECT_EQ(opened.error().kind, ErrorKind::Config);
    return opened.error().message;
  }

  MockKafka kafka_;
};

TEST_F(KafkaSource, MessagesWithTheirPlaceAndTime) {
  kafka_.create("t", 3);
  const Instant time(std::chrono::milliseconds(1'577'000'000'123));
  kafka_.send({.topic = "t", .partition = 2, .value = "{}", .time = time});
  kafka_.send({.topic = "t", .partition = 2, .value = "[1]", .time = time});
  kafka_.flush();
  Harness run = harness("t");
  run.open_ok(true);
  batch::RawBatch batch;
  ASSERT_EQ(run.poll(batch, limits_of(), milliseconds(5000)).value(), Polled::Ready);
  ASSERT_EQ(batch.records.size(), 2u);
  const batch::Record& record = batch.records[1];
  EXPECT_EQ(record.payload, "[1]");
  EXPECT_EQ(record.partition, "t/2");
  EXPECT_EQ(record.offset, 1);
  EXPECT_EQ(record.arrived, time);
  EXPECT_EQ(batch::encode_order(record.order), batch::encode_order({1'577'000'000'123, 1, "t/2"}));
}

TEST_F(KafkaSource, PositionsAreReadable) {
  send("t", {"1", "2"}, 1);
  Harness run = harness("t");
  run.open_ok(true);
  EXPECT_EQ(run.read_all().size(), 2u);
  ASSERT_EQ(run.state().lanes.size(), 1u);
  const auto& [lane, position] = *run.state().lanes.begin();
  EXPECT_EQ(lane, "pipe/kafka/t/1");
  EXPECT_TRUE(position.starts_with("{\"cluster\":\"")) << position;
  EXPECT_TRUE(position.ends_with("\"topic\":\"t\",\"partition\":1,\"offset\":2}")) << position;
}

TEST_F(KafkaSource, StartsWhereItIsTold) {
  send("t", {"old"});
  Harness earliest = harness("t");
  earliest.open_ok(false);
  EXPECT_EQ(Harness::payloads(earliest.read(1)), Payloads{"old"});

  Harness latest = harness("t", {{"start", "latest"}});
  latest.open_ok(false);
  batch::RawBatch positions;
  ASSERT_EQ(latest.poll(positions, limits_of(), milliseconds(2000)).value(), Polled::Ready);
  EXPECT_EQ(positions.records.size(), 0u);
  EXPECT_EQ(positions.lanes.size(), 3u);
  latest.commit(positions);
  // What comes while nobody reads is not before the start.
  latest.close();
  send("t", {"new"});
  latest.open_ok(true);
  EXPECT_EQ(Harness::payloads(latest.read_all()), Payloads{"new"});
}

TEST_F(KafkaSource, ATopicThatAppearsIsReadFromItsBeginning) {
  send("orders-a", {"old"});
  send("other", {"not asked for"});
  Harness run = harness("orders-*", {{"start", "latest"}});
  run.open_ok(false);
  batch::RawBatch positions;
  ASSERT_EQ(run.poll(positions, limits_of(), milliseconds(2000)).value(), Polled::Ready);
  run.commit(positions);
  send("orders-b", {"first", "second"});
  EXPECT_EQ(Harness::payloads(run.read(2)), (Payloads{"first", "second"}));
}

TEST_F(KafkaSource, OnceEndsWithWhatWasThereAtTheStart) {
  send("t", {"1", "2", "3"});
  Harness run = harness("t");
  run.open_ok(true);
  send("t", {"4"});
  send("t", {"5"}, 1);
  EXPECT_EQ(Harness::payloads(run.read_all()), (Payloads{"1", "2", "3"}));
  run.open_ok(true);
  Payloads rest = Harness::payloads(run.read_all());
  std::sort(rest.begin(), rest.end());
  EXPECT_EQ(rest, (Payloads{"4", "5"}));
}

TEST_F(KafkaSource, ATombstoneIsTold) {
  kafka_.create("t", 1);
  kafka_.send({.topic = "t", .partition = 0, .key = "k"});
  kafka_.send({.topic = "t", .partition = 0, .key = "k", .value = ""});
  kafka_.flush();
  Harness run = harness("t");
  run.open_ok(true);
  const std::vector<Seen> seen = run.read_all();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].fault, batch::SourceFault::Tombstone);
  EXPECT_EQ(seen[1].fault, batch::SourceFault::None);
}

TEST_F(KafkaSource, AnEnvelopeHoldsTheWholeMessage) {
  kafka_.create("t", 1);
  const Instant time(std::chrono::milliseconds(1'577'000'000'250));
  kafka_.send({.topic = "t", .partition = 0, .key = "k", .time = time});
  kafka_.send({.topic = "t", .partition = 0, .value = "{\"a\": 1}", .time = time});
  kafka_.flush();
  Harness run = harness("t", {{"envelope", "true"}});
  run.open_ok(true);
  const std::string when = "\"timestamp\":\"2019-12-22T07:33:20.250Z\",\"headers\":null";
  EXPECT_EQ(Harness::payloads(run.read_all()),
            (Payloads{"{\"key\":\"k\"," + when + ",\"value\":null}",
                      "{\"key\":null," + when + ",\"value\":{\"a\": 1}}"}));
}

TEST_F(KafkaSource, APositionThatDoesNotFitIsTold) {
  send("t", {"1", "2", "3"});
  Harness run = harness("t");
  run.open_ok(true);
  EXPECT_EQ(run.read_all().size(), 3u);
  std::string& position = run.state().lanes.at("pipe/kafka/t/0");
  const std::string good = position;
  const auto replace = [&](const std::string& from, const std::string& to) {
    position = good;
    position.replace(position.find(from), from.size(), to);
  };
  replace("\"offset\":3", "\"offset\":300");
  std::string fault = open_fault(run);
  EXPECT_NE(fault.find("it has been read up to offset 300, but ends at 3 now"), std::string::npos)
      << fault;
  EXPECT_NE(fault.find("if_replaced: restart"), std::string::npos) << fault;

  replace("{\"cluster\":\"", "{\"cluster\":\"another-");
  fault = open_fault(run);
  EXPECT_NE(fault.find("it was read in the cluster another-"), std::string::npos) << fault;

  const std::string other = position;
  Harness goes_on = harness("t", {{"if_replaced", "continue"}});
  goes_on.state().lanes["pipe/kafka/t/0"] = other;
  goes_on.open_ok(true);
  EXPECT_EQ(goes_on.read_all().size(), 0u);
  Harness restarts = harness("t", {{"if_replaced", "restart"}});
  restarts.state().lanes["pipe/kafka/t/0"] = other;
  restarts.open_ok(true);
  EXPECT_EQ(restarts.read_all().size(), 3u);

  position = "{\"path\":\"a.jsonl\"}";
  EXPECT_NE(open_fault(run).find("the stored position is none of this source"), std::string::npos);
}

TEST_F(KafkaSource, BrokersThatGoAwayAreWaitedFor) {
  send("t", {"1"});
  Harness run = harness("t");
  run.open_ok(false);
  EXPECT_EQ(run.read(1).size(), 1u);
  kafka_.down();
  batch::RawBatch none;
  const auto until = Steady::now() + std::chrono::seconds(20);
  while (run.source().problems().empty() && Steady::now() < until) {
    const auto polled = run.poll(none, limits_of(), milliseconds(50));
    ASSERT_TRUE(polled.ok()) << polled.error().message;
  }
  ASSERT_FALSE(run.source().problems().empty());
  EXPECT_NE(run.source().problems().front().find(kafka_.brokers()), std::string::npos);
  kafka_.up();
  send("t", {"2"});
  EXPECT_EQ(Harness::payloads(run.read(1)), Payloads{"2"});
}

TEST_F(KafkaSource, BrokersThatAreNotThereAreARetryableFault) {
  send("t", {"1"});
  kafka_.down();
  Harness run = harness("t");
  run.open_ok(true);
  batch::RawBatch batch;
  const auto polled = run.poll(batch, limits_of(), milliseconds(10));
  ASSERT_FALSE(polled.ok());
  EXPECT_EQ(polled.error().kind, ErrorKind::Retryable);
  kafka_.up();
  const auto until = Steady::now() + std::chrono::seconds(20);
  for (;;) {
    const auto again = run.poll(batch, limits_of(), milliseconds(100));
    if (again.ok() && again.value() == Polled::Ready) break;
    ASSERT_LT(Steady::now(), until);
  }
  EXPECT_EQ(Harness::payloads(Harness::seen(batch)), Payloads{"1"});
}

std::vector<std::string> faults(const Settings& settings) {
  config::Source source;
  source.type = source.name = "kafka";
  source.settings = settings_of("kafka", settings);
  config::Faults faults;
  kafka::check(source, faults);
  std::vector<std::string> codes;
  for (const config::Fault& fault : faults.list()) codes.push_back(fault.code);
  return codes;
}

TEST(KafkaSettings, AreCheckedWithoutBrokers) {
  const auto with = [](const std::string& key, const std::string& value) {
    Settings settings = {{"brokers", "nowhere:1"}, {"topic", "t"}};
    settings[key] = value;
    return faults(settings);
  };
  using Codes = std::vector<std::string>;
  EXPECT_EQ(with("topic", "a,b-*,c.d_e[0-9]"), Codes{});
  EXPECT_EQ(with("topic", "a,no topic"), Codes{"bad_topic"});
  EXPECT_EQ(with("start", "2026-01-01T00:00:00Z"), Codes{});
  EXPECT_EQ(with("start", "yesterday"), Codes{"bad_start"});
  EXPECT_EQ(with("properties", "security.protocol=SASL_SSL,sasl.password=secret"), Codes{});
  EXPECT_EQ(with("properties", "security.protocoll=SSL"), Codes{"bad_property"});
  EXPECT_EQ(with("properties", "security.protocol=TSL"), Codes{"bad_property"});
  EXPECT_EQ(with("properties", "enable.auto.commit=true"), Codes{"bad_property"});
  EXPECT_EQ(with("properties", "group.id=x"), Codes{"bad_property"});
}

TEST(KafkaEnvelope, NothingInAValueLeavesIt) {
  Message message;
  message.key = "a\"b";
  message.value = "1,\"key\":\"other\"";
  EXPECT_EQ(kafka::wrap(message, {}), *message.value);
  message.value = "{\"a\":1}}";
  EXPECT_EQ(kafka::wrap(message, {}), *message.value);
  message.value = "[1]";
  EXPECT_EQ(kafka::wrap(message, {{"h", "1"}, {"h", "\xFF"}, {"n", {}}}),
            "{\"key\":\"a\\\"b\",\"timestamp\":null,\"headers\":{\"h\":\"\\\\xff\",\"n\":null},"
            "\"value\":[1]}");
}

}  // namespace
}  // namespace clearwell::sources
