"""An event as it travels: what is read, what is refused and how, what is written."""

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts import topics
from contracts.cancel_decisions import CancelReverted
from contracts.cancel_requests import CancelRequestClosed, CancelRequested
from contracts.event import Event, Undecodable, UnknownType, announce, decode, encode
from contracts.generate import EXAMPLES
from contracts.order_status import OrderStatusChanged
from contracts.shop_status import ShopStatusChanged
from contracts.stock_movements import StockAdjusted
from contracts.sync_outcomes import OutcomeDelayed
from contracts.topics import EVENT_TYPES, TOPIC_OF, TOPICS, EventType
from contracts.values import DelayCause, FoundBy, Hold, Line, Money, OpenList, Parcel, Reason

NOW = datetime(2026, 11, 21, 8, 10, 33, tzinfo=UTC)
EVERY = pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.slug)


def an_event(slug: str = "cancel-requested.v1", size: str = "fullest", **data: Any) -> dict[str, Any]:
    event = json.loads((EXAMPLES / slug / f"{size}.json").read_text("utf-8"))
    event["data"] |= data
    return event


def read(event: dict[str, Any] | str | bytes) -> Event[Any]:
    value = event if isinstance(event, bytes) else (event if isinstance(event, str) else json.dumps(event)).encode()
    kind = EVENT_TYPES[json.loads(value)["type"]]
    return decode(value, TOPIC_OF[kind.data])


def some_data(kind: EventType) -> Any:
    return read(an_event(kind.slug)).data


# Who may write what


def test_an_event_of_a_foreign_producer_is_read() -> None:
    event = an_event(found_by="carrier pigeon", mood="cross") | {
        "source": "https://lazada.example/cancellations",
        "id": "not a uuid",
        "specversion": "1.0",
        "partitionkey": "whatever",
        "sequence": 7,
        "tracestate": "x",
    }
    del event["correlationid"], event["causationid"]
    event["data"]["order"] |= {"channel": "lazada", "warehouse": 9}
    event["data"]["lines"][0]["colour"] = {"r": 1}
    seen = read(event)
    assert (seen.source, seen.id) == ("https://lazada.example/cancellations", "not a uuid")
    assert seen.key == "lazada:7495540735365777507:577213906418532281"
    assert seen.correlationid == seen.data.request_id
    assert seen.causationid is None
    assert seen.data.found_by is FoundBy.UNKNOWN
    assert json.loads(encode(seen))["partitionkey"] == seen.key


def test_an_event_without_a_request_is_correlated_by_itself() -> None:
    event = an_event("shop-status-changed.v1") | {"correlationid": None}
    assert read(event).correlationid == event["id"]


@pytest.mark.parametrize("values", OpenList.__subclasses__(), ids=lambda values: values.__name__)
def test_an_open_list_reads_what_it_does_not_know_as_unknown(values: type[OpenList]) -> None:
    assert msgspec.json.decode(b'"a value of next year"', type=values) == "unknown"
    assert [msgspec.json.decode(msgspec.json.encode(each), type=values) for each in values] == list(values)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b"5", type=values)


@pytest.mark.parametrize(
    ("slug", "field", "unknown"),
    [
        ("cancel-requested.v1", "found_by", FoundBy.UNKNOWN),
        ("cancel-lapsed.v1", "because", "unknown"),
        ("order-status-changed.v1", "hold", Hold.UNKNOWN),
        ("stock-adjusted.v1", "reason", "unknown"),
        ("outcome-delayed.v1", "cause", DelayCause.UNKNOWN),
        ("outcome-refused.v1", "because", "unknown"),
    ],
)
def test_every_open_field_reads_an_unknown_value(slug: str, field: str, unknown: str) -> None:
    assert getattr(read(an_event(slug, **{field: "next_year"})).data, field) == unknown


@pytest.mark.parametrize(
    ("slug", "field"),
    [
        ("cancel-requested.v1", "reject_reason"),
        ("cancel-requested.v1", "order_status_before"),
        ("cancel-request-closed.v1", "outcome"),
        ("cancelled-elsewhere.v1", "cancelled_by"),
        ("cancel-reverted.v1", "why"),
        ("order-status-changed.v1", "status"),
        ("stock-restored.v1", "condition"),
        ("outcome-synced.v1", "action"),
        ("shop-status-changed.v1", "state"),
    ],
)
def test_a_closed_list_refuses_an_unknown_value(slug: str, field: str) -> None:
    with pytest.raises(Undecodable, match=field):
        read(an_event(slug, **{field: "next_year"}))


