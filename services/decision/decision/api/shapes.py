"""What the API shows and takes: the shapes of CONTRACTS E1."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from chassis.http import Problem
from contracts.values import CancelledByOurs, OrderStatus, ParcelState, RejectReasonNeed, RevertWhy, StockUse
from decision.domain.alerts import KINDS
from decision.domain.settle import RequestState
from decision.domain.stock import StockState
from decision.domain.sync import SyncState
from decision.domain.tabs import Tab

STORABLE = r"^[^\x00]*$"
"""PostgreSQL stores every character but NUL."""
MOST_AT_ONCE = 500

Note = Annotated[str, Field(max_length=500, pattern=STORABLE)]
AlertKind = Literal[
    "due_soon", "overdue", "unconfirmed", "stop_parcel", "refused", "sync_failed", "shop_disconnected", "unmatched_sku", "oversold"
]
assert set(AlertKind.__args__) == set(KINDS)  # type: ignore[attr-defined] # a Literal's values, checked once at start


class Shown(BaseModel):
    """Out: built from domain values, attributes by name."""

    model_config = ConfigDict(from_attributes=True)


def _to_the_cent(amount: Any) -> str:
    """At least two decimals: 114 is shown as 114.00, beside totals that add up to cents. Nothing is rounded."""
    whole, _, cents = str(amount).partition(".")
    return f"{whole}.{cents:0<2}"


class MoneyOut(Shown):
    amount: Annotated[str, BeforeValidator(_to_the_cent)] = Field(examples=["45.90"])
    currency: str = Field(examples=["MYR"])


class ReasonOut(Shown):
    code: str | None = None
    text: str | None = Field(default=None, examples=["Need to change delivery address"])


class ActorOut(Shown):
    kind: Literal["person", "rule"]
    id: str
    name: str | None = None


class ParcelOut(Shown):
    state: ParcelState
    tracking_no: str | None = None
    carrier: str | None = None


class ShopRef(Shown):
    id: str
    name: str
    region: str


class OrderOut(Shown):
    status: OrderStatus
    shippable: bool
    hold: str | None = None
    recall: bool


class FirstLine(Shown):
    name: str
    variant: str | None = None
    sku: str | None = None
    image_url: str | None = None
    quantity: int


class SyncOut(Shown):
    state: SyncState
    attempt: int
    next_attempt_at: datetime | None = None
    message: str | None = None
    cause: str | None = None


class FullSync(SyncOut):
    code: str | None = None
    call_id: str | None = None
    confirmed_at: datetime | None = None


class StockOut(Shown):
    state: StockState


class MovementOut(Shown):
    movement_id: str
    line_id: str
    sku: str
    quantity: int
    condition: Literal["sellable", "damaged"]
    location: str
    moved_at: datetime


class FullStock(StockOut):
    movements: list[MovementOut]


class RequestRow(Shown):
    """A cancel request as the list shows it."""

    id: str
    version: int = Field(description="Grows with any change: of two rows, the higher one is the newer.")
    revision: int = Field(description="Facts or state; send it with a decision, so that you decide on what you saw.")
    channel: str
    shop: ShopRef
    order_ref: str
    state: RequestState
    tab: Tab
    order: OrderOut
    ordered_at: datetime
    requested_at: datetime
    requested_at_source: Literal["marketplace", "first_seen"]
    respond_by: datetime | None = None
    respond_by_source: Literal["marketplace", "estimated"] | None = None
    answerable: bool
    not_answerable_because: Literal["marketplace_waits_for_others", "shop_disconnected"] | None = None
    reason: ReasonOut
    order_total: MoneyOut | None = None
    refund_total: MoneyOut | None = None
    cod: bool | None = None
    first_line: FirstLine
    line_count: int
    unit_count: int
    parcel: ParcelOut
    decided_by: ActorOut | None = None
    decided_at: datetime | None = None
    cancelled_by: CancelledByOurs | None = None
    after_deadline: bool | None = None
    lapsed_because: str | None = None
    sync: SyncOut
    stock: StockOut
    alerts: list[str]
    seller_center_url: str | None = None
    updated_at: datetime


class LineOut(Shown):
    line_id: str
    sku: str | None = None
    item_id: str
    variant_id: str | None = None
    name: str
    variant: str | None = None
    image_url: str | None = None
    quantity: int
    ordered_quantity: int
    cancelled_before: int
    unit_price: MoneyOut | None = None
    is_gift: bool
    restock_advised: bool | None = None
    available_now: int | None = None
    returned: int | None = None
    stock: StockUse


class RejectOut(Shown):
    reason_required: bool
    need: RejectReasonNeed


class RefusalOut(Shown):
    code: str
    message: str


class RevertOut(Shown):
    at: datetime
    why: RevertWhy
    refusal: RefusalOut | None = None


class RequestOut(RequestRow):
    """A cancel request, whole."""

    lines: list[LineOut]
    native_id: str
    buyer_id: str | None = None
    note: str | None = None
    comment: str | None = None
    reject: RejectOut
    revert: RevertOut | None = None
    sync: FullSync
    stock: FullStock


class RequestPage(BaseModel):
    items: list[RequestRow]
    next_cursor: str | None = None


class ShopCount(BaseModel):
    shop_id: str
    to_decide: int


class Summary(BaseModel):
    to_decide: int = Field(description="The badge.")
    due_soon: int
    overdue: int
    by_channel: dict[str, int] = Field(description="Number to decide, per channel.")
    by_shop: list[ShopCount]
    by_tab: dict[Tab, int]
    alerts: dict[str, int]
    totals: list[MoneyOut] = Field(description="Order totals of the chosen tab, one per currency.")
    units: int
    as_of: datetime


class TimelineEntry(Shown):
    at: datetime
    kind: str
    actor: ActorOut | None = None
    text_key: str
    params: dict[str, Any]
    event_id: str | None = None


class Timeline(BaseModel):
    items: list[TimelineEntry]


class LineUse(BaseModel):
    line_id: Annotated[str, Field(max_length=200)]
    stock: StockUse


class ReasonIn(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=300, pattern=STORABLE)]


class Approval(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"revision": 1, "note": "Called the buyer"}]})

    revision: int | None = Field(default=None, ge=1, description="What you saw; another one now is 409 `stale-revision`.")
    note: Note | None = None
    lines: list[LineUse] = Field(default=[], max_length=1000, description="Where the preset is wrong: what becomes of a line's units.")


class Rejection(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"revision": 1, "reason": {"name": "seller_reject_apply_product_has_been_packed"}}]}
    )

    revision: int | None = Field(default=None, ge=1)
    reason: ReasonIn | None = Field(default=None, description="One of GET reject-reasons; TikTok Shop demands it.")
    comment: Note | None = None


def _not_too_many(items: Any) -> Any:
    """Before they are validated: who sends thousands wants to hear that, not what is wrong with each."""
    if isinstance(items, list) and len(items) > MOST_AT_ONCE:
        raise Problem(413, "too-many-items", "Too many at once", f"At most {MOST_AT_ONCE} items; there were {len(items)}.")
    return items


NotTooMany = BeforeValidator(_not_too_many)


class BulkItem(BaseModel):
    id: Annotated[str, Field(max_length=200)]
    revision: int | None = Field(default=None, ge=1)
    reason: ReasonIn | None = None


class BulkDecisions(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "approve", "items": [{"id": "5f0c0f8e-0d0e-5c53-9f5a-0a4a4d4c1a11", "revision": 1}]}]}
    )

    decision: Literal["approve", "reject"]
    items: Annotated[list[BulkItem], Field(min_length=1, json_schema_extra={"maxItems": MOST_AT_ONCE}), NotTooMany]
    reason: ReasonIn | None = Field(default=None, description="For items without a reason of their own.")
    comment: Note | None = None
    note: Note | None = None


class BulkResult(BaseModel):
    id: str
    status: Literal["done", "unchanged", "failed"]
    request: RequestRow | None = None
    problem: Annotated[dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/Problem"})] | None = None


class BulkResults(BaseModel):
    done: int
    unchanged: int
    failed: int
    items: list[BulkResult]


class Acknowledgement(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"alert": "stop_parcel", "note": "Parcel is back on the shelf"}]})

    alert: AlertKind
    note: Note | None = None


class OfferedReason(BaseModel):
    name: str
    text: str


class OfferedReasons(BaseModel):
    required: bool
    items: list[OfferedReason]
    fetched_at: datetime


class ShopOut(Shown):
    channel: str
    shop_id: str
    name: str
    region: str
    state: Literal["connected", "expiring", "disconnected"]
    authorised_until: datetime | None = None
    last_heard_at: datetime
    to_decide: int


class Shops(BaseModel):
    items: list[ShopOut]


KeyPart = Annotated[str, Field(min_length=1, max_length=80, pattern=STORABLE)]


class OrderKey(BaseModel):
    channel: KeyPart
    shop_id: KeyPart
    order_ref: KeyPart


class OrdersInParcel(BaseModel):
    items: list[OrderKey]


class FulfilmentChecks(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"orders": [{"channel": "shopee", "shop_id": "1001", "order_ref": "251123ABCDEF01"}]}]}
    )

    orders: Annotated[list[OrderKey], Field(min_length=1, json_schema_extra={"maxItems": MOST_AT_ONCE}), NotTooMany]


class Fulfilment(OrderKey):
    may_ship: bool
    hold: str | None = None
    request_id: str | None = None
    status: OrderStatus | None = None
    known: bool = Field(description="False: no cancel request was ever heard of this order.")
    fresh: bool = Field(description="False: the shop is disconnected, or nothing was heard of it for 15 minutes.")
    checked_at: datetime


class Fulfilments(BaseModel):
    items: list[Fulfilment]


Role = Literal["viewer", "decider", "admin", "fulfilment", "ops", "service"]
ROLES: Final = frozenset(get_args(Role))


class SellerRef(BaseModel):
    id: str
    name: str


class Me(BaseModel):
    user: str
    name: str
    seller: SellerRef | None
    roles: list[Role]
    locale: str


class SessionIn(BaseModel):
    """One of the two."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"token": "eyJhbGciOiJIUzI1NiJ9…"}]})

    token: str | None = Field(default=None, max_length=8192)
    user: str | None = Field(default=None, max_length=200, description="In the demo: one of GET session.")

    @model_validator(mode="after")
    def _one(self) -> "SessionIn":
        if (self.token is None) == (self.user is None):
            raise ValueError("give a token, or in the demo a user")
        return self


class DemoUserOut(BaseModel):
    user: str
    name: str
    seller: SellerRef
    roles: list[Role]


class SessionOut(BaseModel):
    """Who is signed in, and what a log-in page may offer."""

    me: Me | None = Field(description="Null: nobody, or no longer.")
    demo: list[DemoUserOut] = Field(description="Whom the demo lets in without a token; empty everywhere else.")
