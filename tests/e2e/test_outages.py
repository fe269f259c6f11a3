"""Postgres or Kafka away, and services told to stop: nothing that was accepted is lost, and all goes on by itself."""

import asyncio
import time

import httpx
import pytest
from tests.support import running
from tests.support.pushes import Pusher, about_order

from local_stack.settings import SERVICES

STOPS_WITHIN_SECONDS = 10


@pytest.fixture
async def pusher(system):
    pusher = Pusher(system)
    yield pusher
    await pusher.close()


@pytest.fixture
def down(system):
    """`await down("kafka")`; whatever a test took down is up again afterwards."""
    taken: set[str] = set()

    async def take(name: str) -> None:
        taken.add(name)
        await asyncio.to_thread(running.stop, system, name)

    yield take
    for name in taken:
        running.start(system, name)


def pids(system):
    return {name: running.pid_of(system, name) for name in SERVICES}


async def test_without_postgres_a_push_and_a_decision_are_refused_for_now_and_all_is_caught_up(system, crowd, down, pusher):
    same = pids(system)
    (shopee, tiktok) = (next(shop for shop in crowd.shops if shop[0] == channel) for channel in ("shopee", "tiktok"))
    before = [await crowd.ask_back(shop, "approve") for shop in (shopee, tiktok)]
    rows = await crowd.listed(before)
    await down("postgres")
    for channel, shop_id in (shopee, tiktok):
        push = about_order(channel, shop_id, before[0] if channel == "shopee" else before[1])
        answer = await pusher.signed(channel, push)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert (await pusher.send(channel, push, authorization="wrong")).status_code == 401
    for row in rows:
        answer = await crowd.seller.decision.post(f"/cancel-requests/{row['id']}/approve", json={"revision": row["revision"]})
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert answer.json()["type"] == "/problems/unavailable"
        assert "retry-after" in answer.headers
    buyers = [asyncio.create_task(crowd.ask_back(shop, "approve")) for shop in (shopee, tiktok)]
    await asyncio.to_thread(running.start, system, "postgres")
    began = time.monotonic()
    async with crowd.deciding():
        await asyncio.gather(*buyers)
        await crowd.settled(since=began)
    assert await crowd.answered_once() == []
    assert pids(system) == same, "a database that is down is no reason to restart"


async def test_without_kafka_pushes_and_decisions_are_taken_and_all_is_caught_up(system, crowd, down, pusher):
    same = pids(system)
    shops = [next(shop for shop in crowd.shops if shop[0] == channel) for channel in ("shopee", "tiktok")]
    rows = await crowd.listed([await crowd.ask_back(shop, "approve") for shop in shops])
    await down("kafka")
    for channel, shop_id in shops:
        ref = next(row["order_ref"] for row in rows if row["channel"] == channel)
        assert (await pusher.signed(channel, about_order(channel, shop_id, ref))).status_code == 200
    for row in rows:
        answer = await crowd.seller.decision.post(f"/cancel-requests/{row['id']}/approve", json={"revision": row["revision"]})
        assert (answer.status_code, answer.json()["state"]) == (200, "approved")
        crowd.decided[row["order_ref"]] = "approved"
    for shop in shops:
        await crowd.ask_back(shop, "reject")
    await asyncio.to_thread(running.start, system, "kafka")
    began = time.monotonic()
    async with crowd.deciding():
        await crowd.settled(since=began)
    assert await crowd.answered_once() == []
    assert pids(system) == same, "a broker that is down is no reason to restart"


async def test_every_service_stops_in_order_under_load_and_loses_nothing(system, crowd):
    async with crowd.deciding():
        buyers = asyncio.create_task(crowd.buyers(8, pause_seconds=1.0))
        for name in SERVICES:
            before = len(crowd.decided), len(crowd.placed)
            stopped = await running.terminate(system, name)
            assert (stopped.why, stopped.seconds <= STOPS_WITHIN_SECONDS) == ("ended with 0", True), f"{name}: {stopped}"
            await running.is_back(system, name, after=0)
            await crowd.flowing(after=before, unless=buyers)
        await buyers
        await crowd.settled(since=time.monotonic())
    assert await crowd.answered_once() == []


async def test_health_says_what_is_missing(system, down):
    """Ready is for who sends work here: without its database a service takes none; without Kafka it does."""
    await down("postgres")
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        for name in SERVICES:
            assert (await client.get(f"http://127.0.0.1:{system.port(name)}/health/ready")).status_code == 503, name
            assert (await client.get(f"http://127.0.0.1:{system.port(name)}/health/live")).status_code == 200, name
