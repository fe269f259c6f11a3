"""Builds the service: which handler reads which topic, who delivers, which routes it answers."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from chassis.app import App, utcnow
from chassis.bodies import limit_bodies
from chassis.database import Transaction, open_pool
from chassis.work import Workers
from contracts import topics
from contracts.cancel_decisions import CancelDecision
from contracts.event import Event
from contracts.shop_status import ShopStatusChanged
from marketplaces.accounts import Accounts, Sealer
from marketplaces.channels import open_channels
from marketplaces.settings import MarketplaceSettings
from sync_back import api, handlers
from sync_back.deliveries import Deliverer
from sync_back.settings import Settings


def make_app(settings: Settings, marketplaces: MarketplaceSettings, *, now: Callable[[], datetime] = utcnow) -> App:
    """The whole service, not yet running."""
    app = App("sync-back", settings, now=now, packages=("chassis", "sync_back"), problems=api.PROBLEMS)

    @app.consumer.on(topics.CANCEL_DECISIONS)
    async def on_cancel_decisions(tx: Transaction, decisions: Sequence[Event[CancelDecision]]) -> Sequence[Event[Any]]:
        return await handlers.on_cancel_decisions(tx, decisions, now=now())

    @app.consumer.on(topics.SHOP_STATUS)
    async def on_shop_status(tx: Transaction, shops: Sequence[Event[ShopStatusChanged]]) -> Sequence[Event[Any]]:
        return await handlers.on_shop_status(tx, shops, now=now())

    async def deliver() -> None:
        # min_size 0: an accounts database that is down delays answers, not the service.
        pool = await open_pool(marketplaces.accounts_database_url.get_secret_value(), name=app.name, min_size=0)
        channels = open_channels(marketplaces, purpose="answering", now=now)
        accounts = Accounts(
            pool,
            channels.by_name,
            Sealer.from_settings(marketplaces),
            now=now,
            refresh_ahead_seconds=marketplaces.token_refresh_ahead_seconds,
        )
        deliverer = Deliverer(app, accounts, channels.by_name, misconfigured_delay_seconds=settings.misconfigured_delay_seconds)
        workers = Workers(
            app,
            deliverer.serve_turn,
            workers=settings.workers,
            per_turn=settings.deliveries_per_turn,
            lease_seconds=settings.lease_seconds,
        )
        try:
            await workers.run()
        finally:
            await accounts.close()
            await channels.close()
            await pool.close()

    app.background("deliveries", deliver)
    limit_bodies(app.http)
    app.http.include_router(api.routes(app))
    return app
