"""Durable work: nothing is forgotten, no hint is lost, a lost lease is noticed, shops take turns."""

import asyncio
import contextlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from tests.support.waiting import until

from chassis import database, work
from chassis.work import Item, Workers
from local_stack.ports import free_ports


@dataclass
class Bench:
    """What the workers need of an app."""

    pool: asyncpg.Pool
    name: str = "bench"
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    wakes: list = field(default_factory=list)

    def on_commit(self, wake):
        self.wakes.append(wake)

    async def add(self, *items):
        async with self.pool.acquire() as con, con.transaction():
            await work.add(con, items)
        for wake in self.wakes:
            wake()

    @contextlib.asynccontextmanager
    async def transaction(self):
        async with self.pool.acquire() as con, con.transaction():
            yield con

    @contextlib.asynccontextmanager
    async def serving(self, handle, **options):
        task = asyncio.create_task(Workers(self, handle, **options).run())
        try:
            yield
        finally:
            self.stop.set()
            async with asyncio.timeout(10):
                await task
            self.stop = asyncio.Event()

    async def count(self, where="true"):
        return await self.pool.fetchval(f"select count(*) from work where {where}")

    async def nothing_left(self):
        await until(self._none, what="no work is left")

    async def _none(self):
        return await self.count() == 0


@pytest.fixture
async def bench(database_url):
    pool = await database.open_pool(database_url, name="bench", max_size=12)
    yield Bench(pool)
    await pool.close()


@pytest.fixture
async def database_url(database):
    return await database("work", packages=("chassis",))


async def finish(bench, turn, key):
    async with bench.transaction() as tx:
        return await turn.done(tx, key)


async def test_hints_coalesce_and_the_earliest_time_wins(bench):
    later = datetime.now(UTC) + timedelta(hours=1)
    await bench.add(
        Item(shop="s", key="k", due_at=later, payload={"a": 1}), Item(shop="s", key="k", due_at=later + timedelta(hours=1), rank=2)
    )
    await bench.add(Item(shop="s", key="k", due_at=later + timedelta(hours=2), deadline=later))
    row = await bench.pool.fetchrow("select * from work")
    assert (row["due_at"], row["rank"], row["deadline"], row["payload"], row["hints"]) == (later, 0, later, {"a": 1}, 2)
    await bench.add(Item(shop="s", key="k"))
    assert await bench.count("due_at <= now()") == 1


async def test_each_row_is_handled_once_by_many_workers(bench):
    seen = []

    async def handle(turn):
        for item in turn.items:
            seen.append((turn.shop, item.key))
            assert await finish(bench, turn, item.key)

    await bench.add(*(Item(shop=f"s{n % 7}", key=f"k{n}") for n in range(700)))
    async with bench.serving(handle, workers=4, per_turn=20), Bench(bench.pool).serving(handle, workers=4, per_turn=20):
        await bench.nothing_left()
    assert len(seen) == len(set(seen)) == 700


async def test_a_hint_that_comes_while_a_row_is_in_hand_makes_it_run_again(bench):
    runs, go_on = [], asyncio.Event()

    async def handle(turn):
        runs.append(turn.items[0].attempts)
        if len(runs) == 1:
            await go_on.wait()
        assert await finish(bench, turn, "k")

    await bench.add(Item(shop="s", key="k"))
    async with bench.serving(handle):
        await until(lambda: runs, what="it runs")
        await bench.add(Item(shop="s", key="k"))
        go_on.set()
        await until(lambda: len(runs) == 2, what="it runs again")
        await bench.nothing_left()
    assert runs == [1, 1]


async def test_a_hint_that_comes_meanwhile_also_beats_putting_off(bench):
    runs, go_on = [], asyncio.Event()

    async def handle(turn):
        runs.append(turn.items[0].attempts)
        if len(runs) == 1:
            await go_on.wait()
            async with bench.transaction() as tx:
                assert await turn.again(tx, "k", datetime.now(UTC) + timedelta(hours=1))
        else:
            assert await finish(bench, turn, "k")

    await bench.add(Item(shop="s", key="k"))
    async with bench.serving(handle):
        await until(lambda: runs, what="it runs")
        await bench.add(Item(shop="s", key="k"))
        go_on.set()
        await bench.nothing_left()
    assert runs == [1, 2]


async def test_a_lost_lease_is_noticed_and_what_was_read_is_thrown_away(bench):
    """The first worker stalls (its lease is not renewed), a second has the row in hand when the first comes back."""
    taken, told = [asyncio.Event(), asyncio.Event()], []
    go_on = [asyncio.Event(), asyncio.Event()]

    def worker(number):
        async def handle(turn):
            taken[number].set()
            await go_on[number].wait()
            told.append((number, await finish(bench, turn, "k")))

        return handle

    await bench.add(Item(shop="s", key="k"))
    async with bench.serving(worker(0), workers=1):
        await taken[0].wait()
        await bench.pool.execute("update work set lease_until = now() - interval '1 s'")
        await bench.pool.execute("update work_shops set turn_until = now() - interval '1 s'")
        async with Bench(bench.pool).serving(worker(1), workers=1):
            await taken[1].wait()
            go_on[0].set()
            await until(lambda: told == [(0, False)], what="the first came back and was told")
            assert await bench.count("lease is not null") == 1, "the second still has it"
            go_on[1].set()
            await until(lambda: told == [(0, False), (1, True)], what="the second did it")
    assert await bench.count() == 0


