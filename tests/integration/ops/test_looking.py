"""What operators see: lag, drift of topics, events without personal data, a ledger beside its levels."""

import asyncio

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from tests.integration.ops.conftest import REPLAY, TOPIC
from tests.support.stock import a_line, a_request_id, an_order, approved, broken_laws
from tests.support.waiting import until

from contracts import topics
from ops.settings import Settings


@pytest.fixture
async def tees(inventory):
    await inventory.open_stock(TEE=100)
    return inventory


async def test_lag_is_told_in_events_and_seconds_per_consumer_and_partition(tees, operator):
    await tees.hears([approved(an_order(f"early-{number}"), a_line()) for number in range(5)])
    await tees.stop()
    order = an_order("late")
    await tees.wire.send([approved(order, a_line(), revision=revision) for revision in (2, 3, 4)])
    lag = await operator.sees("lag", "--consumer", "inventory")
    (behind,) = [each for each in lag["consumers"] if each["topic"] == TOPIC]
    assert (behind["events"], behind["partitions_behind"], behind["members"]) == (3, 1, 0)
    assert behind["seconds"] > 0
    (partition,) = [each for each in lag["partitions"] if each["events"]]
    assert (partition["topic"], partition["end"] - partition["position"]) == (TOPIC, 3)
    assert {each["topic"] for each in lag["consumers"]} == {TOPIC, REPLAY}
    late = await operator("lag", "--max-seconds", "0")
    assert late.code == 1
    assert "no inventory runs" in late.out
    assert (await operator("lag", "--partitions")).out.count(TOPIC) == 24 + 12  # sync-back reads the topic too
    await tees.start()
    await tees.caught_up()
    caught = await operator.sees("lag", "--consumer", "inventory", "--max-seconds", "0")
    assert [each["events"] for each in caught["consumers"]] == [0, 0]
    assert all(each["members"] > 0 for each in caught["consumers"])


async def test_topics_are_compared_with_the_map_and_mended_but_for_partitions(tees, operator, topic_prefix):
    await tees.wire.create("sync-outcomes", partitions=4)
    admin = AIOKafkaAdminClient(bootstrap_servers=tees.wire.kafka_url)
    await admin.start()
    try:
        drift = {"retention.ms": "1000", "cleanup.policy": "compact", "segment.ms": "600000"}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic_prefix + TOPIC, drift)])
    finally:
        await admin.close()
    before = await until(lambda: _drifted(operator), what="the broker shows the drift")
    assert before["shop-status"]["judgement"] == "missing"
    assert before[REPLAY]["judgement"] == "ok"
    assert before["sync-outcomes"]["mendable"] is False
    assert "partitions are 4, not 12" in before["sync-outcomes"]["differences"]
    month = int(topics.CANCEL_DECISIONS.retention.total_seconds() * 1000)
    assert f"retention.ms is 1000, not {month}" in before[TOPIC]["differences"]
    assert "cleanup.policy is compact, not delete" in before[TOPIC]["differences"]
    after = (await operator.sees("topics", "--apply", code=1))["topics"]
    assert [each["topic"] for each in after if each["judgement"] != "ok"] == ["sync-outcomes"]
    described = await _config(tees, topic_prefix + TOPIC)
    assert described["segment.ms"] == "600000"  # what the map does not speak of stays
    (action,) = (await operator.sees("actions"))["items"]
    assert (action["what"], action["who"]) == ("topics --apply", "Siti")


async def _drifted(operator):
    seen = {each["topic"]: each for each in (await operator.sees("topics", code=1))["topics"]}
    shown = seen["sync-outcomes"]["judgement"] != "missing" and len(seen[TOPIC]["differences"]) == 2
    return seen if shown else None


