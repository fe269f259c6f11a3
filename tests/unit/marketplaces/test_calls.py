"""Calls against a marketplace that is a function: envelopes, broken answers, time-outs, and what is logged."""

import asyncio
import contextlib
import json
import logging

import httpx
import hypothesis
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from chassis import logs
from marketplaces.channels import open_channels
from marketplaces.failures import MarketplaceFailure, Misconfigured, Permanent, Refused, Throttled, TokenExpired, Unavailable

APPROVE = {"order_ref": "O1", "native_id": "C1", "idempotency_key": "K1"}
REJECT = {**APPROVE, "reason": "packed", "comment": None}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


async def both(channels, shopee_shop, tiktok_shop, use):
    """What `use` raises on each channel."""
    failures = []
    for channel, access in ((channels.shopee, shopee_shop), (channels.tiktok, tiktok_shop)):
        with pytest.raises(MarketplaceFailure) as caught:
            await use(channel, access)
        failures.append(caught.value)
    return failures


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (httpx.ConnectError("no route"), False),
        (httpx.ConnectTimeout("slow"), False),
        (httpx.PoolTimeout("busy"), False),
        (httpx.ReadTimeout("slow"), True),
        (httpx.ReadError("cut"), True),
        (httpx.WriteError("cut"), True),
        (httpx.RemoteProtocolError("cut"), True),
    ],
)
async def test_a_broken_connection_says_whether_the_answer_may_have_arrived(answering, shopee_shop, tiktok_shop, error, sent):
    def fail(request):
        raise error

    channels = answering(fail)
    for failure in await both(channels, shopee_shop, tiktok_shop, lambda channel, access: channel.approve(access, **APPROVE)):
        assert isinstance(failure, Unavailable)
        assert failure.maybe_applied is sent
        assert failure.cause == ("timeout" if isinstance(error, httpx.TimeoutException) else "unavailable")
        assert failure.__cause__ is None
    for failure in await both(channels, shopee_shop, tiktok_shop, lambda channel, access: channel.read_orders(access, ["O1"])):
        assert isinstance(failure, Unavailable)
        assert failure.maybe_applied is False


async def test_a_call_ends_in_time_however_slowly_the_answer_drips(settings, shopee_shop):
    class Dripping(httpx.AsyncBaseTransport):
        async def handle_async_request(self, _):
            await asyncio.Event().wait()

    channels = open_channels(settings, purpose="answering", client=httpx.AsyncClient(transport=Dripping()))
    async with asyncio.timeout(5):
        with pytest.raises(Unavailable) as caught:
            await channels.shopee.approve(shopee_shop, **APPROVE)
    assert (caught.value.cause, caught.value.maybe_applied) == ("timeout", True)


@pytest.mark.parametrize("status", [200, 403, 404, 500, 502, 503])
@pytest.mark.parametrize("content", [b"<html>busy</html>", b"", b"[]", b"null", b"{}"])
async def test_an_answer_without_the_envelope_is_no_answer(answering, shopee_shop, tiktok_shop, status, content):
    channels = answering(lambda _: httpx.Response(status, content=content))
    for failure in await both(channels, shopee_shop, tiktok_shop, lambda channel, access: channel.reject(access, **REJECT)):
        assert isinstance(failure, Unavailable)
        assert failure.maybe_applied


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "9" * 30}, 86_400),
        ({"retry-after": "soon"}, None),
        ({"retry-after": b"\xb2"}, None),
    ],
)
async def test_throttled_says_for_how_long(answering, shopee_shop, tiktok_shop, headers, seconds):
    channels = answering(lambda _: httpx.Response(429, content=b"slow down", headers=headers))
    for failure in await both(channels, shopee_shop, tiktok_shop, lambda channel, access: channel.approve(access, **APPROVE)):
        assert isinstance(failure, Throttled)
        assert (failure.retry_after, failure.maybe_applied) == (seconds, False)


async def test_retry_after_may_be_a_date(answering, tiktok_shop):
    channels = answering(lambda _: httpx.Response(429, json={"code": 36009002}, headers={"retry-after": "Thu, 01 Jan 2099 00:00:00 GMT"}))
    with pytest.raises(Throttled) as caught:
        await channels.tiktok.approve(tiktok_shop, **APPROVE)
    assert caught.value.retry_after == 86_400


async def test_shopees_daily_quota_begins_anew_at_midnight_in_its_zone(answering, shopee_shop):
    channels = answering(lambda _: {"error": "error_limit", "message": "", "request_id": "r"})
    with pytest.raises(Throttled) as caught:
        await channels.shopee.read_orders(shopee_shop, ["O1"])
    assert (caught.value.quota, caught.value.retry_after) == (True, 16 * 3600)  # 2026-01-01T00:00Z is 08:00 there


