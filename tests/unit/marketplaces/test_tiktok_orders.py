"""TikTok Shop's orders with their cancellations, as the ingestor sees them."""

from datetime import UTC, datetime
from typing import Any

import hypothesis
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.values import Money, Order
from marketplaces.seen import OrderSeen, RequestedLine, RequestSeen
from marketplaces.tiktok.cancellations import described_lines, request_seen
from marketplaces.tiktok.orders import order_seen, with_requests

STARTED, ENDED = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def a_line(number: int = 1, **changed: Any) -> dict[str, Any]:
    return {
        "id": f"576000000000000100{number}",
        "product_id": "1729000000000000001",
        "product_name": "T-shirt",
        "sku_id": "1720000000000000001",
        "sku_name": "Blue, M",
        "seller_sku": "TS-BLU-M",
        "sku_image": "https://img.test/1",
        "currency": "MYR",
        "sale_price": "41.00",
        "display_status": "AWAITING_SHIPMENT",
        "is_gift": False,
        **changed,
    }


def an_order(**changed: Any) -> dict[str, Any]:
    return {
        "id": "5760000000000000001",
        "status": "AWAITING_SHIPMENT",
        "create_time": 1759990000,
        "update_time": 1759990100,
        "paid_time": 1759990050,
        "is_cod": False,
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "shipping_type": "SELLER",
        "user_id": "7000000000000000001",
        "payment": {"currency": "MYR", "total_amount": "86.90"},
        "line_items": [a_line(1), a_line(2)],
        **changed,
    }


def a_cancellation(**changed: Any) -> dict[str, Any]:
    return {
        "cancel_id": "4030000000000000001",
        "order_id": "5760000000000000001",
        "cancel_type": "BUYER_CANCEL",
        "cancel_status": "CANCELLATION_REQUEST_PENDING",
        "role": "BUYER",
        "cancel_reason": "ecom_order_to_ship_canceled_reason_wrong_delivery_info",
        "cancel_reason_text": "Wrong delivery information",
        "create_time": 1760000000,
        "update_time": 1760000001,
        "seller_next_action_response": [{"action": "SELLER_RESPOND_CANCEL", "deadline": 1760172800}],
        "refund_amount": {"currency": "MYR", "refund_total": "86.90"},
        "cancel_line_items": [
            {
                "cancel_line_item_id": "1",
                "order_line_item_id": "5760000000000001001",
                "sku_id": "1720000000000000001",
                "seller_sku": "TS-BLU-M",
            },
            {
                "cancel_line_item_id": "2",
                "order_line_item_id": "5760000000000001002",
                "sku_id": "1720000000000000001",
                "seller_sku": "TS-BLU-M",
            },
        ],
        **changed,
    }


def request(**changed: Any) -> RequestSeen:
    found = request_seen(a_cancellation(**changed))
    assert found is not None
    return found


def seen(*cancellations: dict[str, Any], **changed: Any) -> OrderSeen:
    found = order_seen(an_order(**changed), shop_id="749", region="MY", started=STARTED, ended=ENDED)
    assert found is not None
    requests = [parsed for given in cancellations if (parsed := request_seen(given)) is not None]
    return with_requests(found, requests, described=[line for given in cancellations for line in described_lines(given)])


@pytest.mark.parametrize(
    ("word", "status", "parcel", "arranged"),
    [
        ("UNPAID", "unpaid", "not_arranged", False),
        ("ON_HOLD", "on_hold", "not_arranged", False),
        ("AWAITING_SHIPMENT", "new", "not_arranged", False),
        ("AWAITING_COLLECTION", "ready_to_ship", "arranged", True),
        ("PARTIALLY_SHIPPING", "ready_to_ship", "arranged", True),
        ("IN_TRANSIT", "shipped", "handed_over", True),
        ("DELIVERED", "shipped", "handed_over", True),
        ("COMPLETED", "shipped", "handed_over", True),
        ("CANCELLED", "cancelled", "not_arranged", False),
        ("CANCEL", "cancelled", "not_arranged", False),
        ("SOMETHING_NEW", "unknown", "unknown", None),
    ],
)
def test_status_is_that_of_the_contract(word, status, parcel, arranged):
    order = seen(status=word)
    assert (order.status, order.status_alone, order.parcel.state, order.was_arranged) == (status, status, parcel, arranged)


