#include "validate/checks.h"

#include "tests/unit/drivers/sql_rows.h"

namespace clearwell::testing {
namespace {

using config::CheckAction;

config::Check check(std::string name, std::string sql, CheckAction action = CheckAction::Quarantine,
                    std::string message = "") {
  config::Check out;
  out.name = std::move(name);
  out.sql = std::move(sql);
  out.action = action;
  out.message = std::move(message);
  out.sql_mark = {"p.yaml", 7, 3};
  return out;
}

// Six records: n = 0..5, text t = "0".."5" but "x" for 3, and NULLs in the last.
class Checks : public ::testing::Test {
 protected:
  void SetUp() override { fill(6, "i = 3", "i = 5"); }

  // Records 0..count-1; t is no number where `broken`, n and t are NULL where `null`.
  void fill(int count, const std::string& broken, const std::string& null) {
    const auto done =
        connection_.execute("CREATE OR REPLACE TEMP TABLE judged AS SELECT CASE WHEN NOT (" + null +
                            ") THEN i END AS n, CASE WHEN " + null + " THEN NULL WHEN " + broken +
                            " THEN 'x' ELSE i::VARCHAR END AS t, i AS _record FROM range(" +
                            std::to_string(count) + ") r(i)");
    ASSERT_TRUE(done.ok()) << done.error().message;
    reasons_.reset(static_cast<size_t>(count));
  }

  validate::Checks compile(std::vector<config::Check> checks) {
    kind_.checks = std::move(checks);
    auto compiled = validate::Checks::compile(connection_, kind_, faults_);
    EXPECT_TRUE(compiled.ok());
    return std::move(compiled).value();
  }
  validate::Checks::Outcome apply(const validate::Checks& checks) {
    auto outcome = checks.apply(connection_, reasons_);
    if (outcome.ok()) return std::move(outcome).value();
    ADD_FAILURE() << outcome.error().message;
    return {};
  }

  // "0:check.a,check.b 3:check.error"
  std::string codes() const {
    std::string out;
    for (uint32_t record = 0; record < reasons_.records(); ++record) {
      if (!reasons_.has(record)) continue;
      out += (out.empty() ? "" : " ") + std::to_string(record) + ":";
      for (const batch::Reason& reason : reasons_.of(record)) {
        out += (out.back() == ':' ? "" : ",") + reason.code;
      }
    }
    return out;
  }
  std::string fault_of(const std::string& sql) {
    config::Faults faults;
    kind_.checks = {check("c", sql)};
    auto compiled = validate::Checks::compile(connection_, kind_, faults);
    EXPECT_TRUE(compiled.ok());
    EXPECT_TRUE(compiled->empty()) << sql;
    std::string out;
    for (const config::Fault& fault : faults.list()) {
      out += (out.empty() ? "" : "\n") + std::string(fault.code) + ": " + fault.message;
      EXPECT_EQ(fault.mark.line, 7);
    }
    return out;
  }

