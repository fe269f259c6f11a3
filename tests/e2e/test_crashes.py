"""Every service killed in turn under load: nothing is lost, nothing happens twice, and all of it ends as the marketplaces say."""

import asyncio
import time

from tests.support import running
from tests.support.waiting import until

from contracts import topics
from local_stack.settings import SERVICES

ORDERS_PER_SHOP = 25
HANGING_CALLS = 2


async def test_every_service_killed_in_turn_under_load(system, crowd):
    dead_before = await crowd.dead_letters()
    async with crowd.deciding():
        buyers = asyncio.create_task(crowd.buyers(ORDERS_PER_SHOP, pause_seconds=0.6))
        await until(lambda: len(crowd.decided) >= 10, seconds=30, what="the first decisions")
        for name in SERVICES:
            decided, placed = len(crowd.decided), len(crowd.placed)
            killed = await running.kill(system, name)
            last_kill = time.monotonic()
            await running.is_back(system, name, after=killed)
            await crowd.flowing(after=(decided, placed), unless=buyers)
        await buyers
        await crowd.settled(since=last_kill)
    assert await crowd.answered_once() == []
    assert await crowd.out_of_order(topics.CANCEL_REQUESTS, "observation") == []
    assert await crowd.out_of_order(topics.CANCEL_DECISIONS, "revision") == []
    assert sorted(await crowd.dead_letters()) == sorted(dead_before)


async def test_answer_whose_result_died_with_sync_back_is_not_given_again(system, market, crowd):
    """The marketplace has taken the call, the caller is killed before it hears so."""
    hanging = [
        {"fault": "timeout_after", "endpoint": endpoint, "times": HANGING_CALLS, "seconds": 5}
        for endpoint in ("handle_buyer_cancellation", "approve")
    ]
    await market.ask("POST", "/faults/script", {"script": hanging})
    asked = [await crowd.ask_back(shop, "approve") for shop in list(crowd.shops)[::2]]

    async def all_hang() -> bool:
        calls = [call for order in (await crowd.truth()).values() for call in order["calls"]]
        return len([call for call in calls if call["fault"] == "timeout_after" and call["http_status"] is None]) == len(asked)

    async with crowd.deciding():
        await until(all_hang, seconds=30, every=0.1, what="calls that took effect and hang")
        killed = await running.kill(system, "sync-back")
        died = time.monotonic()
        await running.is_back(system, "sync-back", after=killed)
        await crowd.settled(since=died)
    truth = await crowd.truth()
    assert [len(truth[ref]["calls"]) for ref in asked] == [1] * len(asked)
    assert {truth[ref]["status"] for ref in asked} == {"cancelled"}
