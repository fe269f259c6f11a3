"""The relay: one leader per database takes the outbox to Kafka, in the order of its ids.

Leader = session advisory lock on a connection of its own. Events go through an idempotent producer: a leader that lost its lock may
still send late
copies, but the *first* occurrence of each event stays in order and an inbox never sees the copies. A compacted topic keeps the *last*
occurrence, so its
rows go through a transactional producer: starting a new leader's fences the old one's.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import Any

import asyncpg

from chassis import metrics
from chassis.database import Queries, connect
from chassis.logs import logger
from chassis.publish import Publisher, Refused
from chassis.waiting import backoff_seconds, pause
from contracts.topics import TOPICS

LOG = logger(__name__)
QUERIES = Queries("chassis", "relay.sql")

BATCH_ROWS = 2000
BATCH_BYTES = 8 * 1024 * 1024
POLL_SECONDS = 0.05
FOLLOW_SECONDS = 0.5
# A frozen leader keeps its connection, and so its lock: the server cuts a session that says nothing for so long.
SILENT_SECONDS = 30
COMPACTED = frozenset(topic.name for topic in TOPICS if topic.compacted)


class Relay:
    """Publishes one database's outbox while it leads: `app.background("relay", relay.run)`; call `wake` after a commit."""

    def __init__(
        self,
        url: str,
        kafka_url: str,
        *,
        name: str,
        stop: asyncio.Event,
        prefix: str = "",
        compacted: frozenset[str] = COMPACTED,
        send_seconds: float = 15.0,
        refusals: int = 3,
        missing_topic_seconds: float = 30.0,
        on_published: Callable[[list[asyncpg.Record]], Awaitable[None]] | None = None,
    ) -> None:
        self.name = name
        self._url, self._stop, self._send_seconds = url, stop, send_seconds
        self._refusals, self._missing_topic_seconds = refusals, missing_topic_seconds
        self._on_published = on_published
        self._wake = asyncio.Event()
        self._failures = 0
        self._refused: dict[int, list[float]] = {}
        self._careful_until = 0
        self._make_publisher: Callable[[], Publisher] = lambda: Publisher(kafka_url, name=name, prefix=prefix, compacted=compacted)

    def wake(self) -> None:
        """There may be something to publish."""
        self._wake.set()

    async def run(self) -> None:
        """Follow and lead until the stop; after any failure everything is thrown away and it begins again at the lowest id."""
        while not self._stop.is_set():
            try:
                await self._follow_then_lead()
            except Exception as error:  # noqa: BLE001 - whatever it was: begin again as a follower
                self._failures += 1
                metrics.RELAY_FAILURES.labels(self.name).inc()
                LOG.warning("relay-failed", relay=self.name, failures=self._failures, error=f"{type(error).__name__}: {error}"[:500])
                await pause(self._stop, backoff_seconds(self._failures, first=0.2, cap=5))
            finally:
                metrics.RELAY_LEADER.labels(self.name).set(0)

    async def _follow_then_lead(self) -> None:
        connection = await connect(self._url, name=f"relay-{self.name}")
        lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        connection.add_termination_listener(partial(_lose, lost))
        publisher = self._make_publisher()
        try:
            await connection.execute(f"set idle_session_timeout = '{SILENT_SECONDS}s'")
            while not await connection.fetchval(QUERIES.take_lead, f"relay-{self.name}"):
                if await pause(self._stop, FOLLOW_SECONDS):
                    return
            metrics.RELAY_LEADER.labels(self.name).set(1)
            LOG.info("relay-leads", relay=self.name)
            await self._lead(connection, publisher, lost)
        finally:
            connection.terminate()
            await publisher.discard()

    async def _lead(self, connection: asyncpg.Connection, publisher: Publisher, lost: asyncio.Future[None]) -> None:
        while True:
            self._wake.clear()
            last_round = self._stop.is_set()
            careful = self._careful_until > 0
            rows = await connection.fetch(QUERIES.next_rows, 1 if careful else BATCH_ROWS, BATCH_BYTES)
            if rows and publisher.must_fence(rows):
                # Then read again: these rows may be an old leader's by now, and its start would fence the new one.
                await self._within(publisher.fence(), lost)
            elif rows:
                await self._publish(connection, publisher, rows, lost)
                self._failures = 0
            elif last_round:
                return
            else:
                self._careful_until = 0
                await self._idle()

    async def _idle(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()

    async def _publish(
        self, connection: asyncpg.Connection, publisher: Publisher, rows: list[asyncpg.Record], lost: asyncio.Future[None]
    ) -> None:
        try:
            await self._within(publisher.publish(rows), lost)
        except Refused as refused:
            await self._refuse(connection, rows, refused)
            raise
        ids = [row["id"] for row in rows]
        await connection.execute(QUERIES.delete_rows, ids)  # the same connection: no lock, no delete
        self._passed(ids)
        for topic in {row["topic"] for row in rows}:
            metrics.PUBLISHED.labels(topic).inc(sum(row["topic"] == topic for row in rows))
        if self._on_published:
            await self._on_published(rows)

    async def _within(self, sending: Coroutine[Any, Any, None], lost: asyncio.Future[None]) -> None:
        task = asyncio.ensure_future(sending)
        done, _ = await asyncio.wait({task, lost}, timeout=self._send_seconds, return_when=asyncio.FIRST_COMPLETED)
        if task not in done:
            task.add_done_callback(lambda late: late.cancelled() or late.exception())  # nobody waits for it any more
            task.cancel()
            raise ConnectionError("the lock was lost" if lost.done() else "Kafka does not answer")
        task.result()

    def _passed(self, ids: list[int]) -> None:
        if ids[-1] >= self._careful_until:
            self._careful_until = 0
        for id_ in ids:
            self._refused.pop(id_, None)

    async def _refuse(self, connection: asyncpg.Connection, rows: list[asyncpg.Record], refused: Refused) -> None:
        """Go on row by row until the refused ones are passed; a row refused alone again and again is set aside."""
        if len(rows) > 1:
            self._careful_until = max(refused.ids)
            return
        row = rows[0]
        now = asyncio.get_running_loop().time()
        tries = self._refused.setdefault(row["id"], [])
        tries.append(now)
        patience = self._missing_topic_seconds if refused.topic_missing else 0.0
        if len(tries) < self._refusals or now - tries[0] < patience:
            self._careful_until = max(self._careful_until, row["id"])
            return
        await connection.execute(QUERIES.set_aside, row["id"], str(refused)[:2000])
        self._passed([row["id"]])
        metrics.OUTBOX_REFUSED.labels(row["topic"]).inc()
        LOG.critical(
            "outbox-refused", relay=self.name, id=row["id"], event_id=row["event_id"], topic=row["topic"], reason=str(refused)[:500]
        )


def _lose(lost: asyncio.Future[None], _: Any) -> None:
    if not lost.done():
        lost.set_result(None)


async def measure(pool: Any, name: str) -> None:
    """Show how many events wait to be published, and how long; every process does, so that it is right when the leader is stuck."""
    age = await pool.fetchval(QUERIES.oldest_age_seconds)
    metrics.OUTBOX_OLDEST.labels(name).set(age or 0)
    metrics.OUTBOX_EVENTS.labels(name).set(await pool.fetchval(QUERIES.count_rows))
