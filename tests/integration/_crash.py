"""What crash tests share: a project whose input appears in phases, runs that are stopped at named
steps (src/base/step.h) or random moments, and everything a warehouse holds as one comparable value.

The input of all phases is written once; a trial gets it by hard links, so that inodes and mtimes,
which positions and ledgers rest on, are the same in every trial.
"""

import collections
import csv
import io
import os
import pathlib
import re
import shutil
import signal
import subprocess

import _retail

CLOCK = "2024-01-01T00:00:00Z"
MTIME_NS = 1_704_060_000 * 10**9  # two hours before CLOCK: everything has settled
FATES = "read, loaded, superseded, duplicate, skipped, quarantined, parked, discarded"
# Clearwell's own tables, without what depends on where batches end (ids, batch numbers).
STATE = {
    "quarantine": 'SELECT pipeline, kind, entry, key, state, source, partition, "offset", line, '
                  "arrived, attempts, codes, reasons, hex(payload) AS payload "
                  "FROM clearwell.quarantine",
    "parked": 'SELECT pipeline, entry, source, partition, "offset", reasons, hex(payload) AS p '
              "FROM clearwell.parked",
    "waits": "SELECT w.pipeline, q.entry, w.target, w.value FROM clearwell.waits w "
             "LEFT JOIN clearwell.quarantine q ON q.id = w.holder",
    "counts": f"SELECT pipeline, {FATES} FROM clearwell.counts",
    "unbalanced": "SELECT pipeline FROM clearwell.counts WHERE read <> loaded + superseded + "
                  "duplicate + skipped + quarantined + parked + discarded",
    "lanes": "SELECT lane, source, position FROM clearwell.lanes",
    "files": "SELECT pipeline, source, hex(mark) AS mark FROM clearwell.files",
}


def dump_sql(tables, bytes_as="hex({})"):
    """One statement for all: a process a query would cost more than the trial."""
    state = {name: re.sub(r"hex\((\w+)\)", lambda found: bytes_as.format(found[1]), sql)
             for name, sql in STATE.items()}
    return " UNION ALL ".join(f"SELECT '{name}' AS t, to_json(x)::VARCHAR AS r FROM ({sql}) x"
                              for name, sql in {**state, **tables}.items())


