#!/usr/bin/env python3
# timeout: 120
"""All reports of the orders example are the same on DuckDB and on PostgreSQL, byte by byte."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import _postgres
import _retail

EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/orders"
SIMULATOR = pathlib.Path(os.environ["SIMULATORS"]) / "orders-simulator"
END, MINUTES = "2030-01-01T00:00:00Z", 60 * 24 * 365 * 20  # all there is


def reports(folder, events, warehouse):
    """{file: content} of all reports, with details where there are any."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("simulator", "tests"))
    (folder / "archive").mkdir()
    shutil.copy(events, folder / "archive")
    environment = dict(os.environ, KAFKA="127.0.0.1:1", CLEARWELL_WAREHOUSE=warehouse)

    def clearwell(*arguments):
        done = subprocess.run([_retail.CLEARWELL, *arguments, "--project", folder], env=environment,
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{arguments}: {done.stderr}")

    clearwell("run", "--once", "--from", "archive")
    for path in sorted((EXAMPLE / "reports").glob("*.yaml")):
        text = path.read_text()
        name = re.search(r"^report: (\w+)", text, re.M)[1]
        details = ["--details"] if "\ndetails:" in text else []
        clearwell("report", "run", name, "-e", END, "-o", str(MINUTES), *details)
    files = (folder / "outputs").glob("*/dt=*/*.csv")
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def main():
    results = _retail.Results()
    with tempfile.TemporaryDirectory(prefix="orders-reports-") as name:
        folder = pathlib.Path(name)
        events = folder / "events.jsonl"
        subprocess.run([SIMULATOR, "--file", events, "--events", "5000"], check=True,
                       stdout=subprocess.DEVNULL)
        here = reports(folder / "duckdb", events, "duckdb:warehouse.duckdb")
        with _postgres.Server() as server:
            server.psql("CREATE DATABASE orders")
            there = reports(folder / "postgres", events, server.url("orders"))
        results.equal("the files", sorted(there), sorted(here))
        results.check("each report of the example", len(here) == 9, sorted(here))
        for path, content in sorted(here.items()):
            results.check(f"{path} has rows", content.count("\n") > 1, content)
            results.equal(path, there.get(path), content)
    results.finish()


if __name__ == "__main__":
    main()
