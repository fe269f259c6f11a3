"""Connecting shops: with the code that a seller's consent brings, or with tokens that somebody has already."""

from datetime import datetime
from typing import Any

import msgspec
from pydantic import SecretStr

from marketplaces import loose
from marketplaces.accounts.book import Accounts
from marketplaces.accounts.shops import NewShop, Shop
from marketplaces.failures import Permanent
from marketplaces.interface import Access, Channel, ShopSeen, TokenPair

_NO_REGION_YET = "--"


async def connect_with_code(accounts: Accounts, channel: Channel, *, code: str, shop_id: str | None, seller_id: str) -> tuple[Shop, ...]:
    """Exchange the code and connect every shop it covers; a code works once. `shop_id`: Shopee's, from the redirect."""
    pair = await channel.exchange_code(code, shop_id=shop_id)
    called_as = shop_id or next(iter(pair.shop_ids), "")
    access = Access(channel=channel.name, shop_id=called_as, region=_NO_REGION_YET, token=pair.access_token)
    shops = await channel.read_shops(access)
    if not shops:
        raise Permanent("the authorisation covers no shop")
    return tuple([await accounts.connect(_new(channel.name, seen, pair, seller_id), pair) for seen in shops])


def _new(channel: str, seen: ShopSeen, pair: TokenPair, seller_id: str) -> NewShop:
    return NewShop(
        channel=channel,
        shop_id=seen.shop_id,
        seller_id=seller_id,
        name=seen.name,
        region=seen.region,
        cipher=seen.cipher,
        authorised_until=seen.authorised_until or (pair.refresh_until if channel == "tiktok" else None),
    )


async def connect_with_tokens(accounts: Accounts, channel: Channel, given: dict[str, Any], *, shop_id: str, seller_id: str) -> Shop:
    """Connect a shop with a pair that somebody has already. It is tried first: name, region and cipher are the marketplace's own word.

    `given`: `access_token`, `access_token_expires_at`, `refresh_token`, and optionally `refresh_token_expires_at`, `open_id`.
    """
    pair = TokenPair(
        access_token=SecretStr(_required(given, "access_token")),
        refresh_token=SecretStr(_required(given, "refresh_token")),
        access_until=_instant(given, "access_token_expires_at"),
        refresh_until=_instant(given, "refresh_token_expires_at") if given.get("refresh_token_expires_at") else None,
        owner=loose.text(given.get("open_id")) if channel.name == "tiktok" else None,
    )
    seen = await channel.read_shops(Access(channel=channel.name, shop_id=shop_id, region=_NO_REGION_YET, token=pair.access_token))
    shop = next((shop for shop in seen if shop.shop_id == shop_id), None)
    if shop is None:
        raise Permanent(f"these tokens don't open shop {shop_id}")
    return await accounts.connect(_new(channel.name, shop, pair, seller_id), pair)


def _required(given: dict[str, Any], name: str) -> str:
    found = loose.text(given.get(name))
    if found is None:
        raise ValueError(f"{name} is missing")
    return found


def _instant(given: dict[str, Any], name: str) -> datetime:
    try:
        found = msgspec.convert(_required(given, name), datetime, strict=False)
    except msgspec.ValidationError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError(f"{name} is not a time like 2026-01-31T12:00:00Z")
    return found
