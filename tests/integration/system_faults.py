#!/usr/bin/env python3
# timeout: 300
# proves: no-false-blame, recovers, nothing-lost, nothing-doubled | jsonl | duckdb | resume
# proves: recovers, nothing-lost, nothing-doubled | files | duckdb | resume
# proves: accounting, nothing-lost, nothing-doubled, one-transaction | jsonl | duckdb | shutdown
# proves: nothing-lost, nothing-doubled | jsonl | duckdb | park-release
"""Faults of the machine: each is told with its cure and the right exit code, blamed on no record,
and when it is gone all is there, once.

disk         A file system that is full (a small tmpfs, where mounting is allowed), once and
             following, at a commit and at a checkpoint; and a limit of file sizes.
permissions  Folders and files that may not be read or written, as a user who is not root.
descriptors  No files left to open, at the start and amid a run.
clock        The clock is set back between runs, and jumps while one follows its input.
instances    Several processes on one project.
"""

import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time

import _crash
import _retail
import _small_disk

WAIT = 30
NOBODY = 65534
CONFIG = 'project: faults\nwarehouse: "duckdb:${WAREHOUSE:-warehouse.duckdb}"\n'
PIPELINE = """pipeline: rows
from:
  - jsonl: { path: "in/*.jsonl", scan_every: 100ms }
contract: { id: { type: integer, key: true }, text: { type: text } }
load:
  - { table: rows, key: id, mode: insert, sql: "SELECT id, text FROM accepted" }
"""
COUNTS = ('SELECT count(*), count(DISTINCT id), (SELECT read FROM clearwell.counts), '
          "(SELECT loaded FROM clearwell.counts), (SELECT count(*) FROM clearwell.quarantine) "
          "FROM rows")


