"""Kafka's administration: topics made from the map, and a question whether the broker answers."""

from collections.abc import Collection, Iterable
from datetime import timedelta

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from chassis.logs import logger
from contracts import topics
from contracts.topics import Topic

LOG = logger(__name__)


def wanted_topics(service: str, consumed: Iterable[Topic], *, prefix: str = "", replication: int = 1) -> list[NewTopic]:
    """List what a service needs: the topics it produces or consumes, and dead letters and replay for each it consumes."""
    consumed = list(consumed)
    produced = [topic for topic in topics.TOPICS if service in topic.producers]
    wanted = {
        topic.name: _new(prefix + topic.name, topic.partitions, replication, topic.cleanup, topic.retention)
        for topic in (*consumed, *produced)
    }
    for topic in consumed:
        for name, retention in (
            (topics.dlq(topic, service), topics.DLQ_RETENTION),
            (topics.replay(topic, service), topics.REPLAY_RETENTION),
        ):
            wanted[name] = _new(prefix + name, topic.partitions, replication, "delete", retention)
    return list(wanted.values())


def _new(name: str, partitions: int, replication: int, cleanup: str, retention: timedelta | None) -> NewTopic:
    retention_ms = -1 if retention is None else int(retention.total_seconds() * 1000)
    return NewTopic(
        name,
        partitions,
        replication,
        topic_configs={"cleanup.policy": cleanup, "retention.ms": str(retention_ms), "max.message.bytes": "1048588"},
    )


async def create_topics(kafka_url: str, wanted: Collection[NewTopic]) -> None:
    """Create the topics that are missing; one that exists is left as it is. Raises the broker's error when a topic can't be made."""
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url, request_timeout_ms=10_000)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        missing = [topic for topic in wanted if topic.name not in existing]
        if not missing:
            return
        response = await admin.create_topics(missing)
        for name, code, *message in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"{name}: {message}")
        LOG.info("topics-created", topics=[topic.name for topic in missing])
    finally:
        await admin.close()


async def answers(kafka_url: str, partitions: Collection[TopicPartition]) -> None:
    """Ask for the end of these partitions over a connection of its own; raises when Kafka does not answer."""
    probe = AIOKafkaConsumer(bootstrap_servers=kafka_url, request_timeout_ms=4_000)
    try:
        await probe.start()
        await probe.end_offsets(list(partitions))
    finally:
        await probe.stop()
