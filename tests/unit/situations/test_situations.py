"""The rows of the situation table that begin with D: shapes and times, from the marketplaces' own JSON through the real code to stock."""

from collections.abc import Awaitable, Callable
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from tests.support.situations import Row, by_id, rows_of, situation
from tests.support.wire_story import (
    JSON,
    WireStory,
    at,
    bodies,
    cancellation,
    shopee_item,
    shopee_order,
    tiktok_line,
    tiktok_order,
)

OPENED = 8
"""Units on the shelf after the order's two were sold."""


@situation("D1")
async def the_order_is_in_a_word_that_nobody_knows_while_its_request_is_open(story: WireStory) -> None:
    await story.shows(*bodies(story.channel, "open"))
    order, asked = bodies(story.channel, "open", updated=5)
    order |= {"order_status": "IN_REVIEW"} if story.channel == "shopee" else {"status": "IN_REVIEW", "update_time": at(5).timestamp()}
    await story.shows(order, asked)


@situation("D2")
async def the_order_is_in_a_word_that_nobody_knows_after_its_request_ended(story: WireStory) -> None:
    await story.shows(*bodies(story.channel, "open"))
    await story.shows(*bodies(story.channel, "closed", updated=5))
    order, asked = bodies(story.channel, "closed", updated=5)
    word = {"order_status": "IN_REVIEW"} if story.channel == "shopee" else {"status": "IN_REVIEW"}
    await story.shows(order | word | {"update_time": int(at(9).timestamp())}, asked)


@situation("D3")
async def the_request_is_in_a_word_that_nobody_knows(story: WireStory) -> None:
    await story.shows(*bodies("tiktok", "open"))
    await story.shows(tiktok_order(), [cancellation("ON_REVIEW", updated=5)])


@situation("D4")
async def a_request_of_a_type_that_nobody_knows(story: WireStory) -> None:
    await story.shows(tiktok_order(), [cancellation(cancel_type="REQUEST_CANCEL_REFUND")])
    assert story.newest.facts.answerable is False


@situation("D5")
async def cancelled_by_somebody_that_nobody_knows(story: WireStory) -> None:
    order, gone = bodies(story.channel, "granted")
    order |= {"cancel_by": "robot"} if story.channel == "shopee" else {"cancellation_initiator": "ROBOT"}
    await story.shows(order, [each | {"role": "ROBOT"} for each in gone])
    assert story.newest.cancelled_by == "unknown"


@situation("D6")
async def ids_as_numbers(story: WireStory) -> None:
    text = WireStory(story.channel)
    await text.shows(*bodies(story.channel, "open"))
    order, asked = bodies(story.channel, "open")
    await story.shows(numbered(order), [numbered(each) for each in asked])
    assert story.requests.keys() == text.requests.keys()
    assert story.newest.facts.lines == text.newest.facts.lines
    story.click("approve")
    order, gone = bodies(story.channel, "granted", updated=9)
    await story.shows(numbered(order), [numbered(each) for each in gone])


@situation("D7")
async def no_deadline_is_told(story: WireStory) -> None:
    order, asked = bodies(story.channel, "open")
    for each in asked:
        each["seller_next_action_response"] = [{"action": "SELLER_RESPOND_CANCEL"}]
    await story.shows(order, asked)
    facts = story.newest.facts
    estimated = (facts.requested_at + timedelta(hours=24), "estimated")
    assert (facts.respond_by, facts.respond_by_source) == (estimated if story.channel == "shopee" else (None, None))
    assert facts.answerable


@situation("D8")
async def no_amounts_are_told(story: WireStory) -> None:
    order, asked = bodies(story.channel, "open")
    for each in (order, *asked):
        for field in ("total_amount", "payment", "refund_amount", "currency"):
            each.pop(field, None)
    await story.shows(order, asked)
    assert (story.newest.facts.order_total, story.newest.facts.refund_total) == (None, None)


@situation("D9")
async def no_sku_is_told(story: WireStory) -> None:
    def nameless(order: JSON) -> JSON:
        items = {"item_list": [shopee_item(model_sku="")]} if story.channel == "shopee" else {}
        return order | (items or {"line_items": [without(tiktok_line(1), "seller_sku"), without(tiktok_line(2), "seller_sku")]})

    order, asked = bodies(story.channel, "open")
    await story.shows(nameless(order), asked)
    story.click("approve")
    order, gone = bodies(story.channel, "granted", updated=9)
    await story.shows(nameless(order), gone)
    assert story.levels["TEE"] == OPENED


