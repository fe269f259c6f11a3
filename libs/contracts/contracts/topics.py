"""The map: which topic carries which events, who produces and who consumes them, under which key.

Topics, dead letters, schemas, documents and tests derive from it. Sending an event to a wrong topic or under a wrong key can't be written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from contracts.cancel_decisions import (
    CancelApproved,
    CancelLapsed,
    CancelledElsewhere,
    CancelRejected,
    CancelReverted,
    SyncRetryRequested,
)
from contracts.cancel_requests import CancelRequestClosed, CancelRequested, OrderCancelled
from contracts.order_status import OrderStatusChanged
from contracts.shop_status import ShopStatusChanged
from contracts.stock_movements import StockAdjusted, StockRestored, StockReversed, StockSettled, StockUnmatched
from contracts.sync_outcomes import OutcomeDelayed, OutcomeFailed, OutcomeRefused, OutcomeSynced
from contracts.values import Value

CleanUp = Literal["delete", "compact", "compact,delete"]


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event and how its envelope follows from its data."""

    data: type[Value]
    subject: Callable[[Any], str]
    counter: Callable[[Any], str]
    """With type and subject the event's identity: the same cause gives the same event."""
    key: Callable[[Any], str]
    seller_id: Callable[[Any], str]
    request_id: Callable[[Any], str | None] | None
    """What correlates its events; None: the event's own id does."""

    @property
    def name(self) -> str:
        return str(self.data.TYPE)  # type: ignore[attr-defined] # every event's data has it; test_topics proves it

    @property
    def slug(self) -> str:
        """`cancel-requested.v1`: the name of its files."""
        return self.name.removeprefix("com.zetpy.")

    @property
    def schema(self) -> str:
        """`urn:zetpy:schema:cancel-requested:v1`."""
        return f"urn:zetpy:schema:{':'.join(self.slug.rsplit('.', 1))}"


@dataclass(frozen=True, slots=True)
class Topic:
    name: str
    types: tuple[EventType, ...]
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    other_producers: bool = False
    """The services of other channels produce here too."""
    partitions: int = 12
    """Part of the promise: another number would send the events of an order elsewhere."""
    cleanup: CleanUp = "delete"
    retention: timedelta | None = timedelta(days=30)
    """None: for ever (compacted only)."""

    @property
    def compacted(self) -> bool:
        return "compact" in self.cleanup


def _about_request(data: type[Value], counter: Callable[[Any], str]) -> EventType:
    return EventType(data, lambda d: d.request_id, counter, lambda d: d.order.key, lambda d: d.order.seller_id, lambda d: d.request_id)


def _observation(data: type[Value]) -> EventType:
    return _about_request(data, lambda d: str(d.observation))


def _revision(data: type[Value]) -> EventType:
    return _about_request(data, lambda d: str(d.revision))


def _outcome(data: type[Value]) -> EventType:
    return _about_request(data, lambda d: f"{d.revision}:{d.action}:{d.attempt}")


def stock_key(seller_id: str, sku: str | None, item_id: str) -> str:
    """`<seller_id>:<sku>`, and for a line without SKU `<seller_id>:item:<item_id>`."""
    return f"{seller_id}:{sku}" if sku else f"{seller_id}:item:{item_id}"


def _movement(data: type[Value], request_id: Callable[[Any], str | None]) -> EventType:
    def key(d: Any) -> str:
        return f"{d.seller_id}:{d.sku}"

    return EventType(data, key, lambda d: str(d.movement_id), key, lambda d: d.seller_id, request_id)


def _unmatched_key(d: StockUnmatched) -> str:
    return stock_key(d.seller_id, d.sku, d.item_id)


CANCEL_REQUESTS = Topic(
    "cancel-requests",
    types=(_observation(CancelRequested), _observation(CancelRequestClosed), _observation(OrderCancelled)),
    producers=("ingestor",),
    other_producers=True,
    consumers=("decision",),
)
CANCEL_DECISIONS = Topic(
    "cancel-decisions",
    types=(
        _revision(CancelApproved),
        _revision(CancelRejected),
        _revision(CancelledElsewhere),
        _revision(CancelLapsed),
        _revision(CancelReverted),
        _about_request(SyncRetryRequested, lambda d: f"{d.revision}:{d.attempt}"),
    ),
    producers=("decision",),
    consumers=("inventory", "sync-back"),
)
ORDER_STATUS = Topic(
    "order-status",
    types=(
        EventType(
            OrderStatusChanged,
            lambda d: d.order.key,
            lambda d: str(d.order_revision),
            lambda d: d.order.key,
            lambda d: d.order.seller_id,
            lambda d: d.request_id,
        ),
    ),
    producers=("decision",),
    consumers=(),
    cleanup="compact,delete",
    retention=timedelta(days=90),
)
STOCK_MOVEMENTS = Topic(
    "stock-movements",
    types=(
        _movement(StockRestored, lambda d: d.request_id),
        _movement(StockReversed, lambda d: d.request_id),
        _movement(StockAdjusted, lambda d: d.request_id),  # None, unless a line was matched
        EventType(
            StockUnmatched,
            _unmatched_key,
            lambda d: f"{d.request_id}:{d.revision}:{d.line_id}",
            _unmatched_key,
            lambda d: d.seller_id,
            lambda d: d.request_id,
        ),
        EventType(
            StockSettled,
            lambda d: d.request_id,
            lambda d: str(d.revision),
            lambda d: f"{d.order.seller_id}:order:{d.order.key}",
            lambda d: d.order.seller_id,
            lambda d: d.request_id,
        ),
    ),
    producers=("inventory",),
    consumers=("decision",),
)
SYNC_OUTCOMES = Topic(
    "sync-outcomes",
    types=(_outcome(OutcomeSynced), _outcome(OutcomeDelayed), _outcome(OutcomeRefused), _outcome(OutcomeFailed)),
    producers=("sync-back",),
    other_producers=True,
    consumers=("decision", "ingestor"),
)
SHOP_STATUS = Topic(
    "shop-status",
    types=(EventType(ShopStatusChanged, lambda d: d.key, lambda d: str(d.shop_revision), lambda d: d.key, lambda d: d.seller_id, None),),
    producers=("ingestor",),
    other_producers=True,
    consumers=("decision", "sync-back"),
    partitions=3,
    cleanup="compact",
    retention=None,
)

TOPICS: tuple[Topic, ...] = (CANCEL_REQUESTS, CANCEL_DECISIONS, ORDER_STATUS, STOCK_MOVEMENTS, SYNC_OUTCOMES, SHOP_STATUS)
EVENT_TYPES: Mapping[str, EventType] = {each.name: each for topic in TOPICS for each in topic.types}
TYPE_OF: Mapping[type[Value], EventType] = {each.data: each for each in EVENT_TYPES.values()}
TOPIC_OF: Mapping[type[Value], Topic] = {each.data: topic for topic in TOPICS for each in topic.types}

DLQ_RETENTION = timedelta(days=90)
REPLAY_RETENTION = timedelta(days=7)


def dlq(topic: Topic, consumer: str) -> str:
    """Where the events of `topic` go that `consumer` can never handle."""
    return f"{topic.name}-{consumer}-dlq"


def replay(topic: Topic, consumer: str) -> str:
    """Where an operator sends events of `topic` again, for `consumer` alone."""
    return f"{topic.name}-{consumer}-replay"
