#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/decode/decode_fixture.h"

namespace clearwell::testing {
namespace {

constexpr char id[] = "123e4567-e89b-12d3-a456-426614174000";

TEST(JsonDecoder, ReadsAPurchase) {
  const std::string payload = std::string(R"({"id_":")") + id +
                              R"(","timestamp":"2019-08-15T12:00:00.5","user_id":")" + id +
                              R"(","cart":[{"article_id":")" + id +
                              R"(","quantity":2},{"quantity":-4,"article_id":")" + id + R"("}]})";
  const Decoded batch(purchase_kind(), {payload});
  EXPECT_EQ(batch.why(), "");
  EXPECT_EQ(batch.row(0), std::string("id_=") + id +
                              ", timestamp=2019-08-15T12:00:00.5Z, user_id=" + id +
                              ", cart=[{article_id: " + id + ", quantity: 2}, {article_id: " + id +
                              ", quantity: -4}]");
}

TEST(JsonDecoder, JudgesEveryFieldAndSparesTheNeighbours) {
  const std::string good = std::string(R"({"id_":")") + id +
                           R"(","timestamp":"2019-08-15T12:00:00","user_id":")" + id +
                           R"(","cart":[]})";
  const std::string bad = std::string(R"({"id_":")") + id +
                          R"(","timestamp":"yesterday","cart":["foo",{"article_id":5}]})";
  const Decoded batch(purchase_kind(), {good, bad, good, "{\"id_\":[", good});
  EXPECT_EQ(batch.why(0), "");
  EXPECT_EQ(batch.why(2), "");
  EXPECT_EQ(batch.why(4), "");
  EXPECT_EQ(batch.row(0), batch.row(2));
  EXPECT_EQ(batch.row(0), batch.row(4));
  EXPECT_EQ(batch.why(1),
            "field.format: timestamp is yesterday, but must be a date and time like "
            "2019-08-15T12:00:00 or 2019-08-15T12:00:00+02:00\n"
            "field.type: cart[0] is a text \"foo\", but must be an object\n"
            "field.type: cart[1].article_id is a number 5, but must be a UUID, written as a text\n"
            "field.missing: cart[1].quantity is missing\n"
            "field.missing: user_id is missing");
  EXPECT_EQ(batch.row(1), std::string("id_=") + id +
                              ", timestamp=NULL, user_id=NULL, cart=[NULL, {article_id: NULL, "
                              "quantity: NULL}]");
  EXPECT_EQ(batch.why(3), "json.incomplete: the record ends at byte 8, where a value was due");
  EXPECT_EQ(batch.row(3), "id_=NULL, timestamp=NULL, user_id=NULL, cart=NULL");
}

// One field of a type, given a value as JSON: "the value" or its reasons.
std::string read(const Field& declared, const std::string& json) {
  const Decoded batch(kind_of({declared}), {"{\"" + declared.name + "\":" + json + "}"});
  return batch.code().empty() ? batch.row(0) : batch.why();
}

TEST(JsonDecoder, ReadsEveryType) {
  EXPECT_EQ(read(field("a", FieldType::Text), R"("x\u00e9\ud83d\ude00\/\n")"), "a=xé😀/\n");
  EXPECT_EQ(read(field("a", FieldType::Text), "\"a text of more than twelve bytes\""),
            "a=a text of more than twelve bytes");
  EXPECT_EQ(read(field("a", FieldType::Text), R"("a \"text\" of more than twelve bytes")"),
            "a=a \"text\" of more than twelve bytes");
  EXPECT_EQ(read(field("a", FieldType::Integer), "-9223372036854775808"), "a=-9223372036854775808");
  EXPECT_EQ(read(decimal_field("a", 12, 2), "7.0"), "a=7.00");
  EXPECT_EQ(read(decimal_field("a", 38, 20), "0.30000000000000000004"), "a=0.30000000000000000004");
  EXPECT_EQ(read(field("a", FieldType::Double), "-1.5e3"), "a=-1500");
  EXPECT_EQ(read(field("a", FieldType::Boolean), "true"), "a=true");
  EXPECT_EQ(read(field("a", FieldType::Date), "\"9999-12-31\""), "a=9999-12-31");
  EXPECT_EQ(read(field("a", FieldType::Timestamp), "\"2019-08-15 12:00:00+02:00\""),
            "a=2019-08-15T10:00:00Z");
  EXPECT_EQ(read(field("a", FieldType::LocalTimestamp), "\"2019-08-15 12:00:00\""),
            "a=2019-08-15T12:00:00");
  EXPECT_EQ(read(field("a", FieldType::Uuid), "\"123E4567E89B12D3A456426614174000\""),
            std::string("a=") + id);
}