async def _config(tees, topic):
    admin = AIOKafkaAdminClient(bootstrap_servers=tees.wire.kafka_url)
    await admin.start()
    try:
        (response,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        return {entry[0]: entry[1] for entry in response.resources[0][4]}
    finally:
        await admin.close()


async def test_peek_shows_chosen_events_without_personal_data(tees, operator):
    order = an_order("looked-for")
    events = [approved(an_order(f"order-{number}"), a_line()) for number in range(30)]
    await tees.hears([*events, approved(order, a_line()), approved(order, a_line(), revision=3)])
    for choice, count in [
        (("--order", "looked-for"), 2),
        (("--order", order.key), 2),
        (("--key", order.key, "--limit", "1"), 1),
        (("--request", a_request_id(order)), 2),
        (("--type", "cancel-rejected"), 0),
        ((), 20),
    ]:
        items = (await operator.sees("peek", TOPIC, *choice))["items"]
        assert (choice, len(items)) == (choice, count)
    (item,) = (await operator.sees("peek", TOPIC, "--key", order.key, "--limit", "1"))["items"]
    assert (item["type"], item["data"]["revision"], item["data"]["decided_by"]["name"]) == ("cancel-approved.v1", 3, "•••")
    said = await operator("peek", TOPIC)
    assert (said.code, "Siti" in said.out) == (0, False)
    assert (await operator("peek", "no-such-topic")).code == 3


async def test_levels_that_differ_from_the_ledger_are_found_and_mended_while_stock_moves(tees, operator):
    await tees.open_stock(MUG=10, CAP=5)
    events = [approved(an_order(f"order-{number}"), a_line("TEE"), a_line("MUG", line="2")) for number in range(60)]
    await tees.hears(events[:20])
    assert (await operator.sees("rebuild", "inventory-levels"))["differences"] == []
    await tees.pool.execute("update levels set available = available + 7 where sku = 'TEE'")
    await tees.pool.execute("update levels set damaged = 3 where sku = 'CAP'")
    found = await operator.sees("rebuild", "inventory-levels", code=1)
    assert [(each["sku"], each["available"] - each["ledger_available"], each["damaged"]) for each in found["differences"]] == [
        ("CAP", 0, 3),
        ("TEE", 7, 0),
    ]
    assert (await operator("rebuild", "inventory-levels", "--apply")).code == 5
    live = asyncio.create_task(tees.wire.send(events[20:]))
    mended = await operator.sees("rebuild", "inventory-levels", "--apply", "--why", "INC-12")
    assert [each["sku"] for each in mended["mended"]] == ["CAP", "TEE"]
    await live
    await tees.caught_up()
    assert (await tees.available("TEE"), await tees.available("MUG"), await tees.available("CAP")) == (160, 70, 5)
    # What was booked before the mending told the wrong level of its moment: history, which stays.
    assert {each["law"] for each in await broken_laws(tees.pool)} <= {"running sum"}
    assert (await operator.sees("rebuild", "inventory-levels"))["differences"] == []
    done, begun = (await operator.sees("actions"))["items"]
    assert (begun["why"], len(done["details"]["mended"])) == ("INC-12", 2)


async def test_a_level_that_somebody_holds_is_mended_after_him_by_what_he_booked(tees, operator):
    """The lock that counts is the one that whoever books takes."""
    await tees.pool.execute("update levels set available = 1")
    async with tees.pool.acquire() as holder:
        transaction = holder.transaction()
        await transaction.start()
        await holder.execute("select from levels for update")
        mending = asyncio.create_task(operator.sees("rebuild", "inventory-levels", "--apply", "--why", "INC-12"))
        await until(lambda: _waits(tees), what="the rebuilding waits for the lock")
        await holder.execute(
            """insert into movements
                 (movement_id, seller_id, sku, level_version, quantity, condition, available_after, moved_at, reason, reference)
               select gen_random_uuid(), seller_id, sku, 2, 11, 'sellable', 111, now(), 'correction', 'c' from levels"""
        )
        await holder.execute("update levels set available = available + 11, level_version = 2")
        await transaction.commit()
    await mending
    assert await tees.available() == 111
    await tees.assert_lawful()


async def _waits(tees):
    return await tees.pool.fetchval(
        "select exists (select from pg_stat_activity where wait_event_type = 'Lock' and query like '%rebuild_levels%')"
    )


async def test_what_is_missing_is_said_in_one_line(operator, settings):
    for words, given, wanted in [
        (("lag",), settings.model_copy(update={"kafka_url": "127.0.0.1:1"}), "set KAFKA_URL"),
        (("actions",), Settings(kafka_url=settings.kafka_url), "OPS_DATABASE_URL"),
        (("rebuild", "inventory-levels"), settings.model_copy(update={"inventory_database_url": None}), "INVENTORY_DATABASE_URL"),
    ]:
        operator.settings = given
        said = await operator(*words)
        assert (said.code, said.out) == (4, "")
        assert said.err.startswith("error: ")
        assert wanted in said.err
        assert said.err.count("\n") == 1
