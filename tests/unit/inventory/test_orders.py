"""What an order gives back follows from the newest word of each request, whatever the way there."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.stock import a_line, a_request_id, an_order, approved, cancelled_elsewhere, lapsed, rejected, reverted

from inventory.domain.orders import OrderStock, Share, match, restock

LEVELS = {"TEE", "MUG"}
ORDER = an_order()


def after(*events, stock=None, levels=LEVELS):
    stock = stock or OrderStock()
    for event in events:
        answer = restock(stock, event.data, has_level=levels)
        stock = answer.stock if answer else stock
    return stock


def back(stock):
    return {(share.line_id, share.sku, share.condition): share.quantity for share in stock.back}


def settled(*events, levels=LEVELS):
    answer = restock(after(*events[:-1], levels=levels), events[-1].data, has_level=levels)
    return [(line.wanted, line.back, line.why) for line in answer.settled]


def test_an_approval_gives_its_lines_back():
    answer = restock(OrderStock(), approved(ORDER, a_line("TEE", 2)).data, has_level=LEVELS)
    assert list(answer.moves) == [Share("1", "TEE", "sellable", 2)]


def test_a_repetition_moves_nothing():
    stock = after(approved(ORDER, a_line("TEE", 2)))
    assert list(restock(stock, approved(ORDER, a_line("TEE", 2)).data, has_level=LEVELS).moves) == []


@pytest.mark.parametrize("nothing", [rejected, lapsed, reverted])
def test_a_reversal_that_comes_before_what_it_reverses_outranks_it(nothing):
    assert back(after(nothing(ORDER, revision=3), approved(ORDER, a_line("TEE", 2), revision=2))) == {}


def test_a_condition_that_changes_moves_from_one_to_the_other():
    stock = after(approved(ORDER, a_line("TEE", 2), revision=2))
    answer = restock(stock, approved(ORDER, a_line("TEE", 2, stock="damaged"), revision=4).data, has_level=LEVELS)
    assert {(move.condition, move.quantity) for move in answer.moves} == {("sellable", -2), ("damaged", 2)}


def test_damaged_units_have_the_first_claim():
    one = approved(ORDER, a_line("TEE", 2, of=2), request=1)
    two = approved(ORDER, a_line("TEE", 1, of=2, stock="damaged"), request=2)
    assert back(after(one, two)) == back(after(two, one)) == {("1", "TEE", "damaged"): 1, ("1", "TEE", "sellable"): 1}


def test_an_unmatched_line_gets_what_the_others_leave():
    one = approved(ORDER, a_line(None, 1, of=1), request=1)
    two = approved(ORDER, a_line("TEE", 1, of=1), request=2)
    assert settled(two, one) == [(1, 1, None)]
    answer = restock(after(one), two.data, has_level=LEVELS)
    assert (back(answer.stock), list(answer.unmatched)) == ({("1", "TEE", "sellable"): 1}, [])


def test_the_answer_says_why_less_is_back_than_wanted():
    decision = approved(
        ORDER,
        a_line("TEE", 1, line="1"),
        a_line("TEE", 1, line="2", stock="none"),
        a_line("HAT", 1, line="3"),
        a_line(None, 1, line="4"),
        a_line("MUG", 3, of=2, line="5"),
    )
    assert settled(decision) == [
        (1, 1, None),
        (1, 0, "not_restocked"),
        (1, 0, "unknown_sku"),
        (1, 0, "no_sku"),
        (3, 2, "more_than_ordered"),
    ]


def test_the_answer_to_a_reversal_wants_nothing():
    assert settled(approved(ORDER, a_line("TEE", 2)), reverted(ORDER, a_line("TEE", 2))) == [(0, 0, None)]


def test_a_level_that_comes_later_changes_nothing_by_itself():
    stock = after(approved(ORDER, a_line("HAT", 2)))
    assert back(after(approved(ORDER, a_line("HAT", 2)), stock=stock, levels={"HAT"})) == {}


@pytest.mark.parametrize(("waiting", "known"), [(1, 2), (2, 1)])
def test_matching_what_others_leave_of_a_line_takes_nothing_from_another_sku(waiting, known):
    """Both requests want more than was ordered, whichever of them comes first by its id."""
    stock = after(approved(ORDER, a_line(None, 2, of=3), request=waiting), approved(ORDER, a_line("TEE", 2, of=3), request=known))
    answer = match(stock, f"{a_request_id(ORDER, waiting)}:2:1", sku="MUG", quantity=1)
    assert list(answer.moves) == [Share("1", "MUG", "sellable", 1)]
    again = after(reverted(ORDER, revision=3, request=known), stock=answer.stock)
    assert back(again) == {("1", "MUG", "sellable"): 2}


def test_what_a_person_matched_stays_matched():
    stock = after(approved(ORDER, a_line("HAT", 2)))
    stock = match(stock, f"{a_request_id(ORDER)}:2:1", sku="TEE", quantity=2).stock
    assert back(stock) == {("1", "TEE", "sellable"): 2}
    stock = after(reverted(ORDER, revision=3), stock=stock)
    assert back(stock) == {}
    assert back(after(approved(ORDER, a_line("HAT", 2), revision=4), stock=stock, levels={"HAT"})) == {("1", "TEE", "sellable"): 2}


def test_a_line_that_is_named_twice_is_added_up():
    decision = approved(ORDER, a_line("TEE", 1, of=3), a_line("TEE", 1, of=3, stock="damaged"), a_line("TEE", 1, of=3))
    assert back(after(decision)) == {("1", "TEE", "damaged"): 1, ("1", "TEE", "sellable"): 2}


LINES = st.lists(
    st.builds(
        lambda line, quantity, of, stock: a_line("TEE", quantity, of=of, line=line, stock=stock),
        st.sampled_from("12"),
        st.integers(1, 4),
        st.integers(1, 4),
        st.sampled_from(["sellable", "damaged", "none"]),
    ),
    max_size=3,
)
STORY = st.dictionaries(
    st.tuples(st.integers(1, 3), st.integers(1, 5)),
    st.tuples(st.sampled_from([approved, cancelled_elsewhere, rejected, lapsed, reverted]), LINES),
    max_size=8,
)


def events(story):
    return [
        kind(ORDER, *(lines if kind in {approved, cancelled_elsewhere, reverted} else ()), revision=revision, request=request)
        for (request, revision), (kind, lines) in story.items()
    ]


@given(story=STORY, chance=st.randoms(use_true_random=False))
def test_the_end_does_not_depend_on_order_or_repetition(story, chance: random.Random):
    told = events(story)
    shuffled = told + told[: len(told) // 2]
    chance.shuffle(shuffled)
    assert back(after(*told)) == back(after(*shuffled))


@given(story=STORY)
def test_never_more_back_than_ordered_nor_than_wanted(story):
    stock = after(*events(story))
    assert 0 <= stock.units_back <= stock.ordered
    for line in "12":
        wanted = sum(claim.quantity for word in stock.words.values() for claim in word.claims if claim.line_id == line)
        ordered = max((claim.ordered for word in stock.words.values() for claim in word.claims if claim.line_id == line), default=0)
        assert sum(quantity for (of, _, _), quantity in back(stock).items() if of == line) == min(wanted, ordered)


@given(story=STORY)
def test_the_moves_lead_from_nothing_to_what_is_back(story):
    stock, total = OrderStock(), {}
    for event in events(story):
        answer = restock(stock, event.data, has_level=LEVELS)
        if answer is None:
            continue
        stock = answer.stock
        for move in answer.moves:
            key = move.line_id, move.sku, move.condition
            total[key] = total.get(key, 0) + move.quantity
            assert total[key] >= 0
    assert {key: quantity for key, quantity in total.items() if quantity} == back(stock)
