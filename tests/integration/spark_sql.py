#!/usr/bin/env python3
# needs: spark
"""The same SQL on DuckDB and, as `clearwell` prints it, on Spark: every function, operator and kind
of query that src/spark knows, over every type of field, all in one run of Spark."""

import json
import os
import pathlib
import re
import subprocess
import tempfile

import _spark

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEARWELL = os.environ.get("CLEARWELL", str(ROOT / "build/release/clearwell"))

CONTRACT = """
  id: { type: integer, key: true }
  t: { type: text, nullable: true, clean: trim }
  u: { type: text, nullable: true, clean: [lower], default: "d\\"'\\\\" }
  n: { type: integer, nullable: true }
  m: { type: integer, nullable: true, min: -100, max: "9223372036854775806" }
  d: { type: "decimal(12,2)", nullable: true }
  r: { type: "decimal(38,10)", nullable: true }
  day: { type: date, nullable: true }
  utc: { type: timestamp, nullable: true }
  loc: { type: timestamp, zone: none, nullable: true }
  b: { type: boolean, nullable: true }
  x: { type: double, nullable: true }
  uid: { type: uuid, nullable: true }
"""
ROWS = """
1,abc,ABC,1,2,1.50,0.0000000001,2012-02-29,2012-02-29T12:30:15.123456789Z,2012-02-29 23:59:59,\
true,1.5,11111111-1111-4111-8111-AAAAAAAAAAAA
2, a b ,ÄÖÉ,-7,3,-2.55,12345678901234567890.5,2000-12-31,2000-12-31 23:59:59+02:00,\
2000-12-31 00:00,FALSE,-2.25,11111111111141118111bbbbbbbbbbbb
3,,,,,,,,,,,,
4,äöü€𝄞,ß,100,100,.5,5.,1970-01-01,1969-12-31T23:59:59.999999-0330,1969-12-31 23:59:59.9,True,\
1e300,
5,"quo""te|",x%y_z,0,-100,00012.30,-1,0001-01-01,0001-01-01 00:00:00,9999-12-31 23:59:59.999999,\
false,1E-300,00000000-0000-0000-0000-000000000000
6,it's \\n ${x} $1,\\ back,9223372036854775807,9223372036854775806,9999999999.99,\
9999999999999999999999999999.9999999999,9999-12-31,2024-03-31t01:02z,2024-03-31T01:02,true,0.1,\
ffffffff-ffff-ffff-ffff-ffffffffffff
7,abc,abc,-9223372036854775808,1,-0.01,0,2012-03-01,2012-03-01 00:00:00.000001+18:00,\
2012-03-01 12:00:00.5,false,-0.0,
8,\u3000zz\u00a0,DŽ,3,7,3.00,3,1582-10-10,1500-01-01 10:00:00Z,1582-10-04 00:00:00,true,3,
9,b,Abc,3,7,3.00,3,2012-03-01,2012-03-01 05:00:00-18:00,1900-01-01 00:00:00,true,3,
""".strip()
# One value for each row. `~` stands for all names of functions that take the same.
VALUES = """
id + 1; id - 1; id * 3; -id; id % 4; mod(id, 4); id // 4; (id - 5) // 2; (id - 5) % 3; id / 4;
d / 4; m / nullif(id - 3, 0); d + d; d - 1; d * id; d * 2.5; -d; d % 2; x + 1; x * 2; d + id;
1.5 * id; 3000000000 + id; t || u; concat(t, u, t); t || '''\\'; length(t); char_length(t);
character_length(t); left(t, 2); right(t, 2); left(t, 0); right(u, 0); substr(t, 2);
substr(t, 2, 1); substring(t, 2); substring(t FROM 1 FOR 2); replace(t, 'b', 'xy'); trim(u);
ltrim(u || ' '); rtrim(u || '  '); trim('  ' || t || ' '); lpad(t, 5, '*-'); rpad(t, 5, '*-');
repeat(t, 2); lpad(t, 2, '*'); starts_with(t, 'ab'); prefix(t, 'ab'); ends_with(t, 'c');
suffix(t, 'bc'); contains(t, 'b'); contains(u, ''); strpos(t, 'b'); instr(t, 'b'); md5(t);
t LIKE 'a%'; t NOT LIKE '%b_'; u LIKE '%|%'; regexp_matches(t, '[b-d]+$');
regexp_matches(t, '^\\w+\\s'); regexp_full_match(t, 'a.c|[^a]*'); regexp_matches(t, '[[&^]|€');
nullif(t, 'abc'); coalesce(t, u, 'none'); ifnull(n, 5); abs(m); abs(d); greatest(m, id, 5);
least(m, id); greatest(d, 1); year(day); month(day); day(day); dayofmonth(day); quarter(day);
dayofyear(day); dayofweek(day); week(day); weekofyear(day); isodow(day); last_day(day);
extract(dow FROM day); extract(doy FROM day); extract(year FROM utc); hour(utc); minute(utc);
second(utc); hour(loc); year(loc); date_part('month', loc); date_trunc('month', day);
date_trunc('week', day); date_trunc('hour', utc); date_trunc('year', loc);
date_trunc('quarter', day); date_trunc('day', utc); date_trunc('minute', loc);
date_trunc('second', loc); date_diff('day', day, DATE '2012-03-01');
date_diff('month', day, DATE '2012-03-01'); datediff('year', day, DATE '2012-03-01'); day - 1;
day + 1; 1 + day; day - DATE '2000-01-01'; day + INTERVAL 1 DAY; day - INTERVAL 1 MONTH;
loc + INTERVAL 90 MINUTE; utc - INTERVAL 1 YEAR; loc + INTERVAL 2 WEEK; loc - INTERVAL 10 SECOND;
utc + INTERVAL 1 HOUR; loc + INTERVAL 1 MONTH; day > DATE '2010-01-01'; day = '2012-02-29';
utc < TIMESTAMPTZ '2012-01-01 00:00:00'; loc >= '2012-01-01 00:00:00'; loc > day; t = u; t < u;
t > 'ab'; t <> 'b'; n >= m; n <= 1.5; d > 1; x > 1; x >= d; t COLLATE "C" < 'b'; uid = uid;
b = true; n IS NULL; n IS NOT NULL; NOT b; b AND n > 0; b OR n IS NULL; n IN (1, 3, 100);
n NOT IN (1, 2); t IN ('abc', 'b'); n BETWEEN 1 AND 50; n IS DISTINCT FROM m;
n IS NOT DISTINCT FROM m; day IN ('2012-03-01'); day BETWEEN '2012-01-01' AND '2012-12-31';
CASE WHEN n > 0 THEN 'p' WHEN n < 0 THEN 'm' END; CASE n WHEN 1 THEN 10 ELSE 20 END;
CASE WHEN b THEN d ELSE 1 END; if(b, 1, 2); CAST(id AS INTEGER); CAST(id AS VARCHAR);
CAST(d AS VARCHAR); CAST(d AS DOUBLE); CAST(d AS DECIMAL(12,1)); CAST(r AS DECIMAL(38,3));
CAST(b AS INTEGER); CAST(b AS VARCHAR); CAST(day AS VARCHAR); CAST(day AS TIMESTAMP);
CAST(loc AS DATE); CAST(uid AS VARCHAR); CAST(id AS DECIMAL(10,3)); CAST(NULL AS INTEGER);
CAST(n AS DOUBLE); CAST('2012-01-01' AS DATE); TIMESTAMP '2012-01-01 10:00:00'; 1.25; 1e3;
'a''b\\c'; TRUE; NULL::VARCHAR; t; u; n; m; d; r; day; utc; loc; b; x; uid
"""
QUERIES = """
SELECT u, count(*) AS a, count(n) AS b, count(DISTINCT m) AS c, sum(m // 1000) AS s, min(t) AS e,
  max(t) AS f FROM accepted GROUP BY u;
SELECT count(*) FILTER (WHERE n > 0) AS a, sum(d) AS b, count(DISTINCT u) FILTER (WHERE b) AS c,
  one FROM (SELECT n, d, u, b, id % 2 AS one FROM accepted) GROUP BY one HAVING count(*) > 1;
SELECT sum(d) AS a, avg(id) AS b, mean(n // 1000000000000000) AS c, sum(DISTINCT id % 3) AS e,
  max(day) AS f, min(utc) AS g, count_if(b) AS h, bool_and(b) AS i, bool_or(b) AS j FROM accepted;
SELECT arg_max(t, id) AS a, arg_min(t, id) AS b, max_by(u, id) AS c, min_by(n, id) AS d,
  arg_max(t, m) FILTER (WHERE id < 5) AS e FROM accepted;
SELECT id, row_number() OVER (ORDER BY n DESC, id) AS a, rank() OVER (ORDER BY t) AS b,
  dense_rank() OVER (ORDER BY t NULLS FIRST) AS c, ntile(3) OVER (ORDER BY id) AS e FROM accepted;
SELECT id, lag(n) OVER (ORDER BY id) AS a, lead(t, 2, 'none') OVER (ORDER BY id) AS b,
  first_value(t) OVER (PARTITION BY b ORDER BY id) AS c, last_value(t) OVER (PARTITION BY b ORDER
  BY id) AS e FROM accepted;
SELECT id, sum(id) OVER (PARTITION BY b ORDER BY id) AS a, count(*) OVER (PARTITION BY b) AS b,
  sum(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS c, max(id) OVER (ORDER BY
  id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS e, avg(id) OVER (PARTITION BY b) AS f,
  min(t) OVER (PARTITION BY b ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS g
  FROM accepted;
SELECT DISTINCT b, n IS NULL AS c FROM accepted;
WITH o AS (SELECT id, t FROM accepted), p(a, b) AS (SELECT id * 2, t FROM o) SELECT o.id, p.a, p.b
  FROM o LEFT JOIN p ON o.id = p.a;
SELECT a.id AS i, c.id AS k FROM accepted AS a RIGHT JOIN accepted AS c ON a.id = c.id + 1;
SELECT coalesce(a.id, c.id) AS i, c.t FROM accepted AS a FULL JOIN (SELECT id + 5 AS id, t FROM
  accepted) AS c ON a.id = c.id;
SELECT id, a.t FROM accepted AS a JOIN (SELECT t, max(id) AS k FROM accepted GROUP BY t) AS c
  USING (t);
SELECT id FROM accepted SEMI JOIN (SELECT id + 3 AS k FROM accepted) AS c ON id = c.k;
SELECT id FROM accepted ANTI JOIN (SELECT id + 3 AS k FROM accepted) AS c ON id = c.k;
SELECT a.id, v.k FROM accepted AS a CROSS JOIN (VALUES (1, 'x'), (2, 'y')) AS v(k, w) WHERE v.w =
  'y';
SELECT id FROM accepted UNION SELECT id + 5 FROM accepted;
SELECT t FROM accepted UNION ALL SELECT u FROM accepted;
SELECT t FROM accepted EXCEPT SELECT u FROM accepted;
SELECT t FROM accepted INTERSECT SELECT u FROM accepted;
SELECT id FROM accepted WHERE id = (SELECT max(id) FROM accepted) OR id IN (SELECT n FROM
  accepted) OR EXISTS (SELECT 1 FROM accepted WHERE id = 100);
SELECT id, t FROM accepted ORDER BY t DESC, id LIMIT 4;
SELECT * FROM (SELECT a.* FROM accepted AS a) AS z WHERE z.id > 4;
SELECT b AS k, count(*) AS c FROM accepted GROUP BY k ORDER BY 2;
SELECT year(day) AS y, count(*) AS c FROM accepted GROUP BY 1;
SELECT sum(m) AS a, sum(m - id) AS b, sum(sum(m)) OVER (ORDER BY b) AS c FROM accepted WHERE id IN
  (4, 6) GROUP BY b
"""


