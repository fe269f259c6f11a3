"""TikTok Shop's cancellations and orders: search, approve, reject, reasons."""

import time
import uuid

import pytest
from tests.support.waiting import until

PACKED = "seller_reject_apply_product_has_been_packed"
SHOP = "7490000000000000001"


async def test_a_request_is_shown_as_in_the_reference(box, tiktok) -> None:
    ref = await box.requested("tiktok", asked={"respond_in_s": 7200}, shipping_fee="4.90", should_replenish_stock=True)
    answer = await tiktok.search({"order_ids": [ref]})
    assert (answer["data"]["total_count"], answer["data"]["next_page_token"]) == (1, "")
    row = answer["data"]["cancellations"][0]
    assert (row["cancel_type"], row["cancel_status"], row["role"]) == ("BUYER_CANCEL", "CANCELLATION_REQUEST_PENDING", "BUYER")
    assert (row["cancel_reason_text"], row["should_replenish_stock"], len(row["cancel_id"])) == ("Better price available", True, 19)
    step = row["seller_next_action_response"][0]
    assert step["action"] == "SELLER_RESPOND_CANCEL"
    assert abs(step["deadline"] - time.time() - 7200) < 10
    assert row["refund_amount"] == {
        "currency": "MYR", "refund_total": "54.70", "refund_subtotal": "49.80", "refund_shipping_fee": "4.90", "refund_tax": "0",
    }  # fmt: skip
    assert [item["seller_sku"] for item in row["cancel_line_items"]] == ["AST-MUG-350", "AST-MUG-350"]  # one per unit, no quantity
    assert len({item["order_line_item_id"] for item in row["cancel_line_items"]}) == 2


async def test_an_order_is_shown_as_in_the_reference(box, tiktok) -> None:
    ref = await box.requested("tiktok", lines=[{"sku": None, "quantity": 1, "price": "3", "name": "Gift", "is_gift": True}], cod=True)
    order = (await tiktok.call("GET", "/order/202309/orders", {"ids": ref}))["data"]["orders"][0]
    cancellation = await tiktok.of_order(ref)
    assert (order["status"], order["is_buyer_request_cancel"], order["is_cod"]) == ("AWAITING_SHIPMENT", True, True)
    assert order["request_cancel_time"] == cancellation["create_time"]
    assert (order["payment"]["total_amount"], order["payment"]["currency"]) == ("0.00", "MYR")
    assert "seller_sku" not in order["line_items"][0]
    assert "seller_sku" not in cancellation["cancel_line_items"][0]
    assert "refund_amount" not in cancellation  # nothing was paid
    assert cancellation["cancel_line_items"][0]["order_line_item_id"] == order["line_items"][0]["id"]
    assert "paid_time" not in order
    assert "rts_time" not in order


async def test_a_request_does_not_move_the_orders_update_time(box, tiktok) -> None:
    ref = await box.order("tiktok", created_ago_s=500)
    await box.event("tiktok", ref, "request-cancel")
    order = (await tiktok.call("GET", "/order/202309/orders", {"ids": ref}))["data"]["orders"][0]
    assert order["update_time"] < time.time() - 400
    assert (await tiktok.of_order(ref))["update_time"] > time.time() - 10


async def test_search_pages_until_the_token_is_empty(box, tiktok) -> None:
    refs = {await box.requested("tiktok") for _ in range(5)}
    seen, token, pages = set(), None, 0
    while token != "":
        data = (await tiktok.search(page_size=2, page_token=token))["data"]
        seen |= {row["order_id"] for row in data["cancellations"]}
        token, pages = data["next_page_token"], pages + 1
    assert (seen, pages) == (refs, 3)


async def test_search_sorts_oldest_first_unless_told_otherwise(box, tiktok) -> None:
    for ago in (100, 300, 200):
        await box.requested("tiktok", asked={"requested_ago_s": ago})
    up = [row["create_time"] for row in (await tiktok.search())["data"]["cancellations"]]
    down = [row["create_time"] for row in (await tiktok.search(sort_order="DESC"))["data"]["cancellations"]]
    assert (up, down) == (sorted(up), sorted(up, reverse=True))


