"""What comes in is handled once, and what can never be handled goes to the dead letters; the rest goes on."""

import asyncio
from uuid import uuid4

from tests.support.probe import an_outcome
from tests.support.waiting import until

from contracts import event as on_the_wire

TOPIC, DLQ, REPLAY = "sync-outcomes", "sync-outcomes-probe-dlq", "sync-outcomes-probe-replay"


def headers_of(record):
    return dict(record.headers)


async def test_each_event_is_handled_once_in_order_and_answered(ground):
    await ground.wire.create("order-status", partitions=3)
    await ground.wire.create("stock-movements", partitions=3)
    await ground.start()
    events = [an_outcome(f"order-{number % 7}", revision=number // 7 + 1, message="announce") for number in range(140)]
    await ground.wire.send(events)
    await ground.wire.send(events[:70])  # sent again, as a relay may
    await ground.caught_up()
    handled = await ground.handled()
    assert len(handled) == 140
    for number in range(7):
        assert [revision for ref, revision in handled if ref == f"order-{number}"] == list(range(1, 21))
    assert len(await ground.wire.read_until("stock-movements", 140)) == 140
    assert len(await ground.wire.read_until("order-status", 140)) == 140


async def test_what_can_never_work_goes_to_the_dead_letters_and_the_rest_of_its_batch_is_handled(ground):
    """All on one partition and in one batch: the poison and what is no event at all lie between good events."""
    good = [an_outcome(f"good-{number}") for number in range(20)]
    encoded = [(TOPIC, event.key.encode(), on_the_wire.encode(event), []) for event in good]
    poison = an_outcome("poison", message="permanent")
    unstorable = an_outcome("unstorable\0", message="")
    too_large = an_outcome("too-large", message="too-large")
    late = [an_outcome(f"late-{number}", message="late same") for number in range(2)]
    foreign = on_the_wire.encode(an_outcome("foreign")).replace(b"outcome-delayed.v1", b"outcome-invented.v9")
    bad = [
        (TOPIC, b"poison", on_the_wire.encode(poison), [("traceparent", b"00-x-y-01"), ("odd", b"\xff\xfe"), ("null", None)]),
        (TOPIC, b"k", on_the_wire.encode(unstorable), []),
        (TOPIC, b"k", on_the_wire.encode(too_large), []),
        (TOPIC, b"k", foreign, []),
        (TOPIC, b"k", b"\xff not an event", [("odd", b"\xff"), ("null", None)]),
        (TOPIC, b"k", b"[" * 5000, []),
        (TOPIC, b"k", None, []),
        (TOPIC, None, b"x" * 1_000_000, [("h", b"y" * 40_000)]),
    ]
    held = ground.process()
    held.launch()
    await ground.consuming(held)
    held.pause()  # so that all of it is one batch
    await ground.wire.send_raw(
        [*encoded[:10], *bad, *((TOPIC, b"k", on_the_wire.encode(event), []) for event in late), *encoded[10:]], partition=4
    )
    held.resume()
    dead = await ground.wire.read_until(DLQ, len(bad) + 1)
    await ground.caught_up()

    handled = [ref for ref, _ in await ground.handled()]
    assert [ref for ref in handled if ref.startswith("good")] == [f"good-{number}" for number in range(20)]
    assert sorted(set(handled) - {f"good-{number}" for number in range(20)}) == ["late-0"]
    by_offset = {headers_of(record)["dead-letter-offset"]: record for record in dead}
    classes = {int(offset): headers_of(record)["dead-letter-class"] for offset, record in by_offset.items()}
    assert classes == {
        10: b"permanent", 11: b"permanent", 12: b"permanent", 13: b"unknown-type", 14: b"undecodable", 15: b"undecodable",
        16: b"tombstone", 17: b"undecodable", 19: b"permanent",
    }  # fmt: skip
    letter = by_offset[b"10"]
    said = headers_of(letter)
    assert letter.value == on_the_wire.encode(poison)
    assert letter.key == b"poison"
    assert said["dead-letter-message"] == b"Permanent: it can never work"
    assert said["dead-letter-consumer"] == b"probe"
    assert said["dead-letter-topic"] == (ground.wire.prefix + TOPIC).encode()
    assert said["dead-letter-partition"] == b"4"
    assert said["dead-letter-attempts"] == b"1"
    assert said["dead-letter-first-at"].endswith(b"Z")
    assert said["dead-letter-last-at"] >= said["dead-letter-first-at"]
    assert (said["odd"], said["null"], said["traceparent"]) == (b"\xff\xfe", None, b"00-x-y-01")
    huge = by_offset[b"17"]
    assert len(huge.value) < 1_000_000
    assert b"value of 1000000 bytes" in headers_of(huge)["dead-letter-cut"]
    assert await ground.con.fetchval("select count(*) from inbox where dead") == len(bad) + 1
    assert held.alive


async def test_a_header_that_is_null_or_not_text_loses_nothing(ground):
    await ground.start()
    records = [
        (
            TOPIC,
            b"k",
            on_the_wire.encode(an_outcome(f"order-{number}")),
            [("a", None), ("b", b"\xff\xfe\xfd"), ("content-type", b"\xc3\x28")],
        )
        for number in range(10)
    ]
    await ground.wire.send_raw(records)
    await ground.handled_count(10)


async def test_a_transient_failure_holds_the_order_and_passes(ground):
    ground.gates.close("transient")
    process = await ground.start()
    await ground.wire.send([an_outcome("order-1", revision=number, message="transient" if number == 3 else "") for number in range(1, 7)])
    await until(lambda: "batch-failed" in process.tail(), what="a failure was logged")
    assert await ground.handled() == []
    ground.gates.open("transient")
    await ground.handled_count(6)
    assert await ground.handled() == [("order-1", number) for number in range(1, 7)]
    assert await ground.wire.read(DLQ) == []


async def test_a_bug_holds_its_own_partition_only_and_is_gone_with_a_fix(ground):
    ground.gates.close("bug")
    process = await ground.start()
    await ground.wire.send([an_outcome("a", message="bug-until-fixed"), an_outcome("a", revision=2)], partition=0)
    await ground.wire.send([an_outcome(f"b-{number}") for number in range(50)], partition=1)
    await ground.handled_count(50)
    assert {ref for ref, _ in await ground.handled()} == {f"b-{number}" for number in range(50)}
    assert await ground.metric(process, "partitions_held") == 1
    ground.gates.open("bug")
    await ground.handled_count(52)
    assert (await ground.handled())[-2:] == [("a", 1), ("a", 2)]
    assert await ground.wire.read(DLQ) == []
    await until(lambda: _is_zero(ground, process, "partitions_held"), what="no partition is held")


async def _is_zero(ground, process, name):
    return await ground.metric(process, name) == 0


async def test_a_bug_that_stays_is_isolated_as_a_bug_and_its_partition_goes_on(ground):
    process = await ground.start(BUG_PATIENCE_SECONDS=0.7)
    await ground.wire.send([an_outcome("a"), an_outcome("b", message="bug"), an_outcome("c"), an_outcome("b", revision=2)], partition=0)
    (letter,) = await ground.wire.read_until(DLQ, 1)
    await ground.handled_count(3)
    said = headers_of(letter)
    assert said["dead-letter-class"] == b"bug"
    assert said["dead-letter-message"] == b"RuntimeError: a handler has a bug"
    assert int(said["dead-letter-attempts"]) > 1
    assert said["dead-letter-last-at"] > said["dead-letter-first-at"]
    assert [ref for ref, _ in await ground.handled()] == ["a", "c", "b"]
    assert (await ground.state(process))["paused"] == []


async def test_too_many_bugs_in_a_row_pause_the_consumer_and_a_better_deploy_goes_on(ground):
    process = await ground.start(BUG_PATIENCE_SECONDS=0.3, BUGS_IN_A_ROW=5)
    garbage = [(TOPIC, b"k", b"garbage", []) for _ in range(30)]
    ground.gates.close("bug")
    await ground.wire.send_raw(garbage, partition=2)
    await ground.wire.send([an_outcome(f"a-{number}", message="bug-until-fixed") for number in range(12)], partition=0)
    await until(lambda: _is_paused(ground, process), what="the consumer is paused")
    assert {headers_of(record)["dead-letter-class"] for record in await ground.wire.read_until(DLQ, 30)} == {b"undecodable"}
    await ground.wire.send([an_outcome("later")], partition=1)
    assert await ground.metric(process, "consumer_paused") == 1
    process.stop()
    assert await ground.handled() == []
    ground.gates.open("bug")
    process.launch()
    await ground.handled_count(13)


async def _is_paused(ground, process):
    return (await ground.state(process)).get("paused") == [TOPIC]


async def test_garbage_never_pauses_the_consumer(ground):
    process = await ground.start(BUGS_IN_A_ROW=3)
    await ground.wire.send([an_outcome(f"a-{number}", message="permanent") for number in range(20)])
    await ground.wire.send_raw([(TOPIC, b"k", b"garbage %d" % number, []) for number in range(20)])
    await ground.wire.send([an_outcome("good")])
    await ground.handled_count(1)
    assert len(await ground.wire.read_until(DLQ, 40)) == 40
    assert (await ground.state(process))["paused"] == []


async def test_a_dead_letter_is_handled_when_it_is_replayed_and_only_then(ground):
    process = await ground.start(BUG_PATIENCE_SECONDS=0.2)
    ground.gates.close("bug")
    event = an_outcome("a", message="bug-until-fixed")
    await ground.wire.send([event])
    (letter,) = await ground.wire.read_until(DLQ, 1)
    ground.gates.open("bug")
    await ground.wire.send([event, an_outcome("b")])  # sent again on its topic: it has died here, so it is not handled
    await ground.handled_count(1)
    raw = (REPLAY, letter.key, letter.value, letter.headers)
    await ground.wire.send_raw([raw, raw])
    await ground.handled_count(2)
    await ground.caught_up(REPLAY)
    assert [ref for ref, _ in await ground.handled()] == ["b", "a"]
    assert not await ground.con.fetchval("select exists(select from inbox where dead)")
    assert process.alive


async def test_a_replayed_letter_that_dies_again_keeps_its_source_and_adds_up_its_attempts(ground):
    await ground.start()
    await ground.wire.send([an_outcome("a", message="permanent")], partition=3)
    (letter,) = await ground.wire.read_until(DLQ, 1)
    await ground.wire.send_raw([(REPLAY, letter.key, letter.value, letter.headers)], partition=7)
    _, again = sorted(await ground.wire.read_until(DLQ, 2), key=lambda record: headers_of(record)["dead-letter-attempts"])
    first, second = headers_of(letter), headers_of(again)
    assert second["dead-letter-attempts"] == b"2"
    for name in ("topic", "partition", "offset", "first-at"):
        assert second[f"dead-letter-{name}"] == first[f"dead-letter-{name}"]
    assert len([name for name, _ in again.headers if name == "dead-letter-class"]) == 1


async def test_a_replay_that_says_so_has_an_event_handled_again_once_and_a_normal_topic_does_not_listen(ground):
    await ground.start()
    event = an_outcome("a")
    value, key = on_the_wire.encode(event), event.key.encode()

    def asking(replay_id):
        return [("replay-id", replay_id), ("reprocess", b"1")]

    await ground.wire.send([event])
    await ground.handled_count(1)
    await ground.wire.send_raw([(TOPIC, key, value, asking(b"r9")), (REPLAY, key, value, [("replay-id", b"r0")])])
    await ground.wire.send_raw([(REPLAY, key, value, asking(b"r1"))] * 3 + [(REPLAY, key, value, asking(b"r2"))])
    await ground.handled_count(3)
    await ground.wire.send_raw([(REPLAY, key, value, asking(b"r1"))])  # as a replay does that was killed and goes on
    await ground.wire.send([an_outcome("b")])
    await ground.caught_up(REPLAY)
    await ground.caught_up(TOPIC)
    assert sorted(await ground.handled()) == [("a", 1)] * 3 + [("b", 1)]


async def test_a_header_whose_name_is_not_utf8_holds_up_nobody(ground):
    """The client library stops at such a name for ever: all that follows on the partition would wait."""
    event = an_outcome("named")
    process = await ground.start()
    await ground.wire.send([an_outcome("before")], partition=4)
    await ground.wire.send_named(TOPIC, b"key", on_the_wire.encode(event), header=b"odd \xff\xfe", partition=4)
    await ground.wire.send([an_outcome("after")], partition=4)
    await ground.handled_count(2)
    (letter,) = await ground.wire.read_until(DLQ, 1)
    said = headers_of(letter)
    assert (said["dead-letter-class"], said["dead-letter-message"]) == (b"undecodable", b"the name of a header is not UTF-8")
    assert (letter.value, said["dead-letter-offset"], said["odd \\xff\\xfe"]) == (on_the_wire.encode(event), b"1", b"value")
    assert process.alive
    await ground.wire.send_raw([(REPLAY, letter.key, letter.value, letter.headers)])
    await ground.handled_count(3)


async def test_two_consumers_that_meet_the_same_events_in_opposite_order_neither_deadlock_nor_handle_twice(ground):
    """As after a rebalance, when a batch is still in hand: both claim the same ids at the same time."""
    from chassis import database, inbox, incoming

    ids = [incoming.identity(str(uuid4())) for _ in range(300)]
    pool = await database.open_pool(ground.url, name="test", max_size=8)

    async def claim(order):
        async with pool.acquire() as con, con.transaction():
            return await inbox.claim(con, order)

    try:
        for begin in range(0, 300, 30):
            some = ids[begin : begin + 30]
            claimed = await asyncio.gather(*(claim(some if each % 2 else some[::-1]) for each in range(8)))
            assert sum(30 - len(old) for old in claimed) == 30
    finally:
        await pool.close()


async def test_old_inbox_rows_are_removed_in_small_batches_and_young_ones_stay(ground):
    from chassis import database, inbox

    await ground.con.execute(
        "insert into inbox(id, seen_at) select gen_random_uuid(), now() - interval '41 days' from generate_series(1, 4500)"
    )
    await ground.con.execute("insert into inbox(id) select gen_random_uuid() from generate_series(1, 10)")
    pool = await database.open_pool(ground.url, name="test")
    try:
        assert await inbox.clean(pool, retention_seconds=40 * 86_400) == 4500
    finally:
        await pool.close()
    assert await ground.con.fetchval("select count(*) from inbox") == 10
