"""The shop of the benchmarks: retail purchases as lines or files, clearwell's run over them, and
the rival, the same job written by hand in DuckDB's SQL (bench/rival/purchases.sql)."""

import csv
import functools
import io
import json
import os
import pathlib
import pty
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
CLEARWELL = pathlib.Path(os.environ.get("CLEARWELL", ROOT / "build/release/clearwell"))
SIMULATORS = pathlib.Path(os.environ.get("SIMULATORS", ROOT / "build/release/simulators"))
PROGRAMS = CLEARWELL.parent / "bench"
TRANSACTION_LINES = 100_000
MEBIBYTE = 1 << 20
# A file of lines that are not looked into: no quotes, and a separator that JSON cannot contain.
RAW_LINES = ("(SELECT row_number() OVER () AS line, payload FROM read_csv('{path}', columns = "
             "{{'payload': 'VARCHAR'}}, auto_detect = false, header = false, delim = '\x01', "
             "quote = '', escape = '', max_line_size = 20000000))")
RIVAL_TABLES = """
CREATE TABLE rival_quarantine (line BIGINT, purchase_id UUID, reasons JSON, payload BLOB);
CREATE TABLE rival_counts (read BIGINT, loaded BIGINT, duplicate BIGINT, quarantined BIGINT,
                           warned BIGINT);
"""
# One row a table, the same whatever the order of its rows.
CHECKSUMS = {
    "purchases": "SELECT count(*), sum(hash(purchase_id, purchased_at, user_id)) FROM purchases",
    "purchase_lines": "SELECT count(*), sum(quantity), sum(amount), sum(hash(purchase_id, line_no, "
                      "article_id, quantity, unit_price, currency, amount)) FROM purchase_lines",
    "quarantine": "SELECT count(*), sum(hash(payload)), sum(hash(line)) FROM {quarantine}",
    "reasons": "SELECT r ->> 'code' AS code, r ->> 'path' AS path, count(*), sum(hash(line)) FROM "
               "(SELECT line, unnest(CAST(reasons AS JSON[])) AS r FROM {quarantine}) "
               "GROUP BY ALL ORDER BY ALL",
}


def words(command):
    return [str(word) for word in command]


