"""The real Kafka and Postgres of one test session."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
from tests.support.waiting import until_sync

from local_stack import containers, control, kafka, ports, state
from local_stack.settings import INFRASTRUCTURE, REPOSITORY, SERVICES, Stack

KAFKA_IMAGE = "apache/kafka:4.3.0"
POSTGRES_IMAGE = "postgres:18"
HOMES = REPOSITORY / ".local"
ENDING_SECONDS = 30
"""A run that was killed: its stack stops by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    kafka_url: str
    postgres_url: str


class Breakable:
    """A Kafka and a Postgres of one's own, to stop, start, kill, freeze and thaw by name (`kafka`, `postgres`)."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.kafka_url = stack.kafka_url
        self.postgres_url = stack.database_url

    def stop(self, name: str) -> None:
        """In order, and it stays down until `start`."""
        control.service(self._stack, name, run=False, progress=_silent)

    def start(self, name: str) -> None:
        """Returns when it answers."""
        control.service(self._stack, name, run=True, progress=_silent)

    def kill(self, name: str) -> None:
        """SIGKILL. The supervisor starts it again by itself; returns when it answers again."""
        killed = self._pid(name)
        os.kill(killed, signal.SIGKILL)
        until_sync(lambda: self._pid(name) not in {killed, 0}, seconds=30, what=f"{name} is back after SIGKILL")

    def pause(self, name: str) -> None:
        """SIGSTOP: connections stay open and nothing is answered."""
        self._signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def heal(self) -> None:
        """Whatever a test left behind: both run and answer."""
        for name in INFRASTRUCTURE:
            if self._pid(name):
                self.resume(name)
            self.start(name)

    def _signal(self, name: str, number: int) -> None:
        """Postgres is a family of processes: behind a frozen parent its children would still answer."""
        parent = psutil.Process(self._pid(name))
        for process in (parent, *parent.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def _pid(self, name: str) -> int:
        """0 while it is not ready."""
        entry = state.read(self._stack)["programs"][name]
        return int(entry["pid"]) if entry["status"] == "ready" else 0


@contextlib.contextmanager
def breakable() -> Iterator[Breakable]:
    """Always native, always its own: a test may stop what only it uses."""
    with _native("breakable", kafka_url=None, database_url=None) as stack:
        yield Breakable(stack)


@contextlib.contextmanager
def session() -> Iterator[Addresses]:
    """Given by `KAFKA_URL` and `DATABASE_URL`; else in containers, if a Docker engine answers; else native. What was started is stopped."""
    given_kafka, given_database = os.environ.get("KAFKA_URL"), os.environ.get("DATABASE_URL")
    if given_kafka and given_database:
        yield Addresses(kafka_url=given_kafka, postgres_url=given_database)
    elif containers.engine_answers():
        with _in_containers(given_kafka, given_database) as addresses:
            yield addresses
    else:
        with _native("session", kafka_url=given_kafka, database_url=given_database) as stack:
            yield Addresses(kafka_url=stack.kafka_url, postgres_url=stack.database_url)


@contextlib.contextmanager
def _native(purpose: str, *, kafka_url: str | None, database_url: str | None) -> Iterator[Stack]:
    """A fresh stack on free ports, in a folder of this process, so that sessions at the same time never meet."""
    _sweep()
    home = HOMES / f"test-{purpose}-{os.getpid()}"
    stack = Stack(home=home, engine="native", durable=False, given_kafka_url=kafka_url, given_database_url=database_url).with_free_ports()
    needed = [name for name, given in zip(INFRASTRUCTURE, (kafka_url, database_url), strict=True) if not given]
    with control.running(stack, needed, progress=_silent):
        yield stack
    shutil.rmtree(home, ignore_errors=True)


def _sweep() -> None:
    """Folders of sessions that ended by force."""
    for home in HOMES.glob("test-*-*"):
        pid = home.name.rpartition("-")[2]
        if pid.isdigit() and not psutil.pid_exists(int(pid)) and not state.is_running(Stack(home=home)):
            shutil.rmtree(home, ignore_errors=True)


def _silent(_: str) -> None:
    """Tests need no progress."""


@contextlib.contextmanager
def _in_containers(given_kafka: str | None, given_database: str | None) -> Iterator[Addresses]:
    from testcontainers.core.container import DockerContainer
    from testcontainers.postgres import PostgresContainer

    with contextlib.ExitStack() as started:
        kafka_url, postgres_url = given_kafka, given_database
        if not kafka_url:
            (port,) = ports.free_ports(1)
            kafka_url = f"127.0.0.1:{port}"
            container = DockerContainer(KAFKA_IMAGE).with_bind_ports(9092, port)
            for name, value in _kafka_settings(kafka_url).items():
                container = container.with_env(name, value)
            started.enter_context(container)
            until_sync(lambda: kafka.answers(str(kafka_url)), seconds=60, what="Kafka in its container answers")
        if not postgres_url:
            database = started.enter_context(PostgresContainer(POSTGRES_IMAGE, username="postgres", dbname="postgres", driver=None))
            postgres_url = database.get_connection_url()
        yield Addresses(kafka_url=kafka_url, postgres_url=postgres_url)


def _kafka_settings(advertised: str) -> dict[str, str]:
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{advertised}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
    }


QUICK = {"INGESTOR_SWEEP_INTERVAL_SECONDS": "10", "INGESTOR_SHOPS_INTERVAL_SECONDS": "2", "INGESTOR_UNKNOWN_PUSHES_KEPT": "50"}
"""What tests would otherwise wait or push for."""


@contextlib.contextmanager
def whole_system(name: str = "e2e-stack", services: dict[str, str] = QUICK) -> Iterator[Stack]:
    """Everything that `make up` starts, from a fresh state, on ports and in a folder of its own; `services`: as `Stack.services`.

    Another run that uses the folder is waited for, never stopped: its tests would fail in the middle.
    """
    home = HOMES / name
    stack = Stack(home=home, durable=False, services=services, given_kafka_url=None, given_database_url=None).with_free_ports()
    end_it = f"LOCAL_STACK_HOME={home} .venv/bin/python -m local_stack down"
    until_sync(lambda: not state.is_running(stack), seconds=ENDING_SECONDS, what=f"another run is done with {home} (`{end_it}` ends it)")
    control.reset(stack)
    with control.running(stack, (*INFRASTRUCTURE, "sandbox", *SERVICES), progress=_silent):
        yield stack
