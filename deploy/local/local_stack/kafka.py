"""Apache Kafka, one node, KRaft, from its own Maven artefacts."""

import base64
import hashlib
import re
import shutil
import socket
import struct
import subprocess
import tempfile
from pathlib import Path

from local_stack.children import Command
from local_stack.failures import Unmet
from local_stack.settings import POM, Stack

JAVA_MINIMUM = 17
API_VERSIONS_KEY = 18
FIND_COORDINATOR_KEY = 10
COORDINATORS = (0, 1)
"""Of groups and of transactions."""


def is_installed(stack: Stack) -> bool:
    return stack.kafka_jars.is_dir()


def install(stack: Stack) -> None:
    """Fetches the jars once; they appear under their final name only when all are there."""
    java()
    if is_installed(stack):
        return
    maven = shutil.which("mvn")
    if maven is None:
        raise Unmet("Maven is missing (it fetches Kafka): install it, e.g. `apt-get install maven`, and see that `mvn` is on PATH")
    stack.software.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=stack.software) as unfinished:
        fetch = [maven, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={unfinished}/jars"]
        done = subprocess.run(fetch, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            reason = next((line for line in done.stdout.splitlines() if "ERROR" in line), "no reason given")
            raise Unmet(f"Maven could not fetch Kafka: {reason.strip()[:300]}; see that Maven reaches its repository and try again")
        try:
            Path(unfinished, "jars").rename(stack.kafka_jars)
        except OSError:
            if not stack.kafka_jars.is_dir():  # else another start was faster
                raise


def java() -> str:
    """The path of a Java that can run Kafka."""
    path = shutil.which("java")
    if path is None:
        raise Unmet(f"Java is missing (Kafka needs {JAVA_MINIMUM} or newer): install it, e.g. `apt-get install openjdk-17-jre-headless`")
    said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < JAVA_MINIMUM:
        found = version[1] if version else "unknown"
        raise Unmet(f"Java {found} is too old for Kafka: put Java {JAVA_MINIMUM} or newer first on PATH")
    return path


def prepare(stack: Stack) -> None:
    """Writes the configuration; formats the storage of a new stack."""
    home = stack.data / "kafka"
    home.mkdir(parents=True, exist_ok=True)
    _properties(stack).write_text(_configuration(stack))
    (home / "log4j2.properties").write_text(LOGGING)
    if not (home / "data" / "meta.properties").is_file():
        tool = [
            *_java(stack, heap="128m"),
            "kafka.tools.StorageTool",
            "format",
            f"--cluster-id={cluster_id(home)}",  # one argument: the id may begin with a dash
            "--config",
            str(_properties(stack)),
        ]
        done = subprocess.run(tool, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Unmet(f"Kafka could not format its storage: {done.stderr.strip()[-300:]}; `make reset` begins anew")


def cluster_id(home: Path) -> str:
    """As Kafka makes them: 16 bytes in URL-safe base64; always the same for a folder."""
    return base64.urlsafe_b64encode(hashlib.md5(str(home).encode(), usedforsecurity=False).digest()).decode().rstrip("=")


def command(stack: Stack) -> Command:
    return Command(
        argv=[*_java(stack, heap=stack.kafka_heap), "kafka.Kafka", str(_properties(stack))], cwd=stack.data / "kafka", grace_seconds=20
    )


def answers(url: str) -> bool:
    """Whether the broker handles requests: it answers ApiVersions, which it does only once it has left its start-up behind."""
    return _ask(url, API_VERSIONS_KEY, 0) is not None


def coordinates(url: str) -> bool:
    """Whether the broker coordinates groups and transactions: the first question makes it create the topics in which it keeps them."""
    return all([_finds_coordinator(url, kind) for kind in COORDINATORS])  # noqa: C419 -- both are asked, so that both are begun


def _finds_coordinator(url: str, kind: int) -> bool:
    key = b"local-stack"
    answer = _ask(url, FIND_COORDINATOR_KEY, 1, struct.pack(">h", len(key)) + key + struct.pack(">b", kind))
    return answer is not None and struct.unpack_from(">h", answer, 8)[0] == 0  # after correlation id and throttling: the error code


def _ask(url: str, api: int, version: int, body: bytes = b"") -> bytes | None:
    """One request on a connection of its own; None without an answer."""
    host, _, port = url.split(",", maxsplit=1)[0].rpartition(":")
    client = b"local-stack"
    request = struct.pack(">hhih", api, version, 1, len(client)) + client + body
    try:
        with socket.create_connection((host, int(port)), timeout=1) as connection, connection.makefile("rb") as answers:
            connection.sendall(struct.pack(">i", len(request)) + request)
            length = answers.read(4)
            answer = answers.read(struct.unpack(">i", length)[0]) if length else b""
    except (OSError, struct.error):
        return None
    return answer or None


def _java(stack: Stack, *, heap: str) -> list[str]:
    logging = f"-Dlog4j2.configurationFile={stack.data / 'kafka' / 'log4j2.properties'}"
    quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"] if heap == "128m" else ["-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20"]
    return [java(), f"-Xms{heap}", f"-Xmx{heap}", *quick, "-Djava.awt.headless=true", logging, "-cp", f"{stack.kafka_jars}/*"]


def _properties(stack: Stack) -> Path:
    return stack.data / "kafka" / "server.properties"


def _configuration(stack: Stack) -> str:
    return f"""\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{stack.kafka_controller_port}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{stack.kafka_port},CONTROLLER://127.0.0.1:{stack.kafka_controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{stack.kafka_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={stack.data / "kafka" / "data"}
auto.create.topics.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=500
num.network.threads=2
num.io.threads=4
log.cleaner.dedupe.buffer.size=16777216
"""


LOGGING = """\
rootLogger.level=INFO
rootLogger.appenderRef.stdout.ref=STDOUT
appender.stdout.type=Console
appender.stdout.name=STDOUT
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=%d{ISO8601} %-5p %m (%c)%n
"""
