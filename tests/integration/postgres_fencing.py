#!/usr/bin/env python3
# proves: nothing-lost, nothing-doubled, one-transaction | jsonl | postgres | resume
# proves: accounting, recovers | jsonl | postgres | resume
"""Several processes on one PostgreSQL warehouse: one works, the others wait or are fenced.

paused   A process is stopped (SIGSTOP) at a step: before it commits, in mid-COPY, before and after
         its look at the lease, after a commit. Another takes over and ends. The first one wakes up,
         commits nothing more, says who has taken over, and ends with 1.
two      A second process waits, and goes on where the first one ends, is killed, or refuses to end.
cut      A proxy cuts the connection when the server has got a COMMIT, or before it gets it.

All trials run side by side, each in a database of its own, since a lease lasts ten seconds.
"""

import concurrent.futures
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import _postgres
import _retail

WAIT = 60
ROWS, BATCH = 4000, 50
CONFIG = f"project: fencing\nwarehouse: ${{WAREHOUSE}}\nlimits: {{ batch_rows: {BATCH} }}\n"
PIPELINE = """pipeline: rows
from:
  - jsonl: { path: "in/*.jsonl", scan_every: 100ms }
contract: { id: { type: integer, key: true }, text: { type: text } }
load:
  - { table: rows, key: id, mode: insert, sql: "SELECT id, text FROM accepted" }
  - { table: log, sql: "SELECT id FROM accepted" }
"""
FOUND = ("SELECT (SELECT count(*) FROM rows), (SELECT count(DISTINCT id) FROM rows), "
         "(SELECT count(*) FROM log), (SELECT count(DISTINCT id) FROM log), (SELECT read FROM "
         "clearwell.counts), (SELECT loaded FROM clearwell.counts), "
         "(SELECT sum(rows) FROM clearwell.table_rows)")
PAUSES = ("postgres.claimed", "read.polled", "judge.judged", "load.first_written",
          "postgres.copying", "postgres.before_lease", "postgres.lease_seen", "load.after_commit")


