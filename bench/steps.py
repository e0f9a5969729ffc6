"""The steps of bench/run. Each takes a folder of its own and the options, and returns Markdown."""

import json
import os
import re
import shutil
import statistics
import subprocess
import time

from purchases import (CLEARWELL, MEBIBYTE, PROGRAMS, Shop, describe, must, progress, watched,
                       words)
from customers import customers
from postgres import postgres
from report import cell, goal, percentile, table

# docs/benchmarks.md says what these goals are for.
MEMORY_GOAL = 600  # MiB


def rate(run):
    return run["counts"]["read"] / run["wall"]


def told(name, run):
    progress(f"{name}: " + ", ".join(f"{key} {run[key]:.2f}" for key in
                                     ("wall", "engine", "cpu", "memory") if key in run))
    return run


def against_rival(shop, runs):
    """Runs of clearwell and the rival's fastest form in turn; both must make the same tables."""
    form = shop.best_form()
    ours, theirs = [], []
    for number in range(1, runs + 1):
        ours.append(told(f"run {number}, clearwell", shop.clearwell()))
        theirs.append(told(f"run {number}, rival", shop.rival(form)))
        counts = shop.compare()
    return form, ours, theirs, counts


def rival_table(lines, ours, theirs):
    """Each measure of both, and the ratio of the pairs: above 1 where clearwell is better."""
    measures = (("events/s", lambda r: lines / r["wall"], ",.0f", False),
                ("wall seconds", lambda r: r["wall"], ".2f", True),
                ("CPU seconds", lambda r: r["cpu"], ".2f", True),
                ("peak memory, MiB", lambda r: r["memory"], ".0f", True))
    rows = []
    for name, of, form, less_is_better in measures:
        pairs = [(of(a), of(b)) for a, b in zip(ours, theirs)]
        ratios = [b / a if less_is_better else a / b for a, b in pairs]
        rows.append((name, cell((a for a, _ in pairs), form), cell((b for _, b in pairs), form),
                     cell(ratios, ".2f")))
    return table(("", "clearwell", "pure SQL", "ratio"), rows)


def purchases(folder, options, repeats="0%"):
    shop = Shop(folder, options.events, repeats=repeats)
    form, ours, theirs, counts = against_rival(shop, options.runs)
    read, loaded, duplicate, quarantined = counts
    ratio = statistics.median(b["wall"] / a["wall"] for a, b in zip(ours, theirs))
    memory = statistics.median(run["memory"] for run in ours)
    size = os.path.getsize(shop.lines) / MEBIBYTE
    return "\n".join([
        f"{read:,} lines ({size:.0f} MiB): {loaded:,} loaded, {duplicate:,} duplicate, "
        f"{quarantined:,} quarantined; both made the same tables. {options.runs} runs of each in "
        f"turn: median (least–most), ratio of the pairs. Pure SQL in its fastest form: "
        f"{describe(form)}.", "", rival_table(read, ours, theirs), "",
        goal(f"{ratio:.2f} times the events/s of pure SQL", ratio >= 2, "2, hoped for 3"),
        goal(f"{memory:.0f} MiB of memory", memory < MEMORY_GOAL, f"under {MEMORY_GOAL}")])


def repeats(folder, options):
    return purchases(folder, options, repeats="5%")


def when(looks, records):
    """At what second so many had been read; between two looks as if evenly, and after the last
    one as fast as between the last two."""
    before, last = (0, 0), (0, 0)
    for seconds, count, _ in looks:
        before, last = last, (seconds, count)
        if count >= records:
            break
    share = (records - before[1]) / (last[1] - before[1])
    return before[0] + share * (last[0] - before[0])


