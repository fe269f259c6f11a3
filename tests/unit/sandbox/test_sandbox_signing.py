"""The references' own check vectors."""

from sandbox.shopee import signing as shopee
from sandbox.tiktok import signing as tiktok


def test_a_shopee_shop_call_is_signed_as_in_the_reference() -> None:
    sign = shopee.sign_call(
        "example-partner-key",
        partner_id="1000001",
        path="/api/v2/order/handle_buyer_cancellation",
        timestamp="1700000000",
        access_token="exampleaccesstoken",
        shop_id="200001",
    )
    assert sign == "c3ba8c6c9b22b2e61f346777be71c5d309b44dfede89311fad2e57856999783b"


def test_a_shopee_public_call_is_signed_as_in_the_reference() -> None:
    sign = shopee.sign_call("example-partner-key", partner_id="1000001", path="/api/v2/auth/access_token/get", timestamp="1700000000")
    assert sign == "1320351e5f7f2597acaabc8082525e8c8146ccc570c9f61de4734aa8bbff4913"


def test_a_shopee_push_is_signed_as_in_the_reference() -> None:
    body = (
        b'{"data":{"items":[],"ordersn":"2401010EXAMPLE","status":"IN_CANCEL","completed_scenario":"","update_time":1700000000},'
        b'"shop_id":200001,"code":3,"timestamp":1700000001}'
    )
    sign = shopee.sign_push("example-push-key", url="https://hooks.example.test/shopee", body=body)
    assert sign == "bd658d59d211b71fd759c212ea4c8582d21214538361036701c6c7820d2711cf"


def test_a_tiktok_call_is_signed_as_on_the_official_page() -> None:
    query = {"app_key": "29a39d", "timestamp": "1623812664", "sign": "not signed itself", "access_token": "nor this"}
    sign = tiktok.sign_call("e59af819cc", path="/authorization/202309/shops", query=query)
    assert sign == "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"


def test_a_tiktok_webhook_is_signed_as_on_the_official_page() -> None:
    body = (
        b'{"type":1,"tts_notification_id":"7380066284010030890","shop_id":"7495540735365777507","timestamp":1718305585,'
        b'"data":{"is_on_hold_order":true,"order_id":"576653688135258178","order_status":"UNPAID","update_time":1718305585}}'
    )
    sign = tiktok.sign_push("123", app_key="abcdef", body=body)
    assert sign == "5dec0f11ec2f6783b8deee53c9ffbf8d024302f7c7e7fa55a35d17629031ac05"
