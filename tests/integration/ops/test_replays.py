"""A replay changes what its plan said, once, whatever happens to it on the way."""

import asyncio
import io
import os
import signal
import sys

import pytest
from tests.integration.ops.conftest import REPLAY, TOPIC
from tests.support.stock import a_line, a_request_id, an_order, approved, rejected, reverted
from tests.support.waiting import until

ASK = ("--consumer", "inventory", "--topic", TOPIC)
RUN = ("replay", "run", *ASK, "--why", "a test", "--yes")
HANDLED, MISSED = 20_000, 2_000  # 100,000 in tests.bench.replay


def approvals(count, *, start=0, sku="TEE", revision=2):
    return [approved(an_order(f"order-{number:06}"), a_line(sku), revision=revision) for number in range(start, start + count)]


@pytest.fixture
async def tees(inventory):
    await inventory.open_stock(TEE=100)
    return inventory


async def test_a_replay_of_handled_events_changes_nothing_and_of_an_outage_exactly_what_was_missed(tees, operator):
    await tees.hears(approvals(HANDLED))
    planned = await operator.sees("replay", "plan", *ASK, "--from", "1h")
    assert (planned["events"], planned["already_handled"], planned["would_be_handled"], planned["would_change_stock"]) == (
        HANDLED,
        HANDLED,
        0,
        0,
    )
    before = await tees.pool.fetch("select * from levels"), await tees.pool.fetchval("select count(*) from movements")
    done = await operator.sees(*RUN, "--from", "1h")
    assert (done["state"], done["sent"], done["result"]["dead_lettered"]) == ("done", HANDLED, 0)
    assert before == (await tees.pool.fetch("select * from levels"), await tees.pool.fetchval("select count(*) from movements"))

    await tees.misses(approvals(MISSED, start=HANDLED))
    planned = await operator.sees("replay", "plan", *ASK, "--from", "1h")
    assert (planned["events"], planned["new"], planned["would_change_stock"]) == (HANDLED + MISSED, MISSED, MISSED)
    assert await tees.available() == 100 + HANDLED
    done = await operator.sees(*RUN, "--from", "1h")
    assert (done["sent"], done["planned"]) == (HANDLED + MISSED, planned)
    assert await tees.available() == 100 + HANDLED + MISSED
    await tees.assert_lawful()


async def test_consumers_of_the_normal_topics_see_nothing_of_a_replay(tees, operator):
    await tees.hears(approvals(20))
    before = await tees.wire.read(TOPIC)
    await operator.sees(*RUN)
    assert len(await tees.wire.read(REPLAY)) == 20
    assert len(await tees.wire.read(TOPIC)) == len(before)
    for record in await tees.wire.read(REPLAY):
        assert [value for name, value in record.headers if name == "replay-id"]


async def test_what_is_chosen_is_replayed_and_nothing_else(tees, operator):
    order = an_order("chosen", shop="700009")
    other = an_order("other", seller="seller-b")
    events = [approved(order, a_line("TEE")), rejected(order, revision=3), approved(other, a_line("TEE")), *approvals(5)]
    await tees.hears(events)
    for choice, count in [
        (("--order", "chosen"), 2),
        (("--order", order.key, "--type", "cancel-approved"), 1),
        (("--shop", "shopee:700009"), 2),
        (("--shop", "700009", "--type", "CancelRejected"), 1),
        (("--seller", "seller-b"), 1),
        (("--request", a_request_id(order)), 2),
        (("--to", "1h"), 0),
        (("--from", "1h"), 8),
    ]:
        planned = await operator.sees("replay", "plan", *ASK, *choice)
        assert (choice, planned["events"]) == (choice, count)
    place = next(record for record in await tees.wire.read(TOPIC) if b"seller-b" in record.value)
    span = f"{place.partition}:{place.offset}-{place.offset + 1}"
    done = await operator.sees(*RUN, "--offsets", span)
    assert [record.key for record in await tees.wire.read(REPLAY)] == [place.key]
    assert (done["sent"], done["asked"]) == (1, {"offsets": {str(place.partition): [place.offset, place.offset + 1]}})


async def test_a_paused_replay_goes_on_where_it_was(tees, operator):
    await tees.misses(approvals(600))
    running = asyncio.create_task(operator(*RUN, "--rate", "200"))
    replay_id = await until(lambda: _the_replay(operator, sent=50), seconds=60, what="the replay is under way")
    assert (await operator("replay", "pause", replay_id)).code == 0
    said = await running
    assert said.code == 6, said
    assert f"ops replay resume {replay_id}" in said.err
    paused = await operator.sees("replay", "status", replay_id)
    assert paused["state"] == "paused"
    assert 0 < paused["sent"] < 600
    done = await operator.sees("replay", "resume", replay_id)
    assert (done["state"], done["sent"], done["result"]["sent"]) == ("done", 600, 600)
    assert len(await tees.wire.read(REPLAY)) == 600
    assert await tees.available() == 700
    again = await operator("replay", "resume", replay_id)
    assert (again.code, "is done" in again.err) == (5, True)


async def test_a_stopped_replay_sends_nothing_more_and_stays_stopped(tees, operator):
    await tees.misses(approvals(600))
    running = asyncio.create_task(operator(*RUN, "--rate", "200"))
    replay_id = await until(lambda: _the_replay(operator, sent=50), seconds=60, what="the replay is under way")
    assert (await operator("replay", "stop", replay_id, "--why", "the wrong shop")).code == 0
    assert (await running).code == 6
    stopped = await operator.sees("replay", "status", replay_id)
    assert stopped["state"] == "stopped"
    assert len(await tees.wire.read(REPLAY)) == stopped["sent"] < 600
    assert (await operator("replay", "resume", replay_id)).code == 5


