"""The store or the broker is away, and pushes of shops that nobody knows."""

import time

import pytest
from tests.support.waiting import until

from contracts.cancel_requests import CancelRequested


@pytest.fixture
def broken(make_world, breakable_stack):
    """An ingestor on a Kafka and a Postgres that may be stopped."""
    return make_world(kafka=breakable_stack.kafka_url, postgres=breakable_stack.postgres_url).begin()


async def test_without_its_database_it_asks_the_marketplace_to_try_again(broken, breakable_stack):
    order = broken.order("shopee")
    await broken.known(order)
    broken.drop_pushes()
    order.event("request-cancel")
    breakable_stack.stop("postgres")
    began = time.monotonic()
    answer = await broken.push("shopee", order.push())
    assert (answer.status_code, answer.content) == (503, b"")
    assert time.monotonic() - began < 3
    assert (await broken.push("shopee", order.push(), sign=False)).status_code == 401
    breakable_stack.start("postgres")
    await until(lambda: taken(broken, order), seconds=30, what="the push is taken again")
    assert (await broken.heard(order.ref, CancelRequested, seconds=30)).found_by == "push"


async def test_a_frozen_database_is_not_waited_for_longer_than_the_marketplace_waits(broken, breakable_stack):
    order = broken.order("shopee")
    await broken.known(order)
    broken.drop_pushes()
    order.event("request-cancel")
    breakable_stack.pause("postgres")
    began = time.monotonic()
    answer = await broken.push("shopee", order.push())
    assert answer.status_code == 503
    assert time.monotonic() - began < 3
    breakable_stack.resume("postgres")
    await until(lambda: taken(broken, order), seconds=30, what="the push is taken again")
    await broken.heard(order.ref, CancelRequested, seconds=30)


async def taken(world, order):
    return (await world.push("shopee", order.push())).status_code == 200


async def test_without_kafka_pushes_are_taken_and_said_later(broken, breakable_stack):
    order = broken.order("shopee")
    await broken.known(order)
    breakable_stack.stop("kafka")
    broken.drop_pushes()
    order.event("request-cancel")
    answer = await broken.push("shopee", order.push())
    assert (answer.status_code, answer.content) == (200, b"")
    await until(lambda: broken.rows("select 1 from outbox"), what="what is to be said waits")
    breakable_stack.start("kafka")
    said = await broken.heard(order.ref, CancelRequested, seconds=40)
    assert (said.found_by, said.observation) == ("push", 1)


async def test_pushes_of_unknown_shops_are_taken_counted_and_kept_within_a_bound(make_world):
    world = make_world(INGESTOR_UNKNOWN_PUSHES_KEPT="5").begin()
    for number in range(12):
        data = {"ordersn": f"SN{number}", "status": "IN_CANCEL", "update_time": 1}
        body = {"code": 3, "shop_id": 999_000 + number % 3, "data": data, "timestamp": 1}
        assert (await world.push("shopee", body)).status_code == 200

    async def counted():
        return await world.metric('unknown_shop_pushes_total{channel="shopee"}') == 12

    await until(counted, what="all are counted")
    await world.quiet()
    kept = await world.rows("select shop_id, what from unknown_pushes order by id")
    assert len(kept) == 5
    assert not await world.rows("select 1 from work where shop like '%999%' union all select 1 from orders")
