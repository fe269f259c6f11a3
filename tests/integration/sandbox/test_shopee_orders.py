"""Shopee's order reads and the answer to a cancel request."""

import time

import pytest

DAY = 86_400


async def test_the_list_names_orders_only_unless_the_status_is_asked_for(box, shopee) -> None:
    ref = await box.requested()
    plain = (await shopee.listing())["response"]["order_list"]
    asked = (await shopee.listing(response_optional_fields="order_status"))["response"]["order_list"]
    assert [row["order_sn"] for row in plain] == [ref]
    assert "order_status" not in plain[0]
    assert asked[0]["order_status"] == "IN_CANCEL"


async def test_the_list_filters_by_status(box, shopee) -> None:
    ref = await box.requested()
    await box.order()
    rows = (await shopee.listing(order_status="IN_CANCEL"))["response"]["order_list"]
    assert [row["order_sn"] for row in rows] == [ref]


async def test_the_list_pages_by_cursor(box, shopee) -> None:
    refs = {await box.order() for _ in range(5)}
    seen, cursor, pages = set(), "", 0
    while True:
        page = (await shopee.listing(page_size=2, cursor=cursor))["response"]
        seen |= {row["order_sn"] for row in page["order_list"]}
        pages, cursor = pages + 1, page["next_cursor"]
        if not page["more"]:
            break
    assert (seen, pages, cursor) == (refs, 3, "")


async def test_the_list_shows_only_the_shops_own_orders(box, shopee) -> None:
    await box.order(shop_id="200002")
    assert (await shopee.listing())["response"]["order_list"] == []


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"time_from": int(time.time()) - 15 * DAY, "time_to": int(time.time())}, "order.order_list_invalid_time"),
        ({"time_from": int(time.time()) + 100, "time_to": int(time.time())}, "order.order_list_invalid_time"),
        ({"time_range_field": "pay_time"}, "error_param"),
        ({"time_from": None}, "error_param"),
        ({"page_size": 101}, "error_param"),
        ({"page_size": 0}, "error_param"),
        ({"page_size": None}, "error_param"),
        ({"order_status": "IN_CANCELLATION"}, "error_param"),
        ({"order_status": "RETRY_SHIP"}, "error_param"),
        ({"cursor": "not a cursor"}, "error_param"),
    ],
)
async def test_a_wrong_list_call_is_refused(shopee, wrong, error) -> None:
    assert (await shopee.listing(**wrong))["error"] == error


async def test_a_range_just_under_fifteen_days_passes(shopee) -> None:
    now = int(time.time())
    assert (await shopee.listing(time_from=now - 15 * DAY + 1, time_to=now))["error"] == ""


async def test_details_show_optional_fields_only_when_named(box, shopee) -> None:
    ref = await box.requested(asked={"reason": "Found cheaper elsewhere"})
    plain = (await shopee.detail(ref))["response"]["order_list"][0]
    full = (await shopee.detail(ref, fields="item_list,total_amount,buyer_cancel_reason,package_list,cancel_by,pay_time"))["response"][
        "order_list"
    ][0]
    assert "item_list" not in plain
    assert (plain["order_status"], plain["region"], plain["currency"], plain["cod"]) == ("IN_CANCEL", "MY", "MYR", False)
    assert (full["total_amount"], full["buyer_cancel_reason"], full["cancel_by"]) == (49.8, "Found cheaper elsewhere", "")
    assert full["package_list"][0]["logistics_status"] == "LOGISTICS_REQUEST_CREATED"
    item = full["item_list"][0]
    assert (item["item_sku"], item["model_id"], item["model_quantity_purchased"], item["cancel_requested_qty"]) == ("AST-MUG-350", 0, 2, 2)


async def test_a_variation_carries_the_model_sku(box, shopee) -> None:
    lines = [{"sku": "AST-TEE-BLU-M", "quantity": 1, "price": "41"}, {"sku": None, "quantity": 1, "price": "5.50", "name": "No SKU"}]
    ref = await box.order(lines=lines, cod=True)
    order = (await shopee.detail(ref, fields="item_list,total_amount,pay_time"))["response"]["order_list"][0]
    assert [(item["model_sku"], item["item_sku"]) for item in order["item_list"]] == [("AST-TEE-BLU-M", ""), ("", "")]
    assert order["item_list"][0]["model_id"] > 0
    assert (order["cod"], order["total_amount"], order["pay_time"]) == (True, None, None)


