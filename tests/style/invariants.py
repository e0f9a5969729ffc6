"""docs/invariants.md: what Clearwell promises, and which test proves it where.

A test says what it proves in a comment of one line, in C++ above its TEST:

    proves: PROMISE, … | SOURCE, … | WAREHOUSE, … | PATH, …

"each" stands for every source or every warehouse there is: for suites that all of them must run.
The sources and warehouses are the folders of src/sources and src/warehouses, so that a new one is
unproven until tests say otherwise.

    invariants.py            writes the page (./dev docs does)
    check_invariants(tree)   the page is what the tests say, and every line of them is understood
"""

import os
import re
import sys

PAGE = "docs/invariants.md"
PATHS = {
    "first-run": "the input is read for the first time",
    "resume": "a run goes on after a stop, a kill or a fault",
    "replay": "quarantined records are judged again",
    "park-release": "records wait for their parents, and are released",
    "shutdown": "SIGINT, SIGTERM or the end of the input ends a run",
}
ALL = tuple(PATHS)
RUNS = ("first-run", "resume")
# name: (safety or liveness, the promise, the paths on which it can be kept or broken)
PROMISES = {
    "accounting": ("safety", "Every record read has exactly one fate, and at every commit the "
                   "counts add up and agree with the tables.", ALL),
    "nothing-lost": ("safety", "Every record that was delivered has a fate: none is dropped, "
                     "whatever is killed and whenever.", ALL),
    "nothing-doubled": ("safety", "No record is loaded twice, and none is counted twice.", ALL),
    "one-transaction": ("safety", "Rows, quarantine, parked records, positions and counts commit "
                        "together or not at all.", ALL),
    "only-valid": ("safety", "A record that breaks its contract has no row in any table.",
                   ("first-run", "resume", "replay", "park-release")),
    "exact-evidence": ("safety", "A rejected record is kept with all its reasons, its exact bytes "
                       "and where it came from.",
                       ("first-run", "resume", "replay", "park-release")),
    "neighbours": ("safety", "A bad record does not stop, drop or spoil another.",
                   ("first-run", "resume", "replay", "park-release")),
    "no-false-blame": ("safety", "A systemic fault (disk, permission, lock, missing table) is "
                       "reported, and blamed on no record.", ("first-run", "resume", "replay")),
    "newest-wins": ("safety", "An older version never overwrites a newer one, in whatever order "
                    "they come.", ("first-run", "resume", "replay", "park-release")),
    "batches-do-not-matter": ("safety", "Tables, quarantine and counts do not depend on where "
                              "batches begin and end.",
                              ("first-run", "resume", "park-release")),
    "bounded": ("safety", "Memory, queues, batches and waits keep their limits.", RUNS),
    "all-is-read": ("liveness", "All input is read: with --once to its end, following as it comes.",
                    RUNS),
    "release": ("liveness", "A record whose parents have come is loaded, also from quarantine.",
                ("first-run", "resume", "park-release")),
    "resolution": ("liveness", "A broken sighting is resolved when its key is accepted.",
                   ("first-run", "resume", "replay", "park-release")),
    "stops": ("liveness", "A run that is told to stop ends within 5 seconds, whatever it is doing.",
              ("shutdown",)),
    "recovers": ("liveness", "When a fault is gone, a run goes on: by itself when following, else "
                 "when started again.", ("resume",)),
}
TAG = re.compile(r"^\s*(?://|#)\s*proves: (.+)$")
TEST = re.compile(r"^(?:TYPED_)?TEST(?:_[FP])?\((\w+), (\w+)\)")
TESTS = re.compile(r"tests/(unit|conformance)/.*_test\.cc$|tests/integration/[^/]+\.(sh|py)$|"
                   r"(tests/golden|examples/[^/]+/tests)/.*\.test$")


def parts_of(tree, folder):
    return sorted({p.split("/")[2] for p in tree.paths
                   if re.match(rf"src/{folder}/[^/]+/", p)})


def name_of(path, lines, at):
    """The test that a tag belongs to, and where it is."""
    if path.endswith(".cc"):
        for line in lines[at:]:
            if found := TEST.match(line):
                return f"{found.group(1)}.{found.group(2)}"
        return None
    return os.path.splitext(os.path.basename(path))[0]


