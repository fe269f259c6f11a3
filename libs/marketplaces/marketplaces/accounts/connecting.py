"""Connecting shops: with the code that a seller's consent brings, or with tokens that somebody has already."""

from datetime import datetime
from typing import Any

import msgspec
from pydantic import SecretStr

from marketplaces import loose
from marketplaces.accounts.book import Accounts
from marketplaces.accounts.shops import NewShop, NoShop, OwnedByAnotherSeller, Shop, WrongShop
from marketplaces.failures import Permanent, Reauthorise
from marketplaces.interface import Access, Channel, ShopSeen, TokenPair

_NO_REGION_YET = "--"


async def connect_with_code(
    accounts: Accounts,
    channel: Channel,
    *,
    code: str,
    shop_id: str | None,
    seller_id: str,
    main_account_id: str | None = None,
    expected: str | None = None,
) -> tuple[Shop, ...]:
    """Exchange the code and connect every shop it covers, or none; a code works once.

    `shop_id`, `main_account_id`: Shopee's, from the redirect. `expected`: the shop that is to be connected again.
    `WrongShop` when the code is of others; `OwnedByAnotherSeller`; `NoShop`. The pair that a code brought is kept in any case for shops
    that are here: the marketplace has replaced theirs.
    """
    if shop_id is not None:
        await _demand(accounts, channel.name, shop_id, seller_id=seller_id, expected=expected)
    async with accounts.connecting(channel.name):
        pair = await channel.exchange_code(code, shop_id=shop_id, main_account_id=main_account_id)
        stored = await accounts.replace_pairs(channel.name, pair)
        shops = await _covered(channel, pair)
        if not shops:
            raise NoShop("the authorisation covers no shop")
        if expected is not None and expected not in {shop.shop_id for shop in shops}:
            raise WrongShop(f"{channel.name}: not {expected}, but {', '.join(shop.shop_id for shop in shops)}")
        return await accounts.connect_all([_new(channel.name, seen, pair, seller_id) for seen in shops], pair, stored=stored)


async def _demand(accounts: Accounts, channel: str, shop_id: str, *, seller_id: str, expected: str | None) -> None:
    """What can be told before the code is used up, and with it the tokens that the shop has."""
    if expected is not None and shop_id != expected:
        raise WrongShop(f"{channel}: not {expected}, but {shop_id}")
    known = await accounts.get(channel, shop_id)
    if known is not None and known.seller_id != seller_id:
        raise OwnedByAnotherSeller(known.key)


async def _covered(channel: Channel, pair: TokenPair) -> tuple[ShopSeen, ...]:
    """The shops that a pair opens: TikTok lists them all, Shopee shows one a call. Of several, one that can't be used is left out."""
    found: dict[str, ShopSeen] = {}
    for shop_id in pair.shop_ids or ("",):
        try:
            seen = await channel.read_shops(Access(channel=channel.name, shop_id=shop_id, region=_NO_REGION_YET, token=pair.access_token))
        except (Reauthorise, Permanent):
            if len(pair.shop_ids) <= 1:
                raise
            continue
        found.update({shop.shop_id: shop for shop in seen})
    return tuple(found.values())


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
