"""TikTok Shop's rules for every call, each broken by a hand-made request."""

import time

import pytest

SHOPS, ORDERS = "/authorization/202309/shops", "/order/202309/orders"


async def test_the_authorised_shops_tell_ids_and_ciphers(tiktok) -> None:
    answer = await tiktok.call("GET", SHOPS, shop_cipher=None)
    shop = answer["data"]["shops"][0]
    assert (answer["code"], shop["id"], shop["region"], shop["cipher"]) == (0, "7490000000000000001", "MY", tiktok.cipher)


async def test_one_authorisation_can_hold_several_shops(box) -> None:
    for region in ("PH", "SG"):
        body = {"channel": "tiktok", "shop_id": f"74900000000000055{region == 'SG':d}", "region": region, "account": "cross"}
        made = await box.control("POST", "/shops", body)
    client = await box.tiktok(made["shop_id"])
    shops = (await client.call("GET", SHOPS, shop_cipher=None))["data"]["shops"]
    assert [(shop["region"], shop["seller_type"]) for shop in shops] == [("PH", "CROSS_BORDER"), ("SG", "CROSS_BORDER")]


async def test_a_wrong_sign_is_refused(tiktok) -> None:
    assert (await tiktok.call("GET", ORDERS, {"ids": "1"}, sign="0" * 64))["code"] == 106001


async def test_a_changed_body_is_refused(tiktok) -> None:
    path = "/return_refund/202309/cancellations/search"
    right = await tiktok.respond("POST", path, None, {})
    headers = {name: right.request.headers[name] for name in ("content-type", "x-tts-access-token")}
    changed = await tiktok.box.http.post(right.request.url, content=b'{"cancel_ids":["1"]}', headers=headers)
    assert (right.json()["code"], changed.json()["code"]) == (0, 106001)


@pytest.mark.parametrize("shift", [-306, 36])
async def test_a_timestamp_out_of_window_is_refused(tiktok, shift) -> None:
    answer = await tiktok.call("GET", ORDERS, {"ids": "1"}, timestamp=int(time.time()) + shift)
    assert (answer["code"], "timestamp" in answer["message"]) == (36009004, True)


@pytest.mark.parametrize("shift", [-290, 20])
async def test_a_timestamp_within_the_window_passes(tiktok, shift) -> None:
    assert (await tiktok.call("GET", ORDERS, {"ids": "1"}, timestamp=int(time.time()) + shift))["code"] == 0


@pytest.mark.parametrize("missing", ["app_key", "timestamp"])
async def test_a_missing_common_parameter_is_refused(tiktok, missing) -> None:
    assert (await tiktok.call("GET", ORDERS, {"ids": "1"}, **{missing: None}))["code"] == 36009004


async def test_a_missing_shop_cipher_is_refused(tiktok) -> None:
    assert (await tiktok.call("GET", ORDERS, {"ids": "1"}, shop_cipher=None))["code"] == 106013


async def test_an_unwanted_shop_cipher_is_refused(tiktok) -> None:
    assert (await tiktok.call("GET", SHOPS))["code"] == 36009004


async def test_another_shops_cipher_is_refused(box, tiktok) -> None:
    other = await box.tiktok("7490000000000000002")
    assert (await tiktok.call("GET", ORDERS, {"ids": "1"}, shop_cipher=other.cipher))["code"] == 101000


async def test_a_missing_or_unknown_token_is_refused(tiktok) -> None:
    for token in (None, "guess"):
        assert (await tiktok.call("GET", ORDERS, {"ids": "1"}, headers={"x-tts-access-token": token}))["code"] == 36009004


async def test_a_wrong_content_type_is_refused(tiktok) -> None:
    path = "/return_refund/202309/cancellations/search"
    assert (await tiktok.call("POST", path, None, {}, headers={"content-type": "text/plain"}))["code"] == 36009023


