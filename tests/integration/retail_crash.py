#!/usr/bin/env python3
# timeout: 300
# proves: nothing-lost, nothing-doubled, one-transaction | files, jsonl | duckdb | resume
# proves: accounting, all-is-read, recovers | files, jsonl | duckdb | resume
# proves: nothing-lost, nothing-doubled, one-transaction | files, jsonl | duckdb | park-release
# proves: accounting | files, jsonl | duckdb | park-release
"""Clearwell is killed (SIGKILL) 30 times, at random moments and at random named steps, while it
loads 12 000 purchases of the retail example, lines and files, and is started again each time: see
_retail_crash.py. The long form is `./dev crash`.

SEED=N in the environment repeats a run's kills (as far as the machine allows).
"""

import _retail_crash

if __name__ == "__main__":
    _retail_crash.run(kills=30, events=12_000, seed=_retail_crash.seed_of_environment())