@EVERY
def test_absent_and_null_mean_the_same(kind: EventType) -> None:
    smallest = an_event(kind.slug, "smallest")
    with_nulls = json.loads(json.dumps(smallest))
    nulled(kind.data, with_nulls["data"])
    with_nulls["causationid"] = None
    assert with_nulls != smallest or not any(field.encode_name not in smallest["data"] for field in msgspec.structs.fields(kind.data))
    assert read(with_nulls) == read(smallest)


def nulled(kind: Any, data: dict[str, Any]) -> None:
    for field in msgspec.structs.fields(kind):
        data.setdefault(field.name, None)
    for line in data.get("lines") or ():
        if kind in (CancelRequested, CancelRequestClosed):
            nulled(Line, line)
    if kind is CancelRequested:
        nulled(Parcel, data["parcel"])
        nulled(Reason, data["reason"])


def test_null_where_a_value_must_be_is_refused() -> None:
    with pytest.raises(Undecodable, match="shop_name"):
        read(an_event(shop_name=None))
    with pytest.raises(Undecodable, match="lines"):
        read(an_event(lines=[None]))


# Time


@pytest.mark.parametrize("naive", ["2026-11-21T08:00:00", "2026-11-21", "21.11.2026", 1795248000, ""])
def test_a_time_without_a_zone_is_refused(naive: Any) -> None:
    with pytest.raises(Undecodable, match="requested_at"):
        read(an_event(requested_at=naive))
    with pytest.raises(Undecodable, match="time"):
        read(an_event() | {"time": naive})


def test_other_zones_are_read_as_utc_and_written_with_z() -> None:
    event = an_event(requested_at="2026-11-21T16:02:11+08:00", respond_by="2026-11-23T16:02:11.5+08:00") | {
        "time": "2026-11-21T16:02:11+08:00"
    }
    seen = read(event)
    assert seen.time == seen.data.requested_at == datetime(2026, 11, 21, 8, 2, 11, tzinfo=UTC)
    assert {seen.time.tzinfo, seen.data.requested_at.tzinfo, seen.data.respond_by.tzinfo, seen.data.ordered_at.tzinfo} == {UTC}
    written = json.loads(encode(seen))
    assert (written["time"], written["data"]["requested_at"], written["data"]["respond_by"]) == (
        "2026-11-21T08:02:11Z",
        "2026-11-21T08:02:11Z",
        "2026-11-23T08:02:11.500000Z",
    )
    assert read(json.dumps(written)) == seen


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_utc_cannot_express_is_refused(edge: str) -> None:
    with pytest.raises(Undecodable):
        read(an_event(requested_at=edge))
    with pytest.raises(Undecodable):
        read(an_event() | {"time": edge})


# What is no event


def test_an_event_of_another_topic_or_of_nobody_is_an_unknown_type() -> None:
    with pytest.raises(UnknownType, match=r"com.zetpy.cancel-approved.v1 is not carried by cancel-requests"):
        decode(json.dumps(an_event("cancel-approved.v1")).encode(), topics.CANCEL_REQUESTS)
    with pytest.raises(UnknownType, match=r"cancel-requested.v2"):
        decode(json.dumps(an_event() | {"type": "com.zetpy.cancel-requested.v2", "data": 5}).encode(), topics.CANCEL_REQUESTS)


@pytest.mark.parametrize("attribute", ["id", "source", "type", "time", "data"])
def test_an_attribute_that_must_be_is_missed(attribute: str) -> None:
    event = an_event()
    del event[attribute]
    with pytest.raises(Undecodable, match=attribute):
        decode(json.dumps(event).encode(), topics.CANCEL_REQUESTS)


@pytest.mark.parametrize("attribute", ["id", "source"])
def test_an_empty_identity_is_none(attribute: str) -> None:
    """Two events with it would pass for one, and the second would be lost."""
    with pytest.raises(Undecodable, match=attribute):
        read(an_event() | {attribute: ""})