def loads():
    """Name → SQL."""
    values = [one.strip() for one in VALUES.strip().replace(";\n", ";").split(";")]
    named = ", ".join(f"{value} AS v{i}" for i, value in enumerate(values))
    out = {"per_row": (f"SELECT id, {named} FROM accepted", [f"v{i}: {v}" for i, v in
                                                             enumerate(values)])}
    for i, query in enumerate(QUERIES.split(";\n")):
        out[f"query_{i}"] = (" ".join(query.split()), [])
    return out


def write(folder):
    pipeline = "pipeline: p\nfrom:\n  - csv: { path: data.csv }\ncontract:" + CONTRACT + \
        "checks:\n  - { name: no_thirteen, sql: \"id <> 13 OR t LIKE 'x%'\" }\nload:\n"
    for name, (sql, _) in loads().items():
        pipeline += f"  - table: {name}\n    mode: replace\n    over: all\n" \
                    f"    sql: {json.dumps(sql)}\n"
    (folder / "pipelines").mkdir()
    (folder / "pipelines/p.yaml").write_text(pipeline, encoding="utf-8")
    (folder / "clearwell.yaml").write_text(
        "project: p\nwarehouse: ${WAREHOUSE}\n" + _spark.settings(), encoding="utf-8")
    header = ",".join(re.findall(r"^  (\w+):", CONTRACT, re.M))
    rows = ROWS.replace("\\u3000", "\u3000").replace("\\u00a0", "\u00a0")
    (folder / "data.csv").write_text(f"{header}\n{rows}\n13,y\n13{',' * 12}\n", encoding="utf-8")


