"""What decisions do to stock, on real Postgres."""

import itertools

import asyncpg
import pytest
from tests.support.stock import (
    NOW,
    a_line,
    a_request_id,
    an_order,
    approved,
    broken_laws,
    cancelled_elsewhere,
    lapsed,
    levels,
    rejected,
    retried,
    reverted,
)

from chassis.failures import Permanent
from contracts.event import announce
from contracts.stock_movements import StockAdjusted, StockRestored, StockReversed, StockSettled, StockUnmatched
from inventory.domain.postings import Posting


def of(events, kind):
    return [event.data for event in events if isinstance(event.data, kind)]


async def test_an_approval_gives_every_line_back_and_says_so(pool, open_stock, hear):
    await open_stock(TEE=10, MUG=5)
    out = await hear(approved(an_order(), a_line("TEE", 2), a_line("MUG", 3, line="2")))
    assert await levels(pool) == {"TEE": (12, 0), "MUG": (8, 0)}
    restored = {movement.sku: movement for movement in of(out, StockRestored)}
    assert (restored["TEE"].quantity, restored["TEE"].available_after, restored["TEE"].level_version) == (2, 12, 2)
    assert (restored["MUG"].quantity, restored["MUG"].line_id, restored["MUG"].request_id) == (3, "2", a_request_id(an_order()))
    (settled,) = of(out, StockSettled)
    assert [(line.wanted, line.back, line.why) for line in settled.lines] == [(2, 2, None), (3, 3, None)]
    assert not await broken_laws(pool)


async def test_events_come_from_inventory_answer_their_decision_and_go_by_sku(open_stock, hear):
    await open_stock(TEE=10)
    decision = approved(an_order(), a_line("TEE"))
    restored, settled = await hear(decision)
    assert restored.source == settled.source == "/zetpy/inventory"
    assert restored.causationid == settled.causationid == decision.id
    assert restored.correlationid == a_request_id(an_order())
    assert (restored.key, settled.key) == ("seller-a:TEE", f"seller-a:order:{an_order().key}")


async def test_damaged_units_are_counted_apart(pool, open_stock, hear):
    await open_stock(TEE=10)
    out = await hear(approved(an_order(), a_line("TEE", 2, stock="damaged")))
    assert await levels(pool) == {"TEE": (10, 2)}
    (movement,) = of(out, StockRestored)
    assert (movement.condition, movement.available_after) == ("damaged", 10)
    await hear(reverted(an_order(), a_line("TEE", 2, stock="damaged")))
    assert await levels(pool) == {"TEE": (10, 0)}


async def test_a_line_that_is_not_to_be_restocked_moves_nothing_and_is_answered(pool, open_stock, hear):
    await open_stock(TEE=10)
    out = await hear(cancelled_elsewhere(an_order(), a_line("TEE", 2, stock="none")))
    assert await levels(pool) == {"TEE": (10, 0)}
    (settled,) = of(out, StockSettled)
    assert [(line.wanted, line.back, line.why) for line in settled.lines] == [(2, 0, "not_restocked")]


@pytest.mark.parametrize("later", [rejected, lapsed, reverted])
async def test_a_word_that_gives_nothing_takes_back_what_was_given(pool, open_stock, hear, later):
    await open_stock(TEE=10)
    await hear(approved(an_order(), a_line("TEE", 2), revision=2))
    out = await hear(later(an_order(), revision=3))
    assert await levels(pool) == {"TEE": (10, 0)}
    (taken,) = of(out, StockReversed)
    assert (taken.quantity, taken.oversold, taken.available_after, taken.revision) == (2, False, 10, 3)
    assert len(of(out, StockSettled)) == 1


async def test_a_rejection_that_never_gave_is_answered_and_moves_nothing(pool, open_stock, hear):
    await open_stock(TEE=10)
    out = await hear(rejected(an_order()))
    assert [type(event.data) for event in out] == [StockSettled]
    assert await levels(pool) == {"TEE": (10, 0)}


async def test_a_reversal_after_the_stock_was_sold_again_says_oversold(pool, open_stock, hear, post):
    await open_stock(TEE=0)
    await hear(approved(an_order(), a_line("TEE", 2)))
    await post(Posting("TEE", "sale", "another order", delta=-1))
    out = await hear(reverted(an_order(), a_line("TEE", 2)))
    (taken,) = of(out, StockReversed)
    assert (taken.oversold, taken.available_after) == (True, -1)
    assert await levels(pool) == {"TEE": (-1, 0)}


