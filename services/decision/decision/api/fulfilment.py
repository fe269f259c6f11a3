"""The gate: may this order be shipped? Callers that get no answer do not ship."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated

import asyncpg
from fastapi import APIRouter, Path

from chassis.app import App
from chassis.http import Caller
from decision.api.callers import Gate
from decision.api.reading import QUERIES
from decision.api.shapes import STORABLE, Fulfilment, FulfilmentChecks, Fulfilments, OrderKey, OrdersInParcel

FRESH = timedelta(minutes=15)
UPPER_CASE_REFS = frozenset({"shopee", "tiktok"})
"""Channels whose refs are digits and capital letters."""
Part = Annotated[str, Path(min_length=1, max_length=80, pattern=STORABLE)]


def routes(app: App) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["fulfilment"])

    async def check(caller: Caller, orders: Sequence[OrderKey]) -> list[Fulfilment]:
        # A warehouse that serves many sellers has a token without one; people have theirs.
        seller_id = caller.seller_id if caller.may("fulfilment") else caller.seller
        now = app.now()
        columns = [list(column) for column in zip(*map(as_kept, orders), strict=True)]
        records = await app.pool.fetch(QUERIES.find_fulfilment, seller_id, *columns)
        return [_shown(order, record, now) for order, record in zip(orders, records, strict=True)]

    @router.get("/orders/{channel}/{shop_id}/{order_ref}/fulfilment")
    async def may_ship(caller: Gate, channel: Part, shop_id: Part, order_ref: Part) -> Fulfilment:
        """One order; also one that was never heard of."""
        (answer,) = await check(caller, [OrderKey(channel=channel, shop_id=shop_id, order_ref=order_ref)])
        return answer

    @router.get("/parcels/{tracking_no}/orders")
    async def find_orders_in_parcel(caller: Gate, tracking_no: Part) -> OrdersInParcel:
        """The orders with a cancel request in a parcel, by the tracking number that a scanner reads; none known: an empty list."""
        seller_id = caller.seller_id if caller.may("fulfilment") else caller.seller
        records = await app.pool.fetch(QUERIES.find_parcel, seller_id, tracking_no.strip())
        return OrdersInParcel(items=[OrderKey(**dict(record)) for record in records])

    @router.post("/fulfilment-checks")
    async def may_ship_many(caller: Gate, wanted: FulfilmentChecks) -> Fulfilments:
        """Up to 500 orders, answered in the order asked."""
        return Fulfilments(items=await check(caller, wanted.orders))

    return router


def as_kept(order: OrderKey) -> tuple[str, str, str]:
    """As orders are kept: a ref that a scanner or a person wrote a little differently must not look like one never heard of."""
    channel, shop_id, ref = order.channel.strip().lower(), order.shop_id.strip(), order.order_ref.strip()
    return channel, shop_id, ref.upper() if channel in UPPER_CASE_REFS else ref


def _shown(order: OrderKey, record: asyncpg.Record, now: datetime) -> Fulfilment:
    """The answer, about the order as the caller wrote it."""
    known = record["status"] is not None
    heard_at = record["heard_at"]
    read = record["shop_state"] in {"connected", "expiring"} and heard_at is not None and now - heard_at <= FRESH
    return Fulfilment(
        channel=order.channel,
        shop_id=order.shop_id,
        order_ref=order.order_ref,
        may_ship=record["shippable"] if known else True,
        hold=record["hold"],
        request_id=record["request_id"],
        status=record["status"],
        known=known,
        fresh=read and record["all_heard"],
        checked_at=now,
    )
