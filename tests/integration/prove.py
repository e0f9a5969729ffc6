#!/usr/bin/env python3
"""`clearwell prove` holds for every pipeline of every example that loads rows of its own, and for
the project in proven/, which has all types, nested lists, routes, references within a pipeline, and
all load modes."""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
CLEARWELL = os.environ.get("CLEARWELL", str(ROOT / "build/release/clearwell"))
COUNT = "120"
# Pipelines that only change rows of a table that is not the project's: no data can be made for
# them, and prove must say so. fragrances.py compares this one with a model.
CHANGES_OTHERS = {("fragrances", "deltas")}
# Kinds that share a table share its keys, but odd keys are made for each kind alike: two events of
# one id, which no shop makes.
FLAGS = {("orders", "orders"): ["--edges", "0%"]}


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

    with tempfile.TemporaryDirectory(prefix="prove-") as scratch:
        os.environ["TMPDIR"] = scratch
        projects = [file.parent for file in sorted((ROOT / "examples").glob("*/clearwell.yaml"))]
        for project in [*projects, HERE / "proven"]:
            before = sorted(os.listdir(project))
            for pipeline in pipelines_of(project):
                done = prove(project, pipeline, "--count", COUNT, "--seed", "11",
                             *FLAGS.get((project.name, pipeline), []))
                told = done.stdout[-6000:] + done.stderr[-6000:]
                if (project.name, pipeline) in CHANGES_OTHERS:
                    check(f"{project.name}: {pipeline} is told to be none for prove",
                          done.returncode == 2 and "which others have loaded" in told, told)
                else:
                    check(f"{project.name}: {pipeline}", done.returncode == 0, told)
            check(f"{project.name}: its folder is as it was", sorted(os.listdir(project)) == before,
                  str(sorted(os.listdir(project))))
        check("nothing is left in TMPDIR", not os.listdir(scratch), str(os.listdir(scratch)))
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
