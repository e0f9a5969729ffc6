#include "transform/loads.h"

#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::testing {
namespace {

using config::Load;
using config::LoadMode;
using transform::LoadQuery;

Load load(std::string sql, std::vector<std::string> key = {}, LoadMode mode = LoadMode::Insert) {
  Load out;
  out.table = "t";
  out.sql = std::move(sql);
  out.key = std::move(key);
  out.mode = mode;
  out.mark = {"p.yaml", 3, 1};
  out.sql_mark = {"p.yaml", 4, 1};
  return out;
}

config::Field field(std::string name) {
  config::Field out;
  out.name = std::move(name);
  return out;
}

class Loads : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto done = connection_.execute(
        "CREATE TEMP TABLE accepted AS SELECT i AS id, 'n' || i AS name, TIMESTAMPTZ '2024-01-01 "
        "00:00:00+00' AS changed, ['a', 'b'] AS tags, {'x': i} AS obj, '{}'::JSON AS doc, i AS "
        "_record, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS _arrived, '{}' AS _payload, 's' AS "
        "_source, 'p' AS _partition, 0::BIGINT AS _offset, 0::BIGINT AS _line, ''::BLOB AS "
        "_order FROM range(2) t(i)");
    ASSERT_TRUE(done.ok()) << done.error().message;
    for (const char* name : {"id", "name", "changed", "tags"}) kind_.fields.push_back(field(name));
    kind_.fields.push_back(field("obj"));
    kind_.fields.back().type = config::FieldType::Object;
    kind_.fields.back().children = {field("x")};
  }

  std::vector<LoadQuery> compile(std::vector<Load> loads) {
    kind_.loads = std::move(loads);
    faults_ = {};
    auto out = transform::compile_loads(connection_, kind_, faults_);
    EXPECT_TRUE(out.ok()) << out.error().message;
    return out.ok() ? std::move(out).value() : std::vector<LoadQuery>{};
  }
  // The only load, which has no fault.
  LoadQuery compile_one(Load load) {
    auto out = compile({std::move(load)});
    EXPECT_EQ(fault_text(), "");
    return out.size() == 1 ? std::move(out[0]) : LoadQuery{};
  }
  std::string fault_text() const {
    std::string out;
    for (const config::Fault& fault : faults_.list()) {
      out += (out.empty() ? "" : "\n") + std::to_string(fault.mark.line) + " " + fault.code + ": " +
             fault.message;
    }
    return out;
  }
  std::string fault_of(Load load) {
    EXPECT_TRUE(compile({std::move(load)}).empty());
    return fault_text();
  }
  static std::string columns(const LoadQuery& query) {
    std::string out;
    for (const auto& column : query.columns) {
      out += (out.empty() ? "" : ", ") + column.name + " " + duckdb::to_sql(column.type);
    }
    return out;
  }
  std::string run(const LoadQuery& query) {
    auto rows = transform::run_load(connection_, query);
    EXPECT_TRUE(rows.ok());
    if (!rows.ok()) return rows.error().message;
    EXPECT_EQ(rows->schema[0].name, "_record");
    EXPECT_EQ(rows->schema[0].type, duckdb::simple(duckdb::TypeId::Integer));
    for (size_t i = 0; i < query.columns.size(); ++i) {
      EXPECT_EQ(rows->schema[i + 1], query.columns[i]);
    }
    return show_query(connection_, query.sql);
  }

  duckdb::Connection connection_ = memory_connection();
  config::Kind kind_;
  config::Faults faults_;
};

TEST_F(Loads, ColumnsAreThoseOfTheSelect) {
  const LoadQuery query =
      compile_one(load("SELECT id AS key, upper(name) AS n, tags FROM accepted", {"key"}));
  EXPECT_EQ(columns(query), "key BIGINT, n VARCHAR, tags VARCHAR[]");
  EXPECT_EQ(query.key, (std::vector<size_t>{0}));
  EXPECT_EQ(query.version, -1);
  EXPECT_TRUE(query.parent_key.empty());
  EXPECT_EQ(run(query), "0|0|N0|[a, b]\n1|1|N1|[a, b]");
}

