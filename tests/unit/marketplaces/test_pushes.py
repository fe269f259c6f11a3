"""What pushes are taken to say, once they are verified."""

import json
from datetime import UTC, datetime
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplaces.interface import Malformed, Ping, Pushed, PushHint, Unverified
from marketplaces.shopee import pushes as shopee
from marketplaces.shopee import signing as shopee_signing
from marketplaces.tiktok import pushes as tiktok
from marketplaces.tiktok import signing as tiktok_signing

URL, KEY = "https://hooks.example.test/shopee", "push-key"
APP_KEY, SECRET = "app-key", "app-secret"
AT = datetime.fromtimestamp(1700000000, UTC)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def from_shopee(push: Any, *, signed: bool = True) -> Any:
    body = push if isinstance(push, bytes) else json.dumps(push).encode()
    sign = shopee_signing.sign_push(KEY.encode(), url=URL, body=body) if signed else "0" * 64
    return shopee.receive(body, authorization=sign, push_key=KEY, url=URL, hex_key_too=False)


def from_tiktok(push: Any, *, signed: bool = True) -> Any:
    body = push if isinstance(push, bytes) else json.dumps(push).encode()
    sign = tiktok_signing.sign_push(SECRET, app_key=APP_KEY, body=body) if signed else "0" * 64
    return tiktok.receive(body, authorization=sign, app_key=APP_KEY, app_secret=SECRET)


def test_shopee_order_status():
    push = {
        "data": {"ordersn": "SN1", "status": "IN_CANCEL", "update_time": 1700000000},
        "shop_id": 200001,
        "code": 3,
        "timestamp": 1700000001,
    }
    hint = PushHint(
        channel="shopee", kind="cancellation", shop_id="200001", order_ref="SN1", marketplace_status="IN_CANCEL", update_time=AT
    )
    assert from_shopee(push) == Pushed(hints=(hint,), signed_with="text")


@pytest.mark.parametrize(
    ("status", "kind"), [("CANCELLED", "cancellation"), ("IN_CANCEL", "cancellation"), ("PROCESSED", "order"), ("?", "order")]
)
def test_shopee_tells_cancellations_from_the_rest(status, kind):
    (hint,) = from_shopee({"data": {"ordersn": "SN1", "status": status}, "shop_id": 1, "code": 3}).hints
    assert hint.kind == kind


def test_shopee_package_and_stock_pushes_name_orders_too():
    (hint,) = from_shopee({"data": {"ordersn": "SN1", "package_number": "P", "fulfillment_status": "x"}, "shop_id": 1, "code": 30}).hints
    assert (hint.kind, hint.order_ref) == ("order", "SN1")
    (hint,) = from_shopee({"data": {"shop_id": 1, "ordersn": "SN1", "action": "cancel_order"}, "shop_id": 1, "code": 8}).hints
    assert (hint.kind, hint.order_ref) == ("cancellation", "SN1")


@pytest.mark.parametrize(
    "data",
    [
        {"shopid": 200001, "authorize_type": "shop"},
        {"shop_id": 200001},
        {"shop_id": "200001"},
        {"shop_id_list": [200001], "main_account_id": 5},
        {"authorize_type": "shop", "success": 1, "extra": "shop id 200001 has cancelled the authorization"},
        {"extra": "Shop(200001) unauthorized"},
    ],
)
def test_shopee_revocation_names_its_shop_in_many_ways(data):
    (hint,) = from_shopee({"data": data, "code": 2, "partner_id": 1000001, "timestamp": 1}).hints
    assert (hint.kind, hint.shop_id) == ("revoked", "200001")


def test_shopee_revocation_of_several_shops():
    hints = from_shopee({"data": {"shop_id_list": [1, "2"]}, "code": 2}).hints
    assert [hint.shop_id for hint in hints] == ["1", "2"]


def test_shopee_revocation_that_names_no_shop_is_still_told():
    (hint,) = from_shopee({"data": {"extra": "something happened"}, "code": 2}).hints
    assert (hint.kind, hint.shop_id) == ("revoked", None)


@pytest.mark.parametrize("shops", [[200001], ["200001"], [{"shop_id": 200001}]])
def test_shopee_expiring(shops):
    (hint,) = from_shopee(
        {"data": {"shop_expire_soon": shops, "expire_before": 1700000000, "page_no": 1, "total_page": 1}, "code": 12}
    ).hints
    assert (hint.kind, hint.shop_id, hint.authorised_until) == ("expiring", "200001", AT)


def test_shopee_verification_is_a_ping():
    assert from_shopee({"code": 0, "data": {"verify_info": "hello"}}, signed=False) == Ping()


