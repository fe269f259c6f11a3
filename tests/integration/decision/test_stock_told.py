"""What inventory tells beyond its answers: lines matched by hand, and levels below zero that recover."""

from contextlib import asynccontextmanager
from typing import Any

import pytest
from tests.support.requests import NOW, an_order, cancelled, requested, settled

from contracts.cancel_requests import request_id
from contracts.stock_movements import StockAdjusted, StockReversed
from contracts.values import AdjustedBecause
from decision import clock
from decision.domain.alerts import Rules

ORDER = an_order()
REQUEST = request_id(ORDER.channel, ORDER.shop_id, ORDER.order_ref)


def moved(number: int, quantity: int, after: int) -> dict[str, Any]:
    return {
        "movement_id": f"00000000-0000-0000-0000-{number:012}",
        "seller_id": ORDER.seller_id,
        "sku": "TEE",
        "quantity": quantity,
        "condition": "sellable",
        "available_after": after,
        "level_version": number,
        "moved_at": NOW,
    }


def about(revision: int) -> dict[str, Any]:
    return {"request_id": REQUEST, "revision": revision, "order": ORDER, "line_id": "L1"}


def reversed_(number: int, after: int) -> StockReversed:
    return StockReversed(**moved(number, 2, after), **about(3), oversold=after < 0)


def adjusted(number: int, quantity: int, after: int, **more: Any) -> StockAdjusted:
    return StockAdjusted(**moved(number, quantity, after), **{"reason": AdjustedBecause.CORRECTION, "reference": "count", **more})


class Instance:
    def __init__(self, pool):
        self.pool = pool

    @asynccontextmanager
    async def transaction(self):
        async with self.pool.acquire() as tx, tx.transaction():
            yield tx


@pytest.fixture
def tick(pool):
    async def do():
        return await clock.tick(Instance(pool), now=NOW, rules=Rules(), aside={})

    return do


async def alerts(pool):
    return await pool.fetchval("select open_alerts from requests")


async def test_a_match_is_heard_as_an_answer_and_kept_among_the_movements(hear, look, pool):
    await hear(cancelled(ORDER, order_status_before="new", was_ready_to_ship=False))
    await hear(settled(ORDER, revision=1, back=0, why="unknown_sku"))
    assert await alerts(pool) == ["unmatched_sku"]
    await hear(adjusted(1, 2, 2, reason=AdjustedBecause.MATCHED, **about(1)), adjusted(2, 5, 7))
    (request,), _ = await look(ORDER)
    assert (await alerts(pool), request.stock_state) == ([], "returned")
    assert [row["quantity"] for row in await pool.fetch("select quantity from stock_movements")] == [2]
    assert await pool.fetchval("select count(*) from timeline where kind = 'stock_restored'") == 1


async def test_oversold_ends_with_the_count_that_finds_enough(hear, tick, pool):
    await hear(requested(ORDER))
    await hear(reversed_(1, -1))
    await tick()
    assert await alerts(pool) == ["oversold"]
    await hear(adjusted(2, 1, 0))
    await tick()
    assert await alerts(pool) == []
    assert not await tick()


async def test_oversold_again_alerts_again(hear, tick, pool):
    await hear(requested(ORDER))
    await hear(reversed_(1, -1))
    await hear(adjusted(2, 3, 2))
    await tick()
    await hear(reversed_(3, -1))
    await tick()
    assert await alerts(pool) == ["oversold"]


async def test_a_level_that_recovered_before_the_reversal_was_heard_does_not_stay_an_alert(hear, tick, pool):
    await hear(requested(ORDER))
    await hear(adjusted(2, 1, 0))
    await hear(reversed_(1, -1))
    await tick()
    assert await alerts(pool) == []
