#!/usr/bin/env python3
# timeout: 600
# proves: accounting, nothing-lost | files, jsonl | duckdb, postgres | first-run, resume
# proves: nothing-doubled, only-valid | files, jsonl | duckdb, postgres | first-run, resume
# proves: exact-evidence, neighbours | files, jsonl | duckdb, postgres | first-run, resume
# proves: all-is-read, resolution | files, jsonl | duckdb, postgres | first-run, resume
# proves: release, accounting, nothing-lost | files, jsonl | duckdb, postgres | park-release
# proves: nothing-doubled, only-valid | files, jsonl | duckdb, postgres | park-release
# proves: exact-evidence, neighbours | files, jsonl | duckdb, postgres | park-release
# proves: all-is-read, resolution | files, jsonl | duckdb, postgres | park-release
"""Every event of the retail example ends where the simulator's manifest says, with the reasons it
says: 100 000 events as lines and 5 000 as files (on PostgreSQL a tenth of the lines), with the five
faults, re-delivery, files written again, conflicts, damaged bytes, half-written files, repaired
events, and users and articles that come only after the purchases that name them.

Each shop is run in two phases: late parents are absent in the first (their purchases end in
quarantine, since the input ends), and come in the second, which must release them.
"""

import os
import tempfile
import time

import _postgres
import _retail

SEED = int(os.environ.get("SEED", "20240501"))
MIX = ("--seed", SEED, "--duplicates", "4%", "--conflicts", "1%", "--repaired", "10%",
       "--damaged", "2%", "--late", "3%", "--starts", 2)


def run_phase(results, shop, phase, arguments):
    manifest = shop.folder / f"manifest{phase}"
    shop.simulate(*MIX, *arguments, "--phase", phase, "--manifest", manifest)
    if phase == 1:
        _retail.settle(shop.blob)
    began = time.monotonic()
    shop.run_once()
    deliveries = _retail.read_manifest(manifest)
    name = f"{shop.folder.name}, phase {phase}"
    print(f"{name}: {len(deliveries)} deliveries so far, run in {time.monotonic() - began:.1f} s",
          flush=True)
    expectation = _retail.Expectation(deliveries, shop.blob)
    _retail.compare_fates(results, name, shop, expectation)
    if phase == 2:
        _retail.compare_models(results, name, shop, expectation)
        check_entries(results, name, shop, deliveries)


def check_entries(results, name, shop, deliveries):
    """All sightings of one broken purchase are one entry."""
    sightings = shop.query("SELECT entry, count(*) FROM clearwell.quarantine WHERE pipeline = "
                           "'purchases' AND state IN ('open', 'resolved') AND key IS NOT NULL "
                           "GROUP BY entry HAVING count(*) > 1")
    twice = {}
    for delivery in deliveries:
        readable = not any(r.startswith("json.") for r in delivery["reasons"])
        if delivery["kind"] == "purchases" and delivery["fate"] == "quarantined" and readable:
            twice[delivery["id"]] = twice.get(delivery["id"], 0) + 1
    expected = sum(1 for count in twice.values() if count > 1)
    results.check(f"{name}: there are entries with two sightings", expected > 0)
    results.equal(f"{name}: entries with two sightings", len(sightings), expected)


def run_again(results, shop):
    """With nothing new to read, a run changes nothing."""
    before = shop.counts()
    shop.run_once()
    results.equal(f"{shop.folder.name}: a third run changes nothing", shop.counts(), before)


def check_rates(results, shop):
    rates = shop.counts()["rates"]
    results.equal("rates: the newest counts, the older is superseded",
                  (rates["read"], rates["loaded"], rates["superseded"]), (5, 3, 2))


def check_shop(results, shop, arguments):
    run_phase(results, shop, 1, arguments)
    run_phase(results, shop, 2, arguments)
    run_again(results, shop)
    check_rates(results, shop)


def main():
    results = _retail.Results()
    print(f"SEED={SEED}")
    files = ("--purchases", 5_000, "--half-written", "2%")
    with tempfile.TemporaryDirectory(prefix="retail-fates-") as folder:
        lines = ("--format", "jsonl", "--purchases", 100_000)
        check_shop(results, _retail.Shop(f"{folder}/jsonl", sources=("jsonl",)), lines)
        check_shop(results, _retail.Shop(f"{folder}/files"), files)
        with _postgres.Server() as server:
            lines = ("--format", "jsonl", "--purchases", 10_000)
            for source, arguments in (("jsonl", lines), ("files", files)):
                shop = _retail.OnPostgres(f"{folder}/{source}-postgres", sources=(source,))
                shop.use_database(server, source)
                check_shop(results, shop, arguments)
    results.finish()


if __name__ == "__main__":
    main()
