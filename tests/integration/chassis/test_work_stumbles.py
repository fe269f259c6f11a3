"""A worker that can't ask for work is no reason to end what the other workers have in hand."""

import asyncio
from types import SimpleNamespace

import pytest
from tests.support.waiting import until

from chassis import database, work
from chassis.work import Item, Workers


class Stumbling:
    """A pool some of whose queries fail, as when a connection is cut in the middle of one."""

    def __init__(self, pool):
        self.pool, self.failures = pool, 0

    def __getattr__(self, name):
        return getattr(self.pool, name)

    async def fetch(self, query, *arguments):
        if self.failures:
            self.failures -= 1
            raise ConnectionResetError("cut")
        return await self.pool.fetch(query, *arguments)


@pytest.fixture
async def pool(database_url):
    pool = await database.open_pool(database_url, name="bench")
    yield Stumbling(pool)
    await pool.close()


@pytest.fixture
async def database_url(database):
    return await database("work", packages=("chassis",))


async def test_a_claim_that_fails_ends_no_turn_that_others_have_in_hand(pool):
    app = SimpleNamespace(pool=pool, name="bench", stop=asyncio.Event(), on_commit=lambda _: None)
    taken, go_on, ended = asyncio.Event(), asyncio.Event(), []

    async def handle(turn):
        taken.set()
        try:
            await go_on.wait()
        finally:
            ended.append(go_on.is_set())
        async with pool.acquire() as tx, tx.transaction():
            await turn.done(tx, "k")
        app.stop.set()

    async with pool.acquire() as tx, tx.transaction():
        await work.add(tx, [Item(shop="s", key="k")])
    workers = asyncio.create_task(Workers(app, handle, workers=2).run())
    await taken.wait()
    pool.failures = 1
    await until(lambda: pool.failures == 0, what="the other's claim failed")
    await asyncio.sleep(0)
    go_on.set()
    await workers
    assert ended == [True]