@pytest.mark.parametrize(
    "push",
    [
        {"code": 0, "data": {"verify_info": "hello", "ordersn": "SN1"}},
        {"code": 0, "data": {"verify_info": "hello"}, "shop_id": 1},
        {"code": 3, "data": {}},
        {"data": {"verify_info": "hello"}},
        [],
        0,
        b"not json",
        b"",
    ],
)
def test_shopee_anything_else_unsigned_is_refused(push):
    assert from_shopee(push, signed=False) == Unverified()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b"\xff", b"[" * 100_000])
def test_signed_nonsense_is_malformed(body):
    assert isinstance(from_shopee(body), Malformed)
    assert isinstance(from_tiktok(body), Malformed)


def test_shopee_lost_push_holds_the_whole_push_as_text_or_as_an_object():
    push = {"data": {"ordersn": "SN1", "status": "IN_CANCEL", "update_time": 1700000000}, "shop_id": 200001, "code": 3, "timestamp": 1}
    as_text = shopee.lost_hints({"shop_id": 200001, "code": 3, "timestamp": 9, "data": json.dumps(push)})
    as_object = shopee.lost_hints({"shop_id": 200001, "code": 3, "timestamp": 9, "data": push})
    inner_only = shopee.lost_hints({"shop_id": 200001, "code": 3, "timestamp": 9, "data": json.dumps(push["data"])})
    assert as_text == as_object == inner_only == shopee.hints(push)
    assert shopee.lost_hints({"data": "not json"}) == ()


def test_tiktok_cancellation():
    push = {
        "type": 11,
        "tts_notification_id": "7320000000000000001",
        "shop_id": "749",
        "timestamp": 1760000001,
        "data": {
            "order_id": "576",
            "cancel_id": "403",
            "cancellations_role": "BUYER",
            "cancel_status": "CANCELLATION_REQUEST_PENDING",
            "create_time": 1760000000,
        },
    }
    hint = PushHint(
        channel="tiktok",
        kind="cancellation",
        shop_id="749",
        order_ref="576",
        native_id="403",
        marketplace_status="CANCELLATION_REQUEST_PENDING",
        push_id="7320000000000000001",
    )
    assert from_tiktok(push) == Pushed(hints=(hint,), signed_with="app_secret")


@pytest.mark.parametrize(("status", "kind"), [("CANCEL", "cancellation"), ("CANCELLED", "cancellation"), ("AWAITING_COLLECTION", "order")])
def test_tiktok_order_status(status, kind):
    (hint,) = from_tiktok(
        {"type": 1, "shop_id": "749", "data": {"order_id": "576", "order_status": status, "update_time": 1700000000}}
    ).hints
    assert (hint.kind, hint.update_time, hint.push_id) == (kind, AT, None)


def test_tiktok_ids_may_be_numbers():
    (hint,) = from_tiktok({"type": "11", "shop_id": 749, "data": {"order_id": 5760000000000000001, "cancel_id": 4030000000000000001}}).hints
    assert (hint.shop_id, hint.order_ref, hint.native_id) == ("749", "5760000000000000001", "4030000000000000001")


def test_tiktok_authorisation():
    (hint,) = from_tiktok({"type": 6, "shop_id": "749", "data": {"message": "seller deauthorized"}}).hints
    assert (hint.kind, hint.shop_id, hint.text) == ("revoked", "749", "seller deauthorized")
    (hint,) = from_tiktok({"type": 7, "shop_id": "749", "data": {"message": "soon", "expiration_time": "1700000000"}}).hints
    assert (hint.kind, hint.authorised_until) == ("expiring", AT)


def test_tiktok_returns_are_not_ours():
    (hint,) = from_tiktok({"type": 12, "shop_id": "749", "data": {"order_id": "576", "return_id": "9"}}).hints
    assert (hint.kind, hint.order_ref) == ("other", None)


def test_tiktok_unsigned_is_refused_before_it_is_read():
    assert from_tiktok(b"not json", signed=False) == Unverified()


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(push=JSON, code=st.sampled_from([0, 1, 2, 3, 6, 7, 8, 11, 12, 30, 99]), data=JSON)
def test_no_push_crashes(push, code, data):
    assert isinstance(from_shopee(push), Pushed | Malformed)
    assert isinstance(from_tiktok(push), Pushed | Malformed)
    assert isinstance(from_shopee({"code": code, "data": data, "shop_id": push}), Pushed)
    assert isinstance(from_tiktok({"type": code, "data": data, "shop_id": push}), Pushed)
    shopee.lost_hints({"data": data, "code": code, "shop_id": push})


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(body=st.binary(), authorization=st.none() | st.text())
def test_no_bytes_pass_unsigned(body, authorization):
    assert tiktok.receive(body, authorization=authorization, app_key=APP_KEY, app_secret=SECRET) == Unverified()
