"""Shopee's tokens: exchanged for a code, refreshed with a token that works once (Authorization and Authentication, 2026-07)."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import SecretStr

from marketplaces import loose
from marketplaces.failures import Unavailable
from marketplaces.interface import TokenPair
from marketplaces.shopee.calls import ShopeeCalls

FIRST_TOKEN = "/api/v2/auth/token/get"  # noqa: S105 - a path
REFRESH = "/api/v2/auth/access_token/get"

REFRESH_LIFE = timedelta(days=30)
_EPOCH_FROM = 1_000_000_000
"""`expire_in` is a duration; one sample of the reference shows a number that can only be a point in time."""


async def exchange_code(
    calls: ShopeeCalls, code: str, *, shop_id: str | None, main_account_id: str | None, now: Callable[[], datetime]
) -> TokenPair:
    """The first pair of an authorised shop, or of a main account: each of its shops refreshes with it once, and has its own from there."""
    of = {"shop_id": shop_id} if shop_id else {"main_account_id": main_account_id} if main_account_id else {}
    body = {"code": code, "partner_id": calls.partner_id, **{name: _number(value) for name, value in of.items()}}
    pair = _pair(await calls.public("POST", FIRST_TOKEN, body), now=now())
    return replace(pair, shop_ids=(shop_id,)) if shop_id else pair


async def refresh(calls: ShopeeCalls, refresh_token: SecretStr, *, shop_id: str, now: Callable[[], datetime]) -> TokenPair:
    """A new pair for a shop; the former access token works for 5 more minutes, the former refresh token never again."""
    body = {"refresh_token": refresh_token.get_secret_value(), "partner_id": calls.partner_id, "shop_id": _number(shop_id)}
    return _pair(await calls.public("POST", REFRESH, body), now=now())


def _number(shop_id: str) -> int | str:
    return int(shop_id) if shop_id.isdecimal() else shop_id


def _pair(answer: dict[str, Any], *, now: datetime) -> TokenPair:
    body = loose.record(answer.get("response")) or answer
    access, refresh_token = loose.text(body.get("access_token")), loose.text(body.get("refresh_token"))
    call_id = loose.text(answer.get("request_id"))
    if access is None or refresh_token is None:
        raise Unavailable("an answer without tokens", call_id=call_id, maybe_applied=True)
    return TokenPair(
        access_token=SecretStr(access),
        refresh_token=SecretStr(refresh_token),
        access_until=_until(loose.integer(body.get("expire_in")), now),
        refresh_until=now + REFRESH_LIFE,
        shop_ids=loose.texts(body.get("shop_id_list")) or loose.texts(body.get("shop_id")),
        call_id=call_id,
    )


def _until(expire_in: int | None, now: datetime) -> datetime:
    """Without a readable life the token is taken to end at once: the next use refreshes."""
    if expire_in is not None and expire_in >= _EPOCH_FROM:
        return loose.moment(expire_in) or now
    return now + timedelta(seconds=max(expire_in or 0, 0))
