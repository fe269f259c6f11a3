"""Renewing tokens: one refresh at a time over all processes, the pair stored before anybody uses it, nothing lost silently."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import count
from time import monotonic
from uuid import uuid4

import asyncpg

from chassis.database import Transaction
from chassis.logs import logger
from chassis.waiting import backoff_seconds
from marketplaces import metrics
from marketplaces.accounts import states, store
from marketplaces.accounts.sealing import Sealer
from marketplaces.accounts.tokens import Lease, SealedPair, open_refresh, seal_pair
from marketplaces.failures import MarketplaceFailure, Reauthorise, Unavailable
from marketplaces.interface import Channel, TokenPair

LOG = logger("marketplaces.accounts")

LEASE_SECONDS = 30.0
"""Longer than a call may take, so that a lease only ends without a pair when its holder is gone."""
PATIENCE_SECONDS = 20.0
LOOK_AGAIN_SECONDS = 0.1
PAUSE_AFTER_FAILURE_SECONDS = 15.0
"""Before a token that still works is tried to be renewed again."""
KEEP_PAIR_SECONDS = 900.0
DATABASE_AWAY = (OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError)


class Refresher:
    """Gets the next pair of an authorisation. Whoever waits may give up: the refresh itself goes on to its end."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        channels: Mapping[str, Channel],
        sealer: Sealer,
        *,
        now: Callable[[], datetime],
        lease_seconds: float = LEASE_SECONDS,
        woken: Callable[[], None] = lambda: None,
    ) -> None:
        self._pool = pool
        self._channels = channels
        self._sealer = sealer
        self._now = now
        self._lease_seconds = lease_seconds
        self._woken = woken
        self._running: dict[str, asyncio.Task[None]] = {}
        self._not_before: dict[str, float] = {}

    async def refresh(self, authorisation: str, *, generation: int, though_disconnected: bool = False) -> None:
        """Return when a pair newer than `generation` is stored; else raise why there is none.

        `though_disconnected`: try again although the marketplace has refused these tokens before.
        Cancelling the caller doesn't stop the refresh: what the marketplace answers must be stored, whoever waits for it.
        """
        await asyncio.shield(self._task(authorisation, generation, though_disconnected=though_disconnected))

    def refresh_soon(self, authorisation: str, *, generation: int) -> None:
        """Renew a token that still works, without anybody waiting; its failures are tried again later."""
        if monotonic() >= self._not_before.get(authorisation, 0.0):
            self._task(authorisation, generation, though_disconnected=False)

    async def close(self) -> None:
        """Let refreshes that have begun come to their end."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _task(self, authorisation: str, generation: int, *, though_disconnected: bool) -> asyncio.Task[None]:
        task = self._running.get(authorisation)
        if task is None:
            task = asyncio.create_task(
                self._refresh(authorisation, generation, though_disconnected=though_disconnected), name=f"refresh {authorisation}"
            )
            self._running[authorisation] = task
            task.add_done_callback(lambda done: self._ended(authorisation, done))
        return task

    def _ended(self, authorisation: str, task: asyncio.Task[None]) -> None:
        self._running.pop(authorisation, None)
        failure = None if task.cancelled() else task.exception()  # asked for even when nobody waits, or asyncio complains
        if failure is None:
            self._not_before.pop(authorisation, None)
        else:
            self._not_before[authorisation] = monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            LOG.warning("refresh-failed", authorisation=authorisation, failure=type(failure).__name__, message=str(failure))

    async def _refresh(self, authorisation: str, generation: int, *, though_disconnected: bool) -> None:
        lease = await self._lease(authorisation, generation, though_disconnected=though_disconnected)
        if lease is None:
            return
        try:
            pair = await self._channels[lease.channel].refresh(lease.refresh_token, shop_id=lease.shop_id)
        except Reauthorise as failure:
            metrics.TOKEN_REFRESHES.labels(lease.channel, "refused").inc()
            await self._refused(lease, failure)
        except MarketplaceFailure as failure:
            metrics.TOKEN_REFRESHES.labels(lease.channel, "failed").inc()
            async with self._pool.acquire() as connection:
                await store.release_lease(connection, authorisation, lease.id, unsettled=failure.maybe_applied)
            raise
        else:
            metrics.TOKEN_REFRESHES.labels(lease.channel, "refreshed").inc()
            await self._store(lease, pair)

    async def _lease(self, authorisation: str, generation: int, *, though_disconnected: bool) -> Lease | None:
        """The right to refresh, committed before the call; None when somebody else has stored a newer pair.

        `Reauthorise` when somebody else was refused with these tokens while we waited.
        """
        give_up = monotonic() + PATIENCE_SECONDS
        while True:
            async with self._pool.acquire() as connection, connection.transaction():
                row = await store.lock_authorisation(connection, authorisation)
                if row is None or row["generation"] != generation:
                    return None
                if not row["leased"]:
                    if not though_disconnected:
                        await _demand_connected(connection, authorisation)
                    lease = Lease(
                        id=uuid4(),
                        authorisation=authorisation,
                        channel=row["channel"],
                        shop_id=row["shop_id"],
                        generation=generation,
                        unsettled=row["unsettled"] or row["lease"] is not None,
                        refresh_token=open_refresh(self._sealer, row, authorisation=authorisation),
                    )
                    await store.take_lease(connection, authorisation, lease.id, seconds=self._lease_seconds)
                    return lease
            if monotonic() >= give_up:
                raise Unavailable("another process is renewing the tokens")
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _store(self, lease: Lease, pair: TokenPair) -> None:
        """The pair, before anybody uses it. While the database is away it exists in our memory only: hold on to it."""
        sealed = seal_pair(self._sealer, pair, authorisation=lease.authorisation)
        give_up = monotonic() + KEEP_PAIR_SECONDS
        for failures in count(1):
            try:
                await self._store_once(lease, sealed, pair)
                break
            except DATABASE_AWAY as error:
                if monotonic() >= give_up:
                    raise
                LOG.warning("pair-not-stored", authorisation=lease.authorisation, failures=failures, error=type(error).__name__)
                await asyncio.sleep(backoff_seconds(failures, cap=2))
        self._woken()
        LOG.info("refreshed", authorisation=lease.authorisation, generation=lease.generation + 1, call_id=pair.call_id)

    async def _store_once(self, lease: Lease, sealed: SealedPair, pair: TokenPair) -> None:
        """By generation: late is right, too late (the seller has connected the shop again) is not. Shops given up meanwhile are back."""
        now = self._now()
        async with self._pool.acquire() as connection, connection.transaction():
            if not await store.store_pair(connection, lease.authorisation, sealed, pair, generation=lease.generation, now=now):
                return
            for shop in await store.lock_shops_of(connection, lease.authorisation):
                if shop.state == "disconnected":
                    await states.connected(connection, shop, now=now)

    async def _refused(self, lease: Lease, failure: Reauthorise) -> None:
        """Nothing but the seller's consent brings new tokens, unless somebody else has got them meanwhile."""
        lost = "The answer to an earlier renewal was lost. " if lease.unsettled else ""
        why = f"{lost}{lease.channel} does not take the refresh token any more ({failure}). Connect the shop again."
        async with self._pool.acquire() as connection, connection.transaction():
            row = await store.lock_authorisation(connection, lease.authorisation)
            if row is None or row["generation"] != lease.generation:
                return
            await store.release_lease(connection, lease.authorisation, lease.id, unsettled=False)
            for shop in await store.lock_shops_of(connection, lease.authorisation):
                await states.disconnected(connection, shop, why=why, now=self._now())
        self._woken()
        raise Reauthorise(why, code=failure.code, call_id=failure.call_id)


async def _demand_connected(connection: Transaction, authorisation: str) -> None:
    """A caller may have read the shop before another's refresh was refused: these tokens are not offered again."""
    shops = await store.lock_shops_of(connection, authorisation)
    if shops and all(shop.state == "disconnected" for shop in shops):
        raise Reauthorise(shops[0].why or "the shop is disconnected")
