"""Shopee's tokens: lives, single use, revocation, and the way from consent to the first pair."""

import time
from urllib.parse import parse_qs, urlsplit

import pytest

SHOP_INFO = "/api/v2/shop/get_shop_info"


async def _consent(box, shop_id="200001", **query):
    full = {"partner_id": 1_000_001, "auth_type": "seller", "redirect_uri": "http://app.test/back", "response_type": "code", "state": "s-1"}
    answer = await box.http.get(f"{box.url}/auth", params={**full, "shop_id": shop_id, **query})
    assert answer.status_code == 302
    return answer.headers["location"]


async def _code(box) -> str:
    return parse_qs(urlsplit(await _consent(box)).query)["code"][0]


async def test_consent_comes_back_with_code_shop_and_state(box) -> None:
    back = urlsplit(await _consent(box))
    query = parse_qs(back.query)
    assert back.netloc == "app.test"
    assert (query["shop_id"], query["state"], len(query["code"])) == (["200001"], ["s-1"], 1)


async def test_the_consent_page_offers_shops_and_escapes_what_it_was_given(box) -> None:
    query = {
        "partner_id": 1_000_001,
        "auth_type": "seller",
        "redirect_uri": "http://app.test/",
        "response_type": "code",
        "state": '"><script>',
    }
    page = await box.http.get(f"{box.url}/auth", params=query)
    assert "Aster Home MY" in page.text
    assert "<script>" not in page.text


async def test_a_code_gives_a_pair_that_works(box, shopee) -> None:
    answer = await shopee.exchange(await _code(box))
    assert (answer["error"], answer["shop_id_list"]) == ("", [200_001])
    assert 14_300 <= answer["expire_in"] <= 14_400
    assert (await shopee.call("GET", SHOP_INFO, access_token=answer["access_token"]))["error"] == ""


async def test_a_code_works_once(box, shopee) -> None:
    code = await _code(box)
    await shopee.exchange(code)
    answer = await shopee.exchange(code)
    assert (answer["error"], answer["message"]) == ("error_auth", "Invalid code")


async def test_a_code_lives_ten_minutes(box, shopee) -> None:
    code = await _code(box)
    await box.control("PUT", "/clock", {"advance_s": 601})
    assert (await shopee.exchange(code))["error"] == "error_auth"


async def test_a_code_of_another_shop_is_refused(box, shopee) -> None:
    assert (await shopee.exchange(await _code(box), shop_id=200_002))["error"] == "invalid_shop_id"


async def test_a_refresh_replaces_both_tokens(shopee) -> None:
    answer = await shopee.refresh()
    assert answer["error"] == ""
    assert "response" not in answer
    assert {answer["access_token"], answer["refresh_token"]}.isdisjoint({shopee.access_token, shopee.refresh_token})
    assert (await shopee.call("GET", SHOP_INFO, access_token=answer["access_token"]))["error"] == ""


async def test_a_refresh_token_works_once(shopee) -> None:
    await shopee.refresh()
    answer = await shopee.refresh()
    assert (answer["error"], answer["message"]) == ("error_auth", "Invalid refresh_token.")


async def test_the_former_access_token_works_five_more_minutes(box, shopee) -> None:
    await shopee.refresh()
    assert (await shopee.call("GET", SHOP_INFO))["error"] == ""
    await box.control("PUT", "/clock", {"advance_s": 301})
    assert (await shopee.call("GET", SHOP_INFO))["error"] == "invalid_acceess_token"


async def test_an_access_token_lives_four_hours(box, shopee) -> None:
    await box.control("PUT", "/clock", {"advance_s": 4 * 3600 + 1})
    assert (await shopee.call("GET", SHOP_INFO))["error"] == "invalid_acceess_token"
    assert (await shopee.refresh())["error"] == ""


async def test_a_refresh_token_lives_thirty_days(box, shopee) -> None:
    await box.control("PUT", "/clock", {"advance_s": 30 * 86_400 + 1})
    assert (await shopee.refresh())["error"] == "refresh_token_expired"


