"""Changes as they happen, for the page: state, not history (server-sent events)."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Header, Request
from sse_starlette import EventSourceResponse, ServerSentEvent

from chassis.app import App
from chassis.http import Caller
from decision.api import reading
from decision.api.callers import Viewer
from decision.api.filters import Filters
from decision.api.session import Sessions
from decision.api.shops import list_shops
from decision.changes import Changed, Changes, Missed, Subscription

if TYPE_CHECKING:
    from pydantic import BaseModel

GATHER_SECONDS = 0.25
PING_SECONDS = 15
RETRY_MS = 2000
SEND_SECONDS = 10.0
"""Who has not read what fits into the socket's buffers for so long is cut; he comes back with his Last-Event-ID."""
RESET_OVER = 500
RESUME_WITHIN = timedelta(minutes=10)
OVERLAP = timedelta(seconds=15)
"""A transaction may commit later than the time it wrote."""


def routes(app: App, changes: Changes, sessions: Sessions) -> APIRouter:
    router = APIRouter(prefix="/v1/cancel-requests", tags=["cancel requests"])

    @router.get("/stream", response_class=EventSourceResponse, responses={200: {"content": {"text/event-stream": {}}}})
    async def stream_changes(
        caller: Viewer, request: Request, last_event_id: Annotated[str | None, Header(max_length=64)] = None
    ) -> EventSourceResponse:
        """Events `request` (a row), `summary`, `shop`, `reset` (read everything again).

        Keep the row with the highest `version`, read again on `reset`: then what you show is right, whatever was missed.
        """
        return EventSourceResponse(
            _Stream(app, changes, sessions, caller, request).events(last_event_id),
            ping=PING_SECONDS,
            send_timeout=SEND_SECONDS,
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    return router


class _Stream:
    def __init__(self, app: App, changes: Changes, sessions: Sessions, caller: Caller, request: Request) -> None:
        self.app, self.changes, self.sessions, self.caller, self.request = app, changes, sessions, caller, request
        self.seller = caller.seller
        self._number = 0

    async def events(self, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
        """Subscribe first, then read: nothing falls between."""
        with self.sessions.stream(self.request) as signed_out, self.changes.subscribe(self.seller) as news:
            yield await self._summary(retry=RETRY_MS)
            async for event in self._catch_up(last_event_id):
                yield event
            while not signed_out.is_set() and not self.app.stop.is_set() and time.time() < self.caller.expires_at:
                requests, shops, missed = await self._gather(news, signed_out)
                if missed or len(requests) > RESET_OVER:
                    yield self._event("reset", "{}")
                    yield await self._summary()
                    continue
                async for event in self._tell(requests, shops):
                    yield event

    async def _gather(self, news: Subscription, signed_out: asyncio.Event) -> tuple[set[str], set[str], bool]:
        """What changes within a short while: each request is told once, as it is then."""
        requests: set[str] = set()
        shops: set[str] = set()
        missed = False
        deadline: float | None = None
        while True:
            seconds = 1.0 if deadline is None else max(deadline - time.monotonic(), 0)
            change: Changed | Missed | None = None
            with suppress(TimeoutError):
                change = await asyncio.wait_for(news.get(), seconds)
            if isinstance(change, Missed):
                missed = True
            elif change is not None:
                requests |= {request_id for request_id, _ in change.requests}
                shops |= set(change.shops)
            if change is None or signed_out.is_set():
                return requests, shops, missed
            deadline = deadline or time.monotonic() + GATHER_SECONDS

    async def _tell(self, requests: set[str], shops: set[str]) -> AsyncIterator[ServerSentEvent]:
        for row in await reading.rows(self.app.pool, self.seller, requests) if requests else ():
            yield self._event("request", row)
        for shop in await list_shops(self.app.pool, self.seller, sorted(shops)) if shops else ():
            yield self._event("shop", shop)
        if requests or shops:
            yield await self._summary()

    async def _catch_up(self, last_event_id: str | None) -> AsyncIterator[ServerSentEvent]:
        if last_event_id is None:
            return
        since = _told_at(last_event_id)
        if since is None or self.app.now() - since > RESUME_WITHIN:
            yield self._event("reset", "{}")
            return
        ids = await reading.changed_since(self.app.pool, self.seller, since - OVERLAP, RESET_OVER + 1)
        if len(ids) > RESET_OVER:
            yield self._event("reset", "{}")
            return
        async for event in self._tell(set(ids), set()):
            yield event

    async def _summary(self, *, retry: int | None = None) -> ServerSentEvent:
        counts = await reading.summary(self.app.pool, self.seller, Filters(), now=self.app.now())
        return self._event("summary", counts, retry=retry)

    def _event(self, name: str, data: "BaseModel | str", *, retry: int | None = None) -> ServerSentEvent:
        self._number += 1
        text = data if isinstance(data, str) else data.model_dump_json()
        # The epoch is the time of the event: another instance can go on from there.
        return ServerSentEvent(text, event=name, id=f"{int(self.app.now().timestamp() * 1000)}-{self._number}", retry=retry)


def _told_at(event_id: str) -> datetime | None:
    milliseconds = event_id.partition("-")[0]
    if not milliseconds.isdecimal() or len(milliseconds) > 15:  # noqa: PLR2004 -- beyond any date
        return None
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
