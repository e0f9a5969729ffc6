#!/usr/bin/env python3
# proves: only-valid, neighbours, accounting, exact-evidence | csv | postgres | first-run
"""The customers example on PostgreSQL: two customers of the known data, among broken rows."""

import os
import pathlib
import shutil
import subprocess
import tempfile

import _postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEARWELL = os.environ.get("CLEARWELL", str(ROOT / "build/release/clearwell"))
HEADER = "transactionId|custId|transactionDate|productSold|unitsSold"
SALES = """
0023938 20120302 PURA250 54  20120302 SUPA102 42  20120302 SUPA105 39  20120315 PURA250 57
0023938 20120724 DETA800 49  20120725 PURA500 52  20120725 SUPA104 48  20120903 PURA100 51
0023510 20111222 PURA100 132 20111222 SUPA101 125 20111222 SUPA105 128 20120206 PURA100 160
0023510 20120206 PURA500 154 20120421 DETA200 141 20120530 DETA200 136 20120530 PURA200 143
0023510 20120530 PURA250 135 20120909 DETA800 100 20120909 SUPA102 113 20120909 SUPA104 111
"""
# Each would change a favourite or a streak if it were let in.
BROKEN = ["20120726-0023938|0023938|2012-07-26|PURA100|-900",
          "20120726-0023938|0023938|2012-07-26|PURA100|1e3",
          "20120230-0023938|0023938|2012-02-30|PURA100|900",
          "20120726-0023938|0023938|2012-07-26|PURA100|900|",
          "20120726-0023938|0023938|2012-07-26|\"PURA100|900",
          HEADER]


def rows():
    for line in SALES.split("\n"):
        customer, *sales = line.split() or [None]
        for day, product, units in zip(sales[::3], sales[1::3], sales[2::3]):
            yield f"{day}-{customer}|{customer}|{day[:4]}-{day[4:6]}-{day[6:]}|{product}|{units}"


def main():
    with tempfile.TemporaryDirectory() as folder, _postgres.Server() as server:
        project = shutil.copytree(ROOT / "examples/customers", pathlib.Path(folder) / "project")
        sales = list(rows())
        lines = [HEADER, *sales[:6], *BROKEN, *sales[6:]]
        (project / "some.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for _ in range(2):  # the second run replaces what the first one made
            subprocess.run([CLEARWELL, "run", "sales", "--once", "--source", "some.csv",
                            "--project", str(project)], check=True, stdin=subprocess.DEVNULL,
                           env=dict(os.environ, CLEARWELL_WAREHOUSE=server.url()))
        found = server.psql("SELECT * FROM customers ORDER BY customer_id")
        assert found == "0023510|PURA100|1\n0023938|PURA250|2", found
        counts = server.psql("SELECT read, loaded, quarantined FROM clearwell.counts")
        assert counts == f"{len(sales) + len(BROKEN)}|{len(sales)}|{len(BROKEN)}", counts
        held = server.psql("SELECT line, convert_from(payload, 'UTF8') FROM clearwell.quarantine "
                           "ORDER BY line")
        assert held == "\n".join(f"{8 + at}|{row}" for at, row in enumerate(BROKEN)), held


if __name__ == "__main__":
    main()
