// Whole runs over files: what becomes of records, and that batches make no difference.
#include <thread>

#include "tests/unit/engine/project_fixture.h"

namespace clearwell::engine {
namespace {

// proves: accounting | jsonl | duckdb | first-run
TEST(Run, EveryFateOfAnInsert) {
  const auto scenario = [](ProjectFixture& project) {
    project.lines_pipeline("p",
                           "contract:\n"
                           "  id: { type: integer, key: true }\n"
                           "  v: { type: text, nullable: true }\n"
                           "checks: [ { name: no_z, sql: v <> 'z' } ]\n"
                           "load: [ { table: t, key: id, mode: insert, sql: \"SELECT id, v FROM "
                           "accepted WHERE v IS NOT NULL\" } ]\n");
    project.write("p.jsonl",
                  "{\"id\":1,\"v\":\"a\"}\n{\"id\":1,\"v\":\"a\"}\n{\"id\":1,\"v\":\"b\"}\n"
                  "{\"id\":2,\"v\":null}\n{\"id\":3,\"v\":\"z\"}\n{\"id\":\"x\",\"v\":5}\nno json\n"
                  "{\"id\":4,\"v\":\"d\"}\n");
    project.run_well();
    return project.counts("p") + "\n" + project.show("FROM t ORDER BY id") + "\n" +
           project.quarantine();
  };
  EXPECT_EQ(with_every_batch_size(scenario),
            "read 8: loaded 2 duplicate 1 skipped 1 quarantined 4\n"
            "1|a\n4|d\n"
            "3 key.conflict open\n5 check.no_z open\n6 field.type open\n7 json.syntax open");
}

TEST(Run, ConflictsMayBeCountedOnly) {
  ProjectFixture project;
  project.lines_pipeline("p",
                         "contract: { id: { type: integer, key: true }, v: text }\n"
                         "conflicts: count\n"
                         "load: [ { table: t, key: id, mode: insert, sql: \"SELECT id, v FROM "
                         "accepted\" } ]\n");
  project.write("p.jsonl", "{\"id\":1,\"v\":\"a\"}\n{\"id\":1,\"v\":\"b\"}\n");
  project.run_well();
  EXPECT_EQ(project.counts("p"), "read 2: loaded 1 duplicate 1");
}

const char* const upsert_yaml =
    "contract:\n"
    "  id: { type: integer, key: true }\n"
    "  ver: { type: integer }\n"
    "  items: { type: list, items: text }\n"
    "load:\n"
    "  - { table: t, key: id, mode: upsert, version: ver, sql: \"SELECT id, ver, len(items) AS n "
    "FROM accepted\" }\n"
    "  - { table: items, key: [id, i], mode: insert, sql: \"SELECT id, i, items[i] AS item FROM "
    "(SELECT id, items, generate_subscripts(items, 1) AS i FROM accepted)\" }\n"
    "  - { table: history, key: [id, ver], mode: insert, history: true, sql: \"SELECT id, ver, "
    "len(items) AS n FROM accepted\" }\n";

std::string upsert_line(int id, int version, int items) {
  std::string list;
  for (int i = 0; i < items; ++i) {
    list += (i > 0 ? ",\"" : "\"") + std::to_string(version) + "." + std::to_string(i) + "\"";
  }
  return "{\"id\":" + std::to_string(id) + ",\"ver\":" + std::to_string(version) + ",\"items\":[" +
         list + "]}\n";
}

// proves: newest-wins, batches-do-not-matter | jsonl | duckdb | first-run
TEST(Run, UpsertsWithChildrenAndHistory) {
  const auto scenario = [](ProjectFixture& project) {
    project.lines_pipeline("p", upsert_yaml);
    std::string text = "{\"id\":99,\"ver\":\"x\",\"items\":[]}\n";
    // Versions 0 to 7 of keys 0 to 3, three times, each time in another order.
    for (int i = 0; i < 96; ++i) {
      const int which = (i * 13 + i / 32 * 5) % 32, id = which / 8, version = which % 8;
      text += upsert_line(id, version, (id + version) % 3);
    }
    project.write("p.jsonl", text);
    project.run_well();
    const std::string first = project.counts("p");
    // Delivered once more, all of it is old.
    project.write("p2.jsonl", text);
    project.pipeline("p", std::string("from: [ { jsonl: { path: p2.jsonl } } ]\n") + upsert_yaml);
    project.run_well();
    return first + "\n" + project.counts("p") + "\n" +
           project.show("SELECT id, ver, n FROM t ORDER BY id") + "\n--\n" +
           project.show("FROM items ORDER BY ALL") + "\n--\n" +
           project.show("FROM history ORDER BY ALL");
  };
  const std::string outcome = with_every_batch_size(scenario);
  std::string history;
  for (int id = 0; id < 4; ++id) {
    for (int version = 0; version < 8; ++version) {
      history += "\n" + std::to_string(id) + "|" + std::to_string(version) + "|" +
                 std::to_string((id + version) % 3);
    }
  }
  EXPECT_TRUE(
      outcome.ends_with("\n0|7|1\n1|7|2\n2|7|0\n3|7|1\n--\n0|1|7.0\n1|1|7.0\n1|2|7.1\n"
                        "3|1|7.0\n--" +
                        history))
      << outcome;
  EXPECT_NE(outcome.find("read 194: "), std::string::npos) << outcome;
}

TEST(Run, ErrorsOfALoadAreTheirRecordsAlone) {
  const auto scenario = [](ProjectFixture& project) {
    project.lines_pipeline("p",
                           "contract: { id: { type: integer, key: true }, n: text }\n"
                           "load:\n"
                           "  - { table: t, key: id, mode: insert, sql: SELECT id FROM accepted }\n"
                           "  - { table: u, key: id, mode: insert, sql: \"SELECT id, n::INTEGER AS "
                           "n FROM accepted\" }\n");
    std::string text;
    for (int i = 1; i <= 30; ++i) {
      text += "{\"id\":" + std::to_string(i) + ",\"n\":\"" + (i % 10 == 3 ? "x" : "1") + "\"}\n";
    }
    project.write("p.jsonl", text);
    project.run_well();
    return project.counts("p") + "\n" +
           project.show("SELECT count(*), sum(n) FROM t JOIN u USING (id)") + "\n" +
           project.quarantine() + "\n" +
           project.show("SELECT DISTINCT reasons->>'$[0].message' FROM clearwell.quarantine");
  };
  EXPECT_EQ(with_every_batch_size(scenario),
            "read 30: loaded 27 quarantined 3\n27|27\n"
            "3 transform.error open\n13 transform.error open\n23 transform.error open\n"
            "its rows could not be made: Conversion Error: Could not convert string 'x' to INT32 "
            "when casting from source column n");
}

TEST(Run, EveryRecordMayFailInALoad) {
  ProjectFixture project;
  project.lines_pipeline("p",
                         "contract: { id: { type: integer, key: true } }\n"
                         "load: [ { table: t, key: id, mode: insert, sql: \"SELECT (error('never') "
                         "|| id)::BIGINT AS id FROM accepted\" } ]\n");
  project.write("p.jsonl", "{\"id\":1}\n{\"id\":2}\n{\"id\":\"x\"}\n");
  project.run_well();
  EXPECT_EQ(project.counts("p"), "read 3: quarantined 3");
}

// proves: neighbours, only-valid | jsonl | duckdb | first-run
TEST(Run, RowsThatTheDatabaseRefuses) {
  const auto scenario = [](ProjectFixture& project) {
    project.execute("CREATE TABLE t (id BIGINT, v VARCHAR NOT NULL)");
    project.execute("CREATE TABLE u (id BIGINT, n BIGINT CHECK (n < 100))");
    project.lines_pipeline("p",
                           "contract:\n"
                           "  id: { type: integer, key: true }\n"
                           "  v: { type: text, nullable: true }\n"
                           "load:\n"
                           "  - { table: t, key: id, mode: insert, sql: \"SELECT id, v FROM "
                           "accepted\" }\n"
                           "  - { table: u, key: id, mode: insert, sql: \"SELECT id, id * 10 AS n "
                           "FROM accepted\" }\n");
    std::string text;
    for (int i = 1; i <= 20; ++i) {
      text += "{\"id\":" + std::to_string(i % 12) + ",\"v\":" + (i == 4 ? "null" : "\"v\"") + "}\n";
    }
    project.write("p.jsonl", text);
    project.run_well();
    return project.counts("p") + "\n" +
           project.show("SELECT count(*), count(DISTINCT id), max(n) FROM t JOIN u USING (id)") +
           "\n" + project.quarantine() + "\n" +
           project.show(
               "SELECT reasons->>'$[0].message' FROM clearwell.quarantine WHERE line IN (4, 10) "
               "ORDER BY line");
  };
  // 10 and 11 break the check of u, 4 the NOT NULL of t; 16 is 4 again, with a value.
  EXPECT_EQ(with_every_batch_size(scenario),
            "read 20: loaded 10 duplicate 7 quarantined 3\n10|10|90\n"
            "4 row.refused resolved\n10 row.refused open\n11 row.refused open\n"
            "the warehouse refused its row: Constraint Error: NOT NULL constraint failed: t.v\n"
            "the warehouse refused its row: Constraint Error: CHECK constraint failed on table u "
            "with expression CHECK((n < 100))");
}

// proves: no-false-blame | jsonl | duckdb | first-run
TEST(Run, AMissingTableIsBlamedOnNoRecord) {
  ProjectFixture project;
  project.lines_pipeline(
      "p",
      "contract: { id: { type: integer, key: true } }\n"
      "load: [ { table: t, key: id, mode: insert, sql: SELECT id FROM accepted } "
      "]\n");
  project.write("p.jsonl", "{\"id\":1}\n{\"id\":2}\n");
  project.run_well();
  // A view of the same columns can be compared, but not written.
  project.execute("ALTER TABLE t RENAME TO t2; CREATE VIEW t AS SELECT id FROM t2");
  project.append("p.jsonl", "{\"id\":3}\n");
  std::atomic<bool> stop{false};
  RunOptions options;
  options.once = true;
  options.stop = &stop;
  std::thread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(700));
    stop = true;
  });
  const auto report = engine::run(project.load(), project.warehouse(), options);
  stopper.join();
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(project.counts("p"), "read 2: loaded 2");
}

