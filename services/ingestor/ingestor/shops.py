"""The shops of the accounts database: whose they are, and whether they can be read."""

import time
from collections.abc import Sequence
from datetime import timedelta

import asyncpg

from chassis import work
from chassis.app import App
from chassis.database import Transaction
from chassis.logs import logger
from chassis.waiting import pause
from contracts.values import shop_key
from ingestor import store
from ingestor.domain.known import ShopFacts
from ingestor.hints import SWEEP
from ingestor.reading import Reading
from ingestor.settings import Settings
from marketplaces.accounts import Shop

LOG = logger(__name__)

FORGET_EVERY_SECONDS = 3600
KEEP_LINKS = timedelta(days=1)


class Shops:
    """Keeps the work of shops in step with their accounts: turns and sweeps while they can be read, none while they can't."""

    def __init__(self, app: App, reading: Reading, settings: Settings) -> None:
        self._app, self._reading, self._settings = app, reading, settings
        self._known: dict[tuple[str, str], tuple[float, Shop]] = {}

    async def get(self, channel: str, shop_id: str) -> Shop | None:
        """The shop, not older than a few seconds; None: nobody connected it here."""
        at, shop = self._known.get((channel, shop_id), (0.0, None))
        if shop is not None and time.monotonic() - at < self._settings.shops_interval_seconds:
            return shop
        shop = await self._reading.accounts.get(channel, shop_id)
        if shop is not None:
            self._known[channel, shop_id] = (time.monotonic(), shop)
        return shop

    def facts(self, shop: Shop) -> ShopFacts:
        """What snapshots say of the shop."""
        return ShopFacts(
            seller_id=shop.seller_id,
            name=shop.name,
            region=shop.region,
            reject_reason=self._reading.channel(shop.channel).reject_reason,
            stock_from=shop.stock_from,
        )

    async def watch(self) -> None:
        """Follow the accounts until the service stops; while their database is away everything stays as it is."""
        while not self._app.stop.is_set():
            try:
                await self.follow(await self._reading.accounts.shops())
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                LOG.warning("shops-not-followed", error=f"{type(error).__name__}: {error}"[:300])
            await pause(self._app.stop, self._settings.shops_interval_seconds)

    async def follow(self, shops: Sequence[Shop]) -> None:
        """Give shops that came back their turns, with a sweep at once, and pause those that are lost."""
        now = time.monotonic()
        self._known.update({(shop.channel, shop.shop_id): (now, shop) for shop in shops})
        async with self._app.pool.acquire(timeout=5) as connection:
            done = await store.shops_up(connection)
        served = sorted((shop.key, shop.state != "disconnected") for shop in shops if shop.channel in self._reading.channels)
        for key, up in served:
            if done.get(key) is not up:
                async with self._app.transaction() as tx:
                    await take_up(tx, key, up=up)

    async def lost(self, channel: str, shop_id: str) -> None:
        """A look has found that the shop can't be read: no turn until its account is connected again."""
        self._known.pop((channel, shop_id), None)
        async with self._app.transaction() as tx:
            await take_up(tx, shop_key(channel, shop_id), up=False)

    async def look_again(self, channel: str, shop_id: str) -> None:
        """The account may have changed just now: do not wait for the next round."""
        self._known.pop((channel, shop_id), None)
        shop = await self._reading.accounts.get(channel, shop_id)
        await self.follow([shop] if shop else [])

    async def connected(self, shop: Shop) -> None:
        """A seller has just connected it (again): read everything that is open, now."""
        self._known[shop.channel, shop.shop_id] = (time.monotonic(), shop)
        async with self._app.transaction() as tx:
            await take_up(tx, shop.key, up=True)
            await work.add(tx, [work.Item(shop=shop.key, key=SWEEP, rank=1)])

    async def forget(self) -> None:
        """Remove old orders, and links that hold no more, now and then."""
        while not self._app.stop.is_set():
            before = self._app.now() - timedelta(days=self._settings.orders_kept_days)
            async with self._app.pool.acquire(timeout=5) as connection:
                forgotten = await store.forget_orders(connection, before=before)
                await store.forget_connect_links(connection, before=self._app.now() - KEEP_LINKS)
            await pause(self._app.stop, 0.1 if forgotten else FORGET_EVERY_SECONDS)


async def take_up(tx: Transaction, shop: str, *, up: bool) -> None:
    """Only what is news is acted on: a shop that is throttled is not resumed because it is still connected."""
    if not await store.take_up_shop(tx, shop, up=up):
        return
    if up:
        await work.resume(tx, shop)
        await work.add(tx, [work.Item(shop=shop, key=SWEEP, rank=1)])
    else:
        await work.pause(tx, shop, None)
    LOG.info("shop-taken-up" if up else "shop-paused", shop=shop)
