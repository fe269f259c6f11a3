"""Shopee: a request is an order that is IN_CANCEL, and nothing else tells of it."""

from datetime import timedelta

import pytest

from contracts.cancel_requests import request_id
from contracts.values import FoundBy
from ingestor.domain.known import Rules


def test_in_cancel_is_a_request_under_the_orders_number(story, order, minutes):
    assert story.looks(order("ready_to_ship"), order("cancel_requested", updated=5)) == ["CancelRequested"]
    said = story.last
    assert said.request_id == request_id("shopee", "200001", "SN1")
    assert (said.native_id, said.observation, said.order_status_before) == ("SN1", 1, "ready_to_ship")
    assert (said.requested_at, said.requested_at_source) == (minutes(5), "first_seen")
    assert (said.respond_by, said.respond_by_source) == (minutes(5) + timedelta(hours=24), "estimated")
    assert [line.quantity for line in said.lines] == [1, 1]


def test_the_time_to_answer_is_estimated_by_region(make_story, order, minutes):
    story = make_story(rules=Rules(respond_within={"MY": timedelta(hours=6)}))
    story.looks(order("cancel_requested", updated=5))
    assert story.last.respond_by == minutes(5) + timedelta(hours=6)


def test_a_request_first_seen_open_does_not_know_the_status_before(story, order):
    story.looks(order("cancel_requested"))
    assert story.last.order_status_before is None


def test_the_request_keeps_its_first_times_when_the_order_is_touched_again(story, order, minutes):
    story.looks(order("cancel_requested", updated=5), order("cancel_requested", updated=9, buyer_id="b1"))
    assert (story.last.observation, story.last.buyer_id) == (2, "b1")
    assert story.last.requested_at == minutes(5)


@pytest.mark.parametrize(
    ("status", "outcome"), [("ready_to_ship", "order_continues"), ("shipped", "order_shipped"), ("cancelled", "order_cancelled")]
)
def test_leaving_in_cancel_ends_the_request(story, order, minutes, status, outcome):
    assert story.looks(order("cancel_requested"), order(status, updated=7)) == ["CancelRequested", "CancelRequestClosed"]
    closed = story.last
    assert (closed.outcome, closed.order_status_now, closed.ended_at, closed.observation) == (outcome, status, minutes(7), 2)
    assert closed.ended_by == ("system" if status == "cancelled" else "unknown")
    assert closed.request_id == story.events[0].request_id


def test_asked_again_after_it_was_seen_to_end_is_another_request(story, order):
    story.looks(
        order("cancel_requested"),
        order("ready_to_ship", updated=5),
        order("cancel_requested", updated=9),
        order("ready_to_ship", updated=12),
        order("cancel_requested", updated=15),
    )
    assert [event.native_id for event in story.events] == ["SN1", "SN1", "SN1#2", "SN1#2", "SN1#3"]
    assert [event.observation for event in story.events] == [1, 2, 1, 2, 1]


def test_an_outcome_of_an_earlier_request_is_answered_although_a_newer_one_is_open(story, order):
    story.looks(order("cancel_requested"), order("ready_to_ship", updated=5), order("cancel_requested", updated=9))
    observed = story.look(order("cancel_requested", updated=9, read=12), tell=(story.events[0].request_id,))
    assert [(said.data.native_id, said.data.observation) for said in observed.said] == [("SN1", 3)]
    assert observed.look_again is None


def test_in_cancel_seen_again_before_it_was_seen_to_end_is_the_same_request(story, order):
    story.looks(order("cancel_requested"), order("cancel_requested", updated=5), order("cancel_requested", updated=9))
    assert {event.native_id for event in story.events} == {"SN1"}


def test_an_order_first_seen_cancelled_was_cancelled_and_nobody_asked(story, order, minutes):
    assert story.looks(order("new"), order("cancelled", updated=5)) == ["OrderCancelled"]
    assert (story.last.native_id, story.last.cancelled_by, story.last.cancelled_at) == ("SN1", "system", minutes(5))
    assert story.last.was_ready_to_ship is False
    assert sum(line.quantity for line in story.last.lines) == 2


@pytest.mark.parametrize(
    ("before", "arranged", "was_ready"),
    [
        ("ready_to_ship", None, True),
        ("shipped", False, True),
        (None, True, True),
        (None, False, False),
        (None, None, None),
        ("new", True, True),
    ],
)
def test_whether_the_parcel_must_be_pulled_out_comes_from_the_former_status_else_from_the_parcel(story, order, before, arranged, was_ready):
    if before:
        story.look(order(before))
    story.look(order("cancelled", updated=5, was_arranged=arranged))
    assert story.last.was_ready_to_ship is was_ready


def test_who_cancelled_may_be_told_later(story, order):
    from marketplaces.seen import CancelSeen

    first = order("cancelled", updated=5, cancelled=CancelSeen())
    second = order("cancelled", updated=5, read=8, cancelled=CancelSeen(by="buyer"))
    assert story.looks(first, second) == ["OrderCancelled", "OrderCancelled"]
    assert [event.cancelled_by for event in story.events] == ["unknown", "buyer"]


def test_an_order_that_goes_on_and_is_cancelled_later_says_so_on_its_request(story, order, minutes):
    story.looks(order("cancel_requested"), order("ready_to_ship", updated=5), order("cancelled", updated=9))
    assert (story.last.native_id, story.last.outcome, story.last.ended_at, story.last.observation) == (
        "SN1",
        "order_cancelled",
        minutes(9),
        3,
    )


def test_after_the_end_the_orders_way_is_told_until_it_has_left(story, order):
    words = story.looks(
        order("cancel_requested"),
        order("new", updated=5),
        order("ready_to_ship", updated=9),
        order("shipped", updated=12),
        order("shipped", updated=15, marketplace_status="TO_CONFIRM_RECEIVE"),
        order("shipped", updated=18, marketplace_status="COMPLETED"),
    )
    assert words == ["CancelRequested"] + ["CancelRequestClosed"] * 3
    assert [event.order_status_now for event in story.events[1:]] == ["new", "ready_to_ship", "shipped"]
    assert {event.outcome for event in story.events[1:]} == {"order_continues"}


def test_a_word_that_no_reference_knows_ends_no_request(story, order):
    story.looks(order("cancel_requested"), order("unknown", updated=5))
    assert (type(story.last).__name__, story.last.marketplace_status) == ("CancelRequested", "NEVER_HEARD_OF")
    story.looks(order("ready_to_ship", updated=9))
    assert story.last.outcome == "order_continues"


def test_orders_that_never_asked_say_nothing(story, order):
    assert story.looks(order("unpaid"), order("new", updated=2), order("ready_to_ship", updated=4), order("shipped", updated=6)) == []
    assert story.known.former_status == "shipped"


def test_an_order_without_lines_is_not_said_but_looked_at_again(story, order):
    observed = story.look(order("cancel_requested", lines=0))
    assert (observed.said, observed.look_again) == ((), "later")
    assert story.looks(order("cancel_requested", read=3)) == ["CancelRequested"]


def test_lines_that_are_missing_later_are_taken_from_what_was_said(story, order):
    story.looks(order("cancel_requested"), order("ready_to_ship", updated=5, lines=0))
    assert [line.line_id for line in story.last.lines] == ["L1", "L2"]


def test_found_by_is_who_found_it_and_stays_for_looks_of_our_own(story, order):
    story.look(order("cancel_requested"), found_by=FoundBy.SWEEP)
    assert story.last.found_by == "sweep"
    observed = story.look(order("ready_to_ship", updated=5), found_by=None)
    assert (story.last.found_by, observed.said[0].found) == ("sweep", False)
