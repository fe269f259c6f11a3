"""A fresh inventory database, and stock in it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest
from tests.support.stock import NOW

from chassis.database import open_pool
from contracts.event import Event
from inventory import handlers
from inventory.api.posting import post_movements
from inventory.domain.postings import Posting


@pytest.fixture
async def pool(database: Callable[..., Awaitable[str]]) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(await database("inventory", packages=("chassis", "inventory")), name="test", max_size=8)
    yield pool
    await pool.close()


@pytest.fixture
def open_stock(pool):
    """`await open_stock(TEE=10, MUG=5)`."""

    async def do(*, seller: str = "seller-a", **units: int) -> None:
        postings = [Posting(sku, "opening", "count", set_to=number) for sku, number in units.items()]
        async with pool.acquire() as connection, connection.transaction():
            answers, _ = await post_movements(connection, seller, postings, now=NOW)
        assert all(answer.status == "done" for answer in answers)

    return do


@pytest.fixture
def hear(pool) -> Callable[..., Awaitable[Sequence[Event[Any]]]]:
    """`await hear(decision, …)`: one batch, one transaction; gives the events that inventory announces."""

    async def do(*decisions: Event[Any]) -> Sequence[Event[Any]]:
        async with pool.acquire() as connection, connection.transaction():
            return await handlers.on_cancel_decisions(connection, decisions, now=NOW)

    return do


@pytest.fixture
def post(pool):
    """`await post(Posting(…), …)` gives what became of each."""

    async def do(*postings: Posting, seller: str = "seller-a"):
        async with pool.acquire() as connection, connection.transaction():
            answers, _ = await post_movements(connection, seller, postings, now=NOW)
            return answers

    return do
