"""The control API: a public promise to tests and demos."""

import asyncio
import contextlib
import os
import sys

import httpx
import pytest
from tests.support.waiting import until

CALL = {"at", "endpoint", "request", "answer"}


async def test_an_order_is_shown_with_its_truth_and_the_calls_it_got(box, shopee) -> None:
    ref = await box.requested()
    await shopee.detail(ref)
    await shopee.answer(ref, "ACCEPT")
    order = await box.becomes("shopee", ref, "cancelled")
    assert {"channel", "shop_id", "order_ref", "status", "marketplace_status", "lines", "calls"} <= order.keys()
    assert order["lines"][0] | {"sku": "AST-MUG-350", "quantity": 2, "price": "24.90"} == order["lines"][0]
    (call,) = order["calls"]
    assert call.keys() >= CALL
    assert (call["endpoint"], call["request"]["operation"], call["answer"]["error"]) == ("handle_buyer_cancellation", "ACCEPT", "")
    assert [read["endpoint"] for read in order["reads"]] == ["get_order_detail"]


async def test_no_credential_is_kept_with_a_call(box, shopee, tiktok) -> None:
    await shopee.refresh()
    await tiktok.token("refresh", refresh_token=tiktok.refresh_token, grant_type="refresh_token")
    await shopee.listing()
    kept = (await box.http.get(f"{box.url}/_sandbox/calls/recent")).text
    page = (await box.http.get(box.url)).text
    for secret in (shopee.refresh_token, shopee.access_token, tiktok.refresh_token, "sandbox-app-secret"):
        assert secret not in kept
        assert secret not in page


async def test_calls_are_counted_and_can_be_forgotten(box, shopee, tiktok) -> None:
    for _ in range(2):
        await shopee.listing()
    await tiktok.search()
    assert (await box.control("GET", "/calls"))["items"] == [
        {"channel": "shopee", "shop_id": "200001", "endpoint": "get_order_list", "count": 2},
        {"channel": "tiktok", "shop_id": "7490000000000000001", "endpoint": "cancellations/search", "count": 1},
    ]
    await box.control("DELETE", "/calls")
    assert (await box.control("GET", "/calls"))["items"] == []


async def test_the_demo_has_six_shops_of_one_seller_and_two_of_another(box) -> None:
    shops = (await box.control("GET", "/shops"))["items"]
    assert sorted((shop["channel"], shop["region"]) for shop in shops if shop["seller"] == "seller-a") == [
        (channel, region) for channel in ("shopee", "tiktok") for region in ("MY", "PH", "SG")
    ]
    assert [shop["channel"] for shop in shops if shop["seller"] == "seller-b"] == ["shopee", "tiktok"]


async def test_a_shop_can_be_added_with_its_first_tokens(box) -> None:
    body = {"channel": "shopee", "shop_id": "777", "name": "New", "region": "SG", "seller": "seller-c"}
    shop = await box.control("POST", "/shops", body, status=201)
    assert shop["access_token_expires_at"] < shop["refresh_token_expires_at"]
    client = await box.shopee("777")  # again: authorised anew
    assert client.access_token != shop["access_token"]
    assert (await client.call("GET", "/api/v2/shop/get_shop_info"))["region"] == "SG"


async def test_orders_made_can_be_followed_by_sequence_number(box) -> None:
    refs = [await box.order(), await box.order("tiktok")]
    page = await box.control("GET", "/orders?since=0")
    assert [(order["seq"], order["order_ref"], order["seller"]) for order in page["items"]] == [
        (1, refs[0], "seller-a"),
        (2, refs[1], "seller-a"),
    ]
    assert page["last"] == 2
    assert (await box.control("GET", "/orders?since=2")) == {"items": [], "last": 2}


@pytest.mark.parametrize("event", ["withdraw", "expire", "seller-center-approve", "seller-center-reject"])
async def test_an_event_that_is_impossible_now_is_a_conflict(box, event) -> None:
    ref = await box.order()
    await box.event("shopee", ref, event, status=409)
    await box.event("shopee", ref, "ship")
    for impossible in ("request-cancel", "instant-cancel", "ship"):
        await box.event("shopee", ref, impossible, status=409)


async def test_shipment_can_not_be_arranged_while_a_request_is_open(box) -> None:
    ref = await box.requested("tiktok")
    await box.event("tiktok", ref, "arrange", status=409)


