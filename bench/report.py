"""Tables of figures in docs/benchmarks.md, each between markers of its own."""

import datetime
import os
import pathlib
import re
import statistics

from purchases import CLEARWELL, MEBIBYTE, ROOT, must

REPORT = ROOT / "docs/benchmarks.md"


def cell(values, form):
    """Median (least–most)."""
    values = list(values)
    low, high = min(values), max(values)
    return f"{statistics.median(values):{form}} ({low:{form}}–{high:{form}})"


def percentile(values, share):
    """The smallest value that so many of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(head, rows):
    lines = ["| " + " | ".join(str(text) for text in row) + " |" for row in (head, *rows)]
    return "\n".join([lines[0], "|" + "---|" * len(head), *lines[1:]])


def goal(what, is_met, wanted):
    return f"- {what}; wanted {wanted}: **{'met' if is_met else 'missed'}**"


def disk_of(folder):
    """The kind of disk below a folder, as far as the kernel tells."""
    device = os.stat(folder).st_dev
    block = pathlib.Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    for place in (block, block.resolve().parent):
        turns = place / "queue/rotational"
        if turns.exists():
            kind = "disk" if turns.read_text("utf-8").strip() == "1" else "SSD"
            return ("virtual " if "virtio" in str(block.resolve()) else "") + kind
    return "unknown disk"


def machine():
    """Of what the machine is made; nothing that names it."""
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text("utf-8"))
    memory = int(re.search(r"MemTotal:\s*(\d+)",
                           pathlib.Path("/proc/meminfo").read_text("utf-8"))[1])
    return (f"{len(os.sched_getaffinity(0))} cores of {cpu[1] if cpu else 'an unknown CPU'}, "
            f"{memory / MEBIBYTE:.0f} GiB of memory, {disk_of(CLEARWELL.parent)}, "
            f"Linux {os.uname().release.split('-')[0]}")


def write(name, text):
    """Replaces what stands between the markers of this benchmark. `text` follows a line that says
    when, where, and with what it was measured."""
    program, duckdb = must([CLEARWELL, "version"]).splitlines()[:2]
    stamp = (f"{datetime.date.today().isoformat()}; {program}, "
             f"{duckdb.replace('duckdb', 'DuckDB')}; {machine()}; "
             f"load of the machine {os.getloadavg()[0]:.1f} when it ended.")
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    page = REPORT.read_text(encoding="utf-8")
    head, _, rest = page.partition(begin)
    _, _, tail = rest.partition(end)
    if not rest or not tail:
        raise SystemExit(f"bench: docs/benchmarks.md has no markers for {name}")
    REPORT.write_text(f"{head}{begin}\n{stamp}\n\n{text}\n{end}{tail}", encoding="utf-8")
