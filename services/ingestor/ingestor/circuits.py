"""Circuits: a shop that can't be read is left alone, longer with each failure in a row, and everybody can see it."""

from datetime import datetime

import asyncpg

from chassis.app import App
from chassis.database import Transaction
from chassis.logs import logger
from chassis.waiting import pause
from ingestor import metrics, store
from marketplaces.failures import MarketplaceFailure

LOG = logger(__name__)

FOLLOW_SECONDS = 5.0


class Circuits:
    """Kept in the database: another process goes on counting where this one stopped. A turn that succeeds closes the circuit."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._failures: dict[str, int] = {}
        app.samples.add(metrics.CIRCUITS_OPEN, store.QUERIES.circuits_open)

    def failures(self, shop: str) -> int:
        """How many turns of the shop have failed in a row, as far as is known here."""
        return self._failures.get(shop, 0)

    async def opened(self, tx: Transaction, shop: str, failure: MarketplaceFailure, *, until: datetime) -> None:
        self._failures[shop] = await store.open_circuit(
            tx, shop, type(failure).__name__, str(failure)[:500], now=self._app.now(), until=until
        )

    async def worked(self, shop: str) -> None:
        """A turn of the shop was served."""
        if self._failures.pop(shop, None) is None:
            return
        async with self._app.transaction() as tx:
            await store.close_circuit(tx, shop)
        LOG.info("circuit-closed", shop=shop)

    async def follow(self) -> None:
        """Learn of circuits that other processes opened or closed."""
        while not self._app.stop.is_set():
            try:
                async with self._app.pool.acquire(timeout=5) as connection:
                    self._failures = {row["shop"]: row["failures"] for row in await store.list_circuits(connection)}
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                LOG.warning("circuits-not-followed", error=f"{type(error).__name__}: {error}"[:300])
            await pause(self._app.stop, FOLLOW_SECONDS)
