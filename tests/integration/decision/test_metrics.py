"""What decision shows of its requests: what waits, until when, how long stock and marketplaces took."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import Gauge, Histogram
from tests.support.requests import a_shop, an_order, requested, settled, synced

from chassis.sampling import Samples
from decision import metrics


def numbers(metric: Gauge | Histogram, suffix: str = "") -> dict[tuple[str, ...], float]:
    found = [sample for family in metric.collect() for sample in family.samples if sample.name == family.name + suffix]
    return {tuple(sample.labels.values()): sample.value for sample in found}


def took() -> list[float]:
    """Seconds and times, until stock and until the marketplace."""
    return [
        numbers(metric, suffix).get(("shopee",), 0.0)
        for metric in (metrics.DECISION_TO_STOCK, metrics.DECISION_TO_SYNCED)
        for suffix in ("_sum", "_count")
    ]


@pytest.fixture
def sampled(pool):
    samples = Samples(every_seconds=1)
    for gauge, query in metrics.SAMPLES:
        samples.add(gauge, query)
    return lambda: samples.take(pool)


async def test_what_waits_for_a_decision_or_a_marketplace_is_counted(hear, wish, look, sampled):
    waiting, decided = an_order("1"), an_order("2")
    soon = datetime.now(UTC) + timedelta(minutes=20)
    await hear(requested(waiting, respond_by=soon), requested(decided, respond_by=soon + timedelta(hours=5)))
    await hear(a_shop(), a_shop("disconnected", shop="2"))
    (request,), _ = await look(decided)
    await wish(request.request_id, "approve")
    await sampled()
    assert numbers(metrics.REQUESTS) == {("shopee", "pending", "none"): 1, ("shopee", "approved", "queued"): 1}
    assert numbers(metrics.DUE) == {("shopee",): 1}
    assert 1100 < numbers(metrics.DEADLINE)[("shopee",)] <= 1200
    assert numbers(metrics.SHOPS) == {("shopee", "connected"): 1, ("shopee", "disconnected"): 1}
    assert numbers(metrics.SHOPS_SILENT) == {("shopee",): 1}  # last read long ago; the disconnected one is known to be silent


async def test_how_long_stock_and_the_marketplace_took_is_counted_once_for_the_decision_that_stands(hear, wish, look):
    order = an_order()
    await hear(requested(order))
    (request,), _ = await look(order)
    request = (await wish(request.request_id, "approve")).request
    before = took()
    await hear(settled(order, revision=request.revision, back=2))
    await hear(settled(order, revision=request.revision - 1, back=2))
    await hear(synced(order, revision=request.revision, minutes=2))
    assert [now - then for now, then in zip(took(), before, strict=True)] == [0.0, 1, 120.0, 1]
