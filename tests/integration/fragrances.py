#!/usr/bin/env python3
# timeout: 240
# proves: nothing-lost, nothing-doubled, one-transaction | webhook | postgres | resume
# proves: accounting, recovers | webhook | postgres | resume
# proves: neighbours, exact-evidence, newest-wins | webhook | postgres | first-run
"""The fragrances example against its CMS (the simulator) and a real PostgreSQL: Clearwell is killed
again and again, PostgreSQL is away for a while, the CMS starts anew and forgets its listener.
Every delta that was answered is in exactly one place, and the library's table is as a model says
that takes the accepted deltas in the order of the spool.
"""

import decimal
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import _postgres
import _retail

SEED = int(os.environ.get("SEED", "1"))
EVENTS = int(os.environ.get("EVENTS", "2500"))
KILLS = int(os.environ.get("KILLS", "6"))
OUTAGES = int(os.environ.get("OUTAGES", "1"))
OUTAGE = float(os.environ.get("OUTAGE", "2"))
WAIT = 60
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/fragrances"
FIELDS = ("name", "description", "cost", "forbidden")


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait(holds, what):
    end = time.monotonic() + WAIT
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"waited {WAIT} s in vain for {what}")
        time.sleep(0.02)


class Library:
    """The project, its database, its CMS."""

    def __init__(self, folder, server):
        self.folder, self.server = pathlib.Path(folder), server
        self.project = self.folder / "project"
        shutil.copytree(EXAMPLE, self.project, ignore=shutil.ignore_patterns("simulator"))
        self.cms_port, self.port = free_ports(2)
        self.manifest = self.folder / "manifest"
        self.environment = dict(os.environ, CMS=f"http://127.0.0.1:{self.cms_port}",
                                LISTENER_PORT=str(self.port),
                                CLEARWELL_WAREHOUSE=server.url("library"))
        server.psql("CREATE DATABASE library")
        server.psql((EXAMPLE / "library.sql").read_text(), "library")

    def start(self, stop_at=""):
        log = open(self.folder / "log", "ab")
        return subprocess.Popen([_retail.CLEARWELL, "run", "--project", self.project],
                                cwd=self.folder,
                                env=dict(self.environment, CLEARWELL_STOP_AT=stop_at),
                                stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def simulate(self, *arguments):
        return subprocess.Popen(
            [pathlib.Path(os.environ["SIMULATORS"]) / "fragrances-simulator", "--port",
             str(self.cms_port), "--seed", str(SEED), "--manifest", self.manifest,
             "--min-wait", "0", *arguments], stdin=subprocess.DEVNULL)

    def query(self, sql):
        out = subprocess.run([_retail.CLEARWELL, "query", sql, "--output", "json", "--project",
                              self.project], env=self.environment, capture_output=True, check=True)
        return json.loads(out.stdout)

    def sent(self):
        """(delivery, valid, status, body) of each delta that was sent."""
        lines = self.manifest.read_text().splitlines() if self.manifest.exists() else []
        return [line.split("\t", 3) for line in lines]


def kill_at_steps(results, library):
    """Dies with deliveries written and not answered yet, and before they are written."""
    for step in ("spool.taken:20", "spool.synced:20"):
        process = library.start(step)
        results.equal(f"killed at {step}", process.wait(timeout=WAIT), -signal.SIGKILL)


def disturb(library, simulator, server):
    """Until the simulator ends: kills, and the server away."""
    chance = random.Random(SEED)
    process, kills, outages = library.start(), 0, 0
    while simulator.poll() is None:
        time.sleep(chance.uniform(0.1, 0.6))
        if kills < KILLS:
            process.kill()
            process.wait()
            kills += 1
            process = library.start()
        elif outages < OUTAGES:
            server.halt()
            time.sleep(OUTAGE)
            server.start()
            outages += 1
    return process, kills, outages


def model(rows, changes):
    """The table after the accepted changes, in the order of the spool."""
    for change in changes:
        row = rows[change["fragrance_id"]]
        for field in FIELDS:
            if change[field] is not None:
                row[field] = change[field]
    return rows


def table(library):
    rows = library.query("SELECT fragrance_id, name, description, cost::text AS cost, forbidden "
                         "FROM fragrances ORDER BY 1")
    return {row.pop("fragrance_id"): {**row, "cost": decimal.Decimal(row["cost"])} for row in rows}


def check(results, library, before):
    sent = library.sent()
    accepted = library.query("SELECT delivery, fragrance_id, name, description, cost::text AS "
                             "cost, forbidden FROM fragrance_changes ORDER BY change_id")
    for change in accepted:
        if change["cost"] is not None:
            change["cost"] = decimal.Decimal(change["cost"])
    held = library.query("SELECT partition AS delivery, convert_from(payload, 'UTF8') AS payload "
                         "FROM clearwell.quarantine")
    results.equal("deltas", len(sent), EVENTS)
    results.equal("all are answered", {status for _, _, status, _ in sent}, {"200"})
    good = {name for name, valid, _, _ in sent if valid == "valid"}
    bodies = {name: body for name, _, _, body in sent}
    changed = {one["delivery"] for one in accepted}
    results.check("only valid ones are accepted", changed <= good, changed - good)
    results.equal("the others are in quarantine", {one["delivery"] for one in held},
                  set(bodies) - good)
    results.check("with their exact bytes",
                  all(bodies[one["delivery"]] == one["payload"] for one in held))
    # What was killed before its answer was sent comes again: a sight of its own, in the same place.
    counts = library.query("SELECT * FROM clearwell.counts")[0]
    # What a row had already is no change of it.
    results.check("the other valid ones changed nothing",
                  len(good - changed) <= counts["duplicate"], (len(good - changed), counts))
    results.equal("the equation", counts["read"], sum(counts[fate] for fate in (
        "loaded", "superseded", "duplicate", "skipped", "quarantined", "parked", "discarded")))
    results.equal("each reading is in one place", counts["read"],
                  len(accepted) + len(held) + counts["duplicate"])
    results.check("no more are read twice than were killed", counts["read"] - EVENTS <= KILLS + 2,
                  counts["read"])
    results.equal("the library's table is as the model", table(library) == model(before, accepted),
                  True)


def main():
    results = _retail.Results()
    with tempfile.TemporaryDirectory(prefix="fragrances-") as folder:
        with _postgres.Server() as server:
            library = Library(folder, server)
            before = table(library)
            simulator = library.simulate("--events", str(EVENTS), "--max-wait", "0.002", "--retry",
                                         "--restart-every", str(max(1, EVENTS // 8)))
            kill_at_steps(results, library)
            process, kills, outages = disturb(library, simulator, server)
            results.equal("the CMS ends well", simulator.wait(), 0)
            results.equal("kills and outages", (kills, outages), (KILLS, OUTAGES))
            wait(lambda: len(library.query("SELECT 1 FROM clearwell.lanes WHERE position LIKE "
                                           f"'%\"offset\":{spool_end(library)}}}%'")) == 1,
                 "all to be loaded")
            process.send_signal(signal.SIGTERM)
            results.equal("Clearwell ends well", process.wait(timeout=30), 0)
            check(results, library, before)
            if results.failed:
                sys.stderr.write((library.folder / "log").read_text()[-3000:])
    results.finish()


def spool_end(library):
    """Bytes of all deliveries: files are called after the offset at which they begin."""
    last = max((library.project / "spool/deltas.webhook").glob("*.spool"))
    return int(last.stem) + last.stat().st_size


if __name__ == "__main__":
    main()
