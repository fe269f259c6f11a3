"""The seller's stories, on both channels: how each ends for the request, the order, the stock and the marketplace."""

from collections import Counter

import pytest
from tests.e2e.conftest import OPENING, gathered
from tests.support.waiting import until

from contracts import topics

SOLD = (OPENING - 2, OPENING - 1)
WHOLE = (OPENING, OPENING)
ANSWERS = {"shopee": ("handle_buyer_cancellation", "handle_buyer_cancellation"), "tiktok": ("approve", "reject")}


async def test_approved_request_gives_stock_back_and_cancels_the_order_at_the_marketplace(shop):
    order = await shop.asked()
    pending = await order.becomes(
        state="pending", tab="to_decide", status="cancel_requested", shippable=False, hold="cancel_requested", sync="none"
    )
    assert pending["reason"].get("text") or pending["reason"].get("code")
    assert {line["sku"] for line in pending["lines"]} == set(shop.skus)
    await shop.stock_is(*SOLD)
    answer = await order.approve(note="Buyer changed their mind.")
    assert (answer["state"], answer["sync"]["state"]) == ("approved", "queued")
    await order.becomes(
        state="approved", tab="cancelled", status="cancelled", shippable=False, hold="cancelled", stock="returned", sync="confirmed"
    )
    await shop.stock_is(*WHOLE)
    assert (await order.truth())["status"] == "cancelled"
    assert await order.calls() == [ANSWERS[shop.channel][0]]
    assert await order.words(topics.CANCEL_DECISIONS) == ["CancelApproved"]
    assert "OutcomeSynced" in await order.words(topics.SYNC_OUTCOMES)
    assert Counter(await order.words(topics.STOCK_MOVEMENTS)) == {"StockRestored": len(pending["lines"]), "StockSettled": 1}
    statuses = [(event.status, event.shippable) for event in await order.events(topics.ORDER_STATUS)]
    assert statuses[0] == ("cancel_requested", False)
    assert all(not shippable for _, shippable in statuses)
    assert statuses[-1][0] == "cancelled"


async def test_rejected_request_may_ship_only_once_the_marketplace_has_taken_it(shop):
    order = await shop.asked()
    await shop.market.ask(
        "POST",
        "/faults/script",
        {"script": [{"fault": "slow", "endpoint": ANSWERS[shop.channel][1], "order_ref": order.ref, "seconds": 1.0}]},
    )
    answer = await order.reject()
    assert (answer["state"], answer["order"]["status"], answer["order"]["shippable"]) == ("rejected", "ready_to_ship", False)
    assert (await order.may_ship())["hold"] == "rejection_not_taken"
    await order.becomes(state="rejected", tab="rejected", status="ready_to_ship", shippable=True, hold=None, stock="none", sync="confirmed")
    gate = await order.may_ship()
    assert (gate["may_ship"], gate["known"], gate["fresh"]) == (True, True, True)
    assert await order.calls() == [ANSWERS[shop.channel][1]]
    assert await order.words(topics.CANCEL_DECISIONS) == ["CancelRejected"]
    assert await order.words(topics.STOCK_MOVEMENTS) in ([], ["StockSettled"])
    await shop.stock_is(*SOLD)


@pytest.mark.parametrize("event", ["withdraw", "seller-center-reject"])
async def test_request_that_ended_without_us_lapses_and_the_order_goes_on(shop, event):
    order = await shop.asked()
    await order.act(event)
    before = "ready_to_ship" if shop.channel == "shopee" else "new"
    await order.becomes(
        state="lapsed", tab="ended", lapsed_because="unknown", status=before, shippable=True, hold=None, sync="none", stock="none"
    )
    assert (await order.may_ship())["may_ship"]
    assert await order.words(topics.CANCEL_DECISIONS) == ["CancelLapsed"]
    assert await order.calls() == []
    await shop.stock_is(*SOLD)


@pytest.mark.parametrize("event", ["expire", "seller-center-approve"])
async def test_request_that_was_granted_without_us_gives_the_stock_back_once(shop, event):
    order = await shop.asked()
    await order.act(event)
    await order.becomes(
        state="cancelled_elsewhere", tab="cancelled", status="cancelled", shippable=False, hold="cancelled", stock="returned", sync="none"
    )
    await shop.stock_is(*WHOLE)
    assert await order.words(topics.CANCEL_DECISIONS) == ["CancelledElsewhere"]
    assert await order.calls() == []


async def test_instant_cancel_of_a_new_shopee_order_is_seen_and_gives_stock_back(open_shop):
    shop = await open_shop("shopee")
    order = await shop.ordered(status="new")
    await order.act("instant-cancel", by="buyer")
    await order.becomes(
        state="cancelled_elsewhere", status="cancelled", shippable=False, recall=False, stock="returned", cancelled_by="buyer"
    )
    await shop.stock_is(*WHOLE)


