"""Foreign producers may be wrong, or worse: what is one seller's is never moved by, or shown to, another."""

import pytest
from tests.support.requests import a_shop, an_order, requested, settled, synced

from chassis.failures import Permanent

THEIRS = "seller-b"


async def test_an_order_stays_with_its_seller(hear, look):
    await hear(requested(an_order()))
    with pytest.raises(Permanent, match="belongs to another seller"):
        await hear(requested(an_order(seller=THEIRS), observation=2, minutes=1))
    (request,), state = await look(an_order())
    assert (request.order.seller_id, request.facts.observation, state.revision) == ("seller-a", 1, 1)


async def test_two_sellers_of_one_order_in_one_batch_are_refused(hear, pool):
    """The consumer then takes the batch apart: the first who said it has it."""
    with pytest.raises(Permanent, match="belongs to another seller"):
        await hear(requested(an_order()), requested(an_order(seller=THEIRS), observation=2, minutes=1))
    assert await pool.fetchval("select count(*) from orders") == 0


async def test_orders_of_a_shop_are_its_sellers(hear, pool):
    await hear(a_shop())
    with pytest.raises(Permanent, match="belongs to another seller"):
        await hear(requested(an_order("NEW", seller=THEIRS)))
    assert await pool.fetchval("select count(*) from requests") == 0


async def test_a_request_stays_with_its_order(hear, look):
    mine = requested(an_order())
    await hear(mine)
    theirs = requested(an_order("OTHER", seller=THEIRS, shop="2"), native_id="X")
    stolen = type(theirs)(**{name: getattr(theirs, name) for name in theirs.__struct_fields__} | {"request_id": mine.request_id})
    with pytest.raises(Permanent, match="belongs to another order"):
        await hear(stolen)
    (request,), _ = await look(an_order())
    assert request.order == mine.order


@pytest.mark.parametrize("told", [synced, lambda order: settled(order, revision=2, back=2)], ids=["outcome", "stock"])
async def test_what_others_tell_of_an_order_moves_nothing(hear, wish, look, told):
    await hear(requested(an_order()))
    (before,), _ = await look(an_order())
    await wish(before.request_id, "approve")
    with pytest.raises(Permanent, match="belongs to another seller"):
        await hear(told(an_order(seller=THEIRS)))
    (request,), _ = await look(an_order())
    assert (request.sync.state, request.stock_state) == ("queued", "expected")


async def test_a_shop_stays_with_its_seller(hear, pool):
    await hear(a_shop())
    with pytest.raises(Permanent, match="belongs to another seller"):
        await hear(a_shop("disconnected", revision=2, seller=THEIRS))
    with pytest.raises(Permanent, match="belongs to another seller"):
        await hear(a_shop(shop="2"), a_shop(shop="2", revision=2, seller=THEIRS))
    assert [tuple(row) for row in await pool.fetch("select shop_id, seller_id, state from shops")] == [("1", "seller-a", "connected")]
