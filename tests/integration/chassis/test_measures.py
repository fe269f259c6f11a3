"""What a service shows about itself: how far its consumer is behind, what waits, how often it ended itself."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry, Gauge
from tests.support.probe import AT, ProbeSettings, an_outcome
from tests.support.requests import a_shop
from tests.support.waiting import until

from chassis import health, metrics, outbox, work
from chassis.app import App
from chassis.failures import Transient
from chassis.sampling import Sample, Samples
from chassis.settings import ServiceSettings
from contracts import topics
from contracts.event import announce

TOPIC = topics.SYNC_OUTCOMES.name


def a_shop_event(shop_id):
    return announce(a_shop(shop=shop_id), source="/zetpy/ingestor", time=AT)


def shown(gauge: Gauge, *labels: str) -> float:
    return (gauge.labels(*labels) if labels else gauge)._value.get()


@pytest.fixture
async def app(ground, monkeypatch):
    for name, value in ground.environment(BACKOFF_CAP_SECONDS=0.2).items():
        monkeypatch.setenv(name, value)
    app = App("probe", ProbeSettings())
    await app.open_database()
    yield app
    app.stop.set()
    await app.consumer.stop()
    await app.pool.close()


async def test_a_consumer_that_fails_falls_behind_and_catches_up(app, ground):
    down = True

    async def handler(tx, events):
        if down:
            raise Transient("not now")
        return []

    app.consumer.on(topics.SYNC_OUTCOMES, batch=2)(handler)
    await app.consumer.start(app.pool)
    await ground.wire.send([an_outcome("o1", revision=number) for number in range(1, 8)])

    def behind() -> tuple[float, float]:
        app.consumer.measure()
        return shown(metrics.CONSUMER_LAG, TOPIC), shown(metrics.CONSUMER_OLDEST, TOPIC)

    await until(lambda: behind()[0] == 7 and behind()[1] > 0.3, what="all seven wait, and get older")
    down = False
    await until(lambda: behind() == (0, 0), what="nothing waits")


async def test_states_of_a_compacted_topic_leave_no_lag_behind(app, ground):
    """They are published in transactions, whose markers take offsets that no record has."""

    async def handler(tx, events):
        handled.extend(events)
        return []

    handled: list[object] = []
    app.consumer.on(topics.SHOP_STATUS)(handler)
    await app.consumer.start(app.pool)
    relay = asyncio.create_task(app.relay.run())
    async with app.transaction() as tx:
        await outbox.add(tx, [a_shop_event(f"s{number}") for number in range(5)])
    await until(lambda: len(handled) == 5, seconds=30, what="all are handled")

    def lag() -> float:
        app.consumer.measure()
        return shown(metrics.CONSUMER_LAG, topics.SHOP_STATUS.name)

    await until(lambda: lag() == 0, what="no lag")
    app.relay_stop.set()
    app.relay.wake()
    await relay


async def test_what_waits_is_shown_and_what_is_gone_is_not(app):
    gauge = Gauge("requests", "-", ("state",), registry=CollectorRegistry())
    samples = Samples(every_seconds=1)
    samples.add(gauge, "select key, count(*) from work group by 1")
    async with app.transaction() as tx:
        await work.add(tx, [work.Item(shop="shop", key="pending"), work.Item(shop="shop", key="done")])
        await work.add(tx, [work.Item(shop="paused", key="done")])
        await work.pause(tx, "paused", None)
    await samples.take(app.pool)
    assert (shown(gauge, "pending"), shown(gauge, "done")) == (1, 2)
    assert (shown(metrics.WORK_DUE), shown(metrics.WORK_PAUSED)) == (2, 1)
    assert shown(metrics.WORK_OLDEST) >= 0
    await app.pool.execute("delete from work where key = 'pending'")
    await samples.take(app.pool)
    assert {sample.labels["state"] for metric in gauge.collect() for sample in metric.samples} == {"done"}


def test_no_row_for_a_number_without_labels_is_nothing():
    gauge = Gauge("items", "-", registry=CollectorRegistry())
    gauge.set(5)
    Sample(gauge, "").show([])
    assert shown(gauge) == 0


async def test_why_a_process_ended_itself_outlives_it(app):
    await health._record_exit(app.database, "stuck")
    await app.samples.take(app.pool)
    assert shown(metrics.WATCHDOG_EXITS) == 1
    assert await app.pool.fetchval("select why from watchdog_exits") == "stuck"


def test_what_is_rare_is_shown_from_the_start():
    """A counter that appears with its first event has not grown, as far as an alarm can see."""
    app = App("inventory", ServiceSettings(database_url="postgresql://nobody@127.0.0.1/nothing", auth_key="x" * 32))

    @app.consumer.on(topics.CANCEL_DECISIONS)
    async def on_cancel_decisions(tx, events):
        return []

    lines = metrics.exposition().decode().splitlines()
    assert 'dead_letters_total{reason="bug",topic="cancel-decisions"} 0.0' in lines
    assert 'outbox_refused_total{topic="stock-movements"} 0.0' in lines