async def test_a_replay_killed_by_force_goes_on_and_books_everything_once(tees, operator, settings):
    await tees.misses(approvals(2000))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "ops", *RUN, "--rate", "500", env=_environment(settings), stderr=asyncio.subprocess.DEVNULL
    )
    replay_id = await until(lambda: _the_replay(operator, sent=200), seconds=90, what="the replay is under way")
    refused = await operator("replay", "resume", replay_id)
    assert (refused.code, "another process" in refused.err) == (5, True)
    process.send_signal(signal.SIGKILL)
    assert await process.wait() == -signal.SIGKILL
    await until(lambda: _state(operator, replay_id, "interrupted"), what="its lock is gone")
    done = await operator.sees("replay", "resume", replay_id)
    assert (done["state"], done["passed"], done["total"]) == ("done", 2000, 2000)
    assert 2000 <= len(await tees.wire.read(REPLAY)) <= 2000 + 2 * 125  # a chunk may be sent twice, and never more
    assert await tees.available() == 2100
    await tees.assert_lawful()


async def test_reprocessing_after_a_bug_mends_the_data_and_doubles_nothing(tees, operator, monkeypatch):
    """A release forgot every line but the first, and forgot approvals of some orders altogether."""
    from inventory import handlers
    from inventory.domain import orders

    await tees.open_stock(MUG=50)
    good = [approved(an_order(f"good-{number}"), a_line("TEE"), a_line("MUG", line="2")) for number in range(10)]
    await tees.hears(good)
    whole, handle = orders._given_back, handlers._settle_orders
    monkeypatch.setattr(orders, "_given_back", lambda decision: whole(decision)[:1])

    async def forgetful(tx, decisions, known):
        return await handle(tx, [event for event in decisions if "lost" not in event.data.order.order_ref], known)

    monkeypatch.setattr(handlers, "_settle_orders", forgetful)
    await tees.hears([approved(an_order(f"bad-{number}"), a_line("TEE"), a_line("MUG", line="2")) for number in range(10)])
    await tees.hears([approved(an_order(f"lost-{number}"), a_line("TEE")) for number in range(5)])
    monkeypatch.undo()
    assert (await tees.available("TEE"), await tees.available("MUG")) == (120, 60)

    assert (await operator.sees("replay", "plan", *ASK))["would_change_stock"] == 0
    planned = await operator.sees("replay", "plan", *ASK, "--reprocess")
    assert (planned["already_handled"], planned["would_be_handled"], planned["would_change_stock"]) == (25, 25, 15)
    for _ in range(2):
        done = await operator.sees(*RUN, "--reprocess")
        assert (done["sent"], done["result"]["dead_lettered"]) == (25, 0)
        assert (await tees.available("TEE"), await tees.available("MUG")) == (125, 70)
    await tees.assert_lawful()


async def test_an_event_in_a_replay_and_its_newer_one_live_end_right_in_any_order(tees, operator):
    """Half of the orders were reverted meanwhile, and the reversals come while the approvals are replayed."""
    orders = [an_order(f"order-{number:06}") for number in range(400)]
    await tees.misses([approved(order, a_line("TEE")) for order in orders])
    live = [reverted(order, a_line("TEE"), revision=3) for order in orders[::2]]
    running = asyncio.create_task(operator.sees(*RUN, "--rate", "800"))
    for begin in range(0, 200, 20):
        await tees.wire.send(live[begin : begin + 20])
    await running
    await tees.caught_up()
    assert await tees.available() == 300
    await tees.assert_lawful()


async def test_a_replay_needs_a_reason_a_consumer_of_the_topic_and_topics_that_fit(tees, operator):
    assert (await operator(*RUN[:-2], "  ", "--yes")).code == 5
    said = await operator("replay", "run", *ASK, "--yes")
    assert (said.code, "--why" in said.err) == (2, True)
    said = await operator("replay", "plan", "--consumer", "decision", "--topic", TOPIC)
    assert (said.code, "cancel-decisions → inventory" in said.err) == (1, True)
    said = await operator("replay", "plan", *ASK, "--call-again")
    assert (said.code, "sync-back" in said.err) == (5, True)
    assert (await operator("replay", "status", "r-nothing")).code == 3
    assert (await operator("replay", "plan", *ASK, "--from", "yesterday")).code == 2


async def test_where_nobody_can_be_asked_nothing_is_sent(tees, operator, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    said = await operator(*RUN[:-1])
    assert (said.code, "--yes" in said.err) == (6, True)
    assert (await operator.sees("replay", "status"))["items"] == []


async def _the_replay(operator, *, sent):
    items = (await operator.sees("replay", "status"))["items"]
    return items[0]["id"] if items and items[0]["sent"] >= sent else None


async def _state(operator, replay_id, state):
    return (await operator.sees("replay", "status", replay_id))["state"] == state


def _environment(settings):
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "KAFKA_URL": settings.kafka_url,
        "TOPIC_PREFIX": settings.topic_prefix,
        "OPS_DATABASE_URL": settings.database_url("ops"),
        "INVENTORY_DATABASE_URL": settings.database_url("inventory"),
    }
