"""A service for the chassis' tests: its handlers do what an event's message says, and stop where a gate is closed.

Run as a process (`python tests/support/probe.py`) or built in the test's own process by `make_app`; both are the real chassis.
"""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from pydantic_settings import SettingsConfigDict

from chassis import work
from chassis.app import App, run
from chassis.database import Transaction
from chassis.failures import Permanent, Transient
from chassis.settings import ServiceSettings
from contracts import topics
from contracts.event import Event, announce
from contracts.order_status import OrderStatusChanged
from contracts.stock_movements import StockUnmatched
from contracts.sync_outcomes import OutcomeDelayed, SyncOutcome
from contracts.values import DelayCause, Order

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
SOURCE = "/zetpy/sync-back"

TABLES = """
create table handled (
    number bigint generated always as identity, event_id text not null,
    order_ref text not null, revision int not null, message text not null
);
create table levels (sku text primary key, available bigint not null default 0);
create table late (id text, constraint once unique (id) deferrable initially deferred);
create table worked (number bigint generated always as identity, shop text, key text, attempts int, pid int);
"""


def an_outcome(order_ref: str, *, revision: int = 1, message: str = "", shop_id: str = "s1") -> Event[SyncOutcome]:
    """An event that the probe consumes; `message` tells its handler what to do."""
    order = Order(seller_id="seller-a", channel="shopee", shop_id=shop_id, order_ref=order_ref, region="MY")
    data = OutcomeDelayed(
        request_id=str(request_id(order_ref)),
        revision=revision,
        order=order,
        action="approve",
        attempt=revision,
        cause=DelayCause.TIMEOUT,
        message=message,
        at=AT,
    )
    return announce(data, source=SOURCE, time=AT)


def request_id(order_ref: str) -> UUID:
    return uuid5(NAMESPACE_OID, order_ref)


def a_status(order_ref: str, *, revision: int) -> Event[OrderStatusChanged]:
    """A state: it goes to a compacted topic."""
    return announce(_status(an_outcome(order_ref, revision=revision).data), source="/zetpy/probe", time=AT)


def an_unmatched(order_ref: str, *, revision: int = 1) -> Event[StockUnmatched]:
    """An event: it goes to an ordinary topic."""
    return announce(_unmatched(an_outcome(order_ref, revision=revision).data), source="/zetpy/probe", time=AT)


def _status(data: Any) -> OrderStatusChanged:
    return OrderStatusChanged(
        order=data.order,
        order_revision=data.revision,
        request_id=data.request_id,
        revision=data.revision,
        status="cancelled",
        shippable=False,
        recall=False,
        changed_at=AT,
    )


def _unmatched(data: Any) -> StockUnmatched:
    return StockUnmatched(
        seller_id=data.order.seller_id,
        request_id=data.request_id,
        revision=data.revision,
        order=data.order,
        line_id="1",
        item_id="item-1",
        quantity=1,
        why="no_sku",
        at=AT,
    )


class ProbeSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_", frozen=True, populate_by_name=True, extra="ignore")

    port: int = 8009
    gates: Path
    batch: int = 500
    workers: int = 0
    per_turn: int = 50
    lease_seconds: float = 30


class Gates:
    """Named points: where a gate is closed, whoever comes says so and waits until it is opened."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def close(self, point: str) -> None:
        (self.folder / f"{point}.gate").touch()

    def open(self, point: str) -> None:
        (self.folder / f"{point}.gate").unlink(missing_ok=True)

    def is_closed(self, point: str) -> bool:
        return (self.folder / f"{point}.gate").exists()

    def reached(self, point: str) -> bool:
        return (self.folder / f"{point}.reached").exists()

    def forget(self, point: str) -> None:
        (self.folder / f"{point}.reached").unlink(missing_ok=True)

    async def wait(self, point: str) -> None:
        while self.is_closed(point):
            (self.folder / f"{point}.reached").touch()
            await asyncio.sleep(0.01)

    def wait_blocking(self, point: str) -> None:
        while self.is_closed(point):
            (self.folder / f"{point}.reached").touch()
            time.sleep(0.01)


def make_app(settings: ProbeSettings) -> App:
    app = App("probe", settings)
    gates = Gates(settings.gates)

    @app.consumer.on(topics.SYNC_OUTCOMES, batch=settings.batch)
    async def on_sync_outcomes(tx: Transaction, events: Sequence[Event[SyncOutcome]]) -> Sequence[Event[Any]]:
        out: list[Event[Any]] = []
        for event in events:
            await obey(tx, event)
            if "announce" in event.data.message:
                out += [announce(make(event.data), source="/zetpy/probe", time=AT, cause=event) for make in (_status, _unmatched)]
        await tx.executemany(
            "insert into handled(event_id, order_ref, revision, message) values ($1, $2, $3, $4)",
            [(event.id, event.data.order.order_ref, event.data.revision, event.data.message) for event in events],
        )
        await gates.wait("in-handler")
        return out

    async def obey(tx: Transaction, event: Event[Any]) -> None:
        match event.data.message.split(" ")[0]:
            case "permanent":
                raise Permanent("it can never work")
            case "bug":
                raise RuntimeError("a handler has a bug")
            case "bug-until-fixed" if gates.is_closed("bug"):
                raise RuntimeError("a handler has a bug")
            case "transient" if gates.is_closed("transient"):
                raise Transient("not now")
            case "late":
                await tx.execute("insert into late values ($1)", event.data.message)
            case "too-large":
                await tx.execute("insert into outbox(event_id, topic, value, headers) values ('x', 'x', $1, '')", b"x" * 1_000_000)
            case "hang":
                await gates.wait("hang")

    app.on_commit(lambda: gates.wait_blocking("committed"))

    async def handle(turn: work.Turn) -> None:
        for item in turn.items:
            await gates.wait("in-work")
            async with app.transaction() as tx:
                if await turn.done(tx, item.key):
                    await tx.execute(
                        "insert into worked(shop, key, attempts, pid) values ($1, $2, $3, $4)",
                        turn.shop,
                        item.key,
                        item.attempts,
                        os.getpid(),
                    )

    if settings.workers:
        workers = work.Workers(app, handle, workers=settings.workers, per_turn=settings.per_turn, lease_seconds=settings.lease_seconds)
        app.background("work", workers.run)

    @app.http.post("/orders", status_code=201)
    async def order() -> None:
        async with app.transaction() as tx:
            await tx.execute("insert into levels values (gen_random_uuid()::text, 1)")

    @app.http.get("/state")
    async def state() -> dict[str, Any]:
        return {"kafka_up": app.kafka_up, "paused": app.consumer.paused, "pid": os.getpid()}

    return app


def environment(*, database_url: str, kafka_url: str, topic_prefix: str, gates: Path, **more: object) -> dict[str, str]:
    """What the process is told."""
    settings = {
        "PROBE_DATABASE_URL": database_url,
        "PROBE_GATES": gates,
        "KAFKA_URL": kafka_url,
        "TOPIC_PREFIX": topic_prefix,
        "AUTH_KEY": "a key for tests, long enough for HS256",
        "BACKOFF_CAP_SECONDS": 0.5,
        "SESSION_TIMEOUT_SECONDS": 3,
    }
    return {
        name: value if isinstance(value, str) else json.dumps(value, default=str).strip('"') for name, value in (settings | more).items()
    }


if __name__ == "__main__":
    run(make_app(ProbeSettings()))