async def test_too_many_calls_in_a_second_are_refused_with_a_time_to_wait(box, tiktok) -> None:
    await box.control("PUT", "/config", {"tiktok_rate_per_s": 2})
    answers = [await tiktok.respond("GET", ORDERS, {"ids": "1"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (answers[2].json()["code"], answers[2].headers["retry-after"]) == (36009002, "1")
    assert (await tiktok.search())["code"] == 0  # counted per API


async def test_an_unknown_path_and_a_wrong_method_are_refused(tiktok) -> None:
    assert (await tiktok.call("GET", "/return_refund/202309/cancellations/4030000000000000001"))["code"] == 36009009
    assert (await tiktok.call("GET", "/return_refund/202309/cancellations/search"))["code"] in {36009009, 36009010}


async def test_a_refresh_replaces_both_tokens_and_ends_the_old_ones(tiktok) -> None:
    fresh = (await tiktok.token("refresh", refresh_token=tiktok.refresh_token, grant_type="refresh_token"))["data"]
    assert abs(fresh["access_token_expire_in"] - time.time() - 7 * 86_400) < 10  # absolute, not a duration
    assert {fresh["access_token"], fresh["refresh_token"]}.isdisjoint({tiktok.access_token, tiktok.refresh_token})
    assert (await tiktok.call("GET", ORDERS, {"ids": "1"}))["code"] == 105002
    assert (await tiktok.call("GET", ORDERS, {"ids": "1"}, headers={"x-tts-access-token": fresh["access_token"]}))["code"] == 0


async def test_a_refresh_token_works_once(tiktok) -> None:
    query = {"refresh_token": tiktok.refresh_token, "grant_type": "refresh_token"}
    assert [(await tiktok.token("refresh", **query))["code"] for _ in range(2)] == [0, 36004001]


async def test_an_access_token_lives_seven_days(box, tiktok) -> None:
    await box.control("PUT", "/clock", {"advance_s": 7 * 86_400 + 1})
    assert (await tiktok.call("GET", ORDERS, {"ids": "1"}))["code"] == 105002


@pytest.mark.parametrize("wrong", [{"app_secret": "guess"}, {"app_key": "guess"}, {"grant_type": "authorization_code"}])
async def test_a_token_call_needs_the_apps_secret_and_grant_type(box, tiktok, wrong) -> None:
    query = {"refresh_token": tiktok.refresh_token, "grant_type": "refresh_token", **wrong}
    assert (await tiktok.token("refresh", **query))["code"] == 36009004


async def _code(box, **query) -> dict[str, str]:
    full = {"service_id": "7400000000000000001", "state": "s-2", "shop_id": "7490000000000000001", **query}
    answer = await box.http.get(f"{box.url}/open/authorize", params=full)
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("http://app.test/back?")
    return dict(answer.next_request.url.params)


async def test_consent_gives_a_code_that_works_once(box, tiktok) -> None:
    back = await _code(box)
    assert back["state"] == "s-2"
    query = {"auth_code": back["code"], "grant_type": "authorized_code"}
    first, second = [await tiktok.token("get", **query) for _ in range(2)]
    assert (first["code"], second["code"]) == (0, 36004004)
    assert (first["data"]["seller_name"], first["data"]["seller_base_region"], first["data"]["user_type"]) == ("Aster Live MY", "MY", 0)


async def test_a_code_lives_thirty_minutes(box, tiktok) -> None:
    code = (await _code(box))["code"]
    await box.control("PUT", "/clock", {"advance_s": 1801})
    assert (await tiktok.token("get", auth_code=code, grant_type="authorized_code"))["code"] == 36004004


async def test_a_refused_consent_says_so(box) -> None:
    assert await _code(box, answer="deny") == {"code": "null", "error": "auth_denied", "state": "s-2"}


async def test_a_revoked_shop_is_closed_until_it_is_restored(box, tiktok) -> None:
    await box.control("POST", "/shops/tiktok/7490000000000000001/revoke")
    assert (await tiktok.call("GET", ORDERS, {"ids": "1"}))["code"] == 105002
    assert (await tiktok.token("refresh", refresh_token=tiktok.refresh_token, grant_type="refresh_token"))["code"] == 36004001
    await box.control("POST", "/shops/tiktok/7490000000000000001/restore")
    assert (await tiktok.call("GET", ORDERS, {"ids": "1"}))["code"] == 0
