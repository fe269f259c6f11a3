"""Rows and domain values: one function per query of queries.sql."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import asyncpg
import msgspec

from chassis.database import Queries, Transaction
from contracts.values import Order
from inventory.domain.levels import MAIN, Level, LevelKey, Moved
from inventory.domain.orders import OrderStock, UnmatchedLine

Reader: TypeAlias = Transaction | asyncpg.Pool
"""A list needs no transaction."""

_QUERIES = Queries("inventory")
FIND_LEVELS = _QUERIES["find_levels"]
CREATE_LEVELS = _QUERIES["create_levels"]
LOCK_LEVELS = _QUERIES["lock_levels"]
SAVE_LEVELS = _QUERIES["save_levels"]
CREATE_ORDERS = _QUERIES["create_orders"]
LOCK_ORDERS = _QUERIES["lock_orders"]
SAVE_ORDERS = _QUERIES["save_orders"]
FORGET_UNMATCHED_LINES = _QUERIES["forget_unmatched_lines"]
REMEMBER_UNMATCHED_LINES = _QUERIES["remember_unmatched_lines"]
FIND_UNMATCHED_LINES = _QUERIES["find_unmatched_lines"]
FIND_POSTINGS = _QUERIES["find_postings"]
LIST_LEVELS = _QUERIES["list_levels"]
LIST_MOVEMENTS = _QUERIES["list_movements"]
LIST_UNMATCHED_LINES = _QUERIES["list_unmatched_lines"]

MOVEMENT_COLUMNS = (
    "movement_id",
    "seller_id",
    "sku",
    "location",
    "level_version",
    "quantity",
    "condition",
    "available_after",
    "moved_at",
    "reason",
    "reference",
    "set_to",
    "request_id",
    "revision",
    "channel",
    "shop_id",
    "order_ref",
    "region",
    "line_id",
)


class Because(msgspec.Struct, frozen=True):
    """Why a movement happened: a posting's reason, or a decision's line; matching a line is both."""

    reason: str | None = None
    reference: str | None = None
    set_to: int | None = None
    request_id: str | None = None
    revision: int | None = None
    order: Order | None = None
    line_id: str | None = None


class LockedOrder(msgspec.Struct, frozen=True):
    seller_id: str
    stock: OrderStock


async def find_levels(tx: Transaction, keys: Collection[LevelKey]) -> defaultdict[str, set[str]]:
    """The SKUs among these that have a level, by seller."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for seller_id, sku in await tx.fetch(FIND_LEVELS, [seller_id for seller_id, _ in keys], [sku for _, sku in keys]):
        found[seller_id].add(sku)
    return found


async def create_levels(tx: Transaction, keys: Collection[LevelKey], *, now: datetime) -> None:
    await tx.execute(CREATE_LEVELS, [seller_id for seller_id, _ in keys], [sku for _, sku in keys], now)


async def lock_levels(tx: Transaction, keys: Collection[LevelKey]) -> dict[LevelKey, Level]:
    """Those that exist. Orders must be locked before."""
    rows = await tx.fetch(LOCK_LEVELS, [seller_id for seller_id, _ in keys], [sku for _, sku in keys])
    return {
        (seller_id, sku): Level((seller_id, sku), available=available, damaged=damaged, version=version)
        for seller_id, sku, available, damaged, version in rows
    }


async def save_levels(tx: Transaction, levels: Collection[Level], *, now: datetime) -> None:
    await tx.execute(
        SAVE_LEVELS,
        [level.key[0] for level in levels],
        [level.key[1] for level in levels],
        [level.available for level in levels],
        [level.damaged for level in levels],
        [level.version for level in levels],
        now,
    )


async def create_orders(tx: Transaction, stocks: Mapping[str, OrderStock], sellers: Mapping[str, str]) -> set[str]:
    """Those that nobody knew are written, and ours until the end. Gives the keys of the others, which are left as they are."""
    rows = await tx.fetch(CREATE_ORDERS, [sellers[key] for key in stocks], *_columns(stocks))
    return {row[0] for row in rows}


