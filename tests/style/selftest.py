"""Bad trees for every check: a check that cannot fail proves nothing."""

import os
import tempfile

import checks

# A small tree that breaks no rule; each case below changes it.
GOOD = {
    "CHANGELOG.md": "# Changelog\n\n## Unreleased\n",
    "cmake/layers.txt": "base:\nconfig: base\nsources: base config\ndrivers: base\n",
    "src/README.md": "| folder | purpose |\n|---|---|\n| `base/` | a |\n| `config/` | b |\n"
                     "- `sources/` c\n| `drivers/` | d |\n",
    "src/base/id.h": "// Names a thing for ever; ids are never used again.\n#pragma once\n"
                     "namespace clearwell {\nint next_id();\n}\n",
    "src/base/id.cc": '#include "base/id.h"\n',
    "src/config/project.cc": '#include "base/id.h"\n',
    "src/sources/csv/csv.cc": '#include "base/id.h"\n',
    "src/drivers/duckdb/connection.cc": "#include <duckdb.h>\n",
    "tests/unit/base/id_test.cc": '#include "base/id.h"\nTEST(Id, Grows) {}\n',
    "tests/golden/one.test": "",
}

# check → [(files to change, a part of the expected message)]
BAD = {
    "check_layering": [
        ({"src/base/id.cc": '#include "base/id.h"\n#include "config/x.h"\n',
          "src/config/x.h": ""}, "src/base/id.cc:2: base/ may not include config/"),
        ({"src/config/project.cc": "#include <duckdb.h>\n"}, "only be included in src/drivers/"),
        ({"src/config/project.cc": '#include "id.h"\n'}, "is no file of src/"),
        ({"src/attic/a.cc": ""}, "no row in cmake/layers.txt"),
        ({"src/sources/csv/csv.cc": '#include "sources/kafka/k.h"\n', "src/sources/kafka/k.h": ""},
         "sources/csv may not know sources/kafka"),
        ({"examples/x/simulator/main.cc": '#include "config/x.h"\n', "src/config/x.h": ""},
         "a simulator may include nothing"),
    ],
    "check_folder_table": [
        ({"src/attic/a.cc": ""}, "no row for `attic/`"),
        ({"src/README.md": "| `base/` |\n| `gone/` |\n"}, "`gone/` is no folder"),
        ({"src/README.md": None}, "missing"),
    ],
    "check_size": [
        ({"src/base/id.cc": "int x;\n" * 501}, "501 lines"),
        ({"src/base/id.cc": "//" + "x" * 99 + "\n"}, "101 columns"),
    ],
    "check_header_contract": [
        ({"src/base/id.h": "#pragma once\nint next_id();  // what for, one may ask at length\n"},
         "say what it is for"),
        ({"src/base/id.h": "// A comment of more than five words.\nint x();\n"}, "no #pragma once"),
    ],
    "check_dead_files": [({"src/base/unused.h": ""}, "src/base/unused.h:1: nobody includes it")],
    "check_file_bytes": [({"big.bin": "x" * (checks.MAX_BYTES + 1)}, "big.bin:1: over 5 MB")],
    "check_names": [({"src/base/utils.h": ""}, "'utils.h' says nothing")],
    "check_unfinished": [({"src/base/id.cc": "// TO" "DO: later\n"}, "src/base/id.cc:1")],
    "check_hosts": [
        ({"setup.sh": "curl https://py" "pi.org/simple\n"}, "setup.sh:1"),
        ({"notes.md": "see /ho" "me/somebody/notes\n"}, "notes.md:1"),
    ],
    "check_invariants": [
        ({"tests/golden/one.test": "# pro" "ves: peace | csv | duckdb | resume\n"},
         "there is no promise 'peace'"),
        ({"tests/golden/one.test": "# pro" "ves: accounting\n"}, "expected 'PROMISES"),
        ({"docs/invariants.md": "All is well.\n"}, "is not what the tests say"),
    ],
    "check_tests_are_run": [
        ({"src/base/id_test.cc": "TEST(Id, Grows) {}\n"}, "tests belong into"),
        ({"tests/unit/base/empty_test.cc": ""}, "contains no TEST"),
        ({"tests/unit/attic/a_test.cc": "TEST(A, B) {}\n"}, "no folder of src/"),
        ({"tests/integration/a.sh": ""}, "not executable"),
        ({"tests/fuzz/json.cc": ""}, "fuzzers are"),
        ({"docs/one.test": ""}, "golden tests belong"),
    ],
    "check_changelog": [({"CHANGELOG.md": "# Changelog\n"}, "no '## Unreleased'")],
}


def _tree(folder, changes):
    for path, text in {**GOOD, **changes}.items():
        if text is not None:
            os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
            with open(os.path.join(folder, path), "w", encoding="utf-8") as file:
                file.write(text)
    return checks.Tree(folder)


def run():
    """(number of cases that held, messages about those that did not)."""
    held, faults = 0, []

    def expect(condition, message):
        nonlocal held
        if condition:
            held += 1
        else:
            faults.append("selftest: " + message)

    with tempfile.TemporaryDirectory() as folder:
        tree = _tree(folder, {})
        for check in checks.CHECKS:
            found = check(tree)
            expect(not found, f"{check.__name__} finds fault with a good tree: {found}")
    for check in checks.CHECKS:
        cases = BAD.get(check.__name__, [])
        expect(cases, f"{check.__name__} has no bad tree")
        for changes, expected in cases:
            with tempfile.TemporaryDirectory() as folder:
                found = check(_tree(folder, changes))
            expect(any(expected in message for message in found),
                   f"{check.__name__} should say '{expected}', but says {found}")
    return held, faults
