"""Shopee's door: who calls, is it signed, in time, allowed and not too often; and the envelope of every answer."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route

from sandbox.config import Channel
from sandbox.desk import Desk
from sandbox.faults import Fault
from sandbox.grants import Shop
from sandbox.serving import Answer, Endpoint, Incoming, serve
from sandbox.shopee.signing import sign_call
from sandbox.world import World

TIMESTAMP_WINDOW_S = 300


class Refused(Exception):
    """An answer with `error` filled; codes as in `shopee.md` section 6 and the endpoints' own lists."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopeeCall:
    """A call that passed the door; `shop` is None for public APIs."""

    world: World
    desk: Desk
    incoming: Incoming
    shop: Shop | None
    fault: Fault | None

    @property
    def query(self) -> Mapping[str, str]:
        return self.incoming.query

    @property
    def body(self) -> Mapping[str, Any]:
        if not isinstance(self.incoming.body, dict):
            raise Refused("error_param", "The request body is not a JSON object.")
        return self.incoming.body

    @property
    def owner(self) -> Shop:
        if self.shop is None:
            raise Refused("error_param", "There is no shop_id in query.")
        return self.shop


Handler = Callable[[ShopeeCall], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """One Shopee API. `wrapped`: the answer stands in `response`; token calls answer at top level."""

    method: str
    path: str
    handler: Handler
    of_shop: bool = True
    writes: bool = False
    wrapped: bool = True

    @property
    def name(self) -> str:
        """The last part of the path; token calls keep two (`token/get`)."""
        parts = self.path.split("/")
        return "/".join(parts[-2:]) if parts[-1] == "get" else parts[-1]


def route(world: World, desk: Desk, api: Api) -> Route:
    def answer(incoming: Incoming, fault: Fault | None) -> Answer:
        try:
            shop = _check(world, incoming, of_shop=api.of_shop)
            found = api.handler(ShopeeCall(world=world, desk=desk, incoming=incoming, shop=shop, fault=fault))
        except Refused as refused:
            return _envelope(world, refused.code, refused.message)
        return _envelope(world, "", "", {"response": found} if api.wrapped else found)

    endpoint = Endpoint(
        name=api.name,
        channel=Channel.SHOPEE,
        writes=api.writes,
        shop_of=_shop_of,
        orders_of=_orders_of,
        answer=answer,
        fail=lambda fault: _fail(world, fault),
    )

    async def handle(request: HttpRequest) -> Response:
        return await serve(world, endpoint, request)

    return Route(api.path, handle, methods=[api.method])


def not_found(world: World) -> Callable[[HttpRequest], Answer]:
    return lambda _request: _envelope(world, "error_not_found", "The requested API was not found.")


def _envelope(world: World, error: str, message: str, found: Mapping[str, Any] | None = None) -> Answer:
    return Answer(body={"request_id": world.ids.hexadecimal(), "error": error, "message": message, **(found or {})})


def _fail(world: World, fault: Fault) -> Answer:
    default = (
        ("error_rate_limit", "Too many requests.") if fault.kind == "throttle" else ("error_server", "Something wrong. Please try later.")
    )
    answer = _envelope(world, fault.code or default[0], fault.message or default[1])
    return Answer(body=answer.body, status=fault.http_status or answer.status)


def _shop_of(incoming: Incoming) -> str:
    return str(incoming.query.get("shop_id") or (incoming.body.get("shop_id", "") if isinstance(incoming.body, dict) else ""))


def _orders_of(incoming: Incoming) -> tuple[str, ...]:
    if isinstance(incoming.body, dict) and "order_sn" in incoming.body:
        return (str(incoming.body["order_sn"]),)
    return tuple(filter(None, incoming.query.get("order_sn_list", "").split(",")))


def _check(world: World, incoming: Incoming, *, of_shop: bool) -> Shop | None:
    query, config = incoming.query, world.config
    for name in ("partner_id", "timestamp", "sign", *(("access_token", "shop_id") if of_shop else ())):
        if not query.get(name):
            raise Refused("error_param", f"There is no {name} in query.")
    if query["partner_id"] != str(config.partner_id):
        raise Refused("invalid_partner_id", "Invalid partner_id.")
    if not query["timestamp"].isdecimal() or abs(world.clock.real() - int(query["timestamp"])) > TIMESTAMP_WINDOW_S:
        raise Refused("error_param", "Invalid timestamp.")
    expected = sign_call(
        config.partner_key,
        partner_id=query["partner_id"],
        path=incoming.path,
        timestamp=query["timestamp"],
        access_token=query["access_token"] if of_shop else "",
        shop_id=query["shop_id"] if of_shop else "",
    )
    if not hmac.compare_digest(expected.encode(), query["sign"].encode()):
        raise Refused("error_sign", "Wrong sign.")
    return _check_shop(world, query) if of_shop else None


def _check_shop(world: World, query: Mapping[str, str]) -> Shop:
    shop = world.shops.get((Channel.SHOPEE, query["shop_id"]))
    if shop is None:
        raise Refused("error_auth", "Invalid partner_id or shopid.")
    if shop.grant.revoked:
        raise Refused("shop_no_linked", "This shop has not linked with the partner.")
    if not shop.grant.usable(world.clock.now()):
        raise Refused("shop_access_expired", "The shop's authorization has expired.")
    if world.grants.check(shop.grant, query["access_token"]) != "valid":
        raise Refused("invalid_acceess_token", "Invalid access_token, please have a check.")  # spelled so by Shopee
    if not world.limits.take(("shopee", query["shop_id"]), per_s=world.config.shopee_rate_per_s, now=world.clock.real()):
        raise Refused("error_rate_limit", "Too many requests, please slow down.")
    return shop
