#include "batch/record_sql.h"

#include <algorithm>

#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::testing {
namespace {

// A batch of four records, the third of which is rejected, as SQL over records sees it.
class RecordSql : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* statements =
        "CREATE TEMP TABLE batch AS SELECT i AS id, 'n' || (i % 2) AS name, "
        "[{'sku': 's' || j, 'n': i * j} for j in range(1, i)] AS cart, "
        "{'id': i * 100, 'city': 'Lund'} AS addr, i - 1 AS _record, "
        "TIMESTAMPTZ '2024-01-01 00:00:00+00' AS _arrived, '{}' AS _payload, 'inbox' AS _source, "
        "'a.json' AS _partition, 0::BIGINT AS _offset, 0::BIGINT AS _line, ''::BLOB AS "
        "_order, i <> 3 AS _ok FROM "
        "range(1, 5) t(i);"
        "CREATE TEMP TABLE judged AS FROM batch;"
        "CREATE TEMP VIEW accepted AS SELECT * EXCLUDE (_ok) FROM judged WHERE _ok";
    const auto done = connection_.execute(statements);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }

  batch::RecordSql select(const std::string& sql) {
    auto out = batch::record_select(connection_, sql);
    EXPECT_TRUE(out.ok()) << sql << "\n" << out.error().message;
    return out.ok() ? std::move(out).value() : batch::RecordSql{};
  }
  std::string faults(const std::string& sql) { return joined(select(sql).faults); }
  static std::string joined(const std::vector<std::string>& faults) {
    std::string out;
    for (const std::string& fault : faults) out += (out.empty() ? "" : "; ") + fault;
    return out;
  }

  std::string names(const std::string& sql) {
    auto schema = connection_.describe(sql);
    if (!schema.ok()) return schema.error().message;
    std::string out;
    for (const auto& column : *schema) out += (out.empty() ? "" : " ") + column.name;
    return out;
  }

  std::vector<std::string> sorted_rows(const std::string& sql) {
    std::vector<std::string> lines;
    const duckdb::Rows rows = rows_of(connection_, as_texts(sql));
    for (const duckdb::Chunk& chunk : rows.chunks) {
      for (size_t row = 0; row < chunk.rows(); ++row) {
        std::string& line = lines.emplace_back();
        for (size_t i = 0; i < rows.schema.size(); ++i) {
          line += "|" + std::string(chunk.column(i).text(row));
        }
      }
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  // The rows of all records at once, which must be those of the records one by one.
  std::string run(const std::string& user_sql) {
    const batch::RecordSql made = select(user_sql);
    if (!made.faults.empty()) return "FAULT " + joined(made.faults);
    const std::vector<std::string> together = sorted_rows(made.sql);
    std::vector<std::string> apart;
    for (int record = 0; record < 4; ++record) {
      replace_batch("WHERE _record = " + std::to_string(record));
      const auto own = sorted_rows(made.sql);
      apart.insert(apart.end(), own.begin(), own.end());
    }
    replace_batch("");
    std::sort(apart.begin(), apart.end());
    EXPECT_EQ(together, apart) << user_sql;
    std::string out;
    for (const std::string& line : together) out += (out.empty() ? "" : "\n") + line.substr(1);
    return out;
  }

  void replace_batch(const std::string& where) {
    const auto done =
        connection_.execute("DELETE FROM judged; INSERT INTO judged FROM batch " + where);
    ASSERT_TRUE(done.ok()) << done.error().message;
  }

  duckdb::Connection connection_ = memory_connection();
};

TEST_F(RecordSql, RecordIsAddedToAPlainSelect) {
  EXPECT_EQ(run("SELECT id, upper(name) AS n FROM accepted"), "0|1|N1\n1|2|N0\n3|4|N0");
  EXPECT_EQ(run("SELECT a.id FROM accepted a WHERE a.id > 1"), "1|2\n3|4");
  EXPECT_EQ(run("FROM accepted SELECT id ORDER BY id DESC"), "0|1\n1|2\n3|4");
}

TEST_F(RecordSql, RecordComesFirstAndOnce) {
  EXPECT_EQ(names(select("SELECT id, _record FROM accepted").sql), "_record id");
  EXPECT_EQ(names(select("SELECT _record, id FROM accepted").sql), "_record id");
  EXPECT_EQ(names(select("SELECT a._record, id FROM accepted a").sql), "_record id");
  EXPECT_EQ(names(select("SELECT id, a._record AS _Record FROM accepted a").sql), "_Record id");
}

TEST_F(RecordSql, AStarMeansTheFieldsOfTheContract) {
  const std::string own = "_record id name cart addr";
  EXPECT_EQ(names(select("SELECT * FROM accepted").sql), own);
  EXPECT_EQ(names(select("FROM accepted").sql), own);
  EXPECT_EQ(names(select("SELECT a.* FROM accepted a").sql), own);
  EXPECT_EQ(names(select("SELECT * EXCLUDE (cart) FROM accepted").sql), "_record id name addr");
  EXPECT_EQ(names(select("SELECT *, _arrived AS came FROM accepted").sql), own + " came");
  EXPECT_EQ(names(select("SELECT *, _line FROM accepted").sql), own + " _line");
  EXPECT_EQ(names(select("SELECT * FROM (SELECT * FROM accepted)").sql), own);
  EXPECT_EQ(names(select("SELECT * FROM (SELECT * FROM accepted WHERE id > 1) WHERE id < 4").sql),
            own);
  EXPECT_EQ(names(select("WITH a AS (SELECT * FROM accepted) SELECT * FROM a").sql), own);
  EXPECT_EQ(names(select("SELECT * FROM accepted, unnest(cart) AS u(item)").sql), own + " item");
  EXPECT_EQ(names(select("SELECT a.*, item FROM accepted a, unnest(a.cart) AS u(item)").sql),
            own + " item");
}

TEST_F(RecordSql, AStarWithoutRecordGetsIt) {
  EXPECT_EQ(run("SELECT * FROM (SELECT id FROM accepted)"), "0|1\n1|2\n3|4");
  EXPECT_EQ(run("SELECT u.* FROM accepted, unnest(cart) AS u(item)"),
            "1|{'sku': s1, 'n': 2}\n3|{'sku': s1, 'n': 4}\n3|{'sku': s2, 'n': 8}\n3|{'sku': s3, "
            "'n': 12}");
  EXPECT_EQ(run("SELECT COLUMNS('^(id|name)$') FROM accepted"), "0|1|n1\n1|2|n0\n3|4|n0");
  EXPECT_EQ(run("SELECT * EXCLUDE (_record, cart, addr) FROM accepted"), "0|1|n1\n1|2|n0\n3|4|n0");
}

TEST_F(RecordSql, ListsAreUnnestedOnEveryWay) {
  const std::string lines = "1|s1|2\n3|s1|4\n3|s2|8\n3|s3|12";
  EXPECT_EQ(run("SELECT item.sku, item.n FROM (SELECT unnest(cart) AS item FROM accepted)"), lines);
  EXPECT_EQ(run("SELECT _record, item.sku, item.n FROM (SELECT _record, unnest(cart) AS item FROM "
                "accepted)"),
            lines);
  EXPECT_EQ(run("SELECT item.sku, item.n FROM accepted, unnest(cart) AS u(item)"), lines);
  EXPECT_EQ(run("SELECT item.sku, item.n FROM accepted CROSS JOIN LATERAL (SELECT unnest(cart) AS "
                "item)"),
            lines);
  EXPECT_EQ(run("SELECT unnest(cart, recursive := true) FROM accepted"), lines);
  EXPECT_EQ(run("SELECT line, cart[line].sku FROM (SELECT cart, generate_subscripts(cart, 1) AS "
                "line FROM accepted)"),
            "1|1|s1\n3|1|s1\n3|2|s2\n3|3|s3");
  EXPECT_EQ(run("SELECT i FROM accepted, range(id) r(i) WHERE id < 3"), "0|0\n1|0\n1|1");
}

TEST_F(RecordSql, CommonTableExpressionsAndUnions) {
  EXPECT_EQ(run("WITH big AS (SELECT _record, id FROM accepted WHERE id > 1) SELECT _record, id "
                "FROM big"),
            "1|2\n3|4");
  EXPECT_EQ(run("WITH c AS (SELECT id FROM accepted) SELECT id FROM c"), "0|1\n1|2\n3|4");
  EXPECT_EQ(run("WITH rates AS (SELECT * FROM (VALUES ('n0', 5), ('n1', 6)) t(name, rate)) SELECT "
                "id, rate FROM accepted JOIN rates USING (name) WHERE rate < (SELECT max(rate) + 1 "
                "FROM rates)"),
            "0|1|6\n1|2|5\n3|4|5");
  EXPECT_EQ(
      run("WITH RECURSIVE c AS (SELECT _record, id FROM accepted UNION ALL SELECT _record, id "
          "- 2 FROM c WHERE id > 2) SELECT _record, id FROM c"),
      "0|1\n1|2\n3|2\n3|4");
  EXPECT_EQ(run("SELECT id FROM accepted UNION ALL SELECT -id FROM accepted WHERE id = 2"),
            "0|1\n1|-2\n1|2\n3|4");
  EXPECT_EQ(run("SELECT name FROM accepted UNION SELECT name FROM accepted"), "0|n1\n1|n0\n3|n0");
  EXPECT_EQ(run("SELECT * FROM (SELECT _record, id FROM accepted UNION ALL SELECT _record, 0 FROM "
                "accepted)"),
            "0|0\n0|1\n1|0\n1|2\n3|0\n3|4");
}

TEST_F(RecordSql, WhatStaysWithinARecordIsAllowed) {
  EXPECT_EQ(run("SELECT _record, sum(item.n) AS total FROM (SELECT _record, unnest(cart) AS item "
                "FROM accepted) GROUP BY _record"),
            "1|2\n3|24");
  EXPECT_EQ(run("SELECT _record, item.sku, count(*) FROM (SELECT _record, unnest(cart) AS item "
                "FROM accepted) GROUP BY _record, item.sku HAVING count(*) > 0"),
            "1|s1|1\n3|s1|1\n3|s2|1\n3|s3|1");
  EXPECT_EQ(run("SELECT item.sku, row_number() OVER (PARTITION BY _record ORDER BY item.n DESC) "
                "FROM (SELECT _record, unnest(cart) AS item FROM accepted)"),
            "1|s1|1\n3|s1|3\n3|s2|2\n3|s3|1");
  EXPECT_EQ(run("SELECT item.sku, sum(item.n) OVER w FROM (SELECT _record, unnest(cart) AS item "
                "FROM accepted) WINDOW w AS (PARTITION BY _record)"),
            "1|s1|2\n3|s1|24\n3|s2|24\n3|s3|24");
  EXPECT_EQ(run("SELECT item.sku FROM (SELECT _record, unnest(cart) AS item FROM accepted) QUALIFY "
                "row_number() OVER (PARTITION BY _record ORDER BY item.n DESC) = 1"),
            "1|s1\n3|s3");
  EXPECT_EQ(run("SELECT DISTINCT _record, name FROM accepted"), "0|n1\n1|n0\n3|n0");
  EXPECT_EQ(run("SELECT DISTINCT ON (_record) _record, name FROM accepted"), "0|n1\n1|n0\n3|n0");
  EXPECT_EQ(run("SELECT list_sum(list_transform(cart, x -> x.n)), len(cart) FROM accepted"),
            "0|NULL|0\n1|2|1\n3|24|3");
  EXPECT_EQ(run("SELECT (SELECT sum(u.item.n) FROM unnest(cart) AS u(item)) FROM accepted"),
            "0|NULL\n1|2\n3|24");
  EXPECT_EQ(run("SELECT item.sku FROM accepted, LATERAL (SELECT unnest(cart) AS item LIMIT 1)"),
            "1|s1\n3|s1");
  EXPECT_EQ(run("SELECT a.id, b.name FROM accepted a JOIN accepted b USING (_record)"),
            "0|1|n1\n1|2|n0\n3|4|n0");
  EXPECT_EQ(run("SELECT a._record, a.id, b.name FROM accepted a JOIN accepted b ON a._record = "
                "b._record AND b.id > 1"),
            "1|2|n0\n3|4|n0");
}

TEST_F(RecordSql, MixingRecordsIsAFault) {
  const std::string sum =
      "sum() runs over all records of a batch: add GROUP BY _record, or use a list function such "
      "as list_sum()";
  EXPECT_EQ(faults("SELECT sum(id) AS s FROM accepted"), sum);
  EXPECT_NE(faults("SELECT _record, id - (SELECT sum(id) FROM accepted) FROM accepted").find(sum),
            std::string::npos);
  EXPECT_NE(faults("SELECT count(*) FROM accepted"), "");
  EXPECT_EQ(faults("SELECT name, 1 AS one FROM accepted GROUP BY name"),
            "it groups over several records: add _record to GROUP BY");
  EXPECT_EQ(faults("SELECT name, sum(id) AS s FROM accepted GROUP BY ALL"), sum);
  EXPECT_EQ(faults("SELECT _record, sum(id) AS s FROM accepted GROUP BY ROLLUP (_record)"),
            "it groups over several records: use one GROUP BY with _record, no grouping sets");
  EXPECT_EQ(faults("SELECT id, row_number() OVER (ORDER BY id) AS n FROM accepted"),
            "a window runs over several records: add PARTITION BY _record");
  EXPECT_EQ(faults("SELECT id FROM accepted QUALIFY row_number() OVER (PARTITION BY name) = 1"),
            "a window runs over several records: add PARTITION BY _record");
  EXPECT_EQ(faults("SELECT id, lag(id) OVER w FROM accepted WINDOW w AS (ORDER BY id)"),
            "a window runs over several records: add PARTITION BY _record");
  const std::string limit = "LIMIT takes some records of a batch and not others";
  EXPECT_EQ(faults("SELECT id FROM accepted LIMIT 3"), limit);
  EXPECT_EQ(faults("SELECT id FROM accepted OFFSET 1"), limit);
  EXPECT_EQ(faults("SELECT id FROM accepted LIMIT 10%"), limit);
  EXPECT_EQ(faults("(SELECT id FROM accepted UNION ALL SELECT id FROM accepted) LIMIT 3"), limit);
  EXPECT_EQ(faults("SELECT * FROM (SELECT id FROM accepted LIMIT 1)"), limit);
  EXPECT_EQ(faults("WITH a AS (FROM accepted LIMIT 1) SELECT * FROM a"), limit);
  EXPECT_EQ(faults("SELECT DISTINCT name FROM accepted"),
            "DISTINCT compares several records: select _record too");
  EXPECT_EQ(faults("SELECT DISTINCT ON (name) _record, id FROM accepted"),
            "DISTINCT compares several records: select _record too");
  EXPECT_NE(faults("SELECT id FROM accepted USING SAMPLE 10%"), "");
  EXPECT_NE(faults("SELECT id FROM accepted TABLESAMPLE 10%"), "");
}

TEST_F(RecordSql, RecordsMayNotMeetOthersOfTheirBatch) {
  const std::string join =
      "it joins records with other records of the batch: join them USING (_record)";
  EXPECT_EQ(faults("SELECT a._record, b.id FROM accepted a JOIN accepted b ON a.id < b.id"), join);
  EXPECT_EQ(faults("SELECT a._record, b.id FROM accepted a, accepted b"), join);
  EXPECT_EQ(faults("SELECT a._record, b.id FROM accepted a JOIN accepted b USING (name)"), join);
  EXPECT_EQ(
      faults("SELECT a._record, b.id FROM accepted a JOIN accepted b ON a._record = b._record "
             "OR a.name = b.name"),
      join);
  EXPECT_EQ(faults("SELECT a._record FROM accepted a JOIN (SELECT _record FROM accepted) b ON "
                   "a._record <> b._record"),
            join);
  const std::string inside =
      "a subquery in an expression reads the batch again, with all its records: it may only read "
      "the record's own lists";
  EXPECT_EQ(faults("SELECT id FROM accepted WHERE id IN (SELECT id + 1 FROM accepted)"), inside);
  EXPECT_EQ(faults("SELECT id FROM accepted a WHERE EXISTS (SELECT 1 FROM accepted b WHERE b.name "
                   "= a.name AND b.id <> a.id)"),
            inside);
  EXPECT_EQ(faults("WITH c AS (SELECT id FROM accepted) SELECT id FROM accepted WHERE id IN (FROM "
                   "c)"),
            inside);
}

TEST_F(RecordSql, OnlyTheBatchIsThere) {
  EXPECT_EQ(faults("SELECT id FROM users"),
            "it reads the table users, but only the batch (accepted) is there: bring other tables' "
            "columns by `references` with `take`");
  EXPECT_NE(faults("SELECT id FROM accepted JOIN users USING (id)"), "");
  EXPECT_NE(faults("SELECT id FROM main.accepted"), "");
  EXPECT_NE(faults("SELECT id FROM accepted WHERE id IN (SELECT id FROM users)"), "");
  EXPECT_EQ(faults("SELECT * FROM read_csv('x.csv')"),
            "it calls the table function read_csv(), which is not allowed here");
  EXPECT_NE(faults("SELECT * FROM duckdb_tables()"), "");
  EXPECT_NE(faults("SELECT * FROM 'x.parquet'"), "");
}

// A load sees what was accepted; what was only judged may have been rejected.
TEST_F(RecordSql, ALoadCannotReadRejectedRecords) {
  EXPECT_EQ(faults("SELECT _record, id FROM judged"),
            "it reads the table judged, but only the batch (accepted) is there: bring other "
            "tables' columns by `references` with `take`");
}

TEST_F(RecordSql, RowsMustSayWhoseTheyAre) {
  const std::string whose = "its rows do not say which record they come from: select _record too";
  EXPECT_EQ(faults("SELECT 1 AS a"), whose);
  EXPECT_EQ(faults("SELECT a FROM (VALUES (1)) t(a)"), whose);
  EXPECT_EQ(faults("SELECT i FROM range(3) t(i)"), whose);
  EXPECT_EQ(faults("WITH c AS (SELECT 1 AS id) SELECT id FROM c"), whose);
  EXPECT_EQ(faults("SELECT id FROM accepted UNION ALL SELECT 1"), whose);
  // Made up, it would point to another record, or to none.
  const std::string made_up = "_record must be the batch's own column, not computed";
  EXPECT_EQ(faults("SELECT id AS _record, id FROM accepted"), made_up);
  EXPECT_EQ(faults("SELECT _record + 1 AS _record, id FROM accepted"), made_up);
  EXPECT_EQ(faults("SELECT _record, id FROM (SELECT 7 AS _record, id FROM accepted)"), made_up);
  EXPECT_EQ(faults("SELECT * REPLACE (0 AS _record) FROM accepted"), made_up);
  EXPECT_EQ(faults("SELECT * RENAME (id AS _record) FROM (SELECT id FROM accepted)"), made_up);
  EXPECT_EQ(faults("WITH accepted AS (SELECT 5 AS _record) SELECT _record, 1 AS a FROM accepted"),
            made_up);
}

TEST_F(RecordSql, AnswersThatChangeAreFaults) {
  const auto changing = [](const std::string& name) {
    return name +
           " gives another answer each time, so a replay would judge differently: use _arrived, "
           "the time at which the record came";
  };
  EXPECT_EQ(faults("SELECT now() AS t FROM accepted"), changing("now()"));
  EXPECT_EQ(faults("SELECT random() AS r FROM accepted"), changing("random()"));
  EXPECT_EQ(faults("SELECT uuid() AS u FROM accepted"), changing("uuid()"));
  EXPECT_EQ(faults("SELECT id FROM accepted WHERE _arrived < current_timestamp"),
            changing("current_timestamp"));
  EXPECT_EQ(faults("SELECT current_date AS d FROM accepted"), changing("current_date"));
  EXPECT_EQ(faults("SELECT today() AS d FROM accepted"), changing("today()"));
  EXPECT_EQ(faults("SELECT age(_arrived) AS a FROM accepted"), changing("age()"));
  EXPECT_EQ(faults("SELECT id, list_transform(cart, x -> x.n + random()) AS l FROM accepted"),
            changing("random()"));
  EXPECT_EQ(faults("WITH c AS (SELECT _record, NOW() AS t FROM accepted) SELECT * FROM c"),
            changing("now()"));
  // Not those: other overloads, columns of such names, and error(), which answers nothing.
  EXPECT_EQ(faults("SELECT age(_arrived, _arrived) AS a FROM accepted"), "");
  EXPECT_EQ(faults("SELECT uuid, random, a.now FROM accepted a"), "");
  EXPECT_EQ(faults("SELECT CASE WHEN id > 3 THEN error('too large') ELSE id END AS id FROM "
                   "accepted"),
            "");
}

TEST_F(RecordSql, EveryFaultIsToldOnce) {
  EXPECT_EQ(select("SELECT sum(id), sum(id), now(), now() FROM accepted LIMIT 1").faults.size(),
            3u);
}

TEST_F(RecordSql, WhatIsNoSelectIsAFault) {
  EXPECT_EQ(faults("SELECT id FROM"), "syntax error at end of input");
  EXPECT_EQ(faults("SELECT id FROM accepted; SELECT 1"), "expected exactly one SELECT");
  EXPECT_EQ(faults(""), "expected exactly one SELECT");
  EXPECT_EQ(faults("-- nothing"), "expected exactly one SELECT");
  EXPECT_EQ(faults("DELETE FROM accepted"), "Only SELECT statements can be serialized to json!");
  EXPECT_EQ(faults("SELECT it''s"), faults("SELECT it''s"));
}

TEST_F(RecordSql, ExpressionsOfChecks) {
  const auto holds = [&](const std::string& expression) -> std::string {
    auto out = batch::record_expression(connection_, expression);
    if (!out.ok()) return out.error().message;
    if (!out->faults.empty()) return joined(out->faults);
    return show_query(connection_, out->sql + " ORDER BY _record");
  };
  // Rejected records are judged too: a record gets all its reasons.
  EXPECT_EQ(holds("id > 2"), "0|false\n1|false\n2|true\n3|true");
  EXPECT_EQ(holds("len(cart) = id - 1 -- every one"), "0|true\n1|true\n2|true\n3|true");
  EXPECT_EQ(holds("id > 1 OR NULL"), "0|NULL\n1|true\n2|true\n3|true");
  EXPECT_EQ(holds("(SELECT bool_and(u.item.n > 2) FROM unnest(cart) AS u(item))"),
            "0|NULL\n1|false\n2|true\n3|true");
  EXPECT_EQ(holds("sum(id) > 3"),
            "sum() runs over all records of a batch: add GROUP BY _record, or use a list function "
            "such as list_sum()");
  EXPECT_EQ(holds("_arrived < now()").substr(0, 32), "now() gives another answer each ");
  EXPECT_EQ(holds("id > 1) FROM judged --"), "syntax error at or near \")\"");
  EXPECT_EQ(holds("id >"), "syntax error at or near \")\"");
}

TEST_F(RecordSql, CopiedColumns) {
  const auto copied = [&](const std::string& sql, const std::string& name) {
    auto out = batch::copied_column(connection_, sql, name);
    EXPECT_TRUE(out.ok());
    return out.ok() ? *out : "error";
  };
  EXPECT_EQ(copied("SELECT id FROM accepted", "id"), "id");
  EXPECT_EQ(copied("SELECT id AS key FROM accepted", "key"), "id");
  EXPECT_EQ(copied("SELECT ID AS Key FROM accepted", "key"), "ID");
  EXPECT_EQ(copied("SELECT a.id AS key FROM accepted a", "key"), "id");
  EXPECT_EQ(copied("SELECT * FROM accepted", "id"), "id");
  EXPECT_EQ(copied("SELECT upper(name) AS name FROM accepted", "name"), "");
  EXPECT_EQ(copied("SELECT id FROM accepted", "name"), "");
  EXPECT_EQ(copied("SELECT id FROM (SELECT id + 1 AS id FROM accepted)", "id"), "");
  EXPECT_EQ(copied("WITH a AS (FROM accepted) SELECT id FROM a", "id"), "");
  EXPECT_EQ(copied("SELECT id FROM accepted UNION ALL SELECT id FROM accepted", "id"), "");
  EXPECT_EQ(copied("no sql", "id"), "");
  // The member of an object is not the field of that name.
  EXPECT_EQ(copied("SELECT addr.id AS id FROM accepted", "id"), "addr.id");
  EXPECT_EQ(copied("SELECT addr.id FROM accepted", "id"), "addr.id");
  EXPECT_EQ(copied("SELECT accepted.addr.id AS n FROM accepted", "n"), "addr.id");
  EXPECT_EQ(copied("SELECT addr.id FROM accepted addr", "id"), "id");
  EXPECT_EQ(copied("SELECT * EXCLUDE (id), addr.id AS id FROM accepted", "id"), "addr.id");
  EXPECT_EQ(copied("SELECT * REPLACE (id + 1 AS id) FROM accepted", "id"), "");
  EXPECT_EQ(copied("SELECT * EXCLUDE (id), id + 1 AS id FROM accepted", "id"), "");
  EXPECT_EQ(copied("SELECT COLUMNS('i.') FROM accepted", "id"), "");
}

TEST_F(RecordSql, ColumnsRead) {
  const auto read = [&](const std::string& sql, const std::string& name) {
    auto out = batch::columns_read(connection_, sql, name);
    EXPECT_TRUE(out.ok());
    if (!out.ok() || !*out) return std::string("?");
    std::string text;
    for (const std::string& path : **out) text += (text.empty() ? "" : " ") + path;
    return text;
  };
  EXPECT_EQ(read("SELECT id FROM accepted", "ID"), "id");
  EXPECT_EQ(read("SELECT upper(a.name) AS n FROM accepted a", "n"), "name");
  EXPECT_EQ(read("SELECT name || addr.id AS n FROM accepted", "n"), "name addr.id");
  EXPECT_EQ(read("SELECT 1 AS one FROM accepted", "one"), "");
  EXPECT_EQ(read("SELECT * EXCLUDE (id) FROM accepted", "name"), "name");
  EXPECT_EQ(read("SELECT *, id + 1 AS next FROM accepted", "next"), "id");
  EXPECT_EQ(read("SELECT * REPLACE (id + 1 AS id) FROM accepted", "id"), "?");
  EXPECT_EQ(read("SELECT * RENAME (id AS key) FROM accepted", "key"), "?");
  EXPECT_EQ(read("SELECT COLUMNS('i.') FROM accepted", "id"), "?");
  EXPECT_EQ(read("SELECT upper(name) FROM accepted", "upper(\"name\")"), "?");
  EXPECT_EQ(read("SELECT id FROM (SELECT id FROM accepted)", "id"), "?");
}

TEST_F(RecordSql, SystemColumnsStandInTheirOrder) {
  std::string out;
  for (const auto& column : batch::system_columns()) {
    out += column.name + " " + duckdb::to_sql(column.type) + ", ";
  }
  EXPECT_EQ(out,
            "_record BIGINT, _arrived TIMESTAMP WITH TIME ZONE, _payload VARCHAR, _source VARCHAR, "
            "_partition VARCHAR, _offset BIGINT, _line BIGINT, _order BLOB, ");
}

}  // namespace
}  // namespace clearwell::testing
