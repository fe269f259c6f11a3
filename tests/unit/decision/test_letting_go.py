"""A rejection that is owed no more: its delivery must not meet the next request of the same order."""

import pytest
from tests.support.requests import NOW, an_order, closed, delayed, failed, requested, synced

from contracts.cancel_decisions import CancelLapsed, CancelRejected
from decision.domain.requests import let_go

ORDER = an_order()


def words(request):
    return [(type(word), word.revision) for word in request.says]


@pytest.mark.parametrize("outcome", [delayed(ORDER, "reject"), delayed(ORDER, "reject", blocked=True), failed(ORDER, "reject")])
@pytest.mark.parametrize("ending", ["order_continues", "order_shipped"])
def test_a_rejection_that_is_still_tried_when_its_request_has_ended_is_owed_no_more(told, outcome, ending):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(outcome)
    request.hear(closed(ORDER, ending))
    assert words(request) == [(CancelRejected, 2), (CancelLapsed, 3)]
    assert (request.request.state, request.request.sync.state) == ("rejected", "confirmed")
    request.hear(closed(ORDER, ending, observation=3, minutes=9))
    request.hear(synced(ORDER, "reject", attempt=2))
    assert len(request.says) == 2


@pytest.mark.parametrize("heard", ["", "synced"])
def test_a_rejection_on_its_way_is_left_alone_until_the_buyer_asks_again(told, heard):
    request = told(requested(ORDER))
    request.wish("reject")
    if heard:
        request.hear(synced(ORDER, "reject"))
    request.hear(closed(ORDER))
    assert len(request.says) == 1
    again = told(requested(ORDER, native_id="SN1#2")).request
    change = let_go(request.request, [request.request, again], now=NOW)
    assert [type(word) for word in change.says] == ([] if heard else [CancelLapsed])
    assert let_go(change.request, [change.request, again], now=NOW).request is change.request


def test_without_another_request_nothing_is_let_go(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(closed(ORDER))
    assert let_go(request.request, [request.request], now=NOW).request is request.request


def test_a_rejection_that_the_marketplace_overruled_is_told_so_alone(told):
    request = told(requested(ORDER))
    request.wish("reject")
    request.hear(delayed(ORDER, "reject"))
    request.hear(closed(ORDER, "order_cancelled"))
    assert [type(word).__name__ for word in request.says] == ["CancelRejected", "CancelledElsewhere"]
