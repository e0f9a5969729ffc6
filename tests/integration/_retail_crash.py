"""The retail example killed again and again: at random moments, and at random named steps
(src/base/step.h). retail_crash.py is its short form, tests/crash/run the long one.

After every kill the counts must balance and agree with the tables. A run that comes to its end
must have left everything as the undisturbed run has, which in turn is what the simulator's manifest
says.
"""

import os
import random
import signal
import shutil
import subprocess
import tempfile
import time

import _crash
import _retail

MIX = ("--duplicates", "4%", "--conflicts", "1%", "--repaired", "10%", "--damaged", "1%")
# All that must be equal, whenever batches began and ended.
DUMPS = {
    "users": "SELECT * FROM users",
    "articles": "SELECT * FROM articles",
    "purchases": "SELECT * FROM purchases",
    "purchase_lines": "SELECT * FROM purchase_lines",
    "rates": "SELECT currency, valid_from, eur_per_unit FROM rates",
    "top_articles": "SELECT * FROM top_articles",
    "sales_per_state": "SELECT * FROM sales_per_state",
    "sales_over_time": "SELECT * FROM sales_over_time",
    "quarantine": "SELECT pipeline, kind, entry, key, state, source, partition, \"offset\", line, "
                  "codes, reasons::VARCHAR AS reasons, attempts, payload FROM clearwell.quarantine",
    "parked": "SELECT pipeline, entry FROM clearwell.parked",
    "counts": f"SELECT pipeline, {_crash.FATES} FROM clearwell.counts",
    "lanes": "SELECT lane, position FROM clearwell.lanes",
    "files": "SELECT pipeline, mark FROM clearwell.files",
}


def dump(shop):
    """{table: (rows, a hash of them in whatever order)}; equal for equal tables."""
    parts = [f"SELECT '{name}' AS t, count(*) AS n, coalesce(sum(hash(x)), 0)::VARCHAR AS h "
             f"FROM ({sql}) x" for name, sql in DUMPS.items()]
    return {row[0]: row[1:] for row in shop.query(" UNION ALL ".join(parts))}


def check_balance(results, shop, moment):
    """A killed run leaves whole batches only: counts balance, and the tables agree with them."""
    if not shop.warehouse.exists() or shop.warehouse.stat().st_size == 0:
        return
    tables = {row[0] for row in shop.query("SELECT table_schema || '.' || table_name FROM "
                                           "information_schema.tables")}
    if not {"clearwell.counts", "main.purchases", "main.purchase_lines"} <= tables:
        return
    found = shop.query(
        "SELECT count(*) FILTER (read <> loaded + superseded + duplicate + skipped + quarantined + "
        "parked + discarded), coalesce(sum(loaded) FILTER (pipeline = 'purchases'), 0)::BIGINT, "
        "coalesce(sum(quarantined) FILTER (pipeline = 'purchases'), 0)::BIGINT, "
        "(SELECT count(*) FROM purchases), "
        "(SELECT count(DISTINCT purchase_id) FROM purchase_lines), "
        "(SELECT count(*) FROM clearwell.quarantine "
        "WHERE pipeline = 'purchases' AND state IN ('open', 'resolved')) FROM clearwell.counts")
    unbalanced, loaded, quarantined, purchases, with_lines, held = found[0]
    results.equal(f"{moment}: counts balance, and rows agree with them",
                  (unbalanced, purchases, with_lines, held), ("0", loaded, loaded, quarantined))


class Crash:
    def __init__(self, folder, events, batch_rows, seed):
        self.moments = random.Random(seed)
        self.shop = _retail.Shop(f"{folder}/shop", sources=("files", "jsonl"),
                                 settings=f"\nlimits: {{ batch_rows: {batch_rows} }}\n")
        self.trace = self.shop.folder / "steps"
        manifest = [self.simulate("jsonl", events - events // 30, 1),
                    self.simulate("files", events // 30, 2)]
        self.expectation = _retail.Expectation(
            [delivery for part in manifest for delivery in part], self.shop.blob)
        _retail.settle(self.shop.blob)

    def simulate(self, form, events, seed):
        path = self.shop.folder / f"manifest-{form}"
        self.shop.simulate("--seed", seed, "--format", form, "--purchases", events, *MIX,
                           "--manifest", path)
        return _retail.read_manifest(path)

    def start(self, stop_at="", trace=""):
        return subprocess.Popen(
            [_retail.CLEARWELL, "run", "--once", "--project", str(self.shop.project)],
            env=dict(self.shop.environment(), CLEARWELL_STOP_AT=stop_at,
                     CLEARWELL_STEPS_TO=str(trace)),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def end(self, process):
        """True if it was killed, false if it came to its end."""
        _, err = process.communicate()
        if process.returncode not in (0, -signal.SIGKILL):
            raise RuntimeError(f"run --once ended with {process.returncode}:\n"
                               f"{err.decode()[-4000:]}")
        return process.returncode != 0

    def undisturbed(self, results):
        began = time.monotonic()
        self.end(self.start(trace=self.trace))
        self.seconds = time.monotonic() - began
        self.steps = sorted(_crash.passed(self.trace).items())
        _retail.compare_fates(results, "undisturbed", self.shop, self.expectation)
        _retail.compare_models(results, "undisturbed", self.shop, self.expectation)
        self.expected = dump(self.shop)
        print(f"undisturbed: {self.seconds:.1f} s, {len(self.steps)} steps", flush=True)

    def killed(self, pause):
        """One run: killed at a random moment, or at a random passing of a random step."""
        if self.moments.random() < 0.5:
            step, times = self.moments.choice(self.steps)
            return self.end(self.start(stop_at=f"{step}:{self.moments.randint(1, 1 + times // 8)}"))
        process = self.start()
        try:
            process.wait(timeout=self.moments.uniform(0.02, 2 * pause))
        except subprocess.TimeoutExpired:
            process.kill()
        return self.end(process)

    def compare(self, results, kills):
        results.equal(f"after {kills} kills all is as undisturbed", dump(self.shop), self.expected)

    def empty(self):
        for path in self.shop.folder.glob(self.shop.warehouse.name + "*"):
            if path.is_dir():  # what a killed run has spilled
                shutil.rmtree(path)
            else:
                path.unlink()

    def go(self, results, kills):
        """Kills so many runs; one that gets through is compared, and the next begins from
        nothing. A run makes some progress between its start and a typical kill, and all of it in
        about 15."""
        pause, done, rounds = max(0.3, self.seconds / 15), 0, 0
        self.empty()
        while done < kills:
            if self.killed(pause):
                done += 1
                if done % 50 == 0:
                    print(f"{done} kills, {rounds} runs came to their end", flush=True)
                check_balance(results, self.shop, f"kill {done}")
                continue
            rounds += 1
            self.compare(results, done)
            self.empty()
            pause = max(0.1, pause * 0.8)
        self.end(self.start())
        self.compare(results, done)
        return rounds + 1


def run(kills, events, seed, batch_rows=500):
    """Ends the program: 0 when all checks hold."""
    print(f"SEED={seed}", flush=True)
    results = _retail.Results()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="retail-crash-") as folder:
        crash = Crash(folder, events, batch_rows, seed)
        crash.undisturbed(results)
        rounds = crash.go(results, kills)
    print(f"{kills} kills over {events} purchases; {rounds} runs came to their end; "
          f"{time.monotonic() - began:.0f} s", flush=True)
    results.finish()


def seed_of_environment():
    return int(os.environ.get("SEED", time.time_ns() % 10**9))