class Project:
    def __init__(self, folder, server, name, port=None):
        self.folder = pathlib.Path(folder) / name
        (self.folder / "pipelines").mkdir(parents=True)
        (self.folder / "in").mkdir()
        (self.folder / "clearwell.yaml").write_text(CONFIG)
        (self.folder / "pipelines/rows.yaml").write_text(PIPELINE)
        self.rows = 0
        self.add(ROWS)
        self.server, self.name = server, name
        server.psql(f"CREATE DATABASE {name}")
        self.url = server.url(name)
        if port is not None:
            self.url = self.url.replace(f":{server.port}/", f":{port}/")

    def add(self, rows):
        path = self.folder / f"in/{self.rows}.jsonl"
        path.with_suffix(".part").write_text("".join(
            f'{{"id": {number}, "text": "t{number}"}}\n'
            for number in range(self.rows, self.rows + rows)))
        path.with_suffix(".part").rename(path)
        self.rows += rows

    def start(self, *arguments, stop_at=""):
        return subprocess.Popen(
            [_retail.CLEARWELL, *arguments, "--project", str(self.folder)],
            env=dict(os.environ, WAREHOUSE=self.url, CLEARWELL_STOP_AT=stop_at),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def found(self):
        return self.server.psql(FOUND, self.name)

    def all_there(self):
        n = self.rows
        return f"{n}|{n}|{n}|{n}|{n}|{n}|{2 * n}"

    def wait_until_all(self, process):
        def all_there():
            try:
                return self.found() == self.all_there()
            except RuntimeError:  # the tables are not there yet
                return False
        wait_for(process, all_there)


def wait_for(process, holds):
    until = time.monotonic() + WAIT
    while not holds():
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            out, err = process.communicate()
            raise RuntimeError(f"it did not come so far: {process.returncode}\n{out}{err}"[-3000:])
        time.sleep(0.05)


def end(process):
    out, err = process.communicate(timeout=WAIT)
    return process.returncode, out + err


def is_stopped(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii", errors="replace") as stat:
        return stat.read().rpartition(")")[2].split()[0] == "T"


def paused(results, project, step):
    name = f"paused at {step}"
    passing = 2 if step == "load.after_commit" else 1
    first = project.start("run", "--once", stop_at=f"{step}:{passing}:pause")
    wait_for(first, lambda: is_stopped(first))
    second = project.start("run", "--once")
    code, said = end(second)
    results.check(f"{name}: another one takes over", code == 0, (code, said))
    results.equal(f"{name}: all is there, once", project.found(), project.all_there())
    first.send_signal(signal.SIGCONT)
    code, said = end(first)
    # Before it has read any position, it finds nothing left to do.
    told = f"pipeline rows has been taken over by process {second.pid} on " in said and code == 1
    idle = step == "postgres.claimed" and code == 0
    results.check(f"{name}: the first is fenced and says so", told or idle, (code, said))
    results.equal(f"{name}: the first commits nothing more", project.found(), project.all_there())
    code, said = end(project.start("run", "--once"))
    results.check(f"{name}: then the pipeline is free", code == 0, (code, said))
    results.equal(f"{name}: and there was nothing left to do", project.found(),
                  project.all_there())


def two(results, project, how):
    name = f"two, the first {how}"
    first = project.start("run")
    project.wait_until_all(first)
    second = project.start("run")
    said_first = second.stderr.readline()
    results.check(f"{name}: the second waits, and says for whom",
                  f"in use by process {first.pid} on " in said_first, said_first)
    if how == "is stopped":
        first.send_signal(signal.SIGTERM)
        results.equal(f"{name}: ends well", end(first)[0], 0)
    else:
        first.kill()
        end(first)
    project.add(ROWS)
    project.wait_until_all(second)
    second.send_signal(signal.SIGTERM)
    code, said = end(second)
    results.check(f"{name}: the second goes on", code == 0, (code, said))
    results.equal(f"{name}: all is there, once", project.found(), project.all_there())


def stays(results, project):
    """The first one does not end: who is to end by himself says so, and starts nothing."""
    first = project.start("run")
    project.wait_until_all(first)
    told = f"pipeline rows is in use by process {first.pid} on "
    others = [project.start(*command) for command in (("run", "--once"), ("run", "--once"))]
    for code, said in map(end, others):
        results.check("two, the first stays: exit 2, and who it is",
                      code == 2 and told in said and "stop it" in said, (code, said))
    first.send_signal(signal.SIGTERM)
    results.equal("two, the first stays: and ends well", end(first)[0], 0)
    results.equal("two, the first stays: all is there, once", project.found(),
                  project.all_there())


class Proxy:
    """Hands bytes on between clients and the server, and cuts the connection at some COMMITs:
    `after`, when the server has got it, or before it gets it."""

    COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"

    def __init__(self, port, cut_at, after):
        self.port, self.cut_at, self.after = port, set(cut_at), after
        self.commits = self.cuts = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            for one, other, from_client in ((client, server, True), (server, client, False)):
                threading.Thread(target=self.hand_on, args=(one, other, from_client),
                                 daemon=True).start()

    def cuts_here(self, data):
        if self.COMMIT not in data:
            return False
        with self.lock:
            self.commits += 1
            cut = self.commits in self.cut_at
            self.cuts += cut
        return cut

    def hand_on(self, one, other, from_client):
        try:
            while data := one.recv(1 << 16):
                if from_client and self.cuts_here(data):
                    one.shutdown(socket.SHUT_RDWR)  # before an answer can come
                    if self.after:
                        other.sendall(data)
                    break
                other.sendall(data)
        except OSError:
            pass
        for end_of in (one, other):
            try:
                end_of.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


def cut(results, folder, server, after):
    name = f"cut {'after' if after else 'before'} the server has got COMMIT"
    # Of the tables first, then of the batches.
    proxy = Proxy(server.port, (2, 5, 9, 12, 15), after)
    project = Project(folder, server, f"cut_{after}".lower(),
                      proxy.listener.getsockname()[1])
    code, said = end(project.start("run", "--once"))
    results.check(f"{name}: the run goes on by itself", code == 0, (code, said))
    results.check(f"{name}: and there were cuts", proxy.cuts >= 3, proxy.cuts)
    results.equal(f"{name}: all is there, once", project.found(), project.all_there())
    proxy.close()


def main():
    results = _retail.Results()
    with tempfile.TemporaryDirectory(prefix="fencing-") as folder, _postgres.Server() as server:
        trials = {}
        for step in PAUSES:
            project = Project(folder, server, step.replace(".", "_"))
            trials[f"paused {step}"] = (paused, results, project, step)
        for how in ("is stopped", "is killed"):
            trials[f"two {how}"] = (two, results, Project(folder, server, how.replace(" ", "_")),
                                    how)
        trials["two stays"] = (stays, results, Project(folder, server, "stays"))
        for after in (True, False):
            trials[f"cut {after}"] = (cut, results, folder, server, after)
        chosen = {name: trial for name, trial in trials.items()
                  if not sys.argv[1:] or any(word in name for word in sys.argv[1:])}
        with concurrent.futures.ThreadPoolExecutor(len(chosen)) as pool:
            done = [pool.submit(trial[0], *trial[1:]) for trial in chosen.values()]
            for one in done:
                one.result()
    results.finish()


if __name__ == "__main__":
    main()
