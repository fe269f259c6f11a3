"""What became of a cancel request: every request ends with exactly one standing word, the highest revision."""

from typing import Annotated, ClassVar

import msgspec

from contracts.values import (
    Action,
    Actor,
    CancelledByOurs,
    Counter,
    DecidedState,
    Instant,
    LapsedBecause,
    Order,
    OrderStatus,
    ParcelState,
    PreviousState,
    Ref,
    Refusal,
    RejectReason,
    RequestId,
    RevertedState,
    RevertWhy,
    StockLine,
    Text500,
    Value,
)

StockLines = Annotated[tuple[StockLine, ...], msgspec.Meta(max_length=10_000)]


class DecisionFacts(Value, frozen=True, kw_only=True):
    request_id: RequestId
    revision: Counter
    """Decision's own; sync and stock progress do not count."""
    order: Order
    native_id: Ref
    parcel_state: ParcelState


class CancelApproved(DecisionFacts, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "com.zetpy.cancel-approved.v1"
    lines: StockLines
    decided_by: Actor
    decided_at: Instant
    note: Text500 | None = None
    respond_by: Instant | None = None
    """The marketplace's deadline: answers are delivered in its order, rejections first."""


class CancelRejected(DecisionFacts, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "com.zetpy.cancel-rejected.v1"
    reason: RejectReason | None = None
    """Required where the request's `reject_reason` is `required`."""
    comment: Text500 | None = None
    decided_by: Actor
    decided_at: Instant
    respond_by: Instant | None = None
    """The marketplace's deadline: a rejection that is late loses the order."""


class CancelledElsewhere(DecisionFacts, frozen=True, kw_only=True):
    """The order is cancelled and Zetpy did not decide it."""

    TYPE: ClassVar[str] = "com.zetpy.cancelled-elsewhere.v1"
    lines: StockLines
    cancelled_by: CancelledByOurs
    after_deadline: bool
    cancelled_at: Instant
    previous_state: PreviousState | None = None
    recall: bool
    """The order was already being packed: pull the parcel out."""


class CancelLapsed(DecisionFacts, frozen=True, kw_only=True):
    """The request ended, the order goes on, and Zetpy did not decide it."""

    TYPE: ClassVar[str] = "com.zetpy.cancel-lapsed.v1"
    because: LapsedBecause
    order_status_now: OrderStatus
    ended_at: Instant


class CancelReverted(DecisionFacts, frozen=True, kw_only=True):
    """A decision that did not hold."""

    TYPE: ClassVar[str] = "com.zetpy.cancel-reverted.v1"
    lines: StockLines
    """What the approval had given back; empty for a rejection."""
    reverts_revision: Counter
    reverts: DecidedState
    why: RevertWhy
    refusal: Refusal | None = None
    state_now: RevertedState
    order_status_now: OrderStatus
    reverted_at: Instant


class Answer(Value, frozen=True, kw_only=True):
    """What the decision said to the marketplace: whoever never heard the decision itself can send it from this."""

    action: Action
    reason: RejectReason | None = None
    comment: Text500 | None = None
    decided_by: Actor
    decided_at: Instant
    respond_by: Instant | None = None


class SyncRetryRequested(DecisionFacts, frozen=True, kw_only=True):
    """A person wants the answer sent again; `revision` is the one to send, it does not grow."""

    TYPE: ClassVar[str] = "com.zetpy.sync-retry-requested.v1"
    attempt: Counter
    """The n-th retry by hand."""
    requested_by: Actor
    requested_at: Instant
    answer: Answer | None = None


CancelDecision = CancelApproved | CancelRejected | CancelledElsewhere | CancelLapsed | CancelReverted | SyncRetryRequested