@situation("D10")
async def two_states_in_one_second_read_one_after_the_other(story: WireStory) -> None:
    await story.shows(*bodies(story.channel, "open"))
    await story.shows(*bodies(story.channel, "closed"))


@situation("D11")
async def two_states_in_one_second_read_at_the_same_time(story: WireStory) -> None:
    """Nobody can say which is the newer: what is known stays, and a look after both decides."""
    began = story.clock
    opened = await story.read(*bodies(story.channel, "open"), lasts=3)
    story.clock = began + timedelta(seconds=1)
    closed = await story.read(*bodies(story.channel, "closed"), lasts=3)
    story.store(opened)
    story.store(closed)
    assert (story.newest.state, story.look_again) == ("pending", "soon")
    await story.shows(*bodies(story.channel, "closed"))


@situation("D12")
async def withdrawn_and_asked_again_in_one_second(story: WireStory) -> None:
    await story.shows(*bodies(story.channel, "open"))
    await story.shows(*bodies(story.channel, "closed"))
    order, asked = bodies(story.channel, "closed")
    again = (shopee_order(), []) if story.channel == "shopee" else (order, [*asked, cancellation(number=2)])
    await story.shows(*again)
    assert len(story.requests) == 2
    assert story.newest.state == "pending"


@situation("D13")
async def the_marketplaces_clock_is_an_hour_ahead(story: WireStory) -> None:
    await skewed(story, ahead=3600)


@situation("D14")
async def the_marketplaces_clock_is_an_hour_behind(story: WireStory) -> None:
    await skewed(story, ahead=-3600)


@situation("D15")
async def a_read_of_before_comes_after(story: WireStory) -> None:
    await story.shows(*bodies(story.channel, "open"))
    await story.shows(*bodies(story.channel, "granted", updated=9))
    await story.shows(*bodies(story.channel, "open", updated=0))


@situation("D16")
async def it_was_never_paid(story: WireStory) -> None:
    order, gone = bodies(story.channel, "granted")
    order |= {"pay_time": None} if story.channel == "shopee" else {"paid_time": None}
    await story.shows(order, gone)


@situation("D17")
async def cash_on_delivery_counts_as_paid(story: WireStory) -> None:
    order, gone = bodies(story.channel, "granted")
    order |= {"pay_time": None, "cod": True} if story.channel == "shopee" else {"paid_time": None, "is_cod": True}
    await story.shows(order, gone)


@situation("D18")
async def it_was_cancelled_before_the_shop_was_connected(story: WireStory) -> None:
    story.connected(500)
    await story.shows(*bodies(story.channel, "granted", updated=400))


@situation("D19")
async def the_other_spelling_of_a_closed_request(story: WireStory) -> None:
    await story.shows(*bodies("tiktok", "open"))
    await story.shows(tiktok_order(), [cancellation("CANCEL", updated=5)])


@situation("D20")
async def accepted_while_the_order_still_waits_for_shipment(story: WireStory) -> None:
    await story.shows(*bodies("tiktok", "open"))
    await story.shows(tiktok_order(), [cancellation("SUCCESS", updated=5)])


@situation("D21")
async def over_before_it_was_first_seen(story: WireStory) -> None:
    await story.shows(tiktok_order(), [cancellation("CANCELLED", updated=5)])
    assert story.said == []


@situation("D22")
async def the_order_comes_without_its_lines(story: WireStory) -> None:
    """TikTok's cancellation describes them itself."""
    await story.shows(without(tiktok_order(), "line_items"), [cancellation()])
    story.click("approve")
    await story.shows(without(tiktok_order("CANCELLED", updated=9), "line_items"), [cancellation("COMPLETE", updated=9)])


@situation("D23")
async def the_request_names_no_lines(story: WireStory) -> None:
    await story.shows(tiktok_order(), [cancellation(cancel_line_items=None)])
    assert sum(line.quantity for line in story.newest.facts.lines) == 2
    story.click("approve")
    await story.shows(tiktok_order("CANCELLED", updated=9), [cancellation("COMPLETE", updated=9, cancel_line_items=None)])


@situation("D24")
async def a_line_comes_twice_in_one_answer(story: WireStory) -> None:
    twice = cancellation()
    twice["cancel_line_items"] *= 2
    await story.shows(tiktok_order(line_items=[tiktok_line(1), tiktok_line(2), tiktok_line(1)]), [twice])
    story.click("approve")
    done = twice | {"cancel_status": "CANCELLATION_REQUEST_COMPLETE", "update_time": int(at(9).timestamp())}
    await story.shows(tiktok_order("CANCELLED", updated=9), [done])


