"""TikTok Shop: requests with ids of their own beside an order that keeps its status."""

import pytest

from ingestor.domain.known import Rules


@pytest.fixture
def tiktok(order):
    def make(status="new", **more):
        return order(status, channel="tiktok", **more)

    return make


def test_an_open_request_is_said_with_the_marketplaces_deadline(story, tiktok, request_, minutes):
    assert story.looks(tiktok(read=2, requests=(request_("C1"),))) == ["CancelRequested"]
    said = story.last
    assert (said.native_id, said.answerable, said.order_status_before) == ("C1", True, "new")
    assert (said.respond_by, said.respond_by_source) == (minutes(60), "marketplace")
    assert (said.requested_at, said.requested_at_source) == (minutes(1), "marketplace")


def test_a_deadline_that_tiktok_does_not_tell_is_never_computed(story, tiktok, request_):
    story.looks(tiktok(read=2, requests=(request_("C1", respond_by=None),)))
    assert (story.last.respond_by, story.last.respond_by_source) == (None, None)


def test_an_open_request_that_waits_for_somebody_else_is_not_answerable(story, tiktok, request_):
    story.looks(tiktok(read=2, requests=(request_("C1", asks_seller=False),)))
    assert story.last.answerable is False


def test_a_closed_request_goes_on_and_keeps_its_deadline(story, tiktok, request_, minutes):
    story.looks(tiktok(read=2, requests=(request_("C1"),)), tiktok(read=6, requests=(request_("C1", "closed", updated=5),)))
    assert (story.last.outcome, story.last.ended_at, story.last.respond_by) == ("order_continues", minutes(5), minutes(60))
    assert (story.last.order_status_now, story.last.ended_by) == ("new", "unknown")


def test_the_deadline_is_kept_however_often_the_end_is_told(story, tiktok, request_, minutes):
    closed = request_("C1", "closed", updated=5)
    story.looks(tiktok(read=2, requests=(request_("C1"),)), tiktok(read=6, requests=(closed,)))
    story.looks(tiktok("ready_to_ship", updated=8, requests=(closed,)), tiktok("shipped", updated=9, requests=(closed,)))
    assert [(event.respond_by, event.respond_by_source) for event in story.events] == [(minutes(60), "marketplace")] * 4


def test_an_accepted_request_means_cancelled_whatever_the_order_says(story, tiktok, request_, minutes):
    story.looks(tiktok(read=2, requests=(request_("C1"),)), tiktok(read=6, requests=(request_("C1", "accepted", updated=5),)))
    assert (story.last.outcome, story.last.order_status_now, story.last.marketplace_status) == (
        "order_cancelled",
        "cancelled",
        "AWAITING_SHIPMENT",
    )


def test_the_refund_that_follows_does_not_move_the_end(story, tiktok, request_, minutes):
    story.looks(
        tiktok(read=2, requests=(request_("C1"),)),
        tiktok(read=6, requests=(request_("C1", "accepted", updated=5),)),
        tiktok("cancelled", updated=7, read=8, requests=(request_("C1", "completed", updated=8),)),
    )
    assert story.last.ended_at == minutes(5)
    assert {event.outcome for event in story.events[1:]} == {"order_cancelled"}


def test_the_order_is_cancelled_only_when_no_unit_is_left(story, tiktok, request_):
    part = request_("C1", "accepted", updated=5, lines=("L1",))
    rest = request_("C2", "accepted", updated=9, lines=("L2",))
    story.looks(tiktok(read=2, requests=(request_("C1", lines=("L1",)),)), tiktok(read=6, requests=(part,)))
    assert (story.last.outcome, story.last.order_status_now) == ("order_cancelled", "new")
    assert [line.line_id for line in story.last.lines] == ["L1"]
    story.looks(tiktok(read=10, requests=(part, rest)))
    assert (story.last.native_id, type(story.last).__name__) == ("C2", "OrderCancelled")
    assert story.known.requests[0].published.order_status_now == "new"  # the newer one tells what became of the order


def test_a_cancellation_of_the_rest_says_so_on_the_request_that_is_still_open(story, tiktok, request_):
    story.looks(
        tiktok(read=2, requests=(request_("C1"),)),
        tiktok("cancelled", updated=5, requests=(request_("C1"), request_("C2", "completed", updated=5))),
    )
    assert [(event.native_id, type(event).__name__) for event in story.events[1:]] == [
        ("C1", "CancelRequestClosed"),
        ("C2", "OrderCancelled"),
    ]
    assert story.events[1].outcome == "order_cancelled"


