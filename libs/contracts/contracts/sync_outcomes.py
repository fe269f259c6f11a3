"""What became of the call that tells a marketplace the seller's answer; never what became of the order."""

from typing import ClassVar

from contracts.values import Action, Counter, DelayCause, Instant, NoOrMoreUnits, Order, RefusedBecause, RequestId, Value


class OutcomeFacts(Value, frozen=True, kw_only=True):
    request_id: RequestId
    revision: Counter
    """Of the decision."""
    order: Order
    action: Action
    attempt: NoOrMoreUnits
    """0 = nothing was tried yet (the shop is disconnected, say)."""
    call_id: str | None = None
    """The marketplace's own `request_id`."""
    at: Instant


class OutcomeSynced(OutcomeFacts, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "com.zetpy.outcome-synced.v1"
    already: bool
    """It was so before we called."""


class OutcomeDelayed(OutcomeFacts, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "com.zetpy.outcome-delayed.v1"
    cause: DelayCause
    message: str
    next_attempt_at: Instant | None = None
    """Absent: waits for a person."""


class OutcomeRefused(OutcomeFacts, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "com.zetpy.outcome-refused.v1"
    code: str
    message: str
    because: RefusedBecause


class OutcomeFailed(OutcomeFacts, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "com.zetpy.outcome-failed.v1"
    code: str
    message: str


SyncOutcome = OutcomeSynced | OutcomeDelayed | OutcomeRefused | OutcomeFailed