def must(command, **options):
    done = subprocess.run(words(command), capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"bench: {' '.join(words(command))} ended with {done.returncode}:\n"
                 f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def measured(command, environment):
    """Wall and CPU seconds and peak memory of a command that must succeed."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(words(command), env=environment, stdout=out, stderr=errors)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - began
        out.seek(0)
        errors.seek(0)
        said = out.read().decode(errors="replace")
        if process.returncode != 0:
            sys.exit(f"bench: {' '.join(words(command))} ended with {process.returncode}:\n"
                     f"{said[-2000:]}{errors.read().decode(errors='replace')[-2000:]}")
    return {"wall": wall, "cpu": used.ru_utime + used.ru_stime,
            "memory": used.ru_maxrss * 1024 / MEBIBYTE, "said": said}


def watched(command, environment):
    """A command that shows its progress on a terminal: when it had read how many records, and how
    much memory it had then: [(seconds, records, MiB)], the last one when it had ended."""
    ours, theirs = pty.openpty()
    began = time.monotonic()
    points = []
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(words(command), env=environment, stdout=out, stderr=theirs)
        os.close(theirs)
        while chunk := read_terminal(ours):
            counts = re.findall(rb"(\d+) read", chunk)
            if counts:
                status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
                memory = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024 / MEBIBYTE
                points.append((time.monotonic() - began, int(counts[-1]), memory))
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        os.close(ours)
        out.seek(0)
        said = out.read().decode(errors="replace")
    if process.returncode != 0:
        sys.exit(f"bench: {' '.join(words(command))} ended with {process.returncode}:\n{said}")
    return points + [(time.monotonic() - began, None, used.ru_maxrss * 1024 / MEBIBYTE)]


def read_terminal(terminal):
    """What is on it; nothing once the other end is closed."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def progress(text):
    print(text, file=sys.stderr, flush=True)


def describe(form):
    lines, threads = form
    how = "one transaction" if lines is None else f"a transaction for {lines} lines"
    return f"{how}, {threads} thread{'s' if threads > 1 else ''}"


class Shop:
    """Purchases as lines (`jsonl`) or files, a copy of the retail example that reads them, and a
    warehouse with users, articles and rates to begin every run with."""

    def __init__(self, folder, events, form="jsonl", invalid="15%", repeats="0%"):
        self.folder, self.events, self.form = pathlib.Path(folder), events, form
        self.folder.mkdir(exist_ok=True)
        self.blob, self.project = self.folder / "blob", self.folder / "project"
        self.base = self.folder / "base.duckdb"
        must([SIMULATORS / "retail-simulator", "--blob", self.blob, "--format", form,
              "--purchases", events, "--invalid", invalid, "--duplicates", repeats])
        self.lines = self.blob / "purchases.jsonl"
        self.copy_project()
        must([CLEARWELL, "run", "users", "articles", "rates", "--once", "--project", self.project],
             env=self.environment(self.base))

    @functools.cached_property
    def line_count(self):
        with open(self.lines, "rb") as file:
            blocks = iter(lambda: file.read(MEBIBYTE), b"")
            return sum(block.count(b"\n") for block in blocks)

    def copy_project(self):
        """The example without its models; reading lines, if that is what there is."""
        shutil.copytree(ROOT / "examples/retail", self.project, ignore=shutil.ignore_patterns(
            "simulator", "models", "blob", ".demo", "demo", "tests", "*.duckdb*"))
        if self.form == "files":
            return
        for path in self.project.glob("pipelines/*.yaml"):
            text = path.read_text(encoding="utf-8")
            text = re.sub(r'- files: (\{ path: .*)/\*\.json"', r'- jsonl: \1.jsonl"', text)
            assert "- files:" not in text, path
            path.write_text(text, encoding="utf-8")

    def environment(self, warehouse):
        return dict(os.environ, BLOB=str(self.blob), CLEARWELL_WAREHOUSE=f"duckdb:{warehouse}")

    def fresh(self, name):
        path = self.folder / f"{name}.duckdb"
        for old in self.folder.glob(f"{name}.duckdb*"):
            old.unlink()
        shutil.copyfile(self.base, path)
        os.sync()  # what is still to be written of the last run is not this one's
        return path

    def command(self, project=None):
        return [CLEARWELL, "run", "purchases", "--once", "--output", "json", "--project",
                project or self.project]

    def clearwell(self, project=None, before=(), fresh=True):
        """One run over the purchases, from the base unless `fresh` is false."""
        warehouse = self.fresh("ours") if fresh else self.folder / "ours.duckdb"
        done = measured([*before, *self.command(project)], self.environment(warehouse))
        report = json.loads(done["said"])
        counts = next(one for one in report["pipelines"] if one["pipeline"] == "purchases")["run"]
        return dict(done, engine=report["seconds"], counts=counts)

    def rival(self, form):
        warehouse = self.fresh("rival")
        lines, threads = form
        script = self.folder / "rival.sql"
        script.write_text(self.rival_sql(lines), encoding="utf-8")
        return measured([PROGRAMS / "rival", warehouse, threads, script], os.environ)

    def rival_sql(self, lines):
        job = (ROOT / "bench/rival/purchases.sql").read_text(encoding="utf-8")
        raw = RAW_LINES.format(path=self.lines)
        if lines is None:
            return RIVAL_TABLES + job.replace("{lines}", raw)
        parts = [RIVAL_TABLES, f"CREATE TEMP TABLE lines AS FROM {raw};\n"]
        for first in range(1, self.line_count + 1, lines):
            last = first + lines - 1
            parts.append(job.replace("{lines}",
                                     f"(FROM lines WHERE line BETWEEN {first} AND {last})"))
        return "".join(parts)

    def best_form(self):
        """The fastest of the rival's forms; in one transaction only what fits into memory."""
        forms = [(TRANSACTION_LINES, 1), (TRANSACTION_LINES, 2)]
        if self.events <= 2_000_000:
            forms += [(None, 1), (None, 2)]
        tried = [(self.rival(form)["wall"], form) for form in forms]
        for wall, form in tried:
            progress(f"rival, {describe(form)}: {wall:.2f} s")
        return min(tried, key=lambda pair: pair[0])[1]

    def query(self, name, sql):
        out = must([CLEARWELL, "query", sql, "--output", "csv", "--project", self.project],
                   env=self.environment(self.folder / f"{name}.duckdb"))
        return list(csv.reader(io.StringIO(out)))[1:]

    def compare(self):
        """Ends the benchmark unless both made the same of the same lines."""
        for what, sql in CHECKSUMS.items():
            ours = self.query("ours", sql.format(
                quarantine="clearwell.quarantine WHERE pipeline = 'purchases'"))
            theirs = self.query("rival", sql.format(quarantine="rival_quarantine"))
            if ours != theirs:
                sys.exit(f"bench: {what} differ: clearwell {ours[:5]}, rival {theirs[:5]}")
        counts = self.query("ours", "SELECT read, loaded, duplicate, quarantined FROM "
                                         "clearwell.counts WHERE pipeline = 'purchases'")
        rival = self.query("rival", "SELECT sum(read), sum(loaded), sum(duplicate), "
                                    "sum(quarantined) FROM rival_counts")
        if counts != rival:
            sys.exit(f"bench: counts differ: clearwell {counts}, rival {rival}")
        return [int(n) for n in counts[0]]
