"""Bearer tokens: HS256 JWT of people and services."""

from collections.abc import Sequence
from typing import Any


def mint(
    key: str,
    *,
    sub: str,
    name: str,
    seller_id: str | None,
    roles: Sequence[str],
    ttl_seconds: float,
    issuer: str = "zetpy",
    audience: str = "zetpy-cancellations",
) -> str:
    """Make a token."""
    raise NotImplementedError


def verify(key: str, token: str, *, issuer: str = "zetpy", audience: str = "zetpy-cancellations") -> dict[str, Any]:
    """Give the claims of a valid token; raises `jwt.InvalidTokenError` otherwise."""
    raise NotImplementedError
