#!/usr/bin/env python3
# proves: only-valid, neighbours, accounting, exact-evidence | csv | postgres | first-run
# proves: one-transaction | csv | postgres | first-run
"""The customers example on PostgreSQL: what is known of the sales it brings with it, broken lines
among them, and what a reader sees while the table is replaced."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import _postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEARWELL = os.environ.get("CLEARWELL", str(ROOT / "build/release/clearwell"))
HEADER = "transactionId|custId|transactionDate|productSold|unitsSold"
KNOWN = {"0023938": ("PURA250", 2), "0024003": ("SUPA101", 3), "0023824": ("PURA250", 3),
         "0024212": ("PURA100", 2), "0023510": ("PURA100", 1)}
STREAKS = {1: 756, 2: 124, 3: 5}
ROWS = 13355
# Each would change a favourite or a streak if it were let in.
BROKEN = ["20120726-0023938|0023938|2012-07-26|PURA100|-900",
          "20120726-0023938|0023938|2012-07-26|PURA100|1e3",
          "20120230-0023938|0023938|2012-02-30|PURA100|900",
          "20120726-0023938|0023938|2012-07-26|PURA100|900|",
          "20120726-0023938|0023938|2012-07-26|\"PURA100|900",
          HEADER]


class Shop:
    """The example in a folder of its own, and the database `shop` of a server."""

    def __init__(self, folder, server):
        self.project = shutil.copytree(ROOT / "examples/customers", folder / "project")
        self.server = server
        # As psql finds it.
        self.environment = dict(os.environ, PGHOST="127.0.0.1", PGPORT=str(server.port),
                                PGUSER="app")

    def start(self, source, database="shop", **more):
        return subprocess.Popen(
            [CLEARWELL, "run", "customers", "--project", self.project, "--source", source,
             "--database", database, "--table", "customers"], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=dict(self.environment, **more))

    def run(self, source, database="shop"):
        process = self.start(source, database)
        said, _ = process.communicate()
        return process.returncode, said

    def ask(self, sql):
        return self.server.psql(sql, "shop")


def check_known(shop):
    names = ", ".join(f"'{customer}'" for customer in KNOWN)
    found = shop.ask(f"SELECT * FROM customers WHERE customer_id IN ({names}) ORDER BY customer_id")
    assert found.split("\n") == ["|".join(map(str, (customer, *KNOWN[customer])))
                                 for customer in sorted(KNOWN)], found
    streaks = shop.ask("SELECT longest_streak, count(*) FROM customers GROUP BY 1 ORDER BY 1")
    assert streaks == "\n".join(f"{days}|{count}" for days, count in STREAKS.items()), streaks


def check_counts(shop, broken):
    counts = shop.ask("SELECT read, loaded, quarantined FROM clearwell.counts")
    assert counts == f"{ROWS + broken}|{ROWS}|{broken}", counts


def check_broken(shop):
    """Among all the others, each in a place of its own."""
    lines = (shop.project / "data/transaction.csv").read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(BROKEN):
        lines.insert(1 + 2000 * number, line)
    (shop.project / "broken.csv").write_text("\n".join(lines), encoding="utf-8")
    done, said = shop.run("broken.csv")
    assert done == 0, said
    check_known(shop)
    check_counts(shop, len(BROKEN))
    held = shop.ask("SELECT line, convert_from(payload, 'UTF8') FROM clearwell.quarantine "
                    "ORDER BY line")
    assert held == "\n".join(f"{2 + 2000 * at}|{row}" for at, row in enumerate(BROKEN)), held


def check_readers(shop):
    """The old table until the commit, then the new one."""
    (shop.project / "one.csv").write_text(f"{HEADER}\n1|0000001|2011-08-10|SUPA101|1\n",
                                          encoding="utf-8")
    process = shop.start("one.csv", CLEARWELL_STOP_AT="gather.loaded:1:pause")
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), status
    check_known(shop)
    check_counts(shop, len(BROKEN))
    process.send_signal(signal.SIGCONT)
    said, _ = process.communicate()
    assert process.returncode == 0, said
    found = shop.ask("SELECT * FROM customers")
    assert found == "0000001|SUPA101|1", found


def main():
    with tempfile.TemporaryDirectory() as folder, _postgres.Server() as server:
        shop = Shop(pathlib.Path(folder), server)
        done, said = shop.run("data/transaction.csv")
        assert done == 2 and 'database "shop" does not exist' in said, (done, said)
        server.psql("CREATE DATABASE shop")
        for _ in range(2):  # the second run replaces what the first one made
            done, said = shop.run("data/transaction.csv")
            assert done == 0, said
            check_known(shop)
            check_counts(shop, 0)
        check_broken(shop)
        check_readers(shop)


if __name__ == "__main__":
    main()
