"""What time alone does, by any number of instances."""

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from tests.support.requests import NOW, a_shop, an_order, closed, requested, synced

from chassis.metrics import REGISTRY
from decision import clock
from decision.domain.alerts import Rules


class Instance:
    """As much of the app as the clock needs."""

    def __init__(self, pool):
        self.pool = pool

    @asynccontextmanager
    async def transaction(self):
        async with self.pool.acquire() as tx, tx.transaction():
            yield tx


@pytest.fixture
def tick(pool):
    aside = {}

    async def do(minutes):
        return await clock.tick(Instance(pool), now=NOW + timedelta(minutes=minutes), rules=Rules(), aside=aside)

    return do


async def alerts(pool):
    return [row["open_alerts"] for row in await pool.fetch("select open_alerts from requests order by order_ref")]


async def test_a_deadline_that_comes_near_is_seen_when_its_time_comes(hear, tick, pool):
    await hear(requested(an_order()))
    await tick(60)
    assert await alerts(pool) == [[]]
    await tick(20 * 60)
    assert await alerts(pool) == [["due_soon"]]
    await tick(24 * 60)
    assert await alerts(pool) == [["overdue"]]
    assert await pool.fetchval("select clock_at from requests") is None
    await hear(closed(an_order()))
    assert await alerts(pool) == [[]]


async def test_a_synced_answer_that_nobody_sees_is_unconfirmed(hear, look, wish, tick, pool):
    await hear(requested(an_order()))
    (request,), _ = await look(an_order())
    await wish(request.request_id, "reject")
    await hear(synced(an_order(), "reject"))
    await tick(14)
    assert await alerts(pool) == [["unconfirmed"]]


async def test_several_instances_share_the_work(hear, tick, pool):
    for start in range(0, 400, 200):
        await hear(*(requested(an_order(f"SN{n}")) for n in range(start, start + 200)))
    while any(await asyncio.gather(*(tick(20 * 60) for _ in range(4)))):
        pass
    assert await alerts(pool) == [["due_soon"]] * 400
    assert await pool.fetchval("select max(version) from requests") == 2


async def test_requests_hear_that_their_shop_came_and_went(hear, look, wish, tick, pool):
    order, decided, other = an_order("A"), an_order("B"), an_order("C", shop="2")
    await hear(requested(order), requested(decided), requested(other))
    (request,), _ = await look(decided)
    await hear(a_shop("disconnected"))
    await wish(request.request_id, "approve")
    await tick(1)
    assert await alerts(pool) == [["shop_disconnected"], ["shop_disconnected"], []]
    await hear(a_shop("connected", revision=2), now=NOW + timedelta(minutes=2))
    await tick(3)
    (request,), _ = await look(decided)
    assert (await alerts(pool), request.sync.state) == ([[], [], []], "queued")


async def test_what_somebody_else_holds_is_not_waited_for(hear, tick, pool):
    await hear(requested(an_order()))
    async with pool.acquire() as tx, tx.transaction():
        await tx.execute("select 1 from orders for update")
        async with asyncio.timeout(5):
            await tick(20 * 60)
    assert await alerts(pool) == [[]]


async def test_what_is_due_and_unchanged_is_not_found_again(hear, tick, pool):
    await hear(requested(an_order()))
    await pool.execute("update requests set clock_at = $1", NOW)
    await tick(1)
    assert await pool.fetchval("select clock_at from requests") == NOW + timedelta(hours=20)


async def test_an_order_that_can_not_be_looked_at_stops_no_other(hear, tick, pool):
    await hear(*(requested(an_order(f"SN{n}")) for n in range(9)))
    await pool.execute("update requests set body = body || jsonb_build_object('kept', body -> 'facts', 'facts', 7) where order_ref = 'SN4'")
    before = REGISTRY.get_sample_value("clock_orders_set_aside_total")
    await tick(20 * 60)
    bad = [[]]
    assert await alerts(pool) == [["due_soon"]] * 4 + bad + [["due_soon"]] * 4
    await tick(20 * 60 + 9)
    assert REGISTRY.get_sample_value("clock_orders_set_aside_total") == before + 1
    await pool.execute("update requests set body = body || jsonb_build_object('facts', body -> 'kept') where order_ref = 'SN4'")
    await tick(20 * 60 + 10)
    assert await alerts(pool) == [["due_soon"]] * 9