async def test_a_lease_is_renewed_while_its_handler_runs(bench):
    runs, go_on = [], asyncio.Event()

    async def handle(turn):
        runs.append(turn.lease)
        await go_on.wait()
        assert await finish(bench, turn, "k")

    await bench.add(Item(shop="s", key="k"))
    async with bench.serving(handle, workers=2, lease_seconds=0.6):
        await until(lambda: runs, what="it runs")
        first = await bench.pool.fetchval("select lease_until from work")
        await until(lambda: _renewed(bench, first + timedelta(seconds=0.7)), what="the lease was renewed beyond its first end")
        go_on.set()
        await bench.nothing_left()
    assert len(runs) == 1


async def _renewed(bench, beyond):
    return await bench.pool.fetchval("select lease_until > $1 from work", beyond)


@pytest.mark.parametrize("workers", [1, 4])
async def test_one_holder_has_a_shop_at_a_time_and_a_large_shop_does_not_delay_the_others(bench, workers):
    holders, most, order = defaultdict(int), defaultdict(int), []

    async def handle(turn):
        holders[turn.shop] += 1
        most[turn.shop] = max(most[turn.shop], holders[turn.shop])
        order.append(turn.shop)
        await asyncio.sleep(0)
        async with bench.transaction() as tx:
            for item in turn.items:
                assert await turn.done(tx, item.key)
        holders[turn.shop] -= 1

    await bench.add(*(Item(shop="large", key=f"k{n}") for n in range(2000)))
    await bench.add(*(Item(shop=f"small-{n:02}", key="k") for n in range(60)))
    async with bench.serving(handle, workers=workers, per_turn=20):
        await bench.nothing_left()
    assert set(most.values()) == {1}
    last_small = max(index for index, shop in enumerate(order) if shop != "large")
    assert order[:last_small].count("large") < 30, "of its 100 turns the large shop got only those that were its own"


async def test_rank_then_deadline_then_due_time_decide_the_order(bench):
    now = datetime.now(UTC)
    await bench.add(
        Item(shop="s", key="d", rank=1, due_at=now - timedelta(hours=9)),
        Item(shop="s", key="c", due_at=now - timedelta(hours=9)),
        Item(shop="s", key="b", deadline=now + timedelta(hours=2)),
        Item(shop="s", key="a", deadline=now + timedelta(hours=1)),
    )
    seen = []

    async def handle(turn):
        for item in turn.items:
            seen.append(item.key)
            await finish(bench, turn, item.key)

    async with bench.serving(handle, workers=1, per_turn=3):
        await bench.nothing_left()
    assert seen == ["a", "b", "c", "d"]


async def test_a_turn_that_raises_or_forgets_a_row_is_tried_again_later(bench):
    runs = []

    async def handle(turn):
        runs.append(turn.items[0].attempts)
        if len(runs) == 1:
            raise RuntimeError("a bug")
        if len(runs) == 3:
            assert await finish(bench, turn, "k")

    await bench.add(Item(shop="s", key="k"))
    async with bench.serving(handle):
        for attempts in (1, 2):
            await until(lambda attempts=attempts: _put_off(bench, attempts), what="it is put off")
            await bench.pool.execute("update work set due_at = now()")
        await bench.nothing_left()
    assert runs == [1, 2, 3]


async def _put_off(bench, attempts):
    return await bench.count(f"attempts = {attempts} and lease is null and due_at > now() + interval '1 s' * {attempts}") == 1


async def test_a_released_row_counts_no_attempt_and_a_paused_shop_gets_no_turn(bench):
    runs = []

    async def handle(turn):
        runs.append(turn.items[0].attempts)
        async with bench.transaction() as tx:
            if len(runs) == 1:
                await work.pause(tx, "s", None)
                assert await turn.release(tx, "k")
            else:
                assert await turn.done(tx, "k")

    await bench.add(Item(shop="s", key="k"), Item(shop="other", key="k", due_at=datetime.now(UTC) + timedelta(hours=1)))
    async with bench.serving(handle):
        await until(lambda: runs, what="it runs")
        await until(lambda: _released(bench), what="it is released")
        await bench.add(Item(shop="s", key="k"), Item(shop="witness", key="k"))
        await until(lambda: len(runs) == 2, what="another shop was served meanwhile")
        assert await bench.count("shop = 's' and attempts = 0") == 1
        async with bench.transaction() as tx:
            await work.resume(tx, "s")
        await until(lambda: len(runs) == 3, what="it runs again")
    assert runs == [1, 1, 1]


