#!/usr/bin/env python3
"""`clearwell prove` holds for every pipeline of every example, and for a project with all types,
nested lists, routes, references within a pipeline, and all load modes."""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEARWELL = os.environ.get("CLEARWELL", str(ROOT / "build/release/clearwell"))
COUNT = "300"
FILES = {
    "clearwell.yaml": r"""project: proven
""",
    "pipelines/everything.yaml": r"""pipeline: everything
from: [{jsonl: {path: x.jsonl}}]
contract:
  id: { type: integer, key: true }
  code: { type: text, pattern: "[A-Z]{2}-\\d{3,5}(a|b|)", clean: [trim, upper] }
  short: { type: text, min_length: 2, max_length: 8, required: false }
  lowered: { type: text, clean: [trim, lower, empty_is_null], nullable: true }
  status: { type: text, values: [open, closed, "it's"], default: open }
  level: { type: integer, values: [1, 2, 3], nullable: true }
  big: { type: "decimal(38,10)" }
  small: { type: "decimal(4,1)", min: -9.5, max: 100.0 }
  ratio: { type: double, min: 0, max: 1 }
  free: { type: double, required: false }
  flag: { type: boolean }
  born: { type: date, min: "1900-01-01", max: "2030-12-31" }
  german: { type: date, parse: "%d.%m.%Y" }
  at_time: { type: timestamp, zone: Europe/Stockholm }
  local_time: { type: timestamp, zone: none, required: false }
  stamped: { type: timestamp, parse: ["%Y-%m-%d %H:%M:%S %z", "%s"], min: "2020-01-01 00:00:00 +0000" }
  american: { type: timestamp, parse: "%b %e, %Y %I:%M %p", zone: America/New_York, required: false }
  anything: { type: json, nullable: true }
  u: { type: uuid, required: false }
  tags: { type: list, items: text, max_items: 5, default: "[]" }
  grid: { type: list, min_items: 1, items: { type: list, items: integer } }
  address:
    type: object
    fields:
      street: text
      zip: { type: text, pattern: "\\d{5}", nullable: true }
      lines: { type: list, items: { sku: { type: text, min_length: 1 }, n: { type: integer, min: 1 } } }
  contact: { type: object, required: false, fields: { mail: { type: text, pattern: "[^@\\s]+@[^@\\s]+" } } }
unknown_fields: refuse
checks:
  - { name: closed_has_level, sql: "status <> 'closed' OR level IS NOT NULL" }
  - { name: order_of_times, sql: "local_time IS NULL OR at_time >= local_time::TIMESTAMPTZ - INTERVAL 40000 DAY", action: warn }
  - { name: sum_positive, sql: "ratio + small > -9" }
load:
  - table: things
    key: id
    mode: insert
    sql: SELECT id, code, short, lowered, status, level, big, small, ratio, free, flag, born, german, at_time, local_time, stamped, american, anything, u, tags, address.street AS street FROM accepted
  - table: thing_lines
    mode: append
    sql: SELECT _record, id, unnest(address.lines).sku AS sku FROM accepted
""",
    "pipelines/shop.yaml": r"""pipeline: shop
from: [{jsonl: {path: s.jsonl}}]
route: meta.type
contracts:
  card:
    contract:
      number: { type: text, key: true, pattern: "[0-9]{4}" }
      owner: { type: integer, references: users.id, take: [{name: owner_name}], if_missing: {park: 10s} }
    load:
      - { table: cards, key: number, mode: insert, sql: "SELECT number, owner, owner_name FROM accepted" }
  user:
    unknown_fields: keep
    contract:
      id: { type: integer, key: true }
      name: { type: text }
      boss: { type: integer, references: users.id, nullable: true, required: false }
      seq: integer
    load:
      - { table: users, key: id, mode: upsert, version: seq, sql: "SELECT id, name, boss, seq, _extra FROM accepted" }
      - { table: user_names, key: id, mode: upsert, version: seq, sql: "SELECT id, name, seq FROM accepted" }
""",
    "pipelines/logs.yaml": r"""pipeline: logs
from: [{jsonl: {path: l.jsonl}}]
contract:
  text: { type: text, max_length: 20 }
  card: { type: text, references: cards.number, required: false }
  kind: { type: text, pattern: "(info|warn)" }
load:
  - { table: logs, mode: append, sql: "SELECT text, card, kind FROM accepted WHERE kind = 'warn'" }
""",
    "pipelines/snap.yaml": r"""pipeline: snap
from: [{jsonl: {path: l.jsonl}}]
contract:
  text: { type: text, key: true, max_length: 20 }
  n: integer
load:
  - { table: snap, key: text, mode: upsert, sql: "SELECT text, n FROM accepted" }
""",
    "pipelines/repl.yaml": r"""pipeline: repl
from: [{jsonl: {path: l.jsonl}}]
contract:
  id: { type: integer, key: true }
  n: {type: integer, min: 5}
load:
  - { table: repl, mode: replace, sql: "SELECT id, n FROM accepted" }
""",
}


def write_project(folder):
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def prove(project, pipeline, *flags):
    return subprocess.run([CLEARWELL, "prove", pipeline, "--project", str(project), *flags],
                          capture_output=True, text=True, check=False)


def pipelines_of(project):
    for path in sorted((project / "pipelines").glob("*.yaml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("pipeline:"):
                yield line.split(":", 1)[1].strip()


def main():
    passed = failed = 0

    def check(name, holds, detail):
        nonlocal passed, failed
        passed, failed = passed + bool(holds), failed + (not holds)
        if not holds:
            print(f"FAILED {name}:\n{detail}", flush=True)

    with (tempfile.TemporaryDirectory(prefix="prove-") as scratch,
          tempfile.TemporaryDirectory(prefix="prove-") as own):
        os.environ["TMPDIR"] = scratch
        projects = [file.parent for file in sorted((ROOT / "examples").glob("*/clearwell.yaml"))]
        for project in [*projects, write_project(pathlib.Path(own) / "proven")]:
            before = sorted(os.listdir(project))
            for pipeline in pipelines_of(project):
                done = prove(project, pipeline, "--count", COUNT, "--seed", "11")
                check(f"{project.name}: {pipeline}", done.returncode == 0,
                      done.stdout[-6000:] + done.stderr[-6000:])
            check(f"{project.name}: its folder is as it was", sorted(os.listdir(project)) == before,
                  str(sorted(os.listdir(project))))
        check("nothing is left in TMPDIR", not os.listdir(scratch), str(os.listdir(scratch)))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
