#!/usr/bin/env python3
# proves: nothing-lost, nothing-doubled, accounting, newest-wins | kafka | postgres | resume
# proves: only-valid, recovers, one-transaction | kafka | postgres | resume
# proves: nothing-lost, newest-wins, batches-do-not-matter | kafka, jsonl | duckdb | first-run
"""The orders example on a real Kafka and a real PostgreSQL, compared with a plain reference model.

arrival  Every order of arrival of an order's five events ends in the same rows.
crash    While messages are sent, some late, twice or broken, Clearwell is killed (SIGKILL) again
         and again and the broker once: PostgreSQL then has what the model says, every message has
         one fate, and the group's lag, which Kafka's own tool shows, is zero.
once     The same topic read from its beginning into DuckDB: the same tables.
gap      Messages that are deleted before they were read are told and counted, or stop the run.
missing  A topic that is not there is a fault that names it.
made     What `generate --to kafka` sends has the fates that its manifest says.
"""

import csv
import datetime
import io
import itertools
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import _kafka
import _postgres

CLEARWELL = os.environ["CLEARWELL"]
SIMULATOR = os.environ["SIMULATORS"] + "/orders-simulator"
EXAMPLE = pathlib.Path(__file__).resolve().parents[2] / "examples/orders"
TOPIC = "events-json-topic"
STAGES = {"order_accepted": 1, "order_fulfilled": 2, "order_cancelled": 3}
KILLS = 8
EVENTS, RATE = 5000, 600
SECOND = "CAST(EXTRACT(EPOCH FROM {0}) AS BIGINT) AS s_{0}"


