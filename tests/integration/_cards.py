"""The cards example as integration tests run it: simulated input, what must be in the warehouse
afterwards (worked out from the input and its manifest alone), and what is there, as one comparable
value. The manifest's format: examples/cards/simulator/simulation.h.
"""

import collections
import json
import os
import pathlib
import signal
import subprocess

import _retail

ACCOUNT = "pipeline, read, loaded + superseded AS accepted, duplicate, skipped, quarantined, " \
          "parked, discarded"
# All that must be equal, in whatever order files were loaded and whatever was killed. Bytes are
# left out, since they are spelt otherwise on other warehouses; card_versions says what they order.
CONTENT = {
    "users": "SELECT id, name, address, job, score, event_id, event_at FROM dwh.users ORDER BY id",
    "cards": "SELECT id, user_id, created_by_name, created_at, updated_at, active, event_id, "
             "event_at FROM dwh.cards ORDER BY id",
    "card_history": "SELECT event_id, event_at, card_id, user_id, created_by_name, created_at, "
                    "updated_at, active, file FROM dwh.card_history ORDER BY event_id",
    "card_versions": "SELECT * FROM dwh.card_versions ORDER BY card_id, version",
    "active_cards_per_user": "SELECT * FROM dwh.active_cards_per_user ORDER BY user_id",
    "cards_created_per_day": "SELECT * FROM dwh.cards_created_per_day ORDER BY day",
    "data_quality": "SELECT * FROM dwh.data_quality ORDER BY pipeline, reason",
    "quarantine": "SELECT pipeline, entry, state, partition, array_to_string(codes, ' ') AS codes, "
                  "CAST(reasons AS VARCHAR) AS reasons, octet_length(payload) AS bytes "
                  "FROM clearwell.quarantine WHERE state IN ('open', 'resolved') "
                  "ORDER BY pipeline, partition, bytes",
    "parked": "SELECT pipeline, entry FROM clearwell.parked ORDER BY pipeline, entry",
    "counts": f"SELECT {ACCOUNT} FROM clearwell.counts ORDER BY pipeline",
}
# Seconds for a whole run. The longest, in small batches on a busy machine, take a few.
PATIENCE = 240


