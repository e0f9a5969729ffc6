"""The small project of crash_steps.py: each load mode, each source and each way out of quarantine
is crossed; and a reference model that says, from the records alone, what must come of them.
"""

import collections
import decimal
import json

CLEARWELL = """project: crash
warehouse: ${CLEARWELL_WAREHOUSE:-duckdb:warehouse.duckdb}
limits: { batch_rows: 3 }
"""
PIPELINES = {
    # append, from lines; a broken line, and values that a replay repairs or a person discards
    "events": """
from:
  - jsonl: { path: "events-*.jsonl" }
contract:
  id: { type: integer }
  n: { type: integer, min: 1, max: 100 }
load:
  - { table: events, sql: "SELECT id, n FROM accepted" }
""",
    # upsert by version, with child rows that go with their parent, from lines
    "carts": """
from:
  - jsonl: { path: "carts-*.jsonl" }
contract:
  id: { type: integer, key: true }
  v: { type: integer }
  items: { type: list, items: integer }
load:
  - { table: carts, key: cart_id, mode: upsert, version: v,
      sql: "SELECT id AS cart_id, v FROM accepted" }
  - { table: cart_lines, key: [cart_id, item], mode: insert,
      sql: "SELECT _record, id AS cart_id, unnest(items) AS item FROM accepted" }
""",
    # upserts, deletions and patches of one table, which come in any order
    "things": """
from:
  - jsonl: { path: "things-*.jsonl" }
route: op
contracts:
  put:
    contract: { id: { type: integer, key: true }, v: integer, a: { type: integer, nullable: true },
                gone: { type: boolean, default: false } }
    load:
      - { table: things, key: id, mode: upsert, version: v, delete_when: gone,
          sql: "SELECT id, v, a, CAST(NULL AS BIGINT) AS b FROM accepted" }
  patch:
    contract: { id: { type: integer, key: true }, v: integer,
                a: { type: integer, required: false }, b: { type: integer, required: false } }
    load:
      - { table: things, key: id, mode: patch, version: v,
          sql: "SELECT id, v, a, b FROM accepted" }
""",
    # insert, from files; a chief may come after his people, or in the next phase
    "staff": """
from:
  - files: { path: "staff/*.json" }
contract:
  id: { type: integer, key: true }
  chief: { type: integer, nullable: true, references: staff.id, if_missing: { park: 30s } }
load:
  - { table: staff, key: id, mode: insert, sql: "SELECT id, chief FROM accepted" }
""",
    # lines that refer to others of their batch: judged in pieces; the first 4 waits for its parent,
    # and finds another 4 when that has come
    "tree": """
from:
  - jsonl: { path: "tree-*.jsonl" }
contract:
  id: { type: integer, key: true }
  parent: { type: integer, nullable: true, references: tree.id }
load:
  - { table: tree, key: id, mode: insert, sql: "SELECT id, parent FROM accepted" }
""",
    # replace, from lines: the tables are what the files say now, line by line and over all of them
    "prices": """
from:
  - jsonl: { path: "prices-*.jsonl" }
contract:
  sku: { type: text }
  price: { type: "decimal(8,2)", min: 0 }
load:
  - { table: prices, mode: replace, sql: "SELECT sku, price FROM accepted" }
  - { table: totals, mode: replace, over: all, sql: "SELECT SUM(price) AS total FROM accepted" }
""",
    # files that are moved, and files that are deleted, after their commit
    "moved": """
from:
  - files: { path: "moved/*.json", after: move, move_to: done }
contract:
  id: { type: integer, key: true }
load:
  - { table: moved, key: id, mode: insert, sql: "SELECT id FROM accepted" }
""",
    "deleted": """
from:
  - files: { path: "deleted/*.json", after: delete }
contract:
  id: { type: integer, key: true }
load:
  - { table: deleted, key: id, mode: insert, sql: "SELECT id FROM accepted" }
""",
    # a row that is refused: a later load has its key, with other content
    "refused": """
from:
  - jsonl: { path: "refused-*.jsonl" }
contract:
  id: { type: integer, key: true }
  n: { type: integer }
load:
  - { table: refused, key: id, mode: insert, sql: "SELECT id FROM accepted" }
  - { table: numbers, key: n, mode: insert, sql: "SELECT n, id FROM accepted" }
""",
    # a check that stops: what came before it is committed, and nothing after it
    "stops": """
from:
  - jsonl: { path: "stops-*.jsonl" }
contract:
  id: { type: integer, key: true }
checks:
  - { name: sane, sql: id < 1000, action: stop }
load:
  - { table: stops, key: id, mode: insert, sql: "SELECT id FROM accepted" }
""",
}
MODEL = "SELECT cart_id, count(*) AS lines FROM cart_lines GROUP BY cart_id\n"
TABLES = {
    "events": "SELECT id, n FROM events",
    "carts": "SELECT cart_id, v FROM carts",
    "cart_lines": "SELECT cart_id, item FROM cart_lines",
    "things": "SELECT id, v, a, b FROM things",
    "staff": "SELECT id, chief FROM staff",
    "tree": "SELECT id, parent FROM tree",
    "prices": "SELECT sku, price::VARCHAR AS price FROM prices",
    "totals": "SELECT total::VARCHAR AS total FROM totals",
    "moved": "SELECT id FROM moved",
    "deleted": "SELECT id FROM deleted",
    "refused": "SELECT id FROM refused",
    "numbers": "SELECT n, id FROM numbers",
    "stops": "SELECT id FROM stops",
    "cart_sizes": "SELECT cart_id, lines FROM cart_sizes",
}
EVENTS = [(i, 0 if i in (4, 9) else 500 if i == 6 else i) for i in range(1, 15)]
MORE_EVENTS = [(i, i) for i in range(20, 24)]
# (cart, version, items), in the order of their lines; the second file comes in phase 1.
CARTS = [(1, 1, [1, 2]), (2, 5, [7]), (1, 3, [3]), (1, 2, [9]), (3, 1, [4, 5]), (2, 5, [7]),
         (4, 1, [1])]
