"""Sweeps: lists of what changed and of what is open find what was never pushed."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

from chassis import work
from chassis.app import App
from chassis.logs import logger
from chassis.work import Turn
from ingestor import metrics, store
from ingestor.domain.sweeping import worth_a_look
from ingestor.hints import SWEEP, look_at, looks_like_a_ref
from ingestor.reading import Reading
from ingestor.settings import Settings
from ingestor.storing import LeaseLost
from marketplaces.accounts import Shop
from marketplaces.failures import Unavailable
from marketplaces.interface import Access
from marketplaces.seen import Change

LOG = logger(__name__)

SMALLEST_WINDOW = timedelta(minutes=5)


class Sweeps:
    """A sweep is a row among the shop's look-ups: it waits for its turn, survives a crash, and is paused with its shop."""

    def __init__(self, app: App, reading: Reading, settings: Settings) -> None:
        self._app, self._reading, self._settings = app, reading, settings
        self._windows: dict[str, timedelta] = {}

    async def sweep(self, turn: Turn, shop: Shop) -> None:
        """List, hint at what is worth a look, and plan the next sweep; at once, if there is more to catch up."""
        now = self._app.now()
        swept = await self._swept_until(shop)
        since = swept - timedelta(seconds=self._settings.sweep_overlap_seconds)
        until = min(now, swept + self._window(shop.key))
        changed, opened = await self._list(shop, since, until)
        refs = await self._worth(turn.shop, changed, opened)
        interval = self._settings.sweep_interval_seconds * random.uniform(0.9, 1)  # noqa: S311 - spreads the shops
        async with self._app.transaction() as tx:
            if not await turn.done(tx, SWEEP):
                raise LeaseLost(SWEEP)
            await work.add(tx, [look_at(turn.shop, ref, "sweep") for ref in refs])
            next_at = None if until < now else now + timedelta(seconds=interval)
            await work.add(tx, [work.Item(shop=turn.shop, key=SWEEP, rank=1, due_at=next_at)])
            await store.save_swept_until(tx, turn.shop, until)
        await self._reading.accounts.touched(shop.channel, shop.shop_id, read_at=until)
        metrics.SWEEPS.labels(shop.channel, "done").inc()
        LOG.info("swept", shop=turn.shop, listed=len(changed) + len(opened), hints=len(refs), behind_s=(now - until).total_seconds())

    async def _swept_until(self, shop: Shop) -> datetime:
        """A shop that was never swept: from its connection on; what is open is listed however old it is."""
        async with self._app.pool.acquire(timeout=5) as connection:
            return await store.swept_until(connection, shop.key) or shop.stock_from

    def _window(self, shop: str) -> timedelta:
        return self._windows.get(shop, timedelta(seconds=self._settings.sweep_window_seconds))

    async def _list(self, shop: Shop, since: datetime, until: datetime) -> tuple[Sequence[Change], Sequence[Change]]:
        channel = self._reading.channel(shop.channel)

        async def both(access: Access) -> tuple[Sequence[Change], Sequence[Change]]:
            changed = await _collect(channel.list_changes(access, since=since, until=until))
            return changed, await _collect(channel.list_open(access))

        window = self._window(shop.key)
        try:
            async with asyncio.timeout(self._settings.sweep_timeout_seconds):
                found = await self._reading.accounts.call(shop.channel, shop.shop_id, both)
        except TimeoutError:
            self._windows[shop.key] = max(window / 2, SMALLEST_WINDOW)
            metrics.SWEEPS.labels(shop.channel, "timeout").inc()
            raise Unavailable(f"a sweep of {window} took too long") from None
        self._windows.pop(shop.key, None)
        return found

    async def _worth(self, shop: str, changed: Sequence[Change], opened: Sequence[Change]) -> Sequence[str]:
        """Also what we hold to be open and the marketplace lists no more."""
        listed = [change for change in [*changed, *opened] if looks_like_a_ref(change.order_ref)]
        async with self._app.pool.acquire(timeout=5) as connection:
            known = await store.glimpse_orders(connection, shop, list({change.order_ref for change in listed}))
            held_open = await store.orders_with_open_requests(connection, shop)
        worth = {change.order_ref for change in listed if worth_a_look(change, known.get(change.order_ref))}
        return sorted(worth | ({*held_open} - {change.order_ref for change in opened}))


async def _collect(changes: AsyncIterator[Change]) -> Sequence[Change]:
    return [change async for change in changes]