class Warehouse(_retail.Shop):
    """examples/cards, with a folder of input and a warehouse of its own."""

    def __init__(self, blob, url):  # not that of a shop: nothing is copied
        self.project = _retail.ROOT / "examples/cards"
        self.blob, self.url, self.batch_rows = pathlib.Path(blob), url, None

    def environment(self):
        more = {"CLEARWELL_BATCH_ROWS": str(self.batch_rows)} if self.batch_rows else {}
        return dict(os.environ, BLOB=str(self.blob), CLEARWELL_WAREHOUSE=self.url, **more)

    def once(self):
        """A whole run, to its end. Its exit code, and what it printed."""
        process = self.start("run", "--once", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            out, _ = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
        return process.returncode, out.decode()

    def run_once(self):
        code, out = self.once()
        if code != 0:
            raise RuntimeError(f"run --once ended with {code}:\n{out[-3000:]}")

    def killed(self, after):
        """A run that is killed after so many seconds. True if it came to its end before."""
        process = self.start("run", "--once", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _, err = process.communicate(timeout=after)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return False
        if process.returncode != 0:
            raise RuntimeError(f"run --once ended with {process.returncode}:\n"
                               f"{err.decode()[-3000:]}")
        return True

    def content(self):
        """{table: rows as tuples of texts}. The folder of input is written BLOB."""
        return {name: [tuple(cell.replace(str(self.blob), "BLOB") for cell in row)
                       for row in self.query(sql)] for name, sql in CONTENT.items()}


def simulate(blob, manifest, *arguments):
    subprocess.run([f"{_retail.SIMULATORS}/cards-simulator", "--blob", str(blob), "--manifest",
                    str(manifest), *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)
    return _retail.read_manifest(manifest)


def compare(results, name, found, expected):
    for table, rows in expected.items():
        results.same_rows(f"{name}: {table}", found[table], rows)


class Expectation:
    """What a manifest, complete, and the files it describes say of the warehouse."""

    def __init__(self, manifest, blob):
        self.blob = pathlib.Path(blob)
        self.manifest = manifest
        self.rows = {"users": collections.defaultdict(list), "cards": collections.defaultdict(list)}
        for line in manifest:
            if not line["reasons"]:
                event = json.loads((self.blob / line["place"]).read_bytes())
                self.rows[line["kind"]][line["id"]].append((self.place_in_time(line), event))
        for kind in self.rows.values():
            for versions in kind.values():
                versions.sort(key=lambda version: version[0])

    @staticmethod
    def place_in_time(line):
        """Which of two versions is newer."""
        return line["event_at"], line["mtime_ns"], line["place"]

    def content(self):
        """Tables of Warehouse.content() that can be told from the manifest, in any order."""
        return {"users": [self.user(versions[-1][1]) for versions in self.rows["users"].values()],
                "cards": [self.card(versions[-1][1]) for versions in self.rows["cards"].values()],
                "card_versions": list(self.versions()),
                "active_cards_per_user": list(self.cards_of_users()),
                "quarantine": list(self.quarantine()), "parked": [], "counts": list(self.counts())}

    @staticmethod
    def user(event):
        payload, about = event["payload"], event["metadata"]
        return (str(payload["id"]), payload["name"], payload["address"], payload["job"],
                number(payload["score"]), about["event_id"], utc(about["event_at"]))

    @staticmethod
    def card(event):
        payload, about = event["payload"], event["metadata"]
        return (str(payload["id"]), str(payload["user_id"]), payload["created_by_name"],
                utc(payload["created_at"]), utc(payload["updated_at"]), truth(payload["active"]),
                about["event_id"], utc(about["event_at"]))

    def versions(self):
        for versions in self.rows["cards"].values():
            for index, (_, event) in enumerate(versions):
                last = index + 1 == len(versions)
                end = "" if last else utc(versions[index + 1][1]["metadata"]["event_at"])
                card, user, name, created, updated, active, event_id, event_at = self.card(event)
                yield (card, str(index + 1), event_at, end, user, name, created, updated, active,
                       event_id)

    def cards_of_users(self):
        cards, active = collections.Counter(), collections.Counter()
        for versions in self.rows["cards"].values():
            payload = versions[-1][1]["payload"]
            cards[payload["user_id"]] += 1
            active[payload["user_id"]] += payload["active"]
        for user, versions in self.rows["users"].items():
            yield (str(user), versions[-1][1]["payload"]["name"], str(cards[user]),
                   str(active[user]))

    def quarantine(self):
        for line in self.manifest:
            if not line["reasons"]:
                continue
            torn = line["what"] == "torn"
            newest = self.rows["cards"].get(line["id"])
            resolved = not torn and newest and newest[-1][0] > self.place_in_time(line)
            path = f"BLOB/{line['place']}"
            yield (line["kind"], f"@files:{path}:0" if torn else f"{line['kind']}:{line['id']}",
                   "resolved" if resolved else "open", path, " ".join(line["reasons"]),
                   str((self.blob / line["place"]).stat().st_size))

    def counts(self):
        for kind in ("cards", "users"):
            lines = [line for line in self.manifest if line["kind"] == kind]
            bad = sum(bool(line["reasons"]) for line in lines)
            yield (kind, str(len(lines)), str(len(lines) - bad), "0", "0", str(bad), "0", "0")


def comparable(content):
    """Content as an Expectation has it: reasons by code and path."""
    def short(reasons):
        return " ".join(sorted({reason["code"] + ("@" + reason["path"] if reason["path"] else "")
                                for reason in json.loads(reasons)}))
    out = dict(content)
    out["quarantine"] = [
        (pipeline, entry, state, path, short(reasons), size)
        for pipeline, entry, state, path, _, reasons, size in content["quarantine"]]
    return out


def number(value):
    return repr(float(value))


def truth(value):
    return "true" if value else "false"


def utc(text):
    """As the warehouse writes a time that a service has written without a zone."""
    return f"{text}+00"


def link(places, origin, target):
    """Files of one folder in another, with their times."""
    for place in places:
        (target / place).parent.mkdir(parents=True, exist_ok=True)
        os.link(origin / place, target / place)


def followed(warehouse, arguments, kills, moments):
    """The services work in real time, and Clearwell follows them and is killed so often meanwhile.
    Returns the manifest, when all has been loaded."""
    manifest = warehouse.blob.parent / f"{warehouse.blob.name}.manifest"
    command = [f"{_retail.SIMULATORS}/cards-simulator", "--blob", str(warehouse.blob), "--manifest",
               str(manifest), "--live", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as services:
        for _ in range(kills):
            run = warehouse.follow()
            try:
                services.wait(timeout=moments.uniform(0.3, 1.5))
            except subprocess.TimeoutExpired:
                pass
            run.send_signal(signal.SIGKILL)
            run.communicate()
        run = warehouse.follow()
        if services.wait(timeout=PATIENCE) != 0:
            raise RuntimeError("the services failed")
    warehouse.stop_following(run)
    warehouse.run_once()
    return _retail.read_manifest(manifest)
