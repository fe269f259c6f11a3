"""`Idempotency-Key`: the first answer is kept for 24 h per seller and route, and given again."""

import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

import asyncpg
from fastapi import Request, Response

from chassis.database import Transaction, affected
from chassis.http import Caller, Problem

KEEP_SECONDS = 86_400
MAX_KEY_CHARACTERS = 255
_DROPPED_HEADERS = frozenset({"content-length", "set-cookie"})

_LOCK = "select pg_try_advisory_xact_lock(hashtextextended($1, 1))"
_FIND = """select body_hash, status, headers, body from idempotency_keys
           where (seller_id, route, key) = ($1, $2, $3) and created_at > now() - make_interval(secs => $4)"""
_KEEP = """insert into idempotency_keys(seller_id, route, key, body_hash, status, headers, body) values ($1, $2, $3, $4, $5, $6, $7)
           on conflict (seller_id, route, key) do update
           set body_hash = excluded.body_hash, status = excluded.status, headers = excluded.headers, body = excluded.body,
               created_at = now()"""
_CLEAN = """delete from idempotency_keys where (seller_id, route, key) in (
              select seller_id, route, key from idempotency_keys where created_at < now() - make_interval(secs => $1) limit 2000)"""

Act = Callable[[Transaction], Awaitable[Response]]


class Service(Protocol):
    """What is needed of an App."""

    def transaction(self) -> AbstractAsyncContextManager[Transaction]: ...


async def once(app: Service, request: Request, caller: Caller, act: Act, *, required: bool = False) -> Response:
    """Run `act(tx)` in one transaction and give its response; with an `Idempotency-Key` at most once per seller, route and key.

    What `act` did and its answer commit together. Same key, other body: 422 `idempotency-key-reused`; still running: 409
    `idempotency-in-progress`;
    again: the first answer with `Idempotency-Replayed: true`. An answer that `act` raises (Problem) is rolled back and not kept: it is
    worked out anew.
    `required`: without the header 400. The response must not be a stream.
    """
    key = _key_of(request, required=required)
    async with app.transaction() as tx:
        if key is None:
            return await act(tx)
        return await _once(tx, _place(request, caller, key), await _hash(request), act)


async def once_outside(app: Service, request: Request, caller: Caller, act: Callable[[], Awaitable[Response]]) -> Response:
    """As `once`, for what only asks another service: a slow answer must hold no connection that others wait for.

    Of two that run at once both ask, and the answer that is kept first is given to both.
    """
    key = _key_of(request)
    if key is None:
        return await act()
    at, body_hash = _place(request, caller, key), await _hash(request)
    async with app.transaction() as tx:
        if row := await tx.fetchrow(_FIND, *at, KEEP_SECONDS):
            return _again(row, body_hash)
    response = await act()

    async def given(_: Transaction) -> Response:
        return response

    async with app.transaction() as tx:
        return await _once(tx, at, body_hash, given)


def _key_of(request: Request, *, required: bool = False) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is None and required:
        raise Problem(400, "malformed-request", "The header Idempotency-Key is required")
    if key is not None and not 0 < len(key) <= MAX_KEY_CHARACTERS:
        raise Problem(400, "malformed-request", f"Idempotency-Key must have 1 to {MAX_KEY_CHARACTERS} characters")
    return key


def _place(request: Request, caller: Caller, key: str) -> tuple[str, str, str]:
    return caller.seller_id or f"user:{caller.user}", f"{request.method} {request.url.path}", key


async def _once(tx: Transaction, at: tuple[str, str, str], body_hash: bytes, act: Act) -> Response:
    # The lock is gone with the transaction, so a process that dies leaves nothing "in progress".
    if not await tx.fetchval(_LOCK, "\n".join(at)):
        raise Problem(409, "idempotency-in-progress", "The first request with this key is still running", headers={"Retry-After": "1"})
    if row := await tx.fetchrow(_FIND, *at, KEEP_SECONDS):
        return _again(row, body_hash)
    response = await act(tx)
    headers = {name: value for name, value in response.headers.items() if name not in _DROPPED_HEADERS}
    await tx.execute(_KEEP, *at, body_hash, response.status_code, headers, bytes(response.body))
    return response


def _again(row: Any, body_hash: bytes) -> Response:
    if row["body_hash"] != body_hash:
        raise Problem(422, "idempotency-key-reused", "This Idempotency-Key was used with another body")
    return Response(row["body"], row["status"], {**row["headers"], "Idempotency-Replayed": "true"})


async def _hash(request: Request) -> bytes:
    return hashlib.sha256(request.url.query.encode() + b"\n" + await request.body()).digest()


async def clean(pool: asyncpg.Pool) -> None:
    """Forget the keys that are older than a day."""
    while affected(await pool.execute(_CLEAN, KEEP_SECONDS)):
        pass
