"""One batch in one transaction: claim, handle, announce; events that can never work are found by halves and go to the dead letters."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from chassis import inbox, metrics, outbox, replaying, tracing
from chassis.deadletters import dead_letter
from chassis.failures import judge
from chassis.incoming import Incoming, Record, read, read_again
from chassis.logs import lines, logger
from contracts.event import Event
from contracts.topics import Topic

if TYPE_CHECKING:
    from uuid import UUID

LOG = logger(__name__)

_call_again = attrgetter("call_again")

Handler = Callable[[Any, Sequence[Any]], Awaitable[Sequence[Event[Any]]]]


class TooManyBugs(Exception):
    """So many events in a row meet a bug that the code must be at fault, not they: nothing of this batch is kept."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """How long a partition has been failing: for the headers of its dead letters."""

    first_at: datetime
    attempts: int = 1


@dataclass(slots=True, kw_only=True)
class Batches:
    """Applies batches of one topic to the database with one handler."""

    topic: Topic
    consumer: str
    handler: Handler
    replay: bool
    bugs_in_a_row_limit: int
    now: Callable[[], datetime]
    bugs_in_a_row: int = field(default=0, init=False)

    async def apply(
        self, pool: asyncpg.Pool, records: Sequence[Record], *, trouble: Trouble | None = None, careful: bool = False, isolate: bool = False
    ) -> None:
        """Apply a batch, all or nothing. `careful`: see deferred constraints at each step; `isolate`: bugs become dead letters too."""
        began = time.perf_counter()
        items: dict[UUID, Incoming] = {}
        for record in records:
            item = read_again(record, self.topic) if self.replay else read(record, self.topic)
            items.setdefault(item.again or item.claim, item)
        async with pool.acquire(timeout=10) as connection, connection.transaction():
            fresh = await self._claim(connection, items)
            for call_again, some in groupby((item for item in fresh if not item.reason), key=_call_again):
                with replaying.handling(call_again=call_again):
                    await self._split(connection, list(some), careful=careful, isolate=isolate)
            dead = [item for item in fresh if item.reason]
            await self._bury(connection, dead, trouble or Trouble(self.now()))
        metrics.CONSUMED.labels(self.topic.name, "duplicate").inc(len(records) - len(fresh))
        metrics.CONSUMED.labels(self.topic.name, "dead").inc(len(dead))
        metrics.CONSUMED.labels(self.topic.name, "handled").inc(len(fresh) - len(dead))
        self._tell(
            [item.event for item in fresh if item.event and not item.reason], duration_ms=round((time.perf_counter() - began) * 1000)
        )

    def _tell(self, handled: Sequence[Event[Any]], *, duration_ms: int) -> None:
        """A line for each, after the commit; the time is the batch's, as its events are handled together."""
        rows = (
            {
                "action": type(event.data).__name__,
                "key": event.key,
                "request_id": getattr(event.data, "request_id", None),
                "event_id": event.id,
                "correlation_id": event.correlationid,
                "replay": self.replay,
                "duration_ms": duration_ms,
            }
            for event in handled
        )
        lines(__name__, "event-handled", rows)

    async def _claim(self, tx: Any, items: Mapping["UUID", Incoming]) -> list[Incoming]:
        """Those not handled here before; in a replay also those to be handled again, once for each replay."""
        if not self.replay:
            old = await inbox.claim(tx, items.keys())
            return [item for item in items.values() if item.claim not in old]
        old = await inbox.claim(tx, {item.claim for item in items.values()}, dead_too=True)
        again = {item.again for item in items.values() if item.again}
        if again:
            old = old | await inbox.claim(tx, again)
        return [item for item in items.values() if (item.again or item.claim) not in old]

    async def _split(self, tx: Any, items: Sequence[Incoming], *, careful: bool, isolate: bool) -> None:
        """All at once in a savepoint; when that can't be, halves: one bad event of 1000 costs about 20 savepoints, not 1000."""
        if not items:
            return
        error = await self._attempt(tx, items, careful=careful, isolate=isolate)
        if error and len(items) == 1:
            # Once more: a unique violation may have been a race whose winner has committed by now.
            error = await self._attempt(tx, items, careful=careful, isolate=isolate)
        if not error:
            return
        if len(items) == 1:
            self._die(items[0], error)
            return
        half = len(items) // 2
        await self._split(tx, items[:half], careful=careful, isolate=isolate)
        await self._split(tx, items[half:], careful=careful, isolate=isolate)

    async def _attempt(self, tx: Any, items: Sequence[Incoming], *, careful: bool, isolate: bool) -> Exception | None:
        try:
            async with tx.transaction():
                with _traced(f"handle {self.topic.name}", [item.event for item in items if item.event]) as events:
                    await outbox.add(tx, await self.handler(tx, events))
                if careful:
                    await tx.execute("set constraints all immediate")
        except Exception as error:
            verdict = judge(error)
            if verdict == "permanent" or (verdict == "bug" and isolate):
                return error
            raise
        self.bugs_in_a_row = 0
        return None

    def _die(self, item: Incoming, error: Exception) -> None:
        if judge(error) == "permanent":
            item.die("permanent", error)
            return
        item.die("bug", error)
        self.bugs_in_a_row += 1
        if self.bugs_in_a_row >= self.bugs_in_a_row_limit:
            raise TooManyBugs(f"{self.bugs_in_a_row} events in a row, the last with {item.message}") from error

    async def _bury(self, tx: Any, dead: Sequence[Incoming], trouble: Trouble) -> None:
        if not dead:
            return
        await inbox.bury(tx, [item.claim for item in dead])
        now = self.now()
        await outbox.add_records(
            tx,
            [
                dead_letter(item, topic=self.topic, consumer=self.consumer, first_at=trouble.first_at, now=now, attempts=trouble.attempts)
                for item in dead
            ],
        )
        for item in dead:
            metrics.DEAD_LETTERS.labels(self.topic.name, str(item.reason)).inc()
            at = f"{item.record.topic}/{item.record.partition}/{item.record.offset}"
            log = LOG.error if item.reason == "bug" else LOG.warning
            log("dead-letter", reason=item.reason, message=item.message[:500], at=at, event_id=item.event.id if item.event else None)


@contextmanager
def _traced(name: str, events: Sequence[Event[Any]]) -> Iterator[Sequence[Event[Any]]]:
    """Each event in a span of its own trace, which what it causes goes on from."""
    if not tracing.on():
        yield events
        return
    with tracing.spans(name, {at: event.traceparent for at, event in enumerate(events)}, kind="consumer", root=True) as contexts:
        yield [msgspec.structs.replace(event, traceparent=contexts[at]) for at, event in enumerate(events)]
