"""What is known of orders, as rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from chassis.database import Queries, Transaction, affected
from contracts.cancel_requests import CancelRequestClosed, CancelRequested, CancelRequestEvent, OrderCancelled
from ingestor.domain.consent import ConnectLink
from ingestor.domain.known import OrderKnown, Read, RequestKnown
from ingestor.domain.sweeping import Glimpse
from marketplaces.seen import OrderSeen, RequestSeen

QUERIES = Queries("ingestor")

_SAID: Mapping[str, type[CancelRequestEvent]] = {said.__name__: said for said in (CancelRequested, CancelRequestClosed, OrderCancelled)}


async def lock_orders(tx: Transaction, shop: str, order_refs: Sequence[str]) -> Mapping[str, OrderKnown]:
    """What is known of these orders; nobody else changes it before this transaction ends."""
    refs = sorted(order_refs)
    await tx.execute(QUERIES.know_orders, shop, refs)
    orders = await tx.fetch(QUERIES.lock_orders, shop, refs)
    requests: dict[str, list[RequestKnown]] = {}
    for row in await tx.fetch(QUERIES.requests_of_orders, shop, refs):
        requests.setdefault(row["order_ref"], []).append(_request(row))
    return {
        row["order_ref"]: OrderKnown(
            order=msgspec.convert(row["seen"], OrderSeen) if row["seen"] is not None else None,
            former_status=row["former_status"],
            requests=tuple(requests.get(row["order_ref"], ())),
        )
        for row in orders
    }


def _request(row: Any) -> RequestKnown:
    return RequestKnown(
        seen=msgspec.convert(row["seen"], RequestSeen),
        read=Read(row["read_started_at"], row["read_ended_at"]),
        published=msgspec.convert(row["published"], _SAID[row["published_as"]]) if row["published"] is not None else None,
    )


async def save_orders(tx: Transaction, shop: str, orders: Mapping[str, OrderKnown]) -> None:
    """Store what is known now of orders that `lock_orders` has locked."""
    known = [(ref, order, order.order) for ref, order in sorted(orders.items()) if order.order is not None]
    await tx.execute(
        QUERIES.save_orders,
        shop,
        [ref for ref, _, _ in known],
        [seen for _, _, seen in known],
        [order.former_status for _, order, _ in known],
        [seen.marketplace_status for _, _, seen in known],
        [seen.update_time for _, _, seen in known],
        [order.is_live for _, order, _ in known],
    )
    requests = [(ref, position, request) for ref, order, _ in known for position, request in enumerate(order.requests, 1)]
    if requests:
        await tx.execute(QUERIES.save_requests, shop, *map(list, zip(*(_columns(*each) for each in requests), strict=True)))


def _columns(order_ref: str, position: int, request: RequestKnown) -> tuple[Any, ...]:
    seen, said = request.seen, request.published
    return (
        order_ref,
        seen.native_id,
        position,
        seen,
        request.read.started,
        request.read.ended,
        seen.update_time,
        seen.marketplace_status,
        request.is_open,
        type(said).__name__ if said else None,
        said,
    )


async def glimpse_orders(tx: Transaction, shop: str, order_refs: Sequence[str]) -> Mapping[str, Glimpse]:
    """What a list is compared with; orders never looked at are absent."""
    return {
        row["order_ref"]: Glimpse(
            marketplace_status=row["marketplace_status"],
            update_time=row["update_time"],
            is_open=row["is_open"],
            requests=dict(zip(row["native_ids"], zip(row["request_words"], row["request_times"], strict=True), strict=True)),
        )
        for row in await tx.fetch(QUERIES.glimpse_orders, shop, list(order_refs))
    }


async def orders_with_open_requests(tx: Transaction, shop: str) -> Sequence[str]:
    return [row["order_ref"] for row in await tx.fetch(QUERIES.orders_with_open_requests, shop)]


async def swept_until(tx: Transaction, shop: str) -> datetime | None:
    """Up to when the shop's changes were listed; None: never."""
    found: datetime | None = await tx.fetchval(QUERIES.swept_until, shop)
    return found


async def save_swept_until(tx: Transaction, shop: str, until: datetime) -> None:
    await tx.execute(QUERIES.save_swept_until, shop, until)


async def shops_up(tx: Transaction) -> Mapping[str, bool]:
    """Which shops were taken up (True) or paused (False); others are new."""
    return {row["shop"]: row["up"] for row in await tx.fetch(QUERIES.shops_up)}


async def take_up_shop(tx: Transaction, shop: str, *, up: bool) -> bool:
    """Remember whether the shop can be read; True when that is news."""
    return await tx.fetchval(QUERIES.take_up_shop, shop, up) is not None


async def count_gaps(tx: Transaction, shop: str, found_by: str, delays_s: Sequence[float]) -> None:
    """Facts that no push told, and how late they were found."""
    await tx.execute(QUERIES.count_gaps, shop, found_by, len(delays_s), max(delays_s))


async def list_gaps(tx: Transaction) -> Sequence[Any]:
    rows: Sequence[Any] = await tx.fetch(QUERIES.list_gaps)
    return rows


async def keep_unknown_pushes(tx: Transaction, channel: str, shop_id: str, what: Sequence[str], *, kept: int) -> None:
    """Keep hints about a shop that nobody connected, the newest `kept` of all."""
    await tx.execute(QUERIES.keep_unknown_push, channel, shop_id, list(what))
    await tx.execute(QUERIES.bound_unknown_pushes, kept)


async def forget_orders(tx: Transaction, *, before: datetime) -> int:
    """Remove some orders of which nothing is awaited; says how many."""
    return affected(await tx.execute(QUERIES.forget_orders, before))


async def keep_connect_link(tx: Transaction, state_hash: bytes, channel: str, link: ConnectLink) -> None:
    await tx.execute(QUERIES.keep_connect_link, state_hash, channel, link.seller_id, link.shop_id, link.expires_at)


async def lock_connect_link(tx: Transaction, state_hash: bytes, channel: str) -> ConnectLink | None:
    """The link, which nobody else uses before this transaction ends; None: there is none with this state for this channel."""
    row = await tx.fetchrow(QUERIES.lock_connect_link, state_hash, channel)
    return ConnectLink(**row) if row else None


async def use_connect_link(tx: Transaction, state_hash: bytes, *, now: datetime) -> None:
    await tx.execute(QUERIES.use_connect_link, state_hash, now)


async def forget_connect_links(tx: Transaction, *, before: datetime) -> None:
    await tx.execute(QUERIES.forget_connect_links, before)


async def open_circuit(tx: Transaction, shop: str, failure: str, message: str, *, now: datetime, until: datetime) -> int:
    """Note a failure; gives how many there were in a row."""
    failures: int = await tx.fetchval(QUERIES.open_circuit, shop, failure, message, now, until)
    return failures


async def close_circuit(tx: Transaction, shop: str) -> None:
    await tx.execute(QUERIES.close_circuit, shop)


async def list_circuits(tx: Transaction) -> Sequence[Any]:
    rows: Sequence[Any] = await tx.fetch(QUERIES.list_circuits)
    return rows
