"""Pushes in: verified over the raw bytes, stored as hints, answered at once. Nothing of their content is believed."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from chassis import work
from chassis.app import App
from chassis.logs import logger
from ingestor import metrics
from ingestor.hints import item_of
from ingestor.reading import Reading
from ingestor.settings import Settings
from marketplaces.interface import Malformed, Ping, Pushed, PushHint, Received, Unverified

LOG = logger(__name__)

MAX_BODY_BYTES = 1024 * 1024
SLOW_BODY_SECONDS = 10

OK, MALFORMED, UNVERIFIED, TOO_LARGE, STORE_DOWN = 200, 400, 401, 413, 503


def routes(app: App, reading: Reading, settings: Settings) -> APIRouter:
    """`POST /webhooks/shopee` and `/webhooks/tiktok`. Both want an empty body within 3 s and try again after anything but 2xx."""
    router = APIRouter(tags=["webhooks"])

    @router.post("/webhooks/{channel}", response_class=Response)
    async def receive(channel: str, request: Request) -> Response:
        if channel not in reading.channels:
            return Response(status_code=404)
        body = await _body(request)
        if body is None:
            return _answer(channel, TOO_LARGE, "too_large")
        received = reading.channel(channel).receive(body, authorization=request.headers.get("authorization"))
        return await _take(app, channel, received, seconds=settings.webhook_timeout_seconds)

    return router


async def _take(app: App, channel: str, received: Received, *, seconds: float) -> Response:
    match received:
        case Pushed(hints=hints):
            if await _in_time(lambda: _store(app, hints), seconds=seconds):
                return _answer(channel, OK, "stored")
            return _answer(channel, STORE_DOWN, "store_down", {"Retry-After": "5"})
        case Ping():
            return _answer(channel, OK, "ping")
        case Unverified():
            return _answer(channel, UNVERIFIED, "unverified")
        case Malformed(why=why):
            LOG.warning("push-malformed", channel=channel, why=why)
            return _answer(channel, MALFORMED, "malformed")


def _answer(channel: str, status: int, outcome: str, headers: dict[str, str] | None = None) -> Response:
    metrics.PUSHES.labels(channel, outcome).inc()
    return Response(status_code=status, headers=headers)


async def _body(request: Request) -> bytes | None:
    """The raw bytes, over which the signature is; None: too many. What comes too slowly, or not, is cut off: its signature is wrong."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    with contextlib.suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(SLOW_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    return None
    return bytes(body)


async def _in_time(store: Callable[[], Awaitable[None]], *, seconds: float) -> bool:
    """Whether it was stored. A frozen database does not even let itself be cancelled in time: it is left behind, not waited for."""
    task = asyncio.ensure_future(store())
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        task.add_done_callback(_forgotten)
        task.cancel()
        return False
    failure = task.exception()
    if isinstance(failure, OSError | TimeoutError | asyncpg.PostgresError | asyncpg.InterfaceError):
        LOG.warning("push-not-stored", error=f"{type(failure).__name__}: {failure}"[:300])
        return False
    if failure is not None:
        raise failure
    return True


def _forgotten(task: asyncio.Future[None]) -> None:
    if not task.cancelled() and (failure := task.exception()):
        LOG.warning("push-not-stored", error=f"{type(failure).__name__}: {failure}"[:300])


async def _store(app: App, hints: Sequence[PushHint]) -> None:
    """One transaction; the workers are woken by its commit."""
    items = [item for hint in hints if (item := item_of(hint, "push")) is not None]
    if not items:
        return
    async with app.transaction() as tx:
        await work.add(tx, items)