async def test_an_authorisation_ends(box, shopee) -> None:
    await box.control("PUT", "/clock", {"advance_s": 365 * 86_400 + 1})
    assert (await shopee.call("GET", SHOP_INFO))["error"] == "shop_access_expired"
    assert (await shopee.refresh())["error"] == "shop_access_expired"


async def test_a_refresh_needs_partner_and_shop_in_the_body(shopee) -> None:
    assert (await shopee.refresh(partner_id=None))["error"] == "error_param"
    assert (await shopee.refresh(shop_id=999))["error"] == "invalid_shop_id"


async def test_a_stale_sign_is_refused_for_token_calls_too(shopee) -> None:
    body = {"refresh_token": shopee.refresh_token, "partner_id": 1_000_001, "shop_id": 200_001}
    path = "/api/v2/auth/access_token/get"
    assert (await shopee.call("POST", path, body=body, public=True, sign="0" * 64))["error"] == "error_sign"
    assert (await shopee.call("POST", path, body=body, public=True, timestamp=int(time.time()) - 400))["error"] == "error_param"
    assert (await shopee.refresh())["error"] == ""


async def test_a_revoked_shop_is_closed_until_it_is_restored(box, shopee) -> None:
    await box.control("POST", "/shops/shopee/200001/revoke")
    assert (await shopee.call("GET", SHOP_INFO))["error"] == "shop_no_linked"
    assert (await shopee.refresh())["error"] == "shop_no_linked"
    await box.control("POST", "/shops/shopee/200001/restore")
    assert (await shopee.call("GET", SHOP_INFO))["error"] == ""


async def test_connecting_again_after_a_revocation_gives_new_tokens_only(box, shopee) -> None:
    await box.control("POST", "/shops/shopee/200001/revoke")
    answer = await shopee.exchange(await _code(box))
    assert (await shopee.call("GET", SHOP_INFO, access_token=answer["access_token"]))["error"] == ""
    assert (await shopee.call("GET", SHOP_INFO))["error"] == "invalid_acceess_token"


async def test_an_expired_token_can_be_refreshed(box, shopee) -> None:
    await box.control("POST", "/shops/shopee/200001/expire-token")
    assert (await shopee.call("GET", SHOP_INFO))["error"] == "invalid_acceess_token"
    assert (await shopee.refresh())["error"] == ""


@pytest.mark.parametrize("query", [{"partner_id": 5}, {"response_type": "token"}, {"redirect_uri": "javascript:alert(1)"}])
async def test_consent_needs_its_parameters(box, query) -> None:
    full = {
        "partner_id": 1_000_001,
        "auth_type": "seller",
        "redirect_uri": "http://app.test/",
        "response_type": "code",
        "shop_id": "200001",
    }
    assert (await box.http.get(f"{box.url}/auth", params={**full, **query})).status_code == 400


async def test_a_main_account_gives_one_pair_with_which_each_shop_refreshes_once(box, shopee) -> None:
    for shop_id in ("270001", "270002"):
        await box.control("POST", "/shops", {"channel": "shopee", "shop_id": shop_id, "account": 7_000_001})
    query = parse_qs(urlsplit(await _consent(box, shop_id="", main_account_id="7000001")).query)
    assert (query["main_account_id"], "shop_id" in query) == (["7000001"], False)
    body = {"code": query["code"][0], "partner_id": 1_000_001, "main_account_id": 7_000_001}
    answer = await shopee.call("POST", "/api/v2/auth/token/get", body=body, public=True)
    assert answer["shop_id_list"] == [270_001, 270_002]
    first, second = [await shopee.refresh(answer["refresh_token"], shop_id=shop_id) for shop_id in answer["shop_id_list"]]
    assert (first["error"], second["error"]) == ("", "")
    assert first["refresh_token"] != second["refresh_token"]
    assert (await shopee.refresh(answer["refresh_token"], shop_id=270_001))["message"] == "Invalid refresh_token."
    assert (await shopee.call("POST", "/api/v2/auth/token/get", body=body, public=True))["message"] == "Invalid code"
