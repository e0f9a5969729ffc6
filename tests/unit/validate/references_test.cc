#include "validate/references.h"

#include <functional>
#include <map>

#include <fmt/format.h>

#include "batch/scalar_text.h"
#include "tests/unit/decode/decode_fixture.h"
#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::testing {
namespace {

using validate::MissingParent;
using validate::References;

Field refers(Field field, std::string table, std::string column,
             std::vector<config::Reference::Take> take = {}) {
  field.reference.emplace();
  field.reference->table = std::move(table);
  field.reference->column = std::move(column);
  field.reference->take = std::move(take);
  return field;
}

// Tables of a warehouse, and what was asked of them.
struct Tables {
  duckdb::Connection connection = memory_connection();
  std::vector<std::string> asked;  // "users.id(1,2)"

  void run(const std::string& sql) {
    const auto done = connection.execute(sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }
  validate::LookUp look_up() {
    return [this](const std::string& table, const std::string& column,
                  const std::vector<std::string>& take,
                  const std::vector<std::string>& keys) -> Result<duckdb::Rows> {
      std::vector<std::string> sorted = keys;
      std::sort(sorted.begin(), sorted.end());
      std::string list, taken;
      for (const std::string& key : sorted) list += (list.empty() ? "" : ",") + key;
      for (const std::string& name : take) taken += ", " + name;
      asked.push_back(table + "." + column + "(" + list + ")");
      std::string in;
      for (const std::string& key : keys) in += (in.empty() ? "" : ", ") + duckdb::quote_text(key);
      return connection.query("SELECT " + column + "::VARCHAR" + taken + " FROM " + table +
                              " WHERE " + column + "::VARCHAR IN (" + in + ")");
    };
  }
  std::string take_asked() {
    std::string out;
    for (const std::string& one : asked) out += (out.empty() ? "" : " ") + one;
    asked.clear();
    return out;
  }
};

// A decoded batch, its references answered.
struct Answered {
  Answered(const config::Kind& kind, const std::vector<std::string>& payloads, Tables& tables,
           References& references, const std::vector<batch::TakenType>& taken = {})
      : decoded(kind, payloads, taken) {
    auto columns = batch::Columns();
    auto& own = const_cast<batch::Columns&>(decoded.columns());
    const auto done = references.apply(tables.look_up(), own, decoded.reasons(), missing);
    EXPECT_TRUE(done.ok()) << done.error().message;
  }
  // Rows of the columns, each as DuckDB shows it.
  std::string rows() const {
    duckdb::Connection connection = memory_connection();
    auto relation = connection.add_relation("rows", decoded.columns().data.schema);
    EXPECT_TRUE(relation.ok());
    relation->set(&decoded.columns().data.chunks);
    std::string out = show_query(connection, "FROM rows");
    relation->clear();
    return out;
  }
  std::string misses() const {
    std::string out;
    for (const MissingParent& one : missing) {
      out += (out.empty() ? "" : " ") + std::to_string(one.record) + ":" + one.reference->table +
             "=" + one.value;
    }
    return out;
  }

