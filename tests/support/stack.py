"""The real Kafka and Postgres of one test session."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local_stack import containers, control, ports, state
from local_stack.settings import INFRASTRUCTURE, REPOSITORY, Stack

KAFKA_IMAGE = "apache/kafka:4.3.0"
POSTGRES_IMAGE = "postgres:18"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    kafka_url: str
    postgres_url: str


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
        with _native() as addresses:
            yield addresses


@contextlib.contextmanager
def _native() -> Iterator[Addresses]:
    stack = Stack(home=_free_home(), engine="native", durable=False).with_free_ports()
    control.reset(stack)
    needed = [name for name, given in zip(INFRASTRUCTURE, (stack.given_kafka_url, stack.given_database_url), strict=True) if not given]
    with control.running(stack, needed, progress=lambda _: None):
        yield Addresses(kafka_url=stack.kafka_url, postgres_url=stack.database_url)


def _free_home() -> Path:
    """Sessions at the same time in one clone get a folder each."""
    for number in range(1, 100):
        home = REPOSITORY / ".local" / f"test-stack-{number}"
        if not state.is_running(Stack(home=home)):
            return home
    raise AssertionError("a hundred test sessions at once")


@contextlib.contextmanager
def _in_containers(given_kafka: str | None, given_database: str | None) -> Iterator[Addresses]:
    from testcontainers.core.container import DockerContainer
    from testcontainers.postgres import PostgresContainer
    from tests.support.waiting import until_sync

    from local_stack import kafka

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
