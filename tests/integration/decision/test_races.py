"""Many at once on the same orders, on real Postgres."""

import asyncio
import random

from tests.support.requests import NOW, SELLER, an_order, closed, requested, synced

from contracts.event import decode
from contracts.topics import CANCEL_DECISIONS
from decision import store
from decision.decide import Person, decide, decide_all
from decision.domain.alerts import Rules
from decision.domain.decide import Wish


async def words(pool):
    rows = await pool.fetch("select value from outbox where topic = 'cancel-decisions' order by id")
    return [decode(row["value"], CANCEL_DECISIONS).data for row in rows]


async def test_twenty_approvals_at_once_are_one_decision(hear, look, wish, pool):
    await hear(requested(an_order()))
    (request,), _ = await look(an_order())
    answers = await asyncio.gather(*(wish(request.request_id, "approve", revision=1) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == ["done"] + ["unchanged"] * 19
    assert {answer.request.revision for answer in answers} == {2}
    assert len(await words(pool)) == 1


async def test_approve_against_reject_one_wins(hear, look, wish, pool):
    for n in range(10):
        await hear(requested(an_order(f"SN{n}")))
    for n in range(10):
        (request,), _ = await look(an_order(f"SN{n}"))
        verdicts = ["approve", "reject"] * 3
        random.shuffle(verdicts)
        answers = await asyncio.gather(*(wish(request.request_id, verdict) for verdict in verdicts))
        assert sorted(answer.status for answer in answers) == ["done", *["failed"] * 3, *["unchanged"] * 2]
        assert {answer.why for answer in answers if answer.status == "failed"} == {"already-decided"}
        assert len({answer.request.state for answer in answers}) == 1
    assert len(await words(pool)) == 10


async def test_decisions_against_batches_on_the_same_orders_never_deadlock(hear, look, pool):
    orders = [an_order(f"SN{n}") for n in range(30)]
    await hear(*(requested(order) for order in orders))
    ids = [(await look(order))[0][0].request_id for order in orders]
    pick = random.Random(1)

    async def people(n):
        for _ in range(6):
            wishes = [(each, Wish(pick.choice(["approve", "reject"]))) for each in pick.sample(ids, 10)]
            async with pool.acquire() as tx, tx.transaction():
                await decide_all(tx, Person("seller-a", SELLER), wishes, now=NOW, rules=Rules())
            async with pool.acquire() as tx, tx.transaction():
                await decide(tx, Person("seller-a", SELLER), pick.choice(ids), Wish("approve"), now=NOW, rules=Rules())

    async def marketplace(n):
        for observation in range(2, 8):
            batch = [requested(order, observation=observation * 10 + n, marketplace_status=str(n)) for order in pick.sample(orders, 20)]
            batch.append(requested(an_order(f"NEW{n}-{observation}")))
            await hear(*batch)

    async def outcomes(n):
        for attempt in range(1, 7):
            await hear(*(synced(order, pick.choice(["approve", "reject"]), attempt=attempt) for order in pick.sample(orders, 20)))

    async with asyncio.timeout(60):
        await asyncio.gather(*(each(n) for n in range(3) for each in (people, marketplace, outcomes)))
    await hear(*(closed(order, "order_cancelled", observation=999) for order in orders))
    for order in orders:
        (request,), state = await look(order)
        assert (request.state in {"approved", "cancelled_elsewhere"}, state.shippable) == (True, False)
    said = await words(pool)
    assert len({(word.request_id, word.revision) for word in said}) == len(said)


async def test_the_first_sight_of_an_order_by_two_consumers_is_one_request(hear, look, pool):
    orders = [an_order(f"SN{n}") for n in range(40)]
    back = list(reversed(orders))
    async with asyncio.timeout(30):
        await asyncio.gather(
            hear(*(requested(order) for order in orders)),
            hear(*(requested(order) for order in back)),
            hear(*(closed(order, observation=2) for order in orders)),
        )
    assert await pool.fetchval("select count(*) from requests where state = 'lapsed'") == 40


async def test_orders_made_by_many_at_once_never_deadlock(pool):
    orders = [an_order(f"SN{n}") for n in range(1500)]

    together = asyncio.Barrier(6)

    async def make(seed):
        mine = random.Random(seed).sample(orders, len(orders))
        async with pool.acquire() as tx, tx.transaction():
            await together.wait()
            await store.create_orders(tx, mine)

    async with asyncio.timeout(30):
        await asyncio.gather(*(make(seed) for seed in range(6)))
    assert await pool.fetchval("select count(*) from orders") == 1500