TEST(Run, KeysMayNotBeNull) {
  const auto scenario = [](ProjectFixture& project) {
    project.lines_pipeline("p",
                           "contract:\n"
                           "  id: { type: integer, key: true }\n"
                           "  part: { type: text, nullable: true }\n"
                           "load:\n"
                           "  - { table: t, key: id, mode: insert, sql: SELECT id FROM accepted }\n"
                           "  - { table: u, key: [id, part], mode: insert, sql: \"SELECT id, part "
                           "FROM accepted\" }\n");
    project.write(
        "p.jsonl",
        "{\"id\":1,\"part\":\"a\"}\n{\"id\":2,\"part\":null}\n{\"id\":3,\"part\":\"c\"}\n");
    project.run_well();
    return project.counts("p") + "\n" + project.show("FROM t ORDER BY id") + "\n" +
           project.quarantine() + "\n" +
           project.show("SELECT reasons->>'$[0].message' FROM clearwell.quarantine");
  };
  EXPECT_EQ(with_every_batch_size(scenario),
            "read 3: loaded 2 quarantined 1\n1\n3\n2 key.null open\n"
            "the key of its row for u is NULL");
}

// --- kinds that refer to each other

const char* const shop_yaml =
    "route: kind\n"
    "contracts:\n"
    "  order:\n"
    "    contract:\n"
    "      id: { type: integer, key: true }\n"
    "      user: { type: text, references: users.id, take: [name], if_missing: { park: 30s } }\n"
    "    load: [ { table: orders, key: id, mode: insert, sql: \"SELECT id, user, name FROM "
    "accepted\" } ]\n"
    "  user:\n"
    "    contract:\n"
    "      id: { type: uuid, key: true }\n"
    "      name: { type: text }\n"
    "    load: [ { table: users, key: id, mode: insert, sql: \"SELECT id, name FROM accepted\" } "
    "]\n";

