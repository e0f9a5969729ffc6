"""The retail example as integration tests run it: a copy of the project, simulated input, and what
must be in the warehouse afterwards, worked out from the input and its manifest alone.
The manifest's format: examples/retail/simulator/delivery.h.
"""

import collections
import csv
import datetime
import decimal
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEARWELL = os.environ.get("CLEARWELL", str(ROOT / "build/release/clearwell"))
SIMULATORS = os.environ.get("SIMULATORS", str(ROOT / "build/release/simulators"))
KINDS = ("users", "articles", "purchases")
TERMS = ("loaded", "superseded", "duplicate", "skipped", "quarantined", "parked", "discarded")
PLACES = {"files": '  - files: {{ path: "${{BLOB:-blob}}/{0}/*.json" }}',
          "jsonl": '  - jsonl: {{ path: "${{BLOB:-blob}}/{0}.jsonl" }}'}

csv.field_size_limit(1 << 30)


class Results:
    """Counts checks, and says what each failed one saw."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, holds, detail=""):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {name}: {detail}", flush=True)
        return holds

    def equal(self, name, found, expected):
        return self.check(name, found == expected,
                          f"found {brief(found)}, expected {brief(expected)}")

    def same_rows(self, name, found, expected):
        """Both are iterables of tuples; every row counts, order does not."""
        found, expected = collections.Counter(found), collections.Counter(expected)
        extra, absent = list((found - expected).elements()), list((expected - found).elements())
        return self.check(name, not extra and not absent,
                          f"{len(extra)} rows too many{examples(extra)}; "
                          f"{len(absent)} are missing{examples(absent)}")

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


def catches(pid, number):
    """Has the process a handler for this signal?"""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        caught = next(line.split()[1] for line in file if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (number - 1) & 1)


def brief(value, limit=60):
    """For people: long texts (payloads in hex) are cut."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {brief(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "(" + ", ".join(map(brief, value)) + ")"
    text = repr(value)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def examples(rows):
    return "".join(f"\n    {brief(row)}" for row in sorted(rows)[:3])


