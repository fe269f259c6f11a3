"""What an answer came to: reading before calling, failing, waiting, giving up."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values import DelayCause, Order, RefusedBecause
from ingestor.settings import Settings as Ingestor
from marketplaces.failures import Misconfigured, Permanent, Reauthorise, Refused, Stale, Throttled, Unavailable
from marketplaces.seen import OrderSeen, RequestSeen
from sync_back.deliveries import _said_before
from sync_back.domain import (
    FEW_TRIES,
    LONGEST_DELAY_SECONDS,
    Delivery,
    GaveUp,
    SaidNo,
    Took,
    Wait,
    after_failure,
    back_off,
    read_before_call,
    reads_first,
    wait_if_changed,
)

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
DELIVERY = Delivery(
    request_id="6f6a1d0e-6a0b-5c39-9a5e-3c2f5b7d9e10",
    revision=2,
    action="approve",
    order=Order(seller_id="A", channel="shopee", shop_id="1", order_ref="2603020001", region="MY"),
    native_id="2603020001#2",
    reason=None,
    comment=None,
    idempotency_key="k",
    state="queued",
    attempt=1,
    failures=0,
    calls=1,
    decided_at=NOW,
)
APPROVE, REJECT = DELIVERY, replace(DELIVERY, action="reject")


def an_order(status, request=None):
    requests = (RequestSeen(native_id="2603020001", state=request, asks_seller=request == "open", update_time=NOW),) if request else ()
    return OrderSeen(
        channel="shopee",
        shop_id="1",
        order_ref="2603020001",
        region="MY",
        marketplace_status="X",
        status=status,
        status_alone=status,
        update_time=NOW,
        read_started_at=NOW,
        read_ended_at=NOW,
        requests=requests,
        call_ids=("c1",),
    )


@pytest.mark.parametrize(
    ("delivery", "status", "request_state", "expected"),
    [
        (APPROVE, "cancel_requested", "open", None),
        (REJECT, "cancel_requested", "open", None),
        (APPROVE, "cancelled", "accepted", Took(already=True, call_id="c1")),
        (APPROVE, "new", "completed", Took(already=True, call_id="c1")),
        (APPROVE, "cancelled", None, Took(already=True, call_id="c1")),
        (REJECT, "ready_to_ship", "closed", Took(already=True, call_id="c1")),
        (REJECT, "shipped", None, Took(already=True, call_id="c1")),
    ],
)
def test_what_the_order_shows_is_believed_before_a_call_is_repeated(delivery, status, request_state, expected):
    assert read_before_call(delivery, an_order(status, request_state)) == expected


@pytest.mark.parametrize(
    ("delivery", "status", "request_state", "because"),
    [
        (APPROVE, "shipped", "closed", RefusedBecause.SHIPPED),
        (APPROVE, "ready_to_ship", "closed", RefusedBecause.REQUEST_ENDED),
        (APPROVE, "ready_to_ship", None, RefusedBecause.REQUEST_ENDED),
        (REJECT, "cancelled", "completed", RefusedBecause.ALREADY_CANCELLED),
    ],
)
def test_an_answer_that_came_too_late_is_refused_with_why(delivery, status, request_state, because):
    result = read_before_call(delivery, an_order(status, request_state))
    assert isinstance(result, SaidNo)
    assert result.because == because


@pytest.mark.parametrize(
    ("failure", "cause", "waits_for_a_person"),
    [
        (Unavailable("down"), DelayCause.UNAVAILABLE, False),
        (Stale("changed"), DelayCause.UNAVAILABLE, False),
        (Throttled("slow"), DelayCause.THROTTLED, False),
        (Reauthorise("revoked"), DelayCause.SHOP_DISCONNECTED, True),
        (Misconfigured("sign"), DelayCause.APP_MISCONFIGURED, True),
    ],
)
def test_a_failure_that_passes_is_waited_for(failure, cause, waits_for_a_person):
    result = after_failure(APPROVE, failure, now=NOW)
    assert isinstance(result, Wait)
    assert result.cause == cause
    assert (result.until is None) == waits_for_a_person


def test_what_can_never_work_is_given_up_and_a_refusal_is_told():
    assert after_failure(APPROVE, Permanent("no", code="error_param"), now=NOW) == GaveUp("error_param", "no")
    refused = Refused("gone", code="25001045")
    refused.because = "shipped"
    assert after_failure(APPROVE, refused, now=NOW) == SaidNo(RefusedBecause.SHIPPED, "25001045", "gone")


def test_a_failure_worth_few_tries_is_given_up_after_them():
    failure = Unavailable("forder", code="logistics.cancel_forder_failed")
    failure.few_tries = True
    assert isinstance(after_failure(replace(APPROVE, failures=FEW_TRIES - 2), failure, now=NOW), Wait)
    assert isinstance(after_failure(replace(APPROVE, failures=FEW_TRIES - 1), failure, now=NOW), GaveUp)


def test_the_marketplaces_own_waiting_time_is_kept():
    throttled = Throttled("slow")
    throttled.retry_after = 42
    result = after_failure(APPROVE, throttled, now=NOW)
    assert isinstance(result, Wait)
    assert result.until == NOW + timedelta(seconds=42)
    assert result.whole_shop


@pytest.mark.parametrize(("quota", "minutes"), [(False, 60), (True, 15)])
def test_a_long_wait_is_kept_when_it_was_told_and_not_when_it_was_reckoned(quota, minutes):
    throttled = Throttled("slow")
    throttled.retry_after, throttled.quota = 3600, quota
    result = after_failure(APPROVE, throttled, now=NOW)
    assert isinstance(result, Wait)
    assert result.until == NOW + timedelta(minutes=minutes)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_waiting_grows_and_never_passes_its_bound(failures, attempt):
    delay = back_off(replace(APPROVE, failures=failures, attempt=attempt))
    assert timedelta(seconds=0.75) <= delay <= timedelta(seconds=LONGEST_DELAY_SECONDS * 1.25)


TIKTOK_REJECT = replace(REJECT, native_id="4035000000000000001")


def test_a_request_with_an_id_of_its_own_that_is_not_shown_is_not_taken_for_ended():
    assert read_before_call(TIKTOK_REJECT, an_order("new")) is None
    assert read_before_call(replace(TIKTOK_REJECT, action="approve"), an_order("new")) is None


def test_a_request_that_is_not_shown_has_ended_where_the_call_said_so():
    assert read_before_call(TIKTOK_REJECT, an_order("new"), was_stale=True) == Took(already=True, call_id="c1")


def test_an_order_in_a_state_that_no_reference_knows_does_not_say_that_its_request_has_ended():
    assert read_before_call(REJECT, an_order("unknown")) is None


def test_waiting_for_a_person_is_said_once_for_each_reason():
    waits = replace(APPROVE, state="blocked", cause=DelayCause.APP_MISCONFIGURED)
    assert _said_before(waits, Wait(DelayCause.APP_MISCONFIGURED, "sign", None))
    assert not _said_before(waits, Wait(DelayCause.SHOP_DISCONNECTED, "revoked", None))
    assert not _said_before(waits, Wait(DelayCause.TIMEOUT, "slow", NOW))
    assert not _said_before(replace(waits, state="queued"), Wait(DelayCause.APP_MISCONFIGURED, "sign", None))


def open_since(seconds, **more):
    seen = an_order("cancel_requested", "open")
    return replace(seen, requests=(replace(seen.requests[0], update_time=NOW + timedelta(seconds=seconds)),), **more)


def test_an_order_that_changed_since_the_decision_is_looked_at_before_it_is_answered_for_as_long_as_a_look_may_take():
    delivery, waits = REJECT, []
    while wait := wait_if_changed(delivery, open_since(1), now=NOW):
        assert (wait.cause, wait.failed) == (DelayCause.LOCKED, False)
        waits.append(wait.until - NOW)
        delivery = replace(delivery, code=wait.code)
    assert waits[0] == timedelta(seconds=10)
    assert sum(waits, timedelta()) > timedelta(seconds=Ingestor.model_fields["max_backoff_seconds"].default)
    assert wait_if_changed(delivery, open_since(2), now=NOW).until == NOW + waits[0]  # another change


@pytest.mark.parametrize("seen", [open_since(0), open_since(-9), an_order("cancelled", "accepted"), an_order("ready_to_ship")])
def test_an_order_that_has_not_changed_is_answered(seen):
    assert wait_if_changed(REJECT, seen, now=NOW) is None


def test_a_request_with_an_id_of_its_own_is_the_one_that_was_decided():
    seen = open_since(9, channel="tiktok")
    seen = replace(seen, requests=(replace(seen.requests[0], native_id="C1"),))
    assert wait_if_changed(replace(REJECT, native_id="C1"), seen, now=NOW) is None


@pytest.mark.parametrize(("calls", "reports", "age", "reads"), [(0, 0, 59, False), (0, 0, 60, True), (1, 1, 0, True), (0, 1, 0, True)])
def test_an_answer_that_waited_is_given_after_reading(calls, reports, age, reads):
    """`reports`: told to be blocked, although nothing was called."""
    assert reads_first(replace(APPROVE, calls=calls, attempt=reports), now=NOW + timedelta(seconds=age)) is reads
