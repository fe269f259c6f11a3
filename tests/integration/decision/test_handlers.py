"""What handlers store and announce, on real Postgres."""

from datetime import timedelta

from tests.support.requests import NOW, a_shop, an_order, cancelled, closed, refused, requested, settled, synced

from contracts.cancel_decisions import CancelApproved, CancelLapsed, CancelledElsewhere, CancelReverted
from contracts.order_status import OrderStatusChanged


def said(events):
    return [type(event.data) for event in events]


async def test_a_request_is_stored_and_holds_its_order(hear, look):
    order = an_order()
    [event] = await hear(requested(order))
    (request,), state = await look(order)
    assert (request.state, request.revision, request.sync.state) == ("pending", 1, "none")
    assert (state.status, state.shippable, state.hold) == ("cancel_requested", False, "cancel_requested")
    assert (event.data.status, event.data.order_revision, event.data.previous_status) == ("cancel_requested", 1, None)


async def test_approving_gives_stock_back_and_is_confirmed(hear, wish, look):
    order = an_order()
    await hear(requested(order))
    (request,), _ = await look(order)
    answer = await wish(request.request_id, "approve")
    assert (answer.status, answer.request.state, answer.request.sync.state, answer.order.status) == (
        "done",
        "approved",
        "queued",
        "cancelled",
    )
    await hear(synced(order))
    await hear(settled(order, revision=2, back=2))
    assert await hear(closed(order, "order_cancelled")) == []
    (request,), state = await look(order)
    assert (request.state, request.sync.state, request.stock_state, state.hold) == ("approved", "confirmed", "returned", "cancelled")


async def test_a_refused_approval_ends_as_the_marketplace_shows(hear, wish, look, pool):
    order = an_order()
    await hear(requested(order))
    await wish((await look(order))[0][0].request_id, "approve")
    assert said(await hear(refused(order))) == [CancelReverted, OrderStatusChanged]
    assert said(await hear(closed(order, "order_shipped"))) == [CancelLapsed, OrderStatusChanged]
    (request,), state = await look(order)
    assert (request.state, request.lapsed_because, request.sync.state) == ("lapsed", "shipped", "refused")
    assert (state.status, state.hold) == ("shipped", "shipped")
    assert request.alerts["refused"].open
    kinds = [row["kind"] for row in await pool.fetch("select kind from timeline order by id")]
    assert kinds == ["requested", "approved", "sync_refused", "reverted", "lapsed"]


async def test_a_batch_tells_everything_that_happened_in_it(hear):
    order = an_order()
    events = await hear(requested(order), closed(order, "order_cancelled"))
    assert said(events) == [OrderStatusChanged, CancelledElsewhere, OrderStatusChanged]
    assert [event.data.order_revision for event in events if isinstance(event.data, OrderStatusChanged)] == [1, 2]
    assert events[1].causationid is not None


async def test_another_channel_is_served_alike(hear, look, wish):
    order = an_order(channel="lazada", shop="L9")
    await hear(requested(order))
    (request,), _ = await look(order)
    assert (await wish(request.request_id, "reject")).status == "done"


async def test_another_sellers_request_is_not_found(hear, look, wish):
    await hear(requested(an_order()))
    (request,), _ = await look(an_order())
    assert (await wish(request.request_id, "approve", seller="seller-b")).why == "not-found"


async def test_an_approval_is_announced_through_the_outbox(hear, look, wish, pool):
    await hear(requested(an_order()))
    (request,), _ = await look(an_order())
    await wish(request.request_id, "approve")
    topics = [row["topic"] for row in await pool.fetch("select topic from outbox order by id")]
    assert topics == ["cancel-decisions", "order-status"]
    assert CancelApproved.TYPE.encode() in await pool.fetchval("select value from outbox order by id limit 1")


async def test_a_cancelled_order_that_was_packed_is_to_be_stopped(hear, look):
    order = an_order()
    events = await hear(cancelled(order, was_ready_to_ship=True))
    (request,), state = await look(order)
    assert (request.cancelled_by, state.recall, list(request.alerts)) == ("buyer", True, ["stop_parcel"])
    assert [event.data.recall for event in events] == [True, True]


async def test_a_disconnected_shop_blocks_an_approval_and_forbids_a_rejection(hear, look, wish):
    order = an_order()
    await hear(requested(order))
    await hear(a_shop("disconnected"))
    (request,), _ = await look(order)
    assert (await wish(request.request_id, "reject")).why == "not-answerable"
    approved = await wish(request.request_id, "approve")
    assert (approved.request.sync.state, list(approved.request.alerts)) == ("blocked", ["shop_disconnected"])


async def test_an_older_shop_status_changes_nothing(hear, pool):
    await hear(a_shop("disconnected", revision=2))
    await hear(a_shop("connected", revision=1), now=NOW + timedelta(minutes=1))
    assert await pool.fetchval("select state from shops") == "disconnected"
