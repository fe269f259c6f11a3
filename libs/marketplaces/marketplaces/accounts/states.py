"""How a shop's state changes: nothing is announced that was so already."""

from datetime import datetime, timedelta

from chassis.database import Transaction
from marketplaces.accounts import store
from marketplaces.accounts.shops import Shop

ANNOUNCE_EVERY = timedelta(minutes=5)
"""A shop that is read is announced this often, so that the fulfilment gate knows that its news are fresh (CONTRACTS D, shop-status)."""

_WHY_MAX = 500


async def connected(tx: Transaction, shop: Shop, *, now: datetime, authorised_until: datetime | None = None) -> Shop:
    """Can be read and answered. A shop whose consent ends soon stays `expiring` until a later end is known."""
    until = authorised_until or shop.authorised_until
    if until == shop.authorised_until and shop.state != "disconnected":
        return shop
    return await store.change_shop(tx, shop, now=now, state="connected", why=None, authorised_until=until, last_read_at=shop.last_read_at)


async def expiring(tx: Transaction, shop: Shop, *, now: datetime, authorised_until: datetime | None, why: str | None) -> Shop:
    """Works, but its consent ends soon. A shop that is disconnected stays so."""
    until = authorised_until or shop.authorised_until
    if shop.state == "disconnected" or (shop.state, shop.authorised_until) == ("expiring", until):
        return shop
    why = why[:_WHY_MAX] if why else None
    return await store.change_shop(tx, shop, now=now, state="expiring", why=why, authorised_until=until, last_read_at=shop.last_read_at)


async def disconnected(tx: Transaction, shop: Shop, *, why: str, now: datetime) -> Shop:
    """Nothing can be read or answered until the seller connects it again; the first reason stands."""
    if shop.state == "disconnected":
        return shop
    return await store.change_shop(
        tx,
        shop,
        now=now,
        state="disconnected",
        why=why[:_WHY_MAX],
        authorised_until=shop.authorised_until,
        last_read_at=shop.last_read_at,
    )


async def touched(tx: Transaction, shop: Shop, *, read_at: datetime, now: datetime) -> Shop:
    """Everything was read up to `read_at`."""
    read_at = max(read_at, shop.last_read_at or read_at)
    if shop.state == "disconnected" or now - shop.announced_at < ANNOUNCE_EVERY:
        await store.touch_shop(tx, shop, read_at=read_at)
        return shop
    return await store.change_shop(
        tx, shop, now=now, state=shop.state, why=shop.why, authorised_until=shop.authorised_until, last_read_at=read_at
    )
