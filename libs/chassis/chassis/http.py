"""HTTP in: problems, callers and roles, cursors."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request


class Problem(Exception):  # noqa: N818 - the standard's word (RFC 9457)
    """An answer of `application/problem+json`: `raise Problem(409, "already-decided", "Already decided", detail, request=...)`."""

    def __init__(
        self, status: int, slug: str, title: str, detail: str | None = None, *, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(title)
        self.status, self.slug, self.title, self.detail, self.headers, self.extra = status, slug, title, detail, headers, extra


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, from the token."""

    user: str
    name: str
    seller_id: str | None
    roles: frozenset[str]


def require(*roles: str) -> Callable[[Request], Awaitable[Caller]]:
    """Make a dependency: `caller: Annotated[Caller, Depends(require("decider"))]`; any of the roles will do, and `viewer` < `decider` < `admin`."""
    raise NotImplementedError


def encode_cursor(position: Any, *, filters: Any) -> str:
    """Make an opaque cursor from a JSON-able position, bound to the filters and the sort order."""
    raise NotImplementedError


def decode_cursor(cursor: str, *, filters: Any) -> Any:
    """Give the position back, or raise Problem 400 `invalid-cursor` when it is broken or was made for other filters."""
    raise NotImplementedError
