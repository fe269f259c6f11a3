"""Bodies that are too large are refused before any route sees them."""

from fastapi import FastAPI, HTTPException, Request
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.http import Problem

MOST_BYTES = 1024 * 1024


def limit_bodies(http: FastAPI) -> None:
    """Answer 413 `too-large` to a body over 1 MiB: before it is read when it says its length, else as soon as it is too long."""
    # Innermost: what is raised while a body is read must not pass through task groups of other middlewares.
    http.user_middleware.append(Middleware(_BodyLimit))


class _BodyLimit:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, seen = Request(scope), 0
        if _says_too_much(request.headers.get("content-length", "")):
            await Problem(413, "too-large", "The body is too large", f"At most {MOST_BYTES} bytes.").response(request)(scope, receive, send)
            return

        async def count() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MOST_BYTES:
                raise HTTPException(413, "The body is too large")
            return message

        await self._app(scope, count, send)


def _says_too_much(length: str) -> bool:
    return length.isdecimal() and (len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES)
