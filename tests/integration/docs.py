#!/usr/bin/env python3
"""Holds the documentation to the program.

Every ```sh and ```console block of the pages below is run, in the order of the page, in one shell
whose current folder is a scratch folder with a link to examples/; what the commands of ```console
blocks ("$ …") print must be what stands below them. Times of this run are not compared. Blocks that
start with ./dev are left out. Generated pages must be what the program prints today.

    CLEARWELL=build/release/clearwell tests/integration/docs.py [--update] [PAGE…]

--update writes what was printed into the pages. Read it.
"""

import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

import _postgres

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLEARWELL = pathlib.Path(os.environ.get("CLEARWELL", ROOT / "build/release/clearwell")).resolve()
PAGES = ["README.md", "docs/concepts.md", "docs/life-of-a-record.md"]
MARK = "--end of output--"
TIME = re.compile(r"20(?:2[5-9]|[3-9]\d)-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00)?")


def parts(block):
    """Commands of a console block, without what they print."""
    return [line[2:] for line in block.splitlines() if line.startswith("$ ")]


def run(page, text):
    """The outputs of all commands of a page, in order."""
    script = []
    for language, block in re.findall(r"^```(sh|console)\n(.*?)^```$", text, re.M | re.S):
        if language == "sh" and not block.startswith("./dev"):
            # The reader's own path to the program and place for the project.
            block = re.sub(r"^export PATH=.*\n", "", block, flags=re.M).replace("/tmp/", "$HOME/")
            script.append("{\n" + block + "} >/dev/null")
        for command in parts(block) if language == "console" else []:
            script.append("{ " + command + "\n} 2>&1; echo; echo " + shlex.quote(MARK))
    with tempfile.TemporaryDirectory(prefix="clearwell-docs-") as folder:
        (pathlib.Path(folder) / "examples").symlink_to(ROOT / "examples")
        programs = pathlib.Path(folder) / "bin"
        programs.mkdir()
        (programs / "clearwell").symlink_to(CLEARWELL)
        environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": folder,
                       "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        done = subprocess.run(["bash", "-c", "\n".join(script)], cwd=folder, env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.stderr:
            print(f"{page}: {done.stderr.decode()}")
        outputs = done.stdout.decode().split(MARK + "\n")[:-1]
        # `echo` ends a last line without newline; where there was one, it adds an empty line.
        return [output[:-1].rstrip("\n").replace(folder, "/tmp") for output in outputs]


def rewrite(text, outputs):
    """The page with these outputs."""
    left = iter(outputs)

    def fill(found):
        lines = []
        for command in parts(found.group(1)):
            output = next(left, "(the shell ended before)")
            lines += ["$ " + command] + ([output] if output else [])
        return "```console\n" + "\n".join(lines) + "\n```"

    return re.sub(r"^```console\n(.*?)^```$", fill, text, flags=re.M | re.S)


def without_times(text):
    return TIME.sub("TIME", text)


def compare(name, expected, actual):
    """Prints how they differ; True if they do not."""
    lines = list(difflib.unified_diff(expected.splitlines(), actual.splitlines(), name,
                                      "what the program prints", lineterm=""))
    print("\n".join(lines) if lines else f"ok   {name}")
    return not lines


def check_page(page, update):
    path = ROOT / page
    text = path.read_text()
    actual = rewrite(text, run(page, text))
    if update and without_times(actual) != without_times(text):
        path.write_text(actual)
        print(f"updated {page}")
        return True
    return compare(page, without_times(text), without_times(actual))


def check_generated():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([ROOT / "docs/reference/generate", CLEARWELL, folder], check=True)
        return [compare(f"docs/reference/{page.name} (./dev docs writes it)",
                        (ROOT / "docs/reference" / page.name).read_text(), page.read_text())
                for page in sorted(pathlib.Path(folder).iterdir())]


def check_tables():
    """docs/reference/tables.md names every column of Clearwell's own tables, with its type."""
    text = (ROOT / "docs/reference/tables.md").read_text()
    documented, everywhere = [], []
    for table, rows in re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", text, re.M | re.S):
        columns = re.findall(r"^\| `(\w+)` \| ([A-Z\[\] ]+) \|", rows, re.M)
        everywhere += [f"{table}.{name}" for name, _ in columns]
        if not rows.strip().startswith("PostgreSQL: "):
            documented += [f"{table}.{name} {kind}" for name, kind in columns]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "clearwell.yaml").write_text(
            "project: tables\nwarehouse: ${CLEARWELL_WAREHOUSE:-duckdb:warehouse.duckdb}\n")
        (path / "pipelines").mkdir()
        (path / "pipelines/a.yaml").write_text(
            "pipeline: a\nfrom: [{jsonl: {path: a.jsonl}}]\ncontract: {id: integer}\n"
            "load: [{table: a, sql: SELECT id FROM accepted}]\n")
        (path / "a.jsonl").write_text("")
        subprocess.run([CLEARWELL, "run", "--once"], cwd=path, check=True,
                       stdout=subprocess.DEVNULL)
        rows = subprocess.run(
            [CLEARWELL, "query", "--output", "csv",
             "SELECT table_name || '.' || column_name || ' ' || data_type FROM duckdb_columns() "
             "WHERE schema_name = 'clearwell'"],
            cwd=path, check=True, stdout=subprocess.PIPE).stdout.decode().splitlines()[1:]
        on_postgres = tables_on_postgres(path)
    return (compare("docs/reference/tables.md", "\n".join(sorted(documented)),
                    "\n".join(sorted(rows))) and
            compare("docs/reference/tables.md, on PostgreSQL", "\n".join(sorted(everywhere)),
                    "\n".join(sorted(on_postgres))))


def tables_on_postgres(project):
    """The same run's columns there, without types."""
    with _postgres.Server() as server:
        subprocess.run([CLEARWELL, "run", "--once"], cwd=project, check=True,
                       env=dict(os.environ, CLEARWELL_WAREHOUSE=server.url("postgres")),
                       stdout=subprocess.DEVNULL)
        return server.psql("SELECT table_name || '.' || column_name FROM "
                           "information_schema.columns WHERE table_schema = 'clearwell'").split()


def check_reasons():
    """docs/reference/reasons.md has every code that src/ uses."""
    text = (ROOT / "docs/reference/reasons.md").read_text()
    documented = set(re.findall(r"^\| `([a-z_0-9.]+)` \|", text, re.M))
    used = set()
    for path in (ROOT / "src").rglob("*.cc"):
        used |= set(re.findall(r'"((?:csv|json|record|route|field|reference|check|transform|key|'
                               r'row)\.[a-z_0-9]+)"', path.read_text()))
    return compare("docs/reference/reasons.md", "\n".join(sorted(documented - {"more"})),
                   "\n".join(sorted(used)))


def main():
    arguments = sys.argv[1:]
    update = "--update" in arguments
    pages = [argument for argument in arguments if argument != "--update"]
    results = [check_page(page, update) for page in pages or PAGES]
    if not pages:
        results += check_generated() + [check_tables(), check_reasons()]
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