async def test_a_held_order_is_pending_only_for_those_who_ask(box, shopee) -> None:
    ref = await box.order(status="on_hold")
    assert (await shopee.detail(ref))["response"]["order_list"][0]["order_status"] == "READY_TO_SHIP"
    flagged = await shopee.call("GET", "/api/v2/order/get_order_detail", {"order_sn_list": ref, "request_order_status_pending": "true"})
    order = flagged["response"]["order_list"][0]
    assert (order["order_status"], order["pending_terms"]) == ("PENDING", ["SYSTEM_PENDING"])


async def test_fifty_details_pass_and_fifty_one_are_refused(box, shopee) -> None:
    ref = await box.order()
    assert len((await shopee.detail(ref, *[f"26010100000{n:03}" for n in range(49)]))["response"]["order_list"]) == 1
    assert (await shopee.detail(*[f"26010100000{n:03}" for n in range(51)]))["error"] == "error_param"
    assert (await shopee.detail())["error"] == "error_param"


async def test_another_shops_order_is_not_found(box, shopee) -> None:
    ref = await box.requested(shop_id="200002")
    assert (await shopee.detail(ref))["error"] == "error_not_found"
    assert (await shopee.answer(ref, "ACCEPT"))["error"] == "error_not_found"


async def test_accepting_cancels_the_order_a_little_later(box, shopee) -> None:
    await box.control("PUT", "/config", {"effect_delay_s": 0.4})
    ref = await box.requested()
    answer = await shopee.answer(ref, "ACCEPT")
    assert answer["error"] == ""
    assert isinstance(answer["response"]["update_time"], int)
    assert (await shopee.detail(ref))["response"]["order_list"][0]["order_status"] == "IN_CANCEL"
    await box.becomes("shopee", ref, "cancelled", marketplace_status="CANCELLED")
    fields = "cancel_by,cancel_reason,package_list,item_list"
    order = (await shopee.detail(ref, fields=fields))["response"]["order_list"][0]
    assert (order["cancel_by"], order["package_list"][0]["logistics_status"]) == ("buyer", "LOGISTICS_REQUEST_CANCELED")
    assert (order["item_list"][0]["cancelled_qty"], order["item_list"][0]["active_qty"]) == (2, 0)


@pytest.mark.parametrize(("status", "former"), [("ready_to_ship", "PROCESSED"), ("new", "READY_TO_SHIP")])
async def test_rejecting_gives_back_the_former_status(box, shopee, status, former) -> None:
    ref = await box.requested(status=status, pre_order=True)
    assert (await shopee.answer(ref, "REJECT"))["error"] == ""
    await box.becomes("shopee", ref, status, marketplace_status=former)


async def test_an_answer_to_an_order_without_request_is_refused(box, shopee) -> None:
    ref = await box.order()
    assert (await shopee.answer(ref, "ACCEPT"))["error"] == "order.cancel_order_invalid_status"


@pytest.mark.parametrize("ending", ["withdraw", "expire", "seller-center-approve", "seller-center-reject", "ship"])
async def test_an_answer_after_the_end_is_refused(box, shopee, ending) -> None:
    ref = await box.requested()
    await box.event("shopee", ref, ending)
    for operation in ("ACCEPT", "REJECT"):
        assert (await shopee.answer(ref, operation))["error"] == "order.cancel_order_invalid_status"


async def test_the_same_answer_again_has_one_effect_and_the_opposite_is_refused(box, shopee) -> None:
    await box.control("PUT", "/config", {"effect_delay_s": 0.4})
    ref = await box.requested()
    errors = [(await shopee.answer(ref, operation))["error"] for operation in ("ACCEPT", "ACCEPT", "REJECT")]
    assert errors == ["", "", "order.cancel_order_invalid_status"]
    await box.becomes("shopee", ref, "cancelled")


async def test_a_withdrawal_beats_an_answer_that_still_travels(box, shopee) -> None:
    await box.control("PUT", "/config", {"effect_delay_s": 0.3})
    ref = await box.requested()
    await shopee.answer(ref, "ACCEPT")
    await box.event("shopee", ref, "withdraw")
    later = await box.requested()
    await shopee.answer(later, "ACCEPT")
    await box.becomes("shopee", later, "cancelled")  # so the earlier effect had its time too
    assert (await box.truth("shopee", ref))["status"] == "ready_to_ship"