  Decoded decoded;
  std::vector<MissingParent> missing;
};

References references_of(const config::Kind& kind,
                         const std::vector<batch::TakenType>& taken = {}) {
  return {kind, batch::contract_schema(kind, taken)};
}

// A batch must not lose the parents that it has found already when a new one makes them too many.
TEST(References, FullCacheKeepsWhatTheBatchFinds) {
  Tables tables;
  tables.run("CREATE TABLE users AS FROM range(1, 9) t(id)");
  const config::Kind kind = kind_of({refers(field("user_id", FieldType::Integer), "users", "id")});
  References references{kind, batch::contract_schema(kind, {}), 2};
  const auto user = [](int id) { return fmt::format(R"({{"user_id":{}}})", id); };
  EXPECT_EQ(Answered(kind, {user(1), user(2)}, tables, references).misses(), "");
  EXPECT_EQ(Answered(kind, {user(1), user(3)}, tables, references).misses(), "");
  EXPECT_EQ(tables.take_asked(), "users.id(1,2) users.id(3)");
  EXPECT_EQ(Answered(kind, {user(1), user(3), user(4)}, tables, references).misses(), "");
  EXPECT_EQ(tables.take_asked(), "users.id(1,3,4)");
}

TEST(References, PresentAndMissingParents) {
  Tables tables;
  tables.run("CREATE TABLE users AS SELECT * FROM (VALUES (1, 'Lund'), (2, NULL)) t(id, city)");
  const config::Kind kind = kind_of(
      {refers(field("user_id", FieldType::Integer), "users", "id", {{"city", "town", {}}})});
  References references = references_of(kind);
  Answered batch(kind, {R"({"user_id":1})", R"({"user_id":7})", R"({"user_id":2})"}, tables,
                 references);
  EXPECT_EQ(batch.rows(), "1|Lund\n7|NULL\n2|NULL");
  EXPECT_EQ(batch.decoded.why(0) + batch.decoded.why(2), "");
  EXPECT_EQ(batch.decoded.why(1), "reference.missing: user_id is 7, which is not in users.id");
  EXPECT_EQ(batch.misses(), "1:users=7");
  EXPECT_EQ(tables.take_asked(), "users.id(1,2,7)");
}

TEST(References, NullsAndUndecodedFieldsAskNothing) {
  Tables tables;
  tables.run("CREATE TABLE users (id BIGINT)");
  Field user = refers(field("user_id", FieldType::Integer), "users", "id");
  user.required = false;
  user.nullable = true;
  const config::Kind kind = kind_of({user});
  References references = references_of(kind);
  Answered batch(kind, {"{}", R"({"user_id":null})", R"({"user_id":"x"})", "{"}, tables,
                 references);
  EXPECT_EQ(batch.misses(), "");
  EXPECT_EQ(tables.take_asked(), "");
  EXPECT_EQ(batch.decoded.code(2), "field.type");
}

TEST(References, InsideListsAndObjects) {
  Tables tables;
  tables.run("CREATE TABLE articles AS SELECT * FROM (VALUES ('a', 1.50), ('b', 2)) t(id, price)");
  tables.run("CREATE TABLE tags AS SELECT 'x' AS tag");
  const Field article =
      refers(field("article", FieldType::Text), "articles", "id", {{"price", "price", {}}});
  const config::Kind kind =
      kind_of({list_field("cart", object_field("item", {article, field("n", FieldType::Integer)})),
               object_field("gift", {article}),
               list_field("tags", refers(field("item", FieldType::Text), "tags", "tag"))});
  const std::vector<batch::TakenType> taken = {{"articles", "price", duckdb::decimal(12, 2)}};
  References references = references_of(kind, taken);
  EXPECT_EQ(references.targets(), (std::vector<std::string>{"articles.id", "tags.tag"}));
  Answered batch(
      kind,
      {R"({"cart":[{"article":"a","n":1},{"article":"zz","n":2},{"article":"b","n":3}],)"
       R"("gift":{"article":"b"},"tags":["x","y"]})",
       R"({"cart":[],"gift":{"article":"none"},"tags":[]})",
       R"({"cart":[{"article":"b","n":1}],"gift":{"article":"a"},"tags":["z","x","z"]})"},
      tables, references, taken);
  EXPECT_EQ(batch.decoded.why(0),
            "reference.missing: cart[1].article is zz, which is not in articles.id\n"
            "reference.missing: tags[1] is y, which is not in tags.tag");
  EXPECT_EQ(batch.decoded.why(1),
            "reference.missing: gift.article is none, which is not in articles.id");
  EXPECT_EQ(batch.decoded.why(2),
            "reference.missing: tags[0] is z, which is not in tags.tag\n"
            "reference.missing: tags[2] is z, which is not in tags.tag");
  EXPECT_EQ(batch.rows(),
            "[{'article': a, 'price': 1.50, 'n': 1}, {'article': zz, 'price': NULL, 'n': 2}, "
            "{'article': b, 'price': 2.00, 'n': 3}]|{'article': b, 'price': 2.00}|[x, y]\n"
            "[]|{'article': none, 'price': NULL}|[]\n"
            "[{'article': b, 'price': 2.00, 'n': 1}]|{'article': a, 'price': 1.50}|[z, x, z]");
}

TEST(References, PathsOfListsInLists) {
  Tables tables;
  tables.run("CREATE TABLE parts AS SELECT 'a' AS id");
  const Field part = refers(field("part", FieldType::Text), "parts", "id");
  const config::Kind kind = kind_of(
      {list_field("boxes", object_field("item", {list_field("rows", object_field("item", {part})),
                                                 list_field("grid", list_field("item", part))}))});
  References references = references_of(kind);
  Answered batch(kind,
                 {R"({"boxes":[{"rows":[],"grid":[]},{"rows":[{"part":"a"},{"part":"a"},)"
                  R"({"part":"b"}],"grid":[["a"],["a","c"]]}]})",
                  R"({"boxes":[{"rows":[{"part":"d"}],"grid":[]}]})"},
                 tables, references);
  EXPECT_EQ(batch.decoded.why(0),
            "reference.missing: boxes[1].rows[2].part is b, which is not in parts.id\n"
            "reference.missing: boxes[1].grid[1][1] is c, which is not in parts.id");
  EXPECT_EQ(batch.decoded.why(1),
            "reference.missing: boxes[0].rows[0].part is d, which is not in parts.id");
}

TEST(References, NullObjectsAndListsOnTheWay) {
  Tables tables;
  tables.run("CREATE TABLE users AS SELECT 1::BIGINT AS id");
  const auto optional = [](Field field) {
    field.required = false;
    field.nullable = true;
    return field;
  };
  const Field user = optional(refers(field("u", FieldType::Integer), "users", "id"));
  Field item = object_field("item", {user});
  item.nullable = true;
  Field list = optional(list_field("l", item));
  list.children[0].nullable = true;
  const config::Kind kind = kind_of({optional(object_field("o", {user})), list});
  References references = references_of(kind);
  Answered batch(
      kind,
      {R"({"o":null,"l":null})", "{}", R"({"o":{"u":null},"l":[null,{"u":null},{"u":9}]})",
       R"({"o":{"u":1},"l":[{"u":1}]})"},
      tables, references);
  EXPECT_EQ(batch.misses(), "2:users=9");
  EXPECT_EQ(batch.decoded.why(2), "reference.missing: l[2].u is 9, which is not in users.id");
}

TEST(References, EveryTypeCanBeTaken) {
  const std::map<std::string, std::string> values = {
      {"BOOLEAN", "true"},
      {"INTEGER", "-7"},
      {"BIGINT", "9007199254740993"},
      {"DOUBLE", "0.25"},
      {"DECIMAL(4,2)", "-12.34"},
      {"DECIMAL(9,2)", "1234567.89"},
      {"DECIMAL(18,2)", "1234567890123456.78"},
      {"DECIMAL(38,2)", "123456789012345678901234567890123456.78"},
      {"DATE", "2024-02-29"},
      {"TIMESTAMP", "2024-02-29 12:00:00.000001"},
      {"TIMESTAMP WITH TIME ZONE", "2024-02-29 12:00:00.5+00"},
      {"UUID", "12345678-9abc-def0-1234-56789abcdef0"},
      {"VARCHAR", "a text that is longer than twelve bytes"},
      {"JSON", "{\"a\": [1]}"},
      {"BLOB", "\\x00\\xFF"},
      {"BIGINT[]", "[1, NULL, 3]"},
      {"VARCHAR[]", "[a text that is longer than twelve bytes, b]"},
      {"STRUCT(a BIGINT, b VARCHAR[])", "{'a': 1, 'b': [x, y]}"},
      {"STRUCT(a BIGINT, b VARCHAR)[]", "[{'a': 1, 'b': x}, NULL, {'a': NULL, 'b': y}]"}};
  for (const auto& [type, value] : values) {
    Tables tables;
    tables.run("CREATE TABLE t AS SELECT 'k' AS id, CAST('" +
               [](std::string text) {
                 for (size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) {
                   text.insert(at, 1, '\'');
                 }
                 return text;
               }(value) +
               "' AS " + type + ") AS v UNION ALL SELECT 'n', NULL");
    auto schema = tables.connection.describe("SELECT v FROM t");
    ASSERT_TRUE(schema.ok());
    const std::vector<batch::TakenType> taken = {{"t", "v", schema->at(0).type}};
    const config::Kind kind =
        kind_of({refers(field("k", FieldType::Text), "t", "id", {{"v", "v", {}}}),
                 list_field("l", object_field("item", {refers(field("k", FieldType::Text), "t",
                                                              "id", {{"v", "v", {}}})}))});
    References references = references_of(kind, taken);
    for (int round = 0; round < 2; ++round) {  // from the table, then from the cache
      Answered batch(kind,
                     {R"({"k":"k","l":[{"k":"n"},{"k":"k"}]})", R"({"k":"n","l":[{"k":"k"}]})"},
                     tables, references, taken);
      EXPECT_EQ(batch.misses(), "") << type;
      const std::string k =
          show_query(tables.connection, "SELECT {'k': id, 'v': v} FROM t WHERE id = 'k'");
      EXPECT_EQ(batch.rows(),
                fmt::format("k|{0}|[{{'k': n, 'v': NULL}}, {1}]\nn|NULL|[{1}]", value, k))
          << type;
    }
  }
}

TEST(References, PresentKeysAreCachedAndAbsentOnesAreNot) {
  Tables tables;
  tables.run("CREATE TABLE users AS SELECT 1::BIGINT AS id");
  const config::Kind kind = kind_of({refers(field("u", FieldType::Integer), "users", "id")});
  References references = references_of(kind);
  const std::vector<std::string> payloads = {R"({"u":1})", R"({"u":2})", R"({"u":1})"};
  EXPECT_EQ(Answered(kind, payloads, tables, references).misses(), "1:users=2");
  EXPECT_EQ(tables.take_asked(), "users.id(1,2)");
  EXPECT_EQ(Answered(kind, payloads, tables, references).misses(), "1:users=2");
  EXPECT_EQ(tables.take_asked(), "users.id(2)");
  tables.run("INSERT INTO users VALUES (2)");
  EXPECT_EQ(Answered(kind, payloads, tables, references).misses(), "");
  EXPECT_EQ(tables.take_asked(), "users.id(2)");
  EXPECT_EQ(Answered(kind, payloads, tables, references).misses(), "");
  EXPECT_EQ(tables.take_asked(), "");
}

TEST(References, InvalidateDropsOneTablesRows) {
  Tables tables;
  tables.run("CREATE TABLE a AS SELECT 1::BIGINT AS id, 'old' AS v");
  tables.run("CREATE TABLE b AS SELECT 1::BIGINT AS id, 'old' AS v");
  const config::Kind kind =
      kind_of({refers(field("a", FieldType::Integer), "a", "id", {{"v", "av", {}}}),
               refers(field("b", FieldType::Integer), "b", "id", {{"v", "bv", {}}})});
  References references = references_of(kind);
  const std::vector<std::string> payload = {R"({"a":1,"b":1})"};
  EXPECT_EQ(Answered(kind, payload, tables, references).rows(), "1|old|1|old");
  tables.run("UPDATE a SET v = 'new'");
  tables.run("UPDATE b SET v = 'new'");
  references.invalidate("a");
  references.invalidate("unknown");
  EXPECT_EQ(Answered(kind, payload, tables, references).rows(), "1|new|1|old");
}

class BatchParents : public ::testing::Test {
 protected:
  BatchParents()
      : kind_(kind_of(
            {refers(field("u", FieldType::Integer), "users", "id", {{"name", "name", {}}})})),
        references_(references_of(kind_)) {
    tables_.run("CREATE TABLE users (id BIGINT, name VARCHAR)");
  }
  // What the last of so many records, all of which refer to user 1, finds; "missing" if nothing.
  std::string seen_by(uint32_t record) {
    const std::vector<std::string> payloads(record + 1, R"({"u":1})");
    Answered batch(kind_, payloads, tables_, references_);
    for (const MissingParent& one : batch.missing) {
      if (one.record == record) return "missing";
    }
    const std::string rows = batch.rows();
    return rows.substr(rows.rfind('|') + 1);
  }
  static duckdb::Rows parents(const std::string& values) {
    return rows_of("SELECT _record::BIGINT AS _record, id::BIGINT AS id, name FROM (VALUES " +
                   values + ") t(_record, id, name)");
  }

