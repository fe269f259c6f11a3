"""HTTP for other services and for operations: reject reasons, connect links, gaps, readings."""

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from chassis.app import App
from chassis.http import Caller, Problem, decode_cursor, encode_cursor, require, unavailable
from contracts.values import shop_key
from ingestor import store
from ingestor.connecting import Connected, Connecting
from ingestor.reading import Reading
from marketplaces.accounts import Shop, UnknownShop
from marketplaces.failures import MarketplaceFailure, Misconfigured, Permanent, Reauthorise, Refused, Stale, Throttled, Unavailable
from marketplaces.interface import RejectReasons
from marketplaces.seen import OrderSeen

Service = Annotated[Caller, Depends(require("service"))]
Ops = Annotated[Caller, Depends(require("ops"))]

RETRY_AFTER_SECONDS = 5
PROBLEMS = {
    "not-answerable": "The shop has to be connected again before the marketplace can be asked.",
    "request-ended": "The request is not open any more at the marketplace.",
    "marketplace-unavailable": "The marketplace does not answer just now; try again after Retry-After.",
}


class ReasonOut(BaseModel):
    name: str
    text: str


class ReasonsOut(BaseModel):
    required: bool
    items: list[ReasonOut]
    fetched_at: datetime


class GapOut(BaseModel):
    channel: str
    shop_id: str
    found_by: str
    count: int
    worst_delay_s: float
    since: datetime


class CircuitOut(BaseModel):
    failure: str
    """The class of the newest failure of the marketplace."""
    message: str
    failures: int
    """In a row."""
    since: datetime
    until: datetime
    """Then one turn tries again."""


class ShopOut(BaseModel):
    channel: str
    shop_id: str
    state: str
    why: str | None
    last_read_at: datetime | None
    circuit: CircuitOut | None
    """None: it is closed, the shop is read as usual."""
    calls_per_second: float
    """How fast the process that answers reads it now."""


class ShopsOut(BaseModel):
    items: list[ShopOut]
    next_cursor: str | None = None


class GapsOut(BaseModel):
    items: list[GapOut]


Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


class ConnectIn(BaseModel):
    channel: Literal["shopee", "tiktok"]
    seller_id: Id
    shop_id: Id | None = None
    """The shop that is to be connected again; absent: any."""


class ConnectLinkOut(BaseModel):
    url: str
    expires_at: datetime


class OrderIn(BaseModel):
    channel: Literal["shopee", "tiktok"]
    shop_id: Id
    order_ref: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]


class ReadingsIn(BaseModel):
    orders: Annotated[list[OrderIn], Field(min_length=1, max_length=200)]


class RequestThere(BaseModel):
    native_id: str
    state: Literal["open", "accepted", "completed", "closed", "unknown"]


class ReadingOut(BaseModel):
    channel: str
    shop_id: str
    order_ref: str
    found: bool
    failure: str | None = None
    """Why it could not be read; then nothing is known."""
    status: str | None = None
    """CONTRACTS A3."""
    requests: list[RequestThere] = []


class ReadingsOut(BaseModel):
    items: list[ReadingOut]


def routes(app: App, reading: Reading, connecting: Connecting) -> APIRouter:
    """`/v1` of the ingestor (CONTRACTS E2)."""
    router = APIRouter(prefix="/v1")

    @router.get("/reject-reasons")
    async def reject_reasons(_: Service, channel: str, shop_id: str, native_id: str, locale: str = "en-US") -> ReasonsOut:
        """The reasons that the marketplace offers for turning this request down, as they are now."""
        found = await _reasons(reading, channel, shop_id, native_id=native_id, locale=locale)
        items = [ReasonOut(name=item.name, text=item.text) for item in found.items]
        return ReasonsOut(required=found.required, items=items, fetched_at=app.now())

    @router.post("/connect-links", status_code=201)
    async def connect_links(_: Service, wanted: ConnectIn) -> ConnectLinkOut:
        """Where the seller lets us into a shop. The link works once, and whoever has it connects a shop to this seller."""
        if wanted.shop_id is not None:
            await _demand_shop(reading, wanted.channel, wanted.shop_id, seller_id=wanted.seller_id)
        try:
            url, expires_at = await connecting.link(wanted.channel, seller_id=wanted.seller_id, shop_id=wanted.shop_id)
        except Misconfigured as failure:
            raise Problem(503, "unavailable", "Shops of this channel can't be connected here", str(failure)) from failure
        return ConnectLinkOut(url=url, expires_at=expires_at)

    @router.get("/gaps")
    async def gaps(_: Ops) -> GapsOut:
        """Facts that no push told, per shop."""
        async with app.pool.acquire(timeout=5) as connection:
            rows = await store.list_gaps(connection)
        return GapsOut(items=[_gap(row) for row in rows])

    @router.get("/shops")
    async def shops(_: Ops, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str | None = None) -> ShopsOut:
        """Shops as they are read: whether they can be, and what holds them back."""
        after = _place(decode_cursor(cursor, filters="shops")) if cursor else ("", "")
        async with app.pool.acquire(timeout=5) as connection:
            circuits = {row["shop"]: CircuitOut(**row) for row in await store.list_circuits(connection)}
        try:
            known = [shop for shop in await reading.accounts.shops() if (shop.channel, shop.shop_id) > after]
        except Unavailable:
            raise unavailable() from None
        page = [shop for shop in known if shop.channel in reading.channels][:limit]
        more = bool(page) and page[-1] is not known[-1]
        return ShopsOut(
            items=[_shop(reading, shop, circuits.get(shop.key)) for shop in page],
            next_cursor=encode_cursor([page[-1].channel, page[-1].shop_id], filters="shops") if more else None,
        )

    return router


