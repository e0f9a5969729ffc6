#!/usr/bin/env python3
# timeout: 240
"""Scheduled reports, on both warehouses, with a clock that the test sets: each is made when it is
due, over its own window; what was missed is made up for as its schedule says; a report that cannot
be made keeps no other one from being made; a process that is killed at any step of it is made up
for; two processes make none twice.
"""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

import _crash
import _postgres
import _retail

WAIT = 30
PIPELINE = """pipeline: {name}
from: {{ jsonl: {{ path: "{name}-*.jsonl", scan_every: 100ms }} }}
contract:
  id: {{ type: integer, key: true }}
  sold_at: {{ type: timestamp, zone: UTC }}
load:
  - {{ table: {name}, key: id, mode: insert, sql: "SELECT id, sold_at FROM accepted" }}
"""
REPORT = """report: {name}
sql: "SELECT count({column}) AS sales, min(id) AS first, max(id) AS last FROM sales
  WHERE sold_at >= ${{window.start}} AND sold_at < ${{window.end}}"
window: 10m
schedule: {{ cron: "*/10 * * * *", missed: {missed} }}
"""
REPORTS = {"All": ("all", "id"), "Last": ("last", "id"), "Nothing": ("none", "id"),
           "Broken": ("all", "no_such_column")}


def minute(number):
    """So many minutes after noon."""
    return f"2024-01-01T{12 + number // 60:02}:{number % 60:02}:00Z"


# One sale a minute, at its very beginning: that of minute n has the id n.
SALES = "".join(json.dumps({"id": n, "sold_at": minute(n)}) + "\n" for n in range(300))


class Shop:
    def __init__(self, folder, warehouse=""):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.clock, self.trace = self.folder / "clock", self.folder / "trace"
        self.environment = dict(os.environ, CLEARWELL_CLOCK=f"@{self.clock}")
        if warehouse:
            self.environment["CLEARWELL_WAREHOUSE"] = warehouse
        self.write("clearwell.yaml", "project: shop\n"
                   'warehouse: "${CLEARWELL_WAREHOUSE:-duckdb:warehouse.duckdb}"\n')
        for name in ("sales", "others"):
            self.write(f"pipelines/{name}.yaml", PIPELINE.format(name=name))
            self.write(f"{name}-1.jsonl", SALES)
        for name, (missed, column) in REPORTS.items():
            self.write(f"reports/{name.lower()}.yaml",
                       REPORT.format(name=name, missed=missed, column=column))
        self.at(1)

    def write(self, path, text):
        target = self.folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text)

    def at(self, number):
        """So late it is now: minutes after noon."""
        self.write("clock.new", minute(number))
        os.rename(self.folder / "clock.new", self.clock)

    def start(self, *pipelines, stop_at="", trace="trace"):
        (self.folder / trace).unlink(missing_ok=True)
        return subprocess.Popen(
            [_retail.CLEARWELL, "run", *pipelines, "--project", self.folder],
            env=dict(self.environment, CLEARWELL_STOP_AT=stop_at,
                     CLEARWELL_STEPS_TO=str(self.folder / trace)),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def passed(self, step, trace="trace"):
        return _crash.passed(self.folder / trace)[step]

    def file(self, name, number):
        return self.folder / f"outputs/{name}/dt={minute(number)}/report.csv"

    def query(self, sql):
        out = subprocess.run([_retail.CLEARWELL, "query", sql, "--project", self.folder, "--output",
                              "json"], env=self.environment, capture_output=True, check=True)
        return [tuple(row.values()) for row in json.loads(out.stdout)]

    def made(self, name):
        """Minutes of the windows' ends, as the folders say."""
        ends = (self.folder / "outputs" / name).glob("dt=*")
        return sorted((int(end.name[14:16]) - 12) * 60 + int(end.name[17:19]) for end in ends)

    def noted(self, name):
        """The same as the table says, with the state."""
        rows = self.query("SELECT CAST(extract(hour FROM due) * 60 + extract(minute FROM due) "
                          "AS INTEGER) - 720, state FROM clearwell.report_runs WHERE report = "
                          f"'{name.lower()}' ORDER BY 1")
        return [tuple(row) for row in rows]


def wait(process, holds, what):
    end = time.monotonic() + WAIT
    while not holds():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise RuntimeError(f"{what}: {process.communicate()[1].decode()[-2000:]}")
        time.sleep(0.02)


def stop(process):
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=WAIT)
    return process.returncode, err.decode()