std::string uuid(int n) { return "00000000-0000-4000-8000-00000000000" + std::to_string(n); }
std::string user(int n, const std::string& name) {
  return R"({"kind":"user","id":")" + uuid(n) + R"(","name":")" + name + "\"}\n";
}
std::string order(int id, int n) {
  return R"({"kind":"order","id":)" + std::to_string(id) + R"(,"user":")" + uuid(n) + "\"}\n";
}

TEST(Run, ParentsAndChildrenInOneStream) {
  const auto scenario = [](ProjectFixture& project) {
    project.lines_pipeline("p", shop_yaml);
    project.write("p.jsonl", order(1, 1) + user(1, "Ada") + order(2, 1) + user(1, "not Ada") +
                                 order(3, 2) + "{\"kind\":\"coupon\"}\n{}\n" + order(4, 1) +
                                 user(2, "Bob") + order(5, 3) + user(1, "Ada"));
    project.run_well();
    const std::string first = project.counts("p") + "\n" + project.show("FROM orders ORDER BY id") +
                              "\n" + project.quarantine();
    // The last parent comes at last.
    project.append("p.jsonl", user(3, "Cyd"));
    project.run_well();
    return first + "\n" + project.counts("p") + "\n" + project.show("FROM orders WHERE id = 5") +
           "\n" + project.quarantine();
  };
  EXPECT_EQ(with_every_batch_size(scenario),
            "read 11: loaded 6 duplicate 1 quarantined 4\n1|" + uuid(1) + "|Ada\n2|" + uuid(1) +
                "|Ada\n3|" + uuid(2) + "|Bob\n4|" + uuid(1) +
                "|Ada\n"
                "4 key.conflict open\n6 route.unknown open\n7 route.missing open\n"
                "10 reference.missing open\n"
                "read 12: loaded 8 duplicate 1 quarantined 3\n5|" +
                uuid(3) +
                "|Cyd\n"
                "4 key.conflict open\n6 route.unknown open\n7 route.missing open\n"
                "10 reference.missing released");
}

