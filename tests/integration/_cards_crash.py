"""The cards example on PostgreSQL and DuckDB, in peace and in trouble: five ways to one end state.

    in peace on DuckDB       which is what the simulator's manifest says
    in peace on PostgreSQL
    killed                   Clearwell is killed (SIGKILL) again and again
    server killed            PostgreSQL is, while Clearwell runs
    shuffled                 files appear in a random order, with their times, over several runs
and then both in real time, with files that are seen half-written. cards_crash.py is the short form,
tests/crash/cards the long one.
"""

import pathlib
import random
import tempfile
import threading
import time

import _cards
import _postgres
import _retail


class Trial:
    def __init__(self, folder, server, options):
        self.folder, self.server, self.options = folder, server, options
        self.moments = random.Random(options.seed)
        self.blob = f"{folder}/blob"
        # Always the same input, which has everything in it; the seed is for what happens to it.
        self.manifest = _cards.simulate(self.blob, f"{folder}/manifest", "--seed", 7,
                                        "--events", options.events, "--users", options.users,
                                        "--users-restart", options.events // 3, "--killed",
                                        options.events // 16)
        self.databases = 0

    def fresh(self, blob=None):
        """An empty database of the server."""
        self.databases += 1
        self.server.psql(f"CREATE DATABASE trial_{self.databases}")
        return _cards.Warehouse(blob or self.blob, self.server.url(f"trial_{self.databases}"))

    def in_peace(self, results):
        duckdb = _cards.Warehouse(self.blob, f"duckdb:{self.folder}/peace.duckdb")
        duckdb.run_once()
        self.expected = duckdb.content()
        expectation = _cards.Expectation(self.manifest, self.blob).content()
        _cards.compare(results, "in peace on DuckDB", _cards.comparable(self.expected), expectation)
        results.check("something is refused for each reason", {
            "field.missing", "reference.missing", "json.incomplete"} <= {
                row[4] for row in self.expected["quarantine"]})
        results.check("something is resolved", "resolved" in {
            row[2] for row in self.expected["quarantine"]})
        postgres = self.fresh()
        began = time.monotonic()
        postgres.run_once()
        self.seconds = time.monotonic() - began
        self.compare(results, "in peace on PostgreSQL", postgres)

    def compare(self, results, name, warehouse):
        _cards.compare(results, name, warehouse.content(), self.expected)

    def killed(self, results, kills):
        """A run that comes to its end is compared, and the next begins from nothing."""
        warehouse, done = self.fresh(), 0
        warehouse.batch_rows = 100
        while done < kills:
            if not warehouse.killed(self.moments.uniform(0.02, max(0.3, self.seconds / 3))):
                done += 1
                if done % 50 == 0:
                    print(f"{done} kills", flush=True)
                continue
            self.compare(results, f"after {done} kills", warehouse)
            warehouse = self.fresh()
            warehouse.batch_rows = self.moments.choice([30, 100, 300])
        warehouse.run_once()
        self.compare(results, f"after {done} kills", warehouse)

    def server_killed(self, results, kills):
        """The server is killed while a run is at work, and started again. The run waits for it, or
        ends with an error that tells of it; then the next one goes on."""
        warehouse, done = self.fresh(), 0
        while done < kills:
            warehouse.batch_rows = self.moments.choice([30, 100, 300])
            accident = threading.Timer(self.moments.uniform(0.1, max(0.3, self.seconds)),
                                       self.restart_server)
            accident.start()
            code, out = warehouse.once()
            accident.join()
            done += 1
            if done % 10 == 0:
                print(f"{done} kills of the server", flush=True)
            results.check(f"server kill {done}: the run ended well or with an error",
                          code in (0, 1, 2), f"{code}: {out[-1000:]}")
            if code == 0:
                self.compare(results, f"after {done} kills of the server", warehouse)
                warehouse = self.fresh()
        warehouse.run_once()
        self.compare(results, f"after {done} kills of the server", warehouse)

    def restart_server(self):
        self.server.kill()
        self.server.start()

    def shuffled(self, results, parts):
        """On both warehouses: a random part of the files at a time, in batches of a random size."""
        blob = pathlib.Path(f"{self.folder}/shuffled")
        warehouses = {"DuckDB": _cards.Warehouse(blob, f"duckdb:{self.folder}/shuffled.duckdb"),
                      "PostgreSQL": self.fresh(blob)}
        places = [line["place"] for line in self.manifest]
        self.moments.shuffle(places)
        for kind in ("users", "cards"):
            (blob / kind).mkdir(parents=True)
        for part in range(parts):
            _cards.link(places[part::parts], pathlib.Path(self.blob), blob)
            for warehouse in warehouses.values():
                warehouse.batch_rows = self.moments.choice([20, 100, None])
                warehouse.run_once()
        for name, warehouse in warehouses.items():
            self.compare(results, f"shuffled on {name}", warehouse)

    def in_real_time(self, results):
        blob = pathlib.Path(f"{self.folder}/live")
        for kind in ("users", "cards"):
            (blob / kind).mkdir(parents=True)
        warehouse = self.fresh(blob)
        arguments = ("--seed", self.options.seed, "--events", 150, "--users", 60, "--speed", 15,
                     "--half-written", "10%", "--users-restart", 60, "--killed", 50)
        manifest = _cards.followed(warehouse, arguments, 2, self.moments)
        expectation = _cards.Expectation(manifest, blob).content()
        _cards.compare(results, "in real time", self.at_rest(warehouse), expectation)

    @staticmethod
    def at_rest(warehouse):
        """Halves that were read have been read again whole: their entries are resolved, and each
        is one more file read."""
        content = _cards.comparable(warehouse.content())
        halves = [row for row in content["quarantine"]
                  if row[2] == "resolved" and row[4] == "json.incomplete"]
        content["quarantine"] = [row for row in content["quarantine"] if row not in halves]
        for row in halves:
            content["counts"] = [
                (name, str(int(read) - 1), accepted, duplicate, skipped, str(int(quarantined) - 1),
                 parked, discarded) if name == row[0] else
                (name, read, accepted, duplicate, skipped, quarantined, parked, discarded)
                for name, read, accepted, duplicate, skipped, quarantined, parked, discarded
                in content["counts"]]
        return content


def run(options):
    """Ends the program: 0 when all checks hold."""
    print(f"SEED={options.seed}", flush=True)
    results = _retail.Results()
    with tempfile.TemporaryDirectory(prefix="cards-") as folder, \
            _postgres.Server(fsync=options.fsync) as server:
        trial = Trial(folder, server, options)
        steps = [("in peace", lambda: trial.in_peace(results)),
                 ("killed", lambda: trial.killed(results, options.kills)),
                 ("server killed", lambda: trial.server_killed(results, options.server_kills)),
                 ("shuffled", lambda: trial.shuffled(results, options.parts)),
                 ("in real time", lambda: trial.in_real_time(results))]
        for name, step in steps:
            began = time.monotonic()
            step()
            print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
    results.finish()
