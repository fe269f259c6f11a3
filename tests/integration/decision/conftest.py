"""A fresh decision database, and its handlers as the consumer calls them: one batch, one transaction."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import pytest
from tests.support.requests import NOW, SELLER, as_event

from chassis.database import open_pool
from contracts.cancel_requests import CancelRequestClosed, CancelRequested, OrderCancelled
from contracts.event import Event
from contracts.shop_status import ShopStatusChanged
from contracts.sync_outcomes import OutcomeDelayed, OutcomeFailed, OutcomeRefused, OutcomeSynced
from contracts.values import Order
from decision import cases, handlers
from decision.decide import Answer, Person, decide
from decision.domain.alerts import Rules
from decision.domain.decide import Wish
from decision.domain.orders import OrderState
from decision.domain.requests import Request

SHOWN = (CancelRequested, CancelRequestClosed, OrderCancelled)
TOLD = (OutcomeSynced, OutcomeDelayed, OutcomeRefused, OutcomeFailed)


@pytest.fixture
async def database_url(database: Callable[..., Awaitable[str]]) -> str:
    return await database("decision", packages=("chassis", "decision"))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database_url, name="test", max_size=12)
    yield pool
    await pool.close()


@pytest.fixture
def hear(pool: asyncpg.Pool) -> Callable[..., Awaitable[Sequence[Event[Any]]]]:
    """`await hear(shown, …)`: all of one topic are one batch and one transaction; gives the events that decision announces."""

    async def do(*data: Any, now: datetime = NOW) -> Sequence[Event[Any]]:
        events = [as_event(each) for each in data]
        async with pool.acquire() as tx, tx.transaction():
            if isinstance(data[0], SHOWN):
                return await handlers.on_cancel_requests(tx, events, now=now, rules=Rules())
            if isinstance(data[0], TOLD):
                return await handlers.on_sync_outcomes(tx, events, now=now, rules=Rules())
            if isinstance(data[0], ShopStatusChanged):
                return await handlers.on_shop_status(tx, events, now=now)
            return await handlers.on_stock_movements(tx, events, now=now, rules=Rules())

    return do


@pytest.fixture
def wish(pool: asyncpg.Pool) -> Callable[..., Awaitable[Answer]]:
    """`await wish(request_id, "approve")`"""

    async def do(request_id: str, verdict: Any, *, seller: str = "seller-a", now: datetime = NOW, **more: Any) -> Answer:
        async with pool.acquire() as tx, tx.transaction():
            return await decide(tx, Person(seller, SELLER), request_id, Wish(verdict, **more), now=now, rules=Rules())

    return do


@pytest.fixture
def look(pool: asyncpg.Pool) -> Callable[[Order], Awaitable[tuple[list[Request], OrderState]]]:
    """The requests of an order, and the order."""

    async def do(order: Order) -> tuple[list[Request], OrderState]:
        async with pool.acquire() as tx, tx.transaction():
            held = (await cases.of_orders(tx, [order.key], now=NOW, rules=Rules())).held
        return list(held.requests.values()), held.orders[order.key]

    return do
