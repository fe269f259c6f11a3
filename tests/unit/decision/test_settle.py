"""Where a request goes on what happens to it, and what decision says about it."""

import pytest
from tests.support.requests import NOW, a_line, an_order, cancelled, closed, delayed, failed, refused, requested, synced

from contracts.cancel_decisions import CancelApproved, CancelLapsed, CancelledElsewhere, CancelRejected, CancelReverted

ORDER = an_order()


def words(told):
    return [type(each) for each in told.says]


def test_a_request_that_waits_is_pending_and_nothing_is_said(told):
    request = told(requested(ORDER))
    assert (request.request.state, request.request.revision, request.request.version, request.says) == ("pending", 1, 1, [])


def test_changed_facts_grow_the_revision_while_pending(told):
    request = told(requested(ORDER), requested(ORDER, observation=2, marketplace_status="OTHER"))
    assert (request.request.revision, request.request.version) == (2, 2)


def test_a_reading_that_shows_nothing_new_grows_nothing_but_is_kept(told):
    request = told(requested(ORDER), requested(ORDER, observation=2, minutes=3))
    assert (request.request.revision, request.request.version, request.request.facts.observation) == (1, 1, 2)


def test_changed_facts_of_a_decided_request_grow_only_the_version(told):
    request = told(requested(ORDER))
    request.wish("approve")
    before = request.request
    request.hear(requested(ORDER, observation=2, marketplace_status="OTHER"))
    assert (request.request.revision, request.request.version, words(request)) == (before.revision, before.version + 1, [CancelApproved])


def test_an_older_observation_changes_nothing(told):
    request = told(closed(ORDER, observation=2))
    before = request.request
    request.hear(requested(ORDER, observation=1))
    assert request.request is before