class Faults:
    """A project whose rows are too large for a small disk, and its processes."""

    def __init__(self, folder, rows=3000, files=1):
        self.folder = pathlib.Path(folder)
        (self.folder / "pipelines").mkdir(parents=True)
        (self.folder / "in").mkdir()
        (self.folder / "clearwell.yaml").write_text(CONFIG)
        (self.folder / "pipelines/rows.yaml").write_text(PIPELINE)
        self.warehouse, self.rows, self.files = self.folder / "warehouse.duckdb", 0, 0
        self.starts = 0
        for _ in range(files):
            self.add(rows // files)

    def add(self, rows):
        """Another file, of texts that cannot be compressed."""
        with open(self.folder / f"in/{self.files}.jsonl", "w", encoding="ascii") as file:
            for number in range(self.rows, self.rows + rows):
                file.write(f'{{"id": {number}, "text": "{os.urandom(500).hex()}"}}\n')
        self.rows, self.files = self.rows + rows, self.files + 1

    def start(self, *arguments, before=None, clock=""):
        trace = self.folder / f"steps{self.starts}"
        self.starts += 1
        environment = dict(os.environ, WAREHOUSE=str(self.warehouse), CLEARWELL_CLOCK=clock,
                           CLEARWELL_STEPS_TO="" if before is as_nobody else str(trace))
        return Running(trace, subprocess.Popen(
            [_retail.CLEARWELL, *arguments, "--project", str(self.folder)], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            preexec_fn=before))

    def run(self, *arguments, **how):
        return self.start(*arguments, **how).end()

    def complete(self, results, name):
        code, out, err = self.run("query", COUNTS, "--output", "csv")
        expected = ",".join(map(str, [self.rows] * 4 + [0]))
        results.equal(f"{name}: all is there, once", (code, out.split("\n")[1:2], err),
                      (0, [expected], ""))


class Running:
    """A process whose stderr is read as it comes."""

    def __init__(self, trace, process):
        self.trace, self.process, self.err = trace, process, ""
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.err += line.decode()

    def says(self, words):
        self.wait(f"never said {words!r}", lambda: words in self.err)

    def passes(self, step):
        self.wait(f"never passed {step}", lambda: step in _crash.passed(self.trace))

    def wait(self, fault, holds):
        """An error if it ends before, or if it takes too long."""
        until = time.monotonic() + WAIT
        while not holds():
            if self.process.poll() is not None or time.monotonic() > until:
                self.process.kill()
                raise RuntimeError(f"it {fault}, but said:\n{self.err[-3000:]}")
            time.sleep(0.02)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()

    def end(self):
        out = self.process.stdout.read().decode()
        code = self.process.wait(timeout=2 * WAIT)
        self.reader.join()
        return code, out, self.err


def disk(results, folder):
    full = "No space left on device (make room on that disk)"
    for mode in (("--once",), ()):
        name = f"full disk, {' '.join(mode) or 'following'}"
        faults = Faults(f"{folder}/full{len(mode)}")
        with _small_disk.SmallDisk(f"{folder}/small{len(mode)}", "1500k") as small:
            if small is None:
                print("no tmpfs can be mounted here: the limit of file sizes must do", flush=True)
                break
            faults.warehouse = small.folder / "w.duckdb"
            running = faults.start("run", *mode)
            running.says("trying again: ")
            results.check(f"{name}: the message says why and what to do", full in running.err,
                          running.err)
            small.grow("60m")
            if not mode:
                running.passes("load.confirmed")
            code, _, err = running.end() if mode else running.stop()
            results.equal(f"{name}: goes on by itself when there is room", code, 0)
            results.check(f"{name}: no record is blamed", "quarantine" not in err, err)
            faults.complete(results, name)
    checkpoint(results, folder)
    file_limit(results, folder)


def checkpoint(results, folder):
    """The log of commits fits on the disk, what a checkpoint writes does not."""
    faults = Faults(f"{folder}/checkpoint")
    with _small_disk.SmallDisk(f"{folder}/smaller", "5000k") as small:
        if small is None:
            return
        faults.warehouse = small.folder / "w.duckdb"
        running = faults.start("run")
        running.says("housekeeping is put off: a checkpoint of ")
        small.grow("60m")
        faults.add(100)
        code, _, err = running.stop()
        results.equal("full disk, checkpoint: the run goes on without", code, 0)
        results.check("full disk, checkpoint: the cure is told", "make room on that disk" in err,
                      err)
        results.equal("full disk, checkpoint: goes on", faults.run("run", "--once")[0], 0)
        faults.complete(results, "full disk, checkpoint")


def file_limit(results, folder):
    faults = Faults(f"{folder}/limited")
    limit = (1_000_000, resource.RLIM_INFINITY)
    running = faults.start(
        "run", "--once", before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
    running.says("File too large (raise the limit of file sizes (ulimit -f)")
    resource.prlimit(running.process.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    results.equal("limit of file sizes: goes on when it is raised", running.end()[0], 0)
    faults.complete(results, "limit of file sizes")


def as_nobody():
    """For a process to be: root may read and write whatever the modes say."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def own(path):
    if os.geteuid() == 0:
        for one in (path, *path.rglob("*")):
            os.chown(one, NOBODY, NOBODY)


def permissions(results, folder):
    faults = Faults(f"{folder}/modes", rows=20)
    own(faults.folder)
    told = "Permission denied (let the user that runs clearwell read it"
    faults.folder.chmod(0o555)
    code, _, err = faults.run("run", "--once", before=as_nobody)
    results.check("read-only folder of the warehouse: exit 2, place and cure",
                  code == 2 and told in err and str(faults.warehouse) in err, (code, err))
    faults.folder.chmod(0o755)
    inputs = faults.folder / "in"
    for path, mode, allowed in ((inputs, 0o311, 0o755), (inputs / "0.jsonl", 0o200, 0o644)):
        path.chmod(mode)
        code, _, err = faults.run("run", "--once", before=as_nobody)
        name = str(path.relative_to(faults.folder))
        results.check(f"{name} cannot be read: exit 1, place and cure",
                      code == 1 and f"{name}: {told}" in err, (code, err))
        path.chmod(allowed)
    results.equal("permissions are given: it goes on",
                  faults.run("run", "--once", before=as_nobody)[0], 0)
    faults.complete(results, "permissions")
    faults.warehouse.chmod(0o444)
    code, _, err = faults.run("run", "--once", before=as_nobody)
    results.check("read-only file of the warehouse: exit 2, place and cure",
                  code == 2 and told in err and str(faults.warehouse) in err, (code, err))
    faults.warehouse.chmod(0o644)
    undeletable(results, folder, told)


def undeletable(results, folder, told):
    """`after: delete` in a folder that may only be read: all is loaded, and deleted later."""
    faults = Faults(f"{folder}/undeletable", rows=0)
    text = PIPELINE.replace('jsonl: { path: "in/*.jsonl", scan_every: 100ms }',
                            'files: { path: "in/*.json", after: delete }')
    (faults.folder / "pipelines/rows.yaml").write_text(text)
    for path in (faults.folder / "in").iterdir():
        path.unlink()
    for number in range(5):
        (faults.folder / f"in/{number}.json").write_text(f'{{"id": {number}, "text": "t"}}')
    faults.rows = 5
    own(faults.folder)
    (faults.folder / "in").chmod(0o555)
    code, _, err = faults.run("run", "--once", before=as_nobody)
    results.check("files that cannot be deleted: exit 1, place and cure",
                  code == 1 and f"in/0.json: cannot be moved or deleted: {told}" in err,
                  (code, err))
    faults.complete(results, "files that cannot be deleted")
    (faults.folder / "in").chmod(0o755)
    results.equal("files that can be deleted again: exit 0",
                  faults.run("run", "--once", before=as_nobody)[0], 0)
    results.equal("files that can be deleted again: are", list((faults.folder / "in").iterdir()),
                  [])
    faults.complete(results, "files that can be deleted again")


def descriptors(results, folder):
    cure = "Too many open files (raise the limit of open files (ulimit -n))"
    faults = Faults(f"{folder}/files", rows=120, files=60)
    for limit in (5, 12):
        code, _, err = faults.run("run", "--once", before=lambda n=limit: resource.setrlimit(
            resource.RLIMIT_NOFILE, (n, n)))
        results.check(f"{limit} descriptors: exit 2 and the cure", code == 2 and cure in err,
                      (code, err))
    running = faults.start("run", "--once", before=lambda: resource.setrlimit(
        resource.RLIMIT_NOFILE, (40, 4096)))
    running.says(cure)
    resource.prlimit(running.process.pid, resource.RLIMIT_NOFILE, (4096, 4096))
    code, _, err = running.end()
    results.check("40 descriptors: goes on when there are more", code == 0, (code, err))
    faults.complete(results, "descriptors")


def clock(results, folder):
    """Order and settling never rest on the clock alone: what came is loaded, and once."""
    faults = Faults(f"{folder}/clock", rows=10)
    for now in ("2031-06-01T12:00:00Z", "2024-01-01T00:00:00Z", "1999-12-31T23:59:59Z"):
        code, _, err = faults.run("run", "--once", clock=now)
        results.check(f"clock at {now}: exit 0", code == 0, (code, err))
        faults.complete(results, f"clock at {now}")
        faults.add(10)
    # A line without its end, written by somebody whose clock is ahead, does not wait for years.
    with open(faults.folder / "in/last.jsonl", "w", encoding="ascii") as file:
        file.write(f'{{"id": {faults.rows}, "text": "t"}}')
    faults.rows += 1
    code, _, err = faults.run("run", "--once", clock="1999-12-31T23:59:58Z")
    results.check("clock behind the files: exit 0", code == 0, (code, err))
    faults.complete(results, "clock behind the files")


USERS = """pipeline: users
from: [{ jsonl: { path: users.jsonl, scan_every: 100ms } }]
contract: { id: { type: integer, key: true } }
load: [{ table: users, key: id, mode: insert, sql: "SELECT id FROM accepted" }]
"""
ORDERS = """pipeline: orders
from: [{ jsonl: { path: orders.jsonl, scan_every: 100ms } }]
contract:
  id: { type: integer, key: true }
  user: { type: integer, references: users.id, if_missing: { park: 1h } }
load: [{ table: orders, key: id, mode: insert, sql: "SELECT id, user FROM accepted" }]
"""
MANY = 60_000  # orders, in the end
NOTES = """pipeline: notes
from: [{ files: { path: "notes/*.json", settle: 1h, scan_every: 100ms } }]
contract: { id: { type: integer, key: true } }
load: [{ table: notes, key: id, mode: insert, sql: "SELECT id FROM accepted" }]
"""


class Shop(Faults):
    """Orders that wait for their users, and files that may be half-written."""

    def __init__(self, folder):
        super().__init__(folder, rows=0, files=0)
        (self.folder / "pipelines/rows.yaml").unlink()
        for name, text in (("users", USERS), ("orders", ORDERS), ("notes", NOTES)):
            (self.folder / f"pipelines/{name}.yaml").write_text(text)
        (self.folder / "notes").mkdir()
        self.append("users", '{"id": 1}')
        self.append("orders", '{"id": 1, "user": 1}', '{"id": 2, "user": 2}')

    def append(self, name, *lines):
        with open(self.folder / f"{name}.jsonl", "a", encoding="ascii") as file:
            file.write("".join(line + "\n" for line in lines))

    def set_clock(self, days):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + days * 86400))
        (self.folder / "clock.new").write_text(now + "\n")
        (self.folder / "clock.new").rename(self.folder / "clock")


def jumps(results, folder):
    """Back a day and ahead a year while a run follows: what waits, waits on, and all comes."""
    shop = Shop(f"{folder}/jumps")
    shop.set_clock(0)
    run = shop.start("run", clock=f"@{shop.folder}/clock")
    run.passes("load.parked")
    for number, days in enumerate((-1, 365, 364, 0), 3):
        shop.set_clock(days)
        before = _crash.passed(run.trace)["load.after_commit"]
        half = shop.folder / f"notes/{number}.json"
        half.write_text('{"id"')
        shop.append("orders", f'{{"id": {number}, "user": 1}}')
        run.wait("never loaded an order",
                 lambda: _crash.passed(run.trace)["load.after_commit"] > before)
        half.write_text(f'{{"id": {number}}}')
    steps = _crash.passed(run.trace)
    results.equal("clock jumps: nothing has waited long enough", steps["judge.expired"], 0)
    shop.append("users", '{"id": 2}')
    run.passes("load.held_settled")
    # It is stopped amid its work.
    before = _crash.passed(run.trace)["load.after_commit"]
    shop.append("orders", *(f'{{"id": {i}, "user": 1}}' for i in range(7, MANY + 1)))
    run.wait("never loaded many orders",
             lambda: _crash.passed(run.trace)["load.after_commit"] > before)
    results.equal("clock jumps: it ends well", run.stop()[0], 0)
    code, out, err = shop.run(
        "query", "SELECT (SELECT count(*) FROM orders) - (SELECT loaded FROM clearwell.counts "
        "WHERE pipeline = 'orders')", "--output", "csv")
    results.equal("clock jumps: rows and counts are of one commit",
                  (code, out.split("\n")[1:2], err), (0, ["0"], ""))
    code, _, err = shop.run("run", "--once")
    results.equal("clock jumps: and what is left is read", (code, err), (0, ""))
    code, out, err = shop.run(
        "query",
        "SELECT (SELECT count(*) FROM orders), (SELECT count(DISTINCT id) FROM orders), "
        "(SELECT string_agg(id::VARCHAR, ' ' ORDER BY id) FROM notes), "
        "(SELECT sum(read - quarantined) FROM clearwell.counts), (SELECT count(*) FROM "
        "clearwell.quarantine WHERE state = 'open'), (SELECT sum(parked) FROM clearwell.counts)",
        "--output", "csv")
    results.equal("clock jumps: all is there, once", (code, out.split("\n")[1:2], err),
                  (0, [f"{MANY},{MANY},3 4 5 6,{MANY + 6},0,0"], ""))


def instances(results, folder):
    faults = Faults(f"{folder}/two", rows=50)
    first = faults.start("run")
    first.passes("source.opened")
    told = f"is in use by process {first.process.pid} (clearwell run?); stop it, or ask again"
    for command in (("run", "--once"), ("run",), ("quarantine", "discard", "--all")):
        code, _, err = faults.run(*command)
        results.check(f"a second {' '.join(command)}: exit 2, and who it is",
                      code == 2 and told in err, (code, err))
    results.equal("the first goes on, and ends well", first.stop()[0], 0)
    results.equal("then there is room for another", faults.run("run", "--once")[0], 0)
    faults.complete(results, "a second instance")

    # Who is a moment late must not take the file from under the one that makes it.
    for turn in range(10):
        many = Faults(f"{folder}/many{turn}", rows=500)
        ends = [one.end() for one in [many.start("run", "--once") for _ in range(5)]]
        codes = sorted(code for code, _, _ in ends)
        results.check("five at once: each runs, or exits with 2",
                      0 in codes and set(codes) <= {0, 2}, ends)
        many.complete(results, "five at once")


def main():
    results = _retail.Results()
    with tempfile.TemporaryDirectory(prefix="system-faults-") as folder:
        os.chmod(folder, 0o755)
        for part in (disk, permissions, descriptors, clock, jumps, instances):
            if not sys.argv[1:] or part.__name__ in sys.argv[1:]:
                began = time.monotonic()
                part(results, folder)
                print(f"{part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    results.finish()


if __name__ == "__main__":
    main()
