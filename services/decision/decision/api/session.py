"""Signing in and out, for the page: a cookie that no script can read."""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate

import jwt
from fastapi import APIRouter, Request, Response

from chassis import tokens
from chassis.http import COOKIE, Caller, Problem, authenticate, token_of
from decision.api.callers import Anyone
from decision.api.shapes import ROLES, DemoUserOut, Me, SellerRef, SessionIn, SessionOut
from decision.settings import DemoUser, Settings

LOCALE = "en"


class Sessions:
    """Streams that are open per session, so that signing out ends them. Per process: a token's own expiry ends the rest."""

    def __init__(self) -> None:
        self._open: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def stream(self, request: Request) -> Iterator[asyncio.Event]:
        """Set when the session of this request is signed out."""
        key, ended = _key(request), asyncio.Event()
        self._open[key].add(ended)
        try:
            yield ended
        finally:
            self._open[key].discard(ended)
            if not self._open[key]:
                del self._open[key]

    def end(self, request: Request) -> None:
        for ended in self._open.get(_key(request), ()):
            ended.set()


def _key(request: Request) -> str:
    """A session is its token, however it is presented: whoever signs out ends his own streams and nobody else's."""
    return hashlib.sha256(token_of(request).encode()).hexdigest()


def routes(settings: Settings, sessions: Sessions) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["session"])

    @router.get("/me")
    async def me(caller: Anyone) -> Me:
        """Who is signed in; 401 when nobody is."""
        return _me(caller)

    @router.get("/session")
    async def session(request: Request) -> SessionOut:
        """For a page before it knows: no 401, which a browser would report as an error of the page."""
        try:
            me = _me(authenticate(request))
        except Problem:
            me = None
        return SessionOut(me=me, demo=[_offered(user) for user in settings.demo_users])

    @router.post("/session", status_code=204)
    async def sign_in(body: SessionIn, request: Request, response: Response) -> None:
        """Exchange a token for a session cookie that lives as long as the token; in a demo a user's name will do."""
        token = body.token if body.token is not None else _demo_token(settings, body.user)
        try:
            claims = tokens.verify(
                settings.auth_key.get_secret_value(), token, issuer=settings.auth_issuer, audience=settings.auth_audience
            )
        except (jwt.InvalidTokenError, ValueError) as error:
            raise Problem(401, "not-signed-in", "This token is not valid") from error
        response.set_cookie(
            COOKIE,
            token,
            expires=formatdate(float(claims["exp"]), usegmt=True),
            httponly=True,
            samesite="strict",
            secure=(request.url.hostname or "") not in {"127.0.0.1", "localhost"},
            path="/",
        )

    @router.delete("/session", status_code=204)
    async def sign_out(_: Anyone, request: Request, response: Response) -> None:
        """The cookie and this session's streams are gone."""
        sessions.end(request)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")

    return router


def _me(caller: Caller) -> Me:
    seller = SellerRef(id=caller.seller_id, name=caller.seller_name or caller.seller_id) if caller.seller_id else None
    return Me(user=caller.user, name=caller.name, seller=seller, roles=sorted(caller.roles & ROLES), locale=LOCALE)


def _offered(user: DemoUser) -> DemoUserOut:
    seller = SellerRef(id=user.seller_id, name=user.seller_name)
    return DemoUserOut(user=user.user, name=user.name, seller=seller, roles=list(user.roles))


def _demo_token(settings: Settings, name: str | None) -> str:
    """As the demo's own command makes it; outside a demo nobody is known."""
    user = next((each for each in settings.demo_users if each.user == name), None)
    if user is None:
        raise Problem(401, "not-signed-in", "This user is not known")
    return tokens.mint(
        settings.auth_key.get_secret_value(),
        sub=user.user,
        name=user.name,
        seller_id=user.seller_id,
        seller_name=user.seller_name,
        roles=user.roles,
        ttl_seconds=settings.session_seconds,
        issuer=settings.auth_issuer,
        audience=settings.auth_audience,
    )
