"""Alerts: what needs a person, and when time alone changes it."""

from datetime import timedelta

import pytest
from tests.support.requests import NOW, an_order, closed, delayed, failed, requested, synced

from decision.domain.alerts import Rules, attention_since, next_change, open_alerts
from decision.domain.follow_up import shop_became

ORDER = an_order()
RULES = Rules()


def alerts(told):
    return open_alerts(told.request.alerts)


def due(told):
    at = next_change(told.request, now=told.now, rules=RULES)
    return at and (at - NOW).total_seconds() / 60


def test_a_deadline_comes_near_passes_and_clears_itself(told):
    request = told(requested(ORDER))
    assert (alerts(request), due(request)) == ([], 20 * 60)
    request.tick(20 * 60)
    assert (alerts(request), due(request)) == (["due_soon"], 24 * 60)
    request.tick(24 * 60)
    assert (alerts(request), due(request)) == (["overdue"], None)
    assert attention_since(request.request.alerts) == request.now
    request.hear(closed(ORDER, "order_cancelled", minutes=24 * 60))
    assert alerts(request) == ["stop_parcel"]


def test_deciding_clears_the_deadline(told):
    request = told(requested(ORDER, respond_by=NOW + timedelta(hours=1)))
    assert alerts(request) == ["due_soon"]
    request.wish("reject")
    assert (alerts(request), due(request)) == ([], 15), "next is the time by which the marketplace should have been told"


def test_no_deadline_no_alert(told):
    assert due(told(requested(ORDER, respond_by=None))) is None


def test_what_waits_for_somebody_else_is_not_due(told):
    assert alerts(told(requested(ORDER, respond_by=NOW, answerable=False))) == []


def test_a_synced_answer_that_nobody_sees_is_unconfirmed(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(synced(ORDER, "reject", minutes=1))
    assert (alerts(request), due(request)) == ([], 13)
    request.tick(13)
    assert alerts(request) == ["unconfirmed"]
    request.hear(closed(ORDER))
    assert alerts(request) == []


def test_what_is_blocked_or_given_up_needs_a_person(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(delayed(ORDER, cause="shop_disconnected", blocked=True, attempt=0))
    assert alerts(request) == ["shop_disconnected"]
    request.hear(delayed(ORDER, cause="app_misconfigured", blocked=True))
    assert alerts(request) == ["sync_failed"]
    request.hear(delayed(ORDER, attempt=2))
    assert alerts(request) == []
    request.hear(failed(ORDER, attempt=2))
    assert alerts(request) == ["sync_failed"]


@pytest.mark.parametrize("on_the_way", [None, delayed(ORDER, attempt=3)])
def test_an_answer_that_is_on_its_way_for_too_long_needs_a_person(told, on_the_way):
    """Dead-lettered at sync-back nobody would ever report of it; retried without end it may be too late."""
    request = told(requested(ORDER))
    request.wish("approve")
    if on_the_way:
        request.hear(on_the_way)
    assert (alerts(request), due(request)) == ([], 15)
    request.tick(14.9)
    assert alerts(request) == []
    request.tick(15)
    assert alerts(request) == ["sync_failed"]
    request.hear(synced(ORDER, attempt=4, minutes=16))
    assert alerts(request) == []


def test_what_waits_for_a_person_already_is_not_told_twice(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(delayed(ORDER, cause="shop_disconnected", blocked=True, attempt=0))
    request.tick(60)
    assert alerts(request) == ["shop_disconnected"]
    request.hear(shop_became(request.request, disconnected=True, now=request.now))
    request.hear(shop_became(request.request, disconnected=False, now=request.now))
    assert alerts(request) == [], "it is on its way from now on"
    request.tick(75)
    assert alerts(request) == ["sync_failed"]


def test_a_disconnected_shop_is_seen_on_what_waits_only(told):
    request = told(requested(ORDER))
    request.hear(shop_became(request.request, disconnected=True, now=NOW))
    assert alerts(request) == ["shop_disconnected"]
    request.hear(closed(ORDER))
    assert alerts(request) == []


def test_an_alert_changes_the_version_and_not_the_revision(told):
    request = told(requested(ORDER))
    before = request.request
    request.tick(23 * 60)
    assert (request.request.revision, request.request.version) == (before.revision, before.version + 1)
    same = request.request
    request.tick(23 * 60)
    assert request.request is same
