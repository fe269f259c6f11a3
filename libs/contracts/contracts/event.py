"""An event as it travels: CloudEvents 1.0 in structured JSON, the envelope derived from the data."""

import re
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from contracts.topics import EVENT_TYPES, TOPIC_OF, TYPE_OF, EventType, Topic
from contracts.values import Instant, Ref, Value

D = TypeVar("D", bound=Value)

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
NS_EVENT = UUID("a3f4a2a2-54f0-5d0c-8f4b-0d6f6f1a7c21")


class Undecodable(ValueError):
    """These bytes are not an event of a type that its topic carries."""


class UnknownType(ValueError):
    """An event of a type that its topic does not carry."""


class Event(msgspec.Struct, Generic[D], frozen=True, kw_only=True):
    """One event. `source` and `id` together are its identity."""

    data: D
    id: str
    source: str
    time: Instant
    correlationid: str
    causationid: str | None = None
    traceparent: str | None = None

    @property
    def kind(self) -> EventType:
        return TYPE_OF[type(self.data)]

    @property
    def topic(self) -> Topic:
        return TOPIC_OF[type(self.data)]

    @property
    def type(self) -> str:
        return self.kind.name

    @property
    def subject(self) -> str:
        return self.kind.subject(self.data)

    @property
    def key(self) -> str:
        return self.kind.key(self.data)

    @property
    def seller_id(self) -> str:
        return self.kind.seller_id(self.data)


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The attributes on the wire, CONTRACTS C."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: Instant
    datacontenttype: str
    dataschema: str
    partitionkey: str
    sellerid: str
    correlationid: str
    causationid: str | None = None
    data: msgspec.Raw


class _Tolerant(msgspec.Struct, frozen=True):
    """What is needed of a foreign producer's envelope; the rest is derived from the data."""

    id: Ref
    source: Ref
    type: str
    time: Instant
    data: msgspec.Raw
    correlationid: str | None = None
    causationid: str | None = None


_VARIANT = dict(zip("0123456789abcdef", "89ab" * 4, strict=True))

_encode = msgspec.json.Encoder().encode
_decode_envelope = msgspec.json.Decoder(_Tolerant).decode
_decoders = {name: msgspec.json.Decoder(kind.data) for name, kind in EVENT_TYPES.items()}
_wires = {kind.data: (name, kind.schema, kind, _decoders[name].decode) for name, kind in EVENT_TYPES.items()}
"""What each sort of data needs to be said: name, schema, how the envelope follows, whether it keeps its own contract."""
_other_time_zone = re.compile(rb"T[0-9:.]+[+-]").search


def derived_id(namespace: UUID, name: str) -> str:
    """`str(uuid5(namespace, name))` at a quarter of its cost: every event has at least one."""
    digest = sha1(namespace.bytes + name.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{_VARIANT[digest[16]]}{digest[17:20]}-{digest[20:32]}"


def announce(data: D, *, source: str, time: datetime, cause: "Event[Any] | None" = None, traceparent: str | None = None) -> Event[D]:
    """The event that says `data`. Its id is derived: announcing the same thing twice gives the same event.

    `source` is `/zetpy/<service>`; `time` is when it happened (aware, else ValueError); `cause` is the event that this one answers:
    its trace goes on. `traceparent` is the trace of what has no cause among events.
    """
    if time.tzinfo is None:
        raise ValueError(f"{time} has no time zone")
    name, _, kind, _ = _wires[type(data)]
    id_ = derived_id(NS_EVENT, f"{name}|{kind.subject(data)}|{kind.counter(data)}")
    return Event(
        data=data,
        id=id_,
        source=source,
        time=time.astimezone(UTC),
        correlationid=(kind.request_id(data) if kind.request_id else None) or id_,
        causationid=cause.id if cause else None,
        traceparent=cause.traceparent if cause else traceparent,
    )


def encode(event: Event[D]) -> bytes:
    """The event as bytes for Kafka: one CloudEvents JSON object.

    Raises ValueError when the data breaks its own contract: better here than as a dead letter of every consumer.
    """
    return encode_with_key(event)[1]


def encode_with_key(event: Event[D]) -> tuple[bytes, bytes]:
    """Give the key and the value of the Kafka record, as `encode` and `event.key` say them: what follows from the data is asked once."""
    said = event.data
    name, schema, kind, validate = _wires[type(said)]
    data = _encode(said)
    try:
        validate(data)
    except msgspec.ValidationError as error:
        raise ValueError(f"{name} can't be said: {error}") from error
    subject = kind.subject(said)
    key = subject if kind.key is kind.subject else kind.key(said)
    return key.encode(), _encode(
        Envelope(
            specversion="1.0",
            id=event.id,
            source=event.source,
            type=name,
            subject=subject,
            time=event.time,
            datacontenttype="application/json",
            dataschema=schema,
            partitionkey=key,
            sellerid=kind.seller_id(said),
            correlationid=event.correlationid,
            causationid=event.causationid,
            data=msgspec.Raw(data),
        )
    )


def decode(value: bytes, topic: Topic, *, traceparent: str | None = None) -> Event[Value]:
    """The event in `value`, as a consumer of `topic` reads it: unknown fields are ignored, unknown values of open lists read as `unknown`.

    Raises `Undecodable` or `UnknownType`; both say why.
    """
    try:
        envelope = _decode_envelope(value)
        kind = EVENT_TYPES.get(envelope.type)
        if kind is None or kind not in topic.types:
            raise UnknownType(f"{envelope.type} is not carried by {topic.name}")
        data = _read(kind, envelope.data)
        time = envelope.time.astimezone(UTC)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise Undecodable(str(error)) from error
    return Event(
        data=data,
        id=envelope.id,
        source=envelope.source,
        time=time,
        correlationid=envelope.correlationid or (kind.request_id(data) if kind.request_id else None) or envelope.id,
        causationid=envelope.causationid,
        traceparent=traceparent,
    )


def _read(kind: EventType, raw: msgspec.Raw) -> Any:
    try:
        data = _decoders[kind.name].decode(raw)
    except msgspec.ValidationError:
        # Absent and null mean the same, but msgspec takes null only where the default is null. Rare, so the second try costs nobody else.
        data = msgspec.convert(_without_nulls(msgspec.json.decode(raw)), kind.data)
    # Only foreign producers write another zone than Z; what is decoded is UTC, so that it is announced again as UTC.
    return _in_utc(data) if _other_time_zone(raw) else data


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            return {name: _without_nulls(each) for name, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
        case _:
            return value


def _in_utc(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC)
        case Value():
            return type(value)(**{name: _in_utc(getattr(value, name)) for name in value.__struct_fields__})
        case tuple():
            return tuple(_in_utc(each) for each in value)
        case _:
            return value
