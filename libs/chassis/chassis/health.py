"""Health: live, ready, metrics; and the watchdog that ends a process whose consumer is stuck."""

import asyncio
import contextlib
import os
import time
from typing import Any, Protocol

import asyncpg
from fastapi import FastAPI, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import metrics
from chassis.consume import Consumer
from chassis.logs import logger
from chassis.sampling import QUERIES

LOG = logger(__name__)

WATCH_SECONDS = 5.0
RECORD_SECONDS = 2.0
EXIT_STUCK = 70
SILENT_SECONDS = 10.0
"""Kafka that answers no fetch for so long is down; an idle one answers twice a second."""


class Service(Protocol):
    """What health looks at."""

    name: str
    consumer: Consumer
    kafka_up: bool
    """Since it was reached for the first time."""

    @property
    def database(self) -> asyncpg.Pool | None: ...


def install(http: FastAPI, service: Service) -> None:
    """Add `/health/live`, `/health/ready`, `/metrics`.

    Ready = the database answers. Kafka is only told: while it is down, requests are still taken and events wait in the outbox.
    """

    @http.get("/health/live", include_in_schema=False)
    async def live() -> dict[str, str]:
        return {"status": "alive"}

    @http.get("/health/ready", include_in_schema=False)
    async def ready(response: Response) -> dict[str, Any]:
        up = await _answers(service.database)
        response.status_code = 200 if up else 503
        return {
            "status": "ready" if up else "not-ready",
            "database": "up" if up else "down",
            "kafka": "up" if service.kafka_up and service.consumer.silent_seconds() < SILENT_SECONDS else "down",
            "paused": service.consumer.paused,
        }

    @http.get("/metrics", include_in_schema=False)
    async def exposition() -> Response:
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


async def _answers(pool: asyncpg.Pool | None) -> bool:
    if pool is None:
        return False
    try:
        async with asyncio.timeout(2):
            await pool.fetchval("select 1")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False
    return True


async def watchdog(service: Service) -> None:
    """Exit hard when the consumer is stuck: everything is transactional, and whoever supervises us starts us again.

    Only at the second look in a row: a process that was frozen itself looks stuck at the first.
    """
    suspected = False
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        why = await service.consumer.verdict()
        if why and suspected:
            LOG.critical("watchdog-exit", why=why)
            await _record_exit(service.database, why)
            os._exit(EXIT_STUCK)
        suspected = why is not None
        metrics.WATCHDOG_LOOKS.inc()


async def _record_exit(pool: asyncpg.Pool | None, why: str) -> None:
    """If the database answers at once: the exit must not hang on what may be stuck as well."""
    if pool is None:
        return
    with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        async with asyncio.timeout(RECORD_SECONDS):
            await pool.execute(QUERIES.record_watchdog_exit, why)


class Timing:
    """ASGI middleware: how long requests take, by route (never by path: that would be a series per order)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def listen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, listen)
        finally:
            route = getattr(scope.get("route"), "path", "unknown")
            metrics.HTTP_SECONDS.labels(scope["method"], route, str(status)).observe(time.perf_counter() - started)
