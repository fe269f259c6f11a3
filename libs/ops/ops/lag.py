"""How far consumers are behind, in events and in seconds."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from contracts import topics
from contracts.topics import Topic
from ops.wire import Ranges, Wire


class Lag(msgspec.Struct, frozen=True):
    """One partition of a topic that a consumer reads."""

    consumer: str
    topic: str
    partition: int
    position: int | None
    """None: it has never committed here."""
    end: int
    events: int
    seconds: float
    """Age of the oldest record that it has not handled; 0 when there is none."""


def consumed(consumer: str | None = None) -> list[tuple[str, Topic]]:
    """Every consumer with each topic that it reads."""
    pairs = [(name, topic) for topic in topics.TOPICS for name in topic.consumers]
    return [(name, topic) for name, topic in sorted(pairs, key=lambda pair: (pair[0], pair[1].name)) if consumer in {None, name}]


async def measure(wire: Wire, *, consumer: str | None = None, now: datetime | None = None) -> list[Lag]:
    """Of every consumer (or one), its topics and their replay topics."""
    existing = await wire.existing()
    found: list[Lag] = []
    for name, topic in consumed(consumer):
        committed = await wire.committed(name)
        for reads in (topic.name, topics.replay(topic, name)):
            if reads in existing:
                found += await _of_topic(wire, name, reads, committed, now or datetime.now(UTC))
    return found


async def _of_topic(wire: Wire, consumer: str, topic: str, committed: dict[tuple[str, int], int], now: datetime) -> list[Lag]:
    bounds = await wire.bounds(topic)
    unread: Ranges = {number: (max(committed.get((topic, number), first), first), end) for number, (first, end) in bounds.items()}
    oldest = await wire.first_times(topic, {number: (first, end) for number, (first, end) in unread.items() if first < end})
    lags = []
    for number, (first, end) in sorted(unread.items()):
        at = oldest.get(number)
        # What a transaction leaves at the end of a partition is an offset, but no event.
        events = end - first if at else 0
        seconds = max(0.0, (now - at).total_seconds()) if at else 0.0
        lags.append(Lag(consumer, topic, number, committed.get((topic, number)), end, events, round(seconds, 3)))
    return lags


class Summary(msgspec.Struct, frozen=True):
    """A consumer's topic over all partitions."""

    consumer: str
    topic: str
    events: int
    seconds: float
    partitions_behind: int
    read_before: bool
    members: int
    """Kafka consumers of this service that are there now; each of its processes has several."""


def summed(lags: list[Lag], members: Mapping[str, int]) -> list[Summary]:
    """`members`: by consumer."""
    pairs = dict.fromkeys((lag.consumer, lag.topic) for lag in lags)
    return [
        _sum(consumer, topic, [lag for lag in lags if (lag.consumer, lag.topic) == (consumer, topic)], members[consumer])
        for consumer, topic in pairs
    ]


def _sum(consumer: str, topic: str, lags: list[Lag], members: int) -> Summary:
    return Summary(
        consumer,
        topic,
        events=sum(lag.events for lag in lags),
        seconds=max(lag.seconds for lag in lags),
        partitions_behind=sum(lag.events > 0 for lag in lags),
        read_before=any(lag.position is not None for lag in lags),
        members=members,
    )
