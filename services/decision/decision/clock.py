"""Looks at requests when their time comes: alerts that open and clear by time alone, shops that came or went."""

from collections.abc import Callable
from datetime import datetime, timedelta

from chassis import outbox
from chassis.app import App
from chassis.database import Transaction
from chassis.waiting import pause
from decision import cases, store
from decision.domain.alerts import Rules
from decision.domain.requests import enough_again

TICK_SECONDS = 1.0
AT_ONCE = 200
TURNED_WITHIN = timedelta(hours=1)
"""How long after a shop came or went its requests are told; it takes seconds, unless this service was down."""


async def run(app: App, *, now: Callable[[], datetime], rules: Rules, tick_seconds: float = TICK_SECONDS) -> None:
    """Tick until the service stops. Any number of instances may: an order is looked at by whoever locks it first."""
    while not app.stop.is_set():
        if not await tick(app, now=now(), rules=rules):
            await pause(app.stop, tick_seconds)


async def tick(app: App, *, now: datetime, rules: Rules) -> bool:
    """Look at some of what is due; True: there may be more."""
    async with app.transaction() as tx:
        due = await store.find_due_orders(tx, now=now, limit=AT_ONCE)
        turned = await store.find_orders_of_turned_shops(tx, since=now - TURNED_WITHIN, limit=AT_ONCE)
        solved = await store.find_solved_oversolds(tx, limit=AT_ONCE)
        held = await cases.of_orders(tx, {*due, *turned, *(key for key, _, _ in solved)}, now=now, rules=rules, only_free=True)
        await _hear_what_is_solved(tx, held)
        for request_id in list(held.held.requests):
            held.touch(request_id)
        await outbox.add(tx, await held.save(tx))
    return bool(held.held.orders) and AT_ONCE in {len(due), len(turned), len(solved)}


async def _hear_what_is_solved(tx: Transaction, held: cases.Cases) -> None:
    """Looked up again under the locks: what has been taken back since counts."""
    for _, request_id, sku in await store.find_solved_oversolds(tx, orders=held.held.orders, limit=AT_ONCE * AT_ONCE):
        if request := held.request(request_id):
            held.take(enough_again(request, {sku}, now=held.now))
