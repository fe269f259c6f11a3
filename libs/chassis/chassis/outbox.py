"""Events leave through a table: written in the transaction of the change, published by the relay."""

from collections.abc import Sequence
from typing import Any

import msgspec

from chassis import tracing
from chassis.database import Transaction
from contracts import event as events_on_the_wire
from contracts.event import CONTENT_TYPE, Event

Headers = Sequence[tuple[str, bytes | None]]

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[tuple[str, bytes | None]]).decode
_PLAIN_HEADERS = [("content-type", CONTENT_TYPE.encode())]
_PLAIN = _pack(_PLAIN_HEADERS)

_COLUMNS = ("event_id", "topic", "key", "value", "headers")


class Record(msgspec.Struct, frozen=True):
    """A row of the outbox before it has a number."""

    event_id: str
    topic: str
    key: bytes | None
    value: bytes | None
    headers: bytes


def pack_headers(headers: Headers) -> bytes:
    """Headers as stored: order, repetition, null and bytes are kept."""
    return _pack(list(headers))


def unpack_headers(packed: bytes) -> list[tuple[str, bytes | None]]:
    return list(_PLAIN_HEADERS) if packed == _PLAIN else _unpack(packed)


async def add(tx: Transaction, events: Sequence[Event[Any]]) -> None:
    """Announce these events when (and only if) the transaction commits.

    Lock the aggregate's row first: then the order of insertion is the order of the changes. An event that is too large raises
    `asyncpg.CheckViolationError`.
    """
    await add_records(tx, [_record(event) for event in events])


async def add_records(tx: Transaction, records: Sequence[Record]) -> None:
    """Put ready-made records into the outbox, in this order."""
    if records:
        # COPY: half the cost of an insert, and rows are numbered in their order.
        await tx.copy_records_to_table("outbox", columns=_COLUMNS, records=map(msgspec.structs.astuple, records))


def _record(event: Event[Any]) -> Record:
    headers = _PLAIN
    if traceparent := event.traceparent or tracing.current():
        headers = _pack([("content-type", CONTENT_TYPE.encode()), ("traceparent", traceparent.encode())])
    key, value = events_on_the_wire.encode_with_key(event)
    return Record(event.id, event.topic.name, key, value, headers)
