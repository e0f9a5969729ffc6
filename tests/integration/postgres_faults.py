#!/usr/bin/env python3
# proves: no-false-blame, recovers | jsonl | postgres | first-run, resume
# proves: nothing-lost, nothing-doubled | jsonl | postgres | first-run, resume
# proves: neighbours, only-valid, exact-evidence | jsonl | postgres | first-run
"""What a PostgreSQL server does to a run: a fault of the system is tried again, told, and blamed on
no record; a row that the server refuses goes to quarantine with its SQLSTATE, and its neighbours
are loaded.

late     The server is started after the program, once and following.
system   Permission, missing table, locks, and what a trigger can raise: a full disk, serialisation,
         a deadlock, time-outs. Following goes on when the fault is gone.
real     The same, really: another session takes part in a deadlock, keeps a lock, or changes a row
         that a transaction of repeatable reads has seen; and the server's disk is full (a small
         tmpfs, where root may mount one).
rows     A constraint, a domain, a trigger, a number that is too large.
tables   Tables that others made: of another type, of another owner, with quoted names, referred to
         by variable.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import _postgres
import _retail
import _small_disk

WAIT = 60
CONFIG = "project: faults\nwarehouse: ${WAREHOUSE}\nschema: ${SCHEMA:-own}\n"
PIPELINE = """pipeline: rows
from:
  - jsonl: { path: "in/*.jsonl", scan_every: 100ms }
contract: { id: { type: integer, key: true }, text: { type: text } }
load:
  - { table: rows, key: id, mode: insert, sql: "SELECT id, text FROM accepted" }
  - { table: log, sql: "SELECT id, text FROM accepted" }
