"""What a person or a rule in Zetpy said about a request."""

from typing import Literal

from contracts.values import Actor, Counter, DecidedState, Instant, Refusal, RejectReason, RevertWhy, StockLine, Text500, Value

Verdict = Literal["approve", "reject"]

STATE_OF: dict[Verdict, DecidedState] = {"approve": "approved", "reject": "rejected"}


class Decision(Value, frozen=True, kw_only=True):
    """The decision that stands; one that did not hold is not kept here but in `Revert`."""

    verdict: Verdict
    revision: Counter
    by: Actor
    at: Instant
    lines: tuple[StockLine, ...] = ()
    note: Text500 | None = None
    reason: RejectReason | None = None
    comment: Text500 | None = None

    @property
    def state(self) -> DecidedState:
        return STATE_OF[self.verdict]


class Revert(Value, frozen=True, kw_only=True):
    """A decision that did not hold: what it was, since when, and why."""

    at: Instant
    why: RevertWhy
    decision: Decision
    refusal: Refusal | None = None