def clearwell(folder, warehouse, *arguments):
    done = subprocess.run([CLEARWELL, *arguments], cwd=folder, stdin=subprocess.DEVNULL, text=True,
                          env=_spark.environment(WAREHOUSE=warehouse), capture_output=True)
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def rows_of(folder, warehouse, table):
    found = json.loads(clearwell(folder, warehouse, "query", f"SELECT * FROM {table}",
                                 "--output", "json"))
    return sorted(found, key=json.dumps)


def compare(folder, faults):
    for name, (sql, columns) in loads().items():
        wanted = rows_of(folder, "duckdb:here.duckdb", name)
        found = rows_of(folder, "duckdb:there.duckdb", name)
        if wanted == found:
            continue
        if not columns or len(wanted) != len(found):
            faults.append(f"{sql}\n   DuckDB: {wanted}\n   Spark:  {found}")
        for one, other in zip(wanted, found) if columns else []:
            for key, value in one.items():
                if other[key] != value:
                    column = columns[int(key[1:])] if key != "id" else key
                    faults.append(f"id {one['id']}, {column}: DuckDB {value!r}, Spark "
                                  f"{other[key]!r}")
        assert any(row for row in wanted) or "HAVING" in sql, f"{sql}: no rows, so it says nothing"


def check_complete():
    """Each function of the printer stands in some SQL above."""
    tables = (ROOT / "src/spark/calls.cc").read_text(encoding="utf-8")
    names = re.findall(r'^    \{"(\w+)", "', tables, re.M)
    names += re.findall(r'"(\w+)"', re.search(r'name, \{("count".*?)\}', tables, re.S).group(1))
    text = (VALUES + QUERIES).replace("extract(dow", "dow(").replace("extract(doy", "doy(")
    unknown = [name for name in names if not re.search(rf"\b{name}\(", text)
               and name not in ("count_star", "argmax", "argmin")]
    assert not unknown, f"no comparison of {unknown}"


def main():
    check_complete()
    with tempfile.TemporaryDirectory() as name:
        folder, faults = pathlib.Path(name), []
        write(folder)
        clearwell(folder, "duckdb:here.duckdb", "run", "--once")
        clearwell(folder, "duckdb:there.duckdb", "run", "--engine", "spark")
        compare(folder, faults)
        print("\n".join(faults))
        print(f"{len(loads()) - len(faults)} passed, {len(faults)} failed")
        raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
