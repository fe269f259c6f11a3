"""Handlers in any order, any batches and with copies end in the same state."""

import random

import pytest
from tests.support.requests import NOW, an_order, closed, delayed, refused, requested, settled, synced

from contracts.stock_movements import StockAdjusted, StockRestored


def rows(request, state):
    return request.state, request.facts.observation, request.given, state.status, state.shippable, state.hold


@pytest.mark.parametrize("seed", range(6))
async def test_messages_of_many_orders_in_any_order_and_batches_end_alike(hear, look, wish, seed):
    pick = random.Random(seed)
    ends = ("order_continues", "order_cancelled", "order_shipped")
    orders = [an_order(f"SN{n}") for n in range(12)]
    for order in orders:
        await hear(requested(order))
    for n, order in enumerate(orders):
        if n % 3:
            (request,), _ = await look(order)
            await wish(request.request_id, "approve" if n % 3 == 1 else "reject")
    shown = [
        each
        for n, order in enumerate(orders)
        for each in (requested(order, observation=2, minutes=3), closed(order, ends[n % 4 % 3], observation=3))
    ]
    told = [
        each
        for n, order in enumerate(orders)
        if n % 3
        for verdict in ("approve" if n % 3 == 1 else "reject",)
        for each in (delayed(order, verdict), synced(order, verdict, attempt=2), settled(order, revision=2, back=2 if n % 3 == 1 else 0))
    ]
    batches = [[each] for each in shown * 2 + [each for each in told if not hasattr(each, "lines")] * 2]
    batches += [[each] for each in told if hasattr(each, "lines")]
    pick.shuffle(batches)
    for batch in batches:
        await hear(*batch)
    for n, order in enumerate(orders):
        (request,), state = await look(order)
        outcome = ends[n % 4 % 3]
        cancelled = outcome == "order_cancelled"
        expected = {0: "cancelled_elsewhere" if cancelled else "lapsed", 1: "approved" if cancelled else "lapsed"}
        expected[2] = "cancelled_elsewhere" if cancelled else "rejected"
        assert request.state == expected[n % 3]
        assert bool(request.given) == cancelled
        assert state.status == {"order_continues": "ready_to_ship", "order_cancelled": "cancelled", "order_shipped": "shipped"}[outcome]
        assert state.shippable == (outcome == "order_continues")


async def test_one_batch_or_many_store_the_same(hear, look, pool):
    events = [
        requested(an_order("A")),
        requested(an_order("A"), observation=2, marketplace_status="X"),
        closed(an_order("A"), observation=3),
    ]
    others = [
        requested(an_order("B")),
        requested(an_order("B"), observation=2, marketplace_status="X"),
        closed(an_order("B"), observation=3),
    ]
    together = await hear(*events)
    apart = [event for each in others for event in await hear(each)]
    assert [type(event.data) for event in together] == [type(event.data) for event in apart]
    (one,), one_order = await look(an_order("A"))
    (other,), other_order = await look(an_order("B"))
    assert rows(one, one_order) == rows(other, other_order)
    assert (one.revision, one.version) == (other.revision, other.version)
    assert await pool.fetchval("select count(distinct version) from requests") == 1


async def test_what_is_stored_is_what_the_rules_made(hear, look, wish, pool):
    order = an_order()
    await hear(requested(order))
    (request,), _ = await look(order)
    answer = await wish(request.request_id, "reject", comment="Packed already")
    await hear(refused(order, "reject"))
    (stored,), _ = await look(order)
    assert stored.revert.decision == answer.request.decision
    row = await pool.fetchrow("select * from requests")
    assert (row["state"], row["tab"], row["sync"], row["revision"], row["open_alerts"]) == (
        "pending",
        "to_decide",
        "refused",
        3,
        ["refused"],
    )
    assert (str(row["order_total"]), row["currency"], row["units"], row["attention_since"]) == ("45.90", "MYR", 2, NOW)


async def test_the_highest_level_wins_whatever_the_order(hear, pool):
    def moved(version, available):
        return StockAdjusted(
            movement_id=f"00000000-0000-0000-0000-00000000000{version}",
            seller_id="seller-a",
            sku="TS",
            condition="sellable",
            available_after=available,
            level_version=version,
            moved_at=NOW,
            quantity=1,
            reason="sale",
        )

    await hear(moved(3, 30), moved(2, 20))
    await hear(moved(1, 10))
    assert await pool.fetchval("select available from stock_levels") == 30


async def test_a_movement_is_kept_for_its_request_once(hear, pool, look):
    order = an_order()
    await hear(requested(order))
    (request,), _ = await look(order)
    back = StockRestored(
        movement_id="00000000-0000-0000-0000-000000000001",
        seller_id="seller-a",
        sku="TS-BLU-M",
        condition="sellable",
        available_after=7,
        level_version=1,
        moved_at=NOW,
        quantity=2,
        request_id=request.request_id,
        revision=2,
        order=order,
        line_id="L1",
    )
    await hear(back)
    await hear(back)
    assert await pool.fetchval("select sum(quantity) from stock_movements") == 2
