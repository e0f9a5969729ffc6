// Which columns SQL over all records is found to need, and what it may not ask for.
#include "batch/record_sql.h"
#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::testing {
namespace {

using Columns = std::set<std::string>;

class AllSelect : public ::testing::Test {
 protected:
  batch::AllSql select(const std::string& sql) {
    auto out = batch::all_select(connection_, sql);
    EXPECT_TRUE(out.ok()) << sql << "\n" << out.error().message;
    return out.ok() ? std::move(out).value() : batch::AllSql{};
  }
  void expect_columns(const std::string& sql, const Columns& columns, bool every) {
    const batch::AllSql found = select(sql);
    EXPECT_TRUE(found.faults.empty()) << sql << "\n" << found.faults.front();
    EXPECT_EQ(found.columns, columns) << sql;
    EXPECT_EQ(found.every_column, every) << sql;
  }

  duckdb::Connection connection_ = memory_connection();
};

TEST_F(AllSelect, NeedsWhatItNames) {
  expect_columns("SELECT a.City, SUM(units) FROM accepted AS a GROUP BY ALL",
                 {"a", "city", "units"}, false);
  expect_columns("SELECT COUNT(*) FROM accepted", {}, false);
  expect_columns("SELECT x FROM (SELECT id AS x FROM accepted) JOIN accepted USING (id)",
                 {"x", "id"}, false);
}

TEST_F(AllSelect, NeedsAllThatStarsAndRowsMean) {
  expect_columns("SELECT * FROM accepted", {}, true);
  expect_columns("SELECT accepted FROM accepted", {"accepted"}, true);
  expect_columns("SELECT a FROM accepted AS a", {"a"}, true);
  EXPECT_TRUE(select("SELECT 1 FROM accepted NATURAL JOIN accepted AS b").every_column);
  EXPECT_TRUE(select("SELECT COLUMNS('i.*') FROM accepted").columns.contains("_line"));
}

TEST_F(AllSelect, StarsBringNoSystemColumn) {
  EXPECT_EQ(select("SELECT * FROM accepted").sql.find("_line"), std::string::npos);
  const batch::AllSql found = select(
      "SELECT COUNT(*) FROM (SELECT DISTINCT * FROM accepted) AS d, "
      "(SELECT MAX(_line) FROM accepted) AS m");
  EXPECT_NE(found.sql.find("EXCLUDE"), std::string::npos) << found.sql;
}

TEST_F(AllSelect, RefusesWhatAnswersOtherwiseNextTime) {
  const std::vector<std::string> refused = {
      "SELECT random() FROM accepted",
      "SELECT MAX(id) FROM accepted WHERE day < now()",
      "SELECT id FROM users",
      "SELECT _record FROM accepted",
      "SELECT id FROM accepted USING SAMPLE 3",
      "SELECT 1; SELECT 2",
      "SELECT FROM",
  };
  for (const std::string& sql : refused) {
    EXPECT_FALSE(select(sql).faults.empty()) << sql;
  }
}

}  // namespace
}  // namespace clearwell::testing
