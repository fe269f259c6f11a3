"""Kafka and Postgres go away, freeze and come back, on a stack of our own: nothing is lost, HTTP answers, a stop ends in time."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support import databases
from tests.support.probe import an_outcome, an_unmatched
from tests.support.waiting import until

from chassis import outbox
from local_stack import control, state
from local_stack.settings import Stack


@pytest.fixture(scope="module")
def own_stack() -> Iterator[Stack]:
    """Kafka and Postgres that these tests may stop and freeze."""
    with tempfile.TemporaryDirectory(prefix="outages-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)  # Postgres runs as another account when we are root
        stack = Stack(home=Path(home), engine="native", durable=False, given_kafka_url=None, given_database_url=None).with_free_ports()
        with control.running(stack, ["kafka", "postgres"], progress=lambda _: None):
            yield stack


@pytest.fixture
async def ground(make_ground, own_stack):
    url = await databases.create(own_stack.database_url, "probe", "chassis")
    return await make_ground(own_stack.kafka_url, url=url)


async def stop(stack, name):
    await asyncio.to_thread(control.service, stack, name, run=False, progress=lambda _: None)


async def start(stack, name):
    await asyncio.to_thread(control.service, stack, name, run=True, progress=lambda _: None)


def kafka_pid(stack):
    return state.read(stack)["programs"]["kafka"]["pid"]


async def post_order(process):
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        return (await client.post(f"{process.url}/orders")).status_code


async def test_kafka_restarts_under_load(ground, own_stack):
    await ground.wire.create("stock-movements", partitions=3)
    await ground.wire.create("order-status", partitions=3)
    process = await ground.start()
    await ground.wire.send([an_outcome(f"a-{number}", message="announce") for number in range(100)])
    await ground.handled_count(100)
    await stop(own_stack, "kafka")
    await outbox.add(ground.con, [an_unmatched(f"while-down-{number}") for number in range(50)])
    assert process.is_ready(), "without Kafka requests are still taken"
    await start(own_stack, "kafka")
    await ground.wire.send([an_outcome(f"b-{number}", message="announce") for number in range(100)])
    await ground.handled_count(200, seconds=40)
    published = await ground.wire.read_until("stock-movements", 250, seconds=30)
    assert len({record.value for record in published}) == 250
    assert process.alive


async def test_the_database_restarts_under_load(ground, own_stack):
    process = await ground.start()
    await ground.con.close()
    await ground.wire.send([an_outcome(f"a-{number}") for number in range(300)])
    await stop(own_stack, "postgres")
    await until(lambda: not process.is_ready(), what="it says that it is not ready")
    assert await post_order(process) == 503
    await ground.wire.send([an_outcome(f"b-{number}") for number in range(300)])
    await start(own_stack, "postgres")
    await ground.connect()
    await ground.handled_count(600, seconds=40)
    await ground.caught_up()
    assert len(await ground.handled()) == 600
    assert process.is_ready()
    assert process.alive


async def test_without_kafka_at_the_start_http_serves_and_all_catches_up(ground, own_stack):
    await stop(own_stack, "kafka")
    process = ground.process().start()
    assert await post_order(process) == 201
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{process.url}/health/ready")).json()["kafka"] == "down"
    await start(own_stack, "kafka")
    await ground.consuming(process, seconds=40)
    await ground.wire.send([an_outcome("order-1")])
    await ground.handled_count(1)


async def test_without_the_database_at_the_start_it_waits_and_says_so(ground, own_stack):
    await ground.con.close()
    await stop(own_stack, "postgres")
    process = ground.process().launch()
    async with httpx.AsyncClient(trust_env=False) as client:

        async def live():
            try:
                return (await client.get(f"{process.url}/health/live")).is_success
            except httpx.HTTPError:
                return False

        await until(live, what="it is alive")
        assert (await client.get(f"{process.url}/health/ready")).status_code == 503
        refused = await client.post(f"{process.url}/orders")
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["retry-after"]
    await start(own_stack, "postgres")
    process.wait_ready()
    await ground.connect()


async def test_the_stop_ends_in_time_while_kafka_is_frozen(ground, own_stack):
    """Neither leaving the group nor closing a producer returns then."""
    process = await ground.start()
    await ground.wire.send([an_outcome("order-1")])
    await ground.handled_count(1)
    pid = kafka_pid(own_stack)
    os.kill(pid, signal.SIGSTOP)
    try:
        await outbox.add(ground.con, [an_unmatched("o1")])
        assert await asyncio.to_thread(process.stop) < 10
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_a_frozen_kafka_is_no_reason_to_restart_and_is_caught_up_with(ground, own_stack):
    process = await ground.start(FETCH_STALL_SECONDS=1.0)
    await ground.wire.send([an_outcome("order-0")])
    await ground.handled_count(1)
    pid = kafka_pid(own_stack)
    os.kill(pid, signal.SIGSTOP)
    try:
        await until(lambda: _watched(ground, process, 4), seconds=40, what="the watchdog looked, thrice at least at a frozen one")
        assert process.alive
        assert await _kafka_is(process, "down")
    finally:
        os.kill(pid, signal.SIGCONT)
    await ground.wire.send([an_outcome("order-1")])
    await ground.handled_count(2, seconds=40)
    await until(lambda: _kafka_is(process, "up"), seconds=40, what="it says that Kafka is back")
    assert process.alive


async def _kafka_is(process, state):
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{process.url}/health/ready")).json()["kafka"] == state


async def _watched(ground, process, times):
    return await ground.metric(process, "watchdog_looks_total") >= times
