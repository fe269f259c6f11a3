"""Connecting shops: a seller goes to the marketplace with a link, agrees, and comes back with a code."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from chassis.app import App
from chassis.logs import logger
from ingestor import metrics, store
from ingestor.domain.consent import ConnectLink, NotConnected, why_not
from ingestor.reading import Reading
from ingestor.settings import Settings
from ingestor.shops import Shops
from marketplaces.accounts import NoShop, OwnedByAnotherSeller, Shop, WrongShop
from marketplaces.accounts.connecting import connect_with_code
from marketplaces.failures import MarketplaceFailure, Misconfigured, Throttled, Unavailable
from marketplaces.interface import Consent

LOG = logger(__name__)

AWAY = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
STATE_CHARACTERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Connected:
    """The shops that a consent opened, by key."""

    shops: tuple[str, ...]


class Connecting:
    """Makes links, and takes what browsers bring back."""

    def __init__(self, app: App, reading: Reading, shops: Shops, settings: Settings) -> None:
        self._app, self._reading, self._shops, self._settings = app, reading, shops, settings
        self._lives = timedelta(seconds=settings.connect_link_seconds)
        self._under_way: set[asyncio.Task[Connected | NotConnected]] = set()

    async def link(self, channel: str, *, seller_id: str, shop_id: str | None) -> tuple[str, datetime]:
        """Where the seller lets us into a shop, and until when the link holds. `Misconfigured`: there is no such page for our app."""
        state = secrets.token_urlsafe(32)
        back_to = f"{self._settings.public_url.rstrip('/')}/connect/{channel}/callback"
        url = self._reading.channel(channel).consent_link(state=state, back_to=back_to)
        link = ConnectLink(seller_id=seller_id, shop_id=shop_id, expires_at=self._app.now() + self._lives, used_at=None)
        async with self._app.transaction() as tx:
            await store.keep_connect_link(tx, _hash(state), channel, link)
        return url, link.expires_at

    async def take(self, channel: str, query: Mapping[str, str]) -> Connected | NotConnected:
        """Connect what the seller let us into. It goes on to its end although the browser may not wait: a code works once."""
        task = asyncio.create_task(self._take(channel, query))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _take(self, channel: str, query: Mapping[str, str]) -> Connected | NotConnected:
        try:
            result = await self._checked(channel, query)
        except AWAY as error:
            LOG.warning("not-connected", channel=channel, error=f"{type(error).__name__}: {error}"[:300])
            result = "unavailable"
        metrics.CONNECTS.labels(channel, "connected" if isinstance(result, Connected) else result).inc()
        return result

    async def _checked(self, channel: str, query: Mapping[str, str]) -> Connected | NotConnected:
        state, now = query.get("state", ""), self._app.now()
        if not 0 < len(state) <= STATE_CHARACTERS_MAX:
            return "link-unknown"
        async with self._app.transaction() as tx:
            link = await store.lock_connect_link(tx, _hash(state), channel)
            refusal = why_not(link, now=now)
            if link is None or refusal is not None:
                return refusal or "link-unknown"
            await store.use_connect_link(tx, _hash(state), now=now)
        consent = self._reading.channel(channel).consent_given(query)
        return "declined" if consent is None else await self._exchanged(channel, consent, link)

    async def _exchanged(self, channel: str, consent: Consent, link: ConnectLink) -> Connected | NotConnected:
        try:
            shops = await connect_with_code(
                self._reading.accounts,
                self._reading.channel(channel),
                code=consent.code,
                shop_id=consent.shop_id,
                main_account_id=consent.main_account_id,
                seller_id=link.seller_id,
                expected=link.shop_id,
            )
        except (MarketplaceFailure, OwnedByAnotherSeller, WrongShop, NoShop) as failure:
            LOG.warning("not-connected", channel=channel, seller_id=link.seller_id, failure=type(failure).__name__, message=str(failure))
            return _slug(failure)
        LOG.info("connected", seller_id=link.seller_id, shops=[shop.key for shop in shops])
        await self._read_at_once(shops)
        return Connected(tuple(shop.key for shop in shops))

    async def _read_at_once(self, shops: tuple[Shop, ...]) -> None:
        try:
            for shop in shops:
                await self._shops.connected(shop)
        except AWAY as error:
            LOG.warning("read-later", error=f"{type(error).__name__}: {error}"[:300])  # the next round of `Shops.watch` finds them


def _hash(state: str) -> bytes:
    """What is kept of a state: whoever reads the database can't come back with it."""
    return hashlib.sha256(state.encode()).digest()


def _slug(failure: Exception) -> NotConnected:
    match failure:
        case OwnedByAnotherSeller():
            return "other-seller"
        case WrongShop():
            return "other-shop"
        case NoShop():
            return "no-shop"
        case Unavailable() | Throttled():
            return "marketplace-unavailable"
        case Misconfigured():
            return "unavailable"
        case _:
            return "code-refused"
