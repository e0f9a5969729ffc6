#!/usr/bin/env python3
"""The retail example on PostgreSQL: its tables, models, counts and quarantine are those that the
same input makes on DuckDB; also when the runs are killed again and again, and when the server is
killed and comes back in the middle of one. tests/crash/postgres is the long form."""
# proves: nothing-doubled, nothing-lost | files | postgres | first-run, resume
# proves: batches-do-not-matter | files | postgres | first-run, resume
# proves: recovers, accounting | files | postgres | resume

import random
import subprocess
import tempfile
import time

import _postgres
import _retail

TABLES = {"users": "user_id", "articles": "article_id", "purchases": "purchase_id",
          "purchase_lines": "purchase_id, line_no", "rates": "currency",
          "sales_per_state": "state, currency", "top_articles": "article_id",
          "sales_over_time": "hour, currency"}
REST = {"counts": "SELECT pipeline, read, loaded, superseded, duplicate, skipped, quarantined, "
                  "parked, discarded FROM clearwell.counts ORDER BY pipeline",
        "quarantine": "SELECT pipeline, entry, state, array_to_string(codes, ' ') AS codes, "
                      "md5(CAST(reasons AS VARCHAR)) AS reasons, octet_length(payload) AS bytes "
                      "FROM clearwell.quarantine ORDER BY pipeline, entry, state, codes, reasons, "
                      "bytes"}


def clearwell(shop, *arguments):
    done = subprocess.run([_retail.CLEARWELL, *arguments, "--project", str(shop.project)],
                          env=shop.environment(), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"[-4000:])
    return done.stdout


def content(shop):
    queries = {name: f"SELECT * FROM {name} ORDER BY {key}" for name, key in TABLES.items()}
    # Bytes are spelt otherwise, and each shop has a folder of its own.
    queries["rates"] = "SELECT currency, valid_from, eur_per_unit FROM rates ORDER BY currency"
    return {name: [line.replace(str(shop.folder), "") for line in
                   clearwell(shop, "query", sql, "--output", "csv").splitlines()]
            for name, sql in (queries | REST).items()}


class Trial:
    """Runs of the example on a server, killed or not, compared with the reference."""

    def __init__(self, folder, server, reference):
        self.server, self.reference, self.expected = server, reference, content(reference)
        self.shop = _retail.OnPostgres(f"{folder}/shop")
        self.shop.blob.rmdir()
        self.shop.blob.symlink_to(reference.blob)
        self.rounds = 0

    def empty(self, name):
        self.shop.use_database(self.server, name)

    def start(self):
        return self.shop.start("run", "--once", stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)

    def compare(self, results, name):
        clearwell(self.shop, "run", "--once")
        found = content(self.shop)
        for what, rows in self.expected.items():
            results.same_rows(f"{name}: {what}", found[what], rows)
        self.rounds += 1

    def left_alone(self, results):
        self.empty("left_alone")
        began = time.monotonic()
        self.compare(results, "left alone")
        self.seconds = time.monotonic() - began

    def killed(self, results, kills):
        """So many runs are killed; one that comes to its end is compared, and the next one begins
        from nothing."""
        done = 0
        self.empty("killed")
        while done < kills:
            process = self.start()
            try:
                process.wait(timeout=random.uniform(0.05, self.seconds / 2))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                done += 1
                continue
            self.compare(results, f"after {done} kills")
            self.empty("killed")
        self.compare(results, f"after {done} kills")

    def server_killed(self, results, kills):
        """The server is killed and started again amid runs, which may wait for it or end with an
        error: what counts is what the next one makes of it."""
        self.empty("server_killed")
        for done in range(1, kills + 1):
            process = self.start()
            time.sleep(random.uniform(0.05, self.seconds / 2))
            self.server.kill()
            self.server.start()
            process.wait()
            if done % 5 == 0 or done == kills:
                self.compare(results, f"after {done} kills of the server")
                self.empty("server_killed")


def run(purchases, kills, server_kills):
    results = _retail.Results()
    random.seed(7)
    with tempfile.TemporaryDirectory() as folder, _postgres.Server() as server:
        reference = _retail.Shop(folder + "/duckdb")
        reference.simulate("--purchases", purchases, "--duplicates", "2%", "--damaged", "0.5%",
                           "--repaired", "5%")
        clearwell(reference, "run", "--once")
        trial = Trial(folder, server, reference)
        results.check("the reference is no empty one",
                      len(trial.expected["purchases"]) > purchases / 3)
        for part in (trial.left_alone, lambda r: trial.killed(r, kills),
                     lambda r: trial.server_killed(r, server_kills)):
            began = time.monotonic()
            part(results)
            print(f"{time.monotonic() - began:.1f} s, {trial.rounds} comparisons", flush=True)
    results.finish()


if __name__ == "__main__":
    run(purchases=3000, kills=8, server_kills=2)