async def test_search_filters(box, tiktok) -> None:
    open_ref = await box.requested("tiktok")
    closed_ref = await box.requested("tiktok")
    await box.event("tiktok", closed_ref, "withdraw")
    direct_ref = await box.order("tiktok", status="ready_to_ship")
    await box.event("tiktok", direct_ref, "instant-cancel", {"by": "system"})

    async def found(**body):
        return {row["order_id"] for row in (await tiktok.search(body))["data"]["cancellations"]}

    assert await found(cancel_status=["CANCELLATION_REQUEST_PENDING"]) == {open_ref}
    assert await found(cancel_status=["CANCELLATION_REQUEST_CANCEL"]) == {closed_ref}
    assert await found(cancel_types=["CANCEL"]) == {direct_ref}
    assert await found(update_time_ge=int(time.time()) + 100) == set()
    assert await found(create_time_ge=int(time.time()) - 100) == {open_ref, closed_ref, direct_ref}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ({"page_size": 51}, {}),
        ({"page_size": 0}, {}),
        ({"page_size": "many"}, {}),
        ({"page_token": "not-a-token"}, {}),
        ({"sort_field": "id"}, {}),
        ({"sort_order": "UP"}, {}),
        ({}, {"cancel_status": ["CANCELLATION_REQUEST_CANCELLED"]}),  # the filter's spelling is …_CANCEL
        ({}, {"cancel_status": "CANCELLATION_REQUEST_PENDING"}),
        ({}, {"cancel_types": ["REFUND"]}),
        ({}, {"cancel_ids": [4030000000000000001]}),
        ({}, {"update_time_ge": "1700000000"}),
    ],
)
async def test_a_wrong_search_is_refused(tiktok, query, body) -> None:
    assert (await tiktok.search(body, **query))["code"] == 25001001


async def test_a_page_token_of_another_search_is_refused(box, tiktok) -> None:
    for _ in range(2):
        await box.requested("tiktok")
    token = (await tiktok.search(page_size=1))["data"]["next_page_token"]
    assert (await tiktok.search(page_size=1, page_token=token, sort_order="DESC"))["code"] == 25001001
    assert (await tiktok.search({"cancel_types": ["CANCEL"]}, page_size=1, page_token=token))["code"] == 25001001


async def test_another_shops_requests_stay_hidden(box, tiktok) -> None:
    ref = await box.requested("tiktok", shop_id="7490000000000000002")
    other = await box.tiktok("7490000000000000002")
    cancel_id = (await other.of_order(ref))["cancel_id"]
    assert (await tiktok.search({"cancel_ids": [cancel_id]}))["data"]["cancellations"] == []
    assert (await tiktok.decide(cancel_id, "approve"))["code"] == 25020005
    assert (await tiktok.call("GET", "/order/202309/orders", {"ids": ref}))["code"] == 21008111


async def test_fifty_orders_pass_and_fifty_one_are_refused(tiktok) -> None:
    for count, code in ((50, 0), (51, 98001004), (0, 98001004)):
        ids = ",".join(str(5_760_000_000_000_000_000 + n) for n in range(count))
        assert (await tiktok.call("GET", "/order/202309/orders", {"ids": ids}))["code"] == code


async def test_order_search_wants_a_page_size_and_known_statuses(box, tiktok) -> None:
    ref = await box.requested("tiktok")
    await box.order("tiktok", status="unpaid")
    path = "/order/202309/orders/search"
    found = await tiktok.call("POST", path, {"page_size": 10}, {"is_buyer_request_cancel": True})
    assert [order["id"] for order in found["data"]["orders"]] == [ref]
    assert (await tiktok.call("POST", path, None, {}))["code"] == 98001004
    assert (await tiktok.call("POST", path, {"page_size": 101}, {}))["code"] == 98001004
    assert (await tiktok.call("POST", path, {"page_size": 10}, {"order_status": "CANCEL"}))["code"] == 98001004


async def test_approving_goes_through_success_to_complete_and_the_order_follows(box, tiktok) -> None:
    await box.control("PUT", "/config", {"effect_delay_s": 0.3})
    ref = await box.requested("tiktok")
    cancel_id = (await tiktok.of_order(ref))["cancel_id"]
    answer = await tiktok.decide(cancel_id, "approve")
    assert (answer["code"], answer["data"]) == (0, {})
    assert (await tiktok.of_order(ref))["cancel_status"] == "CANCELLATION_REQUEST_PENDING"
    await box.becomes("tiktok", ref, "cancelled", marketplace_status="AWAITING_SHIPMENT")
    row = await tiktok.of_order(ref)
    assert row["cancel_status"] == "CANCELLATION_REQUEST_SUCCESS"
    assert not row.get("seller_next_action_response")
    await box.becomes("tiktok", ref, "cancelled", marketplace_status="CANCELLED")
    assert (await tiktok.of_order(ref))["cancel_status"] == "CANCELLATION_REQUEST_COMPLETE"
    order = (await tiktok.call("GET", "/order/202309/orders", {"ids": ref}))["data"]["orders"][0]
    assert (order["status"], order["cancellation_initiator"], order["is_buyer_request_cancel"]) == ("CANCELLED", "BUYER", False)


