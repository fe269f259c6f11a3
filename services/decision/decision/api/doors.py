"""Before any route: bodies that are too large, pages of other origins."""

from typing import TYPE_CHECKING

from fastapi import HTTPException, Request
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from chassis.http import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 1024 * 1024


def install(http: "FastAPI", *, allowed_origins: "Sequence[str]") -> None:
    """`allowed_origins` may read and write with the caller's cookie; none: only pages served from here."""
    # Innermost: what is raised while a body is read must not pass through task groups of other middlewares.
    http.user_middleware.append(Middleware(BodyLimit))
    if allowed_origins:
        http.add_middleware(
            CORSMiddleware,
            allow_origins=allowed_origins,
            allow_credentials=True,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Requested-With"],
            expose_headers=["ETag", "Retry-After", "Idempotency-Replayed"],
        )


class BodyLimit:
    """ASGI middleware: a body over 1 MiB is 413, before it is read when it says its length, else as soon as it is too long."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request, seen = Request(scope), 0
        if _says_too_much(request.headers.get("content-length", "")):
            await Problem(413, "too-large", "The body is too large", f"At most {MOST_BYTES} bytes.").response(request)(scope, receive, send)
            return

        async def count() -> "Message":
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > MOST_BYTES:
                raise HTTPException(413, "The body is too large")
            return message

        await self._app(scope, count, send)


def _says_too_much(length: str) -> bool:
    return length.isdecimal() and (len(length) > len(str(MOST_BYTES)) or int(length) > MOST_BYTES)
