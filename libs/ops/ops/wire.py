"""Kafka as operators read it: what exists, how far consumers are, and records of any range, without joining a group."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, for_code
from aiokafka.partitioner import murmur2

from chassis import header_names
from ops.failures import NotFound, Unreachable
from ops.settings import Settings

Record: TypeAlias = ConsumerRecord  # of bytes
Ranges: TypeAlias = Mapping[int, tuple[int, int]]
"""Partition → first offset and the one after the last."""

REQUEST_MS = 10_000
FETCH_BYTES = 4 * 1024 * 1024
IDLE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as the broker has it."""

    partitions: int
    config: Mapping[str, str]
    own: Mapping[str, str]
    """The part of `config` that was set for this topic."""


def partition_of(key: bytes, partitions: int) -> int:
    """Where every producer sends this key."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


def published_at(record: Record) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)


class Wire:
    """`async with Wire(settings) as wire`. Names are without the prefix."""

    def __init__(self, settings: Settings) -> None:
        self.url, self.prefix = settings.kafka_url, settings.topic_prefix
        self._admin = AIOKafkaAdminClient(bootstrap_servers=self.url, request_timeout_ms=REQUEST_MS, client_id="ops")
        self._asker: AIOKafkaConsumer | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._admin.start()
        except (KafkaError, OSError) as error:
            await self._admin.close()
            raise Unreachable(f"Kafka does not answer at {self.url}: start it, or set KAFKA_URL") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._asker:
            await self._asker.stop()
        await self._admin.close()

    @property
    def admin(self) -> AIOKafkaAdminClient:
        return self._admin

    async def existing(self) -> set[str]:
        """Names of the topics with our prefix."""
        return {name.removeprefix(self.prefix) for name in await self._admin.list_topics() if name.startswith(self.prefix)}

    async def partitions(self, topic: str) -> range:
        (described,) = await self._admin.describe_topics([self.prefix + topic])
        if described["error_code"]:
            raise NotFound(f"there is no topic {self.prefix + topic}: `ops topics` shows what there should be")
        return range(len(described["partitions"]))

    async def states(self, topics: Collection[str]) -> dict[str, TopicState]:
        """Partitions and settings of these topics, which exist."""
        if not topics:
            return {}
        counts = {
            each["topic"].removeprefix(self.prefix): len(each["partitions"])
            for each in await self._admin.describe_topics([self.prefix + topic for topic in topics])
        }
        asked = [ConfigResource(ConfigResourceType.TOPIC, self.prefix + topic) for topic in topics]
        states = {}
        for response in await self._admin.describe_configs(asked):
            for code, message, _, name, entries in response.resources:
                if code:
                    raise for_code(code)(message)
                topic = name.removeprefix(self.prefix)
                config = {entry[0]: entry[1] for entry in entries}
                own = {entry[0]: entry[1] for entry in entries if entry[3] == _SET_FOR_TOPIC}
                states[topic] = TopicState(counts[topic], config, own)
        return states

    async def set_config(self, topic: str, config: Mapping[str, str]) -> None:
        """All settings of the topic: what is not named goes back to the broker's default."""
        for response in await self._admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, self.prefix + topic, dict(config))]):
            for code, message, *_ in response.resources:
                if code:
                    raise for_code(code)(message)

    async def committed(self, group: str) -> dict[tuple[str, int], int]:
        """Topic and partition → the offset that the group reads next."""
        offsets = await self._admin.list_consumer_group_offsets(self.prefix + group)
        return {(tp.topic.removeprefix(self.prefix), tp.partition): at.offset for tp, at in offsets.items() if at.offset >= 0}

    async def members(self, group: str) -> int:
        """Consumers that are in the group now; one that was killed stays for as long as its session."""
        (response,) = await self._admin.describe_consumer_groups([self.prefix + group])
        ((_code, _group, _state, _protocol_type, _protocol, members, *_),) = response.groups
        return len(members)

    async def bounds(self, topic: str) -> Ranges:
        """What there is of a topic now."""
        asker = await self._ask()
        partitions = [TopicPartition(self.prefix + topic, number) for number in await self.partitions(topic)]
        first, last = await asyncio.gather(asker.beginning_offsets(partitions), asker.end_offsets(partitions))
        return {tp.partition: (first[tp], last[tp]) for tp in partitions}

    async def between(self, topic: str, since: datetime | None, until: datetime | None) -> Ranges:
        """The part of a topic that was published in [since, until)."""
        bounds = dict(await self.bounds(topic))
        for at, position in ((since, 0), (until, 1)):
            if at is None:
                continue
            asker = await self._ask()
            found = await asker.offsets_for_times(
                {TopicPartition(self.prefix + topic, number): int(at.timestamp() * 1000) for number in bounds}
            )
            for tp, place in found.items():
                first, last = bounds[tp.partition]
                here = place.offset if place is not None else last
                bounds[tp.partition] = (max(here, first), last) if position == 0 else (first, min(here, last))
        return bounds

    async def read(
        self, topic: str, ranges: Ranges, *, at_most: int = 5000
    ) -> AsyncIterator[tuple[dict[int, list[Record]], dict[int, int]]]:
        """Records of these ranges in order per partition, so many at a time, each with where each partition goes on.

        Raises Unreachable when nothing comes for 30 s.
        """
        open_ranges = {number: (first, last) for number, (first, last) in ranges.items() if first < last}
        if not open_ranges:
            return
        async with self._consumer() as consumer:
            ends = {TopicPartition(self.prefix + topic, number): last for number, (_, last) in open_ranges.items()}
            positions: dict[int, int] = {}
            consumer.assign(list(ends))
            for tp in ends:
                consumer.seek(tp, open_ranges[tp.partition][0])
            while ends:
                batch = await self._next(consumer, at_most, topic)
                records = {tp.partition: [record for record in found if record.offset < ends[tp]] for tp, found in batch.items()}
                positions |= {tp.partition: min(await consumer.position(tp), ends[tp]) for tp in ends}
                over = [tp for tp, last in ends.items() if positions[tp.partition] >= last]
                for tp in over:
                    del ends[tp]
                    consumer.pause(tp)
                yield records, dict(positions)

    async def _next(self, consumer: AIOKafkaConsumer, at_most: int, topic: str) -> dict[TopicPartition, list[Record]]:
        """At gaps (compaction, transactions) the position moves although nothing comes: then the answer is empty."""
        places = {tp: await consumer.position(tp) for tp in consumer.assignment()}
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                while True:
                    batch: dict[TopicPartition, list[Record]] = await consumer.getmany(timeout_ms=100, max_records=at_most)
                    if batch or any([await consumer.position(tp) != place for tp, place in places.items()]):
                        return batch
        except TimeoutError:
            raise Unreachable(f"Kafka gave nothing of {topic} for {IDLE_SECONDS:.0f} s: is its leader there?") from None

    async def first_times(self, topic: str, ranges: Ranges) -> dict[int, datetime]:
        """When the first record of each of these ranges was published; ranges without a record are absent."""
        found: dict[int, datetime] = {}
        async for records, positions in self.read(topic, ranges, at_most=500):
            for number, of_partition in records.items():
                if of_partition:
                    found.setdefault(number, published_at(of_partition[0]))
            if all(number in found or positions.get(number, 0) >= last for number, (_, last) in ranges.items()):
                break
        return found

    async def find(self, topic: str, *, partition: int, offset: int) -> Record | None:
        """One record, if it is still there."""
        async for records, _ in self.read(topic, {partition: (offset, offset + 1)}):
            for record in records.get(partition, ()):
                return record
        return None

    @contextlib.asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        header_names.install()
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.url,
            client_id="ops",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=FETCH_BYTES,
            request_timeout_ms=REQUEST_MS,
        )
        await consumer.start()
        try:
            yield consumer
        finally:
            await consumer.stop()

    async def _ask(self) -> AIOKafkaConsumer:
        if self._asker is None:
            self._asker = AIOKafkaConsumer(
                bootstrap_servers=self.url, client_id="ops", request_timeout_ms=REQUEST_MS, enable_auto_commit=False
            )
            await self._asker.start()
        return self._asker


_SET_FOR_TOPIC: Any = 1  # ConfigSource DYNAMIC_TOPIC_CONFIG
