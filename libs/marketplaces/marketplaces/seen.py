"""What a marketplace showed when it was read: orders and cancel requests in one vocabulary for all channels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts.values import CancelledBy, FulfilledBy, Money, OrderStatus, Parcel, Reason

RequestState = Literal["open", "accepted", "completed", "closed", "unknown"]
"""`open` waits for an answer; `accepted` and `completed` mean that the order is cancelled; `closed` that it goes on."""

NO_REASON = Reason()
UNKNOWN_PARCEL = Parcel(state="unknown")


@dataclass(frozen=True, slots=True)
class LineSeen:
    """A line of the order, stable over its requests (TikTok: one unit; Shopee: the same item repeated is summed)."""

    line_id: str
    item_id: str
    name: str
    ordered_quantity: int
    variant_id: str | None = None
    sku: str | None = None
    variant: str | None = None
    image_url: str | None = None
    cancelled_quantity: int = 0
    """Units that the marketplace shows as cancelled now, this request's included once it has ended that way."""
    unit_price: Money | None = None
    is_gift: bool = False


@dataclass(frozen=True, slots=True)
class RequestedLine:
    """How much of an order's line a request covers."""

    line_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class RequestSeen:
    """One cancel request, or one direct cancellation, of an order.

    Shopee has no request of its own: an order that is IN_CANCEL has one open request, whose `native_id` is the `order_sn`; any other order
    has none, and what ended is told by the order (CONTRACTS A1 numbers repeated ones: the ingestor's business, it remembers).
    """

    native_id: str
    state: RequestState
    asks_seller: bool
    """The marketplace says that it waits for the seller. Open and false: it waits for somebody else."""
    update_time: datetime
    started_by: CancelledBy = "unknown"
    marketplace_status: str = ""
    marketplace_type: str = ""
    requested_at: datetime | None = None
    respond_by: datetime | None = None
    reason: Reason = NO_REASON
    refund_total: Money | None = None
    lines: tuple[RequestedLine, ...] = ()
    should_replenish_stock: bool | None = None


@dataclass(frozen=True, slots=True)
class CancelSeen:
    """Who cancelled the order, why and when; only on a cancelled order."""

    by: CancelledBy = "unknown"
    reason: Reason = NO_REASON
    at: datetime | None = None
    """Shopee gives no time of its own: the order's `update_time`."""


@dataclass(frozen=True, slots=True)
class OrderSeen:
    """An order with its requests, as one read between `read_started_at` and `read_ended_at` showed it."""

    channel: str
    shop_id: str
    order_ref: str
    region: str
    marketplace_status: str
    status: OrderStatus
    """CONTRACTS A3, requests considered. A parcel that left stays `shipped` although a request is open."""
    status_alone: OrderStatus
    """As the order shows itself. TikTok's orders keep it while a request is open; Shopee's are IN_CANCEL then."""
    update_time: datetime
    read_started_at: datetime
    read_ended_at: datetime
    ordered_at: datetime | None = None
    was_paid: bool | None = None
    """COD counts as paid. None: the answer doesn't tell."""
    cod: bool | None = None
    fulfilled_by: FulfilledBy = "seller"
    total: Money | None = None
    buyer_id: str | None = None
    lines: tuple[LineSeen, ...] = ()
    parcel: Parcel = UNKNOWN_PARCEL
    cancelled: CancelSeen | None = None
    was_arranged: bool | None = None
    """The parcel had been arranged (Shopee LOGISTICS_REQUEST_CANCELED or later; TikTok `rts_time` or a tracking number).

    None: the answer doesn't tell.
    """
    requests: tuple[RequestSeen, ...] = ()
    """Oldest first."""
    call_ids: tuple[str, ...] = ()
    """The marketplace's own ids of the calls that this was read with."""

    def request(self, native_id: str) -> RequestSeen | None:
        return next((request for request in self.requests if request.native_id == native_id), None)

    @property
    def open_request(self) -> RequestSeen | None:
        return next((request for request in reversed(self.requests) if request.state == "open"), None)

    @property
    def cancelled_everything(self) -> bool:
        """Every unit of every line is cancelled."""
        return bool(self.lines) and all(line.cancelled_quantity >= line.ordered_quantity for line in self.lines)


@dataclass(frozen=True, slots=True)
class Reading:
    """The answer to a bulk read: what was found, and which refs the marketplace did not return."""

    orders: Mapping[str, OrderSeen]
    missing: tuple[str, ...]
    call_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """An order that a list showed: a hint, to be read before anything is concluded."""

    order_ref: str
    native_id: str | None = None
    marketplace_status: str | None = None
    status: OrderStatus = "unknown"
    update_time: datetime | None = None
    about_cancelling: bool = True
    """It has a cancel request or is cancelled. False: of interest only for orders that had a request."""
