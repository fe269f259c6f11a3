"""What is remembered of an order, and what surrounds a look at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.cancel_requests import CancelRequestClosed, CancelRequested, CancelRequestEvent, OrderCancelled
from contracts.values import FoundBy, OrderStatus, RejectReasonNeed
from marketplaces.seen import OrderSeen, RequestSeen


@dataclass(frozen=True, slots=True)
class Read:
    """When a read started and ended, by our clock."""

    started: datetime
    ended: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKnown:
    """A request as it was last seen, and what was last said of it."""

    seen: RequestSeen
    """With our native id: Shopee's requests of one order are numbered."""
    read: Read
    published: CancelRequestEvent | None = None
    """None: it was over when it was first seen and the order went on, so nothing was said."""

    @property
    def is_open(self) -> bool:
        return type(self.published) is CancelRequested

    @property
    def is_watched(self) -> bool:
        """It ended, and the order is neither shipped nor cancelled: each change of its status is still told."""
        match self.published:
            case CancelRequestClosed(order_status_now=now):
                return now not in {"shipped", "cancelled"}
            case OrderCancelled(rest_status=rest):
                return rest not in {None, "shipped"}
            case _:
                return False

    @property
    def is_cancellation(self) -> bool:
        return isinstance(self.published, OrderCancelled)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderKnown:
    """What the newest reads showed of an order. Nothing is known of an order before its first look."""

    order: OrderSeen | None = None
    """The order alone: its requests are kept beside it, `status` is the order's own."""
    former_status: OrderStatus | None = None
    """The last status that was no part of a cancellation."""
    requests: tuple[RequestKnown, ...] = ()
    """In the order in which they were first seen."""

    @property
    def is_live(self) -> bool:
        """A request is open, or the order's status is still told after one has ended."""
        return any(request.is_open or request.is_watched for request in self.requests)


NOTHING_KNOWN = OrderKnown()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopFacts:
    """What a snapshot says of the shop."""

    seller_id: str
    name: str
    region: str
    reject_reason: RejectReasonNeed
    stock_from: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Why an order is looked at."""

    found_by: FoundBy | None = None
    """None: nobody found anything, we look because of a deadline or an outcome."""
    tell: frozenset[str] = frozenset()
    """Ids of requests that are told again although nothing changed: somebody waits for what the marketplace shows now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Figures that the marketplaces leave to us."""

    respond_within: Mapping[str, timedelta] = field(default_factory=dict)
    """Per region, for a channel that tells no deadline (Shopee)."""
    respond_within_default: timedelta = timedelta(hours=24)
    patience: timedelta = timedelta(seconds=30)
    """How long a cancelled order may wait for the cancellation that explains it (TikTok's search index lags behind the order)."""

    def respond_by(self, channel: str, region: str, requested_at: datetime) -> datetime | None:
        """The estimated deadline; TikTok's is never computed (reference, section 8)."""
        if channel != "shopee":
            return None
        return requested_at + self.respond_within.get(region, self.respond_within_default)
