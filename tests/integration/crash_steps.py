#!/usr/bin/env python3
# timeout: 600
# proves: nothing-lost, nothing-doubled, one-transaction | files, jsonl | duckdb | resume
# proves: nothing-lost, nothing-doubled, one-transaction | files, jsonl | duckdb | park-release
# proves: nothing-lost, nothing-doubled, one-transaction | jsonl | duckdb | replay
# proves: accounting | files, jsonl | duckdb | resume, park-release
# proves: recovers, newest-wins | files, jsonl | duckdb | resume
# proves: nothing-lost, nothing-doubled, one-transaction | files, jsonl | postgres | resume
# proves: nothing-lost, nothing-doubled, one-transaction | files, jsonl | postgres | park-release
# proves: nothing-lost, nothing-doubled, one-transaction | jsonl | postgres | replay
# proves: accounting, recovers, newest-wins | files, jsonl | postgres | resume
"""Clearwell is stopped by SIGKILL at every named step of the way from a source to a commit
(src/base/step.h), at the first passing and at later ones, and started again. What is there at last
(tables, quarantine, counts, positions, input files) must be as after a run that nobody disturbed,
and as a small reference model in Python says.

once     Five commands of the project of _crash_shop.py: append, upsert, insert, patch and replace;
         rows deleted; park, release and expiry; replay and discard; files moved and deleted; a
         check that stops.
postgres The same on PostgreSQL, at the first passings of the steps that have to do with it.
follow   The steps of a run that follows its input while parents come late.

A step of the table that no scenario passes is a failure.
"""

import concurrent.futures
import json
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time

import _crash
import _crash_shop
import _postgres
import _retail

SEED = int(os.environ.get("SEED", "1"))
# Which passings of a step are tried, in each phase.
PASSINGS = ((1, 2, 5), (1, 2), (1,), (1,), (1,))
FIRST_PASSINGS = ((1,),) * len(PASSINGS)
WAREHOUSE_STEPS = ("postgres.", "warehouse.", "load.", "replace.", "gather.", "replay.", "discard.")
CHAIN = 4
WORKERS = 2
WAIT = 30


def all_steps(project):
    """The table, as the program tells it to who asks for a step that is not there."""
    process = project.start("status", stop_at="?")
    _, err = process.communicate()
    return re.search(r"the steps are (.*)", err.decode()).group(1).split()


def check_reference(results, name, project, dump, phase):
    reference = _crash_shop.Reference().after(phase)
    for table in project.tables:
        found = [tuple(json.loads(row).values()) for row in dump[table].elements()]
        results.same_rows(f"{name}: {table} is as the reference says", found,
                          reference.rows[table])
    for row in dump["counts"]:
        counts = json.loads(row)
        pipeline = counts.pop("pipeline")
        results.equal(f"{name}: counts of {pipeline}", {k: v for k, v in counts.items() if v},
                      {k: v for k, v in reference.counts[pipeline].items() if v})


def tables_at(phase):
    """Those of pipelines that have run by then."""
    later = () if phase == len(_crash_shop.COMMANDS) - 1 else ("stops",)
    return {name: sql for name, sql in _crash_shop.TABLES.items() if name not in later}


def undisturbed(results, project):
    """Runs each phase, keeps what was before it, and returns (dump, steps passed) after each."""
    out = []
    for phase, (command, code) in enumerate(_crash_shop.COMMANDS):
        project.tables = tables_at(phase)
        if phase == 0:
            project.restore(0, fresh=True)
        else:
            project.add_files(phase)
        project.keep(phase)
        trace = project.folder / f"trace{phase}"
        project.command(*command, code=code, trace=trace)
        dump = project.dump()
        check_reference(results, f"phase {phase}", project, dump, phase)
        out.append((dump, _crash.passed(trace)))
    return out


def stops_of(steps, passings, of=("",)):
    """(step, n) for each step that was passed and some of its passings, in a random order; only of
    those whose names begin so."""
    stops = [(step, n) for step, times in sorted(steps.items()) for n in passings
             if n <= times and step.startswith(of)]
    random.Random(SEED).shuffle(stops)
    return stops


