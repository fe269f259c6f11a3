"""One function per topic read: load, decide, save, announce."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.database import Transaction
from chassis.failures import Permanent
from contracts.cancel_requests import CancelRequestEvent
from contracts.event import Event
from contracts.shop_status import ShopStatusChanged
from contracts.stock_movements import StockAdjusted, StockEvent, StockRestored, StockReversed, StockSettled, StockUnmatched
from contracts.sync_outcomes import SyncOutcome
from contracts.values import Order
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
        held.check_owner(order)
        disconnected = held.disconnected(order.channel, order.shop_id)
        known = held.request(event.data.request_id)
        held.take(observe(known, event.data, now=now, rules=rules, shop_disconnected=disconnected), cause=event)
    return await held.save(tx)


async def on_sync_outcomes(tx: Transaction, outcomes: Sequence[Event[SyncOutcome]], *, now: datetime, rules: Rules) -> Announced:
    """What became of the calls that tell marketplaces our decisions. Requests of others are none of ours."""
    held = await cases.of_orders(tx, {event.data.order.key for event in outcomes}, now=now, rules=rules)
    for event in outcomes:
        held.check_owner(event.data.order)
        if request := held.request(event.data.request_id):
            metrics.observe_outcome(request.decision, event.data)
            held.take(hear_outcome(request, event.data, now=now, rules=rules), cause=event)
    return await held.save(tx)


async def on_stock_movements(tx: Transaction, told: Sequence[Event[StockEvent]], *, now: datetime, rules: Rules) -> Announced:
    """What inventory did; levels are projected after the orders are locked."""
    answers = [(event, about) for event in told if (about := _about(event.data))]
    held = await cases.of_orders(tx, {order.key for _, (order, _) in answers}, now=now, rules=rules)
    for event, (order, request_id) in answers:
        held.check_owner(order)
        if request := held.request(request_id):
            if isinstance(event.data, StockSettled):
                metrics.observe_stock(request.decision, event.data, channel=request.order.channel, at=event.time)
            held.take(hear_stock(request, event.data, now=now), cause=event)
    announced = await held.save(tx)
    await store.save_levels(tx, [event.data for event in told if isinstance(event.data, (StockRestored, StockReversed, StockAdjusted))])
    moved = [event.data for event in told if not isinstance(event.data, (StockSettled, StockUnmatched))]
    await store.save_movements(tx, [each for each in moved if each.request_id])
    await store.add_entries(tx, [(entry, event.id) for event in told if (entry := _stock_entry(event.data))])
    return announced


def _about(told: StockEvent) -> tuple[Order, str] | None:
    """Of which order and request its state is to be heard; None: of none."""
    if isinstance(told, StockRestored) or told.order is None or told.request_id is None:
        return None
    return told.order, told.request_id


def _stock_entry(told: StockEvent) -> Entry | None:
    if isinstance(told, StockSettled) or told.request_id is None:
        return None
    params: dict[str, Any] = {"sku": told.sku, "quantity": told.quantity, "line_id": told.line_id}
    match told:
        case StockAdjusted():
            return Entry(told.request_id, told.moved_at, "stock_restored", params=params)
        case StockRestored():
            return Entry(told.request_id, told.moved_at, "stock_restored", params=params)
        case StockReversed():
            return Entry(told.request_id, told.moved_at, "stock_reversed", params=params | {"oversold": told.oversold})
        case StockUnmatched():
            return Entry(told.request_id, told.at, "stock_unmatched", params=params | {"why": told.why})


async def on_shop_status(tx: Transaction, shops: Sequence[Event[ShopStatusChanged]], *, now: datetime) -> Announced:
    """Whether shops can be read and answered. Their waiting requests hear of it from the clock, in small transactions."""
    owners = {
        (row["channel"], row["shop_id"]): row["seller_id"] for row in await store.find_shops(tx, {_shop(event.data) for event in shops})
    }
    for event in shops:
        if owners.setdefault(_shop(event.data), event.data.seller_id) != event.data.seller_id:
            raise Permanent(f"shop {event.data.key} belongs to another seller")
    newer = await store.save_shops(tx, [event.data for event in shops], now=now)
    await store.tell_listeners(tx, changes.shop_payloads(newer))
    return []


def _shop(said: ShopStatusChanged) -> store.Shop:
    return said.channel, said.shop_id
