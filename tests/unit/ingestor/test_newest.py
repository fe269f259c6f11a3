"""Whatever the order in which reads come in, what is known ends as the newest shows, and nothing is said twice."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import looks as build

from contracts.cancel_requests import CancelRequestClosed, CancelRequested, request_id

STATUSES = ["unpaid", "new", "ready_to_ship", "cancel_requested", "shipped", "cancelled"]


@st.composite
def shopee_reads(draw):
    """Reads of one order over its life: each at its own time, some of replicas that lag behind, in any order and some twice."""
    statuses = draw(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=6))
    reads = [build.an_order(status, updated=minute * 10, read=minute * 10 + 1) for minute, status in enumerate(statuses)]
    return reads, draw(st.lists(st.sampled_from(reads), max_size=8)), draw(st.permutations(reads))


@given(shopee_reads())
@settings(max_examples=300)
def test_shopee_ends_as_the_newest_read_shows(reads):
    in_time, extra, shuffled = reads
    story = build.Story()
    for seen in [*extra, *shuffled]:
        story.look(seen)
    newest = in_time[-1]
    assert story.known.order.marketplace_status == newest.marketplace_status
    assert any(request.is_open for request in story.known.requests) == (newest.status == "cancel_requested")
    if newest.status == "cancelled":
        assert story.last.order.order_ref == "SN1"
        assert getattr(story.last, "outcome", "order_cancelled") == "order_cancelled"


@st.composite
def tiktok_reads(draw):
    """Two requests and the order, each with a history of its own; a read shows what each was at its moment."""
    minute = st.integers(0, 30)

    def history(states, *, least):
        found = draw(st.lists(st.tuples(minute, st.sampled_from(states)), min_size=least, max_size=3, unique_by=lambda each: each[0]))
        return sorted(found)

    orders = history(["new", "ready_to_ship", "shipped"], least=1)
    histories = {name: history(["open", "closed", "accepted"], least=0) for name in ("C1", "C2")}
    moments = [*sorted(draw(st.lists(st.integers(0, 31), min_size=1, max_size=6, unique=True))), 32]

    def as_of(moment):
        updated, status = ([each for each in orders if each[0] <= moment] or orders[:1])[-1]
        shown = tuple(
            build.a_request(name, state, updated=at, asked=0, lines=("L1",) if name == "C1" else ("L2",))
            for name, history in histories.items()
            for at, state in [each for each in history if each[0] <= moment][-1:]
        )
        return build.an_order(status, channel="tiktok", updated=updated, read=moment + 0.5, requests=shown)

    reads = [as_of(moment) for moment in moments]
    return reads, draw(st.lists(st.sampled_from(reads), max_size=6)), draw(st.permutations(reads))


@given(tiktok_reads())
@settings(max_examples=300)
def test_tiktok_ends_as_the_newest_read_shows(reads):
    in_time, extra, shuffled = reads
    story, direct = build.Story(), build.Story()
    for seen in [*extra, *shuffled]:
        story.look(seen)
    direct.look(in_time[-1])
    assert story.known.order.status_alone == direct.known.order.status_alone
    states = {request.seen.native_id: request.seen.state for request in direct.known.requests}
    assert {request.seen.native_id: request.seen.state for request in story.known.requests} == states
    assert {r.seen.native_id for r in story.known.requests if r.is_open} == {r.seen.native_id for r in direct.known.requests if r.is_open}


@given(shopee_reads() | tiktok_reads())
@settings(max_examples=300)
def test_nothing_is_said_twice_and_each_word_is_a_newer_observation(reads):
    in_time, extra, shuffled = reads
    story = build.Story()
    for seen in [*extra, *shuffled]:
        story.look(seen)
    for one in {event.request_id for event in story.events}:
        said = [event for event in story.events if event.request_id == one]
        assert [event.observation for event in said] == list(range(1, len(said) + 1))
        assert all(facts(before) != facts(after) for before, after in pairwise(said))
    words = len(story.events)
    for seen in in_time:
        story.look(seen)
    assert len(story.events) == words


def facts(event):
    import msgspec

    told = msgspec.to_builtins(event)
    apart = {"observation", "read_started_at", "observed_at", "found_by"}
    return type(event).__name__, {name: value for name, value in told.items() if name not in apart}


def test_an_older_update_time_never_wins(story, order):
    assert story.looks(order("ready_to_ship", updated=9), order("cancel_requested", updated=5, read=12)) == []


def test_at_the_same_second_the_read_that_began_later_wins(story, order):
    assert story.looks(order("cancel_requested", updated=5, read=6), order("ready_to_ship", updated=5, read=7)) == [
        "CancelRequested",
        "CancelRequestClosed",
    ]
    assert story.looks(order("cancel_requested", updated=5, read=5.5)) == []


def test_reads_that_overlapped_at_the_same_second_decide_nothing(story, order):
    story.look(order("cancel_requested", updated=5, read=6, lasts=2))
    observed = story.look(order("ready_to_ship", updated=5, read=7))
    assert (observed.said, observed.look_again) == ((), "soon")
    assert story.looks(order("ready_to_ship", updated=5, read=9)) == ["CancelRequestClosed"]


def test_a_read_that_confirms_moves_the_time_that_later_ones_are_compared_with(story, order):
    story.looks(order("cancel_requested", updated=5, read=6), order("cancel_requested", updated=5, read=20))
    assert story.looks(order("ready_to_ship", updated=5, read=10)) == []


def test_a_look_because_of_an_outcome_says_what_is_seen_although_nothing_changed(story, order, minutes):
    story.look(order("cancel_requested"))
    one = request_id("shopee", "200001", "SN1")
    observed = story.look(order("cancel_requested", read=12), found_by=None, tell=(one,))
    (said,) = observed.said
    assert type(said.data) is CancelRequested
    assert (said.data.observation, said.data.read_started_at > minutes(12)) == (2, True)
    assert story.look(order("cancel_requested", read=14), tell=("somebody-elses",)).said == ()


@pytest.mark.parametrize(("status", "kind"), [("ready_to_ship", CancelRequestClosed), ("shipped", CancelRequestClosed)])
def test_an_outcome_of_a_request_that_ended_is_answered_too(story, order, status, kind):
    story.looks(order("cancel_requested"), order(status, updated=5))
    observed = story.look(order(status, updated=5, read=9), found_by=None, tell=(story.last.request_id,))
    assert [type(said.data) for said in observed.said] == [kind]


def test_a_stale_read_does_not_answer_an_outcome_but_asks_for_another(story, order):
    story.looks(order("cancel_requested"), order("ready_to_ship", updated=9))
    observed = story.look(order("cancel_requested", updated=0, read=12), found_by=None, tell=(story.last.request_id,))
    assert (observed.said, observed.look_again) == ((), "soon")
