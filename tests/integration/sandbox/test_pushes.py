"""Signed pushes: what they say, how often they are tried, what is lost and how it is fetched."""

import hashlib
import hmac
import time

import pytest
from tests.support.waiting import until

LOST = "/api/v2/push/get_lost_push_message"
CONFIRM = "/api/v2/push/confirm_consumed_lost_push_message"
TIKTOK_SHOP = "7490000000000000001"


def _hmac(key: bytes, message: bytes) -> str:
    return hmac.new(key, message, hashlib.sha256).hexdigest()


async def _arrived(receiver, path: str, number: int) -> list:
    await until(lambda: len(receiver.bodies(path)) >= number, what=f"{number} pushes to {path}")
    return receiver.bodies(path)


async def _tries(box, number: int, state: str | None = None) -> dict:
    async def tried():
        push = (await box.control("GET", "/pushes"))["items"][0]
        return push if len(push["tries"]) >= number and state in {None, push["state"]} else None

    return await until(tried, what=f"{number} tries, {state}")


async def test_a_shopee_push_is_signed_over_url_and_raw_body(box, receiver) -> None:
    await box.requested()
    await _arrived(receiver, "/shopee", 2)
    _, headers, body = receiver.got[-1]
    assert headers["authorization"] == _hmac(b"sandbox-push-key", f"{receiver.url}/shopee|".encode() + body)


async def test_a_shopee_request_is_pushed_as_code_3_and_says_no_reason(box, receiver) -> None:
    ref = await box.requested()
    push = next(body for body in await _arrived(receiver, "/shopee", 2) if body["data"]["status"] == "IN_CANCEL")
    assert (push["code"], push["shop_id"]) == (3, 200001)
    assert abs(push["timestamp"] - time.time()) < 5
    assert push["data"] == {
        "items": [], "ordersn": ref, "status": "IN_CANCEL", "completed_scenario": "", "update_time": push["data"]["update_time"],
    }  # fmt: skip


async def test_every_change_of_a_shopee_order_is_pushed(box, receiver, shopee) -> None:
    ref = await box.requested()
    await shopee.answer(ref, "REJECT")
    await box.becomes("shopee", ref, "ready_to_ship")
    await box.event("shopee", ref, "ship")
    statuses = [body["data"]["status"] for body in await _arrived(receiver, "/shopee", 4)]
    assert sorted(statuses) == sorted(["PROCESSED", "IN_CANCEL", "PROCESSED", "SHIPPED"])


async def test_a_tiktok_webhook_is_signed_over_app_key_and_raw_body(box, receiver) -> None:
    await box.order("tiktok")
    await _arrived(receiver, "/tiktok", 1)
    _, headers, body = receiver.got[-1]
    assert headers["authorization"] == _hmac(b"sandbox-app-secret", b"sandboxapp" + body)


async def test_tiktok_tells_requests_by_type_11_and_orders_by_type_1(box, receiver, tiktok) -> None:
    ref = await box.requested("tiktok")
    cancellation = await tiktok.of_order(ref)
    await tiktok.decide(cancellation["cancel_id"], "approve")
    bodies = await _arrived(receiver, "/tiktok", 5)
    requests = [body["data"] for body in bodies if body["type"] == 11]
    orders = [body["data"] for body in bodies if body["type"] == 1]
    assert {data["cancel_status"].rpartition("_")[2] for data in requests} == {"PENDING", "SUCCESS", "COMPLETE"}
    assert {(data["cancel_id"], data["order_id"], data["cancellations_role"]) for data in requests} == {
        (cancellation["cancel_id"], ref, "BUYER")
    }
    assert {data["create_time"] for data in requests} == {cancellation["create_time"]}
    assert {data["order_status"] for data in orders} == {"AWAITING_SHIPMENT", "CANCEL"}  # the order API says CANCELLED
    assert len({body["tts_notification_id"] for body in bodies}) == 5
    assert {body["shop_id"] for body in bodies} == {TIKTOK_SHOP}


async def test_a_shop_can_register_its_own_webhook_address(box, receiver, tiktok) -> None:
    path, kind = "/event/202309/webhooks", "CANCELLATION_STATUS_CHANGE"
    body = {"address": f"{receiver.url}/own", "event_type": kind}
    assert (await tiktok.call("PUT", path, None, body))["code"] == 0
    await box.requested("tiktok")
    assert [push["type"] for push in await _arrived(receiver, "/own", 1)] == [11]
    assert [hook["event_type"] for hook in (await tiktok.call("GET", path))["data"]["webhooks"]] == [kind]
    assert [(await tiktok.call("DELETE", path, None, {"event_type": kind}))["code"] for _ in range(2)] == [0, 0]
    assert (await tiktok.call("PUT", path, None, {**body, "event_type": "NO_SUCH"}))["code"] == 98001004
    assert (await tiktok.call("PUT", path, None, {**body, "address": "http://a/" + "x" * 255}))["code"] == 98001004


async def test_a_revoked_shop_is_told(box, receiver) -> None:
    await box.control("POST", "/shops/shopee/200001/revoke")
    await box.control("POST", f"/shops/tiktok/{TIKTOK_SHOP}/revoke")
    shopee = (await _arrived(receiver, "/shopee", 1))[0]
    tiktok = (await _arrived(receiver, "/tiktok", 1))[0]
    assert (shopee["code"], "shop_id" in shopee, "200001" in shopee["data"]["extra"]) == (2, False, True)
    assert (tiktok["type"], tiktok["shop_id"]) == (6, TIKTOK_SHOP)


