"""Bodies that are too large, or come too slowly, are refused before any route sees them."""

import asyncio
from collections.abc import Sequence

from fastapi import FastAPI, HTTPException, Request
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http import Problem

MOST_BYTES = 1024 * 1024
MOST_SECONDS = 10.0


def limit_bodies(http: FastAPI, *, but: Sequence[str] = ()) -> None:
    """Answer 413 `too-large` to a body over 1 MiB: before it is read when it says its length, else as soon as it is too long.

    408 when it is not there within 10 s. FastAPI reads a body before it asks who sends it. `but`: paths that see to it themselves.
    """
    # Innermost: what is raised while a body is read must not pass through task groups of other middlewares.
    http.user_middleware.append(Middleware(_BodyLimit, but=tuple(but)))


class _BodyLimit:
    def __init__(self, app: ASGIApp, *, but: tuple[str, ...]) -> None:
        self._app, self._but = app, but

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(self._but):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if _says_too_much(request.headers.get("content-length", "")):
            await Problem(413, "too-large", "The body is too large", f"At most {MOST_BYTES} bytes.").response(request)(scope, receive, send)
            return
        await self._app(scope, _Counted(receive), send)


class _Counted:
    """Receives a body; after it (a stream waits until its reader leaves) everything takes as long as it takes."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self._seen, self._whole = receive, 0, False
        self._until = asyncio.get_running_loop().time() + MOST_SECONDS

    async def __call__(self) -> Message:
        if self._whole:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "The body came too slowly") from None
        self._whole = not message.get("more_body", False)
        self._seen += len(message.get("body", b""))
        if self._seen > MOST_BYTES:
            raise HTTPException(413, "The body is too large")
        return message


def _says_too_much(length: str) -> bool:
    return length.isdecimal() and (len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES)