async def test_cancel_of_a_packed_tiktok_order_stops_the_parcel(open_shop):
    shop = await open_shop("tiktok")
    order = await shop.ordered(status="ready_to_ship")
    await order.act("instant-cancel", by="buyer")
    request = await order.becomes(state="cancelled_elsewhere", status="cancelled", recall=True, stock="returned")
    assert "stop_parcel" in request["alerts"]
    await shop.stock_is(*WHOLE)


async def test_order_that_was_shipped_while_pending_lapses(shop):
    order = await shop.asked(status="ready_to_ship") if shop.channel == "shopee" else await shop.asked()
    await order.act("ship")
    await order.becomes(state="lapsed", lapsed_because="shipped", status="shipped", shippable=False)
    await shop.stock_is(*SOLD)


@pytest.mark.parametrize(("event", "because"), [("withdraw", "unknown"), ("ship", "shipped")])
async def test_approval_refused_because_it_ended_meanwhile_takes_the_stock_back_and_tells_the_seller(shop, event, because):
    order = await shop.asked()
    await shop.market.ask("PUT", "/faults", {"drop_pushes": 1.0})
    await order.act(event)
    await order.approve()
    request = await order.becomes(state="lapsed", lapsed_because=because, sync="refused", stock="reversed")
    assert request["revert"]["why"] in {"refused", "undone"}
    assert "refused" in request["alerts"]
    await shop.stock_is(*SOLD)
    assert (await order.words(topics.CANCEL_DECISIONS))[0] == "CancelApproved"
    assert "CancelReverted" in await order.words(topics.CANCEL_DECISIONS)


async def test_rejection_of_an_order_cancelled_meanwhile_never_lets_it_ship(shop):
    order = await shop.asked()
    await shop.market.ask("PUT", "/faults", {"drop_pushes": 1.0})
    await order.act("seller-center-approve")
    await order.reject()
    await order.becomes(state="cancelled_elsewhere", status="cancelled", shippable=False, stock="returned", sync="refused")
    assert not any(event.shippable for event in await order.events(topics.ORDER_STATUS))
    await shop.stock_is(*WHOLE)


async def test_rejection_with_a_reason_no_longer_offered_is_pending_again(open_shop):
    shop = await open_shop("tiktok")
    order = await shop.asked()
    reason = await shop.seller.first_reason(await order.request())
    await shop.market.ask(
        "PUT", f"/shops/tiktok/{shop.shop_id}/reject-reasons", {"reasons": [{"name": "another_reason", "text": "Another"}]}
    )
    await order.reject(reason=reason)
    request = await order.becomes(state="pending", tab="to_decide", sync="refused", status="cancel_requested", shippable=False)
    assert "refused" in request["alerts"]
    await order.reject()
    await order.becomes(state="rejected", sync="confirmed", shippable=True)


async def test_twenty_approvals_at_once_are_one(shop):
    order = await shop.asked()
    request = await order.request()

    async def approve():
        return await shop.seller.decision.post(f"/cancel-requests/{request['id']}/approve", json={"revision": request["revision"]})

    answers = await gathered(*[approve] * 20)
    assert [answer.status_code for answer in answers] == [200] * 20
    await order.becomes(sync="confirmed", stock="returned")
    assert await order.words(topics.CANCEL_DECISIONS) == ["CancelApproved"]
    assert len(await order.calls()) == 1
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


async def test_duplicated_and_reordered_pushes_are_one_request_in_the_right_state(shop):
    await shop.market.ask("PUT", "/faults", {"duplicate_pushes": 1.0, "reorder_pushes": 0.7})
    order = await shop.asked()
    await order.approve()
    await order.becomes(state="approved", sync="confirmed", stock="returned")
    assert len(await order.rows()) == 1
    await shop.stock_is(*WHOLE)


async def test_what_was_never_pushed_is_found_by_the_sweep(shop, system):
    await shop.market.ask("PUT", "/faults", {"drop_pushes": 1.0})
    order = await shop.ordered()
    await order.act("request-cancel")
    await order.becomes(state="pending", seconds=75)
    assert {event.found_by for event in await order.events(topics.CANCEL_REQUESTS)} == {"sweep"}


async def test_unknown_sku_is_told_and_nothing_is_guessed(shop):
    lines = [{"sku": f"unknown-{shop.shop_id}", "quantity": 1, "price": "9.00"}, {"sku": shop.skus[0], "quantity": 1, "price": "9.00"}]
    order = await shop.asked(lines=lines)
    await order.approve()
    request = await order.becomes(state="approved", stock="partly", sync="confirmed")
    assert "unmatched_sku" in request["alerts"]

    async def unmatched():
        return "StockUnmatched" in await order.words(topics.STOCK_MOVEMENTS)

    await until(unmatched, every=0.1)
    await shop.stock_is(OPENING, OPENING)
