"""Looks at requests when their time comes: alerts that open and clear by time alone, shops that came or went."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from chassis import outbox
from chassis.app import App
from chassis.database import Transaction
from chassis.failures import judge
from chassis.logs import logger
from chassis.waiting import pause
from decision import cases, metrics, store
from decision.domain.alerts import Rules
from decision.domain.requests import enough_again

LOG = logger(__name__)

TICK_SECONDS = 1.0
AT_ONCE = 200
ASIDE = timedelta(minutes=10)
"""How long an order is left alone that can't be looked at: a bug, until somebody mends it."""
TURNED_WITHIN = timedelta(hours=1)
"""How long after a shop came or went its requests are told; it takes seconds, unless this service was down."""


async def run(app: App, *, now: Callable[[], datetime], rules: Rules, tick_seconds: float = TICK_SECONDS) -> None:
    """Tick until the service stops. Any number of instances may: an order is looked at by whoever locks it first."""
    aside: dict[str, datetime] = {}
    while not app.stop.is_set():
        if not await tick(app, now=now(), rules=rules, aside=aside):
            await pause(app.stop, tick_seconds)


async def tick(app: App, *, now: datetime, rules: Rules, aside: dict[str, datetime]) -> bool:
    """Look at some of what is due; True: there may be more. `aside`: orders left alone until then, as looking at them failed."""
    for key in [key for key, until in aside.items() if until <= now]:
        del aside[key]
    async with app.transaction() as tx:
        due = await store.find_due_orders(tx, now=now, without=aside, limit=AT_ONCE)
        turned = await store.find_orders_of_turned_shops(tx, since=now - TURNED_WITHIN, without=aside, limit=AT_ONCE)
        solved = await store.find_solved_oversolds(tx, without=aside, limit=AT_ONCE)
        looked = await _look(tx, sorted({*due, *turned, *(key for key, _, _ in solved)}), now=now, rules=rules, aside=aside)
    return looked > 0 and AT_ONCE in {len(due), len(turned), len(solved)}


async def _look(tx: Transaction, keys: Sequence[str], *, now: datetime, rules: Rules, aside: dict[str, datetime]) -> int:
    """Look at those that nobody else holds, and say how many they were; halves when that fails, so that one bad order stops no other."""
    if not keys:
        return 0
    try:
        async with tx.transaction():
            held = await cases.of_orders(tx, keys, now=now, rules=rules, only_free=True)
            await _hear_what_is_solved(tx, held)
            for request_id in list(held.held.requests):
                held.touch(request_id)
            await outbox.add(tx, await held.save(tx))
            return len(held.held.orders)
    except Exception as error:
        if judge(error) == "transient":
            raise
        if len(keys) == 1:
            LOG.exception("order-set-aside", order=keys[0], minutes=ASIDE.total_seconds() / 60)
            metrics.SET_ASIDE.inc()
            aside[keys[0]] = now + ASIDE
            return 0
    half = len(keys) // 2
    return await _look(tx, keys[:half], now=now, rules=rules, aside=aside) + await _look(tx, keys[half:], now=now, rules=rules, aside=aside)


async def _hear_what_is_solved(tx: Transaction, held: cases.Cases) -> None:
    """Looked up again under the locks: what has been taken back since counts."""
    for _, request_id, sku in await store.find_solved_oversolds(tx, orders=held.held.orders, limit=AT_ONCE * AT_ONCE):
        if request := held.request(request_id):
            held.take(enough_again(request, {sku}, now=held.now))
