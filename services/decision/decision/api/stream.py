"""Changes as they happen, for the page: state, not history (server-sent events)."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from chassis.app import App
from chassis.http import Caller, Problem
from decision.api import reading
from decision.api.callers import Viewer
from decision.api.filters import Filters
from decision.api.session import Sessions
from decision.api.shops import list_shops
from decision.changes import Changed, Changes, Missed, Subscription
from decision.settings import Settings

if TYPE_CHECKING:
    from pydantic import BaseModel

GATHER_SECONDS = 0.25
WAIT_SECONDS = 1.0
"""How soon a stream notices that its session or the service ended."""
PING_SECONDS = 15
RETRY_MS = 2000
SEND_SECONDS = 10.0
"""Who has not read what fits into the socket's buffers for so long is cut; he comes back with his Last-Event-ID."""
FULL_RETRY_SECONDS = 30
"""When somebody who found no place may ask again."""
RESET_OVER = 500
RESUME_WITHIN = timedelta(minutes=10)
OVERLAP = timedelta(seconds=15)
"""A transaction may commit later than the time it wrote."""


def routes(app: App, settings: Settings, changes: Changes, sessions: Sessions) -> APIRouter:
    router = APIRouter(prefix="/v1/cancel-requests", tags=["cancel requests"])

    @router.get("/stream", response_class=EventSourceResponse, responses={200: {"content": {"text/event-stream": {}}}})
    async def stream_changes(
        caller: Viewer, request: Request, last_event_id: Annotated[str | None, Header(max_length=64)] = None
    ) -> EventSourceResponse:
        """Events `request` (a row), `summary`, `shop`, `reset` (read everything again).

        Keep the row with the highest `version`, read again on `reset`: then what you show is right, whatever was missed.
        """
        if _full(settings, changes, caller.seller):
            raise Problem(429, "rate-limited", "Too many streams are open", headers={"Retry-After": str(FULL_RETRY_SECONDS)})
        return EventSourceResponse(
            _Stream(app, settings, changes, sessions, caller, request).events(last_event_id),
            ping=PING_SECONDS,
            send_timeout=SEND_SECONDS,
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return router


def _full(settings: Settings, changes: Changes, seller: str) -> bool:
    return changes.readers(seller) >= settings.streams_per_seller or changes.readers() >= settings.streams


class _Stream:
    """One reader.

    `_told` is the time up to which all was told, and the id of each event: whoever is cut off within a batch hears all of it again.
    """

    def __init__(self, app: App, settings: Settings, changes: Changes, sessions: Sessions, caller: Caller, request: Request) -> None:
        self.settings = settings
        self.app, self.changes, self.sessions, self.caller, self.request = app, changes, sessions, caller, request
        self.seller = caller.seller
        self._told = app.now()
        self._number = 0

    async def events(self, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
        """Subscribe first, then read: nothing falls between."""
        if _full(self.settings, self.changes, self.seller):
            return  # many came at once, and each found a place when it asked
        with self.sessions.stream(self.request) as signed_out, self.changes.subscribe(self.seller) as news:
            now = self.app.now()
            self._told = (last_event_id and _told_at(last_event_id)) or now
            yield await self._summary(retry=RETRY_MS)
            if last_event_id is not None:
                async for event in self._catch_up(last_event_id, now):
                    yield event
            while not signed_out.is_set() and not self.app.stop.is_set() and time.time() < self.caller.expires_at:
                batch = await self._gather(news, signed_out)
                if signed_out.is_set():
                    return
                async for event in self._tell(batch):
                    yield event

    async def _gather(self, news: Subscription, signed_out: asyncio.Event) -> "_Batch":
        """What changes within a short while: each request is told once, as it is then."""
        batch = _Batch(self.app.now())
        deadline: float | None = None
        while True:
            seconds = WAIT_SECONDS if deadline is None else max(deadline - time.monotonic(), 0)
            change: Changed | Missed | None = None
            with suppress(TimeoutError):
                change = await asyncio.wait_for(news.get(), seconds)
            if change is None or signed_out.is_set():
                return batch
            batch.take(change)
            deadline = deadline or time.monotonic() + GATHER_SECONDS

    async def _catch_up(self, last_event_id: str, now: datetime) -> AsyncIterator[ServerSentEvent]:
        since = _told_at(last_event_id)
        batch = _Batch(now)
        if since is None or not -OVERLAP <= now - since <= RESUME_WITHIN:
            batch.missed = True
        else:
            batch.requests |= set(await reading.changed_since(self.app.pool, self.seller, since - OVERLAP, RESET_OVER + 1))
            batch.shops |= set(await reading.shops_heard_since(self.app.pool, self.seller, since - OVERLAP))
        async for event in self._tell(batch):
            yield event

    async def _tell(self, batch: "_Batch") -> AsyncIterator[ServerSentEvent]:
        if batch.missed or len(batch.requests) > RESET_OVER:
            self._told = batch.began
            yield self._event("reset", "{}")
            yield await self._summary()
            return
        for row in await reading.rows(self.app.pool, self.seller, batch.requests) if batch.requests else ():
            yield self._event("request", row)
        for shop in await list_shops(self.app.pool, self.seller, sorted(batch.shops)) if batch.shops else ():
            yield self._event("shop", shop)
        self._told = batch.began
        if batch.requests or batch.shops:
            yield await self._summary()

    async def _summary(self, *, retry: int | None = None) -> ServerSentEvent:
        counts = await reading.summary(self.app.pool, self.seller, Filters(), now=self.app.now())
        return self._event("summary", counts, retry=retry)

    def _event(self, name: str, data: "BaseModel | str", *, retry: int | None = None) -> ServerSentEvent:
        self._number += 1
        text = data if isinstance(data, str) else data.model_dump_json()
        # The epoch is a time: another instance can go on from there.
        return ServerSentEvent(text, event=name, id=f"{int(self._told.timestamp() * 1000)}-{self._number}", retry=retry)


@dataclass(slots=True)
class _Batch:
    """What is to be told at once; before `began` everything was told."""

    began: datetime
    requests: set[str] = field(default_factory=set)
    shops: set[str] = field(default_factory=set)
    missed: bool = False

    def take(self, change: Changed | Missed) -> None:
        if isinstance(change, Missed):
            self.missed = True
        else:
            self.requests |= {request_id for request_id, _ in change.requests}
            self.shops |= set(change.shops)


def _told_at(event_id: str) -> datetime | None:
    milliseconds = event_id.partition("-")[0]
    if not milliseconds.isdecimal() or len(milliseconds) > 15:  # noqa: PLR2004 -- beyond any date
        return None
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
