"""Builds the service: which handler reads which topic, which routes it answers."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from chassis.app import App, utcnow
from chassis.bodies import limit_bodies
from chassis.database import Transaction
from contracts import topics
from contracts.cancel_decisions import CancelDecision
from contracts.event import Event
from inventory import api, handlers
from inventory.settings import Settings


def make_app(settings: Settings, *, now: Callable[[], datetime] = utcnow) -> App:
    """The whole service, not yet running."""
    app = App("inventory", settings, now=now, packages=("chassis", "inventory"), problems=api.PROBLEMS)

    @app.consumer.on(topics.CANCEL_DECISIONS, batch=2000, consumers=2)
    async def on_cancel_decisions(tx: Transaction, decisions: Sequence[Event[CancelDecision]]) -> Sequence[Event[Any]]:
        return await handlers.on_cancel_decisions(tx, decisions, now=now())

    limit_bodies(app.http)
    app.http.include_router(api.router(app))
    return app
