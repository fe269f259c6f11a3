"""Durable work: rows with a due time, leased by a shop's turn, tried until done. Retries are here and nowhere else."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

import asyncpg

from chassis import metrics, tracing, waiting
from chassis.database import Queries, Transaction
from chassis.logs import logger

LOG = logger(__name__)
QUERIES = Queries("chassis", "work.sql")

IDLE_SECONDS = 0.5
FIRST_RETRY_SECONDS = 1.0
MAX_RETRY_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something to do for a shop: `due_at` None = now; smaller `rank` first, then the earlier `deadline`, then the earlier `due_at`."""

    shop: str
    key: str
    due_at: datetime | None = None
    rank: int = 0
    deadline: datetime | None = None
    payload: Any = None
    traceparent: str | None = None
    """The trace that asks for it; None = the one that is current when it is added."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row in hand: `attempts` counts this one too; `hints` is how many reasons there were when it was taken."""

    key: str
    attempts: int
    hints: int
    payload: Any = None
    traceparent: str | None = None


async def add(tx: Transaction, items: Sequence[Item]) -> None:
    """Hint that there is work: coalesces on (shop, key), brings `due_at` forward, never touches a lease.

    `rank`, `deadline` and `payload` become the newest ones given (None leaves deadline and payload as they are).
    """
    merged: dict[tuple[str, str], Item] = {}
    for item in items:
        at = (item.shop, item.key)
        merged[at] = _merge(merged[at], item) if at in merged else item
    if not merged:
        return
    rows = [merged[at] for at in sorted(merged)]
    await tx.execute(QUERIES.know_shops, sorted({row.shop for row in rows}))
    await tx.execute(
        QUERIES.hint,
        [row.shop for row in rows],
        [row.key for row in rows],
        [row.due_at for row in rows],
        [row.rank for row in rows],
        [row.deadline for row in rows],
        [row.payload for row in rows],
        [row.traceparent or tracing.current() for row in rows],
    )


def _merge(older: Item, newer: Item) -> Item:
    due_at = None if older.due_at is None or newer.due_at is None else min(older.due_at, newer.due_at)
    payload = older.payload if newer.payload is None else newer.payload
    return replace(
        newer,
        due_at=due_at,
        deadline=newer.deadline or older.deadline,
        payload=payload,
        traceparent=newer.traceparent or older.traceparent,
    )


async def pause(tx: Transaction, shop: str, until: datetime | None) -> None:
    """Give the shop no turn before `until`; None = until `resume`."""
    await tx.execute(QUERIES.pause_shop, shop, until)


async def resume(tx: Transaction, shop: str) -> None:
    """Give the shop turns again, now."""
    await tx.execute(QUERIES.resume_shop, shop)


async def resume_endless(tx: Transaction, shop: str) -> None:
    """Give the shop turns again if it was paused without an end; a pause until a time stays."""
    await tx.execute(QUERIES.resume_endless, shop)


@dataclass(frozen=True, slots=True)
class Turn:
    """A shop's turn: nobody else works for this shop while the lease lives. It is renewed while the handler runs."""

    shop: str
    lease: UUID
    items: Sequence[Claimed]

    async def holds(self, tx: Transaction, key: str) -> bool:
        """Whether the row is still in our hands: ask before something that others should not do as well."""
        return await tx.fetchval(QUERIES.holds, self.shop, key, self.lease) is True

    async def done(self, tx: Transaction, key: str) -> bool:
        """Finish a row. False: the lease was lost (throw away what was read). A hint that came meanwhile makes it run again, now."""
        return await tx.fetchval(QUERIES.finish, self.shop, key, self.lease) is True

    async def again(self, tx: Transaction, key: str, due_at: datetime) -> bool:
        """Keep the row and try later (now, if a hint came meanwhile); attempts are kept. False: the lease was lost."""
        return await tx.fetchval(QUERIES.put_off, self.shop, key, self.lease, due_at) is True

    async def release(self, tx: Transaction, key: str) -> bool:
        """Give the row back without counting this attempt. False: the lease was lost."""
        return await tx.fetchval(QUERIES.release, self.shop, key, self.lease) is True


class Service(Protocol):
    """What the workers need of an App."""

    stop: asyncio.Event
    name: str

    @property
    def pool(self) -> asyncpg.Pool: ...

    def on_commit(self, wake: Callable[[], None]) -> None: ...


