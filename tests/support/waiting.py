"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(condition: Callable[[], T | Awaitable[T]], *, seconds: float = 30, every: float = 0.02, what: str = "") -> T:
    """Returns the condition's first true value; `AssertionError` with `what` and the last value after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        value = await answer if inspect.isawaitable(answer) else answer
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(_late(condition, value, seconds, what))
        await asyncio.sleep(every)


def until_sync(condition: Callable[[], T], *, seconds: float = 30, every: float = 0.02, what: str = "") -> T:
    """`until` for tests without an event loop."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(_late(condition, value, seconds, what))
        time.sleep(every)


def _late(condition: Callable[[], object], value: object, seconds: float, what: str) -> str:
    name = what or getattr(condition, "__qualname__", repr(condition))
    return f"not within {seconds:g} s: {name}; last value: {value!r}"
