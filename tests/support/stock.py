"""Builders of decisions, and the laws that stock keeps, as queries."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import asyncpg

from contracts.cancel_decisions import (
    CancelApproved,
    CancelLapsed,
    CancelledElsewhere,
    CancelRejected,
    CancelReverted,
    SyncRetryRequested,
)
from contracts.event import Event, announce
from contracts.values import Actor, LapsedBecause, Order, StockLine

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ACTOR = Actor(kind="person", id="u1", name="Siti")


def an_order(ref: str = "230405PN7VWT3K", *, seller: str = "seller-a", channel: str = "shopee", shop: str = "700001") -> Order:
    return Order(seller_id=seller, channel=channel, shop_id=shop, order_ref=ref, region="MY")


def a_request_id(order: Order, number: int = 1) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{order.seller_id}/{order.key}/{number}"))


def a_line(sku: str | None = "TEE", quantity: int = 1, *, of: int | None = None, line: str = "1", stock: Any = "sellable") -> StockLine:
    return StockLine(line_id=line, sku=sku, item_id=f"item-{line}", quantity=quantity, ordered_quantity=of or quantity, stock=stock)


def _facts(order: Order, revision: int, request: int) -> dict[str, Any]:
    return {
        "request_id": a_request_id(order, request),
        "revision": revision,
        "order": order,
        "native_id": order.order_ref,
        "parcel_state": "arranged",
    }


def _event(data: Any) -> Event[Any]:
    return announce(data, source="/zetpy/decision", time=NOW)


def approved(order: Order, *lines: StockLine, revision: int = 2, request: int = 1) -> Event[Any]:
    return _event(CancelApproved(**_facts(order, revision, request), lines=lines, decided_by=ACTOR, decided_at=NOW))


def cancelled_elsewhere(order: Order, *lines: StockLine, revision: int = 2, request: int = 1) -> Event[Any]:
    facts = _facts(order, revision, request)
    return _event(CancelledElsewhere(**facts, lines=lines, cancelled_by="buyer", after_deadline=False, cancelled_at=NOW, recall=False))


def rejected(order: Order, *, revision: int = 2, request: int = 1) -> Event[Any]:
    return _event(CancelRejected(**_facts(order, revision, request), decided_by=ACTOR, decided_at=NOW))


def lapsed(order: Order, *, revision: int = 2, request: int = 1) -> Event[Any]:
    facts = _facts(order, revision, request)
    return _event(CancelLapsed(**facts, because=LapsedBecause.UNKNOWN, order_status_now="ready_to_ship", ended_at=NOW))


def reverted(order: Order, *lines: StockLine, revision: int = 3, request: int = 1) -> Event[Any]:
    facts = _facts(order, revision, request)
    return _event(
        CancelReverted(
            **facts,
            lines=lines,
            reverts_revision=max(1, revision - 1),
            reverts="approved",
            why="refused",
            state_now="pending",
            order_status_now="cancel_requested",
            reverted_at=NOW,
        )
    )


def retried(order: Order, *, revision: int = 2, request: int = 1) -> Event[Any]:
    return _event(SyncRetryRequested(**_facts(order, revision, request), attempt=1, requested_by=ACTOR, requested_at=NOW))


async def levels(connection: Any, seller: str = "seller-a") -> dict[str, tuple[int, int]]:
    """Available and damaged by SKU."""
    rows = await connection.fetch("select sku, available, damaged from levels where seller_id = $1", seller)
    return {row["sku"]: (row["available"], row["damaged"]) for row in rows}


async def broken_laws(connection: Any) -> Sequence[asyncpg.Record]:
    """Levels that are not what the ledger says, or whose movements are not counted without a gap; orders not as booked. Empty is right."""
    return await connection.fetch(
        """with ledger as (
             select seller_id, sku, count(*) n, min(level_version) first, max(level_version) last,
                    coalesce(sum(quantity) filter (where condition = 'sellable'), 0) available,
                    coalesce(sum(quantity) filter (where condition = 'damaged'), 0) damaged
             from movements group by 1, 2),
           running as (
             select seller_id, sku, available_after,
                    coalesce(sum(quantity) filter (where condition = 'sellable')
                             over (partition by seller_id, sku order by level_version), 0) so_far
             from movements),
           booked as (
             select seller_id, channel || ':' || shop_id || ':' || order_ref order_key, sum(quantity) back
             from movements where order_ref is not null group by 1, 2)
           select 'level' law, l.seller_id, l.sku from levels l left join ledger g using (seller_id, sku)
           where (l.available, l.damaged, l.level_version)
                 is distinct from (coalesce(g.available, 0), coalesce(g.damaged, 0), coalesce(g.n, 0))
           union all select 'gap', seller_id, sku from ledger where first <> 1 or last <> n
           union all select 'running sum', seller_id, sku from running where available_after <> so_far
           union all select 'order', seller_id, order_key from orders o full join booked b using (seller_id, order_key)
           where coalesce(o.back, 0) <> coalesce(b.back, 0)"""
    )
