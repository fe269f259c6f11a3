"""What a request gives back, and how far inventory has come."""

from datetime import timedelta

import pytest
from tests.support.requests import NOW, a_line, an_order, cancelled, closed, requested, settled

from contracts.stock_movements import StockUnmatched
from decision.domain.facts import facts_of
from decision.domain.stock import preset_lines

ORDER = an_order()


def uses(seen):
    return [line.stock for line in preset_lines(facts_of(seen))]


@pytest.mark.parametrize(
    "facts",
    [
        {"was_paid": False},
        {"fulfilled_by": "marketplace"},
        {"lines": (a_line(restock_advised=False),)},
        {"stock_from": NOW + timedelta(seconds=1)},
    ],
)
def test_what_was_never_on_our_shelf_is_not_given_back(facts):
    assert uses(cancelled(ORDER, **facts)) == ["none"]


@pytest.mark.parametrize("facts", [{}, {"was_paid": None}, {"lines": (a_line(restock_advised=True),)}, {"stock_from": NOW}])
def test_anything_else_is(facts):
    assert uses(cancelled(ORDER, **facts)) == ["sellable"]


def test_an_open_request_is_never_history():
    assert uses(requested(ORDER, stock_from=NOW + timedelta(days=9))) == ["sellable"]


def test_an_approval_expects_its_stock_until_inventory_answers(told):
    request = told(requested(ORDER))
    assert request.request.stock_state == "none"
    request.wish("approve")
    assert request.request.stock_state == "expected"
    request.hear(settled(ORDER, revision=2, back=2))
    assert request.request.stock_state == "returned"


@pytest.mark.parametrize(("back", "why"), [(1, None), (0, "unknown_sku"), (0, "no_sku")])
def test_what_does_not_come_back_whole_is_partly_back(told, back, why):
    request = told(cancelled(ORDER))
    request.hear(settled(ORDER, revision=1, back=back, why=why))
    assert request.request.stock_state == "partly"
    assert ("unmatched_sku" in request.request.alerts) == (why is not None)


def test_a_line_that_is_not_restocked_makes_it_partly(told):
    request = told(requested(ORDER, lines=(a_line("L1"), a_line("L2"))))
    request.wish("approve", uses={"L2": "none"})
    request.hear(settled(ORDER, revision=2, back=2))
    assert request.request.stock_state == "partly"


def test_with_nothing_to_restock_there_is_no_stock(told):
    request = told(requested(ORDER, was_paid=False))
    request.wish("approve")
    request.hear(settled(ORDER, revision=2, back=0, wanted=0))
    assert request.request.stock_state == "none"


def test_a_reverted_approval_is_reversed_when_inventory_has_taken_it_back(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(settled(ORDER, revision=2, back=2))
    request.hear(closed(ORDER, "order_shipped"))
    assert request.request.stock_state == "returned"
    request.hear(settled(ORDER, revision=3, back=0, wanted=0))
    assert request.request.stock_state == "reversed"


def test_an_approval_reverted_before_anything_moved_never_had_stock(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(closed(ORDER, "order_shipped"))
    request.hear(settled(ORDER, revision=3, back=0, wanted=0))
    assert request.request.stock_state == "none"


def test_inventorys_answers_may_come_in_any_order(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(closed(ORDER, "order_shipped"))
    request.hear(settled(ORDER, revision=3, back=0, wanted=0))
    request.hear(settled(ORDER, revision=2, back=2))
    assert request.request.stock_state == "reversed"


def test_an_unmatched_line_alerts_until_it_is_matched(told):
    request = told(cancelled(ORDER))
    facts = {"request_id": request.request.request_id, "revision": 1, "order": ORDER, "line_id": "L1", "item_id": "11"}
    request.hear(StockUnmatched(**facts, seller_id="seller-a", quantity=2, why="unknown_sku", at=NOW))
    assert request.request.alerts["unmatched_sku"].open
    request.hear(settled(ORDER, revision=1, back=2))
    assert "unmatched_sku" not in request.request.alerts