TEST_F(Loads, KeyAndVersionAreFoundWhateverTheirCase) {
  Load given = load("SELECT changed AS Changed, name, id AS Id FROM accepted", {"ID", "NAME"},
                    LoadMode::Upsert);
  given.version = "CHANGED";
  const LoadQuery query = compile_one(given);
  EXPECT_EQ(query.key, (std::vector<size_t>{2, 1}));
  EXPECT_EQ(query.version, 0);
  EXPECT_EQ(query.key_fields, (std::vector<std::string>{"id", "name"}));
}

TEST_F(Loads, WideTypesBecomeThoseThatWarehousesKeep) {
  const LoadQuery query = compile_one(
      load("SELECT id, list_sum([id, 1]) AS h, 1::TINYINT AS t, 2::SMALLINT AS s, 3::UTINYINT AS "
           "ut, 4::USMALLINT AS us, 4000000000::UINTEGER AS ui, 18446744073709551615::UBIGINT AS "
           "ub, 1.5::FLOAT AS f, 7::INTEGER AS i, (2::HUGEINT ** 100)::HUGEINT AS big FROM "
           "accepted",
           {"id"}));
  EXPECT_EQ(columns(query),
            "id BIGINT, h DECIMAL(38,0), t INTEGER, s INTEGER, ut INTEGER, us INTEGER, ui BIGINT, "
            "ub DECIMAL(38,0), f DOUBLE, i INTEGER, big DECIMAL(38,0)");
  const std::string same =
      "|1|2|3|4|4000000000|18446744073709551615|1.5|7|1267650600228229401496703205376";
  EXPECT_EQ(run(query), "0|0|1" + same + "\n1|1|2" + same);
}

TEST_F(Loads, WideTypesInListsAndObjectsToo) {
  const LoadQuery query = compile_one(load(
      "SELECT id, [1.5::FLOAT] AS f, {'h': id::HUGEINT, 's': [1::SMALLINT]} AS o FROM accepted",
      {"id"}));
  EXPECT_EQ(columns(query),
            "id BIGINT, f DOUBLE[], o STRUCT(\"h\" DECIMAL(38,0), \"s\" INTEGER[])");
  EXPECT_EQ(run(query), "0|0|[1.5]|{'h': 0, 's': [1]}\n1|1|[1.5]|{'h': 1, 's': [1]}");
}

TEST_F(Loads, TypesThatNoWarehouseKeeps) {
  const auto fault = [&](const std::string& value, const std::string& type) {
    EXPECT_EQ(fault_of(load("SELECT id, " + value + " AS x FROM accepted", {"id"})),
              "4 bad_column_type: load t: column x is " + type +
                  ", which no warehouse keeps: cast it, for example to VARCHAR or BIGINT")
        << value;
  };
  fault("INTERVAL 1 DAY", "INTERVAL");
  fault("TIME '12:00:00'", "TIME");
  fault("[INTERVAL 1 DAY]", "INTERVAL[]");
  fault("MAP {'a': 1}", "MAP");
  fault("'a'::ENUM('a')", "ENUM");
  fault("TIMESTAMP_NS '2024-01-01'", "TIMESTAMP_NS");
}

TEST_F(Loads, TwoColumnsOfOneName) {
  EXPECT_EQ(fault_of(load("SELECT id, name AS n, upper(name) AS N FROM accepted", {"id"})),
            "4 duplicate_column: load t: two columns are called N");
  EXPECT_EQ(fault_of(load("SELECT *, id + 1 AS id FROM accepted", {"id"})),
            "4 duplicate_column: load t: two columns are called id");
}

