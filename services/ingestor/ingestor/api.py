"""HTTP for other services and for operations: reject reasons, connect links, gaps."""

from datetime import datetime
from typing import Annotated, NoReturn

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from chassis.app import App
from chassis.http import Caller, Problem, require
from contracts.values import shop_key
from ingestor import store
from ingestor.reading import Reading
from marketplaces.accounts import UnknownShop
from marketplaces.failures import MarketplaceFailure, Permanent, Reauthorise, Refused, Stale, Throttled
from marketplaces.interface import RejectReasons

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


class GapsOut(BaseModel):
    items: list[GapOut]


class ConnectIn(BaseModel):
    channel: str
    seller_id: str


def routes(app: App, reading: Reading) -> APIRouter:
    """`/v1` of the ingestor (CONTRACTS E2)."""
    router = APIRouter(prefix="/v1")

    @router.get("/reject-reasons")
    async def reject_reasons(_: Service, channel: str, shop_id: str, native_id: str, locale: str = "en-US") -> ReasonsOut:
        """The reasons that the marketplace offers for turning this request down, as they are now."""
        found = await _reasons(reading, channel, shop_id, native_id=native_id, locale=locale)
        items = [ReasonOut(name=item.name, text=item.text) for item in found.items]
        return ReasonsOut(required=found.required, items=items, fetched_at=app.now())

    @router.post("/connect-links", response_model=None)
    async def connect_links(_: Service, wanted: ConnectIn) -> NoReturn:
        """Shops are connected by operations until sellers can do it themselves."""
        raise Problem(503, "unavailable", "Shops can't be connected here yet", f"Operations connects {wanted.channel} shops")

    @router.get("/gaps")
    async def gaps(_: Ops) -> GapsOut:
        """Facts that no push told, per shop."""
        async with app.pool.acquire(timeout=5) as connection:
            rows = await store.list_gaps(connection)
        return GapsOut(items=[_gap(row) for row in rows])

    return router


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
