"""What is not heard in time: the gate is not sure of what it does not know."""

import asyncio
import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiokafka import TopicPartition
from tests.support.decision_api import AUTH_KEY, bearer
from tests.support.waiting import until

from chassis.subscription import _Failing
from contracts import topics
from decision import lateness
from decision.app import make_app
from decision.settings import Settings


@pytest.fixture
def app(running, pool, monkeypatch):
    monkeypatch.setenv("DECISION_DATABASE_URL", running.database_url)
    monkeypatch.setenv("AUTH_KEY", AUTH_KEY)
    app = make_app(Settings(topic_prefix="never-"))
    app.database = pool
    return app


def of_requests(app):
    return next(each for each in app.consumer.subscriptions if each.batches.topic is topics.CANCEL_REQUESTS and not each.batches.replay)


def paused(app):
    of_requests(app).paused = "twenty bugs in a row"


def held(app):
    failing = _Failing(time.monotonic() - 61, datetime.now(UTC))
    of_requests(app)._failing = {TopicPartition("cancel-requests", 3): failing}


def in_hand_for_long(app):
    of_requests(app)._waiting = 1, time.time() - 61


@pytest.mark.parametrize("late", [paused, held, in_hand_for_long])
async def test_nobody_is_sure_of_an_order_while_cancel_requests_are_not_heard(app, seller, late):
    await seller.shop()
    process = uuid4()

    async def fresh():
        path = f"{seller.url}/v1/orders/shopee/1-{seller.id}/NEVER1/fulfilment"
        answer = (await seller.http.get(path, headers=bearer("fulfilment", seller=seller.id))).json()
        assert not answer["known"]
        return answer["fresh"]

    assert not lateness.is_late(app)
    assert await fresh()
    late(app)
    await lateness.tell(app, process, late=lateness.is_late(app))
    assert not await fresh()
    of_requests(app).paused, of_requests(app)._failing, of_requests(app)._waiting = None, {}, None
    await lateness.tell(app, process, late=lateness.is_late(app))
    assert await fresh()


async def test_it_is_told_at_the_second_look_and_taken_back(app, pool, monkeypatch):
    monkeypatch.setattr(lateness, "EVERY_SECONDS", 0.05)
    running = asyncio.create_task(lateness.run(app))
    paused(app)
    late = "select count(*) from behind where until > now()"
    await until(lambda: pool.fetchval(late), what="it is told")
    of_requests(app).paused = None
    await until(lambda: pool.fetchval(f"select ({late}) = 0"), what="it is taken back")
    app.stop.set()
    await running