class Project:
    """files: one dict a phase of {path: text}; tables: {name: SELECT} of the user's tables."""

    bytes_as = "hex({})"

    def __init__(self, folder, phases, tables):
        self.folder = pathlib.Path(folder)
        self.master, self.project = self.folder / "master", self.folder / "project"
        self.kept = self.folder / "kept"
        self.kept.mkdir(parents=True)
        self.tables, self.phases = tables, phases
        for number, files in enumerate(phases):
            for path, text in files.items():
                target = self.master / str(number) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(text if isinstance(text, bytes) else text.encode())
                os.utime(target, ns=(MTIME_NS, MTIME_NS))

    def restore(self, phase, fresh=False):
        """The project as before that phase's command: its files, and the warehouse that keep() kept
        (or none)."""
        shutil.rmtree(self.project, ignore_errors=True)
        self.project.mkdir()
        for number in range(phase + 1):
            self.add_files(number)
        if not fresh:
            shutil.copytree(self.kept / str(phase), self.project, dirs_exist_ok=True)
            gone = (self.kept / f"{phase}.gone").read_text().split("\n")
            for path in filter(None, gone):
                (self.project / path).unlink(missing_ok=True)

    def add_files(self, phase):
        for path in self.phases[phase]:
            target = self.project / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            os.link(self.master / str(phase) / path, target)

    def keep(self, phase):
        """Keeps the warehouse, what was moved, and which input has gone, for restore(phase)."""
        to = self.kept / str(phase)
        to.mkdir()
        self.keep_warehouse(to)
        if (self.project / "done").exists():
            shutil.copytree(self.project / "done", to / "done")
        inputs = [path for files in self.phases[:phase + 1] for path in files]
        new = self.phases[phase]
        gone = [path for path in inputs if path not in new and not (self.project / path).exists()]
        (self.kept / f"{phase}.gone").write_text("\n".join(gone))

    def keep_warehouse(self, to):
        for path in self.project.glob("warehouse.duckdb*"):
            shutil.copy(path, to)

    def start(self, *arguments, stop_at="", trace=""):
        environment = dict(os.environ, CLEARWELL_CLOCK=CLOCK, CLEARWELL_STOP_AT=stop_at,
                           CLEARWELL_STEPS_TO=str(trace), **self.environment())
        return subprocess.Popen([_retail.CLEARWELL, *arguments, "--project", str(self.project)],
                                env=environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @staticmethod
    def environment():
        return {}

    def command(self, *arguments, code=0, **how):
        """Standard output; an error unless it ended with that code. A negative one is a signal."""
        process = self.start(*arguments, **how)
        out, err = process.communicate(timeout=120)
        if process.returncode != code:
            raise RuntimeError(f"clearwell {' '.join(arguments)} {how}: ended with "
                               f"{process.returncode}, expected {code}:\n{err.decode()[-3000:]}")
        return out.decode()

    def killed(self, *arguments, stop_at, code=0):
        """True if it came to its step; false if it ended as it should without."""
        process = self.start(*arguments, stop_at=stop_at)
        _, err = process.communicate(timeout=120)
        if process.returncode not in (-signal.SIGKILL, code):
            raise RuntimeError(f"{stop_at}: ended with {process.returncode}:\n"
                               f"{err.decode()[-3000:]}")
        return process.returncode == -signal.SIGKILL

    def query(self, sql):
        rows = csv.reader(io.StringIO(self.command("query", sql, "--output", "csv"), newline=""))
        next(rows)
        return [tuple(row) for row in rows]

    def dump(self):
        """{table: Counter of rows as JSON}, and which input files lie where."""
        out = {name: collections.Counter() for name in (*STATE, *self.tables)}
        for table, row in self.query(dump_sql(self.tables, self.bytes_as)):
            out[table][row] += 1
        out["folders"] = collections.Counter(
            str(path.relative_to(self.project)) for path in self.project.rglob("*")
            if path.is_file() and not path.name.startswith("warehouse.duckdb"))
        return out


class PostgresProject(Project):
    """The same on a PostgreSQL server (_postgres.Server): a database of its own, and one more for
    each phase that is kept."""

    bytes_as = "encode({}, 'hex')"

    def __init__(self, folder, phases, tables, server):
        super().__init__(folder, phases, tables)
        self.server, self.database = server, self.folder.name

    def environment(self):
        return {"CLEARWELL_WAREHOUSE": self.server.url(self.database)}

    def copy(self, source, target):
        """Sessions of a process that was killed end when they notice."""
        self.server.psql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
                         f"datname IN ('{source}', '{target}')")
        self.server.psql(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)")
        self.server.psql(f"CREATE DATABASE {target} TEMPLATE {source}")

    def restore(self, phase, fresh=False):
        super().restore(phase, fresh)
        self.copy("template0" if fresh else f"{self.database}_{phase}", self.database)

    def keep_warehouse(self, to):
        self.copy(self.database, f"{self.database}_{to.name}")


def compare(results, name, found, expected):
    """One check: all tables are equal, row by row."""
    faults = []
    for table, rows in expected.items():
        extra, absent = found[table] - rows, rows - found[table]
        if extra or absent:
            faults.append(f"{table}: too many {_retail.brief(list(extra)[:2], 400)}, "
                          f"missing {_retail.brief(list(absent)[:2], 400)}")
    return results.check(name, not faults, "\n    ".join(faults))


def passed(trace):
    """{step: how often} of a file written by CLEARWELL_STEPS_TO."""
    path = pathlib.Path(trace)
    return collections.Counter(path.read_text().split() if path.exists() else [])
