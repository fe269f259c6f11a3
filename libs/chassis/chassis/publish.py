"""Two Kafka producers for the relay: a plain lane for events, a fenced lane for states in compacted topics.

aiokafka: an idempotent producer never gives a record up and `stop()` then hangs; one refused record makes every later record of its
partition fail for
ever. So a publisher is used until its first failure and then discarded.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    IllegalOperation,
    InvalidTopicError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)

from chassis.outbox import unpack_headers
from chassis.partitions import partitions

if TYPE_CHECKING:
    from aiokafka.producer.message_accumulator import BatchBuilder

REQUEST_MS = 5000
MAX_BATCH_BYTES = 262_144  # a full turn of the relay fits one batch per partition of twelve; the broker takes four times as much
TRANSACTION_MS = 10_000

_REFUSALS = (
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    InvalidTopicError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    ValueError,
    TypeError,
)
# What the others of a partition get when one is refused.
_CONSEQUENCES = (OutOfOrderSequenceNumber, IllegalOperation)

Row = Any


class Refused(Exception):
    """The broker (or its client) refuses some of these records, and would again."""

    def __init__(self, failures: dict[int, Exception]) -> None:
        first = next(iter(failures.values()))
        super().__init__(f"{type(first).__name__}: {first}")
        self.ids = tuple(failures)
        self.topic_missing = all(isinstance(error, UnknownTopicOrPartitionError) for error in failures.values())


class Publisher:
    """Publishes batches of outbox rows until its first failure."""

    def __init__(self, kafka_url: str, *, name: str, prefix: str, compacted: frozenset[str]) -> None:
        self._kafka_url, self._name, self._prefix, self._compacted = kafka_url, name, prefix, compacted
        self._plain: AIOKafkaProducer | None = None
        self._fenced: AIOKafkaProducer | None = None

    def must_fence(self, rows: Sequence[Row]) -> bool:
        """Whether `fence` has to be called, and the rows read again, before these may be published."""
        return self._fenced is None and any(row["topic"] in self._compacted for row in rows)

    async def fence(self) -> None:
        """Start the fenced lane; from now on an older leader's states are refused by the broker."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._kafka_url,
            client_id=f"relay-{self._name}-states",
            transactional_id=f"{self._prefix}relay-{self._name}",
            transaction_timeout_ms=TRANSACTION_MS,
            request_timeout_ms=REQUEST_MS,
        )
        try:
            await producer.start()
        except BaseException:
            await _discard(producer)
            raise
        self._fenced = producer

    async def publish(self, rows: Sequence[Row]) -> None:
        """Send all and wait for all acknowledgements (all in-sync replicas). Raises Refused, or what else went wrong."""
        states = [row for row in rows if row["topic"] in self._compacted]
        events = [row for row in rows if row["topic"] not in self._compacted]
        if events:
            await self._send_all(await self._plain_lane(), events)
        if states:
            assert self._fenced is not None
            async with self._fenced.transaction():
                await self._send_all(self._fenced, states)

    async def _send_all(self, producer: AIOKafkaProducer, rows: Sequence[Row]) -> None:
        by_topic: dict[str, list[Row]] = defaultdict(list)
        for row in rows:
            by_topic[row["topic"]].append(row)
        acks: list[tuple[list[int], asyncio.Future[Any]]] = []
        failures: dict[int, Exception] = {}
        for topic, theirs in by_topic.items():
            try:
                await self._send_topic(producer, self._prefix + topic, theirs, acks)
            except Exception as error:  # noqa: BLE001 - judged below
                failures[theirs[0]["id"]] = error
                break
        results = await asyncio.gather(*(ack for _, ack in acks), return_exceptions=True)
        for (ids, _), result in zip(acks, results, strict=True):
            if isinstance(result, Exception):
                failures |= dict.fromkeys(ids, result)
        _judge(failures)

    async def _send_topic(
        self, producer: AIOKafkaProducer, topic: str, rows: Sequence[Row], acks: list[tuple[list[int], asyncio.Future[Any]]]
    ) -> None:
        """In batches of our own making: `producer.send` costs three times as much for each record."""
        count = len(await producer.partitions_for(topic))
        open_batches: dict[int, tuple[BatchBuilder, list[int]]] = {}

        async def send(partition: int) -> None:
            batch, ids = open_batches.pop(partition)
            acks.append((ids, await producer.send_batch(batch, topic, partition=partition)))

        for row, partition in zip(rows, partitions([row["key"] for row in rows], count), strict=True):
            if partition in open_batches and not _append(open_batches[partition], row):
                await send(partition)  # full
            if partition not in open_batches:
                open_batches[partition] = producer.create_batch(), []
                _append(open_batches[partition], row)  # an empty one takes a row of any size
        for partition in list(open_batches):
            await send(partition)

    async def _plain_lane(self) -> AIOKafkaProducer:
        if self._plain is None:
            self._plain = AIOKafkaProducer(
                bootstrap_servers=self._kafka_url,
                client_id=f"relay-{self._name}",
                enable_idempotence=True,
                max_batch_size=MAX_BATCH_BYTES,
                request_timeout_ms=REQUEST_MS,
            )
            await self._plain.start()
        return self._plain

    async def discard(self) -> None:
        """Let go of both producers, even when Kafka does not answer."""
        await asyncio.gather(*(_discard(producer) for producer in (self._plain, self._fenced) if producer))
        self._plain = self._fenced = None


def _append(batch: tuple["BatchBuilder", list[int]], row: Row) -> bool:
    """False: it is full."""
    builder, ids = batch
    if builder.append(timestamp=None, key=row["key"], value=row["value"], headers=unpack_headers(row["headers"])) is None:
        return False
    ids.append(row["id"])
    return True


def _judge(failures: dict[int, Exception]) -> None:
    refused = {id_: error for id_, error in failures.items() if isinstance(error, _REFUSALS)}
    if refused:
        raise Refused(refused)
    for error in failures.values():
        if not isinstance(error, _CONSEQUENCES):
            raise error
    for error in failures.values():
        raise error


async def _discard(producer: AIOKafkaProducer) -> None:
    with contextlib.suppress(Exception):
        async with asyncio.timeout(2):
            await producer.stop()
        return
    sender = producer._sender  # noqa: SLF001 - there is no public way to give up
    if sender and sender.sender_task:
        sender.sender_task.cancel()
    with contextlib.suppress(Exception):
        await producer.client.close()