@pytest.mark.parametrize("changed", [{"rts_time": 1759990200}, {"line_items": [a_line(1), a_line(2, tracking_number="TRK1")]}])
def test_a_cancelled_order_that_had_been_arranged_is_known_by_its_marks(changed):
    order = seen(status="CANCELLED", **changed)
    assert order.was_arranged is True
    assert order.parcel.state == "arranged"


def test_each_package_of_a_split_order_has_its_number():
    lines = [a_line(1, tracking_number="TRK1"), a_line(2, tracking_number="TRK2"), a_line(3, tracking_number="TRK1"), a_line(4)]
    parcel = seen(status="AWAITING_COLLECTION", line_items=lines).parcel
    assert (parcel.tracking_no, parcel.other_tracking_nos) == ("TRK1", ("TRK2",))


def test_a_request_that_waits_for_the_seller():
    found = request()
    assert (found.native_id, found.state, found.asks_seller, found.started_by) == ("4030000000000000001", "open", True, "buyer")
    assert found.respond_by == datetime.fromtimestamp(1760172800, UTC)
    assert found.requested_at == datetime.fromtimestamp(1760000000, UTC)
    assert found.refund_total == Money(amount="86.90", currency="MYR")
    assert found.reason.code == "ecom_order_to_ship_canceled_reason_wrong_delivery_info"
    assert found.lines == (RequestedLine("5760000000000001001", 1), RequestedLine("5760000000000001002", 1))
    assert found.should_replenish_stock is None


@pytest.mark.parametrize(
    "changed",
    [
        {"cancel_type": "CANCEL"},
        {"seller_next_action_response": []},
        {"seller_next_action_response": None},
        {"seller_next_action_response": [{"action": "SOMETHING_ELSE", "deadline": 1760172800}]},
        {"cancel_status": "CANCELLATION_REQUEST_SUCCESS"},
        {"cancel_status": "CANCELLATION_REQUEST_WHATEVER"},
    ],
)
def test_nothing_else_waits_for_the_seller(changed):
    assert request(**changed).asks_seller is False


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("PENDING", "open"),
        ("SUCCESS", "accepted"),
        ("COMPLETE", "completed"),
        ("CANCEL", "closed"),
        ("CANCELLED", "closed"),
        ("REJECTED", "unknown"),
    ],
)
def test_states(word, state):
    assert request(cancel_status=f"CANCELLATION_REQUEST_{word}").state == state


def test_an_open_buyer_request_holds_the_order_whatever_it_says():
    order = seen(a_cancellation())
    assert (order.status, order.status_alone) == ("cancel_requested", "new")
    assert seen(a_cancellation(), status="AWAITING_COLLECTION").status_alone == "ready_to_ship"


def test_a_parcel_that_left_is_shipped_although_a_request_is_open():
    assert seen(a_cancellation(), status="IN_TRANSIT").status == "shipped"


def test_a_closed_request_holds_nothing():
    assert seen(a_cancellation(cancel_status="CANCELLATION_REQUEST_CANCELLED")).status == "new"


@pytest.mark.parametrize("word", ["SUCCESS", "COMPLETE"])
def test_an_accepted_request_means_cancelled_whatever_the_order_says(word):
    order = seen(a_cancellation(cancel_status=f"CANCELLATION_REQUEST_{word}"))
    assert (order.status, order.status_alone) == ("cancelled", "new")
    assert order.cancelled is not None
    assert (order.cancelled.by, order.cancelled.at) == ("buyer", datetime.fromtimestamp(1760000001, UTC))
    assert order.cancelled_everything


def test_an_accepted_request_for_some_units_leaves_the_rest():
    part = a_cancellation(cancel_status="CANCELLATION_REQUEST_SUCCESS", cancel_line_items=[{"order_line_item_id": "5760000000000001001"}])
    order = seen(part)
    assert order.status == "new"
    assert [line.cancelled_quantity for line in order.lines] == [1, 0]