TEST(JsonDecoder, KeepsTheBytesOfJson) {
  const Field json = field("a", FieldType::Json);
  for (const char* value : {"{ \"b\" : [1.50, 1e400 ,\"\\u00e9\"] , \"b\":null}", "[]", "{}", "12",
                            "\"x\\n\"", "false", "123456789012345678901234567890.10"}) {
    EXPECT_EQ(read(json, " " + std::string(value) + " \n"), "a=" + std::string(value));
  }
  EXPECT_EQ(read(json, "null"), "field.null: a is null, but must have a value");
  EXPECT_EQ(read(json, R"({"b":["\u0000"]})"),
            "field.format: a is {\"b\":[\"\\u0000\"]}, but must not contain the character U+0000");
}

TEST(JsonDecoder, NamesWhatWasFoundAndExpected) {
  EXPECT_EQ(read(field("a", FieldType::Integer), "\"5\""),
            "field.type: a is a text \"5\", but must be an integer");
  EXPECT_EQ(read(field("a", FieldType::Integer), "5.0"),
            "field.type: a is 5.0, but must be an integer, written with digits only");
  EXPECT_EQ(read(field("a", FieldType::Integer), "1e3"),
            "field.type: a is 1e3, but must be an integer, written with digits only");
  EXPECT_EQ(read(field("a", FieldType::Integer), "9223372036854775808"),
            "field.range: a is 9223372036854775808, but must fit into 64 bits "
            "(±9223372036854775807)");
  EXPECT_EQ(read(field("a", FieldType::Double), "1e400"),
            "field.range: a is 1e400, but must be between ±1.7976931348623157e308");
  EXPECT_EQ(read(decimal_field("a", 12, 2), "7.005"),
            "field.format: a is 7.005, but must not have more decimals than 2");
  EXPECT_EQ(read(decimal_field("a", 12, 2), "\"7.00\""),
            "field.type: a is a text \"7.00\", but must be a number");
  EXPECT_EQ(read(field("a", FieldType::Text), "5"),
            "field.type: a is a number 5, but must be a text");
  EXPECT_EQ(read(field("a", FieldType::Text), "[ 1 ]"),
            "field.type: a is a list, but must be a text");
  EXPECT_EQ(read(field("a", FieldType::Text), "{}"),
            "field.type: a is an object, but must be a text");
  EXPECT_EQ(read(field("a", FieldType::Boolean), "1"),
            "field.type: a is a number 1, but must be true or false");
  EXPECT_EQ(read(field("a", FieldType::Text), "true"), "field.type: a is true, but must be a text");
  EXPECT_EQ(read(field("a", FieldType::Timestamp), "1565870400"),
            "field.type: a is a number 1565870400, but must be a date and time, written as a text");
  EXPECT_EQ(read(field("a", FieldType::Date), "\"\""),
            "field.format: a is empty, but must be a date like 2019-08-15");
  EXPECT_EQ(read(field("a", FieldType::Text), "\"\\u0000\""),
            "field.format: a is \xEF\xBF\xBD, but must not contain the character U+0000");
  EXPECT_EQ(read(list_field("a", field("item", FieldType::Integer)), "{\"b\":1}"),
            "field.type: a is an object, but must be a list");
  EXPECT_EQ(read(object_field("a", {field("b", FieldType::Integer)}), "[]"),
            "field.type: a is a list, but must be an object");
}

TEST(JsonDecoder, EpochsMayBeNumbers) {
  Field when = field("a", FieldType::Timestamp);
  when.parse = {"%F %T", "%s"};
  EXPECT_EQ(read(when, "1565870400"), "a=2019-08-15T12:00:00Z");
  EXPECT_EQ(read(when, "\"1565870400\""), "a=2019-08-15T12:00:00Z");
  EXPECT_EQ(read(when, "1.5"),
            "field.format: a is 1.5, but must have the format \"%F %T\" or \"%s\"");
}

