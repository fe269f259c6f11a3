"""A process that dies, is thrown out of its group, or stops, at each point of a batch: nothing is lost and nothing happens twice."""

import pytest
from tests.support.probe import an_outcome
from tests.support.waiting import until

from contracts import event as on_the_wire

TOPIC = "sync-outcomes"


@pytest.mark.parametrize("point", ["in-handler", "committed"])
async def test_a_batch_in_hand_survives_kill_9(ground, point):
    """In the handler: nothing was committed. After the commit: the offsets were not, so all of it comes again."""
    await ground.wire.create("order-status", partitions=1)
    await ground.wire.create("stock-movements", partitions=1)
    process = await ground.start()
    ground.gates.close(point)
    await ground.wire.send([an_outcome(f"order-{number}", message="announce") for number in range(50)])
    await ground.reached(point)
    process.kill()
    committed = await ground.con.fetchval("select count(*) from handled")
    assert committed == 0 if point == "in-handler" else committed > 0
    ground.gates.open(point)
    process.launch()
    await ground.handled_count(50)
    await ground.caught_up()
    published = await ground.wire.read_until("stock-movements", 50)
    assert {on_the_wire.decode(each.value, _topic("stock-movements")).id for each in published} == {
        row[0] for row in await _announced(ground)
    }
    assert len(await ground.handled()) == 50


def _topic(name):
    from contracts.topics import TOPICS

    return next(topic for topic in TOPICS if topic.name == name)


async def _announced(ground):
    from tests.support.probe import an_unmatched

    return [(an_unmatched(ref, revision=revision).id,) for ref, revision in await ground.handled()]


async def test_a_rebalance_while_a_batch_is_in_hand_handles_nothing_twice(ground):
    """The first holds a batch when the second joins and is given some of its partitions: both have the same events in hand."""
    first = await ground.start()
    ground.gates.close("in-handler")
    await ground.wire.send([an_outcome(f"order-{number}") for number in range(60)])
    await ground.reached("in-handler")
    ground.gates.forget("in-handler")
    second = ground.process(PROBE_PORT=_free_port())
    second.launch()
    await ground.consuming(second)
    await ground.wire.send([an_outcome(f"more-{number}") for number in range(60)])
    ground.gates.open("in-handler")
    await ground.handled_count(120)
    await ground.caught_up()
    assert len(await ground.handled()) == 120
    assert first.alive
    assert second.alive


def _free_port():
    from local_stack.ports import free_ports

    return free_ports(1)[0]


async def test_a_handler_slower_than_the_poll_interval_loses_and_doubles_nothing(ground):
    """It is thrown out of the group, another takes its partitions and waits for its claims; both finish."""
    slow = await ground.start(MAX_POLL_INTERVAL_SECONDS=1.0)
    ground.gates.close("in-handler")
    await ground.wire.send([an_outcome("order-1", revision=number) for number in range(1, 21)])
    await ground.reached("in-handler")
    other = ground.process(PROBE_PORT=_free_port(), MAX_POLL_INTERVAL_SECONDS=1.0)
    other.launch()
    await ground.consuming(other)
    await until(
        lambda: _waits_for_a_lock(ground), seconds=20, what="the other has the same events in hand and waits for the first's claims"
    )
    ground.gates.open("in-handler")
    await ground.handled_count(20)
    await ground.caught_up()
    assert await ground.handled() == [("order-1", number) for number in range(1, 21)]
    await ground.wire.send([an_outcome("order-2")])
    await ground.handled_count(21)
    assert slow.alive


async def _waits_for_a_lock(ground):
    return await ground.con.fetchval(
        """select exists(select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
                         and query like '%insert into inbox%')"""
    )


async def test_the_stop_finishes_the_batch_in_hand(ground):
    process = await ground.start()
    ground.gates.close("in-handler")
    await ground.wire.send([an_outcome(f"order-{number}") for number in range(10)])
    await ground.reached("in-handler")
    process._signal(15)
    await until(lambda: not process.is_ready(), what="it takes no more requests")
    ground.gates.open("in-handler")
    assert process.wait(seconds=10) == 0
    taken = len(await ground.handled())
    assert taken > 0
    assert sum((await ground.wire.committed("probe", TOPIC)).values()) == taken


async def test_a_handler_that_never_returns_does_not_hold_up_the_stop(ground):
    process = await ground.start()
    ground.gates.close("hang")
    await ground.wire.send([an_outcome("order-1", message="hang")])
    await ground.reached("hang")
    assert process.stop() < 10
    assert await ground.handled() == []


async def test_the_stop_ends_a_back_off_at_once(ground):
    ground.gates.close("transient")
    process = await ground.start(BACKOFF_CAP_SECONDS=60.0)
    await ground.wire.send([an_outcome("order-1", message="transient")])
    await until(lambda: process.tail().count("batch-failed") >= 6, seconds=30, what="it backs off for seconds")
    assert process.stop() < 2


async def test_the_watchdog_ends_a_process_whose_handler_hangs_and_it_goes_on_afterwards(ground):
    process = await ground.start(HANDLER_HANG_SECONDS=1.0)
    ground.gates.close("hang")
    await ground.wire.send([an_outcome("order-1", message="hang")])
    await ground.reached("hang")
    await until(lambda: not process.alive, seconds=25, what="the watchdog ended it")
    assert process.returncode == 70
    ground.gates.open("hang")
    process.launch()
    await ground.handled_count(1)
