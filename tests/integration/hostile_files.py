#!/usr/bin/env python3
# timeout: 120
# proves: neighbours, all-is-read, nothing-lost | files, jsonl | duckdb | first-run, resume
"""Input that changes under the reader's hands, or that it may not read.

unreadable  A file and a folder without permission: all others are loaded, the run says which and
            fails; with the permission they are loaded too. As root, it is run as nobody.
many        200 000 files in one folder, of which 1000 vanish while they are read: every other one
            is loaded, memory stays bounded, and nothing is read again.
torn        A file is cut and written again in two halves, or replaced, all the time: no half and no
            mixture of versions is loaded, and the last version is.
shortened   A file of lines becomes shorter than what was read of it: the run ends and says so.

Names of these parts as arguments: only they are run.
"""

import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time

import _retail

NOBODY = 65534
FILES, GROUPS, VANISHING = 200_000, 8, 1000
SECONDS = 60  # before something counts as never happening


class Project:
    def __init__(self, folder, source, more="", mode="insert"):
        self.folder = pathlib.Path(folder)
        (self.folder / "pipelines").mkdir(parents=True)
        (self.folder / "in").mkdir()
        (self.folder / "clearwell.yaml").write_text("project: hostile\n")
        (self.folder / "pipelines/p.yaml").write_text(
            f"pipeline: p\nfrom: {{ {source} }}\n"
            f"contract:\n  id: {{ type: text, key: {str(mode == 'insert').lower()} }}\n"
            "  a: integer\n  b: integer\n"
            f"load: [{{ table: t, {'key: id, ' if mode == 'insert' else ''}mode: {mode}, "
            f"sql: 'SELECT id, a, b FROM accepted' }}]\n{more}")
        self.prefix = []

    def command(self, *arguments):
        return [*self.prefix, _retail.CLEARWELL, *arguments, "--project", str(self.folder)]

    def run(self, *arguments):
        return subprocess.run(self.command("run", *arguments), capture_output=True, text=True,
                              timeout=SECONDS, check=False)

    def rows(self, sql):
        found = subprocess.run(self.command("query", sql, "--output", "json"), check=True,
                               capture_output=True, text=True, timeout=SECONDS)
        return json.loads(found.stdout)

    def put(self, name, content):
        (self.folder / "in" / name).write_text(content)


def record(key, value=1):
    return f'{{"id": "{key}", "a": {value}, "b": {value}}}\n'