def growth(folder, options):
    shop = Shop(folder, options.growth_events)
    tenth = shop.line_count // 10
    points = watched(shop.command(), shop.environment(shop.fresh("ours")))
    looks = [point for point in points if point[1]]
    times = [0] + [when(looks, number * tenth) for number in range(1, 11)]
    rates = [tenth / (end - begin) for begin, end in zip(times, times[1:])]
    memory = [max(mib for _, count, mib in looks if count <= number * tenth)
              for number in range(1, 10)] + [points[-1][2]]
    again = told("the start of the next run", shop.clearwell(fresh=False))
    rows = [(f"{number}", f"{rate:,.0f}", f"{mib:.0f}")
            for number, rate, mib in zip(range(1, 11), rates, memory)]
    ratio = rates[-1] / rates[0]
    return "\n".join([
        f"{shop.line_count:,} lines in one process, by its own progress; the first tenth begins "
        f"with the process. With its end, a checkpoint, the run took {points[-1][0]:.1f} s. A "
        "process that finds nothing new afterwards, but reads the keys of the tables back into "
        f"memory, takes {again['wall']:.1f} s and {again['memory']:.0f} MiB.", "",
        table(("tenth", "events/s", "peak memory so far, MiB"), rows), "",
        goal(f"the last tenth at {ratio:.2f} of the first tenth's rate", ratio >= 0.8, "0.8"),
        goal(f"{memory[-1]:.0f} MiB of memory, {memory[0]:.0f} for the first tenth",
             memory[-1] < MEMORY_GOAL, f"under {MEMORY_GOAL}")])


def files(folder, options):
    shop = Shop(folder, options.files, form="files")
    ours, loops = [], []
    for number in range(1, options.runs + 1):
        loops.append(json.loads(must([PROGRAMS / "read_files", shop.blob / "purchases"])))
        ours.append(told(f"run {number}, files", shop.clearwell()))
    count = loops[0]["files"]
    ratio = statistics.median(loop["seconds"] / run["wall"] for run, loop in zip(ours, loops))
    return "\n".join([
        f"{count:,} files of one event each, in the page cache. The loop lists the folder, opens, "
        "reads and closes each file, and does nothing else.", "",
        table(("", "files/s", "seconds", "CPU seconds", "peak memory, MiB"),
              [("clearwell", cell((count / r["wall"] for r in ours), ",.0f"),
                cell((r["wall"] for r in ours), ".2f"), cell((r["cpu"] for r in ours), ".2f"),
                cell((r["memory"] for r in ours), ".0f")),
               ("loop in C", cell((count / r["seconds"] for r in loops), ",.0f"),
                cell((r["seconds"] for r in loops), ".2f"), "", "")]), "",
        goal(f"{ratio:.2f} of the loop's rate", ratio >= 0.5, "0.5")])


def latency(folder, options):
    shop = Shop(folder, 1, form="files", invalid="0%")
    purchase = next((shop.blob / "purchases").glob("*.json"))
    event = json.loads(purchase.read_text(encoding="utf-8"))
    purchase.unlink()
    template = json.dumps(dict(event, id_="{id}"))
    (shop.blob / "template.json").write_text(template, encoding="utf-8")
    warehouse = shop.fresh("ours")
    took = json.loads(must([PROGRAMS / "latency", shop.project, shop.blob, options.latency_files],
                           env=shop.environment(warehouse)))
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    progress(f"latency: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    return "\n".join([
        f"{len(took)} files of one purchase, one after another, renamed into the folder that an "
        "idle run follows; milliseconds from just before the rename until a SELECT on another "
        "connection of the same process finds the row (it asks once a millisecond).", "",
        table(("p50", "p90", "p99", "most"),
              [[f"{percentile(took, share):.1f}" for share in (0.5, 0.9, 0.99, 1)]]), "",
        goal(f"p50 {p50:.1f} ms", p50 < 50, "under 50"),
        goal(f"p99 {p99:.1f} ms", p99 < 150, "under 150")])


def start(folder, options):
    del folder
    took = []
    for _ in range(max(20, options.runs)):
        began = time.monotonic()
        subprocess.run(words([CLEARWELL, "version"]), stdout=subprocess.DEVNULL, check=True)
        took.append((time.monotonic() - began) * 1000)
    median = statistics.median(took)
    return "\n".join([f"`clearwell version`, {len(took)} times, from fork to exit: "
                      f"{cell(took, '.1f')} ms.", "",
                      goal(f"{median:.1f} ms", median < 30, "under 30")])


