"""Shops that are throttled or broken wait alone, by a circuit that operators can see; the others are read as if nothing were."""

import itertools
import os

import pytest
from tests.support.waiting import until

from contracts.cancel_requests import CancelRequested

NUMBERS = itertools.count(int.from_bytes(os.urandom(2)) * 1000)
FAULTS = {"throttle": {}, "unavailable": {}, "timeout_before": {"seconds": 30}}
FAILURE = {"throttle": "Throttled", "unavailable": "Unavailable", "timeout_before": "Unavailable"}
STATUS = {"shopee": "ready_to_ship", "tiktok": "new"}


async def a_shop(world, channel):
    """Connected and swept once, so that the only call it waits for is the one that a test makes it wait for."""
    number = next(NUMBERS)
    shop_id = str(500_000_000 + number) if channel == "shopee" else f"7495{number:015}"
    await world.connect(channel, shop_id)
    swept = "select 1 from shops where shop = $1 and swept_until is not null"
    await until(lambda: world.rows(swept, f"{channel}:{shop_id}"), what="it was swept")
    return shop_id


def asked(world, channel, shop_id):
    order = world.order(channel, shop_id=shop_id, status=STATUS[channel])
    order.event("request-cancel")
    return order


async def seen(world, shop_id):
    """The shop as operators see it."""
    cursor = {}
    while True:
        page = (await world.get("/v1/shops", roles=["ops"], limit=3, **cursor)).json()
        for item in page["items"]:
            if item["shop_id"] == shop_id:
                return item
        cursor = {"cursor": page["next_cursor"]}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("channel", STATUS)
async def test_a_shop_in_a_storm_waits_alone_and_is_read_when_it_is_over(world, channel, fault):
    ill, well = await a_shop(world, channel), await a_shop(world, channel)
    world.script(fault, channel=channel, shop_id=ill, times=100_000, **FAULTS[fault])
    waiting = asked(world, channel, ill)

    async def open_circuit():
        return (await seen(world, ill))["circuit"]

    circuit = await until(open_circuit, every=0.05, what="its circuit is open")
    assert circuit["failure"] == FAILURE[fault]
    assert circuit["failures"] >= 1
    assert circuit["until"] > circuit["since"]
    for _ in range(5):
        assert (await world.heard(asked(world, channel, well).ref, CancelRequested)).found_by == "push"
    assert await world.said(waiting.ref) == []
    assert await open_circuit(), "five others were served, and the storm goes on"
    assert (await seen(world, well))["circuit"] is None
    gauge = f'circuits_open{{channel="{channel}",failure="{FAILURE[fault]}"}}'

    async def shown():
        return await world.metric(gauge) >= 1

    await until(shown, seconds=30, what=gauge)
    world.heal()
    await world.heard(waiting.ref, CancelRequested, seconds=60)

    async def closed():
        return (await seen(world, ill))["circuit"] is None

    await until(closed, what="its circuit is closed")


async def test_throttling_slows_the_shop_down_and_no_other(world):
    ill, well = await a_shop(world, "tiktok"), await a_shop(world, "tiktok")
    before = (await seen(world, ill))["calls_per_second"]
    world.script("throttle", channel="tiktok", shop_id=ill, times=1)
    order = asked(world, "tiktok", ill)
    await world.heard(order.ref, CancelRequested, seconds=30)
    assert (await seen(world, ill))["calls_per_second"] < before
    assert (await seen(world, well))["calls_per_second"] == before


@pytest.mark.parametrize("roles", [["viewer"], ["admin"], ["service"], []])
async def test_only_operations_see_circuits(world, roles):
    assert (await world.get("/v1/shops", roles=roles)).status_code == 403


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwgMV0"])
async def test_a_cursor_that_is_not_ours_is_the_callers_mistake(world, cursor):
    answer = await world.get("/v1/shops", roles=["ops"], cursor=cursor)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-cursor")