TEST_F(Loads, FaultsOfKeyAndVersion) {
  EXPECT_EQ(fault_of(load("SELECT id, name FROM accepted", {"id", "nme"})),
            "3 unknown_key_column: load t: its key nme is no column of its SELECT, which has id, "
            "name");
  Load upsert = load("SELECT id, tags, obj, doc FROM accepted", {"id"}, LoadMode::Upsert);
  upsert.version = "changed";
  EXPECT_EQ(fault_of(upsert),
            "3 unknown_version_column: load t: its version changed is no column of its SELECT, "
            "which has id, tags, obj, doc");
  for (const char* version : {"tags", "obj", "doc"}) {
    upsert.version = version;
    EXPECT_EQ(fault_of(upsert), std::string("3 bad_version_type: load t: its version ") + version +
                                    " cannot be compared: take a number, a text or a time");
  }
}

TEST_F(Loads, FaultsOfTheSql) {
  EXPECT_TRUE(fault_of(load("SELECT idd FROM accepted", {"idd"}))
                  .starts_with("4 bad_sql: load t: Referenced column \"idd\" not found in FROM"));
  EXPECT_EQ(fault_text().find('\n'), std::string::npos);
  EXPECT_EQ(fault_of(load("SELECT FROM accepted")),
            "4 bad_sql: load t: SELECT clause without "
            "selection list");
  EXPECT_EQ(fault_of(load("SELECT _record FROM accepted")),
            "4 bad_sql: load t: it makes no column");
  EXPECT_EQ(fault_of(load("SELECT sum(id) AS s, now() AS n FROM accepted")).substr(0, 70),
            "4 bad_sql: load t: sum() runs over all records of a batch: add GROUP B");
  EXPECT_EQ(faults_.size(), 2u);
  EXPECT_EQ(fault_of(load("SELECT name + 1 AS x FROM accepted")).substr(0, 40),
            "4 bad_sql: load t: No function matches t");
}

TEST_F(Loads, AFaultyLoadIsLeftOutAndTheOthersAreJudged) {
  const auto out = compile({load("SELECT id FROM accepted", {"id"}), load("SELECT x FROM accepted"),
                            load("SELECT id, name FROM accepted", {"id", "nme"}),
                            load("SELECT id, name FROM accepted", {"id", "name"})});
  EXPECT_EQ(out.size(), 2u);
  EXPECT_EQ(faults_.size(), 2u);
  EXPECT_EQ(out.back().load, &kind_.loads[3]);
}

TEST_F(Loads, KeyFieldsAreThoseThatAreCopied) {
  EXPECT_EQ(compile_one(load("SELECT id AS key FROM accepted", {"key"})).key_fields,
            (std::vector<std::string>{"id"}));
  EXPECT_EQ(compile_one(load("SELECT * FROM accepted", {"name", "id"})).key_fields,
            (std::vector<std::string>{"name", "id"}));
  EXPECT_TRUE(compile_one(load("SELECT id + 1 AS id FROM accepted", {"id"})).key_fields.empty());
  EXPECT_TRUE(compile_one(load("SELECT id, upper(name) AS name FROM accepted", {"id", "name"}))
                  .key_fields.empty());
  EXPECT_EQ(compile_one(load("SELECT obj.x AS id FROM accepted", {"id"})).key_fields,
            (std::vector<std::string>{"obj.x"}));
  EXPECT_EQ(compile_one(load("SELECT a.obj.x AS id FROM accepted a", {"id"})).key_fields,
            (std::vector<std::string>{"obj.x"}));
  EXPECT_TRUE(compile_one(load("SELECT obj.x + 1 AS id FROM accepted", {"id"})).key_fields.empty());
  // A system column is no field of the contract.
  EXPECT_TRUE(compile_one(load("SELECT _line AS id FROM accepted", {"id"})).key_fields.empty());
  EXPECT_TRUE(
      compile_one(load("SELECT id FROM accepted", {}, LoadMode::Append)).key_fields.empty());
}