MORE_CARTS = [(3, 2, [6]), (1, 1, [1, 2]), (4, 2, []), (5, 1, [8]), (2, 6, [7, 8])]
# No two of one id have the same version.
THINGS = [
    {"op": "put", "id": 1, "v": 1, "a": 10}, {"op": "patch", "id": 1, "v": 3, "b": 5},
    {"op": "put", "id": 2, "v": 1, "a": 20}, {"op": "patch", "id": 1, "v": 2, "a": 11, "b": 6},
    {"op": "put", "id": 2, "v": 5, "a": None, "gone": True}, {"op": "put", "id": 2, "v": 4, "a": 9},
    {"op": "patch", "id": 3, "v": 2, "a": 1}, {"op": "put", "id": 3, "v": 1, "a": 30}]
MORE_THINGS = [
    {"op": "put", "id": 2, "v": 6, "a": 21}, {"op": "patch", "id": 2, "v": 7, "b": 1},
    {"op": "put", "id": 3, "v": 3, "a": 0, "gone": True}, {"op": "put", "id": 1, "v": 4, "a": 12},
    {"op": "patch", "id": 3, "v": 4, "b": 2}, {"op": "patch", "id": 1, "v": 5, "a": 13}]
# Names of files are in the order of reading; chief 90 comes in phase 1, 99 never.
STAFF = {"a": (1, 5), "b": (2, 1), "c": (3, 90), "d": (4, 3), "e": (5, None), "f": (6, 99)}
MORE_STAFF = {"g": (90, None), "h": (7, 1)}
TREE, MORE_TREE = [(1, None), (2, 1), (3, 2), (4, 9), (5, None), (6, 5), (4, 5)], [(9, None)]
PRICES = [("a", "1.00"), ("b", "2.50"), ("c", "-1"), ("d", "4.00")]
MORE_PRICES = [("e", "5.00")]
MOVED, MORE_MOVED, DELETED = [1, 2, 3, 4], [5], [1, 2, 3, 4]
REFUSED = [(11, 1), (12, 2), (13, 1), (14, 3), (15, 4)]
STOPS = [1, 2, 3, 4, 5000, 6]


