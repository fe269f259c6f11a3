"""TikTok Shop's error table, row by row, and that nothing crashes it."""

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplaces.failures import (
    MarketplaceFailure,
    Misconfigured,
    Permanent,
    Reauthorise,
    Refused,
    Stale,
    Throttled,
    TokenExpired,
    Unavailable,
)
from marketplaces.tiktok.channel import ORDERS
from marketplaces.tiktok.errors import classify
from marketplaces.tiktok.tokens import REFRESH

LISTED_FOR_APPROVE = (
    11050001, 25001001, 25001003, 25001028, 25001045, 25001058, 25007002, 25007006, 25011012,
    25020003, 25020004, 25020005, 25020009, 36009003,
)  # fmt: skip
LISTED_FOR_REJECT = (
    11050001, 25001001, 25001003, 25001014, 25001016, 25001020, 25001028, 25001057, 25001058, 25007006, 25011011,
    25020003, 25020004, 25020005,
    25020010,
)  # fmt: skip


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (36009002, Throttled),
        (36009003, Unavailable),
        (36009007, Unavailable),
        (105002, TokenExpired),
        (105005, Reauthorise),
        (101000, Misconfigured),
        (106001, Misconfigured),
        (106013, Misconfigured),
        (36009009, Misconfigured),
        (36009010, Misconfigured),
        (36009014, Misconfigured),
        (36009022, Misconfigured),
        (36009023, Misconfigured),
        (36009033, Misconfigured),
        (36004004, Reauthorise),
        (36004001, Reauthorise),
        (25001001, Permanent),
        (11050001, Permanent),
        (98001004, Permanent),
        (25001003, Stale),
        (25001011, Stale),
        (25001014, Refused),
        (25001016, Refused),
        (25001020, Refused),
        (25001057, Refused),
        (25001028, Unavailable),
        (25001045, Refused),
        (25001058, Unavailable),
        (25007002, Unavailable),
        (25007006, Permanent),
        (25011012, Stale),
        (25011011, Stale),
        (25020003, Stale),
        (25020004, Stale),
        (25020005, Permanent),
        (25020008, Unavailable),
        (25020009, Refused),
        (25020010, Refused),
        (10037002, Unavailable),
        (10037004, Unavailable),
        (10006402, Permanent),
        (21008111, Permanent),
        (99999999, Unavailable),
    ],
)
def test_error(code, failure):
    assert classify(ORDERS, code=code, message="", http_status=200).failure is failure


@pytest.mark.parametrize("code", LISTED_FOR_APPROVE + LISTED_FOR_REJECT)
def test_what_the_answers_list_is_known(code):
    assert not classify(ORDERS, code=code, message="", http_status=200).few_tries


@pytest.mark.parametrize(
    ("code", "because"),
    [
        (25001045, "shipped"),
        (25020009, "request_ended"),
        (25020010, "already_cancelled"),
        (25001014, "reason_not_offered"),
        (25001057, "reason_not_offered"),
    ],
)
def test_refusals_say_why(code, because):
    failure = classify(ORDERS, code=code, message="", http_status=200).raised("", code=str(code), call_id="x", writes=True)
    assert isinstance(failure, Refused)
    assert failure.because == because


@pytest.mark.parametrize(
    ("code", "cause", "unknown"),
    [(25001028, "locked", False), (36009007, "timeout", True), (36009003, "unavailable", True), (25001058, "unavailable", True)],
)
def test_delays_say_why_and_whether_it_may_have_worked(code, cause, unknown):
    failure = classify(ORDERS, code=code, message="", http_status=200).raised("", code=str(code), call_id="x", writes=True)
    assert isinstance(failure, Unavailable)
    assert (failure.cause, failure.maybe_applied) == (cause, unknown)


@pytest.mark.parametrize(
    ("message", "failure"),
    [
        ("Invalid access token", TokenExpired),
        ("The access_token is invalid", TokenExpired),
        ("timestamp is expired", Misconfigured),
        ("sign is required", Misconfigured),
        ("invalid app_key", Misconfigured),
        ("shop_cipher is not wanted here", Misconfigured),
        ("", Misconfigured),
    ],
)
def test_the_catch_all_is_decided_by_its_message(message, failure):
    assert classify(ORDERS, code=36009004, message=message, http_status=200).failure is failure


@pytest.mark.parametrize(("status", "failure"), [(429, Throttled), (503, Unavailable), (500, Unavailable), (200, Unavailable)])
def test_an_answer_that_is_not_tiktoks(status, failure):
    assert classify(ORDERS, code=None, message="", http_status=status).failure is failure


@pytest.mark.parametrize("code", [105002, 36004001, 36004004])
def test_a_refresh_that_is_not_taken_needs_the_seller(code):
    assert classify(REFRESH, code=code, message="", http_status=200).failure is Reauthorise


@pytest.mark.parametrize("code", [36009003, 36009007, 99999999, None])
def test_a_broken_refresh_does_not_cost_the_shop(code):
    assert classify(REFRESH, code=code, message="access token", http_status=200).failure is Unavailable


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(endpoint=st.sampled_from([ORDERS, REFRESH, ""]), code=st.none() | st.integers(), message=st.text(), status=st.integers(-1, 999))
def test_every_code_has_a_meaning(endpoint, code, message, status):
    assert issubclass(classify(endpoint, code=code, message=message, http_status=status).failure, MarketplaceFailure)
