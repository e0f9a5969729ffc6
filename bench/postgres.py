"""The step `postgres` of bench/run: the purchases of the other steps into PostgreSQL, against bare
COPY of rows that are clean already, and upserts against staging and ON CONFLICT by hand.

The server is a private one with fsync on; each run begins with a database made from the same
template, after a checkpoint. What bare COPY is spared: reading, judging, quarantine, positions."""

import json
import statistics
import sys
import time

from purchases import CLEARWELL, PROGRAMS, ROOT, Shop, measured, must, progress
from report import cell, goal, percentile, table

sys.path.insert(0, str(ROOT / "tests/integration"))

import _postgres  # noqa: E402 (needs the path)

SERVER = "shared_buffers = 256MB\nmax_wal_size = 8GB\ncheckpoint_timeout = 1h"
MEMORY_GOAL = 600
COPIED = ("purchases", "purchase_lines")
VERSIONS = """pipeline: accounts
from:
  - jsonl: {{ path: "{lines}" }}
contract:
  id: {{ type: uuid, key: true }}
  ver: {{ type: integer }}
  owner: {{ type: text }}
  balance: {{ type: "decimal(12,2)" }}
  changed: {{ type: timestamp, zone: UTC }}
load:
  - {{ table: accounts, key: id, mode: upsert, version: ver,
      sql: "SELECT id, ver, owner, balance, changed FROM accepted" }}
"""
UPSERT = ("BEGIN; CREATE TEMP TABLE stage (LIKE retail.accounts) ON COMMIT DROP;",
          "\\copy stage from '{rows}' (format binary)",
          "INSERT INTO retail.accounts SELECT * FROM stage ON CONFLICT (id) DO UPDATE SET ver = "
          "EXCLUDED.ver, owner = EXCLUDED.owner, balance = EXCLUDED.balance, changed = "
          "EXCLUDED.changed, _version = EXCLUDED._version WHERE accounts._version < "
          "EXCLUDED._version; COMMIT")


class PostgresShop(Shop):
    """A shop whose warehouses are databases of that server."""

    def __init__(self, folder, server, events, **how):
        self.server = server
        server.psql("DROP DATABASE IF EXISTS base")
        server.psql("CREATE DATABASE base")
        super().__init__(folder, events, **how)

    def environment(self, warehouse):
        name = "base" if warehouse == self.base else "ours"
        return dict(super().environment(warehouse), CLEARWELL_WAREHOUSE=self.server.url(name))

    def fresh(self, name, template="base"):
        self.server.psql(f"DROP DATABASE IF EXISTS {name}")
        self.server.psql(f"CREATE DATABASE {name} TEMPLATE {template}")
        self.server.psql("CHECKPOINT")
        return name

    def clearwell(self, *arguments, **how):
        before = self.server.cpu()
        done = super().clearwell(*arguments, **how)
        return dict(done, both=done["cpu"] + self.server_cpu(before))

    def server_cpu(self, before):
        """CPU seconds of the server since then; sessions are counted when they have ended."""
        time.sleep(0.3)
        return self.server.cpu() - before

    def psql(self, commands, database):
        """Wall seconds of one psql over these commands, and CPU seconds of it and the server."""
        before = self.server.cpu()
        words = [self.server.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d",
                 self.server.url(database)]
        for command in commands:
            words += ["-c", command]
        done = measured(words, None)
        return {"wall": done["wall"], "both": done["cpu"] + self.server_cpu(before)}

    def unload(self, tables, form):
        for name in tables:
            self.psql([f"\\copy retail.{name} to '{self.folder}/{name}.{form}' (format {form})"],
                      "ours")

    def copy(self, form):
        """Bare COPY of the clean rows into empty tables with the same keys."""
        self.fresh("rival", "empty")
        return self.psql(["BEGIN"] + [
            f"\\copy retail.{name} from '{self.folder}/{name}.{form}' (format {form})"
            for name in COPIED] + ["COMMIT"], "rival")


def told(run):
    return f"{run['wall']:.2f} s, CPU {run['both']:.2f}"


def made_by(shop, name):
    return shop.server.psql(
        "SELECT count(*), sum(hashtext(t::text)) FROM retail.purchases t UNION ALL SELECT "
        "count(*), sum(hashtext(t::text)) FROM retail.purchase_lines t", name)


def into(folder, server, options, repeats):
    """Runs of clearwell and of COPY in both forms, in turn."""
    shop = PostgresShop(folder, server, options.events, repeats=repeats)
    shop.clearwell()
    shop.unload(COPIED, "binary")
    shop.unload(COPIED, "csv")
    server.psql("DROP DATABASE IF EXISTS empty")
    server.psql("CREATE DATABASE empty TEMPLATE ours")
    server.psql("TRUNCATE retail.purchases, retail.purchase_lines", "empty")
    ours, binary, text = [], [], []
    for number in range(1, options.runs + 1):
        ours.append(shop.clearwell())
        counts = ours[-1]["counts"]
        binary.append(shop.copy("binary"))
        if made_by(shop, "ours") != made_by(shop, "rival"):
            raise SystemExit("bench: clearwell and COPY made different tables")
        text.append(shop.copy("csv"))
        progress(f"run {number}, repeats {repeats}: clearwell {told(ours[-1])}, "
                 f"{ours[-1]['memory']:.0f} MiB; COPY binary {told(binary[-1])}; CSV "
                 f"{told(text[-1])}")
    return counts, ours, binary, text