async def _released(bench):
    return await bench.count("shop = 's' and attempts = 0 and lease is null") == 1


async def test_many_hints_at_once_in_opposite_orders_do_not_deadlock(bench):
    items = [Item(shop=f"s{n % 5}", key=f"k{n}") for n in range(200)]
    await asyncio.gather(*(bench.add(*(items if n % 2 else items[::-1])) for n in range(10)))
    assert await bench.count("hints = 10") == 200


async def test_kill_9_of_a_worker_loses_no_work(ground):
    """It dies with rows in hand; another does them when the leases have run out."""
    ground.gates.close("in-work")
    first = ground.process(PROBE_WORKERS=2, PROBE_LEASE_SECONDS=1.0).start()
    await work.add(ground.con, [Item(shop=f"s{n % 3}", key=f"k{n}", payload=None) for n in range(30)])
    await ground.reached("in-work")
    first.kill()
    ground.gates.open("in-work")
    ground.process(PROBE_WORKERS=2, PROBE_LEASE_SECONDS=1.0, PROBE_PORT=free_ports(1)[0]).start()
    await until(lambda: ground.con.fetchval("select count(*) = 0 from work"), seconds=15, what="no work is left")
    assert await ground.con.fetchval("select count(*) from worked") == 30
    assert await ground.con.fetchval("select max(attempts) from worked") == 2


async def test_a_frozen_worker_finds_its_leases_lost(ground):
    ground.gates.close("in-work")
    first = ground.process(PROBE_WORKERS=1, PROBE_LEASE_SECONDS=1.0).start()
    await work.add(ground.con, [Item(shop="s", key="k")])
    await ground.reached("in-work")
    first.pause()
    ground.gates.open("in-work")
    second = ground.process(PROBE_WORKERS=1, PROBE_LEASE_SECONDS=1.0, PROBE_PORT=free_ports(1)[0]).start()
    await until(lambda: ground.con.fetchval("select count(*) = 1 from worked"), seconds=15, what="the second did it")
    first.resume()
    await until(lambda: _turns(ground, first), what="the first came back")
    assert [row[0] for row in await ground.con.fetch("select pid from worked")] == [second.pid]


async def _turns(ground, process):
    return await ground.metric(process, "work_turns_total") >= 1


async def test_a_turn_that_ends_while_another_is_claimed_leaves_the_shop_to_nobody(bench):
    """Claims race with the ends of turns of one shop: none may keep the shop without rows, or it would wait for a whole lease."""
    done = asyncio.Event()

    async def handle(turn):
        for item in turn.items:
            await finish(bench, turn, item.key)
        done.set()

    async with bench.serving(handle, workers=8, lease_seconds=30):
        for number in range(1000):
            done.clear()
            await bench.add(Item(shop="s", key=str(number % 3)))
            async with asyncio.timeout(5):
                await done.wait()


class Unheard:
    """A pool whose database goes away at the end of a statement: carried out or not, nobody hears so, for as often as `times` says."""

    def __init__(self, pool, statement, *, times, carried_out):
        self._pool, self._statement, self.times, self._carried_out = pool, statement, times, carried_out

    def __getattr__(self, name):
        return getattr(self._pool, name)

    async def execute(self, query, *args):
        return await self._lost(self._pool.execute, query, *args)

    async def fetch(self, query, *args):
        return await self._lost(self._pool.fetch, query, *args)

    async def _lost(self, ask, query, *args):
        if query != self._statement or not self.times:
            return await ask(query, *args)
        self.times -= 1
        if self._carried_out:
            await ask(query, *args)
        raise ConnectionRefusedError("the database is away")


@pytest.mark.parametrize(("statement", "carried_out"), [("end_turn", False), ("claim_turn", True)])
async def test_a_shop_does_not_wait_for_a_lease_after_the_database_was_away(bench, statement, carried_out):
    """The end of a turn, or the answer to a claim, is lost with a connection: the shop is given back as soon as the database answers."""
    seen = []

    async def handle(turn):
        seen.append(turn.items[0].attempts)
        if len(seen) == 1 and statement == "end_turn":
            raise ConnectionRefusedError("what was done could not be stored")
        assert await finish(bench, turn, turn.items[0].key)

    pool = bench.pool
    away = bench.pool = Unheard(pool, work.QUERIES[statement], times=3, carried_out=carried_out)
    try:
        await bench.add(Item(shop="s", key="k"))
        async with bench.serving(handle, workers=1, lease_seconds=600):
            await until(lambda: not away.times, what="the database answers again")
            await bench.add(Item(shop="s", key="other"))
            await bench.nothing_left()
    finally:
        bench.pool = pool