async def test_an_authorisation_that_ends_soon_is_told(box, receiver) -> None:
    await box.control("POST", "/shops/shopee/200001/expiring", {"in_s": 86_000})
    await box.control("POST", f"/shops/tiktok/{TIKTOK_SHOP}/expiring", {"in_s": 86_000})
    shopee = (await _arrived(receiver, "/shopee", 1))[0]
    tiktok = (await _arrived(receiver, "/tiktok", 1))[0]
    assert (shopee["code"], shopee["data"]["shop_expire_soon"]) == (12, [200001])
    assert abs(shopee["data"]["expire_before"] - time.time() - 86_000) < 10
    assert tiktok["type"] == 7
    assert isinstance(tiktok["data"]["expiration_time"], str)


@pytest.mark.parametrize(("channel", "waits"), [("shopee", (300, 1800, 10_800)), ("tiktok", (120, 1800, 10_800, 43_200))])
async def test_a_push_that_fails_is_tried_again_on_the_documented_schedule(box, receiver, channel, waits) -> None:
    receiver.status = 500
    await box.order(channel)
    await _tries(box, 1)
    for number, wait in enumerate(waits, start=2):
        await box.control("PUT", "/clock", {"advance_s": wait - 20})
        assert len((await _tries(box, number - 1))["tries"]) == number - 1
        await box.control("PUT", "/clock", {"advance_s": 21})
        await _tries(box, number)
    await _tries(box, len(waits) + 1, "lost")
    assert len({body for _, _, body in receiver.got}) == 1  # the same bytes every time


async def test_a_push_that_is_taken_later_is_not_tried_again(box, receiver) -> None:
    receiver.status = 503
    await box.order()
    await _tries(box, 1)
    receiver.status = 200
    await box.control("PUT", "/clock", {"advance_s": 301})
    assert len((await _tries(box, 2, "taken"))["tries"]) == 2


@pytest.mark.parametrize(
    ("channel", "status", "answer", "state"),
    [
        ("shopee", 204, b"", "taken"),
        ("shopee", 200, b"ok", "retrying"),  # the body must be empty
        ("shopee", 401, b"", "retrying"),
        ("shopee", 302, b"", "retrying"),  # redirects are not followed
        ("tiktok", 200, b"", "taken"),
        ("tiktok", 200, b"ok", "retrying"),
        ("tiktok", 204, b"", "retrying"),
        ("tiktok", 401, b"", "refused"),
    ],
)
async def test_what_an_answer_to_a_push_means(box, receiver, channel, status, answer, state) -> None:
    receiver.status, receiver.answer = status, answer
    await box.order(channel)
    await _tries(box, 1, state)
    assert receiver.bodies("/elsewhere") == []


async def test_a_push_must_be_answered_within_three_seconds(box, receiver) -> None:
    receiver.hang_s = 3.5
    await box.order()
    assert "error" in (await _tries(box, 1, "retrying"))["tries"][0]


async def test_lost_pushes_are_kept_as_text_until_confirmed(box, receiver, shopee) -> None:
    await box.script("lose", endpoint="push", times=101)
    refs = [await box.order() for _ in range(101)]
    first = (await shopee.call("GET", LOST, public=True))["response"]
    assert (len(first["push_message_list"]), first["has_next_page"]) == (100, True)
    message = first["push_message_list"][0]
    assert (message["shop_id"], message["code"], isinstance(message["data"], str), refs[0] in message["data"]) == (200001, 3, True, True)
    again = (await shopee.call("GET", LOST, public=True))["response"]
    assert again == first
    confirmed = await shopee.call("POST", CONFIRM, body={"last_message_id": first["last_message_id"]}, public=True)
    assert confirmed["error"] == ""
    second = (await shopee.call("GET", LOST, public=True))["response"]
    assert ([refs[100] in one["data"] for one in second["push_message_list"]], second["has_next_page"]) == ([True], False)
    assert (await shopee.call("POST", CONFIRM, body={}, public=True))["error"] == "error_param"


async def test_a_push_that_failed_four_times_is_in_the_lost_queue_for_three_days(box, receiver, shopee) -> None:
    receiver.status = 500
    ref = await box.order()
    await _tries(box, 1)
    for number, wait in enumerate((301, 1801, 10_801), start=2):
        await box.control("PUT", "/clock", {"advance_s": wait})
        await _tries(box, number)
    await _tries(box, 4, "lost")
    assert ref in (await shopee.call("GET", LOST, public=True))["response"]["push_message_list"][0]["data"]
    await box.control("PUT", "/clock", {"advance_s": 3 * 86_400 + 1})
    assert (await shopee.call("GET", LOST, public=True))["response"]["push_message_list"] == []


async def test_the_app_can_move_its_callback_url(box, receiver, shopee) -> None:
    body = {"callback_url": f"{receiver.url}/moved"}
    assert (await shopee.call("POST", "/api/v2/push/set_app_push_config", body=body, public=True))["error"] == ""
    await box.order()
    await _arrived(receiver, "/moved", 1)
    _, headers, raw = receiver.got[-1]
    assert headers["authorization"] == _hmac(b"sandbox-push-key", f"{receiver.url}/moved|".encode() + raw)
    shown = (await shopee.call("GET", "/api/v2/push/get_app_push_config", public=True))["response"]
    assert (shown["callback_url"], shown["live_push_status"]) == (body["callback_url"], "Normal")


async def test_a_revoked_shops_orders_are_not_pushed(box, receiver) -> None:
    await box.control("POST", "/shops/shopee/200001/revoke")
    await box.order()
    await box.order(shop_id="200002")
    await _arrived(receiver, "/shopee", 2)
    assert [body["code"] for body in receiver.bodies("/shopee") if body.get("shop_id") != 200002] == [2]
    assert len((await box.control("GET", "/pushes"))["items"]) == 2
