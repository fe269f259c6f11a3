"""Before any route: bodies that are too large, pages of other origins."""

from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware

from chassis.bodies import limit_bodies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI


def install(http: "FastAPI", *, allowed_origins: "Sequence[str]") -> None:
    """`allowed_origins` may read and write with the caller's cookie; none: only pages served from here."""
    limit_bodies(http)
    if allowed_origins:
        http.add_middleware(
            CORSMiddleware,
            allow_origins=allowed_origins,
            allow_credentials=True,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "Last-Event-ID", "X-Requested-With"],
            expose_headers=["ETag", "Retry-After", "Idempotency-Replayed"],
        )
