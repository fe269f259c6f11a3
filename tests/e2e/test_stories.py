"""The seller's stories, on both channels: how each ends for the request, the order, the stock and the marketplace."""

from collections import Counter

import pytest
from tests.e2e.conftest import OPENING, gathered
from tests.support.waiting import until

from contracts import topics

SOLD = (OPENING - 2, OPENING - 1)
WHOLE = (OPENING, OPENING)
APPROVE = {"shopee": "handle_buyer_cancellation", "tiktok": "approve"}
REJECT = {"shopee": "handle_buyer_cancellation", "tiktok": "reject"}
CANCELLED = {"tab": "cancelled", "status": "cancelled", "shippable": False, "hold": "cancelled"}
ELSEWHERE = CANCELLED | {"state": "cancelled_elsewhere", "stock": "returned"}
PENDING = {"state": "pending", "tab": "to_decide", "status": "cancel_requested", "shippable": False, "hold": "cancel_requested"}
SHIPPED = {"state": "lapsed", "tab": "ended", "lapsed_because": "shipped", "status": "shipped", "shippable": False, "hold": "shipped"}


def as_before(shop):
    """An order that goes on as the marketplace shows it."""
    return {"status": "ready_to_ship" if shop.channel == "shopee" else "new", "shippable": True, "hold": None}


async def test_approved_request_gives_stock_back_and_cancels_the_order_at_the_marketplace(shop):
    order = await shop.asked()
    pending = await order.becomes(**PENDING, sync="none", stock="none")
    assert pending["reason"].get("text") or pending["reason"].get("code")
    assert {line["sku"] for line in pending["lines"]} == set(shop.skus)
    await shop.stock_is(*SOLD)
    answer = await order.approve(note="Buyer changed their mind.")
    assert (answer["state"], answer["sync"]["state"]) == ("approved", "queued")
    await order.ends(
        **CANCELLED,
        state="approved",
        stock="returned",
        sync="confirmed",
        calls=[APPROVE[shop.channel]],
        decisions=["CancelApproved"],
        outcomes=["OutcomeSynced"],
    )
    await shop.stock_is(*WHOLE)
    assert (await order.truth())["status"] == "cancelled"
    assert Counter(await order.words(topics.STOCK_MOVEMENTS)) == {"StockRestored": len(pending["lines"]), "StockSettled": 1}
    assert not any(event.shippable for event in await order.events(topics.ORDER_STATUS))


async def test_the_badge_counts_what_is_to_decide(shop):
    async def to_decide():
        answer = await shop.seller.decision.get("/cancel-requests/summary", params={"shop_id": shop.shop_id})
        return answer.raise_for_status().json()["to_decide"]

    assert await to_decide() == 0
    order = await shop.asked()
    assert await to_decide() == 1
    await order.approve()
    assert await to_decide() == 0


async def test_rejected_request_may_ship_only_once_the_marketplace_has_taken_it(shop):
    order = await shop.asked()
    slow = {"fault": "slow", "endpoint": REJECT[shop.channel], "order_ref": order.ref, "seconds": 1.0}
    await shop.market.ask("POST", "/faults/script", {"script": [slow]})
    answer = await order.reject()
    assert (answer["state"], answer["order"]["status"], answer["order"]["shippable"]) == ("rejected", "ready_to_ship", False)
    assert (await order.may_ship())["hold"] == "rejection_not_taken"
    await order.ends(
        state="rejected",
        tab="rejected",
        status="ready_to_ship",
        shippable=True,
        hold=None,
        stock="none",
        sync="confirmed",
        calls=[REJECT[shop.channel]],
        decisions=["CancelRejected"],
        outcomes=["OutcomeSynced"],
    )
    assert (await order.may_ship())["fresh"]
    assert await order.words(topics.STOCK_MOVEMENTS) in ([], ["StockSettled"])
    holds = [event.hold for event in await order.events(topics.ORDER_STATUS)]
    assert holds == ["cancel_requested", "rejection_not_taken", None]
    await shop.stock_is(*SOLD)