@pytest.mark.parametrize(
    "body", [{"operation": "APPROVE"}, {"operation": "accept"}, {"operation": None}, {"order_sn": 5}, {"order_sn": ""}]
)
async def test_a_wrong_answer_is_refused(box, shopee, body) -> None:
    ref = await box.requested()
    full = {"order_sn": ref, "operation": "ACCEPT", **body}
    answer = await shopee.call("POST", "/api/v2/order/handle_buyer_cancellation", body=full)
    assert answer["error"] == "error_param"
    assert (await box.truth("shopee", ref))["status"] == "cancel_requested"


async def test_an_unsigned_answer_has_no_effect(box, shopee) -> None:
    ref = await box.requested()
    body = {"order_sn": ref, "operation": "ACCEPT"}
    assert (await shopee.call("POST", "/api/v2/order/handle_buyer_cancellation", body=body, sign="0" * 64))["error"] == "error_sign"
    assert (await box.truth("shopee", ref))["requests"][0]["state"] == "open"


async def test_shopee_takes_one_request_per_order(box, shopee) -> None:
    ref = await box.requested()
    await box.event("shopee", ref, "withdraw")
    await box.event("shopee", ref, "request-cancel", status=409)


async def test_an_order_can_be_brought_back_into_cancellation(box, shopee) -> None:
    ref = await box.requested()
    await box.event("shopee", ref, "withdraw")
    order = await box.event("shopee", ref, "request-cancel", {"again": True})
    assert (order["marketplace_status"], [request["state"] for request in order["requests"]]) == ("IN_CANCEL", ["closed", "open"])
    assert (await shopee.answer(ref, "ACCEPT"))["error"] == ""
    await box.becomes("shopee", ref, "cancelled")


async def test_a_request_for_some_units_leaves_the_others(box, shopee) -> None:
    ref = await box.requested(asked={"lines": [{"sku": "AST-MUG-350", "quantity": 1}]})
    assert (await shopee.answer(ref, "ACCEPT"))["error"] == ""
    await box.becomes("shopee", ref, "ready_to_ship")
    (item,) = (await shopee.detail(ref, fields="item_list"))["response"]["order_list"][0]["item_list"]
    assert (item["active_qty"], item["cancel_requested_qty"], item["cancelled_qty"]) == (1, 0, 1)


async def test_the_deadline_cancels_the_order(box, shopee) -> None:
    ref = await box.requested(asked={"respond_in_s": 600})
    await box.control("PUT", "/clock", {"advance_s": 601})
    await box.becomes("shopee", ref, "cancelled")
    assert (await shopee.detail(ref, fields="cancel_by"))["response"]["order_list"][0]["cancel_by"] == "system"


async def test_a_malaysian_seller_has_one_day(box) -> None:
    ref = await box.requested()
    await box.control("PUT", "/clock", {"advance_s": DAY - 60})
    assert (await box.truth("shopee", ref))["status"] == "cancel_requested"
    await box.control("PUT", "/clock", {"advance_s": 61})
    await box.becomes("shopee", ref, "cancelled")


async def test_an_instant_cancel_never_asks(box, shopee, receiver) -> None:
    ref = await box.order(status="new")
    order = await box.event("shopee", ref, "instant-cancel")
    assert (order["status"], order["marketplace_status"]) == ("cancelled", "CANCELLED")
    detail = (await shopee.detail(ref, fields="cancel_by,package_list"))["response"]["order_list"][0]
    assert (detail["cancel_by"], detail["package_list"][0]["logistics_status"]) == ("buyer", "LOGISTICS_INVALID")


async def test_update_time_is_real_time_whatever_the_clock_says(box, shopee) -> None:
    await box.control("PUT", "/clock", {"advance_s": 10 * DAY, "scale": 50})
    fresh = await box.shopee()
    ref = await box.requested()
    order = (await fresh.detail(ref))["response"]["order_list"][0]
    assert abs(order["update_time"] - time.time()) < 5


async def test_an_old_request_needs_an_older_order(box, shopee) -> None:
    ref = await box.requested(created_ago_s=9000, asked={"requested_ago_s": 3600})
    order = (await shopee.detail(ref))["response"]["order_list"][0]
    assert abs(order["update_time"] - (time.time() - 3600)) < 5
