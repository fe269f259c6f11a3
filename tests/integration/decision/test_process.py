"""The service as it runs: Kafka in, Kafka out, killed in between."""

import random

import pytest
from tests.support.requests import a_shop, an_order, as_event, cancelled, closed, refused, requested, settled, synced
from tests.support.waiting import until
from tests.support.wire import Wire

from contracts.event import decode
from contracts.topics import CANCEL_DECISIONS, CANCEL_REQUESTS, ORDER_STATUS, SHOP_STATUS, STOCK_MOVEMENTS, SYNC_OUTCOMES


@pytest.fixture
def wire(kafka_url, topic_prefix):
    return Wire(kafka_url, topic_prefix)


@pytest.fixture
async def decision(service, database_url, kafka_url, topic_prefix, wire):
    for topic in (CANCEL_REQUESTS, SYNC_OUTCOMES, STOCK_MOVEMENTS, SHOP_STATUS):
        await wire.create(topic.name, partitions=2)
    env = {
        "DECISION_DATABASE_URL": database_url,
        "KAFKA_URL": kafka_url,
        "TOPIC_PREFIX": topic_prefix,
        "SESSION_TIMEOUT_SECONDS": "6",
        "AUTH_KEY": "a-key-for-tests-that-is-long-enough-0123456789",
    }
    return service("decision", env).start(seconds=60)


async def said(wire, topic):
    return [decode(record.value, topic).data for record in await wire.read(topic.name)]


async def test_what_marketplaces_show_becomes_words_and_order_states(decision, wire, pool):
    stays, ends, packed = an_order("A"), an_order("B"), an_order("C", channel="lazada")
    await wire.send([as_event(each) for each in (requested(stays), requested(ends), cancelled(packed), closed(ends, "order_shipped"))])
    await wire.send([as_event(a_shop())])
    await until(lambda: pool.fetchval("select count(*) = 3 from requests where state in ('pending', 'lapsed', 'cancelled_elsewhere')"))
    await wire.read_until(CANCEL_DECISIONS.name, 2)
    words = {type(word).__name__: word.order.order_ref for word in await said(wire, CANCEL_DECISIONS)}
    assert words == {"CancelLapsed": "B", "CancelledElsewhere": "C"}
    await wire.read_until(ORDER_STATUS.name, 4)
    newest = {state.order.order_ref: (state.status, state.shippable) for state in await said(wire, ORDER_STATUS)}
    assert newest == {"A": ("cancel_requested", False), "B": ("shipped", False), "C": ("cancelled", False)}
    await until(lambda: pool.fetchval("select state from shops"))


async def test_killed_in_the_middle_nothing_is_lost_and_nothing_is_said_twice(decision, wire, pool):
    orders = [an_order(f"SN{n}") for n in range(300)]
    pick = random.Random(1)
    shown = [as_event(each) for order in orders for each in (requested(order), closed(order, "order_cancelled"))]
    for start in range(0, len(shown), 150):
        await wire.send(shown[start : start + 150])
        if start == 150:
            await until(lambda: pool.fetchval("select count(*) > 0 from requests"))
            decision.kill()
            decision.start(seconds=60)
    await wire.send(pick.sample(shown, 100))
    await until(lambda: pool.fetchval("select count(*) = 300 from requests where state = 'cancelled_elsewhere'"), seconds=60)
    await until(lambda: pool.fetchval("select count(*) = 0 from outbox"), seconds=30)
    words = await said(wire, CANCEL_DECISIONS)
    assert {(word.request_id, word.revision) for word in words} == {(event.data.request_id, 2) for event in shown}
    assert await pool.fetchval("select count(*) from timeline where kind = 'cancelled_elsewhere'") == 300
    assert decision.stop(seconds=12) < 10


async def test_every_topic_is_heard(decision, wire, pool):
    order = an_order()
    await wire.send([as_event(requested(order))])
    await until(lambda: pool.fetchval("select true from requests"))
    await wire.send([as_event(closed(order, "order_cancelled"))])
    await until(lambda: pool.fetchval("select true from requests where state = 'cancelled_elsewhere'"))
    await wire.send([as_event(settled(order, revision=2, back=2))])
    await until(lambda: pool.fetchval("select true from requests where body->'stock'->>'revision' = '2'"))
    await wire.send([as_event(synced(order, revision=9)), as_event(refused(an_order("unknown")))])
    await until(lambda: pool.fetchval("select count(*) = 5 from inbox"))
