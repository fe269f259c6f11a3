"""Both marketplaces and the accounts to call them with, once the accounts database answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from chassis.database import open_pool
from marketplaces.accounts import Accounts, Sealer, prepare
from marketplaces.channels import open_channels
from marketplaces.failures import Unavailable
from marketplaces.interface import Channel
from marketplaces.settings import MarketplaceSettings
from marketplaces.shopee.channel import Shopee


class Reading:
    """The channels are there at once (they verify pushes); the accounts once `serve` has found their database."""

    def __init__(self, settings: MarketplaceSettings, *, now: Callable[[], datetime], woken: Callable[[], None]) -> None:
        self._settings, self._now, self._woken = settings, now, woken
        self._channels = open_channels(settings, purpose="reading", now=now)
        self._accounts: Accounts | None = None

    @property
    def channels(self) -> Mapping[str, Channel]:
        return self._channels.by_name

    def channel(self, name: str) -> Channel:
        return self._channels.by_name[name]

    @property
    def shopee(self) -> Shopee:
        """For what only Shopee has."""
        return self._channels.shopee

    def calls_per_second(self, channel: str, shop_id: str) -> float:
        """How fast this process reads the shop now: less than it might after throttling."""
        return self._channels.paces[channel].per_second(shop_id)

    @property
    def accounts(self) -> Accounts:
        """`Unavailable` while their database has not answered yet."""
        if self._accounts is None:
            raise Unavailable("the accounts database has not answered yet")
        return self._accounts

    async def serve(self, stop: asyncio.Event, *uses: Callable[[], Awaitable[None]]) -> None:
        """Migrate the accounts database and run what reads with it; closed when all of that has ended, token refreshes included."""
        url = self._settings.accounts_database_url.get_secret_value()
        await prepare(url)
        async with await open_pool(url, name="ingestor", min_size=0) as pool:
            self._accounts = Accounts(
                pool,
                self.channels,
                Sealer.from_settings(self._settings),
                now=self._now,
                refresh_ahead_seconds=self._settings.token_refresh_ahead_seconds,
                woken=self._woken,
            )
            try:
                async with asyncio.TaskGroup() as group:
                    for use in uses:
                        group.create_task(_until_done(use))
            finally:
                await self._accounts.close()
                self._accounts = None
        if stop.is_set():
            await self._channels.close()


async def _until_done(use: Callable[[], Awaitable[None]]) -> None:
    await use()