@pytest.mark.parametrize("event", ["withdraw", "seller-center-reject"])
async def test_request_that_ended_without_us_lapses_and_the_order_goes_on(shop, event):
    order = await shop.asked()
    await order.act(event)
    ended = {"state": "lapsed", "tab": "ended", "lapsed_because": "unknown", "stock": "none", "sync": "none"}
    await order.ends(**ended, **as_before(shop), calls=[], decisions=["CancelLapsed"], outcomes=[])
    await shop.stock_is(*SOLD)


@pytest.mark.parametrize("event", ["expire", "seller-center-approve"])
async def test_request_that_was_granted_without_us_gives_the_stock_back_once(shop, event):
    order = await shop.asked()
    await order.act(event)
    await order.ends(**ELSEWHERE, sync="none", calls=[], decisions=["CancelledElsewhere"], outcomes=[])
    await shop.stock_is(*WHOLE)


async def test_instant_cancel_of_a_new_shopee_order_is_seen_and_gives_stock_back(open_shop):
    shop = await open_shop("shopee")
    order = await shop.ordered(status="new")
    await order.act("instant-cancel", by="buyer")
    wanted = ELSEWHERE | {"recall": False, "cancelled_by": "buyer"}
    await order.ends(**wanted, sync="none", calls=[], decisions=["CancelledElsewhere"], outcomes=[])
    await shop.stock_is(*WHOLE)


async def test_cancel_of_a_packed_tiktok_order_stops_the_parcel(open_shop):
    shop = await open_shop("tiktok")
    order = await shop.ordered(status="ready_to_ship")
    await order.act("instant-cancel", by="buyer")
    request = await order.ends(**ELSEWHERE, recall=True, sync="none", calls=[], decisions=["CancelledElsewhere"], outcomes=[])
    assert "stop_parcel" in request["alerts"]
    await shop.stock_is(*WHOLE)
    done = await shop.seller.decision.post(f"/cancel-requests/{request['id']}/acknowledge", json={"alert": "stop_parcel"})
    assert done.raise_for_status().json()["order"]["recall"] is False


async def test_order_that_was_shipped_while_pending_lapses(shop):
    order = await shop.asked()
    await order.act("ship")
    await order.ends(**SHIPPED, stock="none", sync="none", calls=[], decisions=["CancelLapsed"], outcomes=[])
    await shop.stock_is(*SOLD)


@pytest.mark.parametrize("event", ["withdraw", "ship"])
async def test_approval_refused_because_it_ended_meanwhile_takes_the_stock_back_and_tells_the_seller(shop, event):
    order = await shop.asked()
    await shop.market.ask("PUT", "/faults", {"drop_pushes": 1.0})
    await order.act(event)
    await order.approve()
    lapsed = {"state": "lapsed", "tab": "ended", "lapsed_because": "unknown", **as_before(shop)}
    request = await order.becomes(**(SHIPPED if event == "ship" else lapsed), sync="refused", stock="reversed")
    assert request["revert"]["why"] in {"refused", "undone"}
    assert "refused" in request["alerts"]
    await shop.stock_is(*SOLD)
    words = await order.words(topics.CANCEL_DECISIONS)
    assert (words[0], words[1]) == ("CancelApproved", "CancelReverted")
    assert await order.words(topics.SYNC_OUTCOMES) == ["OutcomeRefused"]
    moved = Counter(await order.words(topics.STOCK_MOVEMENTS))
    assert moved["StockRestored"] == moved["StockReversed"] == len(request["lines"])
    gate = await order.may_ship()
    assert gate["may_ship"] == (event == "withdraw")


async def test_rejection_of_an_order_cancelled_meanwhile_never_lets_it_ship(shop):
    order = await shop.asked()
    await shop.market.ask("PUT", "/faults", {"drop_pushes": 1.0})
    await order.act("seller-center-approve")
    await order.reject()
    await order.becomes(**ELSEWHERE, sync="refused")
    assert not any(event.shippable for event in await order.events(topics.ORDER_STATUS))
    assert not (await order.may_ship())["may_ship"]
    assert (await order.words(topics.CANCEL_DECISIONS))[-1] == "CancelledElsewhere"
    await shop.stock_is(*WHOLE)


