"""Spark for tests: its place, a project's settings for it, and a standalone cluster."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def home():
    found = os.environ.get("SPARK") or next(iter(sorted(map(str, ROOT.glob(".deps/spark-*")))), "")
    if not os.path.exists(found + "/bin/spark-sql"):
        raise SystemExit("no Spark found: `./dev test integration` fetches it")
    return found


# Small jobs: a quick start counts more than fast code.
JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def settings(master="local[2]"):
    """What a project's clearwell.yaml says of Spark."""
    return f"""
engine:
  spark:
    home: {home()}
    jdbc_driver: {home()}/drivers/postgresql.jar
    master: "{master}"
    time_limit: 200s
    conf:
      spark.driver.extraJavaOptions: "{JAVA}"
      spark.executor.extraJavaOptions: "{JAVA}"
      spark.driver.host: 127.0.0.1
      spark.executor.memory: 512m
      spark.ui.enabled: false
      spark.sql.shuffle.partitions: 2
      spark.sql.codegen.wholeStage: false
      spark.sql.codegen.factoryMode: NO_CODEGEN
"""


def environment(**more):
    return dict(os.environ, SPARK_LOCAL_IP="127.0.0.1", **more)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class Cluster:
    """A master and a worker on 127.0.0.1, gone at the end of `with`."""

    def __init__(self, folder):
        self.folder, self.processes, self.port = folder, [], free_port()

    @property
    def master(self):
        return f"spark://127.0.0.1:{self.port}"

    def _start(self, name, *arguments):
        log = open(f"{self.folder}/{name}.log", "wb")  # pylint: disable=consider-using-with
        environment_ = environment(SPARK_HOME=home(), SPARK_WORKER_DIR=f"{self.folder}/worker",
                                   SPARK_DAEMON_JAVA_OPTS=JAVA, SPARK_DAEMON_MEMORY="256m")
        self.processes.append(subprocess.Popen(
            [home() + "/bin/spark-class", "org.apache.spark.deploy." + name, *arguments],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=self.folder,
            env=environment_, start_new_session=True))
        log.close()

    def _wait(self, name, text):
        for _ in range(600):
            with open(f"{self.folder}/{name}.log", encoding="utf-8") as log:
                written = log.read()
            if re.search(text, written):
                return
            if self.processes[-1].poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"{name} does not start: {written[-3000:]}")

    def __enter__(self):
        try:
            self._start("master.Master", "--host", "127.0.0.1", "--port", str(self.port),
                        "--webui-port", "0")
            self._wait("master.Master", "I have been elected leader")
            self._start("worker.Worker", "--host", "127.0.0.1", "--cores", "2", "--memory", "1g",
                        "--webui-port", "0", self.master)
            self._wait("worker.Worker", "Successfully registered with master")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            for sign in (signal.SIGTERM, signal.SIGKILL):
                if process.poll() is None:
                    os.killpg(process.pid, sign)
                    try:
                        process.wait(timeout=15)
                    except subprocess.TimeoutExpired:
                        continue
        self.processes = []
