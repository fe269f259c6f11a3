"""The values that events are made of: orders, money, lines, parcels, and the closed and open lists of CONTRACTS A and D.

A closed list is a `Literal`: another value is refused and dead-lettered. An open list is an enum that reads what it does not know as
`unknown`: a producer may add a value without breaking a consumer.

`frozen` and `kw_only` stand at every struct: type checkers do not inherit them.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True, extra_json_schema={"pattern": "(Z|[+-][0-9]{2}:[0-9]{2})$"})]
"""An aware point in time; on the wire RFC 3339 in UTC with `Z`."""

Counter = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
"""A counter that starts at 1 and fits PostgreSQL's `int`."""

Units = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
"""A number of pieces, at least one."""

Ref = Annotated[str, msgspec.Meta(min_length=1)]
"""What identifies something: never empty, for two empty ones would be one."""

KeyPart = Annotated[str, msgspec.Meta(min_length=1, extra_json_schema={"pattern": "^[^:]+$"})]
"""A part of a key before a colon, so it has none: the schema says so; checked here, it would cost a third of decoding."""

NoOrMoreUnits = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Text500 = Annotated[str, msgspec.Meta(max_length=500)]
Decimal = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,15}(\.[0-9]{1,6})?(?!\n)$")]
"""An amount as text, so that no float ever rounds it."""

RequestId = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?!\n)$")]
"""A UUID in lower case. (`(?!\\n)`: Python's `$` alone lets a line end follow.)"""

OrderStatus = Literal["unpaid", "on_hold", "new", "ready_to_ship", "cancel_requested", "shipped", "cancelled", "unknown"]
ParcelState = Literal["not_arranged", "arranged", "handed_over", "unknown"]
CancelledBy = Literal["buyer", "seller", "system", "unknown"]
"""Who cancelled, in the marketplace's word."""
CancelledByOurs = Literal["buyer", "seller_center", "marketplace", "unknown"]
"""Who cancelled, in ours: nobody in Zetpy did."""
RequestOutcome = Literal["order_cancelled", "order_continues", "order_shipped"]
RejectReasonNeed = Literal["required", "optional", "none"]
TimeSource = Literal["marketplace", "estimated"]
RequestedAtSource = Literal["marketplace", "first_seen"]
FulfilledBy = Literal["seller", "marketplace"]
Condition = Literal["sellable", "damaged"]
StockUse = Literal["sellable", "damaged", "none"]
Action = Literal["approve", "reject"]
ShopState = Literal["connected", "expiring", "disconnected"]
RevertWhy = Literal["refused", "not_taken", "undone"]
RevertedState = Literal["pending", "lapsed"]
DecidedState = Literal["approved", "rejected"]
PreviousState = Literal["pending", "rejected", "lapsed"]
UnmatchedWhy = Literal["no_sku", "unknown_sku"]


class OpenList(StrEnum):
    """An open list: what is not in it is read as `unknown`."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls("unknown") if isinstance(value, str) and value != "unknown" else None


class FoundBy(OpenList):
    PUSH = "push"
    SWEEP = "sweep"
    LOST_PUSH = "lost_push"
    UNKNOWN = "unknown"


class LapsedBecause(OpenList):
    SHIPPED = "shipped"
    WITHDRAWN = "withdrawn"
    REJECTED_ELSEWHERE = "rejected_elsewhere"
    UNKNOWN = "unknown"


class Hold(OpenList):
    """Why an order may not be shipped."""

    CANCEL_REQUESTED = "cancel_requested"
    REJECTION_NOT_TAKEN = "rejection_not_taken"
    CANCELLED = "cancelled"
    SHIPPED = "shipped"
    NOT_READY = "not_ready"
    UNKNOWN = "unknown"


class AdjustedBecause(OpenList):
    OPENING = "opening"
    SALE = "sale"
    CORRECTION = "correction"
    MATCHED = "matched"
    UNKNOWN = "unknown"


class DelayCause(OpenList):
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"
    TIMEOUT = "timeout"
    LOCKED = "locked"
    SHOP_DISCONNECTED = "shop_disconnected"
    APP_MISCONFIGURED = "app_misconfigured"
    UNKNOWN = "unknown"


class RefusedBecause(OpenList):
    """Why a marketplace refused a call; it says nothing about the order's state."""

    ALREADY_CANCELLED = "already_cancelled"
    REQUEST_ENDED = "request_ended"
    SHIPPED = "shipped"
    REASON_NOT_OFFERED = "reason_not_offered"
    OTHER = "other"
    UNKNOWN = "unknown"


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value on the wire: unknown fields are ignored, absent and null mean the same."""


class Order(Value, frozen=True, kw_only=True):
    seller_id: Ref
    channel: KeyPart
    """Open: `shopee`, `tiktok`, others by other producers."""
    shop_id: KeyPart
    order_ref: Ref
    region: Annotated[str, msgspec.Meta(min_length=2, max_length=2)]

    @property
    def key(self) -> str:
        """The order's key on every topic that is keyed by order."""
        return order_key(self.channel, self.shop_id, self.order_ref)

    @property
    def shop_key(self) -> str:
        return shop_key(self.channel, self.shop_id)


def order_key(channel: str, shop_id: str, order_ref: str) -> str:
    """`<channel>:<shop_id>:<order_ref>`: what keeps the events of one order in order."""
    return f"{channel}:{shop_id}:{order_ref}"


def shop_key(channel: str, shop_id: str) -> str:
    """`<channel>:<shop_id>`."""
    return f"{channel}:{shop_id}"


class Money(Value, frozen=True, kw_only=True):
    amount: Decimal
    currency: Annotated[str, msgspec.Meta(min_length=3, max_length=3)]


class Actor(Value, frozen=True, kw_only=True):
    """Who decided: a member of the seller's staff or a rule, never a buyer."""

    kind: Literal["person", "rule"]
    id: str
    name: str | None = None


class Reason(Value, frozen=True, kw_only=True):
    """The buyer's reason, from the marketplace's API."""

    code: str | None = None
    text: str | None = None


class RejectReason(Value, frozen=True, kw_only=True):
    """A reason that the marketplace offers for a rejection."""

    name: str
    text: str


class Refusal(Value, frozen=True, kw_only=True):
    code: str
    message: str


class Line(Value, frozen=True, kw_only=True):
    """A line of the order as far as it is asked to be cancelled."""

    line_id: Ref
    """The order's line, stable over its requests. TikTok: `order_line_item_id`, one per unit. Shopee: the same item repeated is summed."""
    sku: str | None = None
    item_id: str
    variant_id: str | None = None
    name: str
    variant: str | None = None
    image_url: str | None = None
    quantity: Units
    ordered_quantity: Units
    cancelled_before: NoOrMoreUnits = 0
    unit_price: Money | None = None
    is_gift: bool = False
    restock_advised: bool | None = None
    """TikTok's `should_replenish_stock`."""


class StockLine(Value, frozen=True, kw_only=True):
    """What a decision gives back of an order line."""

    line_id: Ref
    sku: str | None = None
    item_id: str
    variant_id: str | None = None
    quantity: Units
    ordered_quantity: Units
    stock: StockUse


class Parcel(Value, frozen=True, kw_only=True):
    state: ParcelState
    tracking_no: str | None = None
    other_tracking_nos: tuple[str, ...] = ()
    """Of the order's other packages, where it travels in several."""
    carrier: str | None = None
