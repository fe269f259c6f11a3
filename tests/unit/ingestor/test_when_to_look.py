"""Which hints become which looks, what a list makes worth a look, and when to look again."""

from datetime import timedelta

import pytest

from chassis.work import Claimed
from contracts.values import FoundBy
from ingestor.domain.known import NOTHING_KNOWN
from ingestor.domain.observe import Observed
from ingestor.domain.sweeping import Glimpse, worth_a_look
from ingestor.domain.timing import LONGEST, TRIES, deadlines, look_again_at, missing_again_at
from ingestor.hints import SWEEP, look_at, looks_like_a_ref, wanted
from marketplaces.seen import Change

GRACE = timedelta(seconds=2)


def rows(*keys):
    return [Claimed(key=key, attempts=1, hints=1) for key in keys]


def test_reasons_for_one_order_are_one_look_and_a_push_goes_before_a_sweep():
    one, two = wanted(rows("A/sweep", "B/deadline", SWEEP, "A/push", "A/outcome/r1"))
    assert (one.order_ref, [row.key for row in one.rows]) == ("A", ["A/sweep", "A/push", "A/outcome/r1"])
    assert (one.look().found_by, one.look().tell) == (FoundBy.PUSH, {"r1"})
    assert (two.order_ref, two.look().found_by) == ("B", None)


@pytest.mark.parametrize(("why", "found_by"), [("sweep", "sweep"), ("lost_push", "lost_push"), ("deadline", None), ("confirm", None)])
def test_who_found_it_is_told_by_the_reason(why, found_by):
    (look,) = wanted(rows(look_at("shopee:1", "A", why).key))
    assert look.look().found_by == found_by


def test_hints_of_different_reasons_are_different_rows_and_of_the_same_reason_one():
    keys = [
        look_at("shopee:1", "A", why, request_id=one).key for why, one in [("push", ""), ("push", ""), ("outcome", "r1"), ("outcome", "r2")]
    ]
    assert len(set(keys)) == 3


@pytest.mark.parametrize("bad", ["", "A/B", "@sweep", "A B", "x" * 65, "ä"])
def test_what_is_no_order_number_is_no_hint(bad):
    assert not looks_like_a_ref(bad)


def a_glimpse(minutes, **more):
    facts = {"marketplace_status": "PROCESSED", "update_time": minutes(5), "is_open": False, "requests": {}}
    return Glimpse(**(facts | more))


def test_an_order_never_seen_is_worth_a_look_only_when_it_is_about_cancelling():
    assert worth_a_look(Change(order_ref="A", marketplace_status="IN_CANCEL"), None)
    assert not worth_a_look(Change(order_ref="A", marketplace_status="SHIPPED", about_cancelling=False), None)


@pytest.mark.parametrize(
    ("status", "updated", "worth"),
    [
        ("PROCESSED", None, False),
        ("IN_CANCEL", None, True),
        ("PROCESSED", 5, False),
        ("PROCESSED", 6, True),
        ("PROCESSED", 4, False),
        ("SHIPPED", 6, True),
        ("SHIPPED", 4, False),
        (None, None, True),
    ],
)
def test_a_known_order_is_worth_a_look_when_the_list_shows_something_newer(minutes, status, updated, worth):
    change = Change(order_ref="A", marketplace_status=status, update_time=minutes(updated) if updated else None)
    assert worth_a_look(change, a_glimpse(minutes)) is worth


@pytest.mark.parametrize(("native_id", "status", "updated", "worth"), [("C1", "P", 5, False), ("C1", "S", 6, True), ("C2", "P", 5, True)])
def test_requests_are_compared_with_requests(minutes, native_id, status, updated, worth):
    change = Change(order_ref="A", native_id=native_id, marketplace_status=status, update_time=minutes(updated))
    assert worth_a_look(change, a_glimpse(minutes, requests={"C1": ("P", minutes(5))})) is worth


def test_a_deadline_that_was_learnt_is_looked_at(story, order):
    observed = story.look(order("cancel_requested"))
    assert deadlines(observed) == [story.last.respond_by]
    assert deadlines(story.look(order("ready_to_ship", updated=5))) == []


def after(observed, minutes, *, now, attempts=1, for_deadline=True):
    return look_again_at(observed, attempts=attempts, for_deadline=for_deadline, now=minutes(now), grace=GRACE)


def test_a_deadline_that_moved_is_looked_at_when_it_comes(story, order, minutes):
    observed = story.look(order("cancel_requested"))
    assert after(observed, minutes, now=1) == story.last.respond_by + GRACE
    assert after(observed, minutes, now=1, for_deadline=False) is None


def test_after_a_deadline_the_marketplace_is_given_some_time(story, order, minutes):
    observed = story.look(order("cancel_requested"))
    past = 24 * 60 + 5
    assert minutes(past) < after(observed, minutes, now=past) < minutes(past + 1)
    assert after(observed, minutes, now=past, attempts=TRIES) is None
    assert after(story.look(order("ready_to_ship", updated=5)), minutes, now=past) is None


def test_overlapping_reads_are_repeated_until_one_stands_alone(minutes):
    observed = Observed(known=NOTHING_KNOWN, look_again="soon")
    assert minutes(0) < after(observed, minutes, now=0) < minutes(0.1)
    assert after(observed, minutes, now=0, attempts=99) == minutes(0) + LONGEST


def test_what_the_marketplace_never_returns_is_given_up(minutes):
    assert missing_again_at(attempts=1, now=minutes(0)) is not None
    assert missing_again_at(attempts=TRIES, now=minutes(0)) is None
    assert after(Observed(known=NOTHING_KNOWN, look_again="later"), minutes, now=0, attempts=TRIES) is None
