"""The outbox reaches Kafka: whole, in order, from one leader at a time, whatever happens to that leader."""

import asyncio
import contextlib
import os
from pathlib import Path

import asyncpg
import pytest
from tests.support import relay_probe
from tests.support.probe import a_status, an_unmatched
from tests.support.waiting import until

from chassis import metrics, outbox, relay
from chassis.relay import Relay
from contracts import event as on_the_wire
from contracts import topics
from local_stack.ports import free_ports

EVENTS, STATES = "stock-movements", "order-status"


@pytest.fixture
async def ready(ground):
    await ground.wire.create(EVENTS, partitions=3)
    await ground.wire.create(STATES, partitions=1, cleanup_policy="compact")
    return ground


@contextlib.asynccontextmanager
async def relaying(ground, **options):
    stop = asyncio.Event()
    relay = Relay(ground.url, ground.wire.kafka_url, name="probe", stop=stop, prefix=ground.wire.prefix, **options)
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        stop.set()
        async with asyncio.timeout(20):
            await task


async def empty(ground):
    return await ground.con.fetchval("select not exists(select from outbox)")


def revisions(records, topic):
    """Per key, the revisions in the order in which they first appear."""
    seen = {}
    for record in records:
        event = on_the_wire.decode(record.value, topic)
        seen.setdefault(event.key, {}).setdefault(event.data.revision)
    return {key: list(found) for key, found in seen.items()}


async def test_events_and_states_are_published_in_order_with_key_and_headers(ready):
    async with ready.con.transaction():
        await outbox.add(ready.con, [an_unmatched(f"o{n % 5}", revision=n // 5 + 1) for n in range(2500)])
        await outbox.add(ready.con, [a_status("o1", revision=n) for n in range(1, 301)])
    async with relaying(ready):
        await until(lambda: empty(ready), seconds=30, what="the outbox is empty")
    events = await ready.wire.read(EVENTS)
    assert revisions(events, topics.STOCK_MOVEMENTS) == {"seller-a:item:item-1": list(range(1, 501))}
    assert events[0].key == b"seller-a:item:item-1"
    assert dict(events[0].headers) == {"content-type": b"application/cloudevents+json; charset=UTF-8"}
    assert revisions(await ready.wire.read(STATES), topics.ORDER_STATUS) == {"shopee:s1:o1": list(range(1, 301))}


async def test_a_transaction_that_commits_late_is_not_skipped(ready):
    late = await asyncpg.connect(ready.url)
    try:
        begun = late.transaction()
        await begun.start()
        await outbox.add(late, [an_unmatched("late")])
        await outbox.add(ready.con, [an_unmatched("early")])
        async with relaying(ready):
            await ready.wire.read_until(EVENTS, 1)
            await begun.commit()
            assert len(await ready.wire.read_until(EVENTS, 2)) == 2
    finally:
        await late.close()


async def test_losing_the_session_again_and_again_never_reorders_first_occurrences(ready):
    async def write():
        for number in range(1, 401):
            await outbox.add(ready.con, [an_unmatched("o1", revision=number)])

    killer = await asyncpg.connect(ready.url)
    try:
        async with relaying(ready):
            writing = asyncio.create_task(write())
            for _ in range(6):
                count = await killer.fetchval("select last_value from outbox_id_seq")
                await until(lambda count=count: _further(killer, count), what="more was written")
                await killer.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relay-probe'")
            await writing
            await until(lambda: empty(ready), seconds=30, what="the outbox is empty")
    finally:
        await killer.close()
    assert revisions(await ready.wire.read(EVENTS), topics.STOCK_MOVEMENTS) == {"seller-a:item:item-1": list(range(1, 401))}


async def _further(con, count):
    return await con.fetchval("select last_value > $1 or last_value = 400 from outbox_id_seq", count + 20)


async def test_one_of_two_relays_leads_and_the_other_takes_over_after_kill_9(ready):
    first = await ready.start()
    second = ready.process(PROBE_PORT=free_ports(1)[0])
    second.launch()
    await ready.consuming(second)
    await until(lambda: _leads(ready, first), what="the first leads")
    assert not await _leads(ready, second)
    await outbox.add(ready.con, [an_unmatched("o1", revision=number) for number in range(1, 101)])
    first.kill()
    await until(lambda: _leads(ready, second), seconds=30, what="the second leads")
    await outbox.add(ready.con, [an_unmatched("o1", revision=number) for number in range(101, 201)])
    await until(lambda: empty(ready), what="the outbox is empty")
    assert revisions(await ready.wire.read(EVENTS), topics.STOCK_MOVEMENTS) == {"seller-a:item:item-1": list(range(1, 201))}


async def _leads(ground, process):
    return await ground.metric(process, 'relay_leader{relay="probe"}') == 1


@pytest.mark.parametrize("point", ["before-publish", "before-fence"])
async def test_a_stalled_old_leader_cannot_freeze_an_old_state(ready, service, point):
    """It read the old state, was frozen, lost its lock; a new leader published newer states; then the old one woke up.

    Whether it was about to publish with its fenced producer, or yet to start that: its start would fence the new leader.
    """
    old = service("probe", ready.environment(), argv=(str(Path(relay_probe.__file__)),))
    old.env["PYTHONPATH"] = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(Path(relay_probe.__file__).parents[2])])
    if point == "before-publish":
        old.launch()
        await outbox.add(ready.con, [a_status("o1", revision=1)])
        await until(lambda: empty(ready), what="the old leader has published")
        ready.gates.close(point)
    else:
        ready.gates.close(point)
        old.launch()
    await outbox.add(ready.con, [a_status("o1", revision=2)])
    await ready.reached(point)
    old.pause()
    await ready.con.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'relay-probe'")
    await outbox.add(ready.con, [a_status("o1", revision=3)])
    ready.gates.open(point)
    async with relaying(ready):
        await until(lambda: empty(ready), what="the new leader has published")
        old.resume()
        await until(lambda: "ProducerFenced" in old.tail() or "relay-failed" in old.tail(), seconds=30, what="the old leader was refused")
    last = (await ready.wire.read(STATES))[-1]
    assert on_the_wire.decode(last.value, topics.ORDER_STATUS).data.revision == 3


async def test_a_frozen_leader_loses_its_lock_by_itself(ready, service):
    """The kernel keeps a frozen process's connection alive, and with it the lock: the server must cut it for its silence."""
    old = service("probe", ready.environment(), argv=(str(Path(relay_probe.__file__)), "silent=1"))
    old.env["PYTHONPATH"] = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(Path(relay_probe.__file__).parents[2])])
    old.launch()
    await outbox.add(ready.con, [an_unmatched("o1")])
    await until(lambda: empty(ready), what="the old leader has published")
    old.pause()
    await outbox.add(ready.con, [an_unmatched("o2")])
    async with relaying(ready):
        await until(lambda: empty(ready), what="another took over from the leader that says nothing")