# Edits of the retail example's purchases.yaml, each on top of those before it: what is left out,
# and patterns with what they become.
RULES = (
    ("the whole contract", ()),
    ("without the SQL check", ((r"\nchecks:\n(?:  .*\n)+", "\n"),)),
    ("nor limits (min, max, min_items)",
     ((r"\n    min_items: 1", ""), (r", min: 1, max: 1000000", ""))),
    ("nor references (no look-ups, no price and currency)",
     ((r", references: users\.user_id, if_missing: \{ park: 30s \}", ""),
      (r"\n        references: articles.*\n        take: .*\n        if_missing: .*", ""),
      (r"item\.price AS unit_price, item\.currency AS currency",
       "CAST(NULL AS DECIMAL(12,2)) AS unit_price, CAST(NULL AS VARCHAR) AS currency"),
      (r"CAST\(item\.price \* item\.quantity AS DECIMAL\(12,2\)\) AS amount",
       "CAST(NULL AS DECIMAL(12,2)) AS amount"))),
)


def rules(folder, options):
    """What each group of rules costs: on clean events, so that all variants load the same rows."""
    shop = Shop(folder, options.events // 2 or 1, invalid="0%")
    text = (shop.project / "pipelines/purchases.yaml").read_text(encoding="utf-8")
    variants = []
    for number, (name, edits) in enumerate(RULES):
        for pattern, replacement in edits:
            text, done = re.subn(pattern, replacement, text)
            if done != 1:
                raise SystemExit(f"bench: purchases.yaml has {done} places for {pattern}")
        project = shop.folder / f"variant{number}"
        shutil.copytree(shop.project, project)
        (project / "pipelines/purchases.yaml").write_text(text, encoding="utf-8")
        variants.append((name, project, []))
    for number in range(1, options.runs + 1):
        for name, project, runs in variants:
            runs.append(told(f"run {number}, {name}", shop.clearwell(project)))
            if runs[-1]["counts"]["quarantined"] != 0:
                raise SystemExit(f"bench: {name}: clean events were quarantined")
    rows, before = [], None
    for name, _, runs in variants:
        cpu = statistics.median(run["cpu"] for run in runs)
        spared = "" if before is None else f"{(before - cpu) / shop.events * 1e6:.2f}"
        rows.append((name, cell(map(rate, runs), ",.0f"), cell((r["cpu"] for r in runs), ".2f"),
                     spared))
        before = cpu
    return "\n".join([
        f"{shop.events:,} clean purchases, so that every form loads the same records; each form "
        "leaves out more than the one before it. The last one still decodes, types and writes.", "",
        table(("contract", "events/s", "CPU seconds", "CPU µs an event spared"), rows)])


def cores(folder, options):
    if len(os.sched_getaffinity(0)) < 2 or shutil.which("taskset") is None:
        return "Not measured: it takes two cores and taskset."
    shop = Shop(folder, options.events)
    first, second = sorted(os.sched_getaffinity(0))[:2]
    both, one = [], []
    for number in range(1, options.runs + 1):
        one.append(told(f"run {number}, 1 core",
                        shop.clearwell(before=["taskset", "-c", str(first)])))
        both.append(told(f"run {number}, 2 cores",
                         shop.clearwell(before=["taskset", "-c", f"{first},{second}"])))
    ratio = statistics.median(a["wall"] / b["wall"] for a, b in zip(one, both))
    return "\n".join([
        "A pipeline reads, judges and loads on three threads; there is one of each (there are no "
        "lanes side by side within a pipeline yet), so this is what their overlap is worth.", "",
        table(("", "events/s", "wall seconds", "CPU seconds"),
              [(name, cell(map(rate, runs), ",.0f"), cell((r["wall"] for r in runs), ".2f"),
                cell((r["cpu"] for r in runs), ".2f"))
               for name, runs in (("1 core", one), ("2 cores", both))]), "",
        f"- 2 cores make {ratio:.2f} times the events/s of one"])


# In the order in which they run; some only when they are named, for they take long.
STEPS = {"purchases": purchases, "repeats": repeats, "files": files, "latency": latency,
         "start": start, "rules": rules, "cores": cores, "postgres": postgres,
         "customers": customers, "growth": growth}
ON_DEMAND = {"customers", "growth"}
