#!/usr/bin/env python3
# timeout: 900
# proves: nothing-lost, nothing-doubled, one-transaction | files, jsonl | duckdb | resume
# proves: accounting, all-is-read, recovers | files, jsonl | duckdb | resume
# proves: nothing-lost, nothing-doubled, one-transaction | files, jsonl | duckdb | park-release
# proves: accounting | files, jsonl | duckdb | park-release
"""Clearwell is killed (SIGKILL) at 30 random moments while it loads 60 000 lines and 2 000 files of
the retail example, and started again each time. After every kill the counts must balance and agree
with the tables; at the end everything must be as after a run that nobody disturbed.

SEED=N in the environment repeats a run's moments (as far as the machine allows).
"""

import os
import random
import subprocess
import tempfile
import time

import _retail

KILLS = 30
SEED = int(os.environ.get("SEED", time.time_ns() % 10**9))
# Small batches: more commits, and more moments between them.
SETTINGS = "\nlimits: { batch_rows: 500 }\n"
# All that must be equal, whenever batches began and ended.
DUMPS = {
    "users": "SELECT * FROM users ORDER BY user_id",
    "articles": "SELECT * FROM articles ORDER BY article_id",
    "purchases": "SELECT * FROM purchases ORDER BY purchase_id",
    "purchase_lines": "SELECT * FROM purchase_lines ORDER BY purchase_id, line_no",
    "rates": "SELECT * FROM rates ORDER BY currency",
    "top_articles": "SELECT * FROM top_articles ORDER BY article_id",
    "sales_per_state": "SELECT * FROM sales_per_state ORDER BY state, currency",
    "sales_over_time": "SELECT * FROM sales_over_time ORDER BY hour, currency",
    "quarantine": "SELECT pipeline, kind, entry, key, state, source, partition, \"offset\", line, "
                  "codes, reasons, hex(payload) FROM clearwell.quarantine "
                  "ORDER BY pipeline, partition, \"offset\"",
    "parked": "SELECT count(*) FROM clearwell.parked",
    "counts": "SELECT pipeline, read, loaded, superseded, duplicate, skipped, quarantined, parked, "
              "discarded FROM clearwell.counts ORDER BY pipeline",
    "lanes": "SELECT lane, position FROM clearwell.lanes ORDER BY lane",
    "files": "SELECT pipeline, hex(mark) FROM clearwell.files ORDER BY 1, 2",
}


def dump(shop):
    return {name: shop.query(sql) for name, sql in DUMPS.items()}


def check_balance(results, shop, moment):
    """A killed run leaves whole batches only: counts balance, and the tables agree with them."""
    if not shop.warehouse.exists():
        return
    counts = shop.counts()
    for pipeline, count in counts.items():
        results.equal(f"{moment}: {pipeline}: read = sum of fates", count["read"],
                      sum(count[term] for term in _retail.TERMS))
    loaded = counts["purchases"]["loaded"]
    if loaded == 0:
        return
    found = shop.query(
        "SELECT (SELECT count(*) FROM purchases), "
        "(SELECT count(DISTINCT purchase_id) FROM purchase_lines), "
        "(SELECT count(*) FROM clearwell.quarantine "
        "WHERE pipeline = 'purchases' AND state IN ('open', 'resolved'))")
    quarantined = counts["purchases"]["quarantined"]
    results.equal(f"{moment}: rows agree with the counts", found,
                  [(str(loaded), str(loaded), str(quarantined))])


def run_until_killed(shop, after):
    """True if the run was killed, false if it had ended before."""
    process = shop.start("run", "--once", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _, err = process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    if process.returncode != 0:
        raise RuntimeError(f"run --once ended with {process.returncode}:\n{err.decode()[-4000:]}")
    return False


def compare(results, name, found, expected):
    for table, rows in expected.items():
        results.same_rows(f"{name}: {table}", found[table], rows)


def crash(results, shop, undisturbed, seconds):
    """Kills runs until there were KILLS of them; a run that gets through is compared, and the next
    begins with an empty warehouse."""
    moments = random.Random(SEED)
    # A run makes some progress between its start and a typical kill, and all of it in about 15.
    pause = max(0.3, seconds / 15)
    kills = rounds = 0
    while kills < KILLS:
        if run_until_killed(shop, moments.uniform(0.02, 2 * pause)):
            kills += 1
            check_balance(results, shop, f"kill {kills}")
            continue
        rounds += 1
        compare(results, f"after {kills} kills", dump(shop), undisturbed)
        remove_warehouse(shop)
        pause *= 0.8
    shop.run_once()
    compare(results, f"after {kills} kills", dump(shop), undisturbed)
    print(f"{kills} kills; {rounds + 1} runs came to their end", flush=True)


def remove_warehouse(shop):
    for path in shop.folder.glob(shop.warehouse.name + "*"):
        path.unlink()


def main():
    print(f"SEED={SEED}", flush=True)
    results = _retail.Results()
    mix = ("--duplicates", "4%", "--conflicts", "1%", "--repaired", "10%", "--damaged", "1%")
    with tempfile.TemporaryDirectory(prefix="retail-crash-") as folder:
        shop = _retail.Shop(f"{folder}/shop", sources=("files", "jsonl"), settings=SETTINGS)
        shop.simulate("--seed", 1, "--format", "jsonl", "--purchases", 60_000, *mix)
        shop.simulate("--seed", 2, "--format", "files", "--purchases", 2_000, *mix)
        began = time.monotonic()
        shop.run_once()
        seconds = time.monotonic() - began
        undisturbed = dump(shop)
        print(f"undisturbed: {seconds:.1f} s", flush=True)
        results.check("the undisturbed run loads", len(undisturbed["purchases"]) > 50_000)
        results.check("the undisturbed run rejects", len(undisturbed["quarantine"]) > 9_000)
        remove_warehouse(shop)
        crash(results, shop, undisturbed, seconds)
    results.finish()


if __name__ == "__main__":
    main()