TEST(JsonDecoder, MissingNullAndDefault) {
  Field must = field("must", FieldType::Integer);
  Field may = field("may", FieldType::Integer);
  may.required = false;
  Field nullable = field("nullable", FieldType::Integer);
  nullable.nullable = true;
  Field given = field("given", FieldType::Text);
  given.default_value = "a default of more than twelve bytes";
  Field list = list_field("list", must);
  list.default_value = "[]";
  const config::Kind kind = kind_of({must, may, nullable, given, list});
  const Decoded batch(
      kind, {R"({"must":1,"nullable":null})",
             R"({"must":null,"may":null,"given":null,"list":null})", R"({"list":[null,1]})"});
  EXPECT_EQ(batch.why(0), "");
  EXPECT_EQ(batch.row(0),
            "must=1, may=NULL, nullable=NULL, given=a default of more than twelve bytes, list=[]");
  EXPECT_EQ(batch.why(1),
            "field.null: must is null, but must have a value\n"
            "field.null: given is null, but must have a value\n"
            "field.null: list is null, but must have a value\n"
            "field.missing: nullable is missing");
  EXPECT_EQ(batch.why(2),
            "field.null: list[0] is null, but must have a value\n"
            "field.missing: must is missing\nfield.missing: nullable is missing");
  EXPECT_EQ(batch.row(2),
            "must=NULL, may=NULL, nullable=NULL, given=a default of more than twelve bytes, "
            "list=[NULL, 1]");
}

// For patches: what is absent is not the same as what is null.
TEST(JsonDecoder, TellsWhichFieldsAreAbsent) {
  Field id = field("id", FieldType::Integer), name = field("name", FieldType::Text);
  name.required = false;
  name.default_value = "nobody";
  Field street = field("street", FieldType::Text), place = field("place", FieldType::Object);
  street.required = place.required = false;
  place.children = {street};
  config::Kind kind = kind_of({id, name, place});
  const std::vector<std::string> payloads = {R"({"id":1})", R"({"id":1,"name":null,"place":null})",
                                             R"({"place":{"street":null},"id":1})",
                                             R"({"place":{},"id":1,"name":"x"})"};
  const auto absent = [&] {
    std::string out;
    const Decoded decoded(kind, payloads);
    for (const auto& [row, field] : decoded.columns().absent) {
      out += std::to_string(row) + ":" + std::to_string(field) + " ";
    }
    return out;
  };
  EXPECT_EQ(absent(), "");
  kind.loads.emplace_back().mode = config::LoadMode::Patch;
  EXPECT_EQ(absent(), "0:1 0:2 0:3 1:3 2:1 3:3 ");
}

TEST(JsonDecoder, CleansBeforeItJudges) {
  Field text = field("a", FieldType::Text);
  text.trim = text.upper = text.empty_is_null = true;
  EXPECT_EQ(read(text, "\"  straße, a long text \""), "a=STRAßE, A LONG TEXT");
  EXPECT_EQ(read(text, R"(" \t ")"), "field.null: a is null, but must have a value");
  text.required = false;
  EXPECT_EQ(read(text, "\"  \""), "a=NULL");
  Field date = field("a", FieldType::Date);
  date.trim = true;
  EXPECT_EQ(read(date, "\" 2019-08-15\""), "a=2019-08-15");
  Field number = field("a", FieldType::Integer);
  number.empty_is_null = true;
  number.required = false;
  EXPECT_EQ(read(number, "\"\""), "a=NULL");
}

TEST(JsonDecoder, UnknownFields) {
  config::Kind kind = kind_of({object_field("o", {field("n", FieldType::Integer)})});
  const std::vector<std::string> payloads = {R"({"b\n" : [1, {"c":2}],"o":{"n":1,"x":2}, "d":"e"})",
                                             R"({"o":{"n":1}})", R"({"o":{"n":1},"e":"\u0000"})"};
  const Decoded ignored(kind, payloads);
  EXPECT_EQ(ignored.row(0), "o={n: 1}");
  EXPECT_EQ(ignored.why(0) + ignored.why(2), "");
  kind.unknown_fields = config::UnknownFields::Keep;
  const Decoded kept(kind, payloads);
  EXPECT_EQ(kept.row(0), R"(o={n: 1}, _extra={"b\n":[1, {"c":2}],"d":"e"})");
  EXPECT_EQ(kept.row(1), "o={n: 1}, _extra=NULL");
  EXPECT_EQ(kept.why(2), "field.format: e must not contain the character U+0000");
  kind.unknown_fields = config::UnknownFields::Refuse;
  const Decoded refused(kind, payloads);
  EXPECT_EQ(refused.why(0),
            "field.unknown: b\n is not a field of the contract\n"
            "field.unknown: o.x is not a field of the contract\n"
            "field.unknown: d is not a field of the contract");
  EXPECT_EQ(refused.why(1), "");
  config::Kind user = kind_of({field("address", FieldType::Text)});
  user.unknown_fields = config::UnknownFields::Refuse;
  EXPECT_EQ(Decoded(user, {R"({"adress":"x"})"}).why(),
            "field.unknown: adress is not a field of the contract; did you mean address?\n"
            "field.missing: address is missing");
}

