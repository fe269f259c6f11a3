"""What changed is told to every instance after the commit."""

import asyncio
from types import SimpleNamespace

import pytest
from pydantic import SecretStr
from tests.support.requests import a_shop, an_order, requested
from tests.support.waiting import until

from decision import changes
from decision.changes import Changed, Changes, Missed, Subscription


@pytest.fixture
async def listening(database_url, pool):
    app = SimpleNamespace(settings=SimpleNamespace(database_url=SecretStr(database_url)), stop=asyncio.Event())
    told = Changes(app)
    task = asyncio.create_task(told.run())

    async def listens():
        return await pool.fetchval(
            "select count(*) from pg_stat_activity where application_name = 'decision-changes' and query like 'LISTEN%'"
        )

    await until(listens)
    yield told
    app.stop.set()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_seller_hears_of_his_own_rows_only(listening, hear, look):
    with listening.subscribe("seller-a") as news, listening.subscribe("seller-b") as others:
        await hear(requested(an_order()), requested(an_order("B1", seller="seller-b")))
        (request,), _ = await look(an_order())
        async with asyncio.timeout(5):
            assert await news.get() == Changed("seller-a", requests=((request.request_id, 1),))
            assert (await others.get()).seller_id == "seller-b"
        await hear(a_shop())
        async with asyncio.timeout(5):
            assert await news.get() == Changed("seller-a", shops=("shopee:1",))


async def test_a_reading_that_shows_nothing_new_is_not_told(listening, hear):
    with listening.subscribe("seller-a") as news:
        await hear(requested(an_order()))
        await hear(requested(an_order(), observation=2))
        await hear(requested(an_order(), observation=3, marketplace_status="X"))
        async with asyncio.timeout(5):
            assert [(await news.get()).requests[0][1] for _ in range(2)] == [1, 2]


async def test_a_lost_connection_is_told_as_missed(listening, pool):
    with listening.subscribe("seller-a") as news:
        await pool.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'decision-changes'")
        async with asyncio.timeout(15):
            assert await news.get() == Missed()


def test_a_slow_reader_is_told_once_that_he_missed_something():
    slow = Subscription()
    for n in range(changes.WAITING + 1):
        slow.put(Changed("a", requests=((str(n), 1),)))
    assert slow.put(Changed("a")) is None
    assert [slow._queue.get_nowait(), slow._queue.get_nowait()] == [Missed(), Changed("a")]


async def test_payloads_fit_into_a_notification(hear, pool):
    await hear(*(requested(an_order(f"SN{n}")) for n in range(250)))
    assert await pool.fetchval("select count(*) from requests") == 250