async def lock_orders(tx: Transaction, keys: Collection[str]) -> dict[str, LockedOrder]:
    """Those that exist, with what is remembered of them."""
    rows = await tx.fetch(LOCK_ORDERS, list(keys))
    return {row["order_key"]: LockedOrder(row["seller_id"], msgspec.convert(row["stock"], OrderStock)) for row in rows}


async def save_orders(tx: Transaction, stocks: Mapping[str, OrderStock]) -> None:
    """What is to be remembered of orders that are locked."""
    await tx.execute(SAVE_ORDERS, *_columns(stocks))


def _columns(stocks: Mapping[str, OrderStock]) -> tuple[list[str], list[OrderStock], list[int], list[int]]:
    values = list(stocks.values())
    return list(stocks), values, [stock.ordered for stock in values], [stock.units_back for stock in values]


async def append_movements(tx: Transaction, moves: Iterable[tuple[Moved, Because]], *, now: datetime) -> None:
    await tx.copy_records_to_table("movements", columns=MOVEMENT_COLUMNS, records=[movement_row(moved, why, now) for moved, why in moves])


async def save_unmatched_lines(
    tx: Transaction, lines: Mapping[str, Sequence[UnmatchedLine]], orders: Mapping[str, Order], *, now: datetime
) -> None:
    """For each of these order keys, exactly these lines wait."""
    rows = [(line, key, orders[key]) for key, of_order in lines.items() for line in of_order]
    await tx.execute(FORGET_UNMATCHED_LINES, list(lines), [line.reference for line, _, _ in rows])
    if not rows:
        return
    columns = zip(
        *(
            (
                line.reference,
                order.seller_id,
                key,
                line.request_id,
                line.revision,
                order.channel,
                order.shop_id,
                order.order_ref,
                order.region,
                line.line_id,
                line.sku,
                line.item_id,
                line.variant_id,
                line.quantity,
                line.why,
            )
            for line, key, order in rows
        ),
        strict=True,
    )
    await tx.execute(REMEMBER_UNMATCHED_LINES, *map(list, columns), now)


async def find_unmatched_lines(tx: Transaction, seller_id: str, references: Collection[str]) -> dict[str, asyncpg.Record]:
    return {row["reference"]: row for row in await tx.fetch(FIND_UNMATCHED_LINES, seller_id, list(references))}


async def find_postings(
    tx: Transaction, seller_id: str, names: Collection[tuple[str, str, str]]
) -> dict[tuple[str, str, str], asyncpg.Record]:
    """By (reason, reference, sku)."""
    columns = [list(column) for column in zip(*names, strict=True)] or [[], [], []]
    rows = await tx.fetch(FIND_POSTINGS, seller_id, *columns)
    return {(row["reason"], row["reference"], row["sku"]): row for row in rows}


async def list_levels(
    tx: Reader, seller_id: str, *, skus: Sequence[str] | None, low: int | None, after: tuple[str, str] | None, limit: int
) -> list[asyncpg.Record]:
    return await tx.fetch(LIST_LEVELS, seller_id, skus or None, low, *(after or (None, None)), limit)


async def list_movements(
    tx: Reader,
    seller_id: str,
    *,
    sku: str | None,
    order_ref: str | None,
    request_id: str | None,
    since: datetime | None,
    before: int | None,
    limit: int,
) -> list[asyncpg.Record]:
    return await tx.fetch(LIST_MOVEMENTS, seller_id, sku, order_ref, request_id, since, before, limit)


async def list_unmatched_lines(tx: Reader, seller_id: str, *, after: tuple[datetime, str] | None, limit: int) -> list[asyncpg.Record]:
    return await tx.fetch(LIST_UNMATCHED_LINES, seller_id, *(after or (None, None)), limit)


def movement_row(moved: Moved, why: Because, now: datetime) -> tuple[Any, ...]:
    order = why.order
    return (
        moved.movement_id,
        moved.seller_id,
        moved.sku,
        MAIN,
        moved.level_version,
        moved.quantity,
        moved.condition,
        moved.available_after,
        now,
        why.reason,
        why.reference,
        why.set_to,
        why.request_id,
        why.revision,
        order and order.channel,
        order and order.shop_id,
        order and order.order_ref,
        order and order.region,
        why.line_id,
    )
