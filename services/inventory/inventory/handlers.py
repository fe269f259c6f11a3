"""What inventory does with the events it reads: load, decide, save, announce."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from chassis.database import Transaction
from chassis.failures import Permanent
from contracts.cancel_decisions import CancelDecision, SyncRetryRequested
from contracts.event import Event
from contracts.values import Order
from inventory import store
from inventory.domain.announcements import moved_event, settled_event, unmatched_event
from inventory.domain.levels import LevelKey
from inventory.domain.orders import OrderStock, Restocked, StockDecision, UnmatchedLine, restock
from inventory.store import Because, LockedOrder

KnownSkus: TypeAlias = Mapping[str, Container[str]]
"""The SKUs that have a level, by seller."""
NEW = OrderStock()


@dataclass(slots=True)
class Answers:
    """What a batch comes to, before anything is written."""

    given: list[tuple[Event[StockDecision], Restocked]] = field(default_factory=list)
    orders: dict[str, Order] = field(default_factory=dict)
    stocks: dict[str, OrderStock] = field(default_factory=dict)
    waiting: dict[str, Sequence[UnmatchedLine]] = field(default_factory=dict)


async def on_cancel_decisions(tx: Transaction, events: Sequence[Event[CancelDecision]], *, now: datetime) -> Sequence[Event[Any]]:
    """Give back and take back, whatever the newest decisions say; answer each of them."""
    decisions: list[Event[StockDecision]] = [event for event in events if not isinstance(event.data, SyncRetryRequested)]  # type: ignore[misc] # narrowed
    if not decisions:
        return []
    known = await store.find_levels(tx, _named_levels(decisions))
    answers = await _settle_orders(tx, decisions, known)
    if answers.waiting:
        await store.save_unmatched_lines(tx, answers.waiting, answers.orders, now=now)
    return await _book(tx, answers, now=now)


async def _settle_orders(tx: Transaction, decisions: Sequence[Event[StockDecision]], known: KnownSkus) -> Answers:
    """Most orders are new and are written once, as decided. The others are locked, and decided from what is remembered of them."""
    answers = _decide(decisions, {}, known)
    old = await store.create_orders(tx, answers.stocks, {key: order.seller_id for key, order in answers.orders.items()})
    if not old:
        return answers
    locked = await store.lock_orders(tx, old)
    answers = _decide(decisions, locked, known)
    await store.save_orders(tx, {key: stock for key, stock in answers.stocks.items() if key in old})
    return answers


def _named_levels(decisions: Sequence[Event[StockDecision]]) -> set[LevelKey]:
    return {
        (event.data.order.seller_id, line.sku)
        for event in decisions
        for line in getattr(event.data, "lines", ())
        if line.sku and line.stock != "none"
    }


def _decide(decisions: Sequence[Event[StockDecision]], locked: Mapping[str, LockedOrder], known: KnownSkus) -> Answers:
    """One after the other: a batch is nothing but its decisions. An order that is not locked is new."""
    answers = Answers()
    for event in decisions:
        order = event.data.order
        key = order.key
        before = answers.stocks.get(key) or (locked[key].stock if key in locked else NEW)
        owner = locked[key].seller_id if key in locked else answers.orders.get(key, order).seller_id
        if owner != order.seller_id:
            raise Permanent(f"order {key} belongs to another seller")
        restocked = restock(before, event.data, has_level=known.get(order.seller_id, ()))
        if restocked is None:
            continue
        answers.given.append((event, restocked))
        answers.orders[key] = order
        answers.stocks[key] = restocked.stock
        if restocked.unmatched or before.waits or key in answers.waiting:
            answers.waiting[key] = restocked.unmatched
    return answers


async def _book(tx: Transaction, answers: Answers, *, now: datetime) -> list[Event[Any]]:
    wanted = {(event.data.order.seller_id, move.sku) for event, restocked in answers.given for move in restocked.moves}
    levels = await store.lock_levels(tx, wanted) if wanted else {}
    rows, out = [], []
    for event, restocked in answers.given:
        decision = event.data
        for move in restocked.moves:
            moved = levels[decision.order.seller_id, move.sku].move(move.quantity, move.condition)
            why = Because(request_id=decision.request_id, revision=decision.revision, order=decision.order, line_id=move.line_id)
            rows.append((moved, why))
            out.append(moved_event(moved, move.line_id, cause=event, now=now))
        out += [unmatched_event(line, cause=event, now=now) for line in restocked.unmatched if line.request_id == decision.request_id]
        out.append(settled_event(restocked.settled, cause=event, now=now))
    if rows:
        await store.save_levels(tx, levels.values(), now=now)
        await store.append_movements(tx, rows, now=now)
    return out
