"""Builds the service: which handler reads which topic, which routes it answers, what runs beside them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from chassis.app import App, utcnow
from chassis.database import Transaction
from contracts import topics
from contracts.cancel_requests import CancelRequestEvent
from contracts.event import Event
from contracts.shop_status import ShopStatusChanged
from contracts.stock_movements import StockEvent
from contracts.sync_outcomes import SyncOutcome
from decision import api, clock, handlers, lateness, metrics
from decision.changes import Changes
from decision.settings import Settings


def make_app(settings: Settings, *, now: Callable[[], datetime] = utcnow) -> App:
    """The whole service, not yet running."""
    app = App("decision", settings, now=now, packages=("chassis", "decision"), problems=api.PROBLEMS)
    rules = settings.rules

    @app.consumer.on(topics.CANCEL_REQUESTS, batch=500)
    async def on_cancel_requests(tx: Transaction, seen: Sequence[Event[CancelRequestEvent]]) -> Sequence[Event[Any]]:
        return await handlers.on_cancel_requests(tx, seen, now=now(), rules=rules)

    @app.consumer.on(topics.SYNC_OUTCOMES, batch=500)
    async def on_sync_outcomes(tx: Transaction, outcomes: Sequence[Event[SyncOutcome]]) -> Sequence[Event[Any]]:
        return await handlers.on_sync_outcomes(tx, outcomes, now=now(), rules=rules)

    @app.consumer.on(topics.STOCK_MOVEMENTS, batch=500)
    async def on_stock_movements(tx: Transaction, told: Sequence[Event[StockEvent]]) -> Sequence[Event[Any]]:
        return await handlers.on_stock_movements(tx, told, now=now(), rules=rules)

    @app.consumer.on(topics.SHOP_STATUS, batch=500)
    async def on_shop_status(tx: Transaction, shops: Sequence[Event[ShopStatusChanged]]) -> Sequence[Event[Any]]:
        return await handlers.on_shop_status(tx, shops, now=now())

    for gauge, query in metrics.SAMPLES:
        app.samples.add(gauge, query)
    changes = Changes(app)
    app.background("changes", changes.run)
    app.background("clock", lambda: clock.run(app, now=now, rules=rules, tick_seconds=settings.clock_seconds))
    app.background("lateness", lambda: lateness.run(app))
    app.http.state.changes = changes
    for router in api.routers(app, settings, changes):
        app.http.include_router(router)
    return app
