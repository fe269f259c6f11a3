"""The one way to build and run a service."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg
from contracts.event import Event
from fastapi import FastAPI

from chassis.consume import Consumer
from chassis.database import Transaction
from chassis.settings import ServiceSettings


def utcnow() -> datetime:
    """Now, as an aware UTC datetime: the clock that `make_app` passes on."""
    return datetime.now(UTC)


class App:
    """A service: HTTP, consumer, relay, background tasks; built by its `make_app`, run by `run`."""

    name: str
    settings: ServiceSettings
    now: Callable[[], datetime]
    pool: asyncpg.Pool
    http: FastAPI
    consumer: Consumer
    stop: asyncio.Event

    def __init__(
        self, name: str, settings: ServiceSettings, *, now: Callable[[], datetime] = utcnow, packages: Sequence[str] = ("chassis",)
    ) -> None:
        raise NotImplementedError

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction on a pooled connection; after the commit the relay is woken."""
        raise NotImplementedError
        yield

    def background(self, name: str, task: Callable[[], Awaitable[None]]) -> None:
        """Run a long task once the database is ready; it is restarted with back-off when it raises, and cancelled at stop."""
        raise NotImplementedError

    async def announce(self, tx: Transaction, events: Sequence[Event]) -> None:
        """Announce events when the transaction commits."""
        raise NotImplementedError


async def serve(app: App) -> None:
    """Serve until SIGTERM or SIGINT, then stop within 8 s."""
    raise NotImplementedError


def run(app: App) -> None:
    """Serve in an event loop of our own and exit hard afterwards."""
    raise NotImplementedError