// A parent that is refused is absent, also for the children of its own batch.
// proves: only-valid | jsonl | duckdb | park-release
TEST(Run, ChildrenOfARefusedParentWaitForIt) {
  const auto scenario = [](ProjectFixture& project) {
    project.execute("CREATE TABLE users (id UUID, name VARCHAR CHECK (name <> 'bad'))");
    project.lines_pipeline("p", shop_yaml);
    project.write("p.jsonl", user(1, "bad") + user(2, "good") + order(1, 1) + order(2, 2));
    project.run_well();
    return project.counts("p") + "\n" + project.show("SELECT id, name FROM orders") + "\n" +
           project.quarantine();
  };
  EXPECT_EQ(with_every_batch_size(scenario),
            "read 4: loaded 2 quarantined 2\n2|good\n1 row.refused open\n3 reference.missing open");
}

// Records of one kind that refer to each other are parked until the other has come.
TEST(Run, SelfReferencesAreResolvedByParking) {
  const auto scenario = [](ProjectFixture& project) {
    project.lines_pipeline(
        "p",
        "contract:\n"
        "  id: { type: integer, key: true }\n"
        "  parent: { type: integer, nullable: true, references: nodes.id, "
        "if_missing: { park: 30s } }\n"
        "load: [ { table: nodes, key: id, mode: insert, sql: \"SELECT id, parent "
        "FROM accepted\" } ]\n");
    project.write("p.jsonl",
                  "{\"id\":4,\"parent\":3}\n{\"id\":3,\"parent\":2}\n{\"id\":2,\"parent\":1}\n"
                  "{\"id\":1,\"parent\":null}\n{\"id\":6,\"parent\":5}\n{\"id\":7,\"parent\":6}\n");
    project.run_well();
    return project.counts("p") + "\n" + project.show("FROM nodes ORDER BY id") + "\n" +
           project.quarantine();
  };
  EXPECT_EQ(with_every_batch_size(scenario),
            "read 6: loaded 4 quarantined 2\n1|NULL\n2|1\n3|2\n4|3\n"
            "5 reference.missing open\n6 reference.missing open");
}

TEST(Run, TablesOfOtherProgramsCanBeReferredTo) {
  ProjectFixture project;
  project.execute(
      "CREATE TABLE rates (currency VARCHAR, rate FLOAT, since TIME, tags VARCHAR[]); INSERT INTO "
      "rates VALUES ('EUR', 0.5, '12:00:00', ['a', 'b'])");
  project.lines_pipeline("p",
                         "contract:\n"
                         "  id: { type: integer, key: true }\n"
                         "  c: { type: text, references: rates.currency, take: [rate, since, tags] "
                         "}\n"
                         "load: [ { table: t, key: id, mode: insert, sql: \"SELECT id, rate * 2 AS "
                         "twice, since, tags FROM accepted\" } ]\n");
  project.write("p.jsonl", "{\"id\":1,\"c\":\"EUR\"}\n{\"id\":2,\"c\":\"ZZZ\"}\n");
  project.run_well();
  EXPECT_EQ(project.counts("p"), "read 2: loaded 1 quarantined 1");
  EXPECT_EQ(project.show("FROM t"), "1|1.0|12:00:00|[a, b]");
}

}  // namespace
}  // namespace clearwell::engine
