"""Reading orders and lists over real HTTP with real signatures, paging included."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from tests.support.waiting import until

from marketplaces.failures import Misconfigured, Reauthorise, Throttled, TokenExpired, Unavailable
from marketplaces.interface import Access
from marketplaces.seen import RequestedLine


def now() -> datetime:
    return datetime.now(UTC)


async def test_a_request_is_read_with_its_order(sandbox, one):
    order_ref = await sandbox.requested(one.at)
    before = now()
    reading = await one.channel.read_orders(one.access, [order_ref])
    order = reading.orders[order_ref]
    assert reading.missing == ()
    assert reading.call_ids
    assert order.call_ids == reading.call_ids
    assert before <= order.read_started_at <= order.read_ended_at <= now()
    assert (order.channel, order.shop_id, order.order_ref, order.region) == (one.at["channel"], one.at["shop_id"], order_ref, "MY")
    assert order.status == "cancel_requested"
    request = order.open_request
    assert request is not None
    assert request.asks_seller
    assert request.started_by == "buyer"
    assert request.reason.text
    assert sum(line.quantity for line in request.lines) == 2
    assert {line.sku for line in order.lines} == {"A"}
    assert {line.unit_price.amount for line in order.lines} <= {"10.50", "10.5"}
    assert order.total is not None
    assert order.total.currency == "MYR"
    assert order.was_paid is True
    assert order.fulfilled_by == "seller"
    assert order.cancelled is None


async def test_what_only_shopee_shows(sandbox, channels):
    shop = await sandbox.shop("shopee")
    order_ref = await sandbox.requested(shop)
    access = Access(channel="shopee", shop_id=shop["shop_id"], region="MY", token=SecretStr(shop["access_token"]))
    order = (await channels.shopee.read_orders(access, [order_ref])).orders[order_ref]
    (request,) = order.requests
    assert (order.marketplace_status, order.status_alone) == ("IN_CANCEL", "cancel_requested")
    assert (request.native_id, request.respond_by, request.requested_at) == (order_ref, None, None)
    assert (order.parcel.state, order.was_arranged) == ("arranged", True)
    assert request.lines == (RequestedLine(order.lines[0].line_id, 2),)


async def test_what_only_tiktok_shows(sandbox, channels):
    shop = await sandbox.shop("tiktok")
    order_ref = await sandbox.requested(shop, respond_in_s=3600)
    access = Access(channel="tiktok", shop_id=shop["shop_id"], region="MY", token=SecretStr(shop["access_token"]), cipher=shop["cipher"])
    order = (await channels.tiktok.read_orders(access, [order_ref])).orders[order_ref]
    (request,) = order.requests
    assert (order.marketplace_status, order.status_alone) == ("AWAITING_SHIPMENT", "new")
    assert request.native_id != order_ref
    assert abs(request.respond_by - now() - timedelta(hours=1)) < timedelta(seconds=30)
    assert request.requested_at is not None
    assert request.reason.code is not None
    assert request.refund_total is not None
    assert [line.quantity for line in request.lines] == [1, 1]
    assert {line.line_id for line in request.lines} == {line.line_id for line in order.lines}


@pytest.mark.parametrize(
    ("event", "status", "cancelled"),
    [
        ("withdraw", None, False),
        ("seller-center-reject", None, False),
        ("seller-center-approve", "cancelled", True),
        ("expire", "cancelled", True),
    ],
)
async def test_how_a_request_ends(sandbox, one, event, status, cancelled):
    order_ref = await sandbox.requested(one.at)
    await sandbox.event(one.at, order_ref, event)

    async def ended():
        order = (await one.channel.read_orders(one.access, [order_ref])).orders[order_ref]
        return order if order.open_request is None else None

    order = await until(ended)
    assert order.status == (status or ("ready_to_ship" if one.at["channel"] == "shopee" else "new"))
    assert (order.cancelled is not None) is cancelled
    assert order.cancelled_everything is cancelled
    if one.at["channel"] == "tiktok":
        assert order.requests[0].state in ({"accepted", "completed"} if cancelled else {"closed"})


async def test_an_instant_cancel(sandbox, one):
    order_ref = await sandbox.order(one.at, "new")
    await sandbox.event(one.at, order_ref, "instant-cancel")
    order = (await one.channel.read_orders(one.access, [order_ref])).orders[order_ref]
    assert order.status == "cancelled"
    assert order.cancelled.by == "buyer"
    assert order.was_arranged is False
    assert order.open_request is None


async def test_shipped_while_a_request_is_open(sandbox, one):
    order_ref = await sandbox.requested(one.at)
    await sandbox.event(one.at, order_ref, "ship")
    order = (await one.channel.read_orders(one.access, [order_ref])).orders[order_ref]
    assert (order.status, order.parcel.state) == ("shipped", "handed_over")


async def test_many_orders_are_read_fifty_a_call_and_unknown_ones_are_missing(sandbox, one):
    refs = await asyncio.gather(*(sandbox.order(one.at, "new") for _ in range(55)))
    bulk = "get_order_detail" if one.at["channel"] == "shopee" else "orders"
    before = await sandbox.calls(bulk, shop=one.at)
    reading = await one.channel.read_orders(one.access, [*refs[:30], "0000000000000000", *refs[30:], refs[0]])
    assert set(reading.orders) == set(refs)
    assert reading.missing == ("0000000000000000",)
    assert await sandbox.calls(bulk, shop=one.at) - before <= 16


async def test_an_order_of_another_shop_does_not_spoil_the_call(sandbox, one):
    mine = await sandbox.order(one.at, "new")
    other = await sandbox.order(await sandbox.shop(one.at["channel"]), "new")
    reading = await one.channel.read_orders(one.access, [mine, other])
    assert set(reading.orders) == {mine}
    assert reading.missing == (other,)


async def test_reading_nothing_calls_nothing(one):
    reading = await one.channel.read_orders(one.access, [])
    assert (reading.orders, reading.missing, reading.call_ids) == ({}, (), ())


async def test_changes_are_listed_over_pages_and_windows(sandbox, one):
    # TikTok's pages hold 50 cancellations, Shopee's 100 orders.
    refs = await asyncio.gather(*(sandbox.order(one.at, "new") for _ in range(105)))
    asked = set(refs[:55])
    await asyncio.gather(*(sandbox.event(one.at, ref, "request-cancel") for ref in asked))
    listed = [change async for change in one.channel.list_changes(one.access, since=now() - timedelta(days=40), until=now())]
    assert {change.order_ref for change in listed} == set(refs)
    assert {change.order_ref for change in listed if change.about_cancelling} == asked
    assert all(change.status == "new" for change in listed if not change.about_cancelling)
    if one.at["channel"] == "tiktok":
        assert {change.order_ref for change in listed if change.native_id} == asked


async def test_changes_outside_the_time_are_not_listed(sandbox, one):
    await sandbox.order(one.at, "new")
    listed = [
        change async for change in one.channel.list_changes(one.access, since=now() - timedelta(days=3), until=now() - timedelta(days=2))
    ]
    assert listed == []


async def test_what_is_open_is_listed(sandbox, one):
    open_refs = [await sandbox.requested(one.at) for _ in range(3)]
    ended = await sandbox.requested(one.at)
    await sandbox.event(one.at, ended, "withdraw")
    await sandbox.order(one.at, "new")
    listed = [change async for change in one.channel.list_open(one.access)]
    assert sorted(change.order_ref for change in listed) == sorted(open_refs)
    assert {change.status for change in listed} == {"cancel_requested"}


async def test_reject_reasons_are_the_marketplaces(sandbox, channels):
    shop = await sandbox.shop("tiktok")
    order_ref = await sandbox.requested(shop)
    access = Access(channel="tiktok", shop_id=shop["shop_id"], region="MY", token=SecretStr(shop["access_token"]), cipher=shop["cipher"])
    (request,) = (await channels.tiktok.read_orders(access, [order_ref])).orders[order_ref].requests
    offered = {"reasons": [{"name": "seller_packed", "text": "Already packed"}]}
    await sandbox.do("PUT", f"/shops/tiktok/{shop['shop_id']}/reject-reasons", offered)
    reasons = await channels.tiktok.reject_reasons(access, native_id=request.native_id, locale="en-US")
    assert reasons.required
    assert [(reason.name, reason.text) for reason in reasons.items] == [("seller_packed", "Already packed")]
    assert reasons.call_id


async def test_the_shop_as_the_marketplace_describes_it(one):
    (shop,) = await one.channel.read_shops(one.access)
    assert (shop.shop_id, shop.name, shop.region, shop.cipher) == (one.at["shop_id"], one.at["name"], "MY", one.at["cipher"])


async def test_throttled(sandbox, one):
    await sandbox.fault(one.at, "throttle")
    with pytest.raises(Throttled) as caught:
        await one.channel.read_orders(one.access, [await sandbox.order(one.at)])
    assert caught.value.maybe_applied is False
    if one.at["channel"] == "tiktok":
        assert caught.value.retry_after is not None


@pytest.mark.parametrize("fault", ["unavailable", "error"])
async def test_unavailable(sandbox, one, fault):
    order_ref = await sandbox.order(one.at)
    await sandbox.fault(one.at, fault)
    with pytest.raises(Unavailable):
        await one.channel.read_orders(one.access, [order_ref])
    assert (await one.channel.read_orders(one.access, [order_ref])).orders


async def test_a_marketplace_that_is_not_there(settings, one):
    from local_stack.ports import free_ports
    from marketplaces.channels import open_channels

    nowhere = f"http://127.0.0.1:{free_ports(1)[0]}"
    away = open_channels(settings.model_copy(update={"shopee_url": nowhere, "tiktok_url": nowhere}), purpose="answering")
    with pytest.raises(Unavailable) as caught:
        await away.by_name[one.at["channel"]].approve(one.access, order_ref="O", native_id="C", idempotency_key="K")
    assert caught.value.maybe_applied is False
    await away.close()


async def test_a_token_that_ended(sandbox, one):
    order_ref = await sandbox.order(one.at)
    await sandbox.shop_event(one.at, "expire-token")
    with pytest.raises(TokenExpired):
        await one.channel.read_orders(one.access, [order_ref])


async def test_a_refresh_token_works_once(one):
    first = SecretStr(one.at["refresh_token"])
    pair = await one.channel.refresh(first, shop_id=one.at["shop_id"])
    assert pair.access_until > now()
    assert pair.refresh_token != first
    with pytest.raises(Reauthorise):
        await one.channel.refresh(first, shop_id=one.at["shop_id"])
    again = await one.channel.refresh(pair.refresh_token, shop_id=one.at["shop_id"])
    renewed = Access(channel=one.at["channel"], shop_id=one.at["shop_id"], region="MY", token=again.access_token, cipher=one.at["cipher"])
    assert await one.channel.read_shops(renewed)


async def test_a_code_that_nobody_issued(one):
    with pytest.raises(Reauthorise):
        await one.channel.exchange_code("made-up", shop_id=one.at["shop_id"])


async def test_a_wrong_app_key_is_our_fault(settings, one):
    from marketplaces.channels import open_channels

    wrong = settings.model_copy(update={"shopee_partner_key": SecretStr("wrong"), "tiktok_app_secret": SecretStr("wrong")})
    opened = open_channels(wrong, purpose="reading")
    with pytest.raises(Misconfigured):
        await opened.by_name[one.at["channel"]].read_orders(one.access, ["O1"])
    await opened.close()


async def test_a_clock_that_is_off_is_our_fault(settings, one):
    from marketplaces.channels import open_channels

    opened = open_channels(settings, purpose="reading", now=lambda: now() - timedelta(minutes=10))
    with pytest.raises(Misconfigured):
        await opened.by_name[one.at["channel"]].read_orders(one.access, ["O1"])
    await opened.close()
