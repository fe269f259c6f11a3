"""Shopee's order detail, as the ingestor sees it."""

from datetime import UTC, datetime
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values import Money, Order, Parcel
from marketplaces.seen import OrderSeen, RequestedLine
from marketplaces.shopee.orders import STATUS, order_seen, status_of

STARTED, ENDED = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def an_item(**changed: Any) -> dict[str, Any]:
    return {
        "item_id": 5001,
        "item_name": "T-shirt",
        "item_sku": "TS",
        "model_id": 6001,
        "model_name": "Blue, M",
        "model_sku": "TS-BLU-M",
        "model_quantity_purchased": 2,
        "model_original_price": 25.5,
        "model_discounted_price": 20.5,
        "image_info": {"image_url": "https://img.test/1"},
        "promotion_type": "",
        **changed,
    }


def an_order(**changed: Any) -> dict[str, Any]:
    return {
        "order_sn": "2401010EXAMPLE",
        "region": "MY",
        "currency": "MYR",
        "cod": False,
        "order_status": "IN_CANCEL",
        "create_time": 1699990000,
        "update_time": 1700000000,
        "pay_time": 1699990100,
        "total_amount": 45.9,
        "buyer_user_id": 777,
        "buyer_cancel_reason": "Need to change delivery address",
        "cancel_by": "",
        "cancel_reason": "",
        "fulfillment_flag": "fulfilled_by_local_seller",
        "item_list": [an_item()],
        "package_list": [{"package_number": "P1", "logistics_status": "LOGISTICS_REQUEST_CREATED", "shipping_carrier": "SPX"}],
        **changed,
    }


def seen(**changed: Any) -> OrderSeen:
    found = order_seen(an_order(**changed), shop_id="200001", region="MY", started=STARTED, ended=ENDED)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("UNPAID", "unpaid"),
        ("PENDING", "on_hold"),
        ("READY_TO_SHIP", "new"),
        ("PROCESSED", "ready_to_ship"),
        ("RETRY_SHIP", "ready_to_ship"),
        ("IN_CANCEL", "cancel_requested"),
        ("SHIPPED", "shipped"),
        ("TO_CONFIRM_RECEIVE", "shipped"),
        ("TO_RETURN", "shipped"),
        ("COMPLETED", "shipped"),
        ("CANCELLED", "cancelled"),
        ("INVOICE_PENDING", "unknown"),
        ("SOMETHING_NEW", "unknown"),
        (None, "unknown"),
    ],
)
def test_status_is_that_of_the_contract(word, status):
    assert seen(order_status=word).status == status
    assert status_of(word) == status


def test_an_order_in_cancel_has_one_open_request_that_waits_for_the_seller():
    order = seen()
    (request,) = order.requests
    assert (request.native_id, request.state, request.asks_seller) == ("2401010EXAMPLE", "open", True)
    assert request.update_time == datetime.fromtimestamp(1700000000, UTC)
    assert (request.requested_at, request.respond_by) == (None, None)
    assert request.reason.text == "Need to change delivery address"
    assert request.lines == (RequestedLine(line_id="5001:6001", quantity=2),)
    assert order.open_request is request
    assert order.request("2401010EXAMPLE") is request


@pytest.mark.parametrize("word", [word for word in STATUS if word != "IN_CANCEL"])
def test_any_other_order_has_none(word):
    assert seen(order_status=word).requests == ()


def test_what_is_known_of_the_order():
    order = seen()
    assert (order.channel, order.shop_id, order.order_ref, order.region) == ("shopee", "200001", "2401010EXAMPLE", "MY")
    assert order.total == Money(amount="45.9", currency="MYR")
    assert order.buyer_id == "777"
    assert order.was_paid is True
    assert order.fulfilled_by == "seller"
    assert order.parcel == Parcel(state="arranged", carrier="SPX")
    assert order.was_arranged is True
    assert order.cancelled is None
    (line,) = order.lines
    assert (line.line_id, line.item_id, line.variant_id, line.sku) == ("5001:6001", "5001", "6001", "TS-BLU-M")
    assert (line.name, line.variant, line.image_url) == ("T-shirt", "Blue, M", "https://img.test/1")
    assert (line.ordered_quantity, line.cancelled_quantity, line.unit_price) == (2, 0, Money(amount="20.5", currency="MYR"))


def test_the_same_item_repeated_is_summed():
    order = seen(item_list=[an_item(), an_item(model_quantity_purchased=3, promotion_type="add_on_deal_sub"), an_item(model_id=6002)])
    assert [(line.line_id, line.ordered_quantity) for line in order.lines] == [("5001:6001", 5), ("5001:6002", 2)]
    assert order.requests[0].lines == (RequestedLine("5001:6001", 5), RequestedLine("5001:6002", 2))


def test_an_item_without_models_has_no_variant_and_the_items_sku():
    (line,) = seen(item_list=[an_item(model_id=0, model_sku="", model_name="")]).lines
    assert (line.line_id, line.variant_id, line.sku, line.variant) == ("5001:0", None, "TS", None)


def test_a_sku_that_was_never_typed_is_none():
    (line,) = seen(item_list=[an_item(model_sku="", item_sku=" ")]).lines
    assert line.sku is None


