"""Kafka as tests touch it: raw records in, raw records out, nothing of the chassis between."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from tests.support.waiting import until

from contracts import event as on_the_wire
from contracts.event import CONTENT_TYPE, Event
from contracts.topics import Topic

Headers = Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class Wire:
    """One broker, one prefix."""

    kafka_url: str
    prefix: str

    async def create(self, name: str, *, partitions: int = 1, **config: str) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka_url)
        await admin.start()
        try:
            await admin.create_topics(
                [NewTopic(self.prefix + name, partitions, 1, topic_configs={k.replace("_", "."): v for k, v in config.items()})]
            )
        finally:
            await admin.close()

    @asynccontextmanager
    async def producer(self) -> AsyncIterator[AIOKafkaProducer]:
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka_url, enable_idempotence=True, linger_ms=5)
        await producer.start()
        try:
            yield producer
        finally:
            await producer.stop()

    async def send(self, events: Sequence[Event[Any]], *, topic: str | None = None, partition: int | None = None) -> list[Any]:
        """Sends events in order; gives what the broker said about each."""
        records = [
            (topic or event.topic.name, event.key.encode(), on_the_wire.encode(event), [("content-type", CONTENT_TYPE.encode())])
            for event in events
        ]
        return await self.send_raw(records, partition=partition)

    async def send_raw(
        self, records: Sequence[tuple[str, bytes | None, bytes | None, Headers]], *, partition: int | None = None
    ) -> list[Any]:
        async with self.producer() as producer:
            acks = [
                await producer.send(self.prefix + topic, value, key=key, headers=list(headers), partition=partition)
                for topic, key, value, headers in records
            ]
            return [await ack for ack in acks]

    async def send_named(self, topic: str, key: bytes, value: bytes, *, header: bytes, partition: int) -> Any:
        """Send a record with a header whose name is these bytes. No client does that, but every broker takes it."""
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka_url)
        await producer.start()
        try:
            batch = producer.create_batch()
            batch._builder = _DefaultRecordBatchBuilderPy(2, 0, 0, -1, -1, 0, 1 << 20)
            batch.append(timestamp=None, key=key, value=value, headers=[(_Name(header.hex()), b"value")])
            return await (await producer.send_batch(batch, self.prefix + topic, partition=partition))
        finally:
            await producer.stop()

    async def read(self, topic: str, *, isolation_level: str = "read_committed") -> list[ConsumerRecord[Any, Any]]:
        """All that is on a topic now, per partition in order."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka_url, isolation_level=isolation_level, auto_offset_reset="earliest")
        await consumer.start()
        try:
            partitions = [TopicPartition(self.prefix + topic, number) for number in await self._partitions(topic)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            found: list[ConsumerRecord[Any, Any]] = []
            while [tp for tp in partitions if await consumer.position(tp) < ends[tp]]:
                for records in (await consumer.getmany(timeout_ms=200)).values():
                    found += records
            return found
        finally:
            await consumer.stop()

    async def read_until(self, topic: str, count: int, *, seconds: float = 30) -> list[ConsumerRecord[Any, Any]]:
        """All that is on a topic as soon as there are so many records."""

        async def enough() -> list[ConsumerRecord[Any, Any]]:
            found = await self.read(topic)
            return found if len(found) >= count else []

        return await until(enough, seconds=seconds, every=0.1, what=f"{count} records on {topic}")

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        """The group's offsets per partition of a topic."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka_url)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self.prefix + group)
            return {tp.partition: at.offset for tp, at in offsets.items() if tp.topic == self.prefix + topic and at.offset >= 0}
        finally:
            await admin.close()

    async def ends(self, topic: str) -> dict[int, int]:
        """The offset that the next record of each partition will get."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka_url, isolation_level="read_uncommitted")
        await consumer.start()
        try:
            partitions = [TopicPartition(self.prefix + topic, number) for number in await self._partitions(topic)]
            return {tp.partition: end for tp, end in (await consumer.end_offsets(partitions)).items()}
        finally:
            await consumer.stop()

    async def skip_to_end(self, group: str, topic: str) -> None:
        """The group, which has no members now, has missed everything that is on the topic."""
        consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka_url, group_id=self.prefix + group, enable_auto_commit=False)
        await consumer.start()
        try:
            partitions = [TopicPartition(self.prefix + topic, number) for number in await self._partitions(topic)]
            consumer.assign(partitions)
            await consumer.commit(await consumer.end_offsets(partitions))
        finally:
            await consumer.stop()

    async def _partitions(self, topic: str) -> range:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka_url)
        await admin.start()
        try:

            async def count() -> int:
                (described,) = await admin.describe_topics([self.prefix + topic])
                return len(described["partitions"])

            return range(await until(count, every=0.1, what=f"topic {topic}"))
        finally:
            await admin.close()


class _Name(str):
    """A name that is sent as other bytes than its text has: those that its text gives as hexadecimal digits."""

    __slots__ = ()

    def encode(self, *_: str) -> bytes:
        return bytes.fromhex(self)


def readable(records: Sequence[ConsumerRecord[Any, Any]], topic: Topic) -> list[Event[Any]]:
    """The events among these records. Tests of bad input leave garbage on topics that others read."""
    events = []
    for record in records:
        with contextlib.suppress(on_the_wire.Undecodable, on_the_wire.UnknownType):
            if record.value:
                events.append(on_the_wire.decode(record.value, topic))
    return events
