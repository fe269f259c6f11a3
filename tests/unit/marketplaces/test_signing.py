"""The references' own vectors."""

import pytest

from marketplaces.shopee import signing as shopee
from marketplaces.tiktok import signing as tiktok

PUSH = (
    b'{"data":{"items":[],"ordersn":"2401010EXAMPLE","status":"IN_CANCEL","completed_scenario":"","update_time":1700000000},'
    b'"shop_id":200001,"code":3,"timestamp":1700000001}'
)
PUSH_URL = "https://hooks.example.test/shopee"
PUSH_SIGN = "bd658d59d211b71fd759c212ea4c8582d21214538361036701c6c7820d2711cf"

WEBHOOK = (
    b'{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507","timestamp":1718305585,'
    b'"data":{"is_on_hold_order":true,"order_id":"576653688135258178","order_status":"UNPAID","update_time":1718305585}}'
)
WEBHOOK_SIGN = "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05"


def test_shopee_signs_a_shop_call_as_the_reference_does():
    sign = shopee.sign_request(
        "example-partner-key",
        partner_id=1000001,
        path="/api/v2/order/handle_buyer_cancellation",
        timestamp=1700000000,
        access_token="exampleaccesstoken",
        shop_id="200001",
    )
    assert sign == "c3ba8c6c9b22b2e61f346777be71c5d309b44dfede89311fad2e57856999783b"


def test_shopee_signs_a_public_call_as_the_reference_does():
    sign = shopee.sign_request("example-partner-key", partner_id=1000001, path="/api/v2/auth/access_token/get", timestamp=1700000000)
    assert sign == "1320351e5f7f2597acaabc8082525e8c8146ccc570c9f61de4734aa8bbff4913"


def test_shopee_verifies_a_push_as_the_reference_does():
    assert shopee.verify_push("example-push-key", url=PUSH_URL, body=PUSH, authorization=PUSH_SIGN) == "text"


@pytest.mark.parametrize(
    ("url", "body", "authorization"),
    [
        (PUSH_URL + "/", PUSH, PUSH_SIGN),
        (PUSH_URL, PUSH + b" ", PUSH_SIGN),
        (PUSH_URL, PUSH, PUSH_SIGN[:-1] + "0"),
        (PUSH_URL, PUSH, PUSH_SIGN[:-1]),
        (PUSH_URL, PUSH, ""),
        (PUSH_URL, PUSH, None),
        (PUSH_URL, PUSH, "\udcff\u00e9"),
    ],
)
def test_shopee_refuses_whatever_differs(url, body, authorization):
    assert shopee.verify_push("example-push-key", url=url, body=body, authorization=authorization) is None


def test_shopee_takes_the_hex_decoded_push_key_only_when_told():
    key = "ab" * 32
    sign = shopee.sign_push(bytes.fromhex(key), url=PUSH_URL, body=PUSH)
    assert shopee.verify_push(key, url=PUSH_URL, body=PUSH, authorization=sign) is None
    assert shopee.verify_push(key, url=PUSH_URL, body=PUSH, authorization=sign, hex_key_too=True) == "hex"
    assert shopee.verify_push("not hex", url=PUSH_URL, body=PUSH, authorization=sign, hex_key_too=True) is None


def test_shopee_never_takes_a_signature_of_the_body_alone():
    import hashlib
    import hmac

    sign = hmac.new(b"example-push-key", PUSH, hashlib.sha256).hexdigest()
    assert shopee.verify_push("example-push-key", url=PUSH_URL, body=PUSH, authorization=sign, hex_key_too=True) is None


def test_tiktok_signs_as_its_page_does():
    query = {"app_key": "29a39d", "timestamp": "1623812664"}
    sign = tiktok.sign_request("e59af819cc", path="/authorization/202309/shops", query=query)
    assert sign == "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"


def test_tiktok_leaves_sign_and_token_out_and_sorts_the_rest():
    query = {"timestamp": "1623812664", "sign": "x", "access_token": "y", "x-tts-access-token": "z", "app_key": "29a39d"}
    sign = tiktok.sign_request("e59af819cc", path="/authorization/202309/shops", query=query)
    assert sign == "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"


def test_tiktok_signs_the_body():
    query = {"app_key": "29a39d", "timestamp": "1623812664"}
    bare = tiktok.sign_request("e59af819cc", path="/p", query=query)
    assert bare != tiktok.sign_request("e59af819cc", path="/p", query=query, body=b"{}")


def test_tiktok_verifies_a_webhook_as_its_page_does():
    assert tiktok.verify_push("123", app_key="abcdef", body=WEBHOOK, authorization=WEBHOOK_SIGN)


@pytest.mark.parametrize(
    ("body", "authorization"),
    [(WEBHOOK + b"\n", WEBHOOK_SIGN), (WEBHOOK, WEBHOOK_SIGN[1:]), (WEBHOOK, "Bearer " + WEBHOOK_SIGN), (WEBHOOK, ""), (WEBHOOK, None)],
)
def test_tiktok_refuses_whatever_differs(body, authorization):
    assert not tiktok.verify_push("123", app_key="abcdef", body=body, authorization=authorization)