  Tables tables_;
  config::Kind kind_;
  References references_;
};

TEST_F(BatchParents, CountAsPresentUntilTheyAreForgotten) {
  references_.add_parents("users", parents("(0, 1, 'Ada'), (1, 2, NULL)"), {});
  EXPECT_EQ(seen_by(1), "Ada");
  references_.forget_parents();
  EXPECT_EQ(seen_by(1), "missing");
}

TEST_F(BatchParents, CountForLaterRecordsOnly) {
  references_.add_parents("users", parents("(2, 1, 'Ada')"), {});
  EXPECT_EQ(seen_by(1), "missing");
  EXPECT_EQ(seen_by(2), "missing");
  EXPECT_EQ(seen_by(3), "Ada");
}

TEST_F(BatchParents, OfOtherTablesOrWithoutTheColumnDoNotHelp) {
  references_.add_parents("others", parents("(0, 1, 'Ada')"), {});
  references_.add_parents("users", rows_of("SELECT 0::BIGINT AS _record, 1::BIGINT AS uid"), {});
  EXPECT_EQ(seen_by(1), "missing");
}

// With batches of one record the first row of a key would be in the table, and the later ones
// refused as its conflicts. A UNION may hand rows over in another order.
TEST_F(BatchParents, TheFirstRowOfAKeyCounts) {
  references_.add_parents("users", parents("(3, 1, 'Cyd'), (1, 1, 'Bob')"), {});
  references_.add_parents("users", parents("(0, 1, 'Ada')"), {});
  EXPECT_EQ(seen_by(1), "Ada");
  EXPECT_EQ(seen_by(5), "Ada");
}

TEST_F(BatchParents, StandBehindTheRowsThatTheTableHas) {
  tables_.run("INSERT INTO users VALUES (1, 'Stored')");
  references_.add_parents("users", parents("(0, 1, 'Ada')"), {});
  EXPECT_EQ(seen_by(1), "Stored");
}

TEST_F(BatchParents, OfAnUpsertTheNewestRowSoFarCounts) {
  tables_.run("ALTER TABLE users ADD COLUMN _version BLOB");
  tables_.run("INSERT INTO users VALUES (1, 'Stored', 'v2')");
  references_.compare_versions("users");
  EXPECT_EQ(seen_by(0), "Stored");
  references_.add_parents("users",
                          parents("(4, 1, 'v3'), (0, 1, 'v1'), (2, 1, 'v5'), (6, 1, 'v6')"),
                          {"v3", "v1", "v5", "v6"});
  EXPECT_EQ(seen_by(1), "Stored");
  EXPECT_EQ(seen_by(2), "Stored");
  EXPECT_EQ(seen_by(3), "v5");
  EXPECT_EQ(seen_by(5), "v5");
  EXPECT_EQ(seen_by(7), "v6");
  references_.forget_parents();
  EXPECT_EQ(seen_by(7), "Stored");
}

TEST_F(BatchParents, AnUpsertsRowWithoutVersionIsOlderThanAny) {
  tables_.run("ALTER TABLE users ADD COLUMN _version BLOB");
  tables_.run("INSERT INTO users VALUES (1, 'Stored', NULL)");
  references_.compare_versions("users");
  references_.add_parents("users", parents("(0, 1, 'Ada')"), {"v1"});
  EXPECT_EQ(seen_by(0), "Stored");
  EXPECT_EQ(seen_by(1), "Ada");
}

// A record of the same kind: the first that refers to an earlier one.
TEST_F(BatchParents, TheFirstChildIsFound) {
  const Decoded decoded(kind_, {R"({"u":1})", R"({"u":2})", R"({"u":1})", R"({"u":2})"});
  const auto first = [&](const std::string& table, const std::string& values) {
    return references_.first_child(table, parents(values), decoded.columns());
  };
  EXPECT_EQ(first("users", "(0, 1, 'Ada')"), 2);
  EXPECT_EQ(first("users", "(2, 1, 'Ada')"), std::nullopt);
  EXPECT_EQ(first("users", "(1, 1, 'Ada'), (0, 2, 'Bob')"), 1);
  EXPECT_EQ(first("users", "(0, 7, 'Ada')"), std::nullopt);
  EXPECT_EQ(first("others", "(0, 1, 'Ada')"), std::nullopt);
}

// The parent's column may have another type than the field: keys are compared as texts then.
TEST_F(BatchParents, MayHaveAnotherType) {
  const char* uuid = "12345678-9abc-def0-1234-56789abcdef0";
  const config::Kind kind =
      kind_of({refers(field("u", FieldType::Text), "users", "id", {{"name", "name", {}}})});
  References references = references_of(kind);
  tables_.run("CREATE OR REPLACE TABLE users (id UUID, name VARCHAR)");
  references.add_parents("users",
                         rows_of(std::string("SELECT 0::BIGINT AS _record, '") + uuid +
                                 "'::UUID AS id, 'a name beyond twelve bytes' AS name"),
                         {});
  Answered batch(kind, {R"({"u":"other"})", std::string("{\"u\":\"") + uuid + "\"}"}, tables_,
                 references);
  EXPECT_EQ(batch.rows(), "other|NULL\n" + std::string(uuid) + "|a name beyond twelve bytes");

  const config::Kind number = kind_of({refers(field("u", FieldType::Integer), "texts", "id")});
  References numbers = references_of(number);
  tables_.run("CREATE TABLE texts (id VARCHAR)");
  numbers.add_parents("texts", rows_of("SELECT 0::BIGINT AS _record, '17' AS id"), {});
  Answered second(number, {R"({"u":18})", R"({"u":17})"}, tables_, numbers);
  EXPECT_EQ(second.misses(), "0:texts=18");
}

TEST(References, ATableThatHasChangedItsTypesIsAnError) {
  Tables tables;
  tables.run("CREATE TABLE t AS SELECT 1::BIGINT AS id, 17::BIGINT AS v");
  const config::Kind kind =
      kind_of({refers(field("k", FieldType::Integer), "t", "id", {{"v", "v", {}}})});
  References references = references_of(kind);  // knew nothing of the table: v is taken as text
  Decoded decoded(kind, {R"({"k":1})"});
  std::vector<MissingParent> missing;
  const auto done = references.apply(
      tables.look_up(), const_cast<batch::Columns&>(decoded.columns()), decoded.reasons(), missing);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Config);
  EXPECT_EQ(done.error().message,
            "t.v is BIGINT, but was VARCHAR (or the table was not there) when this run began: "
            "start again");
}

TEST(References, AFailedLookUpIsHandedOn) {
  const config::Kind kind = kind_of({refers(field("k", FieldType::Integer), "t", "id")});
  References references = references_of(kind);
  Decoded decoded(kind, {R"({"k":1})"});
  std::vector<MissingParent> missing;
  const auto done = references.apply(
      [](const auto&...) -> Result<duckdb::Rows> { return retryable("the disk is away"); },
      const_cast<batch::Columns&>(decoded.columns()), decoded.reasons(), missing);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Retryable);
  EXPECT_EQ(decoded.why(), "");
}

TEST(References, EveryChunkIsAnswered) {
  Tables tables;
  tables.run(
      "CREATE TABLE t AS SELECT i AS id, 'v' || i AS v FROM range(6000) r(i) WHERE i <> 4321");
  const config::Kind kind =
      kind_of({refers(field("k", FieldType::Integer), "t", "id", {{"v", "v", {}}})});
  References references = references_of(kind);
  std::vector<std::string> payloads;
  for (int i = 0; i < 6000; ++i) payloads.push_back("{\"k\":" + std::to_string(i) + "}");
  Answered batch(kind, payloads, tables, references);
  EXPECT_EQ(batch.misses(), "4321:t=4321");
  EXPECT_EQ(batch.decoded.columns().data.chunks[2].column(1).text(5999 - 4096), "v5999");
}

}  // namespace
}  // namespace clearwell::testing
