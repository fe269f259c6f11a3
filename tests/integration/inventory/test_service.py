"""The service as it runs: decisions in, stock movements out, killed in between."""

import random
from collections import Counter

import httpx
import pytest
from tests.support.stock import a_line, an_order, approved, broken_laws, levels, retried, reverted
from tests.support.waiting import until
from tests.support.wire import Wire

from chassis import tokens
from chassis.database import open_pool
from contracts.event import decode
from contracts.stock_movements import StockRestored, StockReversed, StockSettled
from contracts.topics import CANCEL_DECISIONS, STOCK_MOVEMENTS, dlq

KEY = "a-key-for-tests-that-is-long-enough-0123456789"


@pytest.fixture
def wire(kafka_url, topic_prefix):
    return Wire(kafka_url, topic_prefix)


@pytest.fixture
async def url(database):
    return await database("inventory", packages=("chassis", "inventory"))


@pytest.fixture
async def pool(url):
    pool = await open_pool(url, name="test", max_size=2)
    yield pool
    await pool.close()


@pytest.fixture
async def inventory(service, url, kafka_url, topic_prefix, wire):
    await wire.create(CANCEL_DECISIONS.name, partitions=3)
    env = {
        "INVENTORY_DATABASE_URL": url,
        "KAFKA_URL": kafka_url,
        "TOPIC_PREFIX": topic_prefix,
        "SESSION_TIMEOUT_SECONDS": "6",
        "AUTH_KEY": KEY,
    }
    return service("inventory", env).start(seconds=60)


def open_stock(inventory, **units: int) -> None:
    token = tokens.mint(KEY, sub="u1", name="Siti", seller_id="seller-a", roles=["admin"], ttl_seconds=60)
    answer = httpx.post(
        f"{inventory.url}/v1/stock-movements",
        json={"items": [{"sku": sku, "set_to": number, "reason": "opening", "reference": "count"} for sku, number in units.items()]},
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "opening"},
        trust_env=False,
    )
    assert answer.json()["failed"] == 0


async def told(wire):
    """What inventory said, each event once, in the order of its first occurrence."""
    events = {}
    for record in await wire.read(STOCK_MOVEMENTS.name):
        event = decode(record.value, STOCK_MOVEMENTS)
        events.setdefault(event.id, event)
    return list(events.values())


async def test_a_decision_becomes_stock_and_is_announced_by_sku_in_order(inventory, wire, pool):
    open_stock(inventory, TEE=10)
    order = an_order()
    await wire.send([approved(order, a_line("TEE", 2), revision=2)])
    await until(lambda: pool.fetchval("select available = 12 from levels"), seconds=30)
    await wire.send([retried(order, revision=2), reverted(order, a_line("TEE", 2), revision=3)])
    await until(lambda: pool.fetchval("select available = 10 from levels"))
    await wire.read_until(STOCK_MOVEMENTS.name, 5)
    by_sku = [event.data for event in await told(wire) if event.key == "seller-a:TEE"]
    assert [movement.level_version for movement in by_sku] == [1, 2, 3]
    assert [type(movement).__name__ for movement in by_sku] == ["StockAdjusted", "StockRestored", "StockReversed"]


async def test_a_bad_decision_dies_alone(inventory, wire, pool):
    open_stock(inventory, TEE=10)
    mine, stolen = an_order("A"), an_order("A", seller="seller-b")
    await wire.send([approved(mine, a_line("TEE")), reverted(stolen, revision=9), approved(an_order("B"), a_line("TEE"))])
    await until(lambda: pool.fetchval("select available = 12 from levels"), seconds=30)
    (dead,) = await wire.read_until(dlq(CANCEL_DECISIONS, "inventory"), 1)
    assert b'"seller-b"' in dead.value


async def test_killed_in_the_middle_stock_comes_back_exactly_once(inventory, wire, pool):
    open_stock(inventory, TEE=0, MUG=0)
    decisions = []
    for number in range(400):
        order = an_order(f"SN{number}")
        decisions.append(approved(order, a_line("TEE", 2), a_line("MUG", line="2"), revision=2))
        if number % 4 == 0:
            decisions.append(reverted(order, a_line("TEE", 2), a_line("MUG", line="2"), revision=3))
    chance = random.Random(5)
    sent = decisions + chance.sample(decisions, 100)
    for start in range(0, len(sent), 150):
        await wire.send(sent[start : start + 150])
        if start in {150, 450}:
            await until(lambda: pool.fetchval("select count(*) > 0 from orders"), seconds=30)
            inventory.kill()
            inventory.start(seconds=60)
    await until(lambda: pool.fetchval("select count(*) from inbox where not dead"), seconds=5)
    await until(lambda: pool.fetchval("select count(*) = $1 from inbox", len(decisions)), seconds=60)
    await until(lambda: pool.fetchval("select not exists (select from outbox)"), seconds=30)
    assert await levels(pool) == {"TEE": (600, 0), "MUG": (300, 0)}
    assert not await broken_laws(pool)
    events = await told(wire)
    units = Counter()
    for event in events:
        if isinstance(event.data, StockRestored | StockReversed):
            units[event.data.sku] += event.data.quantity if isinstance(event.data, StockRestored) else -event.data.quantity
    assert units == {"TEE": 600, "MUG": 300}
    answered = {event.data.order.order_ref: event.data.revision for event in events if isinstance(event.data, StockSettled)}
    assert answered == {f"SN{number}": 3 if number % 4 == 0 else 2 for number in range(400)}
    assert inventory.stop(seconds=12) < 10