def understand(tag, known):
    """The cells of a tag, or what is wrong with it."""
    fields = [[word.strip() for word in field.split(",")] for field in tag.split("|")]
    if len(fields) != 4:
        return None, "expected 'PROMISES | SOURCES | WAREHOUSES | PATHS'"
    promises, sources, warehouses, paths = fields
    sources = known["sources"] if sources == ["each"] else sources
    warehouses = known["warehouses"] if warehouses == ["each"] else warehouses
    for words, names, what in ((promises, PROMISES, "promise"),
                               (sources, known["sources"], "source"),
                               (warehouses, known["warehouses"], "warehouse"),
                               (paths, PATHS, "path")):
        for word in words:
            if word not in names:
                return None, f"there is no {what} '{word}' ({', '.join(names)})"
    cells = [(promise, source, warehouse, path) for promise in promises for source in sources
             for warehouse in warehouses for path in paths if path in PROMISES[promise][2]]
    return (cells, None) if cells else (None, "its promises do not apply to its paths")


def collect(tree):
    known = {"sources": parts_of(tree, "sources"), "warehouses": parts_of(tree, "warehouses")}
    proofs, faults = {}, []
    for path in sorted(tree.paths):
        if not TESTS.match(path):
            continue
        lines = tree.text(path).split("\n")
        for at, line in enumerate(lines):
            if not (found := TAG.match(line)):
                continue
            cells, fault = understand(found.group(1), known)
            name = name_of(path, lines, at)
            if fault or not name:
                faults.append(f"{path}:{at + 1}: {fault or 'no TEST follows'}")
                continue
            for cell in cells:
                proofs.setdefault(cell, {})[name] = path
    return known, proofs, faults


def table(promise, known, proofs):
    paths = [path for path in PATHS if path in PROMISES[promise][2]]
    lines = ["| source × warehouse | " + " | ".join(paths) + " |", "|---|" + "---|" * len(paths)]
    for source in known["sources"]:
        for warehouse in known["warehouses"]:
            cells = []
            for path in paths:
                names = proofs.get((promise, source, warehouse, path), {})
                cells.append("<br>".join(f"[{name}](../{names[name]})" for name in sorted(names))
                             or "**unproven**")
            lines.append(f"| {source} × {warehouse} | " + " | ".join(cells) + " |")
    return lines


def page(known, proofs):
    cells = [(promise, source, warehouse, path) for promise in PROMISES
             for source in known["sources"] for warehouse in known["warehouses"]
             for path in PROMISES[promise][2]]
    proven = sum(cell in proofs for cell in cells)
    out = ["# Invariants", "<!-- Generated by ./dev docs from the tests; do not edit. -->", "",
           "What Clearwell promises, for each source, warehouse and path of a record,",
           "and the tests that prove it. A cell without a test is *unproven*: it may well hold,",
           f"but nothing would notice if it did not. {proven} of {len(cells)} cells are.", "",
           "| path | what happens |", "|---|---|"]
    out += [f"| {name} | {what} |" for name, what in PATHS.items()]
    for kind, title in (("safety", "Safety: what never happens"),
                        ("liveness", "Liveness: what happens in the end")):
        out += ["", f"## {title}"]
        for promise, (of, sentence, _) in PROMISES.items():
            if of == kind:
                out += ["", f"### {promise}", sentence, "", *table(promise, known, proofs)]
    return "\n".join(out) + "\n"


def check_invariants(tree):
    """docs/invariants.md is what the tests say they prove."""
    known, proofs, faults = collect(tree)
    if PAGE in tree.paths and tree.text(PAGE) != page(known, proofs):
        faults.append(f"{PAGE}:1: is not what the tests say today; ./dev docs writes it anew")
    return faults


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    import checks
    here = checks.Tree(os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")))
    sources_and_warehouses, all_proofs, wrong = collect(here)
    print("\n".join(wrong), file=sys.stderr)
    with open(here.full(PAGE), "w", encoding="utf-8") as file:
        file.write(page(sources_and_warehouses, all_proofs))
    sys.exit(1 if wrong else 0)
