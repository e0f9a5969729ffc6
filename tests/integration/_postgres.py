"""A private PostgreSQL server for tests: in a temporary folder, on a socket and a free port of
127.0.0.1, run by an unprivileged user (root may not run one).

For Python tests:   with _postgres.Server() as server: … server.url("name") …
For other programs: started as a program it prints the URL of the database `postgres`, and runs
until its standard input ends. So the server goes with whoever started it, also when that crashes.
"""

import glob
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
max_connections = 200
shared_buffers = 64MB
fsync = {fsync}
synchronous_commit = on
full_page_writes = {fsync}
log_min_messages = warning
{more}
"""


def binaries():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"),
                   key=lambda path: int(path.split("/")[4]))
    if found:
        return pathlib.Path(found[-1]).parent
    where = shutil.which("initdb")
    if where is None:
        raise SystemExit("no initdb found: install PostgreSQL's server (Debian: postgresql)")
    return pathlib.Path(where).parent


class Server:
    """Started when made, gone after stop(). fsync off: tests of crashes of the machine excepted,
    nobody misses it."""

    def __init__(self, fsync=False, more=""):
        self.folder = tempfile.mkdtemp(prefix="clearwell-postgres-")
        self.bin = binaries()
        self.process = None
        self.as_user = []
        try:
            if os.geteuid() == 0:
                shutil.chown(self.folder, "postgres", "postgres")
                self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            self._run("initdb", "-D", self.data, "-A", "trust", "-U", "app", "-E", "UTF8",
                      "--no-locale", "--no-sync", "--no-instructions")
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            with open(self.data + "/postgresql.conf", "a", encoding="utf-8") as config:
                config.write(SETTINGS.format(port=self.port, folder=self.folder, more=more,
                                             fsync="on" if fsync else "off"))
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def data(self):
        return self.folder + "/data"

    def _run(self, program, *arguments):
        done = subprocess.run([*self.as_user, self.bin / program, *arguments], cwd=self.folder,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout}{done.stderr}")

    def start(self):
        """Starts the server and waits until it answers. setpriv becomes the server, so its pid is
        ours to signal. After kill() it is refused while processes of the one before are ending."""
        for _ in range(600):
            if self.process is None or self.process.poll() is not None:
                self._spawn()
            time.sleep(0.05)
            ready = subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder, "-p",
                                    str(self.port)], stdin=subprocess.DEVNULL)
            if ready.returncode == 0:
                return
        with open(self.folder + "/log", encoding="utf-8") as lines:
            raise RuntimeError("the server does not start: " + lines.read()[-4000:])

    def _spawn(self):
        with open(self.folder + "/log", "ab") as log:
            self.process = subprocess.Popen(
                [*self.as_user, self.bin / "postgres", "-D", self.data], cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def url(self, database="postgres"):
        return f"postgres://app@127.0.0.1:{self.port}/{database}"

    def psql(self, sql, database="postgres"):
        """What psql prints, unaligned and without headers; raises when a statement fails."""
        done = subprocess.run([self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d",
                               self.url(database), "-c", sql], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return done.stdout.rstrip("\n")

    def cpu(self):
        """CPU seconds of the sessions that have ended (proc(5): cutime and cstime)."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def kill(self):
        """SIGKILL to the postmaster; its children end by themselves when they notice."""
        self.process.kill()
        self.process.wait()

    def halt(self):
        """Ends all sessions and the server; start() brings it back."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()

    def stop(self):
        self.halt()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def main():
    # Whoever stops the starter by Ctrl-C also reaches us; the end of standard input is enough.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Server() as server:
        print(server.url(), flush=True)
        sys.stdin.buffer.read()


if __name__ == "__main__":
    main()