@pytest.mark.parametrize(
    ("slug", "data", "where"),
    [
        ("cancel-requested.v1", {"lines": []}, "lines"),
        ("cancel-requested.v1", {"request_id": "25dccb04-4cd3-533f-aef6-9488e5982942\n"}, "request_id"),
        ("cancel-requested.v1", {"request_id": "no-uuid"}, "request_id"),
        ("cancel-requested.v1", {"observation": 0}, "observation"),
        ("cancel-requested.v1", {"observation": 2**31}, "observation"),
        ("cancel-requested.v1", {"observation": 10**400}, "observation"),
        ("cancel-requested.v1", {"observation": 1.5}, "observation"),
        ("cancel-requested.v1", {"observation": True}, "observation"),
        ("cancel-requested.v1", {"observation": "1"}, "observation"),
        ("cancel-requested.v1", {"native_id": ""}, "native_id"),
        ("cancel-requested.v1", {"order_total": {"amount": "1e3", "currency": "MYR"}}, "amount"),
        ("cancel-requested.v1", {"order_total": {"amount": "1.00\n", "currency": "MYR"}}, "amount"),
        ("cancel-requested.v1", {"order_total": {"amount": 1.5, "currency": "MYR"}}, "amount"),
        ("cancel-requested.v1", {"order_total": {"amount": "1.50", "currency": "RM"}}, "currency"),
        ("cancel-approved.v1", {"note": "x" * 501}, "note"),
        ("stock-restored.v1", {"quantity": 0}, "quantity"),
        ("stock-restored.v1", {"quantity": -1}, "quantity"),
        ("stock-restored.v1", {"available_after": 2**63}, "available_after"),
    ],
)
def test_data_that_break_their_contract_are_refused_with_the_place(slug: str, data: dict[str, Any], where: str) -> None:
    with pytest.raises(Undecodable, match=where):
        read(an_event(slug, **data))


def hostile(inner: str) -> bytes:
    return json.dumps(an_event("shop-status-changed.v1")).replace('"Astra Home PH"', inner).encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x00",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        b"5",
        b"NaN",
        b"\xef\xbb\xbf{}",
        b'{"id": "\xff"}',
        b"[" * 200_000,
        b'{"data":' * 200_000,
        hostile('"x", "new": ' + "[" * 200_000 + "]" * 200_000),
        hostile('"x", "new": ' + '{"a":' * 200_000),
        hostile("NaN"),
        hostile("Infinity"),
        hostile("1" * 100_000),
        hostile('"\\ud800"'),
        hostile('"\udcff"'),
        hostile('"x", "shop_revision": ' + "9" * 100_000),
        hostile('"x", "shop_revision": 1e400'),
        hostile('"x", "shop_revision": -0'),
        hostile('"x'),
        hostile('"x"}'),
    ],
    ids=lambda value: repr(value[:24]),
)
def test_hostile_bytes_are_undecodable(value: bytes) -> None:
    with pytest.raises(Undecodable):
        decode(value, topics.SHOP_STATUS)


def test_of_a_repeated_key_the_last_counts() -> None:
    assert (
        read(hostile('"first", "name": "last"').replace(b'"shop_revision": 8812', b'"shop_revision": 1, "shop_revision": 8812')).data.name
        == "last"
    )


@given(st.binary(max_size=200))
@example(b"\xc3\x28")
def test_any_bytes_are_an_event_or_refused(value: bytes) -> None:
    for topic in TOPICS:
        with pytest.raises((Undecodable, UnknownType)):
            decode(value, topic)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["unknown", "2026-11-21T08:00:00+08:00", "1.0"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=400)
@given(st.sampled_from(list(EVENT_TYPES.values())), st.data())
def test_an_event_with_anything_in_it_is_read_or_refused_and_what_is_read_can_be_written(kind: EventType, draw: st.DataObject) -> None:
    """One field anywhere has any value; whoever reads it again reads the same."""
    event = an_event(kind.slug)
    node: Any = event
    while isinstance(node, dict | list) and node:
        steps = list(node) if isinstance(node, dict) else list(range(len(node)))
        step = draw.draw(st.sampled_from(steps))
        if not isinstance(node[step], dict | list) or not node[step] or draw.draw(st.booleans()):
            node[step] = draw.draw(JSON)
            break
        node = node[step]
    try:
        seen = decode(json.dumps(event).encode(), TOPIC_OF[kind.data])
    except (Undecodable, UnknownType):
        return
    assert decode(encode(seen), seen.topic) == seen


