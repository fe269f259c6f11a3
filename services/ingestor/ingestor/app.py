"""Builds the service: webhooks and routes, the topic it reads, who looks and sweeps, what is relayed."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from chassis.app import App, utcnow
from chassis.bodies import limit_bodies
from chassis.database import Transaction
from chassis.relay import Relay
from chassis.work import Workers
from contracts import topics
from contracts.event import Event
from contracts.sync_outcomes import SyncOutcome
from ingestor import api, handlers, webhooks
from ingestor.authorisations import Authorisations
from ingestor.circuits import Circuits
from ingestor.connecting import Connecting
from ingestor.lookups import Lookups
from ingestor.lost_pushes import LostPushQueue
from ingestor.reading import Reading
from ingestor.settings import Settings
from ingestor.shops import Shops
from ingestor.sweeps import Sweeps
from marketplaces.settings import MarketplaceSettings


def make_app(settings: Settings, marketplaces: MarketplaceSettings, *, now: Callable[[], datetime] = utcnow) -> App:
    """The whole service, not yet running."""
    app = App("ingestor", settings, now=now, packages=("chassis", "ingestor"), problems=api.PROBLEMS)
    accounts_relay = _accounts_relay(app, marketplaces)
    reading = Reading(marketplaces, now=now, woken=accounts_relay.wake)
    shops = Shops(app, reading, settings)
    circuits = Circuits(app)
    lost_pushes = LostPushQueue(app, reading, settings)
    lookups = Lookups(
        app,
        reading,
        shops=shops,
        sweeps=Sweeps(app, reading, settings),
        authorisations=Authorisations(app, reading, shops),
        lost_pushes=lost_pushes,
        circuits=circuits,
        settings=settings,
    )
    connecting = Connecting(app, reading, shops, settings)
    workers = Workers(
        app, lookups.serve_turn, workers=settings.lookup_workers, per_turn=settings.orders_per_turn, lease_seconds=settings.lease_seconds
    )

    @app.consumer.on(topics.SYNC_OUTCOMES)
    async def on_sync_outcomes(tx: Transaction, outcomes: Sequence[Event[SyncOutcome]]) -> Sequence[Event[Any]]:
        confirm_after = timedelta(seconds=settings.confirm_after_seconds)
        return await handlers.on_sync_outcomes(tx, outcomes, channels=reading.channels, confirm_after=confirm_after)

    app.background("lookups", lambda: reading.serve(app.stop, lost_pushes.begin, workers.run, shops.watch))
    app.background("accounts-relay", accounts_relay.run)
    app.background("forget", shops.forget)
    app.background("circuits", circuits.follow)
    limit_bodies(app.http, but=("/webhooks/",))  # they answer without a body, and count what they refuse
    app.http.include_router(webhooks.routes(app, reading, settings))
    app.http.include_router(api.routes(app, reading, connecting))
    app.http.include_router(api.readings(reading))
    app.http.include_router(api.callbacks(reading, connecting, page_url=settings.page_url))
    return app


def _accounts_relay(app: App, marketplaces: MarketplaceSettings) -> Relay:
    """Shops change in a database that sync-back shares: its events are published from here."""
    return Relay(
        marketplaces.accounts_database_url.get_secret_value(),
        app.settings.kafka_url,
        name="ingestor-accounts",
        stop=app.stop,
        prefix=app.settings.topic_prefix,
    )
