"""The book of shops: who owns them, how they are, and a token that works."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar

import asyncpg
from pydantic import SecretStr

from chassis.database import Transaction
from marketplaces.accounts import states, store
from marketplaces.accounts.refreshing import LEASE_SECONDS, LOOK_AGAIN_SECONDS, Refresher
from marketplaces.accounts.sealing import Sealer
from marketplaces.accounts.shops import NewShop, OwnedByAnotherSeller, Shop, UnknownShop, shop_from
from marketplaces.accounts.tokens import authorisation_id, freshness, open_access, seal_pair
from marketplaces.channels import utcnow
from marketplaces.failures import Reauthorise, TokenExpired, Unavailable
from marketplaces.interface import Access, Channel, ShopSeen, TokenPair

T = TypeVar("T")

CONNECTING_PATIENCE_SECONDS = 30.0


class Accounts:
    """Shops and tokens in the accounts database. Each change of a shop's state and its event are one transaction.

    `woken` is called after a commit that announced something (the ingestor wakes its relay).
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        channels: Mapping[str, Channel],
        sealer: Sealer,
        *,
        now: Callable[[], datetime] = utcnow,
        refresh_ahead_seconds: float = 1800,
        refresh_lease_seconds: float = LEASE_SECONDS,
        woken: Callable[[], None] = lambda: None,
    ) -> None:
        self._pool = pool
        self._channels = channels
        self._sealer = sealer
        self._now = now
        self._ahead = timedelta(seconds=refresh_ahead_seconds)
        self._woken = woken
        self._refresher = Refresher(pool, channels, sealer, now=now, lease_seconds=refresh_lease_seconds, woken=woken)

    async def close(self) -> None:
        """Let refreshes that have begun end: a pair that is not stored is lost. The pool stays open."""
        await self._refresher.close()

    # Shops

    async def get(self, channel: str, shop_id: str) -> Shop | None:
        async with self._pool.acquire() as connection:
            row = await store.find_shop(connection, channel, shop_id)
        return shop_from(row) if row else None

    async def shops(self, *, channel: str | None = None, seller_id: str | None = None) -> Sequence[Shop]:
        """All shops that were ever connected, disconnected ones included, by channel and id."""
        async with self._pool.acquire() as connection:
            return await store.list_shops(connection, channel=channel, seller_id=seller_id)

    async def connect(self, new: NewShop, pair: TokenPair) -> Shop:
        """Connect a shop, or connect it again, with tokens just obtained; `OwnedByAnotherSeller` when it is somebody else's."""
        (shop,) = await self.connect_all([new], pair)
        return shop

    async def connect_all(self, new: Sequence[NewShop], pair: TokenPair, *, stored: Collection[str] = ()) -> tuple[Shop, ...]:
        """Connect all the shops that a pair opens, or none: `OwnedByAnotherSeller` when one of them is somebody else's.

        `stored`: authorisations that have the pair already (`replace_pairs`); by now they may have a newer one.
        """
        new = sorted(new, key=lambda shop: shop.shop_id)
        ids = [authorisation_id(shop.channel, owner=pair.owner, shop_id=shop.shop_id) for shop in new]
        now = self._now()
        async with self._pool.acquire() as connection, connection.transaction():
            for authorisation, of in sorted(dict(zip(reversed(ids), reversed(new), strict=True)).items()):
                if authorisation not in stored:
                    sealed = seal_pair(self._sealer, pair, authorisation=authorisation)
                    await store.put_authorisation(connection, authorisation, sealed, pair, of, now=now)
            pairs = zip(new, ids, strict=True)
            shops = [await self._connect(connection, shop, authorisation=authorisation, now=now) for shop, authorisation in pairs]
        self._woken()
        return tuple(shops)

    async def _connect(self, connection: Transaction, new: NewShop, *, authorisation: str, now: datetime) -> Shop:
        shop = await store.insert_shop(connection, new, authorisation=authorisation, now=now)
        if shop is None:
            return await self._reconnect(connection, new, authorisation=authorisation, now=now)
        await store.announce_shop(connection, shop, now=now)
        return shop

    async def replace_pairs(self, channel: str, pair: TokenPair) -> Sequence[str]:
        """Keep a pair that a new consent brought for the authorisations that are here already, whoever's they are; gives their ids.

        The marketplace has replaced their tokens, so without this a shop would be lost by a consent that leads to nothing here.
        """
        shop_ids = pair.shop_ids or ("",)
        ids = sorted({authorisation_id(channel, owner=pair.owner, shop_id=shop_id) for shop_id in shop_ids})
        async with self._pool.acquire() as connection, connection.transaction():
            sealed = [(each, seal_pair(self._sealer, pair, authorisation=each)) for each in ids]
            return [each for each, pair_ in sealed if await store.replace_pair(connection, each, pair_, pair, now=self._now())]

    @asynccontextmanager
    async def connecting(self, channel: str) -> AsyncIterator[None]:
        """Exchange one code of a channel at a time, over all processes; `Unavailable` when it takes too long to be one's turn."""
        give_up = monotonic() + CONNECTING_PATIENCE_SECONDS
        while True:
            async with self._pool.acquire() as connection:
                if await connection.fetchval(store.QUERIES.lock_connecting, channel):
                    try:
                        yield
                    finally:
                        await connection.execute(store.QUERIES.unlock_connecting, channel)
                    return
            if monotonic() >= give_up:
                raise Unavailable("another shop is being connected")
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _reconnect(self, connection: Transaction, new: NewShop, *, authorisation: str, now: datetime) -> Shop:
        await self._locked(connection, new.channel, new.shop_id, seller_id=new.seller_id)
        await store.reconnect_shop(connection, new, authorisation=authorisation)
        shop = await self._locked(connection, new.channel, new.shop_id)
        return await store.change_shop(
            connection,
            shop,
            now=now,
            state="connected",
            why=None,
            authorised_until=new.authorised_until or shop.authorised_until,
            last_read_at=shop.last_read_at,
        )

    async def mark_connected(self, channel: str, shop_id: str, *, authorised_until: datetime | None = None) -> Shop:
        """It was seen to work (again)."""
        async with self._pool.acquire() as connection, connection.transaction():
            shop = await self._locked(connection, channel, shop_id)
            changed = await states.connected(connection, shop, now=self._now(), authorised_until=authorised_until)
        return self._told(shop, changed)

    async def mark_expiring(self, channel: str, shop_id: str, *, authorised_until: datetime | None = None, why: str | None = None) -> Shop:
        """The seller's consent ends soon."""
        async with self._pool.acquire() as connection, connection.transaction():
            shop = await self._locked(connection, channel, shop_id)
            changed = await states.expiring(connection, shop, now=self._now(), authorised_until=authorised_until, why=why)
        return self._told(shop, changed)

    async def mark_disconnected(self, channel: str, shop_id: str, *, why: str, generation: int | None = None) -> Shop:
        """It can't be read or answered. `generation`: only if it still has the tokens (`Access.generation`) this was learnt with."""
        async with self._pool.acquire() as connection, connection.transaction():
            locked = await store.lock_shop(connection, channel, shop_id)
            if locked is None:
                raise UnknownShop(f"{channel}:{shop_id}")
            shop, current = locked
            outdated = generation is not None and generation != current
            changed = shop if outdated else await states.disconnected(connection, shop, why=why, now=self._now())
        return self._told(shop, changed)

    async def touched(self, channel: str, shop_id: str, *, read_at: datetime) -> Shop:
        """A sweep has read everything up to `read_at`; announced every 5 minutes."""
        async with self._pool.acquire() as connection, connection.transaction():
            shop = await self._locked(connection, channel, shop_id)
            changed = await states.touched(connection, shop, read_at=read_at, now=self._now())
        return self._told(shop, changed)

    async def _locked(self, connection: Transaction, channel: str, shop_id: str, *, seller_id: str | None = None) -> Shop:
        locked = await store.lock_shop(connection, channel, shop_id)
        if locked is None:
            raise UnknownShop(f"{channel}:{shop_id}")
        if seller_id is not None and locked[0].seller_id != seller_id:
            raise OwnedByAnotherSeller(f"{channel}:{shop_id}")
        return locked[0]

    def _told(self, before: Shop, after: Shop) -> Shop:
        if after.shop_revision != before.shop_revision:
            self._woken()
        return after

    # Tokens

    async def access(self, channel: str, shop_id: str, *, refused: SecretStr | None = None, though_disconnected: bool = False) -> Access:
        """What to call the shop with. `refused`: the token that the marketplace didn't take; there will be another.

        `UnknownShop`; `Reauthorise` when the shop is disconnected; `Unavailable` when no token can be had now.
        """
        access = await self._usable(channel, shop_id, refused=refused, though_disconnected=though_disconnected, wait=True)
        if access is None:
            access = await self._usable(channel, shop_id, refused=refused, though_disconnected=though_disconnected, wait=False)
        if access is None:
            raise Unavailable("the new token is over already")
        return access

    async def _usable(
        self, channel: str, shop_id: str, *, refused: SecretStr | None, though_disconnected: bool, wait: bool
    ) -> Access | None:
        """The stored token if it can be used; else, with `wait`, a refresh and None."""
        async with self._pool.acquire() as connection:
            row = await store.find_shop(connection, channel, shop_id)
        if row is None:
            raise UnknownShop(f"{channel}:{shop_id}")
        if row["state"] == "disconnected" and not though_disconnected:
            raise Reauthorise(row["why"] or "the shop is disconnected")
        authorisation, generation = row["authorisation"], row["generation"]
        token = open_access(self._sealer, row, authorisation=authorisation)
        age = freshness(obtained_at=row["obtained_at"], until=row["access_until"], now=self._now(), ahead=self._ahead)
        if token == refused or age == "over":
            if wait:
                await self._refresher.refresh(authorisation, generation=generation, though_disconnected=though_disconnected)
            return None
        if age == "ageing":
            self._refresher.refresh_soon(authorisation, generation=generation)
        return Access(channel=channel, shop_id=shop_id, region=row["region"], token=token, cipher=row["cipher"], generation=generation)

    async def call(self, channel: str, shop_id: str, use: Callable[[Access], Awaitable[T]], *, though_disconnected: bool = False) -> T:
        """Call the shop. A token that isn't taken is renewed and the call made once more; a shop to be connected again is marked so.

        It may take three calls' time (call, refresh, call): bound it by the lease that the work is done under.
        """
        access = await self.access(channel, shop_id, though_disconnected=though_disconnected)
        try:
            try:
                return await use(access)
            except TokenExpired:
                access = await self.access(channel, shop_id, refused=access.token, though_disconnected=though_disconnected)
                return await use(access)
        except Reauthorise as failure:
            shop = await self.mark_disconnected(channel, shop_id, why=str(failure), generation=access.generation)
            if shop.state != "disconnected":
                raise Unavailable("the shop was connected again meanwhile", call_id=failure.call_id) from None
            raise
        except TokenExpired as failure:
            raise Unavailable(f"a token just renewed was not taken ({failure})", call_id=failure.call_id) from None

    async def probe(self, channel: str, shop_id: str) -> ShopSeen:
        """Try the shop, though it may be disconnected: pushes about authorisations are hints, this is the answer. Marks it accordingly."""
        found = await self.call(channel, shop_id, self._channels[channel].read_shops, though_disconnected=True)
        seen = next((shop for shop in found if shop.shop_id == shop_id), None)
        if seen is None:
            why = "the authorisation does not cover this shop any more"
            await self.mark_disconnected(channel, shop_id, why=why)
            raise Reauthorise(why)
        await self.mark_connected(channel, shop_id, authorised_until=seen.authorised_until)
        return seen