class Trials:
    """Stops still to be tried of each phase; taken by workers side by side."""

    def __init__(self, steps, passings, of):
        self.lock = threading.Lock()
        self.left = [stops_of(passed, passings[phase], of) for phase, passed in enumerate(steps)]
        self.reached = set()
        self.kills = self.chains = 0

    def take(self, phase):
        with self.lock:
            return self.left[phase].pop() if self.left[phase] else None

    def back(self, phase, stop):
        with self.lock:
            self.left[phase].insert(0, stop)

    def note(self, step):
        with self.lock:
            self.reached.add(step)
            self.kills += 1


def chain(results, project, trials, phase, dump):
    """Kills one run after the other, each at another step, until there were CHAIN of them or one
    came to its end; false when all stops of the phase have been tried."""
    command, code = _crash_shop.COMMANDS[phase]
    stop = trials.take(phase)
    if stop is None:
        return False
    project.restore(phase)
    killed = []
    while stop is not None:
        step, n = stop
        if not project.killed(*command, stop_at=f"{step}:{n}", code=code):
            break
        trials.note(step)
        killed.append(f"{step}:{n}")
        stop = trials.take(phase) if len(killed) < CHAIN else None
    else:
        project.command(*command, code=code)
    if stop is not None and killed:
        trials.back(phase, stop)  # what came before it had been committed
    # The threads of a run may come another way; the first passing is always met.
    results.check(f"{stop} of phase {phase} is passed", killed or stop[1] > 1)
    _crash.compare(results, f"phase {phase}, killed at {' '.join(killed)}", project.dump(), dump)
    trials.chains += 1
    return True


def work(results, project, trials, dumps):
    for phase, dump in enumerate(dumps):
        project.tables = tables_at(phase)
        while chain(results, project, trials, phase, dump):
            pass


def crash(results, make_project, trials_of, reached):
    """Two workers, each with a copy of the project: positions hold inodes, so each has a run of its
    own that nobody disturbs to compare with."""
    projects, outcomes = [], []
    for number in range(WORKERS):
        projects.append(make_project(number))
        outcomes.append(undisturbed(results, projects[-1]))
    trials = Trials([steps for _, steps in outcomes[0]], *trials_of)
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        done = [pool.submit(work, results, project, trials, [dump for dump, _ in outcome])
                for project, outcome in zip(projects, outcomes)]
        for one in done:
            one.result()
    reached |= trials.reached
    print(f"{trials.kills} kills, {trials.chains} comparisons", flush=True)


def once(results, folder, reached):
    crash(results, lambda number: _crash.Project(
        f"{folder}/once{number}", _crash_shop.phases(), _crash_shop.TABLES), (PASSINGS, ("",)),
        reached)


def postgres(results, folder, reached):
    with _postgres.Server() as server:
        crash(results, lambda number: _crash.PostgresProject(
            f"{folder}/postgres{number}", _crash_shop.phases(), _crash_shop.TABLES, server),
            (FIRST_PASSINGS, WAREHOUSE_STEPS), reached)


FOLLOWED = {
    "clearwell.yaml": "project: follow\nlimits: { batch_rows: 2 }\n",
    "models/cities.sql": "SELECT city, count(*) AS n FROM orders GROUP BY city\n",
    "pipelines/users.yaml": """pipeline: users
from:
  - files: { path: "users/*.json", scan_every: 100ms }
contract: { id: { type: integer, key: true }, city: { type: text } }
load:
  - { table: users, key: id, mode: insert, sql: "SELECT id, city FROM accepted" }
""",
    "pipelines/orders.yaml": """pipeline: orders
from:
  - jsonl: { path: "orders-*.jsonl" }
  - files: { path: "orders/*.json" }
contract:
  id: { type: integer, key: true }
  user_id: { type: integer, references: users.id, take: [city], if_missing: { park: 1h } }
load:
  - { table: orders, key: id, mode: insert, sql: "SELECT id, user_id, city FROM accepted" }
""",
    "users/1.json": '{"id": 1, "city": "Lund"}',
    "orders/a.json": '{"id": 100, "user_id": 1}',
    "orders/b.json": '{"id": 101, "user_id": 2}',
    "orders-1.jsonl": "".join(f'{{"id": {i}, "user_id": {i % 2 + 1}}}\n' for i in range(7)),
}
LATE_USER = {"users/2.json": '{"id": 2, "city": "Ystad"}'}
FOLLOWED_TABLES = {"orders": "SELECT id, user_id, city FROM orders", "users": "SELECT * FROM users",
                   "cities": "SELECT city, n FROM cities"}
