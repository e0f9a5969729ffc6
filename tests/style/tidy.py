"""clang-tidy over what has changed; the last line is "N passed, N failed".

"Changed" is: not committed, or committed since the merge base with origin/main.
Where there is no origin/main, or nothing lies between (a fresh clone of main),
it is what the last commits touched. A changed header is checked through a
source that includes it. The newest changes come first, and no file is begun
after --budget seconds: one file takes 5 to 20 s on two cores, and a check that
takes ten minutes is a check that nobody waits for. What was not reached is said,
and `./dev lint --all` checks everything. A file whose text, headers and settings
were found clean before is not checked again (build/tidy-cache).
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time

TIDY = "clang-tidy-19"
RECENT_COMMITS = 10


def git(*arguments):
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []


def changed_files():
    """Paths, newest change first; None when git cannot tell."""
    head = git("rev-parse", "HEAD")
    if not head:
        return None
    base = git("merge-base", "HEAD", "origin/main")
    if not base or base == head:
        recent = git("rev-list", "--first-parent", f"--max-count={RECENT_COMMITS + 1}", "HEAD")
        base = recent[-1:] if len(recent) > RECENT_COMMITS else []
    span = [f"{base[0]}..HEAD"] if base else ["HEAD"]
    pending = git("diff", "--name-only", "HEAD") + git("ls-files", "--others", "--exclude-standard")
    committed = git("log", "--format=", "--name-only", *span)
    return list(dict.fromkeys(pending + committed))


class Sources:
    """The translation units of a build folder, and what each of them includes of ours."""

    def __init__(self, build):
        with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as file:
            entries = json.load(file)
        self.commands = {os.path.relpath(e["file"]): e.get("command", "") for e in entries}
        self._closures = {}

    def closure(self, path):
        """path and all our files it includes, directly or not."""
        if path not in self._closures:
            found, todo = set(), [path]
            while todo:
                one = todo.pop()
                if one in found or not os.path.isfile(one):
                    continue
                found.add(one)
                with open(one, encoding="utf-8", errors="replace") as file:
                    names = re.findall(r'^\s*#\s*include\s*"([^"]+)"', file.read(), re.M)
                for name in names:
                    todo += ["src/" + name, name, os.path.join(os.path.dirname(one), name)]
            self._closures[path] = found
        return self._closures[path]

    def checked_through(self, path):
        """The source to check for a changed file: itself, its twin, or its smallest includer."""
        if path in self.commands:
            return path
        if not path.endswith(".h"):
            return None
        twin = path[:-2] + ".cc"
        if twin in self.commands:
            return twin
        users = [s for s in self.commands if path in self.closure(s)]
        return min(users, key=lambda s: len(self.closure(s)), default=None)

    def fingerprint(self, path):
        digest = hashlib.sha256((TIDY + self.commands[path]).encode())
        for one in [".clang-tidy", *sorted(self.closure(path))]:
            with open(one, "rb") as file:
                digest.update(one.encode() + b"\0" + file.read() + b"\0")
        return digest.hexdigest()


def tidy(build, path):
    done = subprocess.run([TIDY, "--quiet", "-p", build, path],
                          capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def new_faults(output, seen):
    """The diagnostics not shown before: a fault in a header comes with each of its includers."""
    kept = []
    for block in re.split(r"^(?=\S[^\n]*:\d+:\d+: (?:error|warning): )", output, flags=re.M):
        if block.strip() and block not in seen:
            seen.add(block)
            kept.append(block)
    return "".join(kept) or "(only faults shown above)\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--budget", type=float, default=150)
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()

    sources = Sources(options.build)
    changed = None if options.all else changed_files()
    wanted = sorted(sources.commands) if changed is None else list(dict.fromkeys(
        unit for path in changed if (unit := sources.checked_through(path))))
    # Without --all, time is limited; with it (or without git), only when asked for.
    deadline = time.monotonic() + (float("inf") if options.all else options.budget)
    cache = os.path.join(os.path.dirname(options.build), "tidy-cache")
    os.makedirs(cache, exist_ok=True)

    def check(path):
        stamp = os.path.join(cache, sources.fingerprint(path))
        if os.path.exists(stamp):
            return path, 0, ""
        if time.monotonic() > deadline:
            return path, None, ""
        status, output = tidy(options.build, path)
        if status == 0:
            with open(stamp, "w", encoding="utf-8") as file:
                file.write(path + "\n")
        return path, status, output

    passed = failed = late = 0
    seen = set()
    with concurrent.futures.ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for path, status, output in pool.map(check, wanted):
            if status is None:
                late += 1
            elif status == 0:
                passed += 1
            else:
                failed += 1
                print(f"---- {path}\n{new_faults(output, seen)}", flush=True)
    if late:
        print(f"clang-tidy: {late} changed files not reached within {options.budget:.0f} s; "
              "./dev lint --all checks everything")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
