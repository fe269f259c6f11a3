"""One function per topic read: load, decide, save, announce."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.database import Transaction
from contracts.cancel_requests import CancelRequestEvent
from contracts.event import Event
from contracts.shop_status import ShopStatusChanged
from contracts.stock_movements import StockAdjusted, StockEvent, StockRestored, StockReversed, StockSettled, StockUnmatched
from contracts.sync_outcomes import SyncOutcome
from decision import cases, changes, metrics, store
from decision.domain.alerts import Rules
from decision.domain.requests import Entry, hear_outcome, hear_stock, observe

Announced = Sequence[Event[Any]]


async def on_cancel_requests(tx: Transaction, seen: Sequence[Event[CancelRequestEvent]], *, now: datetime, rules: Rules) -> Announced:
    """What marketplaces show of cancel requests."""
    orders = [event.data.order for event in seen]
    await store.create_orders(tx, orders)
    shops = {(order.channel, order.shop_id) for order in orders}
    held = await cases.of_orders(tx, {order.key for order in orders}, now=now, rules=rules, shops=shops)
    for event in seen:
        order = event.data.order
        disconnected = held.disconnected(order.channel, order.shop_id)
        known = held.request(event.data.request_id)
        held.take(observe(known, event.data, now=now, rules=rules, shop_disconnected=disconnected), cause=event)
    return await held.save(tx)


async def on_sync_outcomes(tx: Transaction, outcomes: Sequence[Event[SyncOutcome]], *, now: datetime, rules: Rules) -> Announced:
    """What became of the calls that tell marketplaces our decisions. Requests of others are none of ours."""
    held = await cases.of_orders(tx, {event.data.order.key for event in outcomes}, now=now, rules=rules)
    for event in outcomes:
        if request := held.request(event.data.request_id):
            metrics.observe_outcome(request.decision, event.data)
            held.take(hear_outcome(request, event.data, now=now, rules=rules), cause=event)
    return await held.save(tx)


async def on_stock_movements(tx: Transaction, told: Sequence[Event[StockEvent]], *, now: datetime, rules: Rules) -> Announced:
    """What inventory did; levels are projected after the orders are locked."""
    answers = [(event, event.data) for event in told if isinstance(event.data, (StockSettled, StockUnmatched, StockReversed))]
    held = await cases.of_orders(tx, {answer.order.key for _, answer in answers}, now=now, rules=rules)
    for event, answer in answers:
        if request := held.request(answer.request_id):
            if isinstance(answer, StockSettled):
                metrics.observe_stock(request.decision, answer, channel=request.order.channel, at=event.time)
            held.take(hear_stock(request, answer, now=now), cause=event)
    announced = await held.save(tx)
    await store.save_levels(tx, [event.data for event in told if isinstance(event.data, (StockRestored, StockReversed, StockAdjusted))])
    await store.save_movements(tx, [event.data for event in told if isinstance(event.data, (StockRestored, StockReversed))])
    await store.add_entries(tx, [(_stock_entry(event.data), event.id) for event in told if isinstance(event.data, _TOLD)])
    return announced


_TOLD = (StockRestored, StockReversed, StockUnmatched)


def _stock_entry(told: StockRestored | StockReversed | StockUnmatched) -> Entry:
    params: dict[str, Any] = {"sku": told.sku, "quantity": told.quantity, "line_id": told.line_id}
    match told:
        case StockRestored():
            return Entry(told.request_id, told.moved_at, "stock_restored", params=params)
        case StockReversed():
            return Entry(told.request_id, told.moved_at, "stock_reversed", params=params | {"oversold": told.oversold})
        case StockUnmatched():
            return Entry(told.request_id, told.at, "stock_unmatched", params=params | {"why": told.why})


async def on_shop_status(tx: Transaction, shops: Sequence[Event[ShopStatusChanged]], *, now: datetime) -> Announced:
    """Whether shops can be read and answered. Their waiting requests hear of it from the clock, in small transactions."""
    newer = await store.save_shops(tx, [event.data for event in shops], now=now)
    await store.tell_listeners(tx, changes.shop_payloads(newer))
    return []
