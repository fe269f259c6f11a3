"""From a push to a fact: once, in the right order, and nothing that is not signed."""

import asyncio

import httpx
import pytest

from contracts.cancel_requests import CancelRequestClosed, CancelRequested, OrderCancelled

CHANNELS = [("shopee", "ready_to_ship"), ("tiktok", "new")]


@pytest.mark.parametrize(("channel", "status"), CHANNELS)
async def test_a_request_is_said_once_with_everything_a_seller_needs(world, channel, status):
    order = world.order(channel, status=status)
    await world.known(order)
    order.event("request-cancel", reason="better_price" if channel == "tiktok" else "Change of mind")
    said = await world.heard(order.ref, CancelRequested)
    await world.quiet()
    assert len(await world.said(order.ref)) == 1
    assert (said.observation, said.found_by, said.answerable, said.order.seller_id) == (1, "push", True, "seller-a")
    assert said.reject_reason == ("none" if channel == "shopee" else "required")
    assert said.respond_by_source == ("estimated" if channel == "shopee" else "marketplace")
    assert said.requested_at_source == ("first_seen" if channel == "shopee" else "marketplace")
    assert said.order_status_before == status
    assert sum(line.quantity for line in said.lines) == 3
    assert said.stock_from is not None


@pytest.mark.parametrize(("channel", "status"), CHANNELS)
async def test_withdrawing_closes_the_request_and_the_order_goes_on(world, channel, status):
    order = world.order(channel, status=status)
    order.event("request-cancel")
    asked = await world.heard(order.ref, CancelRequested)
    order.event("withdraw")
    closed = await world.heard(order.ref, CancelRequestClosed)
    assert (closed.request_id, closed.outcome, closed.order_status_now) == (asked.request_id, "order_continues", status)
    assert closed.respond_by == asked.respond_by


@pytest.mark.parametrize(("channel", "status"), CHANNELS)
async def test_the_deadline_passing_is_seen_as_a_cancellation(world, channel, status):
    order = world.order(channel, status=status)
    order.event("request-cancel")
    await world.heard(order.ref, CancelRequested)
    order.event("expire")
    closed = await world.heard(order.ref, CancelRequestClosed)
    assert (closed.outcome, closed.order_status_now) == ("order_cancelled", "cancelled")


@pytest.mark.parametrize(("channel", "status"), CHANNELS)
async def test_the_courier_collecting_ends_the_request(world, channel, status):
    order = world.order(channel, status=status)
    order.event("request-cancel")
    await world.heard(order.ref, CancelRequested)
    order.event("ship")
    closed = await world.heard(order.ref, CancelRequestClosed)
    assert (closed.outcome, closed.order_status_now) == ("order_shipped", "shipped")


async def test_after_the_end_each_change_of_the_order_is_said_until_it_has_left(world):
    order = world.order("tiktok", status="new")
    order.event("request-cancel")
    await world.heard(order.ref, CancelRequested)
    order.event("seller-center-reject")
    await world.heard(order.ref, CancelRequestClosed)
    order.event("arrange")
    arranged = await world.heard(order.ref, CancelRequestClosed, count=2)
    order.event("ship")
    left = await world.heard(order.ref, CancelRequestClosed, count=3)
    assert (arranged.order_status_now, left.order_status_now) == ("ready_to_ship", "shipped")
    assert {arranged.outcome, left.outcome} == {"order_continues"}
    order.event("deliver")
    await world.quiet()
    assert len(await world.said(order.ref)) == 4


@pytest.mark.parametrize(("channel", "status"), [("shopee", "new"), ("tiktok", "ready_to_ship")])
async def test_an_instant_cancel_is_an_order_cancelled(world, channel, status):
    order = world.order(channel, status=status)
    await world.known(order)
    order.event("instant-cancel", by="buyer")
    said = await world.heard(order.ref, OrderCancelled)
    assert (said.cancelled_by, said.was_ready_to_ship) == ("buyer", status == "ready_to_ship")


async def test_the_same_push_ten_times_is_one_request(world):
    order = world.order("shopee")
    world.drop_pushes()
    order.event("request-cancel")
    body = order.push()
    answers = await asyncio.gather(*(world.push("shopee", body) for _ in range(10)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, b"")}
    await world.heard(order.ref, CancelRequested)
    await world.quiet()
    assert len(await world.said(order.ref)) == 1


async def test_pushes_in_the_wrong_order_end_in_what_is_true(world):
    order = world.order("shopee")
    await world.quiet()
    world.drop_pushes()
    order.event("request-cancel")
    await world.push("shopee", order.push("PROCESSED"))
    await world.heard(order.ref, CancelRequested)
    order.event("withdraw")
    await world.push("shopee", order.push("IN_CANCEL"))
    closed = await world.heard(order.ref, CancelRequestClosed)
    await world.push("shopee", order.push("IN_CANCEL"))
    await world.quiet()
    assert closed.outcome == "order_continues"
    assert len(await world.said(order.ref)) == 2


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_what_is_not_signed_is_refused_and_leaves_nothing(world, channel):
    order = world.order(channel)
    world.drop_pushes()
    await world.quiet()
    before = await world.rows("select count(*) as n from work")
    body = order.push()
    wrong = [
        await world.push(channel, body, sign=False),
        await world.push(channel, body, sign=False, authorization="0" * 64),
        await world.push(channel, body, sign=False, authorization=world.signature(channel, b"{}")),
    ]
    assert {(answer.status_code, answer.content) for answer in wrong} == {(401, b"")}
    assert await world.rows("select count(*) as n from work") == before


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_what_cannot_be_read_is_malformed(world, channel):
    assert (await world.push(channel, None, raw=b"{not json")).status_code == 400
    assert (await world.push(channel, None, raw=b"[1]")).status_code == 400


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_too_large_is_refused_before_it_is_read(world, channel):
    assert (await world.push(channel, None, raw=b" " * (1024 * 1024 + 1))).status_code == 413
    assert (await world.push(channel, {"code": 99, "type": 99, "data": {"x": "y" * 1_000_000}})).status_code == 200


async def test_shopees_verification_ping_is_taken_and_does_nothing(world):
    answer = await world.push("shopee", {"code": 0, "data": {"verify_info": "x"}}, sign=False)
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await world.push("tiktok", {"code": 0, "data": {"verify_info": "x"}}, sign=False)).status_code == 401


async def test_nobody_can_make_it_hold_a_large_body_on_any_route(world):
    async with httpx.AsyncClient(trust_env=False) as stranger:
        answer = await stranger.post(f"{world.service.url}/v1/connect-links", content=b" " * (1024 * 1024 + 1))
    assert answer.status_code == 413
