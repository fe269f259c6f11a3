"""The watchdog's verdicts on a real consumer: only one that is stuck while Kafka answers is a reason to restart."""

import time
from contextlib import asynccontextmanager

import pytest
from tests.support.probe import ProbeSettings, an_outcome
from tests.support.waiting import until

from chassis.app import App
from contracts import topics

FETCH_SECONDS = 1.5  # a long poll takes 0.5


@pytest.fixture
def running(ground, monkeypatch):
    for name, value in ground.environment(FETCH_STALL_SECONDS=FETCH_SECONDS, HANDLER_HANG_SECONDS=30, BACKOFF_CAP_SECONDS=20).items():
        monkeypatch.setenv(name, value)

    @asynccontextmanager
    async def run(handler):
        app = App("probe", ProbeSettings())
        app.consumer.on(topics.SYNC_OUTCOMES, batch=1)(handler)
        await app.open_database()
        await app.consumer.start(app.pool)
        try:
            yield app
        finally:
            app.stop.set()
            await app.consumer.stop()
            await app.pool.close()

    return run


async def nothing(tx, events):
    return []


async def first_verdicts(app, seconds):
    """Every verdict within a time."""
    found = set()

    async def enough(deadline):
        found.add(await app.consumer.verdict())
        return time.monotonic() > deadline

    deadline = time.monotonic() + seconds
    await until(lambda: enough(deadline), seconds=seconds + 5, every=0.05)
    return found


async def test_idle_is_alive(running):
    async with running(nothing) as app:
        assert await first_verdicts(app, 2.5 * FETCH_SECONDS) == {None}


async def test_a_handler_that_fails_and_backs_off_is_alive(running, ground):
    async def failing(tx, events):
        raise ConnectionError("the database, say")

    async with running(failing) as app:
        await ground.wire.send([an_outcome("o1", revision=number) for number in (1, 2)])  # the second waits in the buffer
        assert await first_verdicts(app, 4 * FETCH_SECONDS) == {None}


async def test_a_partition_that_is_held_for_a_bug_is_alive(running, ground):
    async def buggy(tx, events):
        raise RuntimeError

    async with running(buggy) as app:
        await ground.wire.send([an_outcome("o1")])
        assert await first_verdicts(app, 4 * FETCH_SECONDS) == {None}


async def test_a_fetch_that_stalls_while_kafka_answers_is_not(running):
    async with running(nothing) as app:
        consumer = app.consumer.subscriptions[0].subscriber.consumer
        await until(lambda: all(consumer.last_poll_timestamp(tp) for tp in consumer.assignment()), what="all partitions were fetched once")
        consumer._fetcher._fetch_task.cancel()
        why = await until(app.consumer.verdict, seconds=30, every=0.05, what="a verdict")
        assert "not fetched" in why


async def test_a_loop_that_is_dead_while_a_record_waits_is_not(running, ground):
    async with running(nothing) as app:
        for subscription in app.consumer.subscriptions:
            for task in subscription.subscriber.tasks:
                task.cancel()
        await ground.wire.send([an_outcome("o1")])
        why = await until(app.consumer.verdict, seconds=30, every=0.05, what="a verdict")
        assert "not fetched" in why
