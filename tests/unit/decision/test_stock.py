"""What a request gives back, and how far inventory has come."""

from datetime import timedelta

import pytest
from tests.support.requests import NOW, a_line, an_order, cancelled, closed, requested, settled

from contracts.stock_movements import StockAdjusted, StockReversed, StockUnmatched
from contracts.values import AdjustedBecause
from decision.domain.facts import facts_of
from decision.domain.requests import enough_again
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


def matched(*, revision=1, quantity=2, number=1):
    request_id = cancelled(ORDER).request_id
    return StockAdjusted(
        movement_id=f"00000000-0000-0000-0000-{number:012}",
        seller_id="seller-a",
        sku="TEE",
        quantity=quantity,
        condition="sellable",
        available_after=9,
        level_version=number,
        moved_at=NOW,
        reason=AdjustedBecause.MATCHED,
        reference=f"{request_id}:{revision}:L1",
        request_id=request_id,
        revision=revision,
        order=ORDER,
        line_id="L1",
    )


@pytest.mark.parametrize("first", ["settled", "matched"])
def test_an_unmatched_line_alerts_until_it_is_matched(told, first):
    request = told(cancelled(ORDER))
    facts = {"request_id": request.request.request_id, "revision": 1, "order": ORDER, "line_id": "L1", "item_id": "11"}
    request.hear(StockUnmatched(**facts, seller_id="seller-a", quantity=2, why="unknown_sku", at=NOW))
    assert request.request.alerts["unmatched_sku"].open
    happenings = [settled(ORDER, revision=1, back=0, why="unknown_sku"), matched()]
    for each in happenings if first == "settled" else reversed(happenings):
        request.hear(each)
    assert "unmatched_sku" not in request.request.alerts
    assert request.request.stock_state == "returned"
    before = request.request
    request.hear(matched())
    assert request.request == before


def test_a_match_in_two_conditions_is_whole_with_both(told):
    request = told(cancelled(ORDER))
    request.hear(settled(ORDER, revision=1, back=0, why="no_sku"))
    request.hear(matched(quantity=1))
    assert request.request.stock_state == "partly"
    request.hear(matched(quantity=1, number=2))
    assert request.request.stock_state == "returned"


def test_a_match_of_an_older_word_says_nothing_of_the_newer(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(settled(ORDER, revision=2, back=0, why="no_sku"))
    request.hear(matched(revision=1))
    assert request.request.stock_state == "partly"
    assert "unmatched_sku" in request.request.alerts


def test_what_was_matched_is_taken_back_like_anything_else(told):
    request = told(requested(ORDER))
    request.wish("approve")
    request.hear(settled(ORDER, revision=2, back=0, why="no_sku"))
    request.hear(matched(revision=2))
    request.hear(closed(ORDER))
    request.hear(settled(ORDER, revision=3, back=0, wanted=0))
    assert request.request.stock_state == "reversed"


def reversed_(sku="TEE", *, oversold=True, number=1):
    request_id = requested(ORDER).request_id
    return StockReversed(
        movement_id=f"00000000-0000-0000-0000-{number:012}",
        seller_id="seller-a",
        sku=sku,
        quantity=2,
        condition="sellable",
        available_after=-1,
        level_version=number,
        moved_at=NOW,
        request_id=request_id,
        revision=3,
        order=ORDER,
        line_id="L1",
        oversold=oversold,
    )


def test_what_was_sold_again_before_it_was_taken_back_alerts_until_there_is_enough(told):
    request = told(requested(ORDER))
    request.hear(reversed_("TEE"))
    request.hear(reversed_("MUG", number=2))
    request.hear(reversed_("CAP", oversold=False, number=3))
    assert request.request.stock.oversold == ("MUG", "TEE")
    request.hear(enough_again(request.request, {"MUG"}, now=NOW))
    assert request.request.alerts["oversold"].open
    request.hear(enough_again(request.request, {"TEE"}, now=NOW))
    assert "oversold" not in request.request.alerts
    assert enough_again(request.request, {"TEE"}, now=NOW).request is request.request
