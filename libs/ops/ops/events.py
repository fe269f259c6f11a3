"""Records as operators see them: decoded if they can be, with personal data masked."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from contracts import event as on_the_wire
from contracts import topics
from contracts.event import Event, Undecodable, UnknownType
from contracts.topics import Topic
from ops.failures import NotFound
from ops.masking import masked
from ops.wire import Record, published_at


class Seen(msgspec.Struct, frozen=True):
    """One record."""

    topic: str
    partition: int
    offset: int
    published_at: datetime
    key: str
    event: Event[Any] | None
    problem: str | None = None
    """Why it is no event."""

    def document(self) -> dict[str, Any]:
        """What is shown of it."""
        place = {
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
            "published_at": self.published_at,
            "key": self.key,
        }
        if self.event is None:
            return place | {"problem": self.problem}
        return place | described(self.event)


def described(event: Event[Any]) -> dict[str, Any]:
    """An event without personal data."""
    envelope = {
        "type": event.kind.slug,
        "id": event.id,
        "source": event.source,
        "time": event.time,
        "subject": event.subject,
        "sellerid": event.seller_id,
        "correlationid": event.correlationid,
        "causationid": event.causationid,
    }
    return {**{name: value for name, value in envelope.items() if value is not None}, "data": masked(msgspec.to_builtins(event.data))}


def topic_named(name: str) -> Topic:
    """The declared topic that a name belongs to, its dead letters and replays included."""
    for topic in topics.TOPICS:
        related = [topic.name, *(make(topic, consumer) for consumer in topic.consumers for make in (topics.dlq, topics.replay))]
        if name in related:
            return topic
    raise NotFound(f"there is no topic {name}: {', '.join(topic.name for topic in topics.TOPICS)}, and -<consumer>-dlq, -<consumer>-replay")


def see(record: Record, topic: Topic, *, name: str) -> Seen:
    """`name`: the topic that it was read from, without the prefix."""
    event, problem = decoded(record.value, topic)
    key = record.key.decode("utf-8", "replace") if record.key is not None else ""
    return Seen(name, record.partition, record.offset, published_at(record), key, event, problem)


def decoded(value: bytes | None, topic: Topic) -> tuple[Event[Any] | None, str | None]:
    """The event, or why there is none."""
    if value is None:
        return None, "tombstone"
    try:
        return on_the_wire.decode(value, topic), None
    except (Undecodable, UnknownType) as error:
        return None, f"{type(error).__name__}: {error}"


def text_headers(record: Record) -> Mapping[str, str]:
    """The last of each name; what is not text is shown as it can be."""
    return {name: value.decode("utf-8", "replace") for name, value in record.headers if value is not None}