FOLLOWED_ROWS = {(i, i % 2 + 1, ("Lund", "Ystad")[i % 2]) for i in range(7)} | {
    (100, 1, "Lund"), (101, 2, "Ystad")}


def wait_for(process, holds):
    """False if the program ended before; an error if neither happened in time."""
    end = time.monotonic() + WAIT
    while process.poll() is None:
        if holds():
            return True
        if time.monotonic() > end:
            process.kill()
            raise RuntimeError(f"waited {WAIT} s in vain")
        time.sleep(0.01)
    return False


def follow(project, stop_at, late_user, until):
    """Follows until the steps of `until` have been passed so often, or it is killed; its steps."""
    trace = project.folder / "followed"
    trace.unlink(missing_ok=True)
    process = project.start("run", stop_at=stop_at, trace=trace)
    reached = wait_for(process, lambda: _crash.passed(trace)["load.parked"] > 0)
    if reached and late_user:
        project.add_files(1)
        reached = wait_for(process, lambda: all(_crash.passed(trace)[step] >= times
                                                for step, times in until.items()))
    if reached:
        process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=WAIT)
    if process.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"{stop_at}: ended with {process.returncode}:\n{err.decode()[-3000:]}")
    return process.returncode, _crash.passed(trace)


def following(results, project, reached):
    """What was killed goes on with --once: the same pipeline files, the same positions."""
    project.restore(0, fresh=True)
    code, steps = follow(project, "", True, {"load.held_settled": 1, "run.checkpointed": 1})
    results.equal("follow: ends well", code, 0)
    project.command("run", "--once")  # SIGTERM may have come before the last were released
    dump = project.dump()
    rows = {tuple(json.loads(row).values()) for row in dump["orders"]}
    results.equal("follow: orders are as the reference says", rows, FOLLOWED_ROWS)
    results.equal("follow: each once", sum(dump["orders"].values()), len(FOLLOWED_ROWS))
    project.restore(0, fresh=True)
    _, stopped = follow(project, "", False, {})
    for step in sorted(steps | stopped):
        late_user = step != "run.clock_saved"
        project.restore(0, fresh=True)
        until = {"load.held_settled": 1, **({"run.checkpointed": 1} if "check" in step else {})}
        code, _ = follow(project, step, late_user, until)
        results.check(f"follow: {step} is passed", code == -signal.SIGKILL)
        reached.add(step)
        if not (project.project / "users/2.json").exists():
            project.add_files(1)
        project.command("run", "--once")
        _crash.compare(results, f"follow: killed at {step}", project.dump(), dump)
    print(f"follow: {len(steps | stopped)} trials", flush=True)


def main():
    results = _retail.Results()
    reached = set()
    with tempfile.TemporaryDirectory(prefix="crash-steps-") as folder:
        steps = all_steps(_crash.Project(f"{folder}/none", [], {}))
        results.check("the program tells its steps", len(steps) > 30, steps)
        for part, run in (("once", lambda: once(results, folder, reached)),
                          ("postgres", lambda: postgres(results, folder, reached)),
                          ("follow", lambda: following(results, _crash.Project(
                              f"{folder}/follow", [FOLLOWED, LATE_USER], FOLLOWED_TABLES),
                              reached))):
            if not sys.argv[1:] or part in sys.argv[1:]:
                began = time.monotonic()
                run()
                print(f"{part}: {time.monotonic() - began:.1f} s", flush=True)
        if not sys.argv[1:]:
            # Those of reports: report_schedules.py; of a webhook's spool: fragrances.py.
            elsewhere = ("report.", "spool.")
            left = [step for step in set(steps) - reached if not step.startswith(elsewhere)]
            results.equal("steps that no scenario passes", sorted(left), [])
    results.finish()


if __name__ == "__main__":
    main()
