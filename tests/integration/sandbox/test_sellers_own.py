"""What sellers do on their own through the APIs: cancel an order, set stock."""

import pytest

CANCEL = "/return_refund/202309/cancellations"


async def test_a_tiktok_seller_cancels_an_order(box, tiktok) -> None:
    ref = await box.order("tiktok")
    body = {"order_id": ref, "cancel_reason": "seller_cancel_reason_out_of_stock"}
    answer = await tiktok.call("POST", CANCEL, None, body)
    assert (answer["code"], answer["data"]["cancel_status"]) == (0, "CANCELLATION_REQUEST_SUCCESS")
    await box.becomes("tiktok", ref, "cancelled", marketplace_status="CANCELLED")
    assert (await tiktok.call("POST", CANCEL, None, body))["code"] == 25001011


async def test_a_tiktok_sellers_wrong_cancellation_is_refused(box, tiktok) -> None:
    ref = await box.order("tiktok")
    right = {"order_id": ref, "cancel_reason": "seller_cancel_reason_out_of_stock"}
    for wrong, code in (
        ({"cancel_reason": "seller_cancel_paid_reason_buyer_requested_cancellation"}, 25001014),  # Philippines only
        ({"order_line_item_ids": ["1"]}, 25005010),
        ({"order_id": "5769999999999999999"}, 25007006),
        ({"cancel_reason": None}, 25001001),
    ):
        assert (await tiktok.call("POST", CANCEL, None, {**right, **wrong}))["code"] == code
    await box.event("tiktok", ref, "request-cancel")
    assert (await tiktok.call("POST", CANCEL, None, right))["code"] == 25001011


async def test_tiktok_says_whether_a_cancellation_may_begin(box, tiktok) -> None:
    ref = await box.order("tiktok")
    path = f"/return_refund/202309/orders/{ref}/aftersale_eligibility"

    async def verdict():
        return (await tiktok.call("GET", path))["data"]["sku_eligibility"][0]["line_item_eligibility"][0]

    assert (await verdict())["eligible"] is True
    await box.event("tiktok", ref, "request-cancel")
    assert ((await verdict())["eligible"], (await verdict())["ineligible_code"]) == (False, 25001011)


async def test_a_shopee_seller_cancels_an_order(box, shopee) -> None:
    ref, path = await box.order(), "/api/v2/order/cancel_order"
    assert (await shopee.call("POST", path, body={"order_sn": ref, "cancel_reason": "OUT_OF_STOCK"}))["error"] == "error_param"
    assert (await shopee.call("POST", path, body={"order_sn": ref, "cancel_reason": "CHANGED_MY_MIND"}))["error"] == "error_param"
    assert (await shopee.call("POST", path, body={"order_sn": ref, "cancel_reason": "CUSTOMER_REQUEST"}))["error"] == ""
    assert (await shopee.detail(ref, fields="cancel_by"))["response"]["order_list"][0]["cancel_by"] == "seller"
    assert (await shopee.call("POST", path, body={"order_sn": ref, "cancel_reason": "CUSTOMER_REQUEST"}))["error"] == "order.error_limit"


async def test_seller_cancellation_is_no_answer_to_a_shopee_request(box, shopee) -> None:
    ref = await box.requested()
    body = {"order_sn": ref, "cancel_reason": "CUSTOMER_REQUEST"}
    assert (await shopee.call("POST", "/api/v2/order/cancel_order", body=body))["error"] == "order.error_limit"


async def test_shopee_stock_is_set_not_added(box, shopee) -> None:
    ref = await box.order()
    item = int((await box.truth("shopee", ref))["lines"][0]["item_id"])
    for _ in range(2):
        models = [{"model_id": model, "seller_stock": [{"stock": 7}]} for model in (0, 99)]
        answer = await shopee.call("POST", "/api/v2/product/update_stock", body={"item_id": item, "stock_list": models})
    assert [entry["model_id"] for entry in answer["response"]["success_list"]] == [0]
    assert [entry["model_id"] for entry in answer["response"]["failure_list"]] == [99]
    shown = (await shopee.call("GET", "/api/v2/product/get_item_base_info", {"item_id_list": item}))["response"]["item_list"][0]
    assert shown["stock_info_v2"]["summary_info"]["total_available_stock"] == 7


@pytest.mark.parametrize("body", [{"item_id": 1}, {"item_id": 1, "stock_list": [{}] * 51}])
async def test_wrong_shopee_stock_is_refused(shopee, body) -> None:
    assert (await shopee.call("POST", "/api/v2/product/update_stock", body=body))["error"] == "product.error_param"


async def test_tiktok_inventory_is_set_and_a_success_may_hold_errors(box, tiktok) -> None:
    ref = await box.order("tiktok")
    line = (await box.truth("tiktok", ref))["lines"][0]
    path = f"/product/202309/products/{line['item_id']}/inventory/update"
    body = {"skus": [{"id": line["model_id"], "inventory": [{"quantity": 42}]}, {"id": "1", "inventory": [{"quantity": 1}]}]}
    answer = await tiktok.call("POST", path, None, body)
    assert (answer["code"], [error["code"] for error in answer["data"]["errors"]]) == (0, [12052556])
    found = await tiktok.call("POST", "/product/202309/inventory/search", None, {"sku_ids": [line["model_id"]]})
    assert found["data"]["inventory"][0]["skus"][0]["total_available_quantity"] == 42
    too_many = {"skus": [{"id": line["model_id"], "inventory": [{"quantity": 100_000}]}]}
    assert (await tiktok.call("POST", path, None, too_many))["data"]["errors"][0]["code"] == 12019024
    assert (await tiktok.call("POST", path, None, {"skus": []}))["code"] == 12052902
