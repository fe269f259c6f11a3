"""Rows and domain values: one function per query of queries.sql."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

import asyncpg
import msgspec

from chassis.database import Queries, Transaction, affected
from chassis.failures import Permanent
from contracts.shop_status import ShopStatusChanged
from contracts.stock_movements import StockAdjusted, StockRestored, StockReversed
from contracts.values import Hold, Order, RejectReason
from decision.domain.alerts import attention_since, open_alerts
from decision.domain.orders import OrderState
from decision.domain.requests import Entry, Request

Reader: TypeAlias = Transaction | asyncpg.Pool
Shop: TypeAlias = tuple[str, str]
"""Channel and shop id."""

_QUERIES = Queries("decision")
CREATE_ORDERS = _QUERIES["create_orders"]
LOCK_ORDERS = _QUERIES["lock_orders"]
LOCK_FREE_ORDERS = _QUERIES["lock_free_orders"]
FIND_REQUESTS_OF_ORDERS = _QUERIES["find_requests_of_orders"]
FIND_ORDER_KEYS = _QUERIES["find_order_keys"]
FIND_SHOPS = _QUERIES["find_shops"]
SAVE_ORDERS = _QUERIES["save_orders"]
SAVE_REQUESTS = _QUERIES["save_requests"]
SAVE_TRACES = _QUERIES["save_traces"]
FIND_TRACES = _QUERIES["find_traces"]
ADD_ENTRIES = _QUERIES["add_entries"]
TELL_LISTENERS = _QUERIES["tell_listeners"]
SAVE_SHOPS = _QUERIES["save_shops"]
SAVE_LEVELS = _QUERIES["save_levels"]
SAVE_MOVEMENTS = _QUERIES["save_movements"]
FIND_DUE_ORDERS = _QUERIES["find_due_orders"]
FIND_ORDERS_OF_TURNED_SHOPS = _QUERIES["find_orders_of_turned_shops"]
FIND_SOLVED_OVERSOLDS = _QUERIES["find_solved_oversolds"]
SAVE_REJECT_REASONS = _QUERIES["save_reject_reasons"]
FIND_REJECT_REASONS = _QUERIES["find_reject_reasons"]

_decode_request = msgspec.json.Decoder(Request).decode
_WORD = re.compile(r"\w+")
WORD_LENGTH = 100
"""Longer words are found by their beginning."""


@dataclass(slots=True)
class Held:
    """Orders whose rows are locked, with all their requests."""

    orders: dict[str, OrderState] = field(default_factory=dict)
    requests: dict[str, Request] = field(default_factory=dict)
    of_order: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    owners: dict[str, str] = field(default_factory=dict)
    """The seller of each order."""
    shop_owners: dict[Shop, str] = field(default_factory=dict)
    """The seller of each shop that was ever heard of."""
    disconnected: set[Shop] = field(default_factory=set)
    """Shops never heard of count as connected."""


async def create_orders(tx: Transaction, orders: Iterable[Order]) -> None:
    """Make rows for orders that have none."""
    first: dict[str, Order] = {}
    for order in orders:
        first.setdefault(order.key, order)
    rows = [(key, order.seller_id, order.channel, order.shop_id, order.order_ref) for key, order in first.items()]
    await tx.execute(CREATE_ORDERS, *_columns(rows, 5))


async def hold_orders(tx: Transaction, keys: Collection[str], *, shops: Collection[Shop] = (), only_free: bool = False) -> Held:
    """Lock these orders, in the one order that all use, and read their requests. `shops`: those of requests that are not known yet."""
    held = Held()
    if not keys:
        return held
    for row in await tx.fetch(LOCK_FREE_ORDERS if only_free else LOCK_ORDERS, list(keys)):
        held.owners[row["order_key"]] = row["seller_id"]
        held.orders[row["order_key"]] = OrderState(
            revision=row["order_revision"],
            status=row["status"],
            shippable=row["shippable"],
            hold=Hold(row["hold"]) if row["hold"] else None,
            recall=row["recall"],
            marketplace_status=row["marketplace_status"],
            changed_at=row["changed_at"],
        )
    for row in await tx.fetch(FIND_REQUESTS_OF_ORDERS, list(held.orders)):
        held.requests[row["request_id"]] = _decode_request(row["body"])
        held.of_order[row["order_key"]].append(row["request_id"])
    involved = {(each.order.channel, each.order.shop_id) for each in held.requests.values()} | set(shops)
    for row in await find_shops(tx, involved):
        held.shop_owners[row["channel"], row["shop_id"]] = row["seller_id"]
        if row["state"] == "disconnected":
            held.disconnected.add((row["channel"], row["shop_id"]))
    return held


async def find_shops(tx: Transaction, shops: Collection[Shop]) -> list[asyncpg.Record]:
    """Channel, shop id, seller and state of these shops, as far as they were ever heard of."""
    return await tx.fetch(FIND_SHOPS, [channel for channel, _ in shops], [shop_id for _, shop_id in shops])


async def find_order_keys(reader: Reader, request_ids: Collection[str], *, seller_id: str) -> dict[str, str]:
    """The orders of these requests of a seller; another seller's are not found."""
    rows = await reader.fetch(FIND_ORDER_KEYS, list(request_ids), seller_id)
    return {row["request_id"]: row["order_key"] for row in rows}