def lines(rows, names):
    return "".join(json.dumps(dict(zip(names, row))) + "\n" for row in rows)


def price_lines(prices):
    return "".join(f'{{"sku": "{sku}", "price": {price}}}\n' for sku, price in prices)


def phases():
    first = {"clearwell.yaml": CLEARWELL, "models/cart_sizes.sql": MODEL}
    for name, text in PIPELINES.items():
        if name != "stops":
            first[f"pipelines/{name}.yaml"] = f"pipeline: {name}\n{text}"
    first["events-1.jsonl"] = lines(EVENTS, ("id", "n")) + '{"id": 15, "n"'
    first["carts-1.jsonl"] = lines(CARTS, ("id", "v", "items"))
    first["things-1.jsonl"] = "".join(json.dumps(thing) + "\n" for thing in THINGS)
    first["tree-1.jsonl"] = lines(TREE, ("id", "parent"))
    first["prices-1.jsonl"] = price_lines(PRICES)
    first["refused-1.jsonl"] = lines(REFUSED, ("id", "n"))
    second = {"events-2.jsonl": lines(MORE_EVENTS, ("id", "n")),
              "carts-2.jsonl": lines(MORE_CARTS, ("id", "v", "items")),
              "things-2.jsonl": "".join(json.dumps(thing) + "\n" for thing in MORE_THINGS),
              "tree-2.jsonl": lines(MORE_TREE, ("id", "parent")),
              "prices-2.jsonl": price_lines(MORE_PRICES)}
    for files, staff in ((first, STAFF), (second, MORE_STAFF)):
        for name, (number, chief) in staff.items():
            files[f"staff/{name}.json"] = json.dumps({"id": number, "chief": chief})
    for files, folder, ids in ((first, "moved", MOVED), (second, "moved", MORE_MOVED),
                               (first, "deleted", DELETED)):
        for number in ids:
            files[f"{folder}/{number}.json"] = json.dumps({"id": number})
    stop = {"pipelines/stops.yaml": "pipeline: stops\n" + PIPELINES["stops"],
            "stops-1.jsonl": lines(((i,) for i in STOPS), ("id",))}
    return [first, second, {}, {}, stop]


# The command of each phase, and the exit code that it ends with.
COMMANDS = [
    (("run", "--once"), 0),
    (("run", "--once"), 0),
    (("quarantine", "replay", "--all", "--reason", "field.min", "--pipeline", "events",
      "--set", "n=1"), 0),
    (("quarantine", "discard", "--all", "--pipeline", "events"), 0),
    (("run", "stops", "--once"), 1),
]


