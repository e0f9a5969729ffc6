"""A private Kafka server for tests: one broker in a temporary folder, on free ports of 127.0.0.1.

For Python tests: with _kafka.Broker() as broker: … broker.address …
$KAFKA_LIBRARY is the folder of its jars (./dev fetches them).
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

LIBRARY = os.environ.get("KAFKA_LIBRARY", "")
JAVA = ["java", "-Xms64m", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
        "-Dlog4j2.level=OFF", "-cp", f"{LIBRARY}/*"]
SETTINGS = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
auto.create.topics.enable=false
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Broker:
    """Started when made, gone after stop()."""

    def __init__(self):
        if not os.path.isdir(LIBRARY):
            raise SystemExit("KAFKA_LIBRARY is not the folder of Kafka's jars: "
                             "run ./dev test integration")
        self.folder = tempfile.mkdtemp(prefix="clearwell-kafka-")
        self.process = None
        try:
            self.port, controller = free_ports(2)
            self.settings = self.folder + "/server.properties"
            with open(self.settings, "w", encoding="utf-8") as settings:
                settings.write(SETTINGS.format(port=self.port, controller=controller,
                                               folder=self.folder))
            self._run("kafka.tools.StorageTool", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qg", "-c",
                      self.settings)
            self.start()
        except BaseException:
            self.stop()
            raise

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _run(self, *arguments):
        done = subprocess.run([*JAVA, *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, wait=True):
        with open(self.folder + "/log", "ab") as log:
            self.process = subprocess.Popen([*JAVA, "kafka.Kafka", self.settings],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        until = time.monotonic() + 60
        while wait and time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        if wait:
            with open(self.folder + "/log", encoding="utf-8") as lines:
                raise RuntimeError("the broker does not start: " + lines.read()[-4000:])

    def kill(self):
        """SIGKILL."""
        self.process.kill()
        self.process.wait()

    def delete_before(self, topic, partition, offset):
        """Deletes the messages of a partition before an offset, as retention does."""
        path = self.folder + "/delete.json"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'{{"version": 1, "partitions": [{{"topic": "{topic}", '
                       f'"partition": {partition}, "offset": {offset}}}]}}')
        self._run("org.apache.kafka.tools.DeleteRecordsCommand", "--bootstrap-server",
                  self.address, "--offset-json-file", path)

    def group_lag(self, group):
        """What those who watch lag see: {"topic/partition": messages}."""
        lines = self._run("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
                          "--bootstrap-server", self.address, "--describe", "--group",
                          group).splitlines()
        rows = [line.split() for line in lines]
        head = next(index for index, row in enumerate(rows) if row[:1] == ["GROUP"])
        return {f"{row[1]}/{row[2]}": int(row[5]) for row in rows[head + 1:] if len(row) > 5}

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