TEST_F(Loads, LaterLoadsKnowTheKeyOfTheFirst) {
  const auto out =
      compile({load("SELECT id, name FROM accepted", {"name", "id"}),
               load("SELECT unnest(tags) AS tag, id, name FROM accepted", {"id", "name", "tag"}),
               load("SELECT id, unnest(tags) AS tag FROM accepted", {"id", "tag"}),
               load("SELECT name, id::INTEGER AS id, 1 AS one FROM accepted", {"name"})});
  EXPECT_EQ(fault_text(), "");
  ASSERT_EQ(out.size(), 4u);
  EXPECT_EQ(out[1].parent_key, (std::vector<size_t>{2, 1}));
  EXPECT_TRUE(out[2].parent_key.empty());
  EXPECT_TRUE(out[3].parent_key.empty());  // of another type
  EXPECT_TRUE(out[1].key_fields.empty());  // only the first load's
}

TEST_F(Loads, BesideAnUpsertOlderRowsMustBeFound) {
  const Load first = load("SELECT id, name FROM accepted", {"id"}, LoadMode::Upsert);
  const auto second = [&](Load given) {
    given.table = "lines";
    compile({first, std::move(given)});
    return fault_text();
  };
  EXPECT_EQ(
      second(load("SELECT unnest(tags) AS tag FROM accepted", {"tag"})),
      "3 no_parent_key: load lines: the first load is an upsert, so older rows must be found "
      "when a newer version comes: select its key column(s) here too, or say `history: true`");
  EXPECT_EQ(second(load("SELECT id, unnest(tags) AS tag FROM accepted", {"id", "tag"})), "");
  EXPECT_EQ(second(load("SELECT name FROM accepted", {"name"}, LoadMode::Upsert)), "");
  Load history = load("SELECT name FROM accepted", {"name"});
  history.history = true;
  EXPECT_EQ(second(history), "");
}

TEST_F(Loads, APatchKnowsWhatItsColumnsAreMadeOf) {
  Load patch = load("SELECT id, upper(name) || id AS name, obj.x AS x, 1 AS one FROM accepted",
                    {"id"}, LoadMode::Patch);
  EXPECT_EQ(compile_one(patch).reads,
            (std::vector<std::vector<std::string>>{{"id"}, {"name", "id"}, {"obj.x"}, {}}));
  patch.sql = "SELECT _record, id FROM (SELECT * FROM accepted)";
  EXPECT_EQ(
      fault_of(patch),
      "4 bad_combination: load t: mode patch must know which fields its column id is made of: "
      "write a plain SELECT … FROM accepted, and name the column");
}

TEST_F(Loads, DeletionsAreTold) {
  Load upsert = load("SELECT id, name FROM accepted", {"id"}, LoadMode::Upsert);
  // One digit a record; nothing if none deletes.
  const auto deletes = [&](const std::string& when) {
    upsert.delete_when = when;
    const auto found = transform::run_deletes(connection_, compile_one(upsert), 2);
    if (!found.ok()) return std::string("error");
    std::string out;
    for (const bool one : found.value()) out += one ? '1' : '0';
    return out;
  };
  EXPECT_EQ(deletes(""), "");
  EXPECT_EQ(deletes("id = 1 -- the second"), "01");
  EXPECT_EQ(deletes("nullif(id, id) > 0"), "");
  EXPECT_EQ(deletes("name::INTEGER = 1"), "error");
  for (const char* wrong : {"id", "id = 1, id = 2", "count(*) > 1", "now() > changed", "ide = 1"}) {
    upsert.delete_when = wrong;
    EXPECT_TRUE(fault_of(upsert).find(" bad_sql: load t, delete_when: ") != std::string::npos)
        << fault_of(upsert);
  }
}

TEST_F(Loads, ErrorsOfTheDataAreHandedOn) {
  const LoadQuery query = compile_one(load("SELECT name::INTEGER AS n FROM accepted", {"n"}));
  auto rows = transform::run_load(connection_, query);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().kind, ErrorKind::Fatal);
}

}  // namespace
}  // namespace clearwell::testing