def test_a_request_covers_what_was_asked_for_where_shopee_says_it():
    items = [an_item(cancel_requested_qty=1), an_item(model_id=6002, cancel_requested_qty=0)]
    assert seen(item_list=items).requests[0].lines == (RequestedLine("5001:6001", 1),)


def test_a_request_covers_everything_that_is_left_where_shopee_does_not_say():
    items = [an_item(cancelled_qty=1), an_item(model_id=6002, cancelled_qty=2)]
    order = seen(item_list=items)
    assert order.requests[0].lines == (RequestedLine("5001:6001", 1),)
    assert [line.cancelled_quantity for line in order.lines] == [1, 2]


@pytest.mark.parametrize(
    ("word", "by"),
    [("buyer", "buyer"), ("seller", "seller"), ("system", "system"), ("Ops", "system"), ("", "unknown"), ("who?", "unknown")],
)
def test_a_cancelled_order_says_by_whom(word, by):
    order = seen(order_status="CANCELLED", cancel_by=word, buyer_cancel_reason="", cancel_reason="BACKEND_LOGISTICS_NOT_STARTED")
    assert order.cancelled is not None
    assert (order.cancelled.by, order.cancelled.at) == (by, datetime.fromtimestamp(1700000000, UTC))
    assert order.cancelled.reason.code == "BACKEND_LOGISTICS_NOT_STARTED"
    assert order.cancelled_everything


def test_an_english_reason_is_no_code():
    assert seen(order_status="CANCELLED").cancelled.reason.code is None


@pytest.mark.parametrize(
    ("words", "state", "arranged"),
    [
        (["LOGISTICS_READY"], "not_arranged", False),
        (["LOGISTICS_INVALID"], "not_arranged", False),
        (["LOGISTICS_REQUEST_CANCELED"], "arranged", True),
        (["LOGISTICS_REQUEST_CREATED", "LOGISTICS_PICKUP_DONE"], "handed_over", True),
        (["LOGISTICS_READY", "LOGISTICS_REQUEST_CREATED"], "arranged", True),
        (["LOGISTICS_NEW_WORD"], "unknown", False),
        ([], "unknown", None),
    ],
)
def test_the_parcel_is_as_far_as_its_furthest_package(words, state, arranged):
    order = seen(package_list=[{"logistics_status": word} for word in words])
    assert (order.parcel.state, order.was_arranged) == (state, arranged)


def test_each_package_has_its_number_the_furthest_one_first():
    words = [("A", "LOGISTICS_READY"), ("B", "LOGISTICS_PICKUP_DONE"), ("A", "LOGISTICS_READY"), (None, "LOGISTICS_READY")]
    parcel = seen(package_list=[{"logistics_status": word, "tracking_number": number} for number, word in words]).parcel
    assert (parcel.tracking_no, parcel.other_tracking_nos) == ("B", ("A",))


@pytest.mark.parametrize(
    ("changed", "paid"),
    [
        ({"pay_time": None, "order_status": "UNPAID"}, False),
        ({"pay_time": None, "order_status": "CANCELLED"}, False),
        ({"pay_time": None, "cod": True, "order_status": "CANCELLED"}, True),
        ({"pay_time": None, "order_status": "PROCESSED"}, True),
        ({"pay_time": 1, "order_status": "CANCELLED"}, True),
        ({"pay_time": None, "order_status": "SOMETHING_NEW"}, None),
    ],
)
def test_whether_it_was_paid(changed, paid):
    assert seen(**changed).was_paid is paid


def test_shopees_own_warehouse_is_the_marketplace():
    assert seen(fulfillment_flag="fulfilled_by_shopee").fulfilled_by == "marketplace"


def test_ids_may_be_text_and_numbers_alike():
    items = [an_item(item_id="5001", model_id="6001", model_quantity_purchased="2")]
    assert seen(item_list=items).lines == seen().lines


@pytest.mark.parametrize("field", ["order_sn", "update_time"])
def test_an_order_that_cannot_be_told_or_ordered_is_left_out(field):
    order = an_order()
    del order[field]
    assert order_seen(order, shop_id="200001", region="MY", started=STARTED, ended=ENDED) is None


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(changes=st.dictionaries(st.sampled_from(sorted(an_order())), JSON), item=st.dictionaries(st.sampled_from(sorted(an_item())), JSON))
def test_nothing_in_an_order_crashes_it(changes, item):
    order = {**an_order(item_list=[an_item(**item), an_item()]), **changes}
    found = order_seen(order, shop_id="200001", region="MY", started=STARTED, ended=ENDED)
    if found is not None:
        # What goes on into an event must be readable there.
        msgspec.json.decode(msgspec.json.encode(found.total), type=Money | None)
        order = Order(seller_id="s", channel="shopee", shop_id="200001", order_ref=found.order_ref, region=found.region)
        assert msgspec.json.decode(msgspec.json.encode(order), type=Order) == order
        assert all(line.ordered_quantity > 0 and 0 <= line.cancelled_quantity <= line.ordered_quantity for line in found.lines)
        for request in found.requests:
            quantities = {line.line_id: line.ordered_quantity for line in found.lines}
            assert all(0 < line.quantity <= quantities[line.line_id] for line in request.lines)
