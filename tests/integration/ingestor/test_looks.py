"""Looks: planned ones, concurrent ones, ones that die, and shops that can't be read."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.waiting import until

from contracts.cancel_requests import CancelRequestClosed, CancelRequested, request_id
from contracts.event import announce
from contracts.sync_outcomes import OutcomeRefused, OutcomeSynced
from contracts.values import Order, RefusedBecause


def facts(order, *, attempt=1):
    return {
        "request_id": request_id(order.channel, order.shop_id, order.ref),
        "revision": 1,
        "order": Order(seller_id="seller-a", channel=order.channel, shop_id=order.shop_id, order_ref=order.ref, region="MY"),
        "action": "approve",
        "attempt": attempt,
        "at": datetime.now(UTC),
    }


async def say(world, data):
    await world.wire.send([announce(data, source="/zetpy/sync-back", time=datetime.now(UTC))])


async def test_a_deadline_is_looked_at_although_nobody_says_that_it_passed(world):
    order = world.order("tiktok", status="new")
    order.event("request-cancel", respond_in_s=3)
    await world.heard(order.ref, CancelRequested)
    world.drop_pushes()
    closed = await world.heard(order.ref, CancelRequestClosed, seconds=25)
    assert (closed.outcome, closed.order_status_now) == ("order_cancelled", "cancelled")


async def test_a_synced_outcome_is_answered_at_once_and_again_when_it_must_show(world):
    order = world.order("shopee")
    order.event("request-cancel")
    first = await world.heard(order.ref, CancelRequested)
    told = facts(order)
    await say(world, OutcomeSynced(**told, already=False))
    again = await world.heard(order.ref, CancelRequested, count=3)
    await world.quiet()
    said = [event.data for event in await world.said(order.ref)]
    assert [event.observation for event in said] == [1, 2, 3]
    assert {event.marketplace_status for event in said} == {"IN_CANCEL"}
    assert again.read_started_at >= told["at"]
    assert (again.read_started_at - told["at"]).total_seconds() >= 1, "the second look starts when the answer must show"
    assert again.found_by == first.found_by


async def test_each_synced_answer_is_looked_for_when_it_must_show_and_not_when_an_earlier_one_had_to(world):
    """An answer given again later: a look that began too early for it proves nothing."""
    order = world.order("shopee")
    order.event("request-cancel")
    await world.heard(order.ref, CancelRequested)
    await world.rows("update work_shops set not_before = 'infinity' where shop = 'shopee:200001'")
    first = facts(order)
    later = facts(order, attempt=2) | {"at": first["at"] + timedelta(seconds=4)}
    await say(world, OutcomeSynced(**first, already=False))
    await say(world, OutcomeSynced(**later, already=True))
    planned = "select due_at from work where key like $1 order by due_at"
    rows = await until(lambda: both(world.rows(planned, f"{order.ref}/confirm/%")), what="two looks are planned")
    assert [(row["due_at"] - told["at"]).total_seconds() >= 1 for row, told in zip(rows, (first, later), strict=True)] == [True, True]
    await world.rows("update work_shops set not_before = '-infinity' where shop = 'shopee:200001'")

    async def looked_late_enough():
        return (await world.said(order.ref))[-1].data.read_started_at >= later["at"] + timedelta(seconds=1)

    await until(looked_late_enough, seconds=30, every=0.1, what="the second answer was looked for")


async def both(rows):
    found = await rows
    return found if len(found) == 2 else None


async def test_a_refused_outcome_is_answered_once(world):
    order = world.order("shopee")
    order.event("request-cancel")
    await world.heard(order.ref, CancelRequested)
    await say(world, OutcomeRefused(**facts(order), code="x", message="no", because=RefusedBecause.OTHER))
    await world.heard(order.ref, CancelRequested, count=2)
    await world.quiet()
    assert len(await world.said(order.ref)) == 2
    assert not await world.rows("select 1 from work where key like $1", f"{order.ref}/confirm%")


async def test_outcomes_of_other_channels_are_none_of_our_business(world):
    order = world.order("shopee")
    told = facts(order) | {"order": Order(seller_id="s", channel="lazada", shop_id="1", order_ref="X1", region="MY")}
    await say(world, OutcomeSynced(**told, already=False))
    order.event("request-cancel")
    await world.heard(order.ref, CancelRequested)
    await say(world, OutcomeSynced(**facts(order, attempt=2), already=True))
    await world.heard(order.ref, CancelRequested, count=2)
    assert not await world.rows("select 1 from work_shops where shop like 'lazada%'")


async def test_a_throttled_shop_does_not_delay_others(world):
    await world.connect("shopee", "200002")
    await until(lambda: world.rows("select 1 from shops where shop = 'shopee:200002' and swept_until is not null"), what="it was swept")
    slow, quick = world.order("shopee", shop_id="200001"), world.order("shopee", shop_id="200002")
    await world.quiet()
    world.script("throttle", channel="shopee", shop_id="200001", endpoint="get_order_detail", times=2)
    slow.event("request-cancel")
    await until(lambda: world.rows("select 1 from work_shops where shop = 'shopee:200001' and not_before > now()"), what="it is paused")
    quick.event("request-cancel")
    await world.heard(quick.ref, CancelRequested)
    assert await world.said(slow.ref) == []
    assert (await world.heard(slow.ref, CancelRequested)).found_by == "push"


async def test_a_shop_that_hangs_does_not_delay_others(world):
    slow, quick = world.order("shopee"), world.order("tiktok", status="new")
    await world.quiet()
    world.script("slow", channel="shopee", endpoint="get_order_detail", seconds=3)
    slow.event("request-cancel")
    await asyncio.to_thread(lambda: None)
    quick.event("request-cancel")
    await world.heard(quick.ref, CancelRequested)
    assert await world.said(slow.ref) == []
    await world.heard(slow.ref, CancelRequested)


async def test_a_marketplace_that_is_down_is_asked_again(world):
    order = world.order("tiktok", status="new")
    await world.quiet()
    world.script("unavailable", channel="tiktok", endpoint="cancellations/search", times=2)
    order.event("request-cancel")
    await world.heard(order.ref, CancelRequested)


async def test_an_order_that_the_marketplace_does_not_show_yet_is_looked_for_again(world):
    await world.push("shopee", {"code": 3, "shop_id": 200001, "data": {"ordersn": "NOSUCHORDER", "status": "IN_CANCEL"}, "timestamp": 1})
    order = world.order("shopee")
    order.event("request-cancel")
    await world.heard(order.ref, CancelRequested)
    waiting = "select attempts from work where key = 'NOSUCHORDER/push'"
    await until(lambda: world.rows(waiting), what="the row is put off")
    assert not await world.rows("select 1 from orders where order_ref = 'NOSUCHORDER'")


async def test_a_revoked_shop_is_paused_and_read_again_once_it_is_connected(world):
    await world.connect("shopee", "200002")
    order = world.order("shopee", shop_id="200002")
    await world.known(order)
    world.control("POST", "/shops/shopee/200002/revoke", {})
    state = "select state, why from shops where shop_id = '200002'"

    async def is_state(wanted):
        (row,) = await world.rows(state, url=world.accounts_url)
        return row["state"] == wanted

    await until(lambda: is_state("disconnected"), what="the shop is disconnected")
    await until(lambda: world.rows("select 1 from shops where shop = 'shopee:200002' and not up"), what="its look-ups are paused")
    order.event("request-cancel")
    assert (await world.push("shopee", order.push())).status_code == 200
    assert await world.rows("select 1 from work where key = $1", f"{order.ref}/push")
    assert await world.said(order.ref) == []
    await world.connect("shopee", "200002")
    assert (await world.heard(order.ref, CancelRequested)).found_by == "push"


async def test_a_consent_that_ends_soon_is_announced(world):
    world.control("POST", "/shops/tiktok/7490000000000000001/expiring", {"in_s": 86400})

    async def expiring():
        (row,) = await world.rows("select state, authorised_until from shops where shop_id = '7490000000000000001'", url=world.accounts_url)
        return row if row["state"] == "expiring" else None

    assert (await until(expiring, what="the shop is expiring"))["authorised_until"] is not None
    order = world.order("tiktok", status="new")
    order.event("request-cancel")
    await world.heard(order.ref, CancelRequested)


async def test_two_ingestors_say_each_thing_once(make_world):
    world = make_world().begin()
    other = world.another().start()
    assert other.alive
    orders = [world.order(channel, status=status) for channel, status in [("shopee", "ready_to_ship"), ("tiktok", "new")] * 8]
    for order in orders:
        order.event("request-cancel")
        for answer in await asyncio.gather(*(world.push(order.channel, order.push()) for _ in range(3))):
            assert answer.status_code == 200
    for order in orders:
        await world.heard(order.ref, CancelRequested, seconds=30)
    await world.quiet(seconds=30)
    for order in orders:
        assert [event.data.observation for event in await world.said(order.ref)] == [1]


async def test_killed_in_the_middle_of_a_look_it_looks_again(make_world):
    world = make_world(INGESTOR_LEASE_SECONDS="3", MARKETPLACE_TIMEOUT_SECONDS="2.9").begin()
    order = world.order("shopee")
    await world.known(order)
    await world.quiet()
    world.script("slow", channel="shopee", endpoint="get_order_detail", seconds=3)
    order.event("request-cancel")
    await until(lambda: world.rows("select 1 from work where lease is not null"), what="a look is under way")
    world.service.kill()
    world.service.start()
    await world.heard(order.ref, CancelRequested, seconds=30)
    await world.quiet()
    assert len(await world.said(order.ref)) == 1


async def test_a_look_that_lost_its_lease_throws_away_what_it_read(make_world):
    world = make_world(INGESTOR_LEASE_SECONDS="3", MARKETPLACE_TIMEOUT_SECONDS="14").heedless().begin()
    order = world.order("shopee")
    await world.known(order)
    await world.quiet()
    world.script("slow", channel="shopee", endpoint="get_order_detail", seconds=1)
    order.event("request-cancel")
    await until(lambda: world.rows("select 1 from work where lease is not null"), what="a look is under way")
    world.service.pause()
    other = world.another().start()
    stored = "select 1 from requests where order_ref = $1 and published_as = $2"
    await until(lambda: world.rows(stored, order.ref, "CancelRequested"), what="the other one has read it")
    order.event("withdraw")
    await world.push("shopee", order.push(), url=other.url)
    await until(lambda: world.rows(stored, order.ref, "CancelRequestClosed"), what="and seen it end")
    world.service.resume()  # it also leads the relay
    await until(lambda: "lease-lost" in world.service.tail(400), seconds=30, what="the first look has ended")
    await world.quiet()
    said = [(type(event.data), event.data.observation) for event in await world.said(order.ref)]
    assert said == [(CancelRequested, 1), (CancelRequestClosed, 2)]


@pytest.mark.parametrize("roles", [["viewer"], ["admin"], []])
async def test_only_services_ask_for_reasons_and_only_operations_for_gaps(world, roles):
    assert (await world.get("/v1/reject-reasons", roles=roles, channel="tiktok", shop_id="1", native_id="1")).status_code == 403
    assert (await world.get("/v1/gaps", roles=roles)).status_code == 403


async def test_reject_reasons_are_those_that_the_marketplace_offers_now(world):
    order = world.order("tiktok", status="new")
    cancel_id = order.event("request-cancel")["requests"][0]["ref"]
    offered = [{"name": "packed_already", "text": "It is packed"}]
    world.control("PUT", f"/shops/tiktok/{order.shop_id}/reject-reasons", {"reasons": offered})
    asked = {"channel": "tiktok", "shop_id": order.shop_id, "native_id": cancel_id}
    answer = await world.get("/v1/reject-reasons", roles=["service"], **asked)
    assert (answer.json()["required"], answer.json()["items"]) == (True, offered)
    shopee = await world.get("/v1/reject-reasons", roles=["service"], channel="shopee", shop_id="200001", native_id="X")
    assert (shopee.json()["required"], shopee.json()["items"]) == (False, [])
    unknown = await world.get("/v1/reject-reasons", roles=["service"], **(asked | {"shop_id": "1"}))
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/not-found")
    world.script("unavailable", channel="tiktok", endpoint="reject_reasons")
    down = await world.get("/v1/reject-reasons", roles=["service"], **asked)
    assert (down.status_code, down.json()["type"]) == (503, "/problems/marketplace-unavailable")
    assert int(down.headers["retry-after"]) > 0
