"""Shopee's error table, row by row, and that nothing crashes it."""

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplaces.failures import (
    MarketplaceFailure,
    Misconfigured,
    Permanent,
    Reauthorise,
    Stale,
    Throttled,
    TokenExpired,
    Unavailable,
)
from marketplaces.shopee.channel import ANSWER, ORDER_DETAIL
from marketplaces.shopee.errors import bare, classify
from marketplaces.shopee.tokens import FIRST_TOKEN, REFRESH


@pytest.mark.parametrize(
    ("code", "message", "failure"),
    [
        ("order.cancel_order_invalid_status", "", Stale),
        ("cancel_order_invalid_status", "", Stale),
        ("order.order_status_invalid", "", Stale),
        ("logistics.cancel_forder_failed", "", Unavailable),
        ("error_not_found", "", Permanent),
        ("error_param", "order_sn is wrong", Permanent),
        ("order. error_param", "warehouse order", Permanent),
        ("error_data", "data not exist", Permanent),
        ("error_data", "parse data failed", Unavailable),
        ("error_permission", "", Permanent),
        ("error_shop", "", Permanent),
        ("error_server", "", Unavailable),
        ("error_network", "", Unavailable),
        ("error_inner", "", Unavailable),
        ("error_system_busy", "", Unavailable),
        ("invalid_acceess_token", "Invalid access_token.", TokenExpired),
        ("invalid_access_token", "", TokenExpired),
        ("common.error_auth", "Invalid access_token.", TokenExpired),
        ("error_auth", "Invalid access_token", TokenExpired),
        ("error_auth", "Invalid partner_id or shopid", Reauthorise),
        ("error_auth", "System error, please try again later", Unavailable),
        ("error_auth", "No permission to current api", Misconfigured),
        ("error_auth", "The stock is below the reserved one", Permanent),
        ("error_auth", "location_id is wrong", Permanent),
        ("shop_no_linked", "", Reauthorise),
        ("partner_shop_no_link", "", Reauthorise),
        ("shop_banned", "", Reauthorise),
        ("error_kyc_auth", "", Reauthorise),
        ("shop_access_expired", "", Reauthorise),
        ("error_sign", "Wrong sign.", Misconfigured),
        ("error_param", "Invalid timestamp.", Misconfigured),
        ("error_param", "Invalid partner_id.", Misconfigured),
        ("invalid_partner_id", "", Misconfigured),
        ("error_partner_key_expired", "", Misconfigured),
        ("source_ip_undeclared", "", Misconfigured),
        ("error_api_permission", "", Misconfigured),
        ("api_suspended", "", Misconfigured),
        ("error_rate_limit", "", Throttled),
        ("error_limit", "", Throttled),
        ("common.error_limit", "", Throttled),
        ("order.error_limit", "can not cancel this order", Permanent),
        ("error.param", "stock below reserved", Permanent),
        ("error_never_heard_of", "", Unavailable),
    ],
)
def test_error(code, message, failure):
    assert classify(ANSWER, code=code, message=message, http_status=200).failure is failure


def test_the_daily_quota_is_not_the_rate_limit():
    assert classify(ORDER_DETAIL, code="error_limit", message="", http_status=200).quota
    assert not classify(ORDER_DETAIL, code="error_rate_limit", message="", http_status=200).quota


@pytest.mark.parametrize("code", ["logistics.cancel_forder_failed", "error_never_heard_of"])
def test_is_worth_a_few_tries_only(code):
    assert classify(ANSWER, code=code, message="", http_status=200).few_tries


@pytest.mark.parametrize("endpoint", [REFRESH, FIRST_TOKEN])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("error_auth", "Invalid refresh_token."),
        ("error_auth", "Invalid code"),
        ("error_auth", "Invalid access_token"),
        ("refresh_token_expired", ""),
        ("error_shop_refresh_token", ""),
        ("shop_access_expired", ""),
        ("invalid_code", ""),
        ("error_param", "refresh token is wrong"),
    ],
)
def test_tokens_that_are_not_taken_need_the_seller(endpoint, code, message):
    assert classify(endpoint, code=code, message=message, http_status=200).failure is Reauthorise


@pytest.mark.parametrize(
    ("code", "message"), [("error_server", ""), ("error_auth", "System error, please try again later"), ("", ""), ("what_is_this", "")]
)
def test_a_broken_refresh_does_not_cost_the_shop(code, message):
    assert classify(REFRESH, code=code, message=message, http_status=200).failure is Unavailable


@pytest.mark.parametrize(
    ("status", "failure"), [(429, Throttled), (502, Unavailable), (503, Unavailable), (200, Unavailable), (404, Unavailable)]
)
def test_an_answer_that_is_not_shopees(status, failure):
    assert classify(ANSWER, code="", message="", http_status=status).failure is failure


def test_an_answer_that_says_too_many_requests_is_throttled_whatever_its_code():
    assert classify(ANSWER, code="error_never_heard_of", message="", http_status=429).failure is Throttled


@pytest.mark.parametrize(
    ("code", "unknown"),
    [
        ("error_server", True),
        ("", True),
        ("error_never_heard_of", True),
        ("error_rate_limit", False),
        ("error_auth", False),
        ("error_param", False),
    ],
)
def test_says_whether_a_write_may_have_had_effect(code, unknown):
    verdict = classify(ANSWER, code=code, message="", http_status=200)
    assert verdict.raised("", code=code, call_id=None, writes=True).maybe_applied is unknown
    assert verdict.raised("", code=code, call_id=None, writes=False).maybe_applied is False


def test_prefixes_are_stripped_but_a_code_with_a_dot_stays():
    assert bare("order. error_param") == "error_param"
    assert bare("product.error_param") == "error_param"
    assert bare("error.param") == "error.param"


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(endpoint=st.sampled_from([ANSWER, REFRESH, "", "?"]), code=st.text(), message=st.text(), status=st.integers(-1, 999))
def test_every_error_has_a_meaning(endpoint, code, message, status):
    verdict = classify(endpoint, code=code, message=message, http_status=status)
    assert issubclass(verdict.failure, MarketplaceFailure)
