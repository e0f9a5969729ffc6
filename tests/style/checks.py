"""The style rules that a machine can check, as functions from a Tree to messages.

Each check returns one message per fault, "path:line: what is wrong and what to
do". run.py runs them over the repository, and selftest.py over small bad trees,
so that every check is known to be able to fail. Function length and names are
clang-tidy's part (.clang-tidy).
"""

import os
import re
import subprocess

from invariants import check_invariants  # noqa: F401 (joins CHECKS)

MAX_LINES = 500
MAX_COLUMNS = 100
MAX_BYTES = 5 * 1024 * 1024

# C headers that only src/drivers/ may include: everybody else uses our RAII types.
DRIVER_HEADERS = re.compile(
    r"^(duckdb\.h|libpq-fe\.h|postgres_ext\.h|librdkafka/.*|rdkafka\w*\.h)$")
# Folders whose subfolders are components that know nothing of each other.
COMPONENT_FOLDERS = {"sources", "decode", "warehouses", "drivers"}
# A component that the others of its folder may know: DuckDB's columns are how rows lie in memory.
COMMON_COMPONENT = {"drivers": "duckdb"}
VAGUE_NAMES = {"utils", "util", "helpers", "misc"}
# Spelt in two parts, so that this file is not its own first finding.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK)\b")
HOSTS = re.compile(
    r"registry\.npm" r"js|py" r"pi\.org|python" r"hosted\.org|deb\.deb" r"ian\.org|"
    r"repo1?\.ma" r"ven|proxy\.gol" r"ang|artifact-reg" r"istry|artifact" r"ory", re.I)
MACHINE_PATHS = re.compile(r"(?<![\w.$}~*/-])/(wo" r"rk|ro" r"ot|ho" r"me/\w+)/")
# Without git to tell what belongs to the tree: neither these, nor hidden folders but CI's.
SKIPPED_FOLDERS = {"build", "__pycache__", "node_modules"}
HIDDEN_FOLDERS = {".ci"}


class Tree:
    """The files of a checkout: those git knows or would add, else all of them."""

    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._listed())

    def _listed(self):
        try:
            out = subprocess.run(
                ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                cwd=self.root, capture_output=True, check=True).stdout.decode()
            return {p for p in out.split("\0") if p and os.path.isfile(self.full(p))}
        except (OSError, subprocess.CalledProcessError):  # no git here, or not a clone
            found = set()
            for folder, folders, files in os.walk(self.root):
                folders[:] = [f for f in folders if f not in SKIPPED_FOLDERS
                              and (f in HIDDEN_FOLDERS or not f.startswith("."))]
                found |= {os.path.relpath(os.path.join(folder, f), self.root) for f in files}
            return found

    def full(self, path):
        return os.path.join(self.root, path)

    def text(self, path):
        with open(self.full(path), encoding="utf-8", errors="replace") as file:
            return file.read()

    def lines(self, path):
        return enumerate(self.text(path).splitlines(), 1)

    def matching(self, pattern):
        return [p for p in self.paths if re.fullmatch(pattern, p)]

    def cxx(self, folder="src"):
        return self.matching(folder + r"/.*\.(cc|h)")


def includes(tree, path):
    """(line number, name, whether quoted) of every #include."""
    for number, line in tree.lines(path):
        found = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if found:
            yield number, found.group(2), found.group(1) == '"'


def layers(tree):
    """cmake/layers.txt: folder → the folders it may include."""
    table = {}
    for _, line in tree.lines("cmake/layers.txt"):
        if line and not line.startswith("#"):
            folder, _, below = line.partition(":")
            table[folder] = below.split()
    return table


def check_layering(tree):
    """Every #include obeys cmake/layers.txt; C headers of drivers stay in src/drivers."""
    allowed = layers(tree)
    faults = []
    for path in tree.cxx("src"):
        folder = path.split("/")[1]
        if folder not in allowed:
            faults.append(f"{path}:1: src/{folder}/ has no row in cmake/layers.txt: not built")
            continue
        for number, name, quoted in includes(tree, path):
            where = f"{path}:{number}"
            if DRIVER_HEADERS.match(name) and folder != "drivers":
                faults.append(f"{where}: <{name}> may only be included in src/drivers/")
            if not quoted:
                continue
            target = name.split("/")[0]
            if "src/" + name not in tree.paths:
                faults.append(f'{where}: "{name}" is no file of src/ (paths start at src/)')
            elif target != folder and target not in allowed[folder]:
                faults.append(f"{where}: {folder}/ may not include {target}/; it may include: "
                              + (" ".join(allowed[folder]) or "nothing"))
            elif target == folder in COMPONENT_FOLDERS:
                ours, theirs = path.split("/")[2:-1], name.split("/")[1:-1]
                if ours and theirs and theirs[0] not in {ours[0], COMMON_COMPONENT.get(folder)}:
                    faults.append(
                        f"{where}: components never include each other: {folder}/{ours[0]} may not "
                        f"know {folder}/{theirs[0]}; move what they share up to {folder}/")
    for path in tree.matching(r"examples/([^/]+/simulator|common)/.*\.(cc|h)"):
        for number, name, quoted in includes(tree, path):
            if quoted and "src/" + name in tree.paths and not name.startswith("base/"):
                faults.append(f"{path}:{number}: a simulator may include nothing of ours but base/")
    return faults


