"""TikTok Shop's tokens and the shops they open (docv2 authorization-overview-202407)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from marketplaces import loose
from marketplaces.failures import Unavailable
from marketplaces.interface import ShopSeen, TokenPair
from marketplaces.tiktok.calls import TikTokCalls

FIRST_TOKEN = "/api/v2/token/get"  # noqa: S105 - a path
REFRESH = "/api/v2/token/refresh"


async def exchange_code(calls: TikTokCalls, code: str, *, now: Callable[[], datetime]) -> TokenPair:
    """The first pair of a seller's authorisation."""
    return _pair(await calls.token(FIRST_TOKEN, {"auth_code": code, "grant_type": "authorized_code"}), now=now())


async def refresh(calls: TikTokCalls, refresh_token: SecretStr, *, now: Callable[[], datetime]) -> TokenPair:
    """A new pair; whether the former refresh token lives on is not agreed on, so it is never used again."""
    return _pair(await calls.token(REFRESH, {"refresh_token": refresh_token.get_secret_value(), "grant_type": "refresh_token"}), now=now())


def _pair(answer: dict[str, Any], *, now: datetime) -> TokenPair:
    """`*_expire_in` are points in time, not durations."""
    data = loose.record(answer.get("data"))
    access, refresh_token = loose.text(data.get("access_token")), loose.text(data.get("refresh_token"))
    call_id = loose.text(answer.get("request_id"))
    if access is None or refresh_token is None:
        raise Unavailable("an answer without tokens", call_id=call_id, maybe_applied=True)
    return TokenPair(
        access_token=SecretStr(access),
        refresh_token=SecretStr(refresh_token),
        access_until=loose.moment(data.get("access_token_expire_in")) or now,
        refresh_until=loose.moment(data.get("refresh_token_expire_in")),
        owner=loose.text(data.get("open_id")),
        call_id=call_id,
    )


def shop_seen(shop: dict[str, Any]) -> ShopSeen | None:
    """One shop of the authorisation; None where it can't be named or called."""
    shop_id, region = loose.text(shop.get("id")), loose.region(shop.get("region"))
    if shop_id is None or region is None:
        return None
    return ShopSeen(shop_id=shop_id, name=loose.text(shop.get("name")) or shop_id, region=region, cipher=loose.text(shop.get("cipher")))
