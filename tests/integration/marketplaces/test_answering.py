"""Approving and rejecting over real HTTP: what is taken, what is stale, what is refused, and what nobody knows."""

import contextlib
from uuid import uuid4

import pytest
from tests.support.waiting import until

from marketplaces.channels import open_channels
from marketplaces.failures import Permanent, Refused, Stale, Throttled, Unavailable

REASON = "seller_reject_apply_product_has_been_packed"


async def read(one, order_ref):
    return (await one.channel.read_orders(one.access, [order_ref])).orders[order_ref]


async def a_request(sandbox, one):
    order_ref = await sandbox.requested(one.at)
    request = (await read(one, order_ref)).open_request
    return {"order_ref": order_ref, "native_id": request.native_id, "idempotency_key": str(uuid4())}


async def approve(one, request):
    return await one.channel.approve(one.access, **request)


async def reject(one, request, reason=REASON):
    return await one.channel.reject(one.access, **request, reason=reason, comment=None)


async def test_an_approval_cancels_the_order(sandbox, one):
    request = await a_request(sandbox, one)
    assert (await approve(one, request)).call_id

    async def cancelled():
        order = await read(one, request["order_ref"])
        return order.status == "cancelled" and order.cancelled_everything

    await until(cancelled)


async def test_a_rejection_lets_the_order_go_on(sandbox, one):
    request = await a_request(sandbox, one)
    assert (await reject(one, request)).call_id

    async def goes_on():
        order = await read(one, request["order_ref"])
        return order.open_request is None and order.status in {"new", "ready_to_ship"}

    await until(goes_on)


@pytest.mark.parametrize("answer", [approve, reject])
async def test_a_request_that_was_withdrawn_takes_no_answer(sandbox, one, answer):
    request = await a_request(sandbox, one)
    await sandbox.event(one.at, request["order_ref"], "withdraw")
    with pytest.raises((Stale, Refused)) as caught:
        await answer(one, request)
    assert caught.value.code
    assert caught.value.call_id
    assert caught.value.maybe_applied is False


async def test_an_order_that_was_cancelled_meanwhile_takes_no_rejection(sandbox, one):
    request = await a_request(sandbox, one)
    await sandbox.event(one.at, request["order_ref"], "expire")
    with pytest.raises((Stale, Refused)):
        await reject(one, request)


async def test_an_order_that_was_shipped_meanwhile_takes_no_approval(sandbox, one):
    request = await a_request(sandbox, one)
    await sandbox.event(one.at, request["order_ref"], "ship")
    with pytest.raises((Stale, Refused)):
        await approve(one, request)


async def test_a_reason_that_is_not_offered_is_refused_as_such(sandbox, one):
    if one.at["channel"] == "shopee":
        request = await a_request(sandbox, one)
        assert (await reject(one, request, reason="whatever")).call_id  # Shopee knows no reasons: nothing to refuse
        return
    request = await a_request(sandbox, one)
    with pytest.raises(Refused) as caught:
        await reject(one, request, reason="no_such_reason")
    assert caught.value.because == "reason_not_offered"
    assert (await read(one, request["order_ref"])).open_request is not None


async def test_a_throttled_answer_had_no_effect(sandbox, one):
    request = await a_request(sandbox, one)
    await sandbox.fault(one.at, "throttle", endpoint="handle_buyer_cancellation" if one.at["channel"] == "shopee" else "approve")
    with pytest.raises(Throttled) as caught:
        await approve(one, request)
    assert caught.value.maybe_applied is False

    async def taken():
        with contextlib.suppress(Throttled):  # for as long as the marketplace has asked to wait, it is not called
            return (await approve(one, request)).call_id

    assert await until(taken, every=0.1, what="it is taken afterwards")


@pytest.mark.parametrize(("fault", "cancelled"), [("timeout_before", False), ("timeout_after", True)])
async def test_a_time_out_says_that_nobody_knows(sandbox, one, settings, fault, cancelled):
    request = await a_request(sandbox, one)
    hasty = open_channels(settings.model_copy(update={"marketplace_timeout_seconds": 0.5}), purpose="answering")
    await sandbox.fault(one.at, fault, endpoint="handle_buyer_cancellation" if one.at["channel"] == "shopee" else "approve", seconds=30)
    with pytest.raises(Unavailable) as caught:
        await hasty.by_name[one.at["channel"]].approve(one.access, **request)
    await hasty.close()
    assert (caught.value.cause, caught.value.maybe_applied) == ("timeout", True)
    if cancelled:
        await until(lambda: _is_cancelled(one, request))
    else:
        assert (await read(one, request["order_ref"])).open_request is not None


async def _is_cancelled(one, request):
    return (await read(one, request["order_ref"])).status == "cancelled"


async def test_an_outage_says_that_nobody_knows(sandbox, one):
    request = await a_request(sandbox, one)
    await sandbox.fault(one.at, "unavailable", endpoint="handle_buyer_cancellation" if one.at["channel"] == "shopee" else "approve")
    with pytest.raises(Unavailable) as caught:
        await approve(one, request)
    assert caught.value.maybe_applied is True


@pytest.mark.parametrize(
    ("channel", "code", "message", "kind", "said"),
    [
        ("shopee", "logistics.cancel_forder_failed", "", Unavailable, {"few_tries": True, "maybe_applied": True}),
        ("shopee", "error_server", "", Unavailable, {"cause": "unavailable", "maybe_applied": True}),
        ("shopee", "error_not_found", "", Permanent, {"maybe_applied": False}),
        ("tiktok", 25001028, "lock", Unavailable, {"cause": "locked", "maybe_applied": False}),
        ("tiktok", 36009007, "timeout", Unavailable, {"cause": "timeout", "maybe_applied": True}),
        ("tiktok", 25001045, "shipped", Refused, {"because": "shipped"}),
        ("tiktok", 25020010, "approved", Refused, {"because": "already_cancelled"}),
        ("tiktok", 25007006, "no such order", Permanent, {}),
    ],
)
async def test_errors_of_the_references_come_through(sandbox, channels, channel, code, message, kind, said):
    from pydantic import SecretStr

    from marketplaces.interface import Access

    shop = await sandbox.shop(channel)
    access = Access(channel=channel, shop_id=shop["shop_id"], region="MY", token=SecretStr(shop["access_token"]), cipher=shop["cipher"])
    order_ref = await sandbox.requested(shop)
    (request,) = (await channels.by_name[channel].read_orders(access, [order_ref])).orders[order_ref].requests
    endpoint = "handle_buyer_cancellation" if channel == "shopee" else "approve"
    await sandbox.fault(shop, "error", endpoint=endpoint, code=code, message=message)
    with pytest.raises(kind) as caught:
        await channels.by_name[channel].approve(access, order_ref=order_ref, native_id=request.native_id, idempotency_key="k")
    assert type(caught.value) is kind
    assert caught.value.code == str(code)
    assert {name: getattr(caught.value, name) for name in said} == said


async def test_the_same_idempotency_key_again_is_taken_again(sandbox, one):
    if one.at["channel"] == "shopee":
        return
    request = await a_request(sandbox, one)
    await approve(one, request)
    assert (await approve(one, request)).call_id
