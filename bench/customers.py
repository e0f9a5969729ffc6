"""The step `customers` of bench/run: the customers example over a large file of sales into
PostgreSQL, against DuckDB's own SQL and Polars, which make a file that psql copies there.

The file has no broken lines, so that all make the same table. Clearwell judges every value; DuckDB
and Polars are told the types and stop at the first that is none. Polars is also measured
judging."""

import os
import re
import statistics
import sys
import time

from purchases import CLEARWELL, MEBIBYTE, ROOT, SIMULATORS, measured, must, progress
from report import cell, goal, table

sys.path.insert(0, str(ROOT / "tests/integration"))

import _postgres  # noqa: E402 (needs the path)

PACKAGES = ("duckdb==1.5.6", "polars==2.1.0")
RIVALS = ("duckdb", "polars", "polars-validated")
NAMES = {"clearwell": "clearwell", "duckdb": "DuckDB", "polars": "Polars",
         "polars-validated": "Polars, judging"}
# What clearwell may take, in times of what they take.
GOALS = {"duckdb": 1.5, "polars": 1.7, "polars-validated": 1}
MEMORY = "2GB"


def python_of_rivals():
    """A Python that has them, in the build folder; made when it is missing."""
    home = CLEARWELL.parent / "rivals"
    python = home / "bin/python"
    stamp = home / "packages"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != "\n".join(PACKAGES):
        must([sys.executable, "-m", "venv", home])
        must([python, "-m", "pip", "install", "--quiet", *PACKAGES])
        stamp.write_text("\n".join(PACKAGES), encoding="utf-8")
    return python


class Customers:
    def __init__(self, folder, server, rows):
        self.server = server
        self.sales = folder / "sales.csv"
        self.made = folder / "made.csv"
        must([SIMULATORS / "customers-simulator", "--to", self.sales, "--rows", rows])
        self.project = folder / "project"
        must(["cp", "-r", ROOT / "examples/customers", self.project])
        settings = self.project / "clearwell.yaml"
        settings.write_text(settings.read_text(encoding="utf-8")
                            + f"limits: {{ memory: {MEMORY} }}\n", encoding="utf-8")
        pipeline = (self.project / "pipelines/customers.yaml").read_text(encoding="utf-8")
        self.sql = re.search(r"sql: >\n(.*)", pipeline, re.S).group(1)
        self.python = python_of_rivals()
        self.environment = dict(os.environ, PGHOST="127.0.0.1", PGPORT=str(server.port),
                                PGUSER="app")

    def fresh(self):
        self.server.psql("DROP DATABASE IF EXISTS bench")
        self.server.psql("CREATE DATABASE bench")
        self.server.psql("CHECKPOINT")

    def run(self, form):
        self.fresh()
        if form == "clearwell":
            return measured([CLEARWELL, "run", "customers", "--project", self.project, "--source",
                             self.sales, "--database", "bench"], self.environment)
        self.server.psql("CREATE TABLE customers (customer_id text, favourite_product text, "
                         "longest_streak bigint)", "bench")
        words = [self.python, ROOT / "bench/customers_rival.py", form, self.sales, self.made]
        done = measured(words + [self.sql] * (form == "duckdb"), None)
        began = time.monotonic()
        self.server.psql(f"\\copy customers from '{self.made}' (format csv)", "bench")
        return dict(done, wall=done["wall"] + time.monotonic() - began)

    def table(self):
        return self.server.psql("SELECT count(*), sum(hashtext(c::text)) FROM customers c", "bench")


def customers(folder, options):
    runs = {form: [] for form in ("clearwell", *RIVALS)}
    with _postgres.Server(fsync=True, more="max_wal_size = 8GB") as server:
        shop = Customers(folder, server, options.sales)
        tables = set()
        for number in range(1, options.runs + 1):
            for form, done in runs.items():
                done.append(shop.run(form))
                tables.add(shop.table())
                progress(f"run {number}, {NAMES[form]}: " + ", ".join(
                    f"{key} {done[-1][key]:.2f}" for key in ("wall", "cpu", "memory")))
        if len(tables) != 1:
            raise SystemExit(f"bench: not all made the same table: {tables}")
    ratios = {form: [a["wall"] / b["wall"] for a, b in zip(runs["clearwell"], runs[form])]
              for form in RIVALS}
    rows = [(NAMES[form], cell((r["wall"] for r in done), ".2f"),
             cell((r["cpu"] for r in done), ".2f"), cell((r["memory"] for r in done), ".0f"),
             cell(ratios[form], ".2f") if form in ratios else "")
            for form, done in runs.items()]
    found = {form: statistics.median(ratios[form]) for form in RIVALS}
    size = shop.sales.stat().st_size / MEBIBYTE
    count = tables.pop().split("|")[0]
    return "\n".join([
        f"{options.sales:,} sales ({size:.0f} MiB of CSV) into a table of {count} customers in "
        f"PostgreSQL; all made the same. Each may use {MEMORY} of memory for its SQL "
        f"(Polars knows no limit). {', '.join(PACKAGES)}.", "",
        table(("", "wall seconds", "CPU seconds", "peak memory, MiB",
               "clearwell's time in times of it"), rows), "",
        *(goal(f"{found[form]:.2f} times the time of {NAMES[form]}", found[form] <= most,
               f"at most {most}") for form, most in GOALS.items())])