class Shop:
    """A copy of examples/retail with its own blob and warehouse in `folder`."""

    hex_of = "hex({})"  # bytes in the warehouse's SQL

    def __init__(self, folder, sources=("files",), settings=""):
        self.folder = pathlib.Path(folder)
        self.project, self.blob = self.folder / "project", self.folder / "blob"
        self.blob.mkdir(parents=True)
        self.warehouse = self.folder / "warehouse.duckdb"
        kept_out = shutil.ignore_patterns("simulator", "blob", ".demo", "*.duckdb*", "tests")
        shutil.copytree(ROOT / "examples/retail", self.project, ignore=kept_out)
        for kind in KINDS:
            self.edit(f"pipelines/{kind}.yaml", PLACES["files"].format(kind),
                      "\n".join(PLACES[source].format(kind) for source in sources))
        if settings:
            with open(self.project / "clearwell.yaml", "a", encoding="utf-8") as file:
                file.write(settings)

    def environment(self):
        return dict(os.environ, BLOB=str(self.blob), CLEARWELL_WAREHOUSE=f"duckdb:{self.warehouse}")

    def has_warehouse(self):
        return self.warehouse.exists()

    def simulate(self, *arguments):
        subprocess.run([f"{SIMULATORS}/retail-simulator", "--blob", str(self.blob),
                        *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)

    def start(self, *arguments, **streams):
        return subprocess.Popen([CLEARWELL, *arguments, "--project", str(self.project)],
                                env=self.environment(), **streams)

    def follow(self, *arguments):
        """A run that goes on until stop_following; it has come so far that it can be stopped."""
        process = self.start("run", *arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        while process.poll() is None and not catches(process.pid, signal.SIGTERM):
            time.sleep(0.01)
        return process

    @staticmethod
    def stop_following(process):
        """Seconds that it took to end after SIGTERM; an error unless it ended well."""
        began = time.monotonic()
        process.terminate()
        try:
            _, err = process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise RuntimeError("a run did not end within 30 s of SIGTERM") from None
        if process.returncode != 0:
            raise RuntimeError(f"run ended with {process.returncode}:\n{err.decode()[-4000:]}")
        return time.monotonic() - began

    def edit(self, path, old, new):
        """Changes a file of the project: every `old` becomes `new`."""
        path = self.project / path
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{path} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def clearwell(self, *arguments):
        """Standard output of a command that must succeed."""
        process = self.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = process.communicate()
        if process.returncode != 0:
            raise RuntimeError(f"clearwell {' '.join(arguments)} ended with {process.returncode}:\n"
                               f"{err.decode()[-4000:]}")
        return out.decode()

    def run_once(self):
        return self.clearwell("run", "--once", "--output", "json")

    def query(self, sql):
        """Rows as tuples of texts, NULL as ''."""
        rows = csv.reader(io.StringIO(self.clearwell("query", sql, "--output", "csv"), newline=""))
        next(rows)
        return [tuple(row) for row in rows]

    def counts(self):
        """{pipeline: {term: count}}"""
        return {row["pipeline"]: row
                for row in json.loads(self.clearwell("status", "--output", "json"))}


class OnPostgres(Shop):
    """Its warehouse is a database of a server (use_database)."""

    hex_of = "encode({}, 'hex')"
    url = ""

    def use_database(self, server, name):
        """A new one, in the place of what had that name."""
        server.psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        server.psql(f"CREATE DATABASE {name}")
        self.url = server.url(name)

    def has_warehouse(self):
        return True

    def environment(self):
        return dict(super().environment(), CLEARWELL_WAREHOUSE=self.url)


def settle(blob, seconds=3600):
    """Makes all files older, in the same order: nobody waits for the rest of a half-written one."""
    for folder, _, names in os.walk(blob):
        for name in names:
            path = os.path.join(folder, name)
            times = os.stat(path)
            aged = tuple(t - seconds * 10**9 for t in (times.st_atime_ns, times.st_mtime_ns))
            os.utime(path, ns=aged)


def read_manifest(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Expectation:
    """What a manifest and the blob it describes say of the warehouse."""

    def __init__(self, manifest, blob):
        self.deliveries = [d for d in manifest if d["fate"] != "replaced"]
        self.blob = pathlib.Path(blob)
        self._lines = {}
        self.loaded = {kind: {} for kind in KINDS}
        for delivery in self.deliveries:
            if delivery["fate"] == "loaded":
                event = json.loads(self.payload(delivery), parse_float=decimal.Decimal)
                self.loaded[delivery["kind"]][delivery["id"]] = event

    def payload(self, delivery):
        path = delivery["place"]
        if delivery["line"] == 0:
            whole = (self.blob / path).read_bytes()
            # What was read as a half may have become whole since.
            half = delivery["delivery"] == "half" and is_json(whole)
            return whole[:len(whole) // 2] if half else whole
        if path not in self._lines:
            self._lines[path] = (self.blob / path).read_bytes().split(b"\n")
        return self._lines[path][delivery["line"] - 1]

    def counts(self, kind):
        fates = collections.Counter(d["fate"] for d in self.deliveries if d["kind"] == kind)
        return {"read": sum(fates.values()), **{term: fates.get(term, 0) for term in TERMS}}

    def quarantine(self, kind):
        return [(d["place"], str(d["line"]), "resolved" if d["resolved"] else "open",
                 " ".join(d["reasons"]), self.payload(d).hex())
                for d in self.deliveries if d["kind"] == kind and d["fate"] == "quarantined"]

    def users(self):
        return [(u["id_"], u["name"], u["address"], state_of(u["address"]), u["number"], u["email"])
                for u in self.loaded["users"].values()]

    def articles(self):
        return [(a["id_"], a["name"], money(a["price"]), a["currency"])
                for a in self.loaded["articles"].values()]

    def purchases(self):
        return [(p["id_"], utc(p["timestamp"]), p["user_id"])
                for p in self.loaded["purchases"].values()]

    def purchase_lines(self):
        for purchase in self.loaded["purchases"].values():
            for line_no, item in enumerate(purchase["cart"], 1):
                article = self.loaded["articles"][item["article_id"]]
                price, quantity = decimal.Decimal(article["price"]), item["quantity"]
                yield (purchase["id_"], str(line_no), item["article_id"], str(quantity),
                       money(price), article["currency"], money(price * quantity))

    def top_articles(self):
        units, purchases = collections.Counter(), collections.defaultdict(set)
        for purchase_id, _, article_id, quantity, *_ in self.purchase_lines():
            units[article_id] += int(quantity)
            purchases[article_id].add(purchase_id)
        return [(id_, self.loaded["articles"][id_]["name"], str(n), str(len(purchases[id_])))
                for id_, n in units.items()]

    def sales_by(self, group_of, rates):
        """group_of(purchase event) names the group; rates is {currency: euro}."""
        sales, purchases = collections.Counter(), collections.defaultdict(set)
        for purchase_id, _, _, _, _, currency, amount in self.purchase_lines():
            group = (group_of(self.loaded["purchases"][purchase_id]), currency)
            sales[group] += decimal.Decimal(amount)
            purchases[group].add(purchase_id)
        return [(*group, money(total), str(len(purchases[group])),
                 money(total * rates[group[1]]) if group[1] in rates else "")
                for group, total in sales.items()]

    def sales_per_state(self, rates):
        return self.sales_by(
            lambda p: state_of(self.loaded["users"][p["user_id"]]["address"]), rates)

    def sales_over_time(self, rates):
        return self.sales_by(lambda p: utc(p["timestamp"][:13] + ":00:00"), rates)


def is_json(payload):
    try:
        json.loads(payload)
        return True
    except ValueError:
        return False


def state_of(address):
    return re.search(r"([A-Z]{2}) \d{5}(-\d{4})?$", address).group(1)


def money(number):
    cent = decimal.Decimal("0.01")
    return str(decimal.Decimal(number).quantize(cent, decimal.ROUND_HALF_UP))


def utc(text):
    """A timestamp of an event or of the warehouse → one spelling, in UTC."""
    at = datetime.datetime.fromisoformat(text)
    if at.tzinfo:
        at = at.astimezone(datetime.timezone.utc).replace(tzinfo=None)
    return at.isoformat()


def quarantine_of(shop, kind):
    """Rows like those of Expectation.quarantine, from the warehouse."""
    rows = shop.query(
        "SELECT partition, line, state, codes, reasons, " + shop.hex_of.format("payload") +
        f" FROM clearwell.quarantine WHERE pipeline = '{kind}' AND state IN ('open', 'resolved')")
    found = []
    for partition, line, state, _, reasons, payload in rows:
        listed = sorted({r["code"] + ("@" + r["path"] if r["path"] else "")
                         for r in json.loads(reasons)})
        found.append((os.path.relpath(partition, shop.blob), line, state, " ".join(listed),
                      payload.lower()))
    return found


def compare_fates(results, name, shop, expectation):
    """Every event is where the manifest says, with the reasons it says, and nowhere else."""
    counts = shop.counts()
    for kind in KINDS:
        found = counts[kind]
        results.equal(f"{name}: {kind}: read = sum of fates", found["read"],
                      sum(found[term] for term in TERMS))
        results.equal(f"{name}: {kind}: counts", {t: found[t] for t in ("read", *TERMS)},
                      expectation.counts(kind))
        results.same_rows(f"{name}: {kind}: quarantine", quarantine_of(shop, kind),
                          expectation.quarantine(kind))
    query = shop.query
    results.same_rows(f"{name}: table users", query(
        "SELECT user_id, name, address, state, number, email FROM users"), expectation.users())
    results.same_rows(f"{name}: table articles", query(
        "SELECT article_id, name, price, currency FROM articles"), expectation.articles())
    results.same_rows(
        f"{name}: table purchases",
        ((p, utc(at), u) for p, at, u in query(
            "SELECT purchase_id, purchased_at, user_id FROM purchases")),
        expectation.purchases())
    results.same_rows(f"{name}: table purchase_lines", query(
        "SELECT purchase_id, line_no, article_id, quantity, unit_price, currency, amount "
        "FROM purchase_lines"), expectation.purchase_lines())
    results.equal(f"{name}: nothing is parked",
                  query("SELECT count(*) FROM clearwell.parked"), [("0",)])


def compare_models(results, name, shop, expectation):
    with open(shop.project / "rates.jsonl", encoding="utf-8") as file:
        days = [json.loads(line, parse_float=decimal.Decimal) for line in file]
    rates = {d["currency"]: decimal.Decimal(d["eur"])
             for d in sorted(days, key=lambda d: d["date"])}
    results.same_rows(f"{name}: model top_articles", shop.query(
        "SELECT article_id, name, units, purchases FROM top_articles"), expectation.top_articles())
    results.same_rows(f"{name}: model sales_per_state", shop.query(
        "SELECT state, currency, sales, purchases, sales_eur FROM sales_per_state"),
        expectation.sales_per_state(rates))
    results.same_rows(
        f"{name}: model sales_over_time",
        ((utc(hour), *rest) for hour, *rest in shop.query(
            "SELECT hour, currency, sales, purchases, sales_eur FROM sales_over_time")),
        expectation.sales_over_time(rates))