class Reference:
    """What must be there after each phase, in plain Python: no batches, no transactions."""

    def __init__(self):
        self.rows = collections.defaultdict(set)
        self.counts = collections.defaultdict(collections.Counter)
        self.things = {}  # id: {column: (version, value)}, its deletion {None: (version, None)}

    def after(self, phase):
        for number in range(phase + 1):
            (self.first, self.second, self.replay, self.discard, self.stop)[number]()
        self.rows["cart_sizes"] = {
            (cart, count) for cart, count in
            collections.Counter(cart for cart, _ in self.rows["cart_lines"]).items()}
        return self

    def count(self, pipeline, fate, number=1, read=True):
        self.counts[pipeline][fate] += number
        if read:
            self.counts[pipeline]["read"] += number

    def add_events(self, events):
        for event, n in events:
            good = 1 <= n <= 100
            self.count("events", "loaded" if good else "quarantined")
            if good:
                self.rows["events"].add((event, n))

    def add_carts(self, carts):
        """Each is compared with what all before it have left."""
        for cart, version, items in carts:
            known = next((v for c, v in self.rows["carts"] if c == cart), None)
            if known is not None and version <= known:
                self.count("carts", "duplicate" if version == known else "superseded")
                continue
            self.count("carts", "loaded")
            self.rows["carts"] -= {(cart, known)}
            self.rows["carts"].add((cart, version))
            self.rows["cart_lines"] = {r for r in self.rows["cart_lines"] if r[0] != cart}
            self.rows["cart_lines"] |= {(cart, item) for item in items}

    def add_things(self, things):
        """Each column has what is newest for it; a deletion is newer than all that it deletes."""
        for thing in things:
            known = self.things.get(thing["id"], {None: (0, None)})
            there = None not in known
            version, patches = thing["v"], thing["op"] == "patch"
            if patches:
                new = {c: (version, thing[c]) for c in ("v", "a", "b") if c in thing}
            else:
                new = {"v": (version, version), "a": (version, thing["a"]), "b": (version, None)}
            newer = {c: x for c, x in new.items()
                     if version > known.get(c, known.get(None, (0,)))[0]}
            if not newer:
                self.count("things", "superseded")
            elif patches and not there:
                self.count("things", "quarantined")
            else:
                self.count("things", "loaded")
                gone = thing.get("gone", False)
                self.things[thing["id"]] = {None: (version, None)} if gone else (
                    {**known, **newer} if there else newer)
        self.rows["things"] = {(i, *(known[c][1] for c in ("v", "a", "b")))
                               for i, known in self.things.items() if None not in known}

    def set_staff(self, staff):
        """Who is there in the end: those whose chief is, however they came."""
        there = set()
        while True:
            more = {(i, c) for i, c in staff if c is None or c in {i for i, _ in there}}
            if more == there:
                break
            there = more
        self.rows["staff"] = there
        self.counts["staff"] = collections.Counter(
            read=len(staff), loaded=len(there), quarantined=len(staff) - len(there))

    def add_tree(self, nodes):
        """In their order; who waits finds the other one of his number in the table."""
        ids = {i for i, _ in self.rows["tree"]}
        for node, parent in nodes:
            good = parent is None or parent in ids
            self.count("tree", "loaded" if good else "quarantined")
            if good:
                self.rows["tree"].add((node, parent))
                ids.add(node)

    def set_prices(self, prices):
        self.rows["prices"] = {p for p in prices if not p[1].startswith("-")}
        self.rows["totals"] = {(str(sum(decimal.Decimal(p) for _, p in self.rows["prices"])),)}
        self.counts["prices"] = collections.Counter(
            read=len(prices), loaded=len(self.rows["prices"]),
            quarantined=len(prices) - len(self.rows["prices"]))

    def first(self):
        self.add_events(EVENTS)
        self.count("events", "quarantined")  # the line that is cut off
        self.add_carts(CARTS)
        self.add_things(THINGS)
        self.set_staff(STAFF.values())
        self.add_tree(TREE)
        self.set_prices(PRICES)
        for table, ids in (("moved", MOVED), ("deleted", DELETED)):
            self.rows[table] = {(i,) for i in ids}
            self.count(table, "loaded", len(ids))
        numbers = {}
        for record, n in REFUSED:
            numbers.setdefault(n, record)
        self.rows["numbers"] = set(numbers.items())
        self.rows["refused"] = {(record,) for record in numbers.values()}
        self.count("refused", "loaded", len(REFUSED) - 1)
        self.count("refused", "quarantined")

    def second(self):
        self.add_events(MORE_EVENTS)
        self.add_carts(MORE_CARTS)
        self.add_things(MORE_THINGS)
        self.set_staff((STAFF | MORE_STAFF).values())
        self.add_tree(MORE_TREE)
        self.set_prices(PRICES + MORE_PRICES)
        self.rows["moved"] |= {(i,) for i in MORE_MOVED}
        self.count("moved", "loaded", len(MORE_MOVED))

    def replay(self):
        for event, n in EVENTS:
            if n < 1:
                self.rows["events"].add((event, 1))
                self.count("events", "loaded", read=False)
                self.count("events", "quarantined", -1, read=False)

    def discard(self):
        left = self.counts["events"]["quarantined"]
        self.count("events", "discarded", left, read=False)
        self.count("events", "quarantined", -left, read=False)

    def stop(self):
        before = STOPS[:next(i for i, number in enumerate(STOPS) if number >= 1000)]
        self.rows["stops"] = {(i,) for i in before}
        self.count("stops", "loaded", len(before))