async def save_orders(tx: Transaction, orders: Mapping[str, tuple[OrderState, Request]]) -> None:
    """Save order states, each with the request that moved it last."""
    rows = [
        (
            key,
            state.revision,
            state.status,
            state.shippable,
            state.hold,
            state.recall,
            state.marketplace_status,
            state.changed_at,
            cause.request_id,
        )
        for key, (state, cause) in orders.items()
    ]
    if rows:
        await tx.execute(SAVE_ORDERS, *_columns(rows, 9))


async def save_requests(tx: Transaction, requests: Mapping[str, tuple[Request, datetime | None]]) -> None:
    """Save requests, each with the time at which the clock should look at it; Permanent when one is another order's already."""
    if requests:
        rows = [_request_row(each, clock_at) for each, clock_at in requests.values()]
        if affected(await tx.execute(SAVE_REQUESTS, *_columns(rows, 25))) != len(rows):
            raise Permanent("a request with this id belongs to another order")


def _request_row(request: Request, clock_at: datetime | None) -> tuple[Any, ...]:
    facts, order = request.facts, request.order
    return (
        facts.request_id,
        order.key,
        order.seller_id,
        order.channel,
        order.shop_id,
        order.region,
        order.order_ref,
        request.state,
        request.sync.state,
        request.revision,
        request.version,
        facts.requested_at,
        facts.respond_by,
        request.updated_at,
        facts.order_total and Decimal(facts.order_total.amount),
        facts.order_total and facts.order_total.currency,
        facts.reason.code or facts.reason.text,
        facts.parcel.state,
        sum(line.quantity for line in facts.lines),
        " ".join(open_alerts(request.alerts)),
        attention_since(request.alerts),
        clock_at,
        request.shop_disconnected,
        " ".join(sorted(search_words(request))),
        request,
    )


def search_words(request: Request) -> set[str]:
    """The words by which a request is found: SKUs and names of its lines."""
    texts = (text for line in request.facts.lines for text in (line.sku, line.name, line.variant) if text)
    return {word for text in texts for word in words(text)}


def words(text: str) -> list[str]:
    return [word.lower()[:WORD_LENGTH] for word in _WORD.findall(text)]


async def save_traces(tx: Transaction, traces: Mapping[str, str]) -> None:
    """Keep the trace of each of these requests, unless it has one."""
    if traces:
        await tx.execute(SAVE_TRACES, list(traces), list(traces.values()))


async def find_traces(reader: Reader, request_ids: Collection[str]) -> dict[str, str]:
    """The traces of those requests that were traced."""
    return {row["request_id"]: row["traceparent"] for row in await reader.fetch(FIND_TRACES, list(request_ids))}


async def add_entries(tx: Transaction, entries: Sequence[tuple[Entry, str | None]]) -> None:
    """Add lines to the timeline, each with the id of the event that caused it."""
    rows = [(each.request_id, each.at, each.kind, each.actor, dict(each.params), event_id) for each, event_id in entries]
    if rows:
        await tx.execute(ADD_ENTRIES, *_columns(rows, 6))


