"""Shopee's rules for every call, each broken by a hand-made request."""

import time

import pytest

SHOP_INFO = "/api/v2/shop/get_shop_info"


async def test_a_right_call_passes(shopee) -> None:
    answer = await shopee.call("GET", SHOP_INFO)
    assert (answer["error"], answer["region"], answer["shop_name"]) == ("", "MY", "Aster Home MY")
    assert answer["request_id"]


async def test_a_wrong_sign_is_refused(shopee) -> None:
    assert (await shopee.call("GET", SHOP_INFO, sign="0" * 64))["error"] == "error_sign"


async def test_a_sign_for_another_path_is_refused(shopee) -> None:
    right = await shopee.call("GET", "/api/v2/order/get_order_list", sign="0" * 64)
    assert right["error"] == "error_sign"


@pytest.mark.parametrize("age", [301 + 5, -(301 + 5)])
async def test_a_stale_timestamp_is_refused(shopee, age) -> None:
    answer = await shopee.call("GET", SHOP_INFO, timestamp=int(time.time()) - age)
    assert (answer["error"], "timestamp" in answer["message"]) == ("error_param", True)


@pytest.mark.parametrize("age", [290, -290])
async def test_a_timestamp_within_five_minutes_passes(shopee, age) -> None:
    assert (await shopee.call("GET", SHOP_INFO, timestamp=int(time.time()) - age))["error"] == ""


async def test_the_bent_clock_does_not_move_the_signature_window(box, shopee) -> None:
    await box.control("PUT", "/clock", {"advance_s": 3600})
    assert (await shopee.call("GET", SHOP_INFO))["error"] == ""
    assert (await shopee.call("GET", SHOP_INFO, timestamp=int(time.time()) + 3600))["error"] == "error_param"


@pytest.mark.parametrize("missing", ["sign", "access_token", "shop_id", "partner_id"])
async def test_a_missing_common_parameter_is_refused(shopee, missing) -> None:
    answer = await shopee.call("GET", SHOP_INFO, query={missing: None})
    assert (answer["error"], missing in answer["message"]) == ("error_param", True)


async def test_an_unknown_partner_is_refused(shopee) -> None:
    assert (await shopee.call("GET", SHOP_INFO, partner_id=42))["error"] == "invalid_partner_id"


async def test_a_wrong_access_token_is_refused(shopee) -> None:
    assert (await shopee.call("GET", SHOP_INFO, access_token="guess"))["error"] == "invalid_acceess_token"


async def test_another_shops_token_is_refused(box, shopee) -> None:
    other = await box.shopee("200002")
    assert (await shopee.call("GET", SHOP_INFO, access_token=other.access_token))["error"] == "invalid_acceess_token"


async def test_an_unknown_shop_is_refused(shopee) -> None:
    assert (await shopee.call("GET", SHOP_INFO, shop_id="999"))["error"] == "error_auth"


async def test_too_many_calls_in_a_second_are_refused_per_shop(box, shopee) -> None:
    other = await box.shopee("200002")
    await box.control("PUT", "/config", {"shopee_rate_per_s": 3})
    errors = [(await shopee.call("GET", SHOP_INFO))["error"] for _ in range(5)]
    assert errors == ["", "", "", "error_rate_limit", "error_rate_limit"]
    assert (await other.call("GET", SHOP_INFO))["error"] == ""


async def test_an_unknown_api_is_refused(shopee) -> None:
    assert (await shopee.call("GET", "/api/v2/order/no_such_call"))["error"] == "error_not_found"
