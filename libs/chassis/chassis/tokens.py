"""Bearer tokens: HS256 JWT of people and services."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import jwt

if TYPE_CHECKING:
    from jwt.types import Options

ISSUER, AUDIENCE = "zetpy", "zetpy-cancellations"


def mint(
    key: str,
    *,
    sub: str,
    name: str,
    seller_id: str | None,
    roles: Sequence[str],
    ttl_seconds: float,
    issuer: str = ISSUER,
    audience: str = AUDIENCE,
    seller_name: str | None = None,
) -> str:
    """Make a token; services call others with role `service` and no seller. `seller_name` is for people to read."""
    now = time.time()
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": sub,
        "name": name,
        "roles": list(roles),
        "iat": now,
        "exp": now + ttl_seconds,
    }
    if seller_id is not None:
        claims["seller_id"] = seller_id
    if seller_name is not None:
        claims["seller_name"] = seller_name
    return jwt.encode(claims, key, algorithm="HS256")


def verify(key: str, token: str, *, issuer: str = ISSUER, audience: str = AUDIENCE) -> dict[str, Any]:
    """Give the claims of a valid token.

    Raises `jwt.InvalidTokenError` for any other: wrong key, algorithm, issuer or audience; expired; incomplete.
    """
    # When it was made is not asked: the clock may have been set back since, or be another machine's.
    options: Options = {"require": ["exp", "sub", "iss", "aud"], "verify_iat": False}
    return jwt.decode(token, key, algorithms=["HS256"], issuer=issuer, audience=audience, leeway=5, options=options)
