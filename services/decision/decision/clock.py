"""Looks at requests when their time comes: alerts that open and clear by time alone, shops that came or went."""

from collections.abc import Callable
from datetime import datetime, timedelta

from chassis import outbox
from chassis.app import App
from chassis.waiting import pause
from decision import cases, store
from decision.domain.alerts import Rules

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
        held = await cases.of_orders(tx, {*due, *turned}, now=now, rules=rules, only_free=True)
        for request_id in list(held.held.requests):
            held.touch(request_id)
        await outbox.add(tx, await held.save(tx))
    return bool(held.held.orders) and AT_ONCE in {len(due), len(turned)}
