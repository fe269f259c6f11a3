"""A Kafka record as a consumer sees it: an event, or the reason why it is none."""

from hashlib import sha256
from typing import Any, Literal, TypeAlias
from uuid import UUID

import msgspec
from aiokafka import ConsumerRecord
from asyncpg.pgproto import pgproto

from chassis import header_names, replaying, tracing
from chassis.failures import without_values
from contracts import event as events_on_the_wire
from contracts.event import Event, Undecodable, UnknownType
from contracts.topics import Topic

Reason = Literal["tombstone", "undecodable", "unknown-type", "permanent", "bug"]
Record: TypeAlias = ConsumerRecord  # of bytes

MAX_KEY_BYTES = 1024
"""Of an order, a SKU, a shop: far more than any marketplace has, and little enough for what is announced about it, and for an index."""


class Incoming(msgspec.Struct):
    """One record in hand: `claim` is its identity in the inbox; `reason` says why it is a dead letter, if it is one."""

    record: Any
    claim: UUID
    event: Event[Any] | None = None
    reason: Reason | None = None
    message: str = ""
    again: UUID | None = None
    """In a replay that wants it handled again: its identity within that replay, so that this happens once."""
    call_again: bool = False

    def die(self, reason: Reason, error: BaseException) -> None:
        self.reason, self.message = reason, f"{type(error).__name__}: {without_values(error)}"


def read(record: Record, topic: Topic) -> Incoming:
    """Decode a record of `topic` (or of its replay topic). Never raises: what can't be read has a reason."""
    if record.value is None:
        return Incoming(record, _position(record), reason="tombstone", message="null value: tombstones are not events")
    if record.headers and not header_names.are_utf8(record.headers):
        return Incoming(record, _position(record), reason="undecodable", message="the name of a header is not UTF-8")
    try:
        event = events_on_the_wire.decode(record.value, topic, traceparent=_traceparent(record))
    except UnknownType as error:
        return Incoming(record, _position(record), reason="unknown-type", message=str(error))
    except Undecodable as error:
        return Incoming(record, _position(record), reason="undecodable", message=str(error))
    if len(event.key) > MAX_KEY_BYTES // 4 and len(event.key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
        return Incoming(record, _position(record), reason="undecodable", message=f"its key is longer than {MAX_KEY_BYTES} bytes")
    return Incoming(record, event_identity(event.source, event.id), event)


def read_again(record: Record, topic: Topic) -> Incoming:
    """Decode a record of a replay topic, whose headers may say more than those of other topics."""
    item = read(record, topic)
    replay_id, call_again = replaying.wish(record.headers)
    if replay_id and item.event:
        item.again, item.call_again = identity(f"{replay_id} {item.claim}"), call_again
    return item


def event_identity(source: str, id_: str) -> UUID:
    """Give the inbox id of an event: of `source id`, or of ` <length of source> source id` where the source itself has a space.

    Joined by a space alone, `a b` and `c` would be the event `a` and `b c`, and one of two producers would go unheard. No source without
    a space begins with one, so neither form says what the other says.
    """
    return identity(f" {len(source)} {source} {id_}" if " " in source else f"{source} {id_}")


def identity(text: str) -> UUID:
    """Give the inbox id of a text; in SQL: `encode(substring(sha256(convert_to(…, 'UTF8')) from 1 for 16), 'hex')::uuid`."""
    return pgproto.UUID(sha256(text.encode("utf-8", "surrogatepass")).digest()[:16])


def _position(record: Record) -> UUID:
    # It has no identity of its own: where it lies is who it is.
    return identity(f"{record.topic}/{record.partition}/{record.offset}")


def _traceparent(record: Record) -> str | None:
    for name, value in record.headers:
        if name == "traceparent" and value is not None:
            return tracing.valid(value)
    return None