async def test_any_order_of_the_same_decisions_ends_the_same(pool, open_stock, hear):
    await open_stock(TEE=100)
    for number, order_of_arrival in enumerate(itertools.permutations(range(4))):
        order = an_order(f"order-{number}")
        story = [
            approved(order, a_line("TEE", 2), revision=2),
            reverted(order, a_line("TEE", 2), revision=3),
            cancelled_elsewhere(order, a_line("TEE", 1, of=2), revision=4),
            retried(order, revision=2),
        ]
        for step in order_of_arrival:
            await hear(story[step])
        await hear(*(story[step] for step in order_of_arrival))
    assert await levels(pool) == {"TEE": (100 + 24, 0)}
    assert not await broken_laws(pool)


async def test_the_same_revision_again_moves_nothing_and_is_answered_with_the_same_event(open_stock, hear):
    await open_stock(TEE=10)
    first = await hear(approved(an_order(), a_line("TEE", 2)))
    again = await hear(approved(an_order(), a_line("TEE", 2)))
    assert [event.id for event in again] == [event.id for event in first if isinstance(event.data, StockSettled)]


async def test_a_decision_that_a_newer_one_has_replaced_is_not_answered(open_stock, hear):
    await open_stock(TEE=10)
    await hear(reverted(an_order(), revision=3))
    assert await hear(approved(an_order(), a_line("TEE"), revision=2)) == []


async def test_a_retry_of_the_answer_is_none_of_our_business(pool, hear):
    assert await hear(retried(an_order())) == []
    assert await pool.fetchval("select count(*) from orders") == 0


async def test_two_requests_never_give_back_more_than_was_ordered(pool, open_stock, hear):
    await open_stock(TEE=10)
    out = await hear(
        approved(an_order(), a_line("TEE", 2, of=3), request=1),
        approved(an_order(), a_line("TEE", 2, of=3), request=2),
    )
    assert await levels(pool) == {"TEE": (13, 0)}
    assert [[(line.wanted, line.back) for line in answer.lines] for answer in of(out, StockSettled)] == [[(2, 2)], [(2, 2)]]
    await hear(reverted(an_order(), revision=3, request=1))
    assert await levels(pool) == {"TEE": (12, 0)}
    assert not await broken_laws(pool)


async def test_the_database_itself_refuses_more_than_was_ordered(pool, open_stock, hear):
    await open_stock(TEE=10)
    await hear(approved(an_order(), a_line("TEE", 2)))
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("update orders set back = 3")


@pytest.mark.parametrize(
    "statement",
    ["update movements set quantity = 5", "delete from movements", "truncate movements", "delete from levels", "truncate levels"],
)
async def test_the_database_itself_refuses_to_forget(pool, open_stock, statement):
    await open_stock(TEE=10)
    with pytest.raises(asyncpg.RestrictViolationError):
        await pool.execute(statement)


async def test_a_level_can_only_go_on_counting(pool, open_stock):
    await open_stock(TEE=10)
    with pytest.raises(asyncpg.UniqueViolationError):
        await pool.execute(
            """insert into movements
                 (movement_id, seller_id, sku, level_version, quantity, condition, available_after, moved_at, request_id)
               values (gen_random_uuid(), 'seller-a', 'TEE', 1, 1, 'sellable', 11, now(), gen_random_uuid())"""
        )


async def test_a_changed_sku_moves_from_the_old_to_the_new(pool, open_stock, hear):
    await open_stock(TEE=10, MUG=10)
    await hear(approved(an_order(), a_line("TEE", 2), revision=2))
    await hear(approved(an_order(), a_line("MUG", 2), revision=4))
    assert await levels(pool) == {"TEE": (10, 0), "MUG": (12, 0)}


async def test_sellers_have_levels_of_their_own(pool, open_stock, hear):
    await open_stock(TEE=10)
    await open_stock(seller="seller-b", TEE=20)
    await hear(approved(an_order("b", seller="seller-b", shop="9"), a_line("TEE")))
    assert (await levels(pool), await levels(pool, "seller-b")) == ({"TEE": (10, 0)}, {"TEE": (21, 0)})


async def test_an_order_does_not_change_its_seller(open_stock, hear):
    await open_stock(TEE=10)
    await hear(approved(an_order(), a_line("TEE")))
    with pytest.raises(Permanent, match="another seller"):
        await hear(reverted(an_order(seller="seller-b")))


# -- Lines without a level


async def waiting(pool):
    rows = await pool.fetch("select reference, sku, quantity, why from unmatched_lines order by reference")
    return [(row["reference"].split(":", 1)[1], row["sku"], row["quantity"], row["why"]) for row in rows]


async def test_a_sku_without_a_level_books_nothing_and_is_told_and_remembered(pool, open_stock, hear):
    await open_stock(TEE=10)
    out = await hear(approved(an_order(), a_line("TEE"), a_line("NEW", 2, line="2"), a_line(None, line="3")))
    assert await levels(pool) == {"TEE": (11, 0)}
    assert [(line.line_id, line.sku, line.quantity, line.why) for line in of(out, StockUnmatched)] == [
        ("2", "NEW", 2, "unknown_sku"),
        ("3", None, 1, "no_sku"),
    ]
    (settled,) = of(out, StockSettled)
    assert [(line.back, line.why) for line in settled.lines] == [(1, None), (0, "unknown_sku"), (0, "no_sku")]
    assert await waiting(pool) == [("2:2", "NEW", 2, "unknown_sku"), ("2:3", None, 1, "no_sku")]


