"""Is a consumer alive? Only then is its process worth keeping.

Own lag (highwater - position) is blind: both come from the same fetch answers, so a stalled fetch shows lag 0. `last_poll_timestamp` is
the time of the
newest fetch answer of a partition: it ages when the fetch stalls, when the handler hangs, and when the loop is dead while a record waits.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

# A partition whose records lie in the buffer while slow handlers serve the others is not stalled; this long it is.
BUSY_FACTOR = 20


class Watched(Protocol):
    """What is watched: FastStream's subscriber."""

    @property
    def consumer(self) -> AIOKafkaConsumer | None: ...


class Watch:
    """Watches one subscriber; the handler says when an attempt begins and ends."""

    def __init__(
        self,
        probe: Callable[[Collection[TopicPartition]], Awaitable[Any]],
        *,
        fetch_seconds: float = 30.0,
        handler_seconds: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._probe, self._fetch_seconds, self._handler_seconds, self._clock = probe, fetch_seconds, handler_seconds, clock
        self._began: float | None = None
        self._rested = clock()
        self.backing_off = False
        self._released: dict[TopicPartition, float] = {}

    def release(self, partition: TopicPartition) -> None:
        """A partition that was held is fetched again from now on."""
        self._released[partition] = time.time() * 1000

    def begin(self) -> None:
        self._began = self._clock()

    def end(self) -> None:
        self._began, self._rested = None, self._clock()

    async def verdict(self, subscriber: Watched) -> str | None:
        """None: alive; else why the process should exit. A broker that is down is no reason: it would take the HTTP side down too."""
        if self._began is not None:
            running = self._clock() - self._began
            return f"a handler has been running for {running:.0f} s" if running > self._handler_seconds else None
        if self.backing_off or subscriber.consumer is None:
            return None
        stale = self._stale(subscriber.consumer)
        if not stale:
            return None
        if not await self._kafka_answers(stale):
            return None
        stale &= self._stale(subscriber.consumer)  # while we asked, a loop that had been blocked may have caught up
        if not stale:
            return None
        return f"{len(stale)} partitions not fetched for {self._fetch_seconds:.0f} s although Kafka answers"

    async def _kafka_answers(self, partitions: Collection[TopicPartition]) -> bool:
        try:
            async with asyncio.timeout(5):
                await self._probe(partitions)
        except Exception:  # noqa: BLE001 - whatever it is: not ready, but alive
            return False
        return True

    def _stale(self, consumer: AIOKafkaConsumer) -> set[TopicPartition]:
        resting = self._clock() - self._rested > self._fetch_seconds
        limit = self._fetch_seconds * (1 if resting else BUSY_FACTOR) * 1000
        now = time.time() * 1000
        held = consumer.paused()
        polled = {tp: consumer.last_poll_timestamp(tp) for tp in consumer.assignment() if tp not in held}
        return {tp for tp, at in polled.items() if at is not None and now - max(at, self._released.get(tp, 0)) > limit}
