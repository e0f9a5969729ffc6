#!/usr/bin/env python3
# needs: spark
# proves: only-valid, neighbours, accounting, exact-evidence | csv | postgres, duckdb | first-run
"""The customers example on Spark, among broken rows: on one machine into DuckDB (Parquet), and on a
standalone cluster into PostgreSQL (JDBC). Table, quarantine and counts are those of DuckDB."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import tempfile

import _postgres
import _spark

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEARWELL = os.environ.get("CLEARWELL", str(ROOT / "build/release/clearwell"))
HEADER = b"transactionId|custId|transactionDate|productSold|unitsSold"
PRODUCTS = ["PURA100", "PURA200", "PURA250", "SUPA101", "DETA200", "d\xe9t\xe4", "\u03a9"]
# What may be wrong with a row, each with another verdict or another way to be quoted.
BROKEN = [b"1|0000007|2012-02-30|PURA100|9", b"1|0000007|2011-02-29|PURA100|9",
          b"1|0000007|1900-02-29|PURA100|9", b"1|0000007|0000-01-01|PURA100|9",
          b"1|0000007|2012-13-01|PURA100|9", b"1|0000007|2012-1-01|PURA100|9",
          b"1|0000007|20120101|PURA100|9", b"1|0000007|2012-01-01 |PURA100|9",
          b"1|0000007|2012-01-01|PURA100|-900", b"1|0000007|2012-01-01|PURA100|1e3",
          b"1|0000007|2012-01-01|PURA100|1.5", b"1|0000007|2012-01-01|PURA100|0",
          b"1|0000007|2012-01-01|PURA100|9223372036854775808",
          b"1|0000007|2012-01-01|PURA100|-9223372036854775809",
          b"1|0000007|2012-01-01|PURA100| 9", b"1|0000007|2012-01-01|PURA100|+",
          b"1|0000007|2012-01-01|PURA100|", b"1|0000007||PURA100|9", b"|||||", b"||||", b"1",
          b"1|0000007|2012-01-01|PURA100|9|", b"1|0000007|2012-01-01|PURA100",
          b"1|\"0000007|2012-01-01|PURA100|9", b"1|\"0000007\"x|2012-01-01|PURA100|9",
          b"1|\"\"|2012-01-01|PURA100|9", b"\"1\"\"|0000007|2012-01-01|PURA100|9",
          b"1|00\xff0007|2012-01-01|PURA100|9", b"1|\xed\xa0\x80|2012-01-01|PURA100|9",
          b"1|00\x000007|2012-01-01|PURA100|9", HEADER, b"\"transactionId\"" + HEADER[13:],
          b"1|0000007|2012-01-01|PURA100|\xd9\xa1", b" ", b"1|0000007|2012-02-30|PURA100|-1"]
# Unusual and valid.
GOOD = [b"1|\"00|00\"|2012-02-29|\"PU\"\"RA\"|9", b"1|0000\"08|2000-02-29|PURA100|+0009",
        b"1|0000009|9999-12-31|PURA100|9223372036854775807", b"1|0000010|0001-01-01|PURA100|1\r",
        b"1| 0000011 |2012-01-01|\\n|00000000000000000000000001",
        b"1|$1|2012-01-01|${x}|7", b"", b"\r"]


def data(seed, count):
    """Lines with sales of several days in a row, ties, and two of a hundred broken."""
    choose = random.Random(seed)
    lines = [HEADER, *GOOD, *BROKEN]
    for _ in range(count):
        customer, day = choose.randrange(40), choose.randrange(1, 29)
        product = choose.choice(PRODUCTS)
        line = f"{choose.randrange(999)}|{customer:07}|2011-0{choose.randrange(1, 3)}-{day:02}|" \
               f"{product}|{choose.randrange(1, 5)}".encode()
        lines.append(choose.choice(BROKEN) if choose.random() < 0.02 else line)
    lines.append(b"2|0000001|2011-01-01|LAST|1")  # without a newline
    return b"\n".join(lines)


class Project:
    def __init__(self, folder, name, warehouse, more=""):
        self.folder = pathlib.Path(folder) / name
        shutil.copytree(ROOT / "examples/customers", self.folder)
        self.warehouse = warehouse
        with open(self.folder / "clearwell.yaml", "a", encoding="utf-8") as settings:
            settings.write(more)
        (self.folder / "data").mkdir(exist_ok=True)
        (self.folder / "data/one.csv").write_bytes(b"\xef\xbb\xbf" + data(1, 1500))
        (self.folder / "data/two.csv").write_bytes(data(2, 1500).replace(b"\n", b"\r\n"))
        (self.folder / "data/none.csv").write_bytes(HEADER + b"\n")

    def clearwell(self, *arguments):
        done = subprocess.run([CLEARWELL, *arguments], cwd=self.folder, stdin=subprocess.DEVNULL,
                              env=_spark.environment(CLEARWELL_WAREHOUSE=self.warehouse),
                              capture_output=True, text=True)
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done

    def query(self, sql):
        return json.loads(self.clearwell("query", sql, "--output", "json").stdout)

    def outcome(self):
        """Table, quarantine and counts."""
        held = self.clearwell("quarantine", "export").stdout.splitlines()
        records = [json.loads(line) for line in held]
        for record in records:
            for key in ("id", "quarantined", "quarantined_at", "arrived"):
                record.pop(key, None)
        records.sort(key=lambda record: (record["partition"], record["offset"]))
        return {"customers": self.query("SELECT * FROM customers ORDER BY customer_id"),
                "counts": self.query("SELECT read, loaded, skipped, quarantined FROM "
                                     "clearwell.counts"),
                "quarantine": records}

    def run_on_spark(self):
        done = self.clearwell("run", "customers", "--engine", "spark", "--source", "data/*.csv")
        assert done.stderr.count("\n") == 1, done.stderr  # the hint about the quarantine
        left = self.query("SELECT table_name FROM information_schema.tables WHERE table_name LIKE "
                          "'spark%'")
        assert not json.dumps(left).count("spark_"), left


def compare(name, found, wanted):
    for part, value in wanted.items():
        if found[part] == value:
            continue
        if isinstance(value, list):
            for one, other in zip(found[part], value):
                assert one == other, f"{name}, {part}: {one} instead of {other}"
        raise AssertionError(f"{name}, {part}: {found[part]} instead of {value}")


def main():
    with tempfile.TemporaryDirectory() as folder, _postgres.Server() as server:
        duckdb = Project(folder, "duckdb", "duckdb:warehouse.duckdb")
        duckdb.clearwell("run", "customers", "--once", "--source", "data/*.csv")
        wanted = duckdb.outcome()
        assert len(wanted["quarantine"]) > len(BROKEN), wanted
        local = Project(folder, "local", "duckdb:warehouse.duckdb", _spark.settings())
        local.run_on_spark()
        compare("local", local.outcome(), wanted)
        os.mkdir(folder + "/cluster-files")
        with _spark.Cluster(folder + "/cluster-files") as cluster:
            far = Project(folder, "cluster", server.url(), _spark.settings(cluster.master))
            far.run_on_spark()
            compare("cluster", far.outcome(), wanted)


if __name__ == "__main__":
    main()
