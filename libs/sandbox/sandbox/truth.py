"""What is true about each order, in words that fit both marketplaces."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from sandbox.config import CURRENCIES, Channel


class Stage(StrEnum):
    """How far an order got; a cancel request stands beside it, so the former stage is never lost."""

    UNPAID = "unpaid"
    ON_HOLD = "on_hold"
    NEW = "new"
    READY_TO_SHIP = "ready_to_ship"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


SHIPPABLE = frozenset({Stage.NEW, Stage.READY_TO_SHIP})
CANCELLABLE = frozenset({Stage.UNPAID, Stage.ON_HOLD, Stage.NEW, Stage.READY_TO_SHIP})


class RequestState(StrEnum):
    OPEN = "open"
    APPROVED = "approved"  # accepted, money not back yet
    COMPLETE = "complete"
    CLOSED = "closed"  # withdrawn, rejected, or shipped


Party = Literal["buyer", "seller", "system"]
Answer = Literal["approve", "reject"]


@dataclass(slots=True, kw_only=True)
class Line:
    """One article of an order; `units` has one id per piece."""

    item_id: int
    model_id: int
    sku: str | None
    name: str
    variant: str | None
    price: Decimal
    image_url: str | None
    is_gift: bool
    units: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Request:
    """A cancellation: asked by the buyer and waiting (`asked`), or done directly."""

    ref: str
    asked: bool
    role: Party
    reason: str
    opened_at: int
    updated_at: int
    deadline: float | None  # on the sandbox's clock
    units: tuple[str, ...]
    unit_refs: tuple[str, ...]  # one id per cancelled unit, TikTok's cancel_line_item_id
    state: RequestState = RequestState.OPEN
    answering: Answer | None = None  # an answer was taken and travels
    ended_by: Party | None = None


@dataclass(slots=True, kw_only=True)
class Order:
    seq: int
    channel: Channel
    shop_id: str
    seller: str
    region: str
    ref: str
    stage: Stage
    lines: tuple[Line, ...]
    created_at: int
    updated_at: int
    paid_at: int | None
    buyer_id: str
    buyer_name: str
    package_ref: str
    cod: bool = False
    pre_order: bool = False
    by_marketplace: bool = False
    replenish: bool | None = None
    shipping_fee: Decimal = Decimal(0)
    native: str | None = None  # a marketplace's status that the stages can't say, until the stage changes
    arranged_at: int | None = None
    cancelled: set[str] = field(default_factory=set)
    requests: list[Request] = field(default_factory=list)
    cancelled_by: Party | None = None
    cancelled_at: int | None = None
    cancel_reason: str = ""

    @property
    def currency(self) -> str:
        return CURRENCIES.get(self.region, "USD")

    @property
    def open_request(self) -> Request | None:
        return next((request for request in self.requests if request.state is RequestState.OPEN), None)

    @property
    def units_left(self) -> tuple[str, ...]:
        return tuple(unit for line in self.lines for unit in line.units if unit not in self.cancelled)

    @property
    def subtotal(self) -> Decimal:
        return sum((line.price * len(line.units) for line in self.lines if not line.is_gift), Decimal(0))

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.shipping_fee

    @property
    def word(self) -> str:
        """The control API's status: what the order is, whatever the marketplace calls it."""
        if self.open_request:
            return "cancel_requested"
        approved = {unit for request in self.requests if request.state is RequestState.APPROVED for unit in request.units}
        if approved and approved >= set(self.units_left):
            return "cancelled"
        return "shipped" if self.stage is Stage.DELIVERED else str(self.stage)