@pytest.mark.parametrize("body", [None, {}])
async def test_approving_takes_no_body_or_an_empty_one(box, tiktok, body) -> None:
    ref = await box.requested("tiktok")
    assert (await tiktok.decide((await tiktok.of_order(ref))["cancel_id"], "approve", body))["code"] == 0


async def test_rejecting_closes_the_request_and_the_order_goes_on(box, tiktok) -> None:
    ref = await box.requested("tiktok")
    cancel_id = (await tiktok.of_order(ref))["cancel_id"]
    assert (await tiktok.decide(cancel_id, "reject", {"reject_reason": PACKED, "comment": "Already packed"}))["code"] == 0
    await box.becomes("tiktok", ref, "new", marketplace_status="AWAITING_SHIPMENT")
    assert (await tiktok.of_order(ref))["cancel_status"] == "CANCELLATION_REQUEST_CANCELLED"


async def test_a_rejection_needs_a_reason_that_is_offered(box, tiktok) -> None:
    ref = await box.requested("tiktok")
    cancel_id = (await tiktok.of_order(ref))["cancel_id"]
    reasons = (await tiktok.call("GET", "/return_refund/202309/reject_reasons", {"return_or_cancel_id": cancel_id, "locale": "en-SG"}))[
        "data"
    ]
    assert PACKED in {reason["name"] for reason in reasons["reasons"]}
    await box.control("PUT", f"/shops/tiktok/{SHOP}/reject-reasons", {"reasons": [{"name": "only_this", "text": "Only this"}]})
    assert (await tiktok.decide(cancel_id, "reject", {}))["code"] == 25001001
    assert (await tiktok.decide(cancel_id, "reject", {"reject_reason": "made_up"}))["code"] == 25001014
    assert (await tiktok.decide(cancel_id, "reject", {"reject_reason": PACKED}))["code"] == 25001020
    assert (await box.truth("tiktok", ref))["status"] == "cancel_requested"
    assert (await tiktok.decide(cancel_id, "reject", {"reject_reason": "only_this"}))["code"] == 0


async def test_reject_reasons_need_a_known_request(tiktok) -> None:
    for query in ({}, {"return_or_cancel_id": "4039999999999999999"}):
        assert (await tiktok.call("GET", "/return_refund/202309/reject_reasons", query))["code"] == 25001001


async def test_the_same_key_is_answered_again_without_a_second_effect(box, tiktok, receiver) -> None:
    ref = await box.requested("tiktok")
    cancel_id, key = (await tiktok.of_order(ref))["cancel_id"], str(uuid.uuid4())
    codes = [(await tiktok.decide(cancel_id, "approve", idempotency_key=key))["code"] for _ in range(3)]
    await box.becomes("tiktok", ref, "cancelled", marketplace_status="CANCELLED")
    codes.append((await tiktok.decide(cancel_id, "approve", idempotency_key=key))["code"])
    assert codes == [0, 0, 0, 0]
    assert (await box.truth("tiktok", ref))["requests"][0]["state"] == "complete"


async def test_a_key_used_for_something_else_or_too_long_is_refused(box, tiktok) -> None:
    ids = [(await tiktok.of_order(await box.requested("tiktok")))["cancel_id"] for _ in range(2)]
    assert (await tiktok.decide(ids[0], "approve", idempotency_key="k" * 256))["code"] == 25001001
    assert (await tiktok.decide(ids[0], "approve", idempotency_key="k"))["code"] == 0
    assert (await tiktok.decide(ids[1], "approve", idempotency_key="k"))["code"] == 25001001


async def test_a_second_answer_without_key_meets_the_lock_and_then_the_state(box, tiktok) -> None:
    await box.control("PUT", "/config", {"effect_delay_s": 0.3})
    ref = await box.requested("tiktok")
    cancel_id = (await tiktok.of_order(ref))["cancel_id"]
    codes = [(await tiktok.decide(cancel_id, "approve"))["code"] for _ in range(2)]
    await box.becomes("tiktok", ref, "cancelled")
    codes.append((await tiktok.decide(cancel_id, "approve"))["code"])
    codes.append((await tiktok.decide(cancel_id, "reject", {"reject_reason": PACKED}))["code"])
    assert codes == [0, 25001028, 25011012, 25020010]