async def test_failures_carry_code_message_and_call_id(answering, shopee_shop, tiktok_shop):
    def answer(request):
        if request.url.host == "shopee.test":
            return {"error": "error_sign", "message": "Wrong sign.", "request_id": "call-1"}
        return {"code": 106001, "message": "Wrong sign.", "request_id": "call-1"}

    for failure in await both(answering(answer), shopee_shop, tiktok_shop, lambda channel, access: channel.approve(access, **APPROVE)):
        assert isinstance(failure, Misconfigured)
        assert (failure.message, failure.call_id) == ("Wrong sign.", "call-1")
        assert failure.code in {"error_sign", "106001"}


async def test_shopee_is_judged_by_its_error_not_by_the_status(answering, shopee_shop):
    channels = answering(lambda _: httpx.Response(403, json={"error": "error_auth", "message": "Invalid access_token.", "request_id": "r"}))
    with pytest.raises(TokenExpired):
        await channels.shopee.read_orders(shopee_shop, ["O1"])


async def test_shopee_sends_operation_and_order_only(answering, shopee_shop):
    sent = []

    def answer(request):
        sent.append((request.method, request.url.path, dict(request.url.params), json.loads(request.content)))
        return {"error": "", "message": "", "request_id": "call-1", "response": {"update_time": 1}}

    answered = await answering(answer).shopee.approve(shopee_shop, order_ref="SN1", native_id="SN1#2", idempotency_key="K")
    assert answered.call_id == "call-1"
    ((method, path, query, body),) = sent
    assert (method, path) == ("POST", "/api/v2/order/handle_buyer_cancellation")
    assert body == {"order_sn": "SN1", "operation": "ACCEPT"}
    assert query.keys() == {"partner_id", "timestamp", "sign", "access_token", "shop_id"}


async def test_tiktok_sends_the_idempotency_key_signed_and_no_body_to_approve(answering, tiktok_shop):
    sent = []

    def answer(request):
        sent.append(request)
        return {"code": 0, "message": "Success", "request_id": "call-1", "data": {}}

    channels = answering(answer)
    await channels.tiktok.approve(tiktok_shop, **APPROVE)
    await channels.tiktok.reject(tiktok_shop, **{**REJECT, "comment": "sorry"})
    approve, reject = sent
    assert approve.url.path == "/return_refund/202309/cancellations/C1/approve"
    assert approve.content == b""
    assert approve.url.params["idempotency_key"] == "K1"
    assert approve.url.params["shop_cipher"] == "secret-cipher"
    assert approve.headers["x-tts-access-token"] == "secret-access-token"
    assert "access_token" not in approve.url.params
    assert json.loads(reject.content) == {"reject_reason": "packed", "comment": "sorry"}


async def test_tiktok_takes_no_rejection_without_a_reason_so_none_is_sent(answering, tiktok_shop):
    def answer(request):
        raise AssertionError("called")

    with pytest.raises(Refused) as caught:
        await answering(answer).tiktok.reject(tiktok_shop, **{**REJECT, "reason": None})
    assert caught.value.because == "reason_not_offered"


async def test_shopee_has_no_reject_reasons_and_needs_no_call_to_say_so(answering, shopee_shop):
    def answer(request):
        raise AssertionError("called")

    reasons = await answering(answer).shopee.reject_reasons(shopee_shop, native_id="SN1", locale="en")
    assert (reasons.required, reasons.items) == (False, ())


@pytest.mark.parametrize(
    "body", [{"error": "", "response": {}}, {"error": "", "response": None}, {"error": "", "response": {"order_list": None}}]
)
async def test_shopee_success_without_its_list_is_not_an_empty_list(answering, shopee_shop, body):
    channels = answering(lambda _: body)
    with pytest.raises(Unavailable):
        await channels.shopee.read_orders(shopee_shop, ["O1"])
    with pytest.raises(Unavailable):
        [change async for change in channels.shopee.list_open(shopee_shop)]


@pytest.mark.parametrize("data", [None, [], "x", {"total_count": 3}])
async def test_tiktok_success_without_its_list_is_not_an_empty_list(answering, tiktok_shop, data):
    channels = answering(lambda _: {"code": 0, "data": data})
    with pytest.raises(Unavailable):
        [change async for change in channels.tiktok.list_open(tiktok_shop)]
    with pytest.raises(Unavailable):
        await channels.tiktok.read_orders(tiktok_shop, ["O1"])


async def test_tiktok_search_may_leave_out_a_list_that_is_empty(answering, tiktok_shop):
    channels = answering(lambda _: {"code": 0, "data": {"total_count": 0, "next_page_token": ""}})
    assert [change async for change in channels.tiktok.list_open(tiktok_shop)] == []


async def test_pages_that_do_not_advance_end(answering, shopee_shop, tiktok_shop):
    def answer(request):
        if request.url.host == "shopee.test":
            return {"error": "", "response": {"order_list": [], "more": True, "next_cursor": "same"}}
        return {"code": 0, "data": {"cancellations": [], "next_page_token": "same"}}

    async def walk(channel, access):
        [change async for change in channel.list_open(access)]

    for failure in await both(answering(answer), shopee_shop, tiktok_shop, walk):
        assert isinstance(failure, Unavailable)


