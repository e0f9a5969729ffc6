#!/usr/bin/env python3
# proves: accounting, nothing-lost, nothing-doubled | files, jsonl | postgres | replay
# proves: only-valid, exact-evidence, neighbours, resolution | files, jsonl | postgres | replay
"""Records in quarantine on PostgreSQL, judged again: as they are, which changes nothing but the
number of attempts; repaired, which loads them and them alone; repaired by their producer
meanwhile, which makes them duplicates; and discarded."""

import json
import tempfile
import uuid

import _postgres
import _retail

AT = "2024-05-01T12:00:00"


class Purchases:
    """One good purchase and three broken ones of one user and article, with their exact bytes."""

    def __init__(self, shop, source):
        self.shop, self.source = shop, source
        self.user, self.article = str(uuid.uuid4()), str(uuid.uuid4())
        self.ids = [str(uuid.uuid4()) for _ in range(4)]
        self.write("users", self.user, {"id_": self.user, "name": "Ann Lee", "number": "555",
                                        "address": "PSC 4, Box 1\nFPO AE 12345",
                                        "email": "ann@example.com"})
        self.write("articles", self.article, {"id_": self.article, "name": "Oak Tray",
                                              "price": 7.0, "currency": "SEK"})
        self.sent = {}
        for id_, quantity in zip(self.ids, (1, 0, "many", -4)):
            self.sent[id_] = self.purchase(id_, quantity)

    def purchase(self, id_, quantity):
        return self.write("purchases", id_, {
            "id_": id_, "timestamp": AT, "user_id": self.user,
            "cart": [{"article_id": self.article, "quantity": quantity}]})

    def write(self, kind, name, event):
        text = json.dumps(event, separators=(" , ", ": "))
        if self.source == "jsonl":
            with open(self.shop.blob / f"{kind}.jsonl", "a", encoding="utf-8") as file:
                file.write(text + "\n")
            return text
        folder = self.shop.blob / kind
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.{len(list(folder.iterdir()))}.json").write_text(text, encoding="utf-8")
        return text

    def fates(self):
        counts = self.shop.counts()["purchases"]
        found = {term: counts[term] for term in ("read", *_retail.TERMS) if counts[term]}
        assert found["read"] == sum(found.values()) - found["read"], found
        return found

    def held(self):
        """{id: (state, attempts, bytes as they came)}"""
        rows = self.shop.query("SELECT key, state, attempts, encode(payload, 'escape') FROM "
                               "clearwell.quarantine WHERE pipeline = 'purchases'")
        return {key: tuple(rest) for key, *rest in rows}

    def loaded(self):
        return sorted(self.shop.query("SELECT purchase_id, quantity, amount FROM purchase_lines"))

    def number(self, id_):
        """Of its entry."""
        return self.shop.query("SELECT id FROM clearwell.quarantine WHERE key = "
                               f"'{id_}'")[0][0]


def check(results, shop, source):
    purchases = Purchases(shop, source)
    good, none, many, minus = purchases.ids

    def expect(when, fates, states, lines):
        name = f"{source}, {when}"
        results.equal(f"{name}: fates", purchases.fates(), fates)
        results.equal(f"{name}: quarantine", purchases.held(),
                      {id_: (*state, purchases.sent[id_]) for id_, state in states.items()})
        results.equal(f"{name}: lines", purchases.loaded(), sorted(
            (id_, str(quantity), f"{7 * quantity}.00") for id_, quantity in lines.items()))

    shop.run_once()
    expect("read", {"read": 4, "loaded": 1, "quarantined": 3},
           {none: ("open", "1"), many: ("open", "1"), minus: ("open", "1")}, {good: 1})
    shop.clearwell("quarantine", "replay", "--all")
    expect("judged again", {"read": 4, "loaded": 1, "quarantined": 3},
           {none: ("open", "2"), many: ("open", "2"), minus: ("open", "2")}, {good: 1})
    shop.clearwell("quarantine", "replay", purchases.number(none), "--set", "cart[0].quantity=3")
    expect("one repaired", {"read": 4, "loaded": 2, "quarantined": 2},
           {none: ("replayed", "3"), many: ("open", "2"), minus: ("open", "2")},
           {good: 1, none: 3})
    # The producer sends it as it should have been.
    purchases.purchase(many, 5)
    shop.run_once()
    expect("sent again", {"read": 5, "loaded": 3, "quarantined": 2},
           {none: ("replayed", "3"), many: ("resolved", "2"), minus: ("open", "2")},
           {good: 1, none: 3, many: 5})
    shop.clearwell("quarantine", "replay", purchases.number(many), "--set", "cart[0].quantity=5")
    expect("repaired in vain",
           {"read": 5, "loaded": 3, "duplicate": 1, "quarantined": 1},
           {none: ("replayed", "3"), many: ("replayed", "3"), minus: ("open", "2")},
           {good: 1, none: 3, many: 5})
    shop.clearwell("quarantine", "discard", purchases.number(minus))
    expect("discarded",
           {"read": 5, "loaded": 3, "duplicate": 1, "discarded": 1},
           {none: ("replayed", "3"), many: ("replayed", "3"), minus: ("discarded", "2")},
           {good: 1, none: 3, many: 5})


def main():
    results = _retail.Results()
    with tempfile.TemporaryDirectory() as folder, _postgres.Server() as server:
        for source in ("files", "jsonl"):
            shop = _retail.OnPostgres(f"{folder}/{source}", sources=(source,))
            shop.use_database(server, source)
            check(results, shop, source)
    results.finish()


if __name__ == "__main__":
    main()
