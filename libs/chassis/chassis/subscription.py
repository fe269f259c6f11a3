"""One topic read by one handler: what happens around a batch (back-off, held partitions, pause)."""

import asyncio
import contextlib
import dataclasses
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import IllegalStateError
from faststream.exceptions import NackMessage

from chassis import metrics
from chassis.batches import Batches, TooManyBugs, Trouble
from chassis.failures import judge
from chassis.incoming import Record
from chassis.logs import logger
from chassis.waiting import backoff_seconds, pause
from chassis.watch import Watch

if TYPE_CHECKING:
    import asyncpg

LOG = logger(__name__)


@dataclasses.dataclass(slots=True)
class _Failing:
    """A partition whose events meet a bug."""

    since: float
    first_at: datetime
    attempts: int = 0


async def tolerant_parser(records: Sequence[Record], original: Any) -> Any:
    """Show FastStream's parser one record without headers.

    It decodes every header, and loses the whole batch over one that is null or not UTF-8.
    """
    message = await original((dataclasses.replace(records[0], headers=(), value=b""),))
    message.raw_message = tuple(records)  # nack() seeks by these, so every partition goes back
    return message


class Subscription:
    """What FastStream calls with each batch. Returning commits the offsets; NackMessage seeks every partition of the batch back."""

    def __init__(
        self,
        batches: Batches,
        watch: Watch,
        *,
        stop: asyncio.Event,
        committed: Callable[[], None],
        bug_patience_seconds: float,
        backoff_cap_seconds: float,
    ) -> None:
        self.batches, self.watch = batches, watch
        self.pool: asyncpg.Pool | None = None
        self.subscriber: Any = None
        self.paused: str | None = None
        self._stop, self._committed = stop, committed
        self._patience, self._cap = bug_patience_seconds, backoff_cap_seconds
        self._failures = 0
        self._waiting: tuple[int, float] | None = None
        self._reached = 0.0
        self._failing: dict[TopicPartition, _Failing] = {}
        self._name = batches.topic.name

    async def on_batch(self, records: Sequence[Record]) -> None:
        """Apply a batch; on a bug, partition by partition, so that only the one with the bug waits."""
        if self.paused:
            self._hold({_partition(record) for record in records}, records)
            return
        started = time.perf_counter()
        self._waiting = len(records), _oldest(records)
        self.watch.begin()
        try:
            await self._apply(records)
        except Exception as error:  # noqa: BLE001 - judged inside: whatever it is, no event may be skipped
            self.watch.end()
            await self._back_off(error, len(records))
        finally:
            self.watch.end()
        self._failures = 0
        self._waiting, self._reached = None, _oldest(records[-1:])
        self._committed()
        metrics.BATCH_SECONDS.labels(self._name).observe(time.perf_counter() - started)

    def behind(self, *, now: float) -> tuple[int, float]:
        """How many events are published and not handled here, and for how many seconds the oldest of them has waited.

        While a batch is in hand, or failed and comes again, that is its oldest record; between batches, where the last one ended.
        """
        held, since = self._waiting or (0, self._reached)
        events = held + self._not_fetched()
        return events, max(0.0, now - since) if events and since else 0.0

    def late_seconds(self, *, now: float) -> float:
        """As `behind` tells it, but partitions that are held while the others go on are late as well."""
        if self.paused:
            return float("inf")
        held = time.monotonic() - min((failing.since for failing in self._failing.values()), default=time.monotonic())
        return max(held, self.behind(now=now)[1])

    def _not_fetched(self) -> int:
        consumer: AIOKafkaConsumer | None = self.subscriber and self.subscriber.consumer
        if consumer is None:
            return 0
        behind = 0
        for partition in consumer.assignment():
            with contextlib.suppress(IllegalStateError):
                state = consumer._subscription.subscription.assignment.state_value(partition)  # noqa: SLF001 - `position()` waits for one
                if state.has_valid_position and state.highwater is not None:
                    behind += max(0, state.highwater - state.position)
        return behind

    async def _apply(self, records: Sequence[Record]) -> None:
        assert self.pool is not None
        if not self._failing or self._failing.keys().isdisjoint(_partition(record) for record in records):
            try:
                await self.batches.apply(self.pool, records)
            except Exception as error:
                if judge(error) == "transient":
                    raise
                LOG.exception("handler-bug", topic=self._name, events=len(records))
            else:
                return
        await self._apply_by_partition(records)

    async def _apply_by_partition(self, records: Sequence[Record]) -> None:
        ours = self.subscriber.consumer.assignment()
        self._failing = {partition: failing for partition, failing in self._failing.items() if partition in ours}
        by_partition: dict[TopicPartition, list[Record]] = defaultdict(list)
        for record in records:
            by_partition[_partition(record)].append(record)
        for partition, theirs in by_partition.items():
            if self.paused:
                self._hold({partition}, theirs)
                continue
            await self._apply_one(partition, theirs)

    async def _apply_one(self, partition: TopicPartition, records: Sequence[Record]) -> None:
        assert self.pool is not None
        failing = self._failing.get(partition)
        isolate = failing is not None and time.monotonic() - failing.since >= self._patience
        trouble = Trouble(failing.first_at, failing.attempts + 1) if failing else None
        try:
            await self.batches.apply(self.pool, records, trouble=trouble, careful=True, isolate=isolate)
        except TooManyBugs as error:
            self._pause(str(error))
            self._hold({partition}, records)
        except Exception as error:
            if judge(error) == "transient":
                raise
            self._stumble(partition, records, error)
        else:
            self._failing.pop(partition, None)
            metrics.PARTITIONS_HELD.labels(self._name).set(len(self._failing))

    def _stumble(self, partition: TopicPartition, records: Sequence[Record], error: Exception) -> None:
        """A bug: this partition waits and tries again, the others go on."""
        failing = self._failing.setdefault(partition, _Failing(time.monotonic(), self.batches.now()))
        failing.attempts += 1
        metrics.BATCH_FAILURES.labels(self._name, "bug").inc()
        metrics.PARTITIONS_HELD.labels(self._name).set(len(self._failing))
        delay = backoff_seconds(failing.attempts, cap=min(self._cap, max(self._patience / 4, 0.05)))
        LOG.error(
            "handler-bug-holds-partition",
            topic=self._name,
            partition=partition.partition,
            offset=records[0].offset,
            attempts=failing.attempts,
            next_try_seconds=round(delay, 2),
            exc_info=error,
        )
        self._hold({partition}, records)
        asyncio.get_running_loop().call_later(delay, self._resume, partition)

    def _hold(self, partitions: set[TopicPartition], records: Sequence[Record]) -> None:
        """Go back to the first record of these partitions and fetch nothing of them; the commit that follows commits that position."""
        consumer: AIOKafkaConsumer = self.subscriber.consumer
        for partition in partitions:
            first = min(record.offset for record in records if _partition(record) == partition)
            # Not ours any more after a rebalance: its next owner begins at the committed offset, before this batch.
            with contextlib.suppress(IllegalStateError):
                consumer.seek(partition, first)
                consumer.pause(partition)

    def _resume(self, partition: TopicPartition) -> None:
        consumer: AIOKafkaConsumer | None = self.subscriber.consumer
        if consumer and not self.paused:
            with contextlib.suppress(IllegalStateError):
                consumer.resume(partition)
                self.watch.release(partition)

    def _pause(self, why: str) -> None:
        """A bad deploy, not bad events: nothing more is taken until the process is started again, by a better deploy."""
        self.paused = why
        metrics.CONSUMER_PAUSED.labels(self._name).set(1)
        LOG.critical("consumer-paused", topic=self._name, why=why)
        consumer: AIOKafkaConsumer = self.subscriber.consumer
        consumer.pause(*consumer.assignment())

    async def _back_off(self, error: Exception, events: int) -> None:
        self._failures += 1
        metrics.BATCH_FAILURES.labels(self._name, "transient").inc()
        delay = backoff_seconds(self._failures, cap=self._cap)
        LOG.warning(
            "batch-failed",
            topic=self._name,
            events=events,
            failures=self._failures,
            error=f"{type(error).__name__}: {error}"[:500],
            next_try_seconds=round(delay, 2),
        )
        self.watch.backing_off = True
        try:
            await pause(self._stop, delay)
        finally:
            self.watch.backing_off = False
        raise NackMessage from error


def _partition(record: Record) -> TopicPartition:
    return TopicPartition(record.topic, record.partition)


def _oldest(records: Sequence[Record]) -> float:
    """Unix seconds; 0 when a producer gave none."""
    oldest: int = min(record.timestamp for record in records)
    return max(0, oldest) / 1000
