#!/usr/bin/env python3
# timeout: 300
# proves: all-is-read, release, nothing-lost, accounting | files | duckdb | first-run, park-release
# proves: stops, nothing-lost, nothing-doubled, accounting | files | duckdb, postgres | shutdown
# proves: one-transaction | files | duckdb, postgres | shutdown
# proves: release | files | postgres | park-release
"""`clearwell run` follows the retail example's folder while the shop writes into it.

live       The folder does not exist at first. Then purchases come at a pace, with every fault, some
           twice, some half-written, some before their user or article: each must end where the
           manifest says, as if everything had been there from the start.
absent     A user never comes: after `park` the purchase is in quarantine. Much later the user comes
           after all: the purchase is released.
stop_amid  SIGTERM in the middle of a backlog loses nothing, and doubles nothing.

The last two are done on PostgreSQL too. Names of these parts as arguments: only they are run.
Every run must end within 5 s of SIGTERM. A run has its warehouse for itself, so what is in it is
looked at between runs.
"""

import json
import os
import sys
import tempfile
import time
import uuid

import _postgres
import _retail

SEED = int(os.environ.get("SEED", "20240501"))
STOP_SECONDS = 5
ROUNDS = 6  # of following, before something counts as never happening


def follow_for(results, name, shop, seconds):
    process = shop.follow()
    time.sleep(seconds)
    results.check(f"{name}: follows until it is stopped", process.poll() is None)
    stopped(results, name, shop, process)


def stopped(results, name, shop, process):
    took = shop.stop_following(process)
    results.check(f"{name}: stops within {STOP_SECONDS} s", took < STOP_SECONDS, f"{took:.1f} s")


def follow_until(results, name, shop, seconds, done):
    """Follows, for so many seconds at a time, until done(counts of purchases) holds."""
    for _ in range(ROUNDS):
        counts = shop.counts().get("purchases") if shop.has_warehouse() else None
        if counts and done(counts):
            return
        follow_for(results, name, shop, seconds)


def live(results, shop):
    # Late ones come within 11 s.
    park = 15
    shop.edit("pipelines/purchases.yaml", "park: 30s", f"park: {park}s")
    shop.blob.rmdir()
    manifest = shop.folder / "manifest"
    process = shop.follow()
    time.sleep(1)
    results.check("live: waits for a folder that is not there", process.poll() is None)
    shop.simulate("--seed", SEED, "--purchases", 4000, "--rate", 400, "--duplicates", "4%",
                  "--conflicts", "1%", "--repaired", "10%", "--damaged", "2%", "--late", "3%",
                  "--half-written", "2%", "--manifest", manifest)
    time.sleep(park + 2)
    stopped(results, "live", shop, process)

    expectation = _retail.Expectation(_retail.read_manifest(manifest), shop.blob)
    expected = expectation.counts("purchases")
    follow_until(results, "live", shop, park,
                 lambda counts: counts["parked"] == 0 and counts["read"] >= expected["read"])
    _retail.compare_fates(results, "live", shop, expectation)
    _retail.compare_models(results, "live", shop, expectation)
    waited = shop.query("SELECT count(*) FROM clearwell.quarantine WHERE state = 'released'")
    print(f"live: {expected['read']} purchases; {waited[0][0]} were released from quarantine",
          flush=True)


def write_whole(path, event):
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(event), encoding="utf-8")
    part.rename(path)


def absent(results, shop):
    shop.edit("pipelines/purchases.yaml", "park: 30s", "park: 2s")
    user, article, purchase = (str(uuid.uuid4()) for _ in range(3))
    write_whole(shop.blob / f"articles/{article}.json",
                {"id_": article, "name": "Oak Tray", "price": 7.0, "currency": "SEK"})
    write_whole(shop.blob / f"purchases/{purchase}.json",
                {"id_": purchase, "timestamp": "2024-05-01T12:00:00", "user_id": user,
                 "cart": [{"article_id": article, "quantity": 3}]})

    def fate():
        counts = shop.counts()["purchases"]
        return {term: counts[term] for term in ("read", *_retail.TERMS) if counts[term]}

    follow_until(results, "absent", shop, 1.5, lambda counts: counts["read"] > 0)
    results.equal("absent: at first it is parked", fate(), {"read": 1, "parked": 1})
    # Who has waited long enough is looked for every 3 s.
    follow_until(results, "absent", shop, 6, lambda counts: counts["parked"] == 0)
    results.equal("absent: when its time is up, it is quarantined", fate(),
                  {"read": 1, "quarantined": 1})
    results.equal("absent: it says what is missing",
                  [row[2:4] for row in _retail.quarantine_of(shop, "purchases")],
                  [("open", "reference.missing@user_id")])

    process = shop.follow()
    time.sleep(1)
    write_whole(shop.blob / f"users/{user}.json",
                {"id_": user, "name": "Ann Lee", "address": "PSC 4, Box 1\nFPO AE 12345",
                 "number": "555", "email": "ann@example.com"})
    time.sleep(1)
    stopped(results, "absent", shop, process)
    follow_until(results, "absent", shop, 2, lambda counts: counts["quarantined"] == 0)
    results.equal("absent: it is released when the user comes at last", fate(),
                  {"read": 1, "loaded": 1})
    results.equal("absent: and loaded, with its price", shop.query(
        "SELECT state, amount FROM purchase_lines JOIN purchases USING (purchase_id) "
        "JOIN users USING (user_id)"), [("AE", "21.00")])
    results.equal("absent: quarantine remembers it", shop.query(
        "SELECT state FROM clearwell.quarantine"), [("released",)])


def stop_amid(results, shop):
    manifest = shop.folder / "manifest"
    shop.simulate("--seed", SEED, "--purchases", 15_000, "--duplicates", "4%", "--repaired", "10%",
                  "--manifest", manifest)
    expectation = _retail.Expectation(_retail.read_manifest(manifest), shop.blob)
    total = expectation.counts("purchases")["read"]
    reads = [0]
    for seconds in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.5, 2, 3, 4):
        follow_for(results, "stopped", shop, seconds)
        reads.append(shop.counts().get("purchases", {"read": 0})["read"])
        if reads[-1] == total:
            break
    amid = {read for read in reads if 0 < read < total}
    results.check("stopped: at least once amid the backlog", amid, f"reads {reads} of {total}")
    shop.run_once()
    _retail.compare_fates(results, "stopped", shop, expectation)
    print(f"stopped: amid {total} purchases, with {sorted(amid)} read", flush=True)


SETTINGS = {stop_amid: "\nlimits: { batch_rows: 500 }\n"}


def main():
    results = _retail.Results()
    print(f"SEED={SEED}", flush=True)
    wanted = [part for part in (live, absent, stop_amid)
              if not sys.argv[1:] or part.__name__ in sys.argv[1:]]
    with tempfile.TemporaryDirectory(prefix="retail-follow-") as folder:
        for part in wanted:
            shop = _retail.Shop(f"{folder}/{part.__name__}", settings=SETTINGS.get(part, ""))
            part(results, shop)
        with _postgres.Server() as server:
            for part in wanted:
                if part is live:
                    continue
                shop = _retail.OnPostgres(f"{folder}/{part.__name__}-postgres",
                                          settings=SETTINGS.get(part, ""))
                shop.use_database(server, part.__name__)
                part(results, shop)
    results.finish()


if __name__ == "__main__":
    main()
