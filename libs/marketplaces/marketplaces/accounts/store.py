"""Shops and authorisations as rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from chassis import outbox
from chassis.database import Queries, Transaction
from contracts.event import announce
from contracts.values import ShopState
from marketplaces.accounts.shops import NewShop, Shop, shop_from
from marketplaces.accounts.tokens import SealedPair
from marketplaces.interface import TokenPair

QUERIES = Queries("marketplaces", "accounts/queries.sql")
SOURCE = "/zetpy/ingestor"
"""Whose database this is, whichever service noticed the change."""


async def find_shop(tx: Transaction, channel: str, shop_id: str) -> Any:
    """The row with its tokens, or None."""
    return await tx.fetchrow(QUERIES.find_shop, channel, shop_id)


async def list_shops(tx: Transaction, *, channel: str | None, seller_id: str | None) -> Sequence[Shop]:
    return [shop_from(row) for row in await tx.fetch(QUERIES.list_shops, channel, seller_id)]


async def lock_shop(tx: Transaction, channel: str, shop_id: str) -> tuple[Shop, int] | None:
    """The shop, and the generation of its tokens."""
    row = await tx.fetchrow(QUERIES.lock_shop, channel, shop_id)
    return (shop_from(row), await tx.fetchval(QUERIES.generation_of, row["authorisation"])) if row else None


async def lock_shops_of(tx: Transaction, authorisation: str) -> Sequence[Shop]:
    return [shop_from(row) for row in await tx.fetch(QUERIES.lock_shops_of, authorisation)]


async def lock_authorisation(tx: Transaction, authorisation: str) -> Any:
    """The row, with `leased` judged by the database's clock; None when there is none."""
    return await tx.fetchrow(QUERIES.lock_authorisation, authorisation)


async def take_lease(tx: Transaction, authorisation: str, lease: UUID, *, seconds: float) -> None:
    await tx.execute(QUERIES.take_lease, authorisation, lease, timedelta(seconds=seconds))


async def release_lease(tx: Transaction, authorisation: str, lease: UUID, *, unsettled: bool) -> None:
    await tx.execute(QUERIES.release_lease, authorisation, lease, unsettled)


async def store_pair(tx: Transaction, authorisation: str, sealed: SealedPair, pair: TokenPair, *, generation: int, now: datetime) -> bool:
    """False: another pair was stored meanwhile, this one is out of date."""
    status = await tx.execute(
        QUERIES.store_pair,
        authorisation,
        generation,
        sealed.key_id,
        sealed.access_token,
        sealed.refresh_token,
        now,
        pair.access_until,
        pair.refresh_until,
    )
    return str(status) == "UPDATE 1"


async def replace_pair(tx: Transaction, authorisation: str, sealed: SealedPair, pair: TokenPair, *, now: datetime) -> bool:
    """False: nobody has connected it here."""
    status = await tx.execute(
        QUERIES.replace_pair,
        authorisation,
        sealed.key_id,
        sealed.access_token,
        sealed.refresh_token,
        now,
        pair.access_until,
        pair.refresh_until,
    )
    return str(status) == "UPDATE 1"


async def put_authorisation(
    tx: Transaction, authorisation: str, sealed: SealedPair, pair: TokenPair, shop: NewShop, *, now: datetime
) -> None:
    await tx.execute(
        QUERIES.put_authorisation,
        authorisation,
        shop.channel,
        shop.shop_id,
        sealed.key_id,
        sealed.access_token,
        sealed.refresh_token,
        now,
        pair.access_until,
        pair.refresh_until,
    )


async def insert_shop(tx: Transaction, shop: NewShop, *, authorisation: str, now: datetime) -> Shop | None:
    """None: it is here already."""
    row = await tx.fetchrow(
        QUERIES.insert_shop,
        shop.channel,
        shop.shop_id,
        shop.seller_id,
        shop.name,
        shop.region,
        authorisation,
        shop.cipher,
        shop.authorised_until,
        now,
    )
    return shop_from(row) if row else None


async def reconnect_shop(tx: Transaction, shop: NewShop, *, authorisation: str) -> None:
    await tx.execute(QUERIES.reconnect_shop, shop.channel, shop.shop_id, shop.name, shop.region, authorisation, shop.cipher)


async def change_shop(
    tx: Transaction,
    shop: Shop,
    *,
    now: datetime,
    state: ShopState,
    why: str | None,
    authorised_until: datetime | None,
    last_read_at: datetime | None,
) -> Shop:
    """The shop's next revision, announced in the same transaction. The caller holds its row lock."""
    changed_at = shop.changed_at if (state, why, authorised_until) == (shop.state, shop.why, shop.authorised_until) else now
    row = await tx.fetchrow(QUERIES.change_shop, shop.channel, shop.shop_id, state, why, authorised_until, last_read_at, changed_at, now)
    changed = shop_from(row)
    await announce_shop(tx, changed, now=now)
    return changed


async def announce_shop(tx: Transaction, shop: Shop, *, now: datetime) -> None:
    await outbox.add(tx, [announce(shop.status(), source=SOURCE, time=now)])


async def touch_shop(tx: Transaction, shop: Shop, *, read_at: datetime) -> None:
    await tx.execute(QUERIES.touch_shop, shop.channel, shop.shop_id, read_at)
