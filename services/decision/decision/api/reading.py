"""Reads for the API: lists by keyset, counts, one request with all that belongs to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from chassis.database import Queries, Transaction
from chassis.http import Problem, decode_cursor, encode_cursor
from decision.api import showing
from decision.api.filters import Filters, PagedFilters, Where, ordering, where
from decision.api.shapes import MoneyOut, RequestOut, RequestPage, RequestRow, ShopCount, Summary, TimelineEntry
from decision.domain.orders import OrderState
from decision.domain.requests import Request
from decision.domain.tabs import TAB_OF

MOST_DIGITS = 30
QUERIES = Queries("decision", "api/reads.sql")
Reader = Transaction | asyncpg.Pool

_ROW = """r.body::text as body, o.order_revision, o.status, o.shippable, o.hold, o.recall, o.marketplace_status, o.changed_at"""
_decode = msgspec.json.Decoder(Request).decode


@dataclass(frozen=True, slots=True)
class Found:
    request: Request
    order: OrderState

    def row(self) -> RequestRow:
        return showing.row(self.request, self.order)


def found(record: asyncpg.Record) -> Found:
    order = {name: record[name] for name in ("status", "shippable", "hold", "recall", "marketplace_status", "changed_at")}
    return Found(_decode(record["body"]), msgspec.convert({**order, "revision": record["order_revision"]}, OrderState))


async def page(reader: Reader, seller_id: str, filters: PagedFilters) -> RequestPage:
    """One page, by keyset: as fast at the end of a hundred thousand rows as at the beginning."""
    plain = Filters(**filters.model_dump(exclude={"limit", "cursor"}))
    condition = where(seller_id, plain)
    _, _, kind = ordering(plain.order)
    if filters.cursor:
        _after(condition, filters.cursor, plain)
    records = await reader.fetch(_page(plain, condition, filters.limit + 1), *condition.arguments)
    shown = records[: filters.limit]
    cursor = None
    if len(records) > filters.limit:
        last = shown[-1]
        cursor = encode_cursor([_text(last["sort_key"], kind), str(last["request_id"])], filters=plain.identity())
    return RequestPage(items=[found(record).row() for record in shown], next_cursor=cursor)


def _page(filters: Filters, condition: Where, limit: int) -> str:
    """The ids first, the wide rows only of those; all tabs: each by its own index, then merged."""
    column, direction, _ = ordering(filters.order)
    tabs = [f" and r.tab = '{tab}'" for tab in sorted(set(TAB_OF.values()))] if filters.tab == "all" else [""]
    ids = " union all ".join(
        f"(select r.request_id, {column} as sort_key from requests r where {condition}{tab} "  # noqa: S608 -- fixed pieces only
        f"order by {column} {direction}, r.request_id {direction} limit {limit})"
        for tab in tabs
    )
    return (
        f"with page as materialized (select * from ({ids}) ids order by sort_key {direction}, request_id {direction} limit {limit}) "  # noqa: S608 -- as above
        f"select {_ROW}, sort_key, page.request_id from page join requests r on r.request_id = page.request_id "
        f"join orders o using (order_key) order by sort_key {direction}, page.request_id {direction}"
    )


def _after(condition: Where, cursor: str, filters: Filters) -> None:
    column, direction, kind = ordering(filters.order)
    position = decode_cursor(cursor, filters=filters.identity())
    try:
        key, request_id = (str(part) for part in position)
        value, request_id = _value(key, kind), str(UUID(request_id))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Problem(400, "invalid-cursor", "The cursor can't be read") from error
    sign = ">" if direction == "asc" else "<"
    condition.add(f"({column}, r.request_id) {sign} ({{}}::{kind}, {{}}::text::uuid)", value, request_id)


def _text(value: Any, kind: str) -> str:
    if kind != "timestamptz":
        return str(value)
    # The driver gives infinity (no deadline) without a zone.
    return str((value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat())


def _value(text: str, kind: str) -> Any:
    """The caller's word: only what the column could hold."""
    if kind == "timestamptz":
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return moment.astimezone(UTC)
    value = Decimal(text)
    if not value.is_finite() or abs(value.adjusted()) > MOST_DIGITS:
        raise ValueError("no amount")
    return value


async def find(reader: Reader, seller_id: str, request_id: str) -> Found:
    """One request of the seller; raises Problem 404 for any other, another seller's included."""
    record = await reader.fetchrow(QUERIES.find_request, seller_id, request_id)
    if record is None:
        raise not_found()
    return found(record)