def account_lines(path, count, version):
    with open(path, "w", encoding="ascii") as file:
        for number in range(count):
            # Spread over the whole range of uuids, as random ones are.
            key = (number * 0x9E3779B97F4A7C15 % 2**64) << 64 | number
            uuid = f"{key:032x}"
            uuid = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
            file.write(f'{{"id": "{uuid}", "ver": {version}, "owner": "owner {number % 977}", '
                       f'"balance": {number % 100000}.{version:02}, '
                       f'"changed": "2024-01-01T00:00:0{version}Z"}}\n')


def upserts(folder, server, options):
    """Every row exists in an older version."""
    shop = PostgresShop(folder, server, 1)
    lines, count = shop.folder / "accounts-*.jsonl", max(1, options.events // 2)
    (shop.project / "pipelines/accounts.yaml").write_text(VERSIONS.format(lines=lines))
    run = [CLEARWELL, "run", "accounts", "--once", "--project", shop.project]
    account_lines(shop.folder / "accounts-1.jsonl", count, 1)
    must(run, env=shop.environment(shop.base))
    server.psql("DROP DATABASE IF EXISTS first")
    server.psql("CREATE DATABASE first TEMPLATE base")
    account_lines(shop.folder / "accounts-2.jsonl", count, 2)
    ours, theirs = [], []
    for number in range(1, options.runs + 1):
        shop.fresh("ours", "first")
        before = server.cpu()
        done = measured(run, shop.environment("ours"))
        ours.append(dict(done, both=done["cpu"] + shop.server_cpu(before)))
        if number == 1:
            shop.unload(["accounts"], "binary")
        shop.fresh("rival", "first")
        theirs.append(shop.psql([c.format(rows=shop.folder / "accounts.binary") for c in UPSERT],
                                "rival"))
        same = [server.psql("SELECT count(*), sum(hashtext(t::text)) FROM retail.accounts t", name)
                for name in ("ours", "rival")]
        if same[0] != same[1]:
            raise SystemExit(f"bench: upserts differ: {same}")
        progress(f"run {number}, upserts: clearwell {told(ours[-1])}; by hand "
                 f"{told(theirs[-1])}")
    return count, ours, theirs


def latencies(folder, server, options):
    shop = PostgresShop(folder, server, 1, form="files", invalid="0%")
    purchase = next((shop.blob / "purchases").glob("*.json"))
    event = json.loads(purchase.read_text(encoding="utf-8"))
    purchase.unlink()
    (shop.blob / "template.json").write_text(json.dumps(dict(event, id_="{id}")),
                                             encoding="utf-8")
    shop.fresh("ours")
    return json.loads(must([PROGRAMS / "latency", shop.project, shop.blob, options.latency_files],
                           env=shop.environment("ours")))


def walls(runs):
    return cell((run["wall"] for run in runs), ".2f")


def ratio(ours, theirs, of="wall"):
    return statistics.median(a[of] / b[of] for a, b in zip(ours, theirs))


def postgres(folder, options):
    with _postgres.Server(fsync=True, more=SERVER) as server:
        version = server.psql("SHOW server_version").split()[0]
        new = into(folder / "new", server, options, "0%")
        again = into(folder / "again", server, options, "5%")
        count, upserted, by_hand = upserts(folder / "upserts", server, options)
        took = latencies(folder / "latency", server, options)
    rows, goals = [], []
    steps = (("new", new, 1.25), ("5 % repeats", again, 1.6))
    for name, (counts, ours, binary, text), most in steps:
        rows.append((f"{counts['read']:,} events, {name}", walls(ours), walls(binary),
                     walls(text), f"{ratio(ours, binary):.2f}",
                     f"{ratio(ours, binary, 'both'):.2f}"))
        goals.append(goal(f"{name}: {ratio(ours, binary):.2f} times the time of bare COPY",
                          ratio(ours, binary) <= most, f"at most {most}"))
        goals.append(goal(f"{name}: {ratio(ours, text):.2f} times the time of CSV by \\copy",
                          ratio(ours, text) < 1, "below 1"))
    rows.append((f"{count:,} upserts, every row exists", walls(upserted),
                 f"{walls(by_hand)} (stage, ON CONFLICT)", "", f"{ratio(upserted, by_hand):.2f}",
                 f"{ratio(upserted, by_hand, 'both'):.2f}"))
    goals.append(goal(f"upserts: {ratio(upserted, by_hand):.2f} times the time by hand",
                      ratio(upserted, by_hand) <= 1.3, "at most 1.3"))
    memory = max(run["memory"] for run in new[1] + again[1] + upserted)
    goals.append(goal(f"{memory:.0f} MiB of memory", memory < MEMORY_GOAL, f"under {MEMORY_GOAL}"))
    p99 = percentile(took, 0.99)
    goals.append(goal(f"one new event: p50 {percentile(took, 0.5):.1f} ms, p99 {p99:.1f} ms",
                      p99 < 150, "p99 under 150"))
    counts = new[0]
    return "\n".join([
        f"PostgreSQL {version}, fsync on. {counts['loaded']:,} of the events are loaded, "
        f"{counts['quarantined']:,} quarantined; seconds of whole processes, median (least–most) "
        f"of {options.runs} runs of each in turn. The last column compares the CPU seconds of "
        "client and server together.", "",
        table(("", "clearwell", "binary COPY", "CSV by \\copy", "ratio to binary", "of CPU"),
              rows), "",
        *goals])