def due(results, name, shop):
    """Begins at minute 1; those of 10 and 20 become due while it runs."""
    process = shop.start()
    wait(process, lambda: shop.passed("report.scheduled") == len(REPORTS), "schedules begin")
    wait(process, lambda: shop.passed("load.after_commit") >= 2, "sales come in")
    shop.at(25)
    wait(process, lambda: shop.passed("report.made") == 2 * len(REPORTS), "reports are made")
    code, err = stop(process)
    results.equal(f"{name}: ends well", code, 0)
    results.check(f"{name}: the broken one is told",
                  "the report Broken of 2024-01-01T12:10:00Z was not made" in err, err)
    for report in ("All", "Last", "Nothing"):
        results.equal(f"{name}: {report} is made when due", shop.made(report), [10, 20])
    results.equal(f"{name}: the broken one has no files", shop.made("Broken"), [])
    results.equal(f"{name}: over its window, without its end", shop.file("All", 20).read_text(),
                  "sales,first,last\n10,10,19\n")
    results.equal(f"{name}: what is noted", shop.noted("All"),
                  [(1, "scheduled"), (10, "done"), (20, "done")])
    results.equal(f"{name}: what is noted of the broken one", shop.noted("Broken"),
                  [(1, "scheduled"), (10, "failed"), (20, "failed")])


def missed(results, name, shop):
    """Nothing runs from minute 25 to 65; then the one of 70 becomes due."""
    shop.at(65)
    process = shop.start()
    wait(process, lambda: shop.passed("report.made") >= 4 + 1 + 4, "what was missed is made")
    shop.at(71)
    wait(process, lambda: all(shop.file(report, 70).exists() for report in ("All", "Last",
                                                                            "Nothing")), "and 70")
    stop(process)
    results.equal(f"{name}: missed: all", shop.made("All"), [10, 20, 30, 40, 50, 60, 70])
    results.equal(f"{name}: missed: last", shop.made("Last"), [10, 20, 60, 70])
    results.equal(f"{name}: missed: none", shop.made("Nothing"), [10, 20, 70])
    link = os.readlink(shop.folder / "outputs/All/latest")
    results.equal(f"{name}: latest", link, f"dt={minute(70)}")


def killed(results, name, shop):
    """Five are due, at 80 and 90; it dies at the first, twice, and at later ones."""
    shop.at(91)
    for where in ("report.claimed:1", "report.made:1", "report.made:3", "report.claimed:2"):
        process = shop.start(stop_at=where)
        process.communicate(timeout=WAIT)
        results.equal(f"{name}: killed at {where}", process.returncode, -signal.SIGKILL)
    process = shop.start()
    wait(process, lambda: shop.file("All", 90).exists() and shop.file("Last", 90).exists(),
         "goes on")
    stop(process)
    for report in ("All", "Last"):
        results.equal(f"{name}: {report} after kills", [end for end in shop.made(report)
                                                        if end >= 90], [90])
        states = [state for end, state in shop.noted(report) if end >= 80]
        results.equal(f"{name}: all of {report} is done", set(states), {"done"})
    results.equal(f"{name}: 80 is made up for", shop.made("All")[-2:], [80, 90])
    halves = [path.name for path in shop.folder.glob("outputs/*/*/.*")]
    results.check(f"{name}: at most what was being written is left", len(halves) <= 4, halves)


def two(results, name, shop):
    """Two processes, each with a pipeline of its own, and the same schedules."""
    processes = [shop.start("sales", trace="a"), shop.start("others", trace="b")]
    for process, trace in zip(processes, "ab"):
        wait(process, lambda trace=trace: shop.passed("source.opened", trace), "both run")
    shop.at(200)
    wait(processes[0], lambda: shop.file("All", 200).exists(), "all is made")
    wait(processes[0], lambda: shop.file("Last", 200).exists(), "all is made")
    for process in processes:
        results.equal(f"{name}: ends well", stop(process)[0], 0)
    times = sum(shop.passed("report.made", trace) for trace in "ab")
    rows = shop.query("SELECT count(*) FROM clearwell.report_runs WHERE due > "
                      f"TIMESTAMPTZ '{minute(91)}' AND state IN ('done', 'failed')")
    results.equal(f"{name}: each made by one of two processes", times, rows[0][0])
    results.equal(f"{name}: none is left out", shop.made("All"), list(range(10, 201, 10)))


def main():
    results = _retail.Results()
    with tempfile.TemporaryDirectory(prefix="report-schedules-") as folder:
        shop = Shop(f"{folder}/duckdb")
        for part in (due, missed, killed):
            part(results, "duckdb", shop)
        with _postgres.Server() as server:
            shop = Shop(f"{folder}/postgres", server.url("shop"))
            server.psql("CREATE DATABASE shop")
            for part in (due, missed, killed, two):
                part(results, "postgres", shop)
    results.finish()


if __name__ == "__main__":
    main()
