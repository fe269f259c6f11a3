"""`Idempotency-Key`: the first answer is kept for 24 h per seller and route, and given again."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response

from chassis.database import Transaction
from chassis.http import Caller


async def once(app: Any, request: Request, caller: Caller, act: Callable[[Transaction], Awaitable[Response]], *, required: bool = False) -> Response:
    """Run `act(tx)` in one transaction and give its response; with an `Idempotency-Key` at most once per seller, route and key.

    The key row and what `act` did commit together. Same key, other body: 422 `idempotency-key-reused`; still running: 409
    `idempotency-in-progress`; again: the first answer with `Idempotency-Replayed: true`. Answers >= 500 and raised Problems roll back and are not kept.
    """
    raise NotImplementedError
