#!/usr/bin/env python3
# timeout: 300
# proves: nothing-lost, nothing-doubled, newest-wins | files | duckdb | first-run
# proves: nothing-lost, nothing-doubled, newest-wins, one-transaction | files | postgres | resume
# proves: batches-do-not-matter, neighbours | files | duckdb, postgres | first-run, resume
"""The cards example comes to one end state by five ways, row by row: see _cards_crash.py. The long
form is tests/crash/cards.

SEED=N in the environment repeats a run's kills (as far as the machine allows).
"""

import argparse

import _cards_crash
import _retail_crash

if __name__ == "__main__":
    _cards_crash.run(argparse.Namespace(kills=10, server_kills=3, parts=4, events=400, users=120,
                                        fsync=False, seed=_retail_crash.seed_of_environment()))
