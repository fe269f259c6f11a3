"""Several connections at once on the same orders and levels: no deadlock, no wrong level."""

import asyncio
import random

import asyncpg
import pytest
from tests.support.stock import NOW, a_line, an_order, approved, broken_laws, levels, reverted

from inventory import handlers, store
from inventory.api.posting import post_movements
from inventory.domain.orders import OrderStock
from inventory.domain.postings import Posting

SKUS = [f"SKU-{number:02}" for number in range(12)]
WRITERS = 6


@pytest.fixture
async def stocked(open_stock):
    await open_stock(**dict.fromkeys(SKUS, 100))


def batches(chance: random.Random, number: int) -> list[list[object]]:
    """Decisions on few orders and few SKUs, in every order; half of them new to the database each time."""
    orders = [an_order(f"order-{n}") for n in range(15)]
    decided = [
        kind(order, *(a_line(sku, 1, line=sku) for sku in chance.sample(SKUS, 3)), revision=revision, request=request)
        for order in orders
        for request in (1, 2)
        for revision, kind in enumerate([approved, reverted, approved], start=2)
    ]
    return [chance.sample(decided, 40) for _ in range(number)]


async def test_batches_in_any_order_never_deadlock_and_end_right(pool, stocked):
    work = batches(random.Random(3), 60)
    everything = [decision for batch in work for decision in batch]

    async def writer(mine: list[list[object]]) -> None:
        for batch in mine:
            async with pool.acquire() as connection, connection.transaction():
                await handlers.on_cancel_decisions(connection, batch, now=NOW)

    await asyncio.gather(*(writer(work[number::WRITERS]) for number in range(WRITERS)))
    assert not await broken_laws(pool)
    before = await levels(pool)
    async with pool.acquire() as connection, connection.transaction():
        again = await handlers.on_cancel_decisions(connection, everything, now=NOW)
    assert {type(event.data).__name__ for event in again} == {"StockSettled"}
    assert await levels(pool) == before


async def test_sales_and_opening_stock_beside_restocks_lose_nothing(pool, stocked):
    """HTTP takes levels only, consumers orders and levels, a match both."""
    rounds = 15

    async def seller(number: int) -> None:
        for turn in range(rounds):
            skus = random.Random(number * 100 + turn).sample(SKUS, 8)
            postings = [Posting(sku, "sale", f"sale-{number}-{turn}", delta=-1) for sku in skus]
            postings.append(Posting(f"NEW-{turn}", "opening", f"count-{number}", delta=1))
            async with pool.acquire() as connection, connection.transaction():
                await post_movements(connection, "seller-a", postings, now=NOW)

    async def restocker(number: int) -> None:
        for turn in range(rounds):
            chance = random.Random(number * 1000 + turn)
            decided = [
                approved(an_order(f"{number}-{turn}-{n}"), *(a_line(sku, 1, line=sku) for sku in chance.sample(SKUS, 4))) for n in range(5)
            ]
            async with pool.acquire() as connection, connection.transaction():
                await handlers.on_cancel_decisions(connection, decided, now=NOW)

    await asyncio.gather(*(seller(number) for number in range(3)), *(restocker(number) for number in range(3)))
    assert not await broken_laws(pool)
    stock = await levels(pool)
    assert sum(stock[sku][0] for sku in SKUS) == 12 * 100 - 3 * rounds * 8 + 3 * rounds * 5 * 4
    assert [stock[f"NEW-{turn}"] for turn in range(rounds)] == [(3, 0)] * rounds


async def test_the_same_posting_at_once_is_booked_once(pool, stocked):
    async def once(turn: int) -> str:
        async with pool.acquire() as connection, connection.transaction():
            ((answer,), _) = await post_movements(connection, "seller-a", [Posting("SKU-00", "sale", f"order-{turn}", delta=-1)], now=NOW)
            return answer.status

    for turn in range(10):
        assert sorted(await asyncio.gather(*(once(turn) for _ in range(8)))) == ["done"] + ["unchanged"] * 7
    assert (await levels(pool))["SKU-00"] == (90, 0)


async def test_a_line_that_many_match_at_once_is_matched_once(pool, stocked, hear):
    await hear(approved(an_order(), a_line(None, 2)))
    reference = await pool.fetchval("select reference from unmatched_lines")

    async def match(sku: str) -> str:
        async with pool.acquire() as connection, connection.transaction():
            ((answer,), _) = await post_movements(connection, "seller-a", [Posting(sku, "matched", reference, delta=2)], now=NOW)
            return answer.status

    assert sorted(await asyncio.gather(*(match(sku) for sku in SKUS[:6]))) == ["done"] + ["failed"] * 5
    assert sum(available for available, _ in (await levels(pool)).values()) == 1202


async def test_one_new_order_decided_at_once_by_two_requests_is_capped(pool, open_stock):
    """Both think that the order is new; the one that comes second sees what the first has booked."""
    await open_stock(TEE=0)

    async def decide(request: int) -> None:
        async with pool.acquire() as connection, connection.transaction():
            await handlers.on_cancel_decisions(connection, [approved(an_order(), a_line("TEE", 2, of=3), request=request)], now=NOW)

    await asyncio.gather(*(decide(request) for request in range(1, 7)))
    assert await levels(pool) == {"TEE": (3, 0)}


async def test_the_ledger_can_not_be_written_twice_by_a_forgotten_lock(pool, stocked):
    """What the locks prevent, the primary key refuses: two movements with one version."""
    async with pool.acquire() as connection:
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute(
                """insert into movements (movement_id, seller_id, sku, level_version, quantity, condition, available_after, moved_at,
                                          reason, reference)
                   select gen_random_uuid(), seller_id, sku, level_version, 1, condition, 1, moved_at, 'sale', 'x' from movements"""
            )


async def test_the_same_new_orders_at_once_in_any_order_never_deadlock(pool):
    """A redelivery beside a rebalance: two consumers hold the same decisions, new to both. Only the insert, so that they really meet."""
    ready = asyncio.Barrier(4)
    keys = [f"order-{number}" for number in range(3000)]

    async def writer(seed: int) -> int:
        mine = random.Random(seed).sample(keys, len(keys))
        async with pool.acquire() as connection, connection.transaction():
            await ready.wait()
            return len(mine) - len(
                await store.create_orders(connection, dict.fromkeys(mine, OrderStock()), dict.fromkeys(mine, "seller-a"))
            )

    assert sorted(await asyncio.gather(*(writer(seed) for seed in range(4)))) == [0, 0, 0, 3000]