@pytest.mark.parametrize(
    ("ending", "status", "approve", "reject"),
    [
        ("withdraw", "new", 25020009, 25011011),
        ("seller-center-reject", "new", 25020009, 25011011),
        ("seller-center-approve", "new", 25011012, 25020010),
        ("expire", "new", 25011012, 25020010),
        ("ship", "ready_to_ship", 25001045, 25011011),
    ],
)
async def test_an_answer_after_the_end_is_refused(box, tiktok, ending, status, approve, reject) -> None:
    ref = await box.requested("tiktok", status=status)
    cancel_id = (await tiktok.of_order(ref))["cancel_id"]
    await box.event("tiktok", ref, ending)
    assert (await tiktok.decide(cancel_id, "approve"))["code"] == approve
    assert (await tiktok.decide(cancel_id, "reject", {"reject_reason": PACKED}))["code"] == reject


async def test_an_unknown_request_can_not_be_answered(tiktok) -> None:
    assert (await tiktok.decide("4039999999999999999", "approve"))["code"] == 25007006


async def test_a_direct_cancellation_can_not_be_answered(box, tiktok) -> None:
    ref = await box.order("tiktok")
    await box.event("tiktok", ref, "instant-cancel", {"by": "seller"})
    row = await tiktok.of_order(ref)
    assert (row["cancel_type"], row["role"]) == ("CANCEL", "SELLER")
    assert row["cancel_status"] in {"CANCELLATION_REQUEST_SUCCESS", "CANCELLATION_REQUEST_COMPLETE"}  # the second follows by itself
    assert (await tiktok.decide(row["cancel_id"], "approve"))["code"] == 25020004


async def test_the_deadline_approves_for_the_seller(box, tiktok) -> None:
    ref = await box.requested("tiktok", asked={"respond_in_s": 900})
    await box.control("PUT", "/clock", {"advance_s": 901})
    await box.becomes("tiktok", ref, "cancelled", marketplace_status="CANCELLED")
    row = await tiktok.of_order(ref)
    assert (row["cancel_status"], row["cancel_type"]) == ("CANCELLATION_REQUEST_COMPLETE", "BUYER_CANCEL")


async def test_a_scaled_clock_is_told_in_the_deadline(box, tiktok) -> None:
    ref = await box.requested("tiktok", asked={"respond_in_s": 3600})
    await box.control("PUT", "/clock", {"scale": 60})
    deadline = (await tiktok.of_order(ref))["seller_next_action_response"][0]["deadline"]
    assert 50 <= deadline - time.time() <= 61


async def test_a_buyer_may_ask_again_on_tiktok(box, tiktok) -> None:
    ref = await box.requested("tiktok")
    await box.event("tiktok", ref, "withdraw")
    await box.event("tiktok", ref, "request-cancel")
    rows = (await tiktok.search({"order_ids": [ref]}))["data"]["cancellations"]
    assert len({row["cancel_id"] for row in rows}) == 2


async def test_a_partly_cancelled_order_goes_on(box, tiktok) -> None:
    lines = [{"sku": "AST-MUG-350", "quantity": 2, "price": "24.90"}, {"sku": "AST-LAMP-W", "quantity": 1, "price": "89"}]
    ref = await box.order("tiktok", lines=lines)
    await box.event("tiktok", ref, "request-cancel", {"lines": [{"sku": "AST-MUG-350", "quantity": 1}]})
    row = await tiktok.of_order(ref)
    assert (len(row["cancel_line_items"]), row["refund_amount"]["refund_total"]) == (1, "24.90")
    await tiktok.decide(row["cancel_id"], "approve")

    async def complete():
        return (await tiktok.of_order(ref))["cancel_status"].endswith("COMPLETE")

    await until(complete)
    order = await box.truth("tiktok", ref)
    assert (order["status"], order["marketplace_status"]) == ("new", "AWAITING_SHIPMENT")
    assert [line["cancelled_quantity"] for line in order["lines"]] == [1, 0]


async def test_an_answer_on_its_way_is_not_for_the_next_request(box, tiktok) -> None:
    await box.control("PUT", "/config", {"effect_delay_s": 0.3})
    ref = await box.requested("tiktok")
    await tiktok.decide((await tiktok.of_order(ref))["cancel_id"], "approve")
    await box.event("tiktok", ref, "withdraw")
    await box.event("tiktok", ref, "request-cancel")
    later = await box.requested("tiktok")
    await tiktok.decide((await tiktok.of_order(later))["cancel_id"], "approve")
    await box.becomes("tiktok", later, "cancelled")  # so the earlier effect had its time too
    assert [request["state"] for request in (await box.truth("tiktok", ref))["requests"]] == ["closed", "open"]
