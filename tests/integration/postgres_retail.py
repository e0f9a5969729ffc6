#!/usr/bin/env python3
"""The retail example on PostgreSQL: its tables, models, counts and quarantine are those that the
same input makes on DuckDB; also when the runs are killed again and again, and when the server goes
down and comes back in the middle of one."""
# proves: nothing-doubled, batches-do-not-matter | files | postgres | first-run, resume

import random
import subprocess
import tempfile
import threading
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


class OnPostgres(_retail.Shop):
    url = ""

    def environment(self):
        return dict(super().environment(), CLEARWELL_WAREHOUSE=self.url)


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


def kill_again_and_again(shop, times):
    for _ in range(times):
        process = shop.start("run", "--once", stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=random.uniform(0.05, 0.6))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def restart_soon(server):
    def restart():
        time.sleep(0.3)
        server.kill()
        server.start()
    thread = threading.Thread(target=restart)
    thread.start()
    return thread


def main():
    results = _retail.Results()
    random.seed(7)
    with tempfile.TemporaryDirectory() as folder, _postgres.Server() as server:
        reference = _retail.Shop(folder + "/duckdb")
        reference.simulate("--purchases", 3000, "--duplicates", "2%", "--damaged", "0.5%",
                           "--repaired", "5%")
        clearwell(reference, "run", "--once")
        expected = content(reference)
        results.check("the reference is no empty one", len(expected["purchases"]) > 1000)
        for name in ("left_alone", "killed", "server_killed"):
            shop = OnPostgres(f"{folder}/{name}")
            shop.blob.rmdir()
            shop.blob.symlink_to(reference.blob)
            shop.url = server.url(name)
            server.psql(f"CREATE DATABASE {name}")
            if name == "killed":
                kill_again_and_again(shop, 8)
            restarted = restart_soon(server) if name == "server_killed" else None
            if restarted is not None:
                # It may wait for the server, or end with an error; what counts is the next run.
                shop.start("run", "--once", stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL).wait()
                restarted.join()
            clearwell(shop, "run", "--once")
            found = content(shop)
            for what, rows in expected.items():
                results.same_rows(f"{name}: {what}", found[what], rows)
    results.finish()


if __name__ == "__main__":
    main()