@settings(max_examples=200)
@given(st.sampled_from(list(EVENT_TYPES.values())), st.data())
def test_damaged_bytes_are_read_or_refused(kind: EventType, draw: st.DataObject) -> None:
    value = bytearray((EXAMPLES / kind.slug / "fullest.json").read_bytes())
    for _ in range(draw.draw(st.integers(1, 5))):
        value[draw.draw(st.integers(0, len(value) - 1))] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(Undecodable, UnknownType):
        decode(bytes(value[: draw.draw(st.integers(0, len(value)))]), TOPIC_OF[kind.data])


# What we say ourselves


@EVERY
def test_the_same_thing_said_twice_is_the_same_event(kind: EventType) -> None:
    data = some_data(kind)
    first, again = (announce(data, source="/zetpy/x", time=NOW + timedelta(hours=hour)) for hour in (0, 1))
    assert first.id == again.id


COUNTERS = {
    "cancel-requested.v1": {"observation": 99},
    "cancel-request-closed.v1": {"observation": 99},
    "order-cancelled.v1": {"observation": 99},
    "cancel-approved.v1": {"revision": 99},
    "cancel-rejected.v1": {"revision": 99},
    "cancelled-elsewhere.v1": {"revision": 99},
    "cancel-lapsed.v1": {"revision": 99},
    "cancel-reverted.v1": {"revision": 99},
    "sync-retry-requested.v1": {"revision": 99, "attempt": 99},
    "order-status-changed.v1": {"order_revision": 99},
    "stock-restored.v1": {"movement_id": "00000000-0000-0000-0000-000000000099"},
    "stock-reversed.v1": {"movement_id": "00000000-0000-0000-0000-000000000099"},
    "stock-adjusted.v1": {"movement_id": "00000000-0000-0000-0000-000000000099"},
    "stock-unmatched.v1": {"request_id": "00000000-0000-0000-0000-000000000099", "revision": 99, "line_id": "99"},
    "stock-settled.v1": {"revision": 99},
    "outcome-synced.v1": {"revision": 99, "attempt": 99, "action": "reject"},
    "outcome-delayed.v1": {"revision": 99, "attempt": 99, "action": "reject"},
    "outcome-refused.v1": {"revision": 99, "attempt": 99, "action": "approve"},
    "outcome-failed.v1": {"revision": 99, "attempt": 99, "action": "reject"},
    "shop-status-changed.v1": {"shop_revision": 99},
}


@EVERY
def test_another_counter_is_another_event_and_no_other_field_is(kind: EventType) -> None:
    data = some_data(kind)
    said = announce(data, source="/zetpy/x", time=NOW)
    ids = {
        announce(msgspec.structs.replace(data, **{name: value}), source="/zetpy/x", time=NOW).id
        for name, value in COUNTERS[kind.slug].items()
    }
    assert len(ids) == len(COUNTERS[kind.slug])
    assert said.id not in ids
    optional = [field.name for field in msgspec.structs.fields(kind.data) if field.default is None and field.name != "sku"]
    without = msgspec.structs.replace(data, **dict.fromkeys(optional))
    assert announce(without, source="/zetpy/x", time=NOW).id == said.id


def test_events_of_different_types_about_one_thing_differ() -> None:
    events = [read(an_event(slug)) for slug in ("cancel-approved.v1", "cancel-rejected.v1")]
    assert events[0].data.revision == events[1].data.revision
    assert events[0].id != events[1].id


@EVERY
def test_the_key_is_the_partition_key(kind: EventType) -> None:
    said = announce(some_data(kind), source="/zetpy/x", time=NOW)
    assert json.loads(encode(said))["partitionkey"] == said.key


@pytest.mark.parametrize(
    ("sku", "key"), [("MUG", "seller-b:MUG"), (None, "seller-b:item:1731120045123962958"), ("", "seller-b:item:1731120045123962958")]
)
def test_a_line_without_sku_is_keyed_by_its_item(sku: str | None, key: str) -> None:
    said = announce(msgspec.structs.replace(read(an_event("stock-unmatched.v1")).data, sku=sku), source="/zetpy/x", time=NOW)
    assert said.key == said.subject == key


