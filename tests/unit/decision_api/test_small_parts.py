"""Small pure parts of decision's API."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from chassis import pages
from chassis.bodies import _says_too_much
from decision.api.exports import _csv, harmless
from decision.api.filters import Filters, where
from decision.api.fulfilment import as_kept
from decision.api.pages import PROBLEMS
from decision.api.shapes import MoneyOut, OrderKey
from decision.api.showing import seller_center_url
from decision.api.stream import _told_at


@given(st.text())
def test_no_cell_is_a_formula(text):
    cell = str(harmless(text))
    assert cell[:1] not in set("=+-@\t\r")
    assert cell in {text, f"'{text}"}


def test_numbers_stay_numbers():
    assert harmless(-3) == -3
    assert _csv([("a", 1, "x,y")]) == 'a,1,"x,y"\r\n'


@given(st.text(max_size=120))
def test_no_word_of_the_caller_is_part_of_the_sql(text):
    try:
        filters = Filters(q=text, reason=text, channel=text, order_ref=[text])
    except ValidationError:
        assert "\x00" in text
        return
    condition = where("seller-a", filters)
    plain = where("seller-a", Filters(q="x" if len(condition.arguments) else None, reason="x", channel="x", order_ref=["x"]))
    assert set(str(condition)) <= set(str(plain)) | set("0123456789")
    assert condition.arguments[0] == "seller-a"
    assert "r.seller_id = $1" in str(condition)


@pytest.mark.parametrize("bad", ["2026-11-20T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "yesterday"])
def test_a_time_is_a_moment_of_the_calendar(bad):
    with pytest.raises(ValidationError):
        Filters(requested_from=bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["1e999999", "NaN", "Infinity", "9" * 40, "0.0000001"])
def test_an_amount_is_one_that_money_can_have(bad):
    with pytest.raises(ValidationError):
        Filters(amount_from=bad)


@pytest.mark.parametrize("bad", ["", "x", "-1", "9" * 16, "1.5-1", "\u0663-1-"])
def test_an_event_id_that_we_never_gave_is_no_time(bad):
    told = _told_at(bad)
    assert told is None or told < datetime(1970, 1, 2, tzinfo=UTC)


def test_an_event_id_is_a_time():
    assert _told_at("1795470785527-2") == datetime.fromtimestamp(1795470785.527, UTC)


def test_a_length_is_too_much_from_one_byte_over_a_mebibyte_on():
    assert not _says_too_much("1048576")
    assert _says_too_much("1048577")
    assert _says_too_much("9" * 5000)
    assert not _says_too_much("")


def test_sellers_are_led_to_their_own_market():
    assert seller_center_url("shopee", "PH", "SN1") == "https://seller.shopee.ph/portal/sale/order?search=SN1"
    assert seller_center_url("tiktok", "SG", "5") == "https://seller-sg.tiktok.com/order/detail?order_no=5"
    assert seller_center_url("lazada", "SG", "5") is None


def test_every_problem_that_decisions_have_is_explained():
    from decision.api.answers import _PROBLEMS, _SLUGS

    assert {_SLUGS.get(why, why) for why in _PROBLEMS} <= {*pages.PROBLEMS, *PROBLEMS}


def test_a_ref_scanned_a_little_differently_is_the_same_order_to_the_gate():
    kept = ("shopee", "1", "2603020001ABC")
    for channel, ref in (("shopee", "2603020001abc"), ("Shopee", " 2603020001ABC "), ("SHOPEE", "2603020001ABC")):
        assert as_kept(OrderKey(channel=channel, shop_id=" 1", order_ref=ref)) == kept
    assert as_kept(OrderKey(channel="lazada", shop_id="1", order_ref="aB")) == ("lazada", "1", "aB")


@pytest.mark.parametrize(
    ("kept", "shown"), [("114", "114.00"), ("114.5", "114.50"), ("45.90", "45.90"), ("0.125", "0.125"), ("-3", "-3.00")]
)
def test_money_is_shown_to_the_cent_and_never_rounded(kept, shown):
    assert MoneyOut(amount=kept, currency="MYR").amount == shown