def test_an_approval_is_confirmed_by_the_cancelled_order(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(closed(ORDER, "order_cancelled"))
    assert (request.request.state, request.request.sync.state, words(request)) == ("approved", "confirmed", [CancelApproved])


@pytest.mark.parametrize("outcome", ["order_continues", "order_shipped"])
def test_an_approval_whose_order_goes_on_is_reverted(told, outcome):
    request = told(requested(ORDER))
    request.wish("approve")
    gave = request.request.given
    request.hear(closed(ORDER, outcome))
    assert (request.request.state, request.request.given, words(request)) == ("lapsed", (), [CancelApproved, CancelReverted])
    word = request.says[-1]
    assert (word.why, word.state_now, word.lines, word.reverts, word.reverts_revision) == ("undone", "lapsed", gave, "approved", 2)


def test_a_rejection_is_confirmed_by_the_order_that_goes_on(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(closed(ORDER))
    assert (request.request.state, request.request.sync.state, words(request)) == ("rejected", "confirmed", [CancelRejected])


def test_a_rejected_order_that_is_cancelled_all_the_same_was_cancelled_elsewhere(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(closed(ORDER, "order_cancelled"))
    assert (request.request.state, request.request.sync.state) == ("cancelled_elsewhere", "refused")
    assert (words(request), request.says[-1].previous_state) == ([CancelRejected, CancelledElsewhere], "rejected")


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_refusal_of_an_open_request_makes_it_pending_again(told, verdict):
    request = told(requested(ORDER))
    request.wish(verdict)
    request.hear(refused(ORDER, verdict))
    word = request.says[-1]
    assert (request.request.state, request.request.sync.state, request.request.revision) == ("pending", "refused", 3)
    assert (word.why, word.state_now, word.refusal.code) == ("refused", "pending", "order.status_invalid")
    assert bool(word.lines) == (verdict == "approve")


@pytest.mark.parametrize("because", ["already_cancelled", "request_ended", "shipped"])
def test_a_refusal_never_says_what_became_of_the_order(told, because):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(refused(ORDER, "reject", because=because))
    assert request.request.state == "pending"


def test_a_refusal_that_comes_after_the_end_only_tells_why(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(closed(ORDER, "order_shipped"))
    before = request.request
    request.hear(refused(ORDER))
    assert (request.request.state, request.request.revision, len(request.says)) == (before.state, before.revision, 2)
    assert request.request.revert.refusal.code == "order.status_invalid"


def test_a_refusal_that_comes_after_the_confirmation_changes_nothing(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(closed(ORDER, "order_cancelled"))
    before = request.request
    request.hear(refused(ORDER))
    assert request.request is before


def test_a_synced_answer_stands_until_a_read_that_started_ten_minutes_later(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(synced(ORDER, "reject", minutes=1))
    request.hear(requested(ORDER, observation=2, minutes=10.9))
    assert request.request.state == "rejected"
    request.hear(requested(ORDER, observation=3, minutes=11))
    assert (request.request.state, request.request.sync.state, request.says[-1].why) == ("pending", "refused", "not_taken")


def test_an_answer_heard_late_is_not_taken_either(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(requested(ORDER, observation=2, minutes=30))
    request.hear(synced(ORDER, minutes=1))
    assert (request.request.state, request.says[-1].why) == ("pending", "not_taken")


def test_a_decision_that_was_confirmed_and_is_open_again_is_undone(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(closed(ORDER))
    request.hear(requested(ORDER, observation=3, minutes=20))
    assert (request.request.state, request.says[-1].why, request.request.sync.state) == ("pending", "undone", "confirmed")


def test_a_reading_while_nothing_was_answered_changes_no_decision(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(requested(ORDER, observation=2, minutes=600))
    assert request.request.state == "approved"


def test_giving_up_keeps_the_decision(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(failed(ORDER, "reject"))
    assert (request.request.state, request.request.sync.state) == ("rejected", "failed")


def test_an_outcome_of_another_decision_is_not_ours(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(refused(ORDER))
    request.wish("reject")
    before = request.request
    for late in (synced(ORDER), refused(ORDER, attempt=2), synced(ORDER, "approve", revision=4), delayed(ORDER), failed(ORDER)):
        request.hear(late)
        assert request.request is before


def test_an_outcome_of_the_same_answer_given_before_is_history(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(refused(ORDER))
    request.wish("approve")
    before = request.request
    for late in (synced(ORDER, revision=2), delayed(ORDER, revision=2), failed(ORDER, revision=2, attempt=3), refused(ORDER, revision=2)):
        request.hear(late)
        assert request.request is before


def test_a_pending_request_that_lapses_says_so_once(told):
    request = told(requested(ORDER), closed(ORDER, "order_shipped"), closed(ORDER, "order_shipped", observation=3))
    assert (words(request), request.says[0].because, request.says[0].revision) == ([CancelLapsed], "shipped", 2)


def test_neither_channel_tells_a_withdrawal_from_a_rejection(told):
    request = told(requested(ORDER), closed(ORDER))
    assert request.request.lapsed_because == "unknown"


def test_why_it_lapsed_stays_when_the_parcel_leaves_later(told):
    request = told(requested(ORDER), closed(ORDER), closed(ORDER, "order_shipped", observation=3))
    assert (request.request.lapsed_because, words(request), request.order.status) == ("unknown", [CancelLapsed], "shipped")


def test_a_lapsed_request_can_still_be_cancelled(told):
    request = told(requested(ORDER), closed(ORDER), closed(ORDER, "order_cancelled", observation=3))
    assert (words(request), request.says[-1].previous_state) == ([CancelLapsed, CancelledElsewhere], "lapsed")


def test_cancelled_elsewhere_is_final(told):
    request = told(cancelled(ORDER), requested(ORDER, observation=2))
    assert (request.request.state, request.order.status, len(request.says)) == ("cancelled_elsewhere", "cancelled", 1)


@pytest.mark.parametrize(
    ("word", "ours"), [("buyer", "buyer"), ("seller", "seller_center"), ("system", "marketplace"), ("unknown", "unknown")]
)
def test_who_cancelled_an_order_that_nobody_was_asked_about(told, word, ours):
    assert told(cancelled(ORDER, cancelled_by=word)).request.cancelled_by == ours


@pytest.mark.parametrize(
    ("ended_by", "minutes", "ours"),
    [
        ("buyer", 5, "unknown"),
        ("unknown", 5, "unknown"),
        ("seller", 5, "seller_center"),
        ("system", 5, "marketplace"),
        ("buyer", 24 * 60, "marketplace"),
    ],
)
def test_who_cancelled_an_order_whose_request_waited(told, ended_by, minutes, ours):
    request = told(requested(ORDER), closed(ORDER, "order_cancelled", ended_by=ended_by, minutes=minutes))
    assert (request.request.cancelled_by, request.says[-1].after_deadline) == (ours, minutes >= 24 * 60)


def test_a_request_first_seen_cancelled_gives_its_stock_back(told):
    request = told(cancelled(ORDER, lines=(a_line("L1"), a_line("L2", sku=None))))
    assert [(line.line_id, line.stock) for line in request.says[0].lines] == [("L1", "sellable"), ("L2", "sellable")]
    assert request.says[0].cancelled_at == NOW