def test_an_event_names_its_cause_and_its_correlation() -> None:
    cause = read(an_event("cancel-requested.v1"))
    answer = announce(some_data(EVENT_TYPES["com.zetpy.cancel-approved.v1"]), source="/zetpy/decision", time=NOW, cause=cause)
    assert (answer.causationid, answer.correlationid) == (cause.id, cause.data.request_id)
    shop = announce(some_data(EVENT_TYPES["com.zetpy.shop-status-changed.v1"]), source="/zetpy/ingestor", time=NOW)
    assert (shop.causationid, shop.correlationid) == (None, shop.id)


def test_the_envelope_is_as_the_standard_wants_it() -> None:
    said = announce(some_data(EVENT_TYPES["com.zetpy.cancel-approved.v1"]), source="/zetpy/decision", time=NOW)
    written = json.loads(encode(said))
    del written["data"]
    assert written == {
        "specversion": "1.0",
        "id": said.id,
        "source": "/zetpy/decision",
        "type": "com.zetpy.cancel-approved.v1",
        "subject": said.data.request_id,
        "time": "2026-11-21T08:10:33Z",
        "datacontenttype": "application/json",
        "dataschema": "urn:zetpy:schema:cancel-approved:v1",
        "partitionkey": said.data.order.key,
        "sellerid": "seller-a",
        "correlationid": said.data.request_id,
    }


def test_a_trace_goes_beside_the_event() -> None:
    event = json.dumps(an_event()).encode()
    assert decode(event, topics.CANCEL_REQUESTS, traceparent="00-1-2-01").traceparent == "00-1-2-01"
    assert b"traceparent" not in encode(decode(event, topics.CANCEL_REQUESTS, traceparent="00-1-2-01"))


def test_a_moment_without_a_zone_is_not_announced() -> None:
    data = some_data(EVENT_TYPES["com.zetpy.shop-status-changed.v1"])
    with pytest.raises(ValueError, match="zone"):
        announce(data, source="/zetpy/ingestor", time=NOW.replace(tzinfo=None))
    assert announce(data, source="/zetpy/ingestor", time=NOW.astimezone(timezone(timedelta(hours=8)))).time.tzinfo is UTC


@pytest.mark.parametrize(
    ("slug", "change", "where"),
    [
        ("shop-status-changed.v1", {"changed_at": NOW.replace(tzinfo=None)}, "changed_at"),
        ("shop-status-changed.v1", {"state": "asleep"}, "state"),
        ("shop-status-changed.v1", {"shop_id": 7}, "shop_id"),
        ("cancel-requested.v1", {"lines": ()}, "lines"),
        ("cancel-requested.v1", {"order_total": Money(amount="1E+3", currency="MYR")}, "amount"),
        ("cancel-approved.v1", {"note": "x" * 501}, "note"),
        ("stock-restored.v1", {"quantity": 0}, "quantity"),
    ],
)
def test_what_no_consumer_could_read_is_not_written(slug: str, change: dict[str, Any], where: str) -> None:
    event = read(an_event(slug))
    with pytest.raises(ValueError, match=where):
        encode(msgspec.structs.replace(event, data=msgspec.structs.replace(event.data, **change)))


def test_an_open_field_of_ours_is_written_as_its_word() -> None:
    data = some_data(EVENT_TYPES["com.zetpy.outcome-delayed.v1"])
    assert isinstance(data, OutcomeDelayed)
    assert json.loads(encode(announce(data, source="/zetpy/sync-back", time=NOW)))["data"]["cause"] == "throttled"


def test_what_is_empty_is_still_said_where_it_must_be() -> None:
    written = an_event("cancel-reverted.v1", "smallest")
    assert written["data"]["lines"] == []
    assert read(written).data == msgspec.convert(written["data"], CancelReverted)


def test_a_request_that_ended_is_not_a_request_that_waits() -> None:
    """A `match` that asks for the one first would take the other one's branch."""
    assert not issubclass(CancelRequestClosed, CancelRequested)


def test_every_type_is_known_by_its_data() -> None:
    for data in (OrderStatusChanged, ShopStatusChanged, StockAdjusted):
        assert topics.TYPE_OF[data].data is data