def readings(reading: Reading) -> APIRouter:
    """What operators compare with."""
    router = APIRouter(prefix="/v1")

    @router.post("/order-readings")
    async def order_readings(_: Ops, wanted: ReadingsIn) -> ReadingsOut:
        """What the marketplaces show of these orders now, in the order asked. Nothing is stored, and no one is told."""
        by_shop: dict[tuple[str, str], list[str]] = {}
        for order in wanted.orders:
            by_shop.setdefault((order.channel, order.shop_id), []).append(order.order_ref)
        found: dict[tuple[str, str, str], ReadingOut] = {}
        for (channel, shop_id), refs in by_shop.items():
            found |= {(channel, shop_id, item.order_ref): item for item in await _readings(reading, channel, shop_id, refs)}
        return ReadingsOut(items=[found[order.channel, order.shop_id, order.order_ref] for order in wanted.orders])

    return router


async def _readings(reading: Reading, channel: str, shop_id: str, refs: list[str]) -> list[ReadingOut]:
    """One shop's trouble is told beside its orders: the others are read all the same."""
    marketplace = reading.channel(channel)
    try:
        seen = await reading.accounts.call(channel, shop_id, lambda access: marketplace.read_orders(access, refs))
    except UnknownShop:
        why = "this shop is not connected here"
    except MarketplaceFailure as failure:
        why = f"{type(failure).__name__}: {failure}"
    else:
        return [_reading(channel, shop_id, ref, seen.orders.get(ref)) for ref in refs]
    return [ReadingOut(channel=channel, shop_id=shop_id, order_ref=ref, found=False, failure=why) for ref in refs]


def _reading(channel: str, shop_id: str, ref: str, seen: OrderSeen | None) -> ReadingOut:
    if seen is None:
        return ReadingOut(channel=channel, shop_id=shop_id, order_ref=ref, found=False)
    requests = [RequestThere(native_id=each.native_id, state=each.state) for each in seen.requests]
    return ReadingOut(channel=channel, shop_id=shop_id, order_ref=ref, found=True, status=seen.status, requests=requests)


def _place(position: object) -> tuple[str, str]:
    """The cursor is the caller's word."""
    match position:
        case [str(channel), str(shop_id)]:
            return channel, shop_id
        case _:
            raise Problem(400, "invalid-cursor", "The cursor can't be read")


def _shop(reading: Reading, shop: Shop, circuit: CircuitOut | None) -> ShopOut:
    return ShopOut(
        channel=shop.channel,
        shop_id=shop.shop_id,
        state=shop.state,
        why=shop.why,
        last_read_at=shop.last_read_at,
        circuit=circuit,
        calls_per_second=round(reading.calls_per_second(shop.channel, shop.shop_id), 3),
    )


def callbacks(reading: Reading, connecting: Connecting, *, page_url: str) -> APIRouter:
    """Where consent pages send sellers back to."""
    router = APIRouter(prefix="/connect", tags=["connecting"])

    @router.get("/{channel}/callback", status_code=303, response_class=Response)
    async def callback(channel: str, request: Request) -> Response:
        """On to the page with what came of it: `/?connected=<channel>:<shop_id>` (once per shop) or `/?connect_error=<slug>`."""
        if channel not in reading.channels:
            raise Problem(404, "not-found", "No such channel here")
        match await connecting.take(channel, request.query_params):
            case Connected(shops=shops):
                told = [("connected", shop) for shop in shops]
            case slug:
                told = [("connect_error", slug)]
        # The address of this page holds a code and a state: neither kept nor passed on.
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        return Response(status_code=303, headers={"Location": f"{page_url.rstrip('/')}/?{urlencode(told, safe=':')}", **headers})

    return router


async def _demand_shop(reading: Reading, channel: str, shop_id: str, *, seller_id: str) -> None:
    try:
        shop = await reading.accounts.get(channel, shop_id)
    except Unavailable:
        raise unavailable() from None
    if shop is None or shop.seller_id != seller_id:
        raise Problem(404, "not-found", "This seller has no such shop")


def _gap(row: dict[str, object]) -> GapOut:
    channel, _, shop_id = str(row["shop"]).partition(":")
    return GapOut.model_validate({**row, "channel": channel, "shop_id": shop_id})


async def _reasons(reading: Reading, channel: str, shop_id: str, *, native_id: str, locale: str) -> RejectReasons:
    if channel not in reading.channels:
        raise Problem(404, "not-found", "No such channel here")
    marketplace = reading.channel(channel)
    if marketplace.reject_reason == "none":
        return RejectReasons(required=False, items=())
    try:
        return await reading.accounts.call(
            channel, shop_id, lambda access: marketplace.reject_reasons(access, native_id=native_id, locale=locale)
        )
    except UnknownShop:
        raise Problem(404, "not-found", f"No shop {shop_key(channel, shop_id)} is connected here") from None
    except MarketplaceFailure as failure:
        raise _problem(failure) from failure


def _problem(failure: MarketplaceFailure) -> Problem:
    match failure:
        case Reauthorise():
            return Problem(409, "not-answerable", "The shop has to be connected again", str(failure))
        case Stale() | Refused():
            return Problem(409, "request-ended", "The request is not open any more", str(failure))
        case Permanent():
            return Problem(404, "not-found", "The marketplace does not know this request", str(failure))
        case _:
            wait = failure.retry_after if isinstance(failure, Throttled) and failure.retry_after else RETRY_AFTER_SECONDS
            headers = {"Retry-After": str(max(1, round(wait)))}
            return Problem(503, "marketplace-unavailable", "The marketplace does not answer", str(failure), headers=headers)