async def test_a_parcel_collected_while_pending_ends_the_request(box, tiktok) -> None:
    ref = await box.requested("tiktok", status="ready_to_ship")
    order = await box.event("tiktok", ref, "ship")
    assert (order["status"], order["marketplace_status"]) == ("shipped", "IN_TRANSIT")
    assert (await tiktok.of_order(ref))["cancel_status"] == "CANCELLATION_REQUEST_CANCELLED"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/orders/shopee/NOSUCH", None, 404),
        ("GET", "/orders/lazada/NOSUCH", None, 404),
        ("POST", "/orders", {"channel": "shopee", "shop_id": "1", "lines": []}, 404),
        ("POST", "/orders", {"channel": "shopee", "shop_id": "200001"}, 422),
        ("POST", "/orders", {"shop_id": "200001"}, 422),
        ("POST", "/orders", {"channel": "shopee", "shop_id": "200001", "status": "lost", "lines": [{"sku": "A"}]}, 422),
        ("POST", "/orders", {"channel": "shopee", "shop_id": "200001", "lines": [{"sku": "A", "price": "much"}]}, 422),
        ("POST", "/orders", {"channel": "shopee", "shop_id": "200001", "lines": [{"sku": "A", "quantity": 0}]}, 422),
        ("POST", "/orders", {"channel": "shopee", "shop_id": "200001", "lines": ["A"]}, 422),
        ("PUT", "/faults", {"channels": []}, 422),
        ("POST", "/shops/shopee/200001/explode", {}, 404),
        ("PUT", "/clock", {"scale": 0}, 422),
        ("PUT", "/clock", {"advance_s": -5}, 422),
        ("PUT", "/config", {"partner_key": "x"}, 422),
        ("PUT", "/buyers", {"pace": 3}, 422),
    ],
)
async def test_a_wrong_control_call_says_what_is_wrong(box, method, path, body, status) -> None:
    answer = await box.control(method, path, body, status=status)
    assert answer["detail"]


async def test_an_unknown_event_is_missing(box) -> None:
    ref = await box.order()
    await box.event("shopee", ref, "explode", status=404)


async def test_buyers_order_cancel_and_change_their_mind(box) -> None:
    await box.control("PUT", "/buyers", {"rate": 6000, "think_s": 0.05, "cancel_share": 0.8, "instant_share": 0.3, "withdraw_share": 0.5})

    async def all_kinds():
        orders = (await box.control("GET", "/orders?since=0"))["items"]
        states = {(one["state"], one["ended_by"]) for order in orders for one in order["requests"]}
        kinds = {("open", None), ("closed", "buyer"), ("complete", "buyer")}
        return kinds <= states and {"shipped", "cancelled"} <= {order["status"] for order in orders}

    await until(all_kinds, seconds=30)
    await box.control("PUT", "/buyers", {"rate": 0})


async def test_the_page_shows_orders_and_buttons_and_escapes_everything(box, shopee) -> None:
    await box.control("POST", "/shops", {"channel": "shopee", "shop_id": "778", "name": "<script>alert(1)</script>", "region": "SG"})
    lines = [{"sku": "<img src=x onerror=alert(2)>", "quantity": 1, "price": "1"}]
    ref = await box.requested(shop_id="778", lines=lines, asked={"reason": '"><img src=x onerror=alert(1)>'})
    page = await box.http.get(box.url)
    assert ref in page.text
    assert "<script>alert" not in page.text
    assert "<img" not in page.text
    assert f'data-post="/_sandbox/orders/shopee/{ref}/withdraw"' in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    for file in ("page.js", "page.css", "page"):
        assert (await box.http.get(f"{box.url}/_sandbox/{file}")).status_code == 200


async def test_it_runs_as_a_process_of_its_own_and_stops_when_told() -> None:
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    port = _free_port()
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "sandbox", "--port", str(port), "--seed", "3", env=env)
    try:
        async with httpx.AsyncClient(trust_env=False) as http:

            async def up():
                with contextlib.suppress(httpx.TransportError):
                    return (await http.get(f"http://127.0.0.1:{port}/_sandbox/config")).json()

            assert (await until(up, seconds=30))["seed"] == 3
        process.terminate()
        async with asyncio.timeout(10):
            assert await process.wait() in {0, -15}
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