async def test_refreshing_an_answer_without_tokens_may_have_used_the_token_up(answering):
    channels = answering(lambda request: {"error": ""} if request.url.host == "shopee.test" else {"code": 0, "data": {}})
    for channel in (channels.shopee, channels.tiktok):
        with pytest.raises(Unavailable) as caught:
            await channel.refresh(SecretStr("r"), shop_id="200001")
        assert caught.value.maybe_applied


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(body=JSON, status=st.sampled_from([200, 400, 429, 500]))
async def test_no_answer_crashes_a_call(body, status):
    import base64

    from marketplaces.interface import Access
    from marketplaces.settings import MarketplaceSettings

    settings = MarketplaceSettings(
        accounts_database_url="-", accounts_key=base64.b64encode(bytes(32)).decode(), shopee_url="http://shopee.test", shopee_partner_id=1,
        shopee_partner_key="k", shopee_push_key="k", shopee_callback_url="-", tiktok_url="http://tiktok.test", tiktok_auth_url="http://t.test",
        tiktok_app_key="k", tiktok_app_secret="k", shopee_calls_per_second=10_000, tiktok_calls_per_second=10_000,
    )  # fmt: skip
    answers = [body, {"error": "", "response": body, "code": 0, "data": body}]
    for answer in answers:
        client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _, answer=answer: httpx.Response(status, json=answer)))
        channels = open_channels(settings, purpose="reading", client=client)
        for channel in (channels.shopee, channels.tiktok):
            access = Access(channel=channel.name, shop_id="1", region="MY", token=SecretStr("t"), cipher="c")
            uses = (
                channel.read_orders(access, ["O1", "O2"]),
                channel.approve(access, **APPROVE),
                channel.reject(access, **REJECT),
                channel.reject_reasons(access, native_id="C1", locale="en"),
                channel.read_shops(access),
                channel.refresh(SecretStr("r"), shop_id="1"),
            )
            for use in uses:
                with contextlib.suppress(MarketplaceFailure):
                    await use


async def test_no_secret_is_logged(answering, shopee_shop, tiktok_shop, caplog, capsys):
    before = structlog.get_config()
    handlers, level = logging.root.handlers[:], logging.root.level
    logs.configure("test", "DEBUG")
    logging.root.addHandler(caplog.handler)
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    try:
        channels = answering(lambda _: {"error": "error_auth", "message": "x", "code": 105002, "request_id": "r"})
        await both(channels, shopee_shop, tiktok_shop, lambda channel, access: channel.approve(access, **APPROVE))
        await both(channels, shopee_shop, tiktok_shop, lambda channel, _: channel.refresh(SecretStr("secret-refresh"), shop_id="1"))
        log = logs.logger("test")
        log.info("shop", access=shopee_shop, other=tiktok_shop)
        try:
            await channels.shopee.approve(shopee_shop, **APPROVE)
        except MarketplaceFailure:
            log.exception("failed")
    finally:
        logging.root.handlers[:] = handlers
        logging.root.setLevel(level)
        structlog.configure(**before)
    written = capsys.readouterr().out + caplog.text
    assert "marketplace-call" in written
    assert "handle_buyer_cancellation" in written
    for secret in ("secret-", "sign=", "access_token=", "app_secret="):
        assert secret not in written.replace("secret-cipher", "")


@pytest.mark.parametrize("native_id", ["", "a/b", "1?x=1", "../1", "1#2"])
async def test_tiktok_is_not_called_with_what_is_no_cancel_id(answering, tiktok_shop, native_id):
    def answer(request):
        raise AssertionError("called")

    with pytest.raises(Permanent):
        await answering(answer).tiktok.approve(tiktok_shop, **{**APPROVE, "native_id": native_id})


async def test_being_throttled_slows_that_shop_down_until_the_marketplace_wants_it_back(answering, shopee_shop, tiktok_shop):
    asked = []

    def refuse(request):
        asked.append(request.url.path)
        body = (
            {"error": "error_rate_limit", "message": "slower"} if "shopee" in request.url.host else {"code": 36009002, "message": "slower"}
        )
        return httpx.Response(429, json={"request_id": "r", **body}, headers={"Retry-After": "30"})

    channels = answering(refuse)
    full = channels.paces["shopee"].per_second("another")
    first = await both(channels, shopee_shop, tiktok_shop, lambda channel, access: channel.read_orders(access, ["O1"]))
    assert len(asked) == 2
    again = await both(channels, shopee_shop, tiktok_shop, lambda channel, access: channel.read_orders(access, ["O1"]))
    assert len(asked) == 2, "nothing is sent while the marketplace wants to be left alone"
    assert [type(failure) for failure in first + again] == [Throttled] * 4
    assert [failure.retry_after for failure in first] == [30, 30]
    assert all(0 < failure.retry_after <= 30 for failure in again)
    assert channels.paces["shopee"].per_second(shopee_shop.shop_id) == pytest.approx(full / 2, rel=0.05)
    assert channels.paces["shopee"].per_second("another") == full