async def tell_listeners(tx: Transaction, payloads: Sequence[str]) -> None:
    """Say what changed to all who listen, when the transaction commits."""
    if payloads:
        await tx.execute(TELL_LISTENERS, list(payloads))


async def save_shops(tx: Transaction, shops: Iterable[ShopStatusChanged], *, now: datetime) -> list[tuple[str, str, str]]:
    """Save what is newer than known; gives channel, shop id and seller of what was."""
    newest: dict[str, ShopStatusChanged] = {}
    for shop in shops:
        if shop.key not in newest or newest[shop.key].shop_revision < shop.shop_revision:
            newest[shop.key] = shop
    rows = [
        (
            shop.channel,
            shop.shop_id,
            shop.seller_id,
            shop.name,
            shop.region,
            shop.state,
            shop.shop_revision,
            shop.why,
            shop.authorised_until,
            shop.last_read_at,
            shop.changed_at,
        )
        for shop in newest.values()
    ]
    return [tuple(row) for row in await tx.fetch(SAVE_SHOPS, *_columns(rows, 11), now)]


async def save_levels(tx: Transaction, movements: Iterable[StockRestored | StockReversed | StockAdjusted]) -> None:
    """Save the newest level of each SKU among these movements."""
    newest: dict[tuple[str, str, str], tuple[int, int]] = {}
    for move in movements:
        key = (move.seller_id, move.sku, move.location)
        if key not in newest or newest[key][1] < move.level_version:
            newest[key] = (move.available_after, move.level_version)
    if newest:
        await tx.execute(SAVE_LEVELS, *_columns([(*key, *level) for key, level in newest.items()], 5))


async def save_movements(tx: Transaction, movements: Iterable[StockRestored | StockReversed | StockAdjusted]) -> None:
    """Keep what requests gave back and took back, for their detail pages."""
    rows = [
        (
            move.movement_id,
            move.request_id,
            move.line_id,
            move.sku,
            -move.quantity if isinstance(move, StockReversed) else move.quantity,
            move.condition,
            move.location,
            move.moved_at,
        )
        for move in movements
    ]
    if rows:
        await tx.execute(SAVE_MOVEMENTS, *_columns(rows, 8))


async def find_due_orders(reader: Reader, *, now: datetime, without: Collection[str] = (), limit: int) -> list[str]:
    return [row["order_key"] for row in await reader.fetch(FIND_DUE_ORDERS, now, limit, list(without))]


async def find_solved_oversolds(
    reader: Reader, *, orders: Collection[str] | None = None, without: Collection[str] = (), limit: int
) -> list[tuple[str, str, str]]:
    """Order key, request and SKU where less than nothing was left once, and is no longer; `orders`: of these alone."""
    rows = await reader.fetch(FIND_SOLVED_OVERSOLDS, list(orders) if orders is not None else None, limit, list(without))
    return [(row["order_key"], row["request_id"], row["sku"]) for row in rows]


async def find_orders_of_turned_shops(reader: Reader, *, since: datetime, without: Collection[str] = (), limit: int) -> list[str]:
    return [row["order_key"] for row in await reader.fetch(FIND_ORDERS_OF_TURNED_SHOPS, since, limit, list(without))]


async def save_reject_reasons(
    tx: Reader, request_id: str, *, locale: str, required: bool, items: Sequence[RejectReason], fetched_at: datetime
) -> None:
    """Keep the list that was last offered for a request."""
    await tx.execute(SAVE_REJECT_REASONS, request_id, locale, required, list(items), fetched_at)


async def find_reject_reasons(reader: Reader, request_ids: Collection[str]) -> dict[str, dict[str, str]]:
    """Name → text of the reasons last offered for each of these requests; requests without a kept list are absent."""
    offered: dict[str, dict[str, str]] = {}
    for row in await reader.fetch(FIND_REJECT_REASONS, list(request_ids)):
        offered[row["request_id"]] = {item["name"]: item["text"] for item in row["items"]}
    return offered


def _columns(rows: Iterable[Sequence[Any]], width: int) -> list[list[Any]]:
    """Rows turned into the arrays that `unnest` takes."""
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
