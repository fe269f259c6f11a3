"""Deliveries, attempts and shops in Postgres. Lock order: requests, deliveries, shops' turns, work."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import asyncpg
import msgspec

from chassis import work
from chassis.database import Queries, Transaction
from contracts.cancel_decisions import CancelApproved, CancelDecision, CancelRejected, SyncRetryRequested
from contracts.shop_status import ShopStatusChanged
from contracts.values import Order
from sync_back.domain import Delivery, GaveUp, Result, SaidNo, Took, Wait

QUERIES = Queries("sync_back")
RANK = {"reject": 0, "approve": 1}
"""A rejection that is late loses the order, an approval that is late loses nothing."""


def delivery_of(row: asyncpg.Record) -> Delivery:
    return Delivery(
        request_id=str(row["request_id"]),
        revision=row["revision"],
        action=row["action"],
        order=msgspec.convert(row["order"], Order),
        native_id=row["native_id"],
        reason=row["reason"],
        comment=row["comment"],
        idempotency_key=row["idempotency_key"],
        state=row["state"],
        attempt=row["attempt"],
        failures=row["failures"],
        calls=row["calls"],
        decided_at=row["decided_at"],
        cause=row["cause"],
        code=row["code"],
    )


async def lock_requests(tx: Transaction, request_ids: Collection[str]) -> dict[str, int]:
    """Lock the requests and their deliveries, always in the same order; the newest revision heard of each, 0 = none."""
    ids = sorted(request_ids)
    await tx.execute(QUERIES.insert_requests, ids)
    known = {row["request_id"]: row["revision"] for row in await tx.fetch(QUERIES.select_requests_for_update, ids)}
    await tx.execute(QUERIES.lock_deliveries, ids)
    return known


async def lock_shops(tx: Transaction, shops: Collection[str]) -> None:
    """Lock what these shops wait for, before any of them is changed."""
    await tx.execute(QUERIES.lock_deliveries_of_shops, list(shops))


async def set_revisions(tx: Transaction, words: Sequence[CancelDecision], *, now: datetime) -> None:
    """Remember the newest word of each request; an older answer that is still under way is not owed any more."""
    if words:
        columns = [word.request_id for word in words], [word.revision for word in words]
        await tx.execute(QUERIES.set_revisions, *columns)
        await tx.execute(QUERIES.supersede_deliveries, *columns, now)


async def insert_deliveries(
    tx: Transaction, decisions: Sequence[CancelApproved | CancelRejected], *, traces: Mapping[str, str | None], now: datetime
) -> list[tuple[Delivery, str | None]]:
    """Owe these answers; those of a disconnected shop wait for it and come back, with why. `traces`: by request."""
    if not decisions:
        return []
    rows = [_row(decision) for decision in sorted(decisions, key=lambda each: each.request_id)]
    await tx.execute(QUERIES.insert_deliveries, *map(list, zip(*rows, strict=True)), now)
    shops = sorted({decision.order.shop_key for decision in decisions})
    away = {row["shop"]: row["why"] for row in await tx.fetch(QUERIES.select_disconnected_shops, shops)}
    await work.add(tx, [_item(decision, traces.get(decision.request_id)) for decision in decisions])
    ids = [decision.request_id for decision in decisions]
    return [(delivery, away[shop]) for shop in sorted(away) for delivery in await block_shop(tx, shop, why=away[shop], now=now, only=ids)]


def _row(decision: CancelApproved | CancelRejected) -> tuple[Any, ...]:
    order = decision.order
    rejected = decision if isinstance(decision, CancelRejected) else None
    return (
        decision.request_id,
        decision.revision,
        "reject" if rejected else "approve",
        order.shop_key,
        order.key,
        msgspec.to_builtins(order),
        decision.native_id,
        rejected.reason.name if rejected and rejected.reason else None,
        rejected.comment if rejected else None,
        decision.respond_by,
        # One key per decision, whoever tries and however often: TikTok takes the same key once.
        str(uuid5(NAMESPACE_URL, f"zetpy:answer:{decision.request_id}:{decision.revision}")),
        decision.decided_at,
    )


def _item(decision: CancelApproved | CancelRejected, trace: str | None) -> work.Item:
    return work.Item(
        shop=decision.order.shop_key,
        key=decision.request_id,
        rank=RANK["reject" if isinstance(decision, CancelRejected) else "approve"],
        deadline=decision.respond_by,
        traceparent=trace,
    )


def _due_now(rows: Sequence[asyncpg.Record]) -> list[work.Item]:
    return [work.Item(shop=row["shop"], key=row["request_id"], rank=RANK[row["action"]], deadline=row["respond_by"]) for row in rows]


async def retry_deliveries(tx: Transaction, retries: Sequence[SyncRetryRequested], *, now: datetime) -> None:
    """Make the answers due now that a person wants sent again."""
    if not retries:
        return
    newest = {(each.request_id, each.revision): each for each in sorted(retries, key=lambda each: each.attempt)}
    columns = zip(*((each.request_id, each.revision, each.attempt) for each in newest.values()), strict=True)
    await make_due(tx, await tx.fetch(QUERIES.retry_deliveries, *map(list, columns), now))


async def owe_again(tx: Transaction, decisions: Sequence[CancelApproved | CancelRejected], *, now: datetime) -> None:
    """Owe answers again that were given, refused or given up: an operator's wish. Each is read before it is told again."""
    columns = [decision.request_id for decision in decisions], [decision.revision for decision in decisions]
    await make_due(tx, await tx.fetch(QUERIES.owe_again, *columns, now))


