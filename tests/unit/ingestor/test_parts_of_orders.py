"""A cancellation that leaves units of the order: what becomes of them is told, until they are shipped."""

from dataclasses import replace

import pytest

from contracts.cancel_requests import CancelRequestClosed, OrderCancelled
from marketplaces.seen import RequestedLine


def part(request_, state, *, updated, lines=("L1",), **more):
    return request_("C1", state, updated=updated, lines=lines, **more)


def test_a_request_for_some_units_says_what_becomes_of_the_others(story, order, request_):
    story.looks(order("new", channel="tiktok", read=2, requests=(part(request_, "open", updated=1),)))
    assert story.last.rest_status == "new"
    story.looks(order("new", channel="tiktok", read=4, requests=(part(request_, "open", updated=3, lines=("L1", "L2")),)))
    assert story.last.rest_status is None


def test_a_cancellation_of_some_units_is_told_with_what_becomes_of_the_others_until_they_leave(story, order, request_):
    gone = part(request_, "completed", updated=5)

    def shows(status, minute):
        return order(status, channel="tiktok", updated=minute, read=minute, requests=(gone,), cancelled_lines=("L1",))

    story.looks(shows("new", 6))
    assert story.known.is_live
    story.looks(shows("ready_to_ship", 7), shows("shipped", 8))
    assert not story.known.is_live
    story.looks(replace(shows("shipped", 9), marketplace_status="DELIVERED"))
    assert [(type(event), event.rest_status) for event in story.events] == [
        (OrderCancelled, "new"),
        (OrderCancelled, "ready_to_ship"),
        (OrderCancelled, "shipped"),
    ]


def test_units_cancelled_before_leave_no_rest(story, order, request_):
    last = request_("C2", "open", updated=5, lines=("L2",))
    story.looks(order("new", channel="tiktok", read=6, requests=(last,), cancelled_lines=("L1",)))
    assert story.last.rest_status is None


def three(seen, *, cancelled):
    """One line of three units, so many of them cancelled."""
    return replace(seen, lines=(replace(seen.lines[0], ordered_quantity=3, cancelled_quantity=cancelled),))


def asks_for(seen, units):
    return replace(seen, requests=(replace(seen.requests[0], lines=(RequestedLine(line_id="L1", quantity=units),)),))


@pytest.mark.parametrize(("cancelled", "outcome"), [(2, "order_cancelled"), (1, "order_continues")])
def test_a_shopee_request_for_some_units_was_granted_if_they_are_cancelled_now(story, order, cancelled, outcome):
    story.look(asks_for(three(order("cancel_requested", updated=1), cancelled=1), 1))
    assert story.last.rest_status == "unknown"
    story.look(three(order("ready_to_ship", updated=3), cancelled=cancelled))
    story.look(three(order("shipped", updated=5), cancelled=cancelled))
    assert {event.outcome for event in story.events if isinstance(event, CancelRequestClosed)} == {outcome}
    assert story.last.order_status_now == "shipped"


def test_of_a_cancelled_shopee_order_only_what_was_left_is_cancelled_now(story, order):
    story.look(three(order("new", updated=1), cancelled=1))
    story.look(three(order("cancelled", updated=3), cancelled=3))
    assert [(line.quantity, line.cancelled_before, line.ordered_quantity) for line in story.last.lines] == [(2, 1, 3)]
