"""HTTP in: problems (RFC 9457), callers and their roles, cursors."""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import asyncpg
import jwt
import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from chassis import tokens
from chassis.failures import judge
from chassis.logs import logger

if TYPE_CHECKING:
    from chassis.settings import ServiceSettings

LOG = logger(__name__)

COOKIE = "zetpy_session"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ROLES_ABOVE = {"viewer": {"viewer", "decider", "admin"}, "decider": {"decider", "admin"}}
PROBLEM = "application/problem+json"

_SLUGS = {
    400: "malformed-request", 401: "not-signed-in", 403: "role-required", 404: "not-found", 405: "method-not-allowed", 413: "too-large",
    415: "malformed-request", 422: "invalid-field", 429: "rate-limited", 503: "unavailable",
}  # fmt: skip


class Problem(Exception):
    """An answer of `application/problem+json`: `raise Problem(409, "already-decided", "Already decided", detail, request=...)`.

    `extra` members stand beside the standard's; their values are encoded by msgspec (structs, datetimes, UUIDs are fine).
    """

    def __init__(
        self, status: int, slug: str, title: str, detail: str | None = None, *, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(title)
        self.status, self.slug, self.title, self.detail, self.extra = status, slug, title, detail, extra
        self.headers = dict(headers or {})

    def body(self, instance: str | None = None) -> dict[str, Any]:
        """Give the members, also for a list of items that each have their own problem."""
        body = {"type": f"/problems/{self.slug}", "title": self.title, "status": self.status, **self.extra}
        if self.detail is not None:
            body["detail"] = self.detail
        if instance is not None:
            body["instance"] = instance
        return body

    def response(self, request: Request) -> Response:
        content = msgspec.json.encode(self.body(request.url.path), enc_hook=_encode_foreign)
        return Response(content, self.status, self.headers, PROBLEM)


def _encode_foreign(value: Any) -> Any:
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else str(value)


def install_problems(http: FastAPI) -> None:
    """Answer every failure of this application as a problem."""

    @http.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> Response:
        return problem.response(request)

    @http.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> Response:
        return _invalid(error).response(request)

    @http.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> Response:
        slug = _SLUGS.get(error.status_code, "malformed-request")
        return Problem(error.status_code, slug, str(error.detail), headers=error.headers).response(request)

    @http.exception_handler(asyncpg.PostgresError)
    @http.exception_handler(asyncpg.InterfaceError)
    @http.exception_handler(OSError)
    async def on_database(request: Request, error: Exception) -> Response:
        if judge(error) == "transient":
            LOG.warning("unavailable", path=request.url.path, error=repr(error)[:500])
            return unavailable().response(request)
        return await on_bug(request, error)

    @http.exception_handler(Exception)
    async def on_bug(request: Request, error: Exception) -> Response:
        LOG.error("request-failed", method=request.method, path=request.url.path, exc_info=error)
        return Problem(500, "internal", "Something is wrong on our side").response(request)


def unavailable(retry_after_seconds: int = 5) -> Problem:
    """Make the answer while the database is down: try again."""
    return Problem(503, "unavailable", "Not available at the moment", headers={"Retry-After": str(retry_after_seconds)})


def _invalid(error: RequestValidationError) -> Problem:
    errors = error.errors()
    if any(each["type"] == "json_invalid" for each in errors):
        return Problem(400, "malformed-request", "The body is not valid JSON")
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-field",
        "A field is not valid",
        errors=[{"pointer": _pointer(each["loc"]), "detail": each["msg"]} for each in errors],
    )


def _pointer(location: tuple[Any, ...]) -> str:
    """JSON pointer into the body; fields from elsewhere are named by their place: `query/limit`."""
    escaped = [str(part).replace("~", "~0").replace("/", "~1") for part in location]
    return "".join(f"/{part}" for part in escaped[1:]) if location[0] == "body" else "/".join(escaped)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, from the token. `expires_at` is in seconds since the epoch."""

    user: str
    name: str
    seller_id: str | None
    roles: frozenset[str]
    expires_at: float = 0.0
    seller_name: str | None = None

    @property
    def seller(self) -> str:
        """The seller whose rows the caller may see; a caller without one is refused."""
        if self.seller_id is None:
            raise Problem(403, "role-required", "This needs a seller's token", role="viewer")
        return self.seller_id

    def may(self, *roles: str) -> bool:
        return any(self.roles & ROLES_ABOVE.get(role, {role}) for role in roles)


def require(*roles: str) -> Callable[[Request], Awaitable[Caller]]:
    """Make a dependency: `caller: Annotated[Caller, Depends(require("decider"))]`; any of the roles will do, none given = anyone signed in.

    Bearer token, or the page's cookie, which on unsafe methods counts only with `X-Requested-With: zetpy` (other sites can't send that).
    """

    async def dependency(request: Request) -> Caller:
        caller = authenticate(request)
        if roles and not caller.may(*roles):
            raise Problem(403, "role-required", f"This needs the role {' or '.join(roles)}", role=roles[0])
        return caller

    return dependency


def authenticate(request: Request) -> Caller:
    """Give the caller of a request, or raise Problem 401."""
    settings: ServiceSettings = request.app.state.settings
    try:
        claims = tokens.verify(
            settings.auth_key.get_secret_value(), token_of(request), issuer=settings.auth_issuer, audience=settings.auth_audience
        )
        return Caller(
            user=str(claims["sub"]),
            name=str(claims.get("name", "")),
            seller_id=claims.get("seller_id"),
            roles=frozenset(claims.get("roles", ())),
            expires_at=float(claims["exp"]),
            seller_name=str(claims["seller_name"]) if claims.get("seller_name") else None,
        )
    except (jwt.InvalidTokenError, TypeError, ValueError) as error:
        raise Problem(401, "not-signed-in", "Sign in first", headers={"WWW-Authenticate": "Bearer"}) from error


def token_of(request: Request) -> str:
    """Give the token that a request presents, not yet verified; raises InvalidTokenError when there is none that counts."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token.strip()
    cookie = request.cookies.get(COOKIE)
    if cookie and (request.method in SAFE_METHODS or request.headers.get("x-requested-with") == "zetpy"):
        return cookie
    raise jwt.InvalidTokenError("no token")


def encode_cursor(position: Any, *, filters: Any) -> str:
    """Make an opaque cursor from a JSON-able position, bound to the filters and the sort order."""
    return base64.urlsafe_b64encode(msgspec.json.encode([_digest(filters), position])).decode().rstrip("=")


def decode_cursor(cursor: str, *, filters: Any) -> Any:
    """Give the position back, or raise Problem 400 `invalid-cursor` when it is broken or was made for other filters.

    It is not signed: treat the position as the caller's input.
    """
    try:
        digest, position = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=tuple[str, Any])
    except (ValueError, msgspec.MsgspecError) as error:
        raise Problem(400, "invalid-cursor", "The cursor can't be read") from error
    if digest != _digest(filters):
        raise Problem(400, "invalid-cursor", "The cursor belongs to other filters or another order")
    return position


def _digest(filters: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(filters, order="deterministic")).hexdigest()[:16]
