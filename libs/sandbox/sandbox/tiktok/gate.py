"""TikTok Shop's door: signature, clock, token, shop and pace; and the envelope of every answer."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.config import Channel
from sandbox.desk import Desk
from sandbox.faults import Fault
from sandbox.grants import Grant, Shop
from sandbox.serving import Answer, Endpoint, Incoming, serve
from sandbox.tiktok.signing import sign_call
from sandbox.world import World

PAST_WINDOW_S = 300
FUTURE_WINDOW_S = 30


class Refused(Exception):
    """An answer whose `code` is not 0; codes as in `tiktok.md` section 7 and the endpoints' own lists."""

    def __init__(self, code: int, message: str, *, status: int = HTTPStatus.OK) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True, slots=True, kw_only=True)
class TikTokCall:
    """A call that passed the door; `shop` is None where no `shop_cipher` is wanted, `grant` for token calls."""

    world: World
    desk: Desk
    incoming: Incoming
    grant: Grant | None
    shop: Shop | None
    fault: Fault | None

    @property
    def query(self) -> Mapping[str, str]:
        return self.incoming.query

    @property
    def body(self) -> Mapping[str, Any]:
        """The JSON object sent, empty when there was no body."""
        if not self.incoming.raw:
            return {}
        if not isinstance(self.incoming.body, dict):
            raise Refused(36_009_004, "The request body is not a JSON object.")
        return self.incoming.body

    @property
    def owner(self) -> Shop:
        if self.shop is None:
            raise Refused(106_013, "shop_cipher is required.")
        return self.shop


Handler = Callable[[TikTokCall], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One TikTok API. `of_shop`: wants `shop_cipher`; `signed` False: token calls."""

    method: str
    path: str
    name: str
    handler: Handler
    of_shop: bool = True
    signed: bool = True
    writes: bool = False


def route(world: World, desk: Desk, api: Api) -> Route:
    def answer(incoming: Incoming, fault: Fault | None) -> Answer:
        try:
            grant = _check(world, incoming) if api.signed else None
            shop = _check_shop(world, incoming, grant, api) if grant else None
            found = api.handler(TikTokCall(world=world, desk=desk, incoming=incoming, grant=grant, shop=shop, fault=fault))
        except Refused as refused:
            return envelope(world, refused.code, refused.message, status=refused.status)
        return envelope(world, 0, "Success", found)

    endpoint = Endpoint(
        name=api.name,
        channel=Channel.TIKTOK,
        writes=api.writes,
        shop_of=lambda incoming: _shop_of(world, incoming),
        orders_of=lambda incoming: _orders_of(world, incoming),
        answer=answer,
        fail=lambda fault: _fail(world, fault),
    )

    async def handle(request: HttpRequest) -> Response:
        return await serve(world, endpoint, request)

    return Route(api.path, handle, methods=[api.method])


def envelope(world: World, code: int, message: str, data: dict[str, Any] | None = None, *, status: int = HTTPStatus.OK) -> Answer:
    headers = {"Retry-After": "1"} if status == HTTPStatus.TOO_MANY_REQUESTS else None
    return Answer(
        body={"code": code, "message": message, "request_id": world.ids.hexadecimal(), "data": data or {}}, status=status, headers=headers
    )


def _fail(world: World, fault: Fault) -> Answer:
    if fault.kind == "throttle":
        return envelope(world, 36_009_002, "Too many requests.", status=HTTPStatus.TOO_MANY_REQUESTS)
    return envelope(world, int(fault.code or 36_009_003), fault.message or "Internal error.", status=fault.http_status or HTTPStatus.OK)


def _shop_of(world: World, incoming: Incoming) -> str:
    cipher = incoming.query.get("shop_cipher")
    return next(
        (shop.spec.shop_id for (channel, _), shop in world.shops.items() if channel is Channel.TIKTOK and shop.cipher == cipher), ""
    )


def _orders_of(world: World, incoming: Incoming) -> tuple[str, ...]:
    """The orders that a call names, by their own ids or by those of their requests."""
    body = incoming.body if isinstance(incoming.body, dict) else {}
    named = [part for part in incoming.query.get("ids", "").split(",") if part]
    named += [str(ref) for ref in body.get("order_ids") or () if isinstance(body.get("order_ids"), list)]
    asked = [str(ref) for ref in body.get("cancel_ids") or () if isinstance(body.get("cancel_ids"), list)]
    asked += [ref for ref in (incoming.path_ids.get("cancel_id"), incoming.query.get("return_or_cancel_id")) if ref]
    known = (world.requests.get((Channel.TIKTOK, ref)) for ref in asked)
    return tuple(dict.fromkeys([*named, *(found[0].ref for found in known if found)]))


def _check(world: World, incoming: Incoming) -> Grant:
    query, config = incoming.query, world.config
    for name in ("app_key", "timestamp", "sign"):
        if not query.get(name):
            raise Refused(36_009_004, f"Invalid {name}: it is missing.")
    if query["app_key"] != config.app_key:
        raise Refused(36_009_004, "Invalid app_key.")
    stamp = query["timestamp"]
    if not stamp.isdecimal() or not -FUTURE_WINDOW_S <= world.clock.real() - int(stamp) <= PAST_WINDOW_S:
        raise Refused(36_009_004, "Invalid timestamp.")
    content_type = incoming.headers.get("content-type", "").split(";")[0].strip()
    if content_type != "application/json" and not (incoming.method == "GET" and not content_type):
        raise Refused(36_009_023, "The content type must be application/json.")
    expected = sign_call(config.app_secret, path=incoming.path, query=query, body=incoming.raw)
    if not hmac.compare_digest(expected.encode(), query["sign"].encode()):
        raise Refused(106_001, "The signature is invalid.")
    return _check_token(world, incoming.headers.get("x-tts-access-token", ""))


def _check_token(world: World, token: str) -> Grant:
    if not token:
        raise Refused(36_009_004, "Invalid access token: header x-tts-access-token is missing.")
    grant = world.grants.by_token(Channel.TIKTOK, token)
    if grant is None:
        raise Refused(36_009_004, "Invalid access token.")
    if world.grants.check(grant, token) != "valid":
        raise Refused(105_002, "The access token has expired.")
    return grant


def _check_shop(world: World, incoming: Incoming, grant: Grant, api: Api) -> Shop | None:
    cipher = incoming.query.get("shop_cipher")
    if not api.of_shop:
        if cipher is not None:
            raise Refused(36_009_004, "Unwanted identifier: shop_cipher.")
        return None
    if not cipher:
        raise Refused(106_013, "shop_cipher is required.")
    shop_id = _shop_of(world, incoming)
    if shop_id not in grant.shop_ids:
        raise Refused(101_000, "The access token does not fit the shop.")
    if not world.limits.take(("tiktok", shop_id, api.name), per_s=world.config.tiktok_rate_per_s, now=world.clock.real()):
        raise Refused(36_009_002, "Too many requests.", status=HTTPStatus.TOO_MANY_REQUESTS)
    return world.shops[Channel.TIKTOK, shop_id]
