"""Every service killed in turn under load: nothing is lost, nothing happens twice, and all of it ends as the marketplaces say."""

import asyncio
import contextlib
import time

import pytest
from tests.e2e.conftest import NUMBERS, SELLER
from tests.support import running
from tests.support.crowd import Crowd, dead_letters
from tests.support.waiting import until
from tests.support.wire import Wire

from contracts import topics
from local_stack.demo.shops import connect_shops
from local_stack.settings import SERVICES

SHOPS_PER_CHANNEL = 4
ORDERS_PER_SHOP = 25
OPENING = 10_000
SETTLED_WITHIN_SECONDS = 60
HANGING_CALLS = 2


@pytest.fixture
async def crowd(system, market, seller):
    """Shops of both channels, connected and stocked, and their buyers and seller."""
    shops = []
    for channel in ("shopee", "tiktok"):
        for _ in range(SHOPS_PER_CHANNEL):
            number = next(NUMBERS)
            shop_id = str(900_000 + number) if channel == "shopee" else f"74900000000009{number:05}"
            shops.append({"channel": channel, "shop_id": shop_id, "name": f"Shop {shop_id}", "region": "MY", "seller": SELLER})
    await connect_shops(system, market, shops)
    skus = {(shop["channel"], shop["shop_id"]): tuple(f"crowd-{shop['shop_id']}-{letter}" for letter in "AB") for shop in shops}
    items = [{"sku": sku, "set_to": OPENING, "reason": "opening", "reference": "test"} for shop_skus in skus.values() for sku in shop_skus]
    await seller.post_stock(items, key=f"open-crowd-{next(NUMBERS)}")
    crowd = Crowd(system, market, seller, skus, opening=OPENING)
    yield crowd
    await crowd.close()


@contextlib.asynccontextmanager
async def deciding(crowd: Crowd):
    """The seller answers what is listed, as long as the block runs; a seller who stumbles fails the test."""
    seller = asyncio.create_task(crowd.decide_for_ever())
    try:
        yield seller
        if seller.done():
            seller.result()
    finally:
        seller.cancel()
        await asyncio.wait([seller])


async def settled(crowd: Crowd, *, since: float) -> None:
    """All is as it must end, within the promised time after the last disturbance."""
    last: list[str] = []

    async def all_right() -> bool:
        last[:] = await crowd.unsettled()
        return not last

    try:
        await until(all_right, seconds=SETTLED_WITHIN_SECONDS - (time.monotonic() - since), every=0.5)
    except AssertionError:
        pytest.fail(f"not settled {SETTLED_WITHIN_SECONDS} s after the last kill: {len(last)} of {len(crowd.placed)}: {last[:10]}")


async def test_every_service_killed_in_turn_under_load(system, market, crowd):
    dead_before = await dead_letters(Wire(system.kafka_url, ""))
    async with deciding(crowd):
        buyers = asyncio.create_task(crowd.buyers(ORDERS_PER_SHOP, pause_seconds=0.6))
        await until(lambda: len(crowd.decided) >= 10, seconds=30, what="the first decisions")
        for name in SERVICES:
            decided, placed = len(crowd.decided), len(crowd.placed)
            killed = await running.kill(system, name)
            last_kill = time.monotonic()
            await running.is_back(system, name, after=killed)
            await until(
                lambda before=(decided, placed): (
                    len(crowd.decided) >= before[0] + 5 and len(crowd.placed) >= before[1] + 5 or buyers.done()
                ),
                seconds=30,
                what=f"requests and decisions flow after {name} was killed",
            )
        await buyers
        await settled(crowd, since=last_kill)
    assert await crowd.answered_once() == []
    assert await crowd.out_of_order(topics.CANCEL_REQUESTS, "observation") == []
    assert await crowd.out_of_order(topics.CANCEL_DECISIONS, "revision") == []
    assert await dead_letters(crowd.wire) == dead_before


async def test_answer_whose_result_died_with_sync_back_is_not_given_again(system, market, crowd):
    """The marketplace has taken the call, the caller is killed before it hears so."""
    hanging = [
        {"fault": "timeout_after", "endpoint": endpoint, "times": HANGING_CALLS, "seconds": 5}
        for endpoint in ("handle_buyer_cancellation", "approve")
    ]
    await market.ask("POST", "/faults/script", {"script": hanging})
    asked = [await crowd.ask_back(shop, "approve") for shop in list(crowd.shops)[:: SHOPS_PER_CHANNEL // 2]]

    async def all_hang() -> bool:
        calls = [call for order in (await crowd.truth()).values() for call in order["calls"]]
        return len([call for call in calls if call["fault"] == "timeout_after" and call["http_status"] is None]) == len(asked)

    async with deciding(crowd):
        await until(all_hang, seconds=20, every=0.1, what="calls that took effect and hang")
        killed = await running.kill(system, "sync-back")
        died = time.monotonic()
        await running.is_back(system, "sync-back", after=killed)
        await settled(crowd, since=died)
    truth = await crowd.truth()
    assert [len(truth[ref]["calls"]) for ref in asked] == [1] * len(asked)
    assert {truth[ref]["status"] for ref in asked} == {"cancelled"}