def not_found() -> Problem:
    return Problem(404, "not-found", "No such cancel request", "It does not exist, or belongs to somebody else.")


async def rows(reader: Reader, seller_id: str, request_ids: Collection[str]) -> list[RequestRow]:
    """The rows of these requests, in no particular order."""
    return [found(record).row() for record in await reader.fetch(QUERIES.find_requests, seller_id, list(request_ids))]


async def whole(reader: Reader, seller_id: str, request: Request, order: OrderState) -> RequestOut:
    """The request with stock on the shelf and its movements."""
    skus = sorted({line.sku for line in request.facts.lines if line.sku})
    available = {record["sku"]: record["available"] for record in await reader.fetch(QUERIES.find_available, seller_id, skus)}
    movements = await reader.fetch(QUERIES.find_movements, request.request_id)
    return showing.whole(request, order, available=available, movements=[dict(record) for record in movements])


async def timeline(reader: Reader, seller_id: str, request_id: str) -> list[TimelineEntry]:
    return [showing.entry(dict(record)) for record in await reader.fetch(QUERIES.find_timeline, seller_id, request_id)]


async def changed_since(reader: Reader, seller_id: str, since: datetime, limit: int) -> list[str]:
    return [record["request_id"] for record in await reader.fetch(QUERIES.find_changed_since, seller_id, since, limit)]


async def shops_heard_since(reader: Reader, seller_id: str, since: datetime) -> list[str]:
    return [record["key"] for record in await reader.fetch(QUERIES.find_shops_heard_since, seller_id, since)]


async def summary(reader: Reader, seller_id: str, filters: Filters, *, now: datetime) -> Summary:
    """Counts under the filters: `totals` and `units` of the chosen tab, everything else over all tabs."""
    everywhere, chosen = where(seller_id, filters, any_tab=True), where(seller_id, filters)
    groups = await reader.fetch(
        f"select r.tab, r.channel, r.shop_id, count(*) as n from requests r where {everywhere} group by 1, 2, 3",  # noqa: S608 -- as above
        *everywhere.arguments,
    )
    alerts = await _alerts(reader, everywhere)
    totals = await reader.fetch(
        f"select r.currency, sum(r.order_total) as amount, sum(r.units) as units from requests r where {chosen} group by 1 order by 1",  # noqa: S608
        *chosen.arguments,
    )
    attention = alerts.pop("", 0)
    return Summary(
        to_decide=sum(group["n"] for group in groups if group["tab"] == "to_decide"),
        due_soon=alerts.get("due_soon", 0),
        overdue=alerts.get("overdue", 0),
        by_channel=_sums(groups, "channel"),
        by_shop=[ShopCount(shop_id=shop, to_decide=n) for shop, n in sorted(_sums(groups, "shop_id").items())],
        by_tab={
            "to_decide": _tab(groups, "to_decide"),
            "cancelled": _tab(groups, "cancelled"),
            "rejected": _tab(groups, "rejected"),
            "ended": _tab(groups, "ended"),
            "attention": attention,
        },
        alerts=alerts,
        totals=[
            MoneyOut(amount=str(each["amount"]), currency=each["currency"])
            for each in totals
            if each["currency"] and each["amount"] is not None
        ],
        units=sum(each["units"] for each in totals),
        as_of=now,
    )


async def _alerts(reader: Reader, condition: Where) -> dict[str, int]:
    """Requests per open alert; under the empty name how many have any."""
    records = await reader.fetch(
        "select kind, count(*) as n from requests r, unnest(r.open_alerts || array['']) kind "  # noqa: S608 -- fixed pieces only
        f"where {condition} and r.attention_since is not null group by 1",
        *condition.arguments,
    )
    return {record["kind"]: record["n"] for record in records}


def _sums(groups: Sequence[asyncpg.Record], column: str) -> dict[str, int]:
    """To decide, per value; values with none are in it with 0."""
    sums: dict[str, int] = {}
    for group in groups:
        sums[group[column]] = sums.get(group[column], 0) + (group["n"] if group["tab"] == "to_decide" else 0)
    return sums


def _tab(groups: Sequence[asyncpg.Record], tab: str) -> int:
    return sum(group["n"] for group in groups if group["tab"] == tab)
