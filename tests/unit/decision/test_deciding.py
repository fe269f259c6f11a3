"""Approve and reject: the first wins, and why one is not taken."""

import pytest
from tests.support.requests import NOW, SELLER, a_line, an_order, closed, delayed, failed, refused, requested, synced

from decision.domain.decide import Decided, Declined, Unchanged
from decision.domain.follow_up import acknowledge, retry_sync, shop_became

ORDER = an_order()


def why(outcome):
    assert isinstance(outcome, Declined)
    return outcome.why


def test_the_same_again_changes_nothing_whatever_the_revision(told):
    request = told(requested(ORDER))
    request.wish("approve", revision=1)
    assert isinstance(request.wish("approve", revision=1), Unchanged)
    assert isinstance(request.wish("approve", revision=99), Unchanged)
    assert (request.request.revision, len(request.says)) == (2, 1)


def test_the_opposite_is_already_decided(told):
    request = told(requested(ORDER))
    request.wish("reject")
    assert why(request.wish("approve")) == "already-decided"


@pytest.mark.parametrize("verdict", ["approve", "reject"])
@pytest.mark.parametrize("outcome", ["order_cancelled", "order_continues"])
def test_what_has_ended_is_not_decided(told, verdict, outcome):
    assert why(told(requested(ORDER), closed(ORDER, outcome)).wish(verdict)) == "request-ended"


def test_a_stale_revision_is_refused_and_none_is_not(told):
    request = told(requested(ORDER), requested(ORDER, observation=2, marketplace_status="OTHER"))
    assert why(request.wish("approve", revision=1)) == "stale-revision"
    assert isinstance(request.wish("approve"), Decided)


def test_sync_progress_makes_no_decision_stale(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(delayed(ORDER, "reject"))
    assert request.request.revision == 2


def test_a_request_that_waits_for_somebody_else_is_not_answerable(told):
    assert why(told(requested(ORDER, answerable=False)).wish("approve")) == "not-answerable"


def test_with_the_shop_disconnected_an_approval_waits_and_a_rejection_is_refused(told):
    request = told(requested(ORDER))
    request.hear(shop_became(request.request, disconnected=True, now=NOW))
    assert why(request.wish("reject")) == "not-answerable"
    request.wish("approve")
    assert request.request.sync.state == "blocked"
    request.hear(shop_became(request.request, disconnected=False, now=NOW))
    assert request.request.sync.state == "queued"


def test_a_reason_is_asked_for_where_the_marketplace_does(told):
    request = told(requested(ORDER, reject_reason="required"))
    assert why(request.wish("reject")) == "reason-required"
    assert why(request.wish("reject", reason="b", offered={"a": "A"})) == "reason-not-offered"
    request.wish("reject", reason="a", offered={"a": "Packed"})
    assert (request.says[0].reason.name, request.says[0].reason.text) == ("a", "Packed")


def test_with_no_list_kept_the_marketplace_judges_the_reason(told):
    request = told(requested(ORDER, reject_reason="required"))
    assert isinstance(request.wish("reject", reason="x"), Decided)


def test_a_channel_without_reasons_takes_a_rejection_with_one(told):
    request = told(requested(ORDER, reject_reason="none"))
    request.wish("reject", reason="x", offered={})
    assert request.says[0].reason is None


def test_the_approver_says_what_comes_back(told):
    request = told(requested(ORDER, lines=(a_line("L1"), a_line("L2", restock_advised=False))))
    assert why(request.wish("approve", uses={"L9": "none"})) == "unknown-line"
    request.wish("approve", uses={"L1": "damaged", "L2": "sellable"})
    assert [(line.line_id, line.stock) for line in request.says[0].lines] == [("L1", "damaged"), ("L2", "sellable")]


def test_after_a_refusal_it_is_decided_anew(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(refused(ORDER, "reject", because="reason_not_offered"))
    request.wish("approve")
    assert (request.request.state, request.request.revision, request.request.sync.state) == ("approved", 4, "queued")


@pytest.mark.parametrize("happening", [delayed(ORDER), delayed(ORDER, blocked=True), failed(ORDER)])
def test_what_waits_or_was_given_up_is_sent_again(told, happening):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(happening)
    again = request.hear(retry_sync(request.request, by=SELLER, now=NOW))
    assert (again.says[0].revision, again.says[0].attempt, again.request.sync.state, again.request.revision) == (2, 1, "queued", 2)
    assert request.hear(happening).request.sync.state == "queued", "what was heard before the retry is history"


def test_what_nobody_has_reported_of_for_too_long_is_sent_again_whole(told):
    request = told(requested(ORDER))
    request.wish("reject", comment="Packed already.")
    request.tick(14)
    assert retry_sync(request.request, by=SELLER, now=request.now) == "nothing-to-retry"
    request.tick(15)
    again = request.hear(retry_sync(request.request, by=SELLER, now=request.now))
    (said,) = again.says
    assert (said.revision, said.attempt, said.answer.action, said.answer.comment) == (2, 1, "reject", "Packed already.")
    assert (said.answer.decided_at, said.answer.respond_by) == (NOW, request.request.facts.respond_by)
    assert "sync_failed" not in request.request.alerts, "it is on its way again"
    request.tick(30)
    assert "sync_failed" in request.request.alerts


def test_nothing_else_is_sent_again(told):
    request = told(requested(ORDER))
    assert retry_sync(request.request, by=SELLER, now=NOW) == "nothing-to-retry"
    request.wish("approve")
    assert retry_sync(request.request, by=SELLER, now=NOW) == "nothing-to-retry"
    request.hear(synced(ORDER))
    assert retry_sync(request.request, by=SELLER, now=NOW) == "nothing-to-retry"


def test_an_alert_is_acknowledged_once_and_comes_back_with_a_new_cause(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(refused(ORDER, "reject"))
    request.hear(acknowledge(request.request, "refused", by=SELLER, now=NOW))
    assert not request.request.alerts["refused"].open
    assert acknowledge(request.request, "refused", by=SELLER, now=NOW).request is request.request
    request.wish("reject")
    assert "refused" not in request.request.alerts
    request.hear(refused(ORDER, "reject", revision=4))
    assert request.request.alerts["refused"].open


def test_what_clears_itself_is_not_acknowledged(told):
    request = told(requested(ORDER, respond_by=NOW))
    assert (list(request.request.alerts), acknowledge(request.request, "overdue", by=SELLER, now=NOW)) == (["overdue"], "not-open")