async def test_refused_records_are_set_aside_and_the_rest_goes_on_in_order(ready, monkeypatch):
    """One that the broker finds too large (it makes every later record of its partition fail), and one whose topic does not exist."""
    monkeypatch.setattr("chassis.publish.REQUEST_MS", 1500)
    before = metrics.OUTBOX_REFUSED.labels("small")._value.get()
    await ready.wire.create("small", partitions=1, max_message_bytes="2000")
    headers = outbox.pack_headers([])
    rows = [outbox.Record(f"e{n}", "small", b"k", b"x" * (5000 if n == 3 else 10) + b"%d" % n, headers) for n in range(8)]
    await outbox.add_records(ready.con, [*rows[:5], outbox.Record("lost", "no-such-topic", b"k", b"v", headers), *rows[5:]])
    await outbox.add(ready.con, [an_unmatched("o1")])
    async with relaying(ready, refusals=2, missing_topic_seconds=0):
        await until(lambda: empty(ready), seconds=40, what="the outbox is empty")
    firsts = list(dict.fromkeys(record.value for record in await ready.wire.read("small")))
    assert firsts == [row.value for row in rows if row.event_id != "e3"]
    assert len(await ready.wire.read(EVENTS)) == 1
    refused = {row["event_id"]: row["reason"] for row in await ready.con.fetch("select event_id, reason from outbox_refused")}
    assert set(refused) == {"e3", "lost"}
    assert "UnknownTopicOrPartition" in refused["lost"]
    assert "MessageSizeTooLarge" in refused["e3"]
    assert metrics.OUTBOX_REFUSED.labels("small")._value.get() == before + 1


async def test_the_age_of_the_oldest_row_is_shown(ready):
    await ready.con.execute(
        "insert into outbox(event_id, topic, value, headers, created_at) values ('a', 'b', 'c', '', now() - interval '100 seconds')"
    )
    await relay.measure(ready.con, "aged")
    assert 99 < metrics.OUTBOX_OLDEST.labels("aged")._value.get() < 200