async def test_rejection_with_a_reason_no_longer_offered_is_pending_again(open_shop):
    shop = await open_shop("tiktok")
    order = await shop.asked()
    reason = await shop.seller.first_reason(await order.request())
    other = [{"name": "another_reason", "text": "Another"}]
    await shop.market.ask("PUT", f"/shops/tiktok/{shop.shop_id}/reject-reasons", {"reasons": other})
    await order.reject(reason=reason)
    request = await order.becomes(**PENDING, sync="refused", stock="none")
    assert "refused" in request["alerts"]
    assert await order.words(topics.CANCEL_DECISIONS) == ["CancelRejected", "CancelReverted"]
    await order.reject()
    await order.becomes(state="rejected", sync="confirmed", shippable=True)
    assert await order.words(topics.SYNC_OUTCOMES) == ["OutcomeRefused", "OutcomeSynced"]


async def test_twenty_approvals_at_once_are_one(shop):
    order = await shop.asked()
    request = await order.request()

    async def approve():
        return await shop.seller.decision.post(f"/cancel-requests/{request['id']}/approve", json={"revision": request["revision"]})

    answers = await gathered(*[approve] * 20)
    assert [answer.status_code for answer in answers] == [200] * 20
    await order.ends(
        **CANCELLED,
        state="approved",
        stock="returned",
        sync="confirmed",
        calls=[APPROVE[shop.channel]],
        decisions=["CancelApproved"],
        outcomes=["OutcomeSynced"],
    )
    await shop.stock_is(*WHOLE)


async def test_approve_against_reject_at_once_has_one_winner(shop):
    order = await shop.asked()
    request = await order.request()
    reason = await shop.seller.first_reason(request)
    path = f"/cancel-requests/{request['id']}"

    async def approve():
        return await shop.seller.decision.post(f"{path}/approve", json={"revision": request["revision"]})

    async def reject():
        return await shop.seller.decision.post(f"{path}/reject", json={"revision": request["revision"], "reason": reason})

    answers = await gathered(approve, reject)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    lost = next(answer.json() for answer in answers if answer.status_code == 409)
    assert lost["type"] == "/problems/already-decided"
    assert lost["request"]["state"] == won["state"]
    await order.becomes(state=won["state"], sync="confirmed")
    assert len(await order.calls()) == 1


@pytest.mark.parametrize("fault", ["duplicate_pushes", "reorder_pushes"])
async def test_pushes_that_come_often_or_in_the_wrong_order_are_one_request_in_the_right_state(shop, fault):
    await shop.market.ask("PUT", "/faults", {fault: 1.0})
    order = await shop.asked()
    await order.approve()
    await order.becomes(state="approved", sync="confirmed", stock="returned")
    assert len(await order.rows()) == 1
    await shop.stock_is(*WHOLE)


async def test_what_was_never_pushed_is_found_by_the_sweep_within_its_interval(shop):
    """The stack of these tests sweeps every 10 s; the sweep that a new shop is given at once is waited for."""
    await until(shop.swept, seconds=30, every=0.1, what="the first sweep")
    await shop.market.ask("PUT", "/faults", {"drop_pushes": 1.0})
    order = await shop.ordered()
    await order.act("request-cancel")
    await order.becomes(**PENDING, seconds=15)
    assert {event.found_by for event in await order.events(topics.CANCEL_REQUESTS)} == {"sweep"}


async def test_unknown_sku_is_told_and_nothing_is_guessed(shop):
    lines = [{"sku": f"unknown-{shop.shop_id}", "quantity": 1, "price": "9.00"}, {"sku": shop.skus[0], "quantity": 1, "price": "9.00"}]
    order = await shop.asked(lines=lines)
    await order.approve()
    request = await order.becomes(**CANCELLED, state="approved", stock="partly", sync="confirmed")
    assert "unmatched_sku" in request["alerts"]

    async def unmatched():
        return "StockUnmatched" in await order.words(topics.STOCK_MOVEMENTS)

    await until(unmatched, every=0.1)
    await shop.stock_is(OPENING, OPENING)