TEST(JsonDecoder, ListsOfListsGrowAndTakeBack) {
  const Field inner = list_field("item", field("item", FieldType::Integer));
  config::Kind kind = kind_of({list_field("l", inner)});
  kind.fields[0].children[0].nullable = true;
  std::vector<std::string> payloads;
  for (int i = 0; i < 5000; ++i) {
    payloads.push_back(fmt::format(R"({{"l":[[{0},1],null,[],[{0}]]}})", i));
    // Broken after many elements: they must leave nothing behind, not even a NULL.
    payloads.emplace_back(R"({"l":[null,[1,"x"],null,[null],[3],[4,5)");
  }
  const Decoded batch(kind, payloads);
  for (size_t i = 0; i < 5000; ++i) {
    ASSERT_EQ(batch.why(2 * i), "");
    ASSERT_EQ(batch.row(2 * i), fmt::format("l=[[{0}, 1], NULL, [], [{0}]]", i));
    ASSERT_EQ(batch.code(2 * i + 1), "json.incomplete");
    ASSERT_EQ(batch.row(2 * i + 1), "l=NULL");
  }
  for (const duckdb::Chunk& chunk : batch.columns().data.chunks) {
    const duckdb::Column list = chunk.column(0);
    EXPECT_EQ(list.list_size(), chunk.rows() / 2 * 4);
    EXPECT_EQ(list.child().list_size(), chunk.rows() / 2 * 3);
  }
}

TEST(JsonDecoder, TakenColumnsAreNullOfAnyType) {
  const std::string payload = std::string(R"({"id_":")") + id +
                              R"(","timestamp":"2019-08-15T12:00:00","user_id":")" + id +
                              R"(","cart":[{"article_id":")" + id + R"(","quantity":2}]})";
  const Decoded batch(
      purchase_kind(), {payload, "{", payload},
      {{"articles", "price", duckdb::list_of(duckdb::decimal(12, 2))},
       {"articles", "currency", duckdb::struct_of({"a"}, {duckdb::simple(duckdb::TypeId::Blob)})}});
  const duckdb::Column item = batch.columns().data.chunks[0].column(3).child();
  for (uint64_t element = 0; element < 2; ++element) {
    EXPECT_TRUE(item.field(0).is_valid(element));
    EXPECT_FALSE(item.field(1).is_valid(element));
    EXPECT_FALSE(item.field(2).is_valid(element));
    EXPECT_EQ(item.field(3).data<int64_t>()[element], 2);
  }
}

TEST(JsonDecoder, FieldsInAnyOrder) {
  std::vector<Field> fields;
  for (int i = 0; i < 100; ++i)
    fields.push_back(field("f" + std::to_string(i), FieldType::Integer));
  std::string payload = "{";
  for (int i = 0; i < 100; ++i) {
    const int number = i * 37 % 100;
    payload += (i > 0 ? ",\"f" : "\"f") + std::to_string(number) + "\":" + std::to_string(number);
  }
  const Decoded batch(kind_of(fields), {payload + "}", "{}", payload + ",\"f5\":5}"});
  EXPECT_EQ(batch.why(0), "");
  for (size_t i = 0; i < 100; ++i) {
    EXPECT_EQ(batch.columns().data.chunks[0].column(i).data<int64_t>()[0], static_cast<int>(i));
  }
  EXPECT_EQ(batch.code(1), "field.missing");
  EXPECT_EQ(batch.why(2), "json.duplicate_key: f5 stands twice in the record");
}

}  // namespace
}  // namespace clearwell::testing
