"""Dead letters are seen by what they died of, mended, sent again or discarded, and all of it is remembered."""

import json

import pytest
from tests.integration.ops.conftest import DLQ, REPLAY, TOPIC
from tests.support.stock import a_line, an_order, approved
from tests.support.waiting import until

from contracts.event import encode

WHY = ("--why", "INC-12")


@pytest.fixture
async def tees(inventory):
    await inventory.open_stock(TEE=100, MUG=50)
    return inventory


async def poison(inventory, *refs, seller="seller-b"):
    """Orders that another seller has: such a decision can never be handled."""
    orders = [an_order(ref) for ref in refs]
    await inventory.hears([approved(order, a_line("TEE"), revision=1) for order in orders])
    stolen = [approved(an_order(ref, seller=seller), a_line("TEE"), revision=5, request=2) for ref in refs]
    await inventory.hears(stolen)
    return await inventory.wire.read_until(DLQ, len(refs))


async def the_letters(operator, *more):
    return (await operator.sees("dlq", "list", "--letters", *more))["letters"]


async def test_letters_are_grouped_by_what_they_died_of(tees, operator):
    await poison(tees, "a", "b", "c")
    await tees.wire.send_raw([(TOPIC, b"k", b"garbage %d" % number, []) for number in range(2)] + [(TOPIC, b"k", None, [])])
    await tees.wire.read_until(DLQ, 6)
    groups = (await operator.sees("dlq", "list", "--consumer", "inventory"))["groups"]
    counts = {group["reason"]: (group["waiting"], group["coming_back"]) for group in groups}
    assert counts == {"permanent": (3, 0), "undecodable": (2, 0), "tombstone": (1, 0)}
    worst = groups[0]
    assert (worst["message"], worst["topic"]) == ("Permanent: order … belongs to another seller", TOPIC)
    assert worst["first_at"] <= worst["last_at"]
    example = await operator.sees("dlq", "show", worst["example"])
    assert example["event"]["type"] == "cancel-approved.v1"
    assert example["event"]["data"]["decided_by"] == {"kind": "person", "id": "•••", "name": "•••"}
    assert (await operator("dlq", "list", "--check")).code == 1
    said = await operator("dlq", "list", "--letters")
    assert "Siti" not in said.out
    assert said.out.count(DLQ) == 6


async def test_an_edited_letter_heals_and_what_it_said_before_is_kept(tees, operator):
    await poison(tees, "a")
    (letter,) = await the_letters(operator)
    place = letter["letter"]
    refused = await operator("dlq", "edit", place, "--set", "data.lines.0.quantity=-1", *WHY)
    assert (refused.code, "lines[0].quantity" in refused.err) == (5, True)
    assert (await operator("dlq", "edit", place, "--set", 'id="another"', *WHY)).code == 5
    assert (await operator("dlq", "edit", place, "--set", "data.nothing.here=1", *WHY)).code == 5
    mended = await operator.sees(
        "dlq", "edit", place, "--set", 'data.order.seller_id="seller-a"', "--set", "data.lines.0.ordered_quantity=2", *WHY
    )
    assert (mended["edited"], mended["edits"][0]["who"], mended["edits"][0]["why"]) == (True, "Siti", "INC-12")
    assert mended["edits"][0]["before"]["data"]["order"]["seller_id"] == "seller-b"
    assert mended["edits"][0]["after"]["data"]["order"]["seller_id"] == "seller-a"
    assert await tees.available() == 101
    result = await operator.sees("dlq", "retry", place, *WHY)
    assert (result["sent"], result["died_again"]) == (1, 0)
    assert await tees.available() == 102
    assert await the_letters(operator) == []
    (group,) = (await operator.sees("dlq", "list", "--done"))["groups"]
    assert (group["waiting"], group["retried"]) == (0, 1)
    deed = (await operator.sees("dlq", "show", place))["deed"]
    assert (deed["done"], deed["who"], deed["why"], deed["what"]) == ("retried", "Siti", "INC-12", "dlq retry")
    await tees.assert_lawful()


async def test_a_letter_that_dies_again_is_seen_to_come_back(tees, operator):
    await poison(tees, "a")
    (letter,) = await the_letters(operator)
    said = await operator("dlq", "retry", letter["letter"], *WHY)
    assert said.code == 1
    (again,) = await the_letters(operator)
    assert (again["times"], again["attempts"]) == (2, 2)
    assert again["letter"] != letter["letter"]
    (group,) = (await operator.sees("dlq", "list"))["groups"]
    assert (group["waiting"], group["coming_back"]) == (1, 1)
    shown = await operator.sees("dlq", "show", again["letter"])
    assert shown["letters_of_this_event"] == [letter["letter"], again["letter"]]


async def test_a_class_is_sent_again_in_order_once_its_cause_is_mended(tees, operator):
    await poison(tees, *(f"order-{number}" for number in range(40)))
    await tees.wire.send_raw([(TOPIC, b"k", b"garbage", [])])
    await tees.wire.read_until(DLQ, 41)
    await tees.pool.execute("update orders set seller_id = 'seller-b'")  # the cause: whose orders these were was wrong
    await tees.pool.execute("insert into levels(seller_id, sku, updated_at) values ('seller-b', 'TEE', now())")
    result = await operator.sees("dlq", "retry", "--class", "permanent", "--rate", "200", *WHY)
    assert (result["sent"], result["died_again"]) == (40, 0)
    (left,) = await the_letters(operator)
    assert left["class"] == "undecodable"
    assert len(await tees.wire.read(REPLAY)) == 40
    discarded = await operator.sees("dlq", "discard", "--all", "--why", "sent by a test tool")
    assert discarded["discarded"] == 1
    assert await the_letters(operator) == []
    assert (await operator.sees("dlq", "show", left["letter"]))["deed"]["why"] == "sent by a test tool"


async def test_what_was_no_event_becomes_one_by_a_file(tees, operator, tmp_path):
    event = approved(an_order("a"), a_line("MUG"))
    await tees.wire.send_raw([(TOPIC, event.key.encode(), encode(event)[:-2], [])])
    await tees.wire.read_until(DLQ, 1)
    (letter,) = await the_letters(operator)
    assert letter["class"] == "undecodable"
    file = tmp_path / "mended.json"
    file.write_text(json.dumps(json.loads(encode(event)), indent=2))
    await operator.sees("dlq", "edit", letter["letter"], "--file", str(file), *WHY)
    assert (await operator.sees("dlq", "retry", "--all", *WHY))["died_again"] == 0
    await until(lambda: _is(tees, 51), what="the mug is back")


async def _is(tees, number):
    return await tees.available("MUG") == number


async def test_nothing_is_done_to_letters_that_nobody_named_and_nothing_without_a_reason(tees, operator):
    await poison(tees, "a")
    assert (await operator("dlq", "retry", *WHY)).code == 5
    assert (await operator("dlq", "discard", *WHY)).code == 5
    assert (await operator("dlq", "retry", "--all", "--why", " ")).code == 5
    assert (await operator("dlq", "retry", "--all")).code == 2
    assert (await operator("dlq", "retry", f"{DLQ}/0/999", *WHY)).code == 3
    await tees.wire.send_raw([(TOPIC, b"k", None, [])])
    await tees.wire.read_until(DLQ, 2)
    refused = await operator("dlq", "retry", "--class", "tombstone", *WHY)
    assert (refused.code, "discard it" in refused.err) == (5, True)
    assert len(await the_letters(operator)) == 2