class Workers:
    """Background tasks that serve shops in turn: `app.background("lookups", Workers(app, handle).run)`.

    `handle(turn)` answers each item with `done`, `again` or `release`; an item it leaves, or all that are left when it raises, come
    back later, the later
    the more often they were tried. A row is handled at least once. Keep each call to a marketplace under half of `lease_seconds`.
    """

    def __init__(
        self,
        app: Service,
        handle: Callable[[Turn], Awaitable[None]],
        *,
        workers: int = 4,
        per_turn: int = 50,
        lease_seconds: float = 30,
    ) -> None:
        self._app, self._handle = app, handle
        self._workers, self._per_turn, self._lease_seconds = workers, per_turn, lease_seconds
        self._wake = asyncio.Event()
        app.on_commit(self.wake)

    def wake(self) -> None:
        """Look for due rows now; commits through the app do it by themselves."""
        self._wake.set()

    async def run(self) -> None:
        """Serve until the service stops; a turn in hand is finished first."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._serve())

    async def _serve(self) -> None:
        failures = 0
        while not self._app.stop.is_set():
            self._wake.clear()
            try:
                turn = await self._claim()
                if turn is None:
                    await self._idle()
                else:
                    await self._take(turn)
                failures = 0
            except Exception as error:  # noqa: BLE001 - raised, it would end the turns that the other workers have in hand
                failures += 1
                LOG.warning("worker-stumbled", failures=failures, error=f"{type(error).__name__}: {error}"[:500])
                await waiting.pause(self._app.stop, waiting.backoff_seconds(failures, cap=5))

    async def _idle(self) -> None:
        stopping = asyncio.ensure_future(self._app.stop.wait())
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({stopping, waking}, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            waking.cancel()

    async def _claim(self) -> Turn | None:
        lease = uuid4()
        try:
            rows = await self._app.pool.fetch(QUERIES.claim_turn, lease, self._lease_seconds, self._per_turn)
        except Exception as error:
            await self._insist(error, QUERIES.forget_claim, lease)  # it may have been carried out
            raise
        if not rows:
            return None
        rows.sort(key=_order)  # an update returns its rows in no order
        return Turn(
            rows[0]["shop"], lease, [Claimed(row["key"], row["attempts"], row["hints"], row["payload"], row["traceparent"]) for row in rows]
        )

    async def _take(self, turn: Turn) -> None:
        outcome = "failed"
        try:
            async with self._renewing(turn):
                await self._handle(turn)
            outcome = "ok"
        except Exception:
            LOG.exception("turn-failed", shop=turn.shop, items=len(turn.items))
        finally:
            metrics.WORK_TURNS.labels(self._app.name, outcome).inc()
            await self._end(turn)

    async def _end(self, turn: Turn) -> None:
        try:
            await self._app.pool.execute(QUERIES.end_turn, turn.shop, turn.lease, FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS)
        except Exception as error:  # noqa: BLE001 - whatever it was, the shop must not wait for it
            await self._insist(error, QUERIES.end_turn, turn.shop, turn.lease, FIRST_RETRY_SECONDS, MAX_RETRY_SECONDS)

    async def _insist(self, error: Exception, query: str, *args: Any) -> None:
        """Give a shop back that the database did not hear of: until it does, or the lease has run out by itself."""
        deadline = asyncio.get_running_loop().time() + self._lease_seconds
        for failures in itertools.count(1):
            LOG.warning("turn-not-given-back", failures=failures, error=f"{type(error).__name__}: {error}"[:500])
            pause = waiting.backoff_seconds(failures, cap=1)
            if asyncio.get_running_loop().time() + pause > deadline or await waiting.pause(self._app.stop, pause):
                return
            try:
                await self._app.pool.execute(query, *args)
            except Exception as again:  # noqa: BLE001 - as above
                error = again
            else:
                return

    @contextlib.asynccontextmanager
    async def _renewing(self, turn: Turn) -> AsyncIterator[None]:
        task = asyncio.create_task(self._renew(turn))
        try:
            yield
        finally:
            task.cancel()

    async def _renew(self, turn: Turn) -> None:
        while True:
            await asyncio.sleep(self._lease_seconds / 3)
            try:
                await self._app.pool.execute(QUERIES.renew_turn, turn.shop, turn.lease, self._lease_seconds)
            except Exception as error:  # noqa: BLE001 - then it runs out, which is what a lease is for
                LOG.warning("lease-not-renewed", shop=turn.shop, error=repr(error))


def _order(row: Any) -> tuple[Any, ...]:
    deadline = row["deadline"]
    return row["rank"], deadline is None, deadline or row["due_at"], row["due_at"]