"""


class Project:
    def __init__(self, folder, server, name, pipeline=PIPELINE):
        self.folder, self.server, self.name = pathlib.Path(folder) / name, server, name
        (self.folder / "pipelines").mkdir(parents=True)
        (self.folder / "in").mkdir()
        (self.folder / "clearwell.yaml").write_text(CONFIG)
        (self.folder / "pipelines/rows.yaml").write_text(pipeline)
        self.url, self.rows = server.url(name), 0

    def add(self, rows, text="t"):
        self.write("".join(f'{{"id": {number}, "text": "{text}"}}\n'
                           for number in range(self.rows, self.rows + rows)))
        self.rows += rows

    def write(self, lines):
        path = self.folder / f"in/{time.monotonic_ns()}.jsonl"
        path.with_suffix(".part").write_text(lines)
        path.with_suffix(".part").rename(path)

    def start(self, *arguments):
        return Running(subprocess.Popen(
            [_retail.CLEARWELL, *arguments, "--project", str(self.folder)],
            env=dict(os.environ, WAREHOUSE=self.url), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))

    def run(self, *arguments):
        return self.start(*arguments).end()

    def psql(self, sql):
        return self.server.psql("SET client_min_messages = error; " + sql, self.name)

    def found(self):
        return self.psql("SELECT (SELECT count(*) FROM own.rows), (SELECT count(*) FROM own.log), "
                         "(SELECT count(*) FROM clearwell.quarantine), (SELECT loaded FROM "
                         "clearwell.counts)")

    def all_there(self):
        return f"{self.rows}|{self.rows}|0|{self.rows}"


class Running:
    def __init__(self, process):
        self.process, self.said = process, ""
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.said += line

    def wait(self, holds):
        until = time.monotonic() + WAIT
        while not holds():
            if self.process.poll() is not None or time.monotonic() > until:
                self.process.kill()
                raise RuntimeError("it did not come so far: " + self.said[-3000:])
            time.sleep(0.05)

    def end(self):
        code = self.process.wait(timeout=WAIT)
        self.reader.join()
        return code, self.said

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()


def late(results, folder, server):
    projects = [Project(folder, server, name) for name in ("late_once", "late_following")]
    for project in projects:
        server.psql(f"CREATE DATABASE {project.name}")
        project.add(100)
    server.halt()
    once, following = projects[0].start("run", "--once"), projects[1].start("run")
    for running in (once, following):
        running.wait(lambda r=running: "trying again: PostgreSQL: " in r.said)
    code, said = projects[0].run("status")
    results.check("late: who only asks is told at once", code == 1 and "PostgreSQL: " in said,
                  (code, said))
    server.start()
    results.equal("late: once, ends well", once.end()[0], 0)
    following.wait(lambda: reached(projects[1]))
    server.kill()  # amid a run that has nothing to do
    projects[1].add(50)
    server.start()
    following.wait(lambda: reached(projects[1]))
    results.equal("late: following, ends well", following.stop()[0], 0)
    for project in projects:
        results.equal(f"{project.name}: all is there, once", project.found(), project.all_there())


def reached(project):
    try:
        return project.found() == project.all_there()
    except RuntimeError:
        return False


# name, how it begins, how it ends, what is told
RAISES = ("CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION "
          "'a fault' USING ERRCODE = '{}'; END $$; CREATE TRIGGER fault BEFORE INSERT ON own.log "
          "FOR EACH ROW EXECUTE FUNCTION fault()")
NO_MORE = "DROP TRIGGER fault ON own.log; DROP FUNCTION fault"
SYSTEM = [
    ("no permission", "REVOKE INSERT ON own.log FROM worker", "GRANT INSERT ON own.log TO worker",
     "permission denied for table log (SQLSTATE 42501)"),
    ("a table that is gone", "ALTER TABLE own.log RENAME TO gone",
     "ALTER TABLE own.gone RENAME TO log", "does not exist (SQLSTATE 42P01)"),
] + [(f"SQLSTATE {code}", RAISES.format(code), NO_MORE, f"a fault (SQLSTATE {code})")
     for code in ("53100", "40001", "40P01", "55P03", "57014", "53200")]


def system(results, folder, server):
    server.psql("CREATE DATABASE system")
    server.psql("CREATE ROLE worker LOGIN; GRANT CREATE ON DATABASE system TO worker", "system")
    project = Project(folder, server, "system")
    project.url = project.url.replace("app@", "worker@")
    project.add(10)
    running = project.start("run")
    running.wait(lambda: reached(project))
    for name, begin, mended, told in SYSTEM:
        project.psql(begin)
        running.said = ""
        project.add(10)
        running.wait(lambda: "rows: loading failed, trying again: " in running.said)
        results.check(f"{name}: the message says what", told in running.said, running.said)
        project.psql(mended)
        running.wait(lambda: reached(project))
        results.check(f"{name}: goes on by itself, and no record is blamed", True)
    code, said = running.stop()
    results.check("system: ends well", code == 0 and "hint: " not in said, (code, said))
    server.psql("ALTER ROLE worker NOLOGIN")
    code, said = project.run("run", "--once")
    results.check("a role that may not log in: exit 2, at once", code == 2 and "worker" in said,
                  (code, said))


class Session:
    """psql, kept open: another session at work beside the program."""

    def __init__(self, server, database):
        self.process = subprocess.Popen(
            [server.bin / "psql", "-XAtq", "-d", server.url(database)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def begin(self, sql):
        self.process.stdin.write(sql + ";\n")
        self.process.stdin.flush()

    def done(self, sql="SELECT"):
        """Waits until that, and all before it, is done."""
        self.begin(sql + "; SELECT 'done'")
        for line in self.process.stdout:
            if line.strip() == "done":
                return

    def end(self):
        self.process.communicate("ROLLBACK;\n")


def waiting(project, number):
    """Does that many sessions of the program wait for a lock?"""
    return project.psql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                        "AND wait_event_type = 'Lock'") == str(number)


def deadlock(project, other):
    """The program has row 10 and wants the table log, which the other has, who wants row 10. The
    other is patient, so it is the program that finds the deadlock and gives way."""
    other.done("SET deadlock_timeout = '1h'; BEGIN; LOCK TABLE own.log")
    project.add(10)
    yield lambda: waiting(project, 1)
    other.begin(f"INSERT INTO own.rows VALUES ({project.rows - 10}, 'theirs')")


def lock_timeout(project, other):
    other.done("BEGIN; LOCK TABLE own.log")
    project.add(10)
    yield lambda: waiting(project, 1)


def serialisation(project, other):
    """The program has seen the counts when somebody else changes them."""
    other.done("BEGIN; LOCK TABLE own.log")
    project.add(10)
    yield lambda: waiting(project, 1)
    project.psql("UPDATE clearwell.counts SET updated_at = now()")
    other.begin("COMMIT")


# What the server says of it. A batch is tried again at once, and told only if that fails too.
REAL = [(deadlock, "", "deadlock detected"),
        (lock_timeout, "SET lock_timeout = '700ms'", "canceling statement due to lock timeout"),
        (serialisation, "SET default_transaction_isolation = 'repeatable read'",
         "could not serialize access due to concurrent update")]


def real(results, folder, server):
    for fault, setting, told in REAL:
        name = fault.__name__
        server.psql(f"CREATE DATABASE {name}")
        if setting:
            server.psql(f"ALTER DATABASE {name} {setting}")
        project, other = Project(folder, server, name), Session(server, name)
        project.add(10)
        running = project.start("run")
        running.wait(lambda p=project: reached(p))
        running.said = ""
        for holds in fault(project, other):
            running.wait(holds)
        running.wait(lambda t=told: t in pathlib.Path(server.folder, "log").read_text())
        if fault is lock_timeout:
            running.wait(lambda r=running, t=told: "rows: loading failed, trying again: " + t in
                         r.said)
        other.end()
        running.wait(lambda p=project: reached(p))
        results.equal(f"{name}: goes on by itself, and ends well", running.stop()[0], 0)
        results.equal(f"{name}: no record is blamed", project.found(), project.all_there())
    full_disk(results, folder, server)


def full_disk(results, folder, server):
    with _small_disk.SmallDisk(f"{folder}/small", "40m") as small:
        if small is None:
            print("no tmpfs can be mounted here: a full disk is not tried", flush=True)
            return
        os.chmod(folder, 0o755)
        place = small.folder / "space"
        place.mkdir()
        shutil.chown(place, "postgres", "postgres")
        server.psql(f"CREATE TABLESPACE small LOCATION '{place}'")
        server.psql("CREATE DATABASE full_disk TABLESPACE small")
        project = Project(folder, server, "full_disk")
        project.add(10)
        running = project.start("run")
        running.wait(lambda: reached(project))
        with open(small.folder / "filler", "wb") as filler:
            filler.write(bytes(shutil.disk_usage(small.folder).free - (1 << 20)))
        project.add(20_000, "t" * 200)
        running.wait(lambda: "rows: loading failed, trying again: " in running.said)
        results.check("full disk: the message says what", "No space left on device" in running.said
                      and "(SQLSTATE 53100)" in running.said, running.said)
        (small.folder / "filler").unlink()
        running.wait(lambda: reached(project))
        results.equal("full disk: goes on by itself, and ends well", running.stop()[0], 0)
        results.equal("full disk: no record is blamed", project.found(), project.all_there())
        server.psql("DROP DATABASE full_disk WITH (FORCE)")
        server.psql("DROP TABLESPACE small")


def rows(results, folder, server):
    server.psql("CREATE DATABASE refused")
    project = Project(folder, server, "refused")
    project.psql(
        "CREATE SCHEMA own; CREATE DOMAIN own.short AS text CHECK (length(VALUE) < 9); CREATE "
        "TABLE own.rows (id bigint PRIMARY KEY CHECK (id <> 13), text text); CREATE TABLE own.log "
        "(id bigint, text own.short); CREATE FUNCTION own.look() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN IF NEW.text = 'bad' THEN RAISE EXCEPTION 'no bad text in %', NEW.id; END IF; "
        "RETURN "
        "NEW; END $$; CREATE TRIGGER look BEFORE INSERT ON own.log FOR EACH ROW EXECUTE FUNCTION "
        "own.look()")
    lines = {13: "t", 20: "bad", 21: "much too long", 22: "nul \\u0000"}
    project.write("".join(f'{{"id": {n}, "text": "{lines.get(n, "t")}"}}\n' for n in range(200)))
    code, said = project.run("run", "--once")
    results.check("rows: refused rows do not fail a run", code == 0, (code, said))
    found = project.psql("SELECT key, codes::text, reasons->0->>'message', convert_from(payload, "
                         "'UTF8') FROM clearwell.quarantine ORDER BY key::int").split("\n")
    told = ("violates check constraint \"rows_id_check\" (SQLSTATE 23514)",
            "no bad text in 20 (SQLSTATE P0001)",
            "violates check constraint \"short_check\" (SQLSTATE 23514)", "")
    results.equal("rows: those four are in quarantine", len(found), 4)
    for line, (number, text), why in zip(found, lines.items(), told):
        payload = f'{{"id": {number}, "text": "{text}"}}'
        results.check(f"rows: {number} with its reason and its bytes",
                      line.startswith(f"{number}|") and why in line and line.endswith(payload),
                      line)
    results.equal("rows: all others are loaded, once", project.psql(
        "SELECT count(*), count(DISTINCT id), (SELECT count(*) FROM own.log) FROM own.rows"),
        "196|196|196")


REFERRING = """pipeline: rows
from:
  - jsonl: { path: "in/*.jsonl" }