@situation("D25")
async def counts_that_cannot_be(story: WireStory) -> None:
    odd = [shopee_item(cancelled_qty=99, cancel_requested_qty=-3)]
    await story.shows(shopee_order(item_list=odd))
    story.click("approve")
    await story.shows(shopee_order("CANCELLED", updated=9, item_list=odd))


@situation("D26")
async def two_requests_cancel_the_same_unit(story: WireStory) -> None:
    """Whatever the marketplace says, a unit comes back once."""
    await story.shows(tiktok_order(), [cancellation()])
    story.click("approve")
    both = [cancellation("COMPLETE", updated=9), cancellation("COMPLETE", updated=9, number=2, create_time=int(at(5).timestamp()))]
    await story.shows(tiktok_order("CANCELLED", updated=9), both)
    assert len(story.requests) == 2


@situation("D27")
async def the_deadline_passed(story: WireStory) -> None:
    await story.shows(*bodies(story.channel, "open"))
    await story.shows(*bodies(story.channel, "granted", updated=172_800))
    assert (story.newest.after_deadline, story.newest.cancelled_by) == (True, "marketplace")


@situation("D28")
async def granted_before_the_deadline_and_nobody_says_by_whom(story: WireStory) -> None:
    await story.shows(*bodies(story.channel, "open"))
    await story.shows(*bodies(story.channel, "granted", updated=60))
    assert (story.newest.after_deadline, story.newest.cancelled_by) == (False, "unknown")


@situation("D29")
async def listed_as_open_although_the_parcel_has_left(story: WireStory) -> None:
    await story.shows(tiktok_order("AWAITING_COLLECTION"), [cancellation()])
    await story.shows(tiktok_order("IN_TRANSIT", updated=5), [cancellation()])


@situation("D30")
async def two_requests_for_a_unit_each_are_open(story: WireStory) -> None:
    """One is approved: the other one holds the order."""
    one, two = cancellation(units=(1,)), cancellation(number=2, units=(2,), create_time=int(at(5).timestamp()), updated=5)
    await story.shows(tiktok_order(), [one, two])
    story.click("approve", next(iter(story.requests)))
    await story.shows(tiktok_order(), [cancellation("COMPLETE", updated=9, units=(1,)), two])
    assert sorted(each.state for each in story.requests.values()) == ["approved", "pending"]
    assert story.levels["TEE"] == OPENED + 1
    story.levels["TEE"] -= 1


@situation("D31")
async def a_unit_is_cancelled_while_another_parcel_has_left(story: WireStory) -> None:
    await story.shows(tiktok_order("PARTIALLY_SHIPPING"), [cancellation(units=(2,))])
    story.click("approve")
    assert (story.order_state.status, story.order_state.shippable) == ("cancel_requested", False)
    gone = [tiktok_line(1, display_status="IN_TRANSIT"), tiktok_line(2, display_status="CANCELLED")]
    await story.shows(tiktok_order("IN_TRANSIT", updated=9, line_items=gone), [cancellation("COMPLETE", updated=9, units=(2,))])
    assert story.levels["TEE"] == OPENED + 1
    story.levels["TEE"] += 1  # of the two that a whole order gives back


async def skewed(story: WireStory, *, ahead: float) -> None:
    """Times of the marketplace are compared with its own, ours with ours."""
    await story.shows(*bodies(story.channel, "open", updated=ahead))
    story.click("approve")
    await story.shows(*bodies(story.channel, "open", updated=ahead))
    assert story.newest.state == "approved"
    await story.shows(*bodies(story.channel, "granted", updated=ahead + 30))


IDS = ("id", "_id", "item_id", "model_id", "order_sn")


def numbered(value: Any) -> Any:
    """The same with every id that is digits as a number, and every number that is an id as text."""
    match value:
        case dict():
            return {name: swapped(each) if name.endswith(IDS) else numbered(each) for name, each in value.items()}
        case list():
            return [numbered(each) for each in value]
        case _:
            return value


def swapped(value: Any) -> Any:
    if isinstance(value, int):
        return str(value)
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def without(body: JSON, *fields: str) -> JSON:
    return {name: each for name, each in deepcopy(body).items() if name not in fields}


PLAYS: dict[str, Callable[[WireStory], Awaitable[None]]] = by_id(globals())


@pytest.mark.parametrize("row", rows_of("D"), ids=str)
async def test_it_ends_as_the_table_says(row: Row):
    story = WireStory(row.channel)
    await PLAYS[row.id](story)
    assert story.outcome() == row.expects()
    given = OPENED + 2 if row.cells["stock"] == "returned" else OPENED
    assert story.levels["TEE"] == given