def unreadable(results, folder):
    project = Project(f"{folder}/unreadable", 'files: { path: "in/**/*.json" }')
    for name in ("1.json", "2.json"):
        project.put(name, record(name))
    closed = project.folder / "in/closed"
    closed.mkdir()
    (closed / "3.json").write_text(record("3.json"))
    if os.getuid() == 0:
        for path in [project.folder, *project.folder.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
        project.prefix = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    (project.folder / "in/2.json").chmod(0)
    closed.chmod(0)
    ran = project.run("--once")
    results.equal("unreadable: the exit code", ran.returncode, 1)
    denied = ("Permission denied (let the user that runs clearwell read it, and write it if it is "
              "a warehouse: the file and its folder)")
    message = ("error: p: reading files: not all files could be dealt with: "
               f"in/2.json: {denied}; in/closed: {denied}")
    results.check("unreadable: the message", message in ran.stderr, ran.stderr)
    results.equal("unreadable: the others", project.rows("SELECT id FROM t"), [{"id": "1.json"}])
    (project.folder / "in/2.json").chmod(0o644)
    closed.chmod(0o755)
    results.equal("unreadable: then readable", project.run("--once").returncode, 0)
    results.equal("unreadable: all", project.rows("SELECT id FROM t ORDER BY id"),
                  [{"id": "1.json"}, {"id": "2.json"}, {"id": "3.json"}])


def many(results, folder):
    """The files are links to a few with a time each, since making so many would take long."""
    project = Project(f"{folder}/many", 'files: { path: "in/*.json" }', mode="append")
    inbox = project.folder / "in"
    for group in range(GROUPS):
        first = f"{inbox}/{group}-00000.json"
        pathlib.Path(first).write_text(record(group))
        os.utime(first, (1_600_000_000 + group,) * 2)
        for i in range(1, FILES // GROUPS):
            os.link(first, f"{inbox}/{group}-{i:05}.json")
    # They are read in the order of their times and names, so the last ones come last.
    process = subprocess.Popen(project.command("run", "--once"), stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    for i in range(FILES // GROUPS - VANISHING, FILES // GROUPS):
        os.unlink(f"{inbox}/{GROUPS - 1}-{i:05}.json")
    _, errors = process.communicate(timeout=SECONDS)
    results.equal("many: the exit code", process.returncode, 0)
    results.equal("many: nothing is said of those that vanished", errors, "")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    results.check("many: memory", peak < 1500, f"{peak} MB")
    found = [row["n"] for row in
             project.rows("SELECT count(*) AS n FROM t GROUP BY id ORDER BY CAST(id AS INTEGER)")]
    results.equal("many: all that stayed, each once", found[:-1], [FILES // GROUPS] * (GROUPS - 1))
    results.check("many: those that stayed of the last", len(found) == GROUPS and
                  0 <= FILES // GROUPS - found[-1] <= VANISHING, found)
    again = project.run("--once")
    results.check("many: nothing is read again", again.stdout.split()[-7:] == ["0"] * 7
                  and again.returncode == 0, again.stdout + again.stderr)


def write_halves(path, stop):
    """Versions written in two halves, every other one beside the file and renamed to its name."""
    value = 100
    while not stop.is_set():
        value = value + 1 if value < 999 else 100
        target = path.with_suffix(".tmp") if value % 2 else path
        with open(target, "wb", buffering=0) as file:
            file.write(b'{"id": "%d", "a": %d, ' % (value, value) + b" " * 50_000)
            time.sleep(0.003)
            file.write(b" " * 50_000 + b'"b": %d}' % value)
        if target != path:
            target.rename(path)
        time.sleep(0.02)


def torn(results, folder):
    project = Project(f"{folder}/torn", 'files: { path: "in/*.json", settle: 50ms }',
                      "conflicts: count\n")
    path = project.folder / "in/torn.json"
    path.write_text('{"id": "100", "a": 100, ' + " " * 100_000 + '"b": 100}')
    stop = threading.Event()
    writer = threading.Thread(target=write_halves, args=(path, stop))
    writer.start()
    process = subprocess.Popen(project.command("run"), stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=SECONDS)
    stop.set()
    writer.join()
    # A half that stood longer than `settle`, on a busy machine, is in quarantine: a hint tells it.
    results.equal("torn: stops", (process.returncode, errors.splitlines()[:1]),
                  (0, ["stopped; the next run goes on from here"]))
    time.sleep(0.1)
    results.equal("torn: the last version is read", project.run("--once").returncode, 0)
    last = json.loads(path.read_text())
    results.equal("torn: no mixture is loaded",
                  project.rows("SELECT * FROM t WHERE a <> b OR id <> CAST(a AS VARCHAR)"), [])
    results.equal("torn: the last version is loaded",
                  project.rows(f"SELECT a, b FROM t WHERE id = '{last['id']}'"),
                  [{"a": last["a"], "b": last["b"]}])


def has_open(process, path):
    for link in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            if os.readlink(link) == str(path):
                return True
        except FileNotFoundError:
            continue
    return False


def shortened(results, folder):
    project = Project(f"{folder}/shortened", "jsonl: { path: in/lines.jsonl }")
    project.put("lines.jsonl", record("a") + record("b"))
    results.equal("shortened: the first run", project.run("--once").returncode, 0)
    path = (project.folder / "in/lines.jsonl").resolve()
    process = subprocess.Popen(project.command("run"), stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + SECONDS
    while not has_open(process, path) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.02)
    project.put("lines.jsonl", record("c"))
    _, errors = process.communicate(timeout=SECONDS)
    results.equal("shortened: the exit code", process.returncode, 1)
    message = ("in/lines.jsonl was replaced: it is now shorter than what has been read of it, so "
               "where to go on is unknown. Put the old file back")
    results.check("shortened: the message", message in errors, errors)
    results.equal("shortened: what was read stays", project.rows("SELECT id FROM t ORDER BY id"),
                  [{"id": "a"}, {"id": "b"}])


def main():
    parts = {part.__name__: part for part in (unreadable, many, torn, shortened)}
    results = _retail.Results()
    with tempfile.TemporaryDirectory(prefix="clearwell-hostile-") as folder:
        os.chmod(folder, 0o755)
        for name in sys.argv[1:] or parts:
            began = time.monotonic()
            parts[name](results, folder)
            print(f"{name}: {time.monotonic() - began:.1f} s", flush=True)
    results.finish()


if __name__ == "__main__":
    main()
