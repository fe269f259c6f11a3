"""Waiting that a stop signal ends at once, and the pauses between tries."""

import asyncio
import contextlib
import random


async def pause(stop: asyncio.Event, seconds: float) -> bool:
    """Wait, but not longer than until the stop; True = stop now. A plain sleep would hold up the stop."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
    return stop.is_set()


def backoff_seconds(failures: int, *, first: float = 0.1, cap: float = 30.0) -> float:
    """Give the pause after the n-th failure: doubling, capped, with jitter so that not all come back at once."""
    return random.uniform(0.5, 1) * min(cap, first * 2.0 ** min(failures, 30))  # noqa: S311 - no secret