async def test_opening_stock_does_not_match_by_itself_not_even_when_decisions_are_reprocessed(pool, open_stock, hear):
    await hear(approved(an_order(), a_line("NEW", 2)))
    await open_stock(NEW=7)
    out = await hear(approved(an_order(), a_line("NEW", 2)))
    assert await levels(pool) == {"NEW": (7, 0)}
    assert [line.why for line in of(out, StockSettled)[0].lines] == ["unknown_sku"]
    assert await waiting(pool) == [("2:1", "NEW", 2, "unknown_sku")]


async def test_a_line_no_longer_waits_when_its_request_is_decided_anew(pool, hear):
    await hear(approved(an_order(), a_line("NEW", 2), revision=2))
    await hear(reverted(an_order(), a_line("NEW", 2), revision=3))
    assert await waiting(pool) == []


def matched(pool_reference, sku, quantity):
    return Posting(sku, "matched", pool_reference, delta=quantity)


async def test_a_person_matches_a_line_and_a_reversal_takes_from_what_was_matched(pool, open_stock, hear, post):
    await hear(approved(an_order(), a_line(None, 2), revision=2))
    await open_stock(TEE=10)
    reference = await pool.fetchval("select reference from unmatched_lines")
    (answer,) = await post(matched(reference, "TEE", 2))
    assert answer.status == "done"
    assert await levels(pool) == {"TEE": (12, 0)}
    assert await waiting(pool) == []
    await hear(approved(an_order(), a_line(None, 2), revision=2))
    assert await levels(pool) == {"TEE": (12, 0)}
    out = await hear(reverted(an_order(), a_line(None, 2), revision=3))
    assert [movement.sku for movement in of(out, StockReversed)] == ["TEE"]
    assert await levels(pool) == {"TEE": (10, 0)}
    await hear(cancelled_elsewhere(an_order(), a_line(None, 2), revision=4))
    assert await levels(pool) == {"TEE": (12, 0)}
    assert not await broken_laws(pool)


async def test_a_line_is_matched_once_wholly_and_to_a_known_sku(pool, open_stock, hear, post):
    await hear(approved(an_order(), a_line("NEW", 2)))
    await open_stock(TEE=10)
    reference = await pool.fetchval("select reference from unmatched_lines")
    refused = await post(matched(reference, "NEW", 2), matched(reference, "TEE", 1), matched("another", "TEE", 2))
    assert [answer.refused for answer in refused] == ["unknown-sku", "other-quantity", "not-unmatched"]
    answers = await post(matched(reference, "TEE", 2), matched(reference, "TEE", 2))
    assert [answer.status for answer in answers] == ["done", "unchanged"]
    assert [answer.status for answer in await post(matched(reference, "TEE", 2))] == ["unchanged"]
    assert await levels(pool) == {"TEE": (12, 0)}


async def test_another_sellers_line_can_not_be_matched(pool, open_stock, hear, post):
    await hear(approved(an_order(), a_line("NEW", 2)))
    await open_stock(seller="seller-b", TEE=10)
    reference = await pool.fetchval("select reference from unmatched_lines")
    (answer,) = await post(matched(reference, "TEE", 2), seller="seller-b")
    assert answer.refused == "not-unmatched"


async def test_postings_are_announced(pool):
    from inventory.api.posting import post_movements

    async with pool.acquire() as connection, connection.transaction():
        _, (event,) = await post_movements(connection, "seller-a", [Posting("TEE", "opening", "count", set_to=10)], now=NOW)
    assert isinstance(event.data, StockAdjusted)
    assert (event.data.quantity, event.data.available_after, event.data.level_version, event.data.reason) == (10, 10, 1, "opening")
    assert event.id == announce(event.data, source="/zetpy/inventory", time=NOW).id
    assert (event.data.request_id, event.data.order) == (None, None)


async def test_a_matched_line_is_announced_with_what_it_was_missing_from(pool, open_stock, hear):
    from inventory.api.posting import post_movements

    await hear(approved(an_order(), a_line(None, 2), revision=2))
    await open_stock(TEE=10)
    reference = await pool.fetchval("select reference from unmatched_lines")
    async with pool.acquire() as connection, connection.transaction():
        _, (event,) = await post_movements(connection, "seller-a", [matched(reference, "TEE", 2)], now=NOW)
    told = event.data
    assert (told.request_id, told.revision, told.order, told.line_id) == (a_request_id(an_order()), 2, an_order(), "1")
    assert (told.reason, told.reference, event.correlationid) == ("matched", reference, told.request_id)
