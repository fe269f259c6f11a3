"""Faults by chance and by script, on calls and on pushes."""

import httpx
import pytest
from tests.support.waiting import until


async def test_a_call_that_times_out_before_has_no_effect(box, shopee) -> None:
    ref = await box.requested()
    await box.script("timeout_before", endpoint="handle_buyer_cancellation", order_ref=ref, seconds=0.1)
    with pytest.raises(ValueError, match="Expecting value"):  # a bare 504, not JSON
        await shopee.answer(ref, "ACCEPT")
    order = await box.truth("shopee", ref)
    assert (order["status"], order["requests"][0]["state"]) == ("cancel_requested", "open")
    assert (order["calls"][0]["fault"], order["calls"][0]["answer"], order["calls"][0]["http_status"]) == ("timeout_before", None, 504)
    assert (await shopee.answer(ref, "ACCEPT"))["error"] == ""


async def test_a_call_that_times_out_after_takes_effect_while_it_hangs(box, tiktok) -> None:
    ref = await box.requested("tiktok")
    cancel_id = (await tiktok.of_order(ref))["cancel_id"]
    await box.script("timeout_after", endpoint="approve", seconds=20)
    with pytest.raises(httpx.TimeoutException):
        await tiktok.box.http.post(**await _signed(tiktok, cancel_id), timeout=0.2)
    await box.becomes("tiktok", ref, "cancelled")


async def _signed(tiktok, cancel_id: str) -> dict:
    """The approve call, signed, to be sent with a time-out of one's own."""
    sent: list[httpx.Request] = []

    async def keep(method, url, **kwargs):
        sent.append(httpx.Request(method, url, **kwargs))
        return httpx.Response(200, json={})

    real, tiktok.box.http = tiktok.box.http, type("Keeper", (), {"request": staticmethod(keep)})()
    await tiktok.decide(cancel_id, "approve")
    tiktok.box.http = real
    return {"url": sent[0].url, "headers": {name: sent[0].headers[name] for name in ("content-type", "x-tts-access-token")}}


@pytest.mark.parametrize(("fault", "error"), [("error", "error_server"), ("throttle", "error_rate_limit")])
async def test_shopee_fails_in_its_own_words(box, shopee, fault, error) -> None:
    await box.script(fault, channel="shopee")
    assert [(await shopee.listing())["error"] for _ in range(2)] == [error, ""]


async def test_any_error_of_the_reference_can_be_scripted(box, shopee, tiktok) -> None:
    await box.script("error", channel="shopee", code="logistics.cancel_forder_failed", message="Cancel forder failed.", skip=1)
    assert [(await shopee.listing())["error"] for _ in range(3)] == ["", "logistics.cancel_forder_failed", ""]
    await box.script("error", channel="tiktok", code="25001045")
    assert (await tiktok.search())["code"] == 25001045


async def test_tiktok_throttles_with_429(box, tiktok) -> None:
    await box.script("throttle", endpoint="orders")
    answer = await tiktok.respond("GET", "/order/202309/orders", {"ids": "1"})
    assert (answer.status_code, answer.headers["retry-after"], answer.json()["code"]) == (429, "1", 36009002)


async def test_an_outage_is_not_json(box, shopee) -> None:
    await box.script("unavailable")
    answer = await box.http.get(f"{box.url}/api/v2/shop/get_shop_info")
    assert (answer.status_code, answer.text) == (503, "Service Unavailable")


async def test_an_answer_without_effect(box, shopee) -> None:
    ref = await box.requested()
    await box.script("no_effect", order_ref=ref)
    assert (await shopee.answer(ref, "ACCEPT"))["error"] == ""
    later = await box.requested()
    await shopee.answer(later, "ACCEPT")
    await box.becomes("shopee", later, "cancelled")
    assert (await box.truth("shopee", ref))["status"] == "cancel_requested"


async def test_a_script_meets_only_what_it_names(box, shopee) -> None:
    other = await box.shopee("200002")
    await box.script("error", channel="shopee", shop_id="200002", endpoint="get_order_list")
    assert (await shopee.listing())["error"] == ""
    assert (await other.detail("2601010000000A"))["error"] == "error_not_found"
    assert (await other.listing())["error"] == "error_server"


async def test_chances_can_be_set_per_channel_and_endpoint(box, shopee, tiktok) -> None:
    await box.control("PUT", "/faults", {"channels": {"shopee": {"error_rate": 1}}, "endpoints": {"get_order_detail": {"error_rate": 0}}})
    assert (await shopee.listing())["error"] == "error_server"
    assert (await shopee.detail("2601010000000A"))["error"] == "error_not_found"
    assert (await tiktok.search())["code"] == 0
    await box.control("DELETE", "/faults")
    assert (await shopee.listing())["error"] == ""


async def test_the_same_seed_brings_the_same_faults(box, shopee) -> None:
    runs = []
    for _ in range(2):
        await box.control("PUT", "/faults", {"seed": 5, "error_rate": 0.5})
        runs.append([(await shopee.listing())["error"] for _ in range(12)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {"", "error_server"}


@pytest.mark.parametrize(
    "body", [{"drop_push": 1}, {"script": [{"fault": "explode"}]}, {"script": [{"fault": "drop", "what": 1}]}, {"error_rate": "often"}]
)
async def test_unknown_faults_are_refused(box, body) -> None:
    await box.control("PUT", "/faults", body, status=422)


async def test_dropped_pushes_never_arrive_and_duplicated_ones_come_twice(box, receiver) -> None:
    await box.script("drop", endpoint="push")
    await box.order()
    await box.script("duplicate", endpoint="push")
    ref = await box.order()
    await until(lambda: len(receiver.bodies("/shopee")) == 2)
    assert {body["data"]["ordersn"] for body in receiver.bodies("/shopee")} == {ref}
    pushes = (await box.control("GET", "/pushes"))["items"]
    assert [push["state"] for push in pushes] == ["dropped", "taken"]


async def test_a_reordered_push_comes_after_the_next_one(box, receiver) -> None:
    await box.script("reorder", endpoint="push", seconds=5)
    first, second = await box.order(), await box.order()
    await until(lambda: len(receiver.bodies("/shopee")) == 2)
    assert [body["data"]["ordersn"] for body in receiver.bodies("/shopee")] == [second, first]


async def test_a_delayed_push_comes_late(box, receiver) -> None:
    await box.script("delay", endpoint="push", seconds=0.3)
    first, second = await box.order(), await box.order()
    await until(lambda: len(receiver.bodies("/shopee")) == 2)
    assert [body["data"]["ordersn"] for body in receiver.bodies("/shopee")] == [second, first]