async def make_due(tx: Transaction, rows: Sequence[asyncpg.Record]) -> None:
    await work.add(tx, _due_now(rows))
    for shop in sorted({row["shop"] for row in rows}):
        await work.resume(tx, shop)


async def save_shop(tx: Transaction, shop: ShopStatusChanged) -> bool:
    """Remember the shop's newest state. False: something newer is known."""
    values = shop.key, shop.seller_id, shop.shop_revision, shop.state, shop.why, shop.changed_at
    row = await tx.fetchrow(QUERIES.upsert_shop, *values)
    if row and row["state_before"] == "disconnected" and shop.state != "disconnected":
        await work.resume(tx, shop.key)
    return row is not None


async def block_shop(tx: Transaction, shop: str, *, why: str | None, now: datetime, only: Sequence[str] | None = None) -> list[Delivery]:
    """Let the shop's answers (`only` to these requests) wait until it is connected again; those that did not wait for it before."""
    rows = await tx.fetch(QUERIES.block_deliveries, shop, why or "The shop is disconnected.", now, only)
    await work.pause(tx, shop, None)
    return [delivery_of(row) for row in rows]


async def unblock_shop(tx: Transaction, shop: str, *, now: datetime) -> None:
    """Let the shop's answers go on, later ones too: the one for which the shop was paused may not be owed any more."""
    await make_due(tx, await tx.fetch(QUERIES.unblock_deliveries, shop, now))
    await work.resume_endless(tx, shop)


async def select_live_delivery(tx: Transaction, request_id: str) -> Delivery | None:
    """The answer owed for the request now, its request locked first; None: nothing is owed."""
    await tx.execute(QUERIES.lock_request, request_id)
    row = await tx.fetchrow(QUERIES.select_live_delivery, request_id)
    return delivery_of(row) if row else None


async def begin_attempt(tx: Transaction, delivery: Delivery, *, now: datetime) -> Delivery | None:
    """Note the try before it is made. None: the answer is not owed any more."""
    row = await tx.fetchrow(QUERIES.begin_attempt, delivery.request_id, delivery.revision, now)
    return delivery_of(row) if row else None


async def save_result(tx: Transaction, delivery: Delivery, result: Result, *, now: datetime) -> int | None:
    """Note what the try came to; gives the attempt to report it as, higher than all that was reported before.

    None: a newer word came meanwhile, and it was no success: of no interest any more.
    """
    await tx.execute(QUERIES.lock_request, delivery.request_id)
    state, failures, until, cause = _states(delivery, result)
    code, message = (None, None) if isinstance(result, Took) else (result.code, result.message)
    reported: int | None = await tx.fetchval(
        QUERIES.save_result,
        *(delivery.request_id, delivery.revision, state, failures, until, cause, code, message, result.call_id, now, delivery.attempt),
    )
    await tx.execute(
        QUERIES.end_attempt,
        *(delivery.request_id, delivery.revision, delivery.attempt, now, cause or state, code, message, result.call_id),
    )
    return reported


def _states(delivery: Delivery, result: Result) -> tuple[str, int, datetime | None, str | None]:
    match result:
        case Took():
            return "synced", 0, None, None
        case SaidNo():
            return "refused", delivery.failures, None, result.because
        case GaveUp():
            return "failed", delivery.failures + 1, None, None
        case Wait(until=None):
            # Waiting for a person burns no attempts.
            return "blocked", delivery.failures, None, result.cause
        case Wait():
            return "retrying", delivery.failures + result.failed, result.until, result.cause


async def list_deliveries(
    con: Transaction,
    *,
    states: Sequence[str] | None,
    shops: Sequence[str] | None,
    due_before: datetime | None,
    after: tuple[datetime, str, int] | None,
    limit: int,
) -> list[asyncpg.Record]:
    """Deliveries, newest first; `after` is the place of the last one of the page before."""
    return await con.fetch(QUERIES.list_deliveries, states, shops, due_before, *(after or (None, None, None)), limit)


async def select_delivery(con: Transaction, request_id: str, revision: int) -> tuple[asyncpg.Record, list[asyncpg.Record]] | None:
    """A delivery with its attempts, oldest first."""
    row = await con.fetchrow(QUERIES.select_delivery, request_id, revision)
    return (row, await con.fetch(QUERIES.select_attempts, request_id, revision)) if row else None


async def retry_delivery(tx: Transaction, request_id: str, revision: int, *, now: datetime) -> bool:
    """Make one answer due now. False: it is not waiting, nor was it given up."""
    await tx.execute(QUERIES.lock_request, request_id)
    rows = await tx.fetch(QUERIES.retry_delivery, request_id, revision, now)
    await make_due(tx, rows)
    return bool(rows)
