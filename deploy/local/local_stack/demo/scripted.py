"""Seller B, who answers by himself: so that the whole path is seen moving while seller A's requests wait for you."""

import asyncio
import random

import httpx

from local_stack.demo.zetpy import Zetpy

POLL_SECONDS = 2.0
APPROVES = 0.7


async def answer_for_ever(seller: Zetpy, *, seed: int = 1) -> None:
    """Approve most, reject some; whatever does not work now is tried again."""
    dice = random.Random(seed)  # noqa: S311 -- a demo's dice
    while True:
        try:
            for request in await seller.requests(tab="to_decide"):
                await (seller.approve(request) if dice.random() < APPROVES else seller.reject(request))
        except httpx.HTTPError:
            await asyncio.sleep(POLL_SECONDS)
        await asyncio.sleep(POLL_SECONDS)