contract:
  id: { type: integer, key: true }
  who: { type: text, references: "${USERS:-public.users}.id" }
  what: { type: text, references: "${ARTICLES:-public.articles}.id", take: [price] }
load:
  - { table: rows, key: id, mode: insert,
      sql: "SELECT id, who, price AS paid FROM accepted" }
  - { table: 'public.Odd', key: id, mode: insert, sql: 'SELECT id, who AS "The Who" FROM accepted' }
"""


def tables(results, folder, server):
    server.psql("CREATE DATABASE tables")
    project = Project(folder, server, "tables", REFERRING)
    project.psql("CREATE TABLE public.users (id text PRIMARY KEY, name text); INSERT INTO "
                 "public.users VALUES ('u1', 'Ada'), ('u2', NULL); CREATE TABLE public.articles "
                 "(id text, price double precision); INSERT INTO public.articles VALUES "
                 "('a', 0.1), ('b', 1e-9)")
    project.write('{"id": 1, "who": "u1", "what": "a"}\n{"id": 2, "who": "u2", "what": "b"}\n'
                  '{"id": 3, "who": "nobody", "what": "a"}\n{"id": 4, "who": "u1", "what": ""}\n')
    code, said = project.run("run", "--once")
    results.check("tables: references to tables of others", code == 0, (code, said))
    results.equal("tables: their values come with them", project.psql(
        'SELECT r.id, r.who, r.paid, o."The Who" FROM own.rows r JOIN public."Odd" o '
        "ON o.id = r.id ORDER BY 1"), "1|u1|0.1|u1\n2|u2|1e-09|u2")
    results.equal("tables: who is not there is missing", project.psql(
        "SELECT key, codes FROM clearwell.quarantine ORDER BY 1"),
        "3|{reference.missing}\n4|{reference.missing}")
    project.psql("ALTER TABLE own.rows ALTER paid TYPE numeric(12,2)")
    code, said = project.run("run", "--once")
    results.check("tables: another type is told with its cure", code == 2 and
                  "table rows: column paid is numeric(12,2), but the load makes double precision "
                  "of it: cast it in the load's SELECT, or change the table" in said, (code, said))


def main():
    results = _retail.Results()
    with tempfile.TemporaryDirectory(prefix="postgres-faults-") as folder, \
            _postgres.Server() as server:
        for part in (late, system, real, rows, tables):
            if not sys.argv[1:] or part.__name__ in sys.argv[1:]:
                began = time.monotonic()
                part(results, folder, server)
                print(f"{part.__name__}: {time.monotonic() - began:.1f} s", flush=True)
    results.finish()


if __name__ == "__main__":
    main()
