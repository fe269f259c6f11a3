"""What a marketplace shows of a cancel request: facts, no conclusions."""

from typing import Annotated, ClassVar
from uuid import UUID, uuid5

import msgspec

from contracts.values import (
    CancelledBy,
    Counter,
    FoundBy,
    FulfilledBy,
    Instant,
    Line,
    Money,
    Order,
    OrderStatus,
    Parcel,
    Reason,
    Ref,
    RejectReasonNeed,
    RequestedAtSource,
    RequestId,
    RequestOutcome,
    TimeSource,
    Value,
)

NS_REQUEST = UUID("6f6a1d0e-6a0b-5c39-9a5e-3c2f5b7d9e10")


def request_id(channel: str, shop_id: str, native_id: str) -> str:
    """The request's id everywhere in Zetpy; `native_id` is TikTok's `cancel_id`, Shopee's `order_sn` (then `order_sn#2`, `#3` …)."""
    return str(uuid5(NS_REQUEST, f"{channel}:{shop_id}:{native_id}"))


class RequestFacts(Value, frozen=True, kw_only=True):
    """A full snapshot of a request and its order; the highest `observation` replaces the others."""

    request_id: RequestId
    observation: Counter
    order: Order
    native_id: Ref
    shop_name: str
    order_status_before: OrderStatus | None = None
    """Unknown when the order was first seen in `IN_CANCEL`."""
    marketplace_status: str
    ordered_at: Instant
    requested_at: Instant
    requested_at_source: RequestedAtSource
    reason: Reason
    buyer_id: str | None = None
    order_total: Money | None = None
    refund_total: Money | None = None
    cod: bool | None = None
    fulfilled_by: FulfilledBy
    was_paid: bool | None = None
    """Cash on delivery counts as paid."""
    stock_from: Instant | None = None
    """When the shop was connected: older cancellations give no stock back."""
    answerable: bool = True
    """False: open and held, but the marketplace waits for somebody else."""
    lines: Annotated[tuple[Line, ...], msgspec.Meta(min_length=1)]
    parcel: Parcel
    rest_status: OrderStatus | None = None
    """What becomes of the units that are neither asked for here nor cancelled before (split orders). Absent: none are left."""
    read_started_at: Instant
    observed_at: Instant
    found_by: FoundBy


class AskedFacts(RequestFacts, frozen=True, kw_only=True):
    """The seller is, or was, asked."""

    respond_by: Instant | None = None
    respond_by_source: TimeSource | None = None
    reject_reason: RejectReasonNeed


class CancelRequested(AskedFacts, frozen=True, kw_only=True):
    """The marketplace waits for the seller's answer."""

    TYPE: ClassVar[str] = "com.zetpy.cancel-requested.v1"


class CancelRequestClosed(AskedFacts, frozen=True, kw_only=True):
    """The request ended; right in any order, also when it comes first."""

    TYPE: ClassVar[str] = "com.zetpy.cancel-request-closed.v1"
    ended_at: Instant
    """The marketplace's time."""
    outcome: RequestOutcome
    ended_by: CancelledBy
    """The marketplace's word: that it was us, only decision can conclude."""
    order_status_now: OrderStatus


class OrderCancelled(RequestFacts, frozen=True, kw_only=True):
    """An order was cancelled and nobody asked the seller."""

    TYPE: ClassVar[str] = "com.zetpy.order-cancelled.v1"
    cancelled_by: CancelledBy
    cancelled_at: Instant
    was_ready_to_ship: bool | None = None


CancelRequestEvent = CancelRequested | CancelRequestClosed | OrderCancelled