@pytest.mark.parametrize("state", ["accepted", "completed"])
def test_first_seen_cancelled_is_an_order_cancelled_whatever_its_type(story, tiktok, request_, minutes, state):
    assert story.looks(tiktok("cancelled", updated=5, read=6, requests=(request_("C1", state, updated=5),))) == ["OrderCancelled"]
    assert (story.last.native_id, story.last.cancelled_by, story.last.cancelled_at) == ("C1", "buyer", minutes(5))


def test_first_seen_closed_while_the_order_goes_on_says_nothing(story, tiktok, request_):
    assert story.looks(tiktok(read=6, requests=(request_("C1", "closed", updated=5),))) == []
    assert story.looks(tiktok("ready_to_ship", updated=8, requests=(request_("C1", "closed", updated=5),))) == []


def test_a_second_request_is_one_of_its_own(story, tiktok, request_):
    closed = request_("C1", "closed", updated=5)
    story.looks(tiktok(read=2, requests=(request_("C1"),)), tiktok(read=6, requests=(closed,)))
    story.looks(tiktok(read=9, requests=(closed, request_("C2", updated=8, asked=8))))
    assert [(event.native_id, event.observation) for event in story.events] == [("C1", 1), ("C1", 2), ("C2", 1)]


def test_a_parcel_that_left_ends_a_request_that_is_listed_as_open(story, tiktok, request_, minutes):
    still = request_("C1")
    story.looks(tiktok("ready_to_ship", read=2, requests=(still,)), tiktok("shipped", updated=5, requests=(still,)))
    assert (story.last.outcome, story.last.order_status_now, story.last.ended_at) == ("order_shipped", "shipped", minutes(5))


def test_a_request_moves_although_its_order_does_not(story, tiktok, request_):
    story.looks(tiktok(updated=0, read=2), tiktok(updated=0, read=4, requests=(request_("C1"),)))
    assert story.last.native_id == "C1"
    story.looks(tiktok(updated=0, read=7, requests=(request_("C1", "closed", updated=6),)))
    assert story.last.outcome == "order_continues"


def test_of_an_older_read_only_what_is_newer_counts(story, tiktok, request_):
    story.looks(tiktok("ready_to_ship", updated=8, requests=(request_("C1"),)))
    story.looks(tiktok("new", updated=0, read=9, requests=(request_("C1", "closed", updated=7),)))
    assert (story.last.outcome, story.last.order_status_now) == ("order_continues", "ready_to_ship")


def test_a_cancelled_order_waits_a_little_for_the_cancellation_that_explains_it(story, tiktok, request_):
    observed = story.look(tiktok("cancelled", updated=5, read=5.1))
    assert (observed.said, observed.look_again) == ((), "later")
    assert story.looks(tiktok("cancelled", updated=5, read=5.3, requests=(request_("C1", "accepted", updated=5),))) == ["OrderCancelled"]
    assert story.last.native_id == "C1"


def test_a_cancelled_order_that_nothing_explains_is_said_under_its_own_number_once(story, tiktok, request_):
    assert story.looks(tiktok("cancelled", updated=5, read=7)) == ["OrderCancelled"]
    assert story.last.native_id == "SN1"
    late = tiktok("cancelled", updated=5, read=9, requests=(request_("C1", "accepted", updated=5),))
    assert story.looks(late) == []


def test_without_patience_a_cancelled_order_is_said_at_once(make_story, tiktok):
    from datetime import timedelta

    assert make_story(rules=Rules(patience=timedelta(0))).looks(tiktok("cancelled", updated=5, read=5.1)) == ["OrderCancelled"]


def test_a_request_in_a_word_that_no_reference_knows_says_nothing(story, tiktok, request_):
    assert story.looks(tiktok(read=2, requests=(request_("C1", "unknown"),))) == []
    assert story.looks(tiktok(read=4, requests=(request_("C1", updated=3),))) == ["CancelRequested"]
    assert story.looks(tiktok(read=6, requests=(request_("C1", "unknown", updated=5),))) == []


def test_whether_units_go_back_is_told_per_line(story, tiktok, request_):
    story.looks(tiktok("cancelled", updated=5, read=6, requests=(request_("C1", "accepted", updated=5, should_replenish_stock=False),)))
    assert {line.restock_advised for line in story.last.lines} == {False}


def test_units_cancelled_before_are_told(story, tiktok, request_):
    first = request_("C1", "completed", updated=2, lines=("L1",))
    story.looks(tiktok(read=3, requests=(first,), cancelled_lines=("L1",)))
    story.looks(tiktok(read=6, requests=(first, request_("C2", updated=5, lines=("L2",))), cancelled_lines=("L1",)))
    assert [(line.line_id, line.cancelled_before) for line in story.last.lines] == [("L2", 0)]