def test_two_accepted_requests_may_cover_it_all():
    first = a_cancellation(cancel_status="CANCELLATION_REQUEST_COMPLETE", cancel_line_items=[{"order_line_item_id": "5760000000000001001"}])
    second = {
        **first,
        "cancel_id": "4030000000000000002",
        "create_time": 1760000009,
        "cancel_line_items": [{"order_line_item_id": "5760000000000001002"}],
    }
    order = seen(second, first)
    assert order.status == "cancelled"
    assert [found.native_id for found in order.requests] == ["4030000000000000001", "4030000000000000002"]


def test_a_request_without_lines_covers_the_whole_order():
    order = seen(a_cancellation(cancel_line_items=None))
    assert len(order.requests[0].lines) == 2


def test_lines_that_the_order_does_not_list_are_taken_from_the_request():
    order = seen(a_cancellation(), line_items=[a_line(1)])
    assert [line.line_id for line in order.lines] == ["5760000000000001001", "5760000000000001002"]
    assert order.lines[1].sku == "TS-BLU-M"


@pytest.mark.parametrize(
    ("word", "by"),
    [("BUYER", "buyer"), ("SELLER", "seller"), ("SYSTEM", "system"), ("OPERATOR", "system"), (None, "unknown"), ("?", "unknown")],
)
def test_a_cancelled_order_says_by_whom(word, by):
    order = seen(status="CANCELLED", cancellation_initiator=word, cancel_time=1760000500, cancel_reason="some_reason")
    assert order.cancelled is not None
    assert (order.cancelled.by, order.cancelled.at, order.cancelled.reason.code) == (
        by,
        datetime.fromtimestamp(1760000500, UTC),
        "some_reason",
    )


@pytest.mark.parametrize(
    ("changed", "paid"),
    [
        ({"paid_time": None, "status": "UNPAID"}, False),
        ({"paid_time": 0, "status": "CANCELLED"}, False),
        ({"paid_time": None, "status": "CANCELLED", "is_cod": True}, True),
        ({"paid_time": None, "status": "AWAITING_SHIPMENT"}, True),
        ({"paid_time": None, "status": "SOMETHING_NEW"}, None),
    ],
)
def test_whether_it_was_paid(changed, paid):
    assert seen(**changed).was_paid is paid


def test_tiktoks_own_warehouse_is_the_marketplace():
    assert seen(fulfillment_type="FULFILLMENT_BY_TIKTOK").fulfilled_by == "marketplace"


@pytest.mark.parametrize(("given", "advised"), [(True, True), (False, False), ("false", False), (None, None)])
def test_whether_units_go_back_is_tiktoks_word(given, advised):
    assert request(should_replenish_stock=given).should_replenish_stock is advised


def test_ids_may_be_numbers():
    numbers = a_cancellation(cancel_id=4030000000000000001, order_id=5760000000000000001)
    assert request_seen(numbers) == request_seen(a_cancellation())


@hypothesis.settings(deadline=None)  # the machine may be busy
@given(
    order=st.dictionaries(st.sampled_from(sorted(an_order())), JSON),
    line=st.dictionaries(st.sampled_from(sorted(a_line())), JSON),
    cancellation=st.dictionaries(st.sampled_from(sorted(a_cancellation())), JSON),
)
def test_nothing_in_an_answer_crashes_it(order, line, cancellation):
    given_order = {**an_order(line_items=[a_line(1, **line), a_line(2)]), **order}
    found = order_seen(given_order, shop_id="749", region="MY", started=STARTED, ended=ENDED)
    parsed = request_seen(a_cancellation(**cancellation))
    if found is None:
        return
    found = with_requests(found, [parsed] if parsed else [], described=described_lines(a_cancellation(**cancellation)))
    msgspec.json.decode(msgspec.json.encode(found.total), type=Money | None)
    order = Order(seller_id="s", channel="tiktok", shop_id="749", order_ref=found.order_ref, region=found.region)
    assert msgspec.json.decode(msgspec.json.encode(order), type=Order) == order
    assert {line.line_id for each in found.requests for line in each.lines} <= {line.line_id for line in found.lines}