  duckdb::Connection connection_ = memory_connection();
  config::Kind kind_;
  config::Faults faults_;
  batch::Reasons reasons_;
};

TEST_F(Checks, FalseIsAViolationAndNullIsNot) {
  apply(compile({check("small", "n < 2"), check("even", "n % 2 = 0")}));
  EXPECT_EQ(codes(), "1:check.even 2:check.small 3:check.small,check.even 4:check.small");
  EXPECT_EQ(reasons_.of(2)[0].message, "check small does not hold: n < 2");
  EXPECT_EQ(reasons_.of(2)[0].path, "");
}

TEST_F(Checks, AMessageOfTheUserIsTold) {
  apply(compile({check("small", "n < 1", CheckAction::Quarantine, "too many of them")}));
  EXPECT_EQ(reasons_.of(4).at(0).message, "too many of them");
}

TEST_F(Checks, WarningsAndStopsAreNoReasons) {
  const validate::Checks checks =
      compile({check("w", "n < 4", CheckAction::Warn), check("s", "n <> 1", CheckAction::Stop),
               check("q", "n <> 2")});
  const auto outcome = apply(checks);
  EXPECT_EQ(codes(), "2:check.q");
  ASSERT_EQ(outcome.warnings.size(), 1u);
  EXPECT_EQ(outcome.warnings[0].first, 4u);
  EXPECT_EQ(outcome.warnings[0].second->name, "w");
  ASSERT_EQ(outcome.stops.size(), 1u);
  EXPECT_EQ(outcome.stops[0].first, 1u);
  EXPECT_EQ(outcome.stops[0].second->name, "s");
}

TEST_F(Checks, AnErrorIsTheFaultOfItsRecordAlone) {
  apply(compile({check("number", "t::INTEGER < 4"), check("after", "n <> 0")}));
  EXPECT_EQ(codes(), "0:check.after 3:check.error 4:check.number");
  const std::string message = reasons_.of(3).at(0).message;
  EXPECT_EQ(message.find("check number could not be evaluated: "), 0u) << message;
  EXPECT_NE(message.find("'x'"), std::string::npos) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
}

TEST_F(Checks, ErrorsAreIsolatedInEveryKindOfExpression) {
  for (const char* sql :
       {"CASE WHEN n = 3 THEN error('no') ELSE n <> 4 END",
        "list_bool_and(list_transform([t], x -> x::INTEGER <> 4))",
        "(SELECT bool_and(u.x::INTEGER <> 4) FROM unnest([t]) AS u(x))",
        "(SELECT max(u.x::INTEGER) FROM unnest([t]) AS u(x)) <> 4", "coalesce(t::INTEGER, 0) <> 4",
        "t::INTEGER IS NULL OR t::INTEGER <> 4", "t::INTEGER NOT IN (4, 17)"}) {
    reasons_.reset(6);
    apply(compile({check("c", sql)}));
    EXPECT_EQ(codes(), "3:check.error 4:check.c") << sql;
  }
}

TEST_F(Checks, AnErrorOfAWarningIsAReasonToo) {
  const auto outcome = apply(compile({check("w", "t::INTEGER < 4", CheckAction::Warn),
                                      check("s", "t::INTEGER <> 1", CheckAction::Stop)}));
  EXPECT_EQ(codes(), "3:check.error,check.error");
  EXPECT_EQ(outcome.warnings.size(), 1u);
  EXPECT_EQ(outcome.stops.size(), 1u);
}

TEST_F(Checks, ManyErrorsAmongManyNulls) {
  fill(5000, "i % 1000 = 7", "i % 2 = 0");
  apply(compile({check("c", "t::INTEGER <> 9")}));
  EXPECT_EQ(codes(),
            "7:check.error 9:check.c 1007:check.error 2007:check.error 3007:check.error "
            "4007:check.error");
}

TEST_F(Checks, EveryRecordMayFail) {
  fill(40, "true", "false");
  apply(compile({check("c", "t::INTEGER > 0")}));
  for (uint32_t record = 0; record < 40; ++record) {
    ASSERT_EQ(reasons_.of(record).size(), 1u);
    EXPECT_EQ(reasons_.of(record)[0].code, "check.error");
  }
}

TEST_F(Checks, NoRecordsAndNoChecks) {
  EXPECT_TRUE(compile({}).empty());
  EXPECT_FALSE(compile({check("c", "true")}).empty());
  fill(0, "false", "false");
  apply(compile({check("c", "false")}));
  EXPECT_EQ(codes(), "");
}

TEST_F(Checks, FaultsOfTheirSql) {
  EXPECT_TRUE(fault_of("nn > 1").starts_with(
      "bad_sql: check c: Binder Error: Referenced column \"nn\" not found in FROM clause"));
  EXPECT_EQ(fault_of("n >"), "bad_sql: check c: syntax error at or near \")\"");
  EXPECT_EQ(fault_of("n + 1"),
            "check_not_boolean: check c: it gives BIGINT, but must give true or "
            "false");
  EXPECT_EQ(fault_of("'a'"),
            "check_not_boolean: check c: it gives VARCHAR, but must give true or "
            "false");
  EXPECT_TRUE(fault_of("count(*) > 1")
                  .starts_with("bad_sql: check c: count_star() runs over all records of a b"));
  EXPECT_TRUE(fault_of("n IN (SELECT n FROM judged)")
                  .starts_with("bad_sql: check c: a subquery in an expression read"));
  EXPECT_TRUE(
      fault_of("random() < 0.5").starts_with("bad_sql: check c: random() gives another answer ea"));
}

TEST_F(Checks, AFaultyCheckIsLeftOut) {
  const validate::Checks checks = compile({check("bad", "nn > 1"), check("good", "n <> 2")});
  EXPECT_EQ(faults_.size(), 1u);
  apply(checks);
  EXPECT_EQ(codes(), "2:check.good");
}

}  // namespace
}  // namespace clearwell::testing
