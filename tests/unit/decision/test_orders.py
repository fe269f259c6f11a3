"""What may be done with an order, over all its requests."""

import pytest
from tests.support.requests import NOW, SELLER, an_order, cancelled, closed, requested, synced

from contracts.values import Parcel
from decision.domain.alerts import Rules, refresh
from decision.domain.follow_up import acknowledge
from decision.domain.orders import OrderState, changed, order_state

ORDER = an_order()


def shown(state):
    return state.status, state.shippable, state.hold


def test_a_pending_request_holds_the_order(told):
    assert shown(told(requested(ORDER)).order) == ("cancel_requested", False, "cancel_requested")


def test_an_approved_order_is_cancelled_from_the_click_on(told):
    request = told(requested(ORDER))
    request.wish("approve")
    assert shown(request.order) == ("cancelled", False, "cancelled")


@pytest.mark.parametrize("happenings", [(), ("synced",), ("closed",)])
def test_a_rejected_order_is_shippable_only_when_the_marketplace_took_it(told, happenings):
    request = told(requested(ORDER))
    request.wish("reject")
    for each in happenings:
        request.hear(synced(ORDER, "reject") if each == "synced" else closed(ORDER, order_status_now="new"))
    hold = None if happenings else "rejection_not_taken"
    assert shown(request.order) == ("ready_to_ship", bool(happenings), hold)


@pytest.mark.parametrize(
    ("status", "shippable", "hold"),
    [
        ("new", True, None),
        ("ready_to_ship", True, None),
        ("unpaid", False, "not_ready"),
        ("on_hold", False, "not_ready"),
        ("shipped", False, "shipped"),
        ("unknown", False, "unknown"),
        ("cancel_requested", False, "cancel_requested"),
    ],
)
def test_a_lapsed_order_is_what_the_marketplace_shows(told, status, shippable, hold):
    assert shown(told(closed(ORDER, order_status_now=status)).order) == (status, shippable, hold)


def test_a_shipped_order_is_shipped_whatever_was_said(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(closed(ORDER, "order_shipped"))
    assert shown(request.order) == ("shipped", False, "shipped")


def test_cancelled_lines_that_leave_others_leave_the_order(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(closed(ORDER, "order_cancelled", order_status_now="new"))
    assert shown(request.order) == ("new", True, None)


def test_any_pending_request_holds_then_a_rejection_not_taken_then_the_newest_decides(told):
    first = told(requested(ORDER, native_id="1"), closed(ORDER, native_id="1"))
    second = told(requested(ORDER, native_id="2", requested_at=NOW.replace(hour=9), minutes=60))
    assert order_state([first.request, second.request]).status == "cancel_requested"
    second.wish("reject")
    assert order_state([second.request, first.request]).hold == "rejection_not_taken"
    second.hear(closed(ORDER, "order_cancelled", native_id="2", minutes=65, requested_at=NOW.replace(hour=9)))
    assert order_state([second.request, first.request]).status == "cancelled"


def test_an_approval_under_way_is_not_opened_by_another_request(told):
    approved = told(requested(ORDER, native_id="1"))
    approved.wish("approve")
    other = told(closed(ORDER, native_id="2", requested_at=NOW.replace(hour=9), minutes=60))
    assert not order_state([approved.request, other.request]).shippable


def test_an_order_status_is_announced_only_when_others_act_on_the_difference(told):
    request = told(requested(ORDER))
    state, said = changed(OrderState(), [request.request], cause=request.request, now=NOW)
    assert (said.order_revision, said.previous_status) == (1, None)
    request.hear(requested(ORDER, observation=2, marketplace_status="OTHER"))
    state, said = changed(state, [request.request], cause=request.request, now=NOW)
    assert (said, state.revision, state.marketplace_status) == (None, 1, "OTHER")
    request.wish("approve")
    state, said = changed(state, [request.request], cause=request.request, now=NOW)
    assert (said.order_revision, said.previous_status, said.status) == (2, "cancel_requested", "cancelled")


@pytest.mark.parametrize(
    ("facts", "recall"),
    [
        ({"order_status_before": "new"}, False),
        ({"order_status_before": "ready_to_ship"}, True),
        ({"order_status_before": None, "was_ready_to_ship": True}, True),
        ({"order_status_before": "new", "parcel": Parcel(state="arranged")}, True),
    ],
)
def test_a_packed_order_that_was_cancelled_elsewhere_is_recalled(told, facts, recall):
    assert told(cancelled(ORDER, **facts)).order.recall is recall


@pytest.mark.parametrize(("parcel", "recall"), [("not_arranged", False), ("arranged", True), ("handed_over", True), ("unknown", True)])
def test_an_approved_order_is_recalled_when_its_parcel_is_arranged(told, parcel, recall):
    request = told(requested(ORDER, parcel=Parcel(state=parcel)))
    request.wish("approve")
    assert request.order.recall is recall


def test_a_recall_lasts_until_somebody_acknowledges(told):
    request = told(cancelled(ORDER))
    request.hear(acknowledge(request.request, "stop_parcel", by=SELLER, now=NOW))
    assert not request.order.recall
    assert not refresh(request.request, now=NOW, rules=Rules()).alerts["stop_parcel"].open


def test_an_order_goes_on_without_the_units_that_were_cancelled_directly(told):
    part = told(cancelled(ORDER, rest_status="new", marketplace_status="AWAITING_SHIPMENT"))
    assert (part.request.state, part.order.status, part.order.shippable) == ("cancelled_elsewhere", "new", True)


def test_units_that_nobody_cancels_wait_until_the_marketplace_shows_the_approval_in_effect(told):
    part = told(requested(ORDER, rest_status="new"))
    part.wish("approve")
    assert (part.order.status, part.order.shippable, part.order.hold) == ("cancel_requested", False, "cancel_requested")
    part.hear(closed(ORDER, "order_cancelled", order_status_now="new"))
    assert (part.request.state, part.order.status, part.order.shippable) == ("approved", "new", True)
