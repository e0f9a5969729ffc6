"""Runs the style checks over the repository; the last line is "N passed, N failed"."""

import os
import sys

import checks
import selftest


def main():
    held, faults = selftest.run()
    passed, failed = (1, 0) if not faults else (0, 1)
    print(f"{'ok  ' if not faults else 'FAIL'} selftest: {held} cases hold")
    print("".join(f"     {fault}\n" for fault in faults), end="")

    tree = checks.Tree(os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")))
    for check in checks.CHECKS:
        faults = check(tree)
        passed += not faults
        failed += bool(faults)
        print(f"{'FAIL' if faults else 'ok  '} {check.__name__[6:]}: {check.__doc__}")
        for fault in faults:
            print(f"     {fault}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