def check_folder_table(tree):
    """src/README.md has one table row or bullet for each folder of src/, and no other."""
    if not tree.paths or "src/README.md" not in tree.paths:
        return ["src/README.md:1: missing; it maps each folder of src/ to its purpose"]
    documented = {}
    for number, line in tree.lines("src/README.md"):
        found = re.match(r"\s*[|*-]\s*\[?`([a-z_]+)/`", line)
        if found:
            documented.setdefault(found.group(1), number)
    folders = {p.split("/")[1] for p in tree.matching(r"src/[^/]+/.*")}
    faults = [f"src/README.md:1: no row for `{f}/`" for f in sorted(folders - documented.keys())]
    faults += [f"src/README.md:{documented[f]}: `{f}/` is no folder of src/"
               for f in sorted(documented.keys() - folders)]
    return faults


def check_size(tree):
    """Source files have at most 500 lines of 100 columns."""
    faults = []
    for path in tree.matching(r"(src|tests|bench|examples)/.*\.(cc|h|py|sh)|dev|.*\.cmake"):
        count = 0
        for count, line in tree.lines(path):
            if len(line) > MAX_COLUMNS:
                faults.append(f"{path}:{count}: {len(line)} columns; at most {MAX_COLUMNS}")
        if count > MAX_LINES:
            faults.append(f"{path}:{MAX_LINES + 1}: {count} lines; at most {MAX_LINES}: "
                          "split it by purpose")
    return faults


def check_header_contract(tree):
    """A header is guarded, and a comment states its contract before the first declaration."""
    faults = []
    for path in tree.matching(r"src/.*\.h"):
        words, guarded = 0, False
        for _, line in tree.lines(path):
            line = line.strip()
            if line.startswith(("//", "/*", "*")):
                words += len(re.findall(r"\w+", line))
            elif line == "#pragma once":
                guarded = True
            elif line and not re.match(r"#|(inline )?namespace [\w:]*\s*\{$", line):
                break
        if words < 5:
            faults.append(f"{path}:1: say what it is for, who calls it and what holds afterwards, "
                          "in a comment before the first declaration")
        if not guarded:
            faults.append(f"{path}:1: no #pragma once before the first declaration")
    return faults


def check_dead_files(tree):
    """Every header of src/ is included by somebody."""
    used = {name for path in tree.cxx("(src|tests|bench|examples)") for _, name, quoted
            in includes(tree, path) if quoted}
    return [f"{path}:1: nobody includes it" for path in tree.matching(r"src/.*\.h")
            if path[len("src/"):] not in used]


def check_file_bytes(tree):
    """No file over 5 MB is in git."""
    return [f"{path}:1: over 5 MB; generate it, or fetch it by a package client"
            for path in tree.paths if os.path.getsize(tree.full(path)) > MAX_BYTES]


def check_names(tree):
    """No file or folder is named for nothing in particular."""
    return [f"{path}:1: '{part}' says nothing; name it for its purpose"
            for path in tree.paths for part in path.split("/")
            if part.split(".")[0].lower() in VAGUE_NAMES]


def check_unfinished(tree):
    """No reminders in code: they belong into the issue tracker."""
    return [f"{path}:{number}: '{found.group()}': finish it, or open an issue"
            for path in tree.matching(r"(src|tests|bench|examples)/.*\.(cc|h|py|sh|sql|yaml)")
            for number, line in tree.lines(path) if (found := UNFINISHED.search(line))]


def check_hosts(tree):
    """No registry host and no path of one machine: package clients know where to ask."""
    faults = []
    for path in tree.paths:
        if os.path.getsize(tree.full(path)) > MAX_BYTES:
            continue
        text = tree.text(path)
        if "\0" in text or not (HOSTS.search(text) or MACHINE_PATHS.search(text)):
            continue
        for number, line in tree.lines(path):
            found = HOSTS.search(line) or MACHINE_PATHS.search(line)
            if found:
                faults.append(
                    f"{path}:{number}: '{found.group()}' belongs to one machine or registry")
    return faults


def check_tests_are_run(tree):
    """Every file that looks like a test lies where ./dev test finds it."""
    faults = []
    folders = {p.split("/")[1] for p in tree.matching(r"src/[^/]+/.*")}
    for path in tree.matching(r".*\.cc"):
        text = tree.text(path)
        has_test = re.search(r"^(TYPED_)?TEST(_[FP])?\(", text, re.M)
        if has_test and not re.match(r"tests/(unit|conformance)/.*_test\.cc$", path):
            faults.append(f"{path}:1: tests belong into tests/unit/<folder>/*_test.cc")
        if path.endswith("_test.cc") and not has_test:
            faults.append(f"{path}:1: contains no TEST")
        unit = re.match(r"tests/unit/([^/]+)/", path)
        if unit and unit.group(1) not in folders:
            faults.append(f"{path}:1: tests/unit/{unit.group(1)}/ stands for no folder of src/")
        if path.startswith("tests/fuzz/") and not (
                path.endswith("_fuzz.cc") and "LLVMFuzzerTestOneInput" in text):
            faults.append(f"{path}:1: fuzzers are tests/fuzz/*_fuzz.cc with LLVMFuzzerTestOneInput")
    for path in tree.matching(r"tests/integration/[^/_][^/]*\.(sh|py)"):
        if not os.access(tree.full(path), os.X_OK):
            faults.append(f"{path}:1: not executable, so it is not run (chmod +x)")
    for path in tree.matching(r".*\.test"):
        if not re.match(r"tests/golden/|examples/[^/]+/tests/", path):
            faults.append(f"{path}:1: golden tests belong into tests/golden/ or examples/*/tests/")
    return faults


def check_changelog(tree):
    """CHANGELOG.md has a part for what is not yet released."""
    if "CHANGELOG.md" in tree.paths and re.search(
            r"^## \[?Unreleased\]?\s*$", tree.text("CHANGELOG.md"), re.M):
        return []
    return ["CHANGELOG.md:1: has no '## Unreleased'"]


CHECKS = [value for name, value in sorted(globals().items()) if name.startswith("check_")]