def seconds(text):
    return int(datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S %z").timestamp())


def reference(events):
    """The rows that these good events must end in: events, customers and orders, sorted."""
    unique = {event["id"]: event for event in events}.values()
    customers, placed, status = {}, {}, {}
    for event in unique:
        when, who = seconds(event["timestamp"]), event["aggregate_id"]
        if event["type"] == "customer_registered":
            row = (who, when, event["data"]["name"], event["data"]["birthdate"])
            customers[who] = max(customers.get(who, row), row, key=lambda row: row[1])
        elif event["type"] == "product_ordered":
            placed[who] = (event["data"]["customer_id"], event["data"]["name"], when)
        else:
            stage = (when, STAGES[event["type"]], event["type"].partition("_")[2].upper())
            status[who] = max(status.get(who, stage), stage)
    orders = []
    for order, (customer, product, when) in placed.items():
        last = status.get(order, (when, 0, "CREATED"))
        orders.append((order, customer, product, last[2], when, last[0]))
    rows = ([(one["id"], one["type"], seconds(one["timestamp"]), one["aggregate_id"])
             for one in unique], customers.values(), orders)
    return [sorted(tuple(map(str, row)) for row in table) for table in rows]


class Project:
    def __init__(self, folder, name, warehouse, kafka="127.0.0.1:1", more=""):
        self.folder = pathlib.Path(folder) / name
        shutil.copytree(EXAMPLE, self.folder, ignore=shutil.ignore_patterns("simulator", ".*"))
        (self.folder / "archive").mkdir()
        self.environment = dict(os.environ, CLEARWELL_WAREHOUSE=warehouse, KAFKA=kafka)
        pipeline = self.folder / "pipelines/orders.yaml"
        text = pipeline.read_text()
        assert f"topic: {TOPIC} }}" in text
        pipeline.write_text(text.replace(f"topic: {TOPIC} }}", f"topic: {TOPIC}{more} }}"))

    def start(self, *arguments):
        return subprocess.Popen([CLEARWELL, *arguments, "--project", str(self.folder)],
                                env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments, status=0):
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == status, f"{arguments}: {process.returncode}\n{out}{err}"
        return out + err

    def rows(self, sql):
        process = self.start("query", sql, "--output", "csv")
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return sorted(tuple(row) for row in list(csv.reader(io.StringIO(out)))[1:])

    def tables(self):
        when = SECOND.format
        return [self.rows(sql) for sql in (
            f"SELECT event_id, event_type, {when('event_ts')}, aggregate_id FROM events",
            f"SELECT customer_id, {when('registered_ts')}, name, birthdate FROM customers",
            f"SELECT order_id, customer_id, product, status, {when('created_ts')}, "
            f"{when('updated_ts')} FROM orders")]

    def counts(self):
        columns = "read, loaded, superseded, duplicate, skipped, quarantined, parked"
        (row,) = self.rows(f"SELECT {columns} FROM clearwell.counts")
        return dict(zip(columns.split(", "), map(int, row)))


def same(found, wanted, what):
    for name, got, right in zip(("events", "customers", "orders"), found, wanted):
        if got == right:
            continue
        missing, more = set(right) - set(got), set(got) - set(right)
        raise AssertionError(f"{what}: {name} has {len(got)} rows, not {len(right)}; missing "
                             f"{list(missing)[:3]}, more {list(more)[:3]}")


def arrival(folder):
    def event(number, kind, second, who, data):
        return {"id": f"{who}-{number}", "type": kind, "aggregate_id": who, "data": data,
                "timestamp": f"2019-12-21 09:51:{second:02} -0300"}
    project = Project(folder, "arrival", "duckdb:warehouse.duckdb")
    lines, events = [], []
    for number, order in enumerate(itertools.permutations(range(5))):
        mine = [event(0, "customer_registered", 1, f"c{number}",
                      {"name": "Ada", "birthdate": "1990-02-28"}),
                event(1, "product_ordered", 2, f"o{number}",
                      {"customer_id": f"c{number}", "name": "Kettle"}),
                event(2, "order_accepted", 1, f"o{number}", {}),
                event(3, "order_fulfilled", 3, f"o{number}", None),
                event(4, "order_cancelled", 3, f"o{number}", {})]
        sent = [mine[index] for index in order]
        sent.insert(number % 5, sent[(number // 5) % 5])  # one of them twice
        events += mine
        lines += [json.dumps(one) + "\n" for one in sent]
    (project.folder / "archive/all.jsonl").write_text("".join(lines))
    project.run("run", "--once", "--from", "archive")
    same(project.tables(), reference(events), "arrival")
    (orders,) = {row[3:] for row in project.tables()[2]}
    assert orders[0] == "CANCELLED", orders
    assert project.counts()["quarantined"] == 0


def sent(manifest):
    """How many messages there are, and the events of the good ones."""
    messages = [json.loads(line) for line in manifest.read_text().splitlines()]
    return len(messages), [json.loads(one["value"]) for one in messages if one["good"]]


def check_all(project, count, events, what):
    same(project.tables(), reference(events), what)
    counts = project.counts()
    assert counts["read"] == count, f"{what}: {count} messages, {counts}"
    assert counts["read"] == sum(counts.values()) - counts["read"], counts
    assert counts["parked"] == 0 and counts["quarantined"] == count - len(events), counts


def crash(folder, broker, server):
    chance = random.Random(7)
    manifest = folder / "manifest"
    simulator = subprocess.Popen(
        [SIMULATOR, "--brokers", broker.address, "--events", str(EVENTS), "--rate", str(RATE),
         "--disorder", "30%", "--broken", "2%", "--manifest", manifest],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    server.psql("CREATE DATABASE orders")
    project = Project(folder, "crash", server.url("orders"), broker.address)
    try:
        for kill in range(KILLS):
            process = project.start("run", "--from", "kafka")
            time.sleep(chance.uniform(0.3, 1.5))
            if kill == KILLS // 2:
                broker.kill()
                broker.start(wait=False)
                time.sleep(chance.uniform(1, 3))
            process.kill()
            process.communicate()
        assert simulator.wait(timeout=120) == 0
    finally:
        simulator.kill()
        simulator.wait()
    project.run("run", "--once", "--from", "kafka")
    count, events = sent(manifest)
    check_all(project, count, events, "crash")
    lag = broker.group_lag("clearwell-orders-kafka")
    assert len(lag) == 6 and not any(lag.values()), lag
    return count, events


def once(folder, broker, count, events):
    project = Project(folder, "once", "duckdb:warehouse.duckdb", broker.address)
    project.run("run", "--once", "--from", "kafka")
    check_all(project, count, events, "once")
    assert " 0 " in project.run("run", "--once", "--from", "kafka")
    check_all(project, count, events, "once, again")


def gap(folder, broker):
    def send(seed):
        subprocess.run([SIMULATOR, "--brokers", broker.address, "--topic", "gap", "--partitions",
                        "1", "--events", "100", "--repeats", "0", "--broken", "0", "--seed", seed],
                       check=True, stdout=subprocess.DEVNULL)
    send("1")
    projects = []
    for name in ("continue", "stop"):
        project = Project(folder, "gap-" + name, "duckdb:warehouse.duckdb", broker.address)
        pipeline = project.folder / "pipelines/orders.yaml"
        pipeline.write_text(pipeline.read_text().replace(f"topic: {TOPIC}",
                                                         f"topic: gap, on_gap: {name}"))
        project.run("run", "--once", "--from", "kafka")
        assert project.counts()["read"] == 100
        projects.append(project)
    send("2")
    broker.delete_before("gap", 0, 130)
    goes_on, stops = projects
    told = goes_on.run("run", "--once", "--from", "kafka")
    assert "have deleted 30 messages, offsets 100 to 129" in told, told
    assert goes_on.counts()["read"] == 170
    (position,) = goes_on.rows("SELECT position FROM clearwell.lanes")
    assert json.loads(position[0])["missed"] == 30 and json.loads(position[0])["offset"] == 200
    told = stops.run("run", "--once", "--from", "kafka", status=2)
    assert "on_gap: continue" in told, told
    assert stops.counts()["read"] == 100


def missing(folder, broker):
    project = Project(folder, "missing", "duckdb:warehouse.duckdb", broker.address)
    pipeline = project.folder / "pipelines/orders.yaml"
    pipeline.write_text(pipeline.read_text().replace(f"topic: {TOPIC}", "topic: no-such-topic"))
    told = project.run("run", "--once", "--from", "kafka", status=2)
    assert "have no topic no-such-topic" in told, told


def made(folder, broker):
    project = Project(folder, "made", "duckdb:warehouse.duckdb", broker.address)
    pipeline = project.folder / "pipelines/orders.yaml"
    pipeline.write_text(pipeline.read_text().replace(f"topic: {TOPIC}", "topic: made"))
    subprocess.run([SIMULATOR, "--brokers", broker.address, "--topic", "made", "--events", "0"],
                   check=True, stdout=subprocess.DEVNULL)
    manifest = folder / "made.manifest"
    project.run("generate", "orders", "--count", "500", "--to", "kafka", "--manifest",
                str(manifest))
    project.run("run", "--once", "--from", "kafka")
    fates = [json.loads(line)["fate"] for line in manifest.read_text().splitlines()]
    counts = project.counts()
    assert len(fates) >= 500 and counts["read"] == len(fates), counts
    assert counts["quarantined"] == fates.count("quarantined") > 0, counts


def main():
    began = time.monotonic()

    def told(what):
        print(f"{time.monotonic() - began:5.1f} s: {what} is as it must be", flush=True)

    with tempfile.TemporaryDirectory(prefix="clearwell-orders-") as name:
        folder = pathlib.Path(name)
        arrival(folder)
        told("arrival")
        with _kafka.Broker() as broker, _postgres.Server() as server:
            missing(folder, broker)
            told("missing")
            count, events = crash(folder, broker, server)
            told(f"crash ({count} messages, {KILLS} kills)")
            once(folder, broker, count, events)
            told("once")
            gap(folder, broker)
            told("gap")
            made(folder, broker)
            told("made")


if __name__ == "__main__":
    sys.exit(main())
