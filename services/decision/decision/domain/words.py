"""What decision says on cancel-decisions when a request moves, and how it reads the marketplace's word for it."""

from typing import TYPE_CHECKING, Any

from contracts.cancel_decisions import (
    Answer,
    CancelApproved,
    CancelDecision,
    CancelLapsed,
    CancelledElsewhere,
    CancelRejected,
    CancelReverted,
    SyncRetryRequested,
)
from contracts.values import Actor, CancelledByOurs, LapsedBecause, PreviousState, StockLine
from decision.domain.decisions import Decision, Revert
from decision.domain.facts import Facts

if TYPE_CHECKING:
    from datetime import datetime

    from decision.domain.requests import Request
    from decision.domain.settle import RequestState

_PREVIOUS: dict["RequestState | None", PreviousState] = {"pending": "pending", "rejected": "rejected", "lapsed": "lapsed"}
_DIRECTLY: dict[str, CancelledByOurs] = {"buyer": "buyer", "seller": "seller_center", "system": "marketplace"}
_LAPSED: dict[str, LapsedBecause] = {"buyer": LapsedBecause.WITHDRAWN, "seller": LapsedBecause.REJECTED_ELSEWHERE}


def cancelled_by(facts: Facts) -> CancelledByOurs:
    """Who cancelled an order that we did not.

    A buyer's request names the buyer as its author whoever accepted it, so that his name says nothing about who ended it: after the
    deadline it was the marketplace, before it we don't know (CONTRACTS A1: never guess).
    """
    if facts.direct:
        return _DIRECTLY.get(facts.ended_by, "unknown")
    if facts.ended_by in {"seller", "system"}:
        return _DIRECTLY[facts.ended_by]
    return "marketplace" if after_deadline(facts) else "unknown"


def after_deadline(facts: Facts) -> bool:
    return facts.respond_by is not None and facts.ended_at is not None and facts.ended_at >= facts.respond_by


def lapsed_because(facts: Facts) -> LapsedBecause:
    """Neither Shopee nor TikTok tells a withdrawal from a rejection in Seller Center: their producer says `unknown`, and so do we."""
    if facts.outcome == "order_shipped":
        return LapsedBecause.SHIPPED
    return _LAPSED.get(facts.ended_by, LapsedBecause.UNKNOWN)


def packed(facts: Facts) -> bool:
    """The parcel may be under way to the courier: the order was ready to ship or later, or its parcel is arranged."""
    if facts.parcel.state in {"arranged", "handed_over"}:
        return True
    return bool(facts.was_ready_to_ship) or facts.order_status_before in {"ready_to_ship", "shipped"}


def to_stop(facts: Facts, state: "RequestState") -> bool:
    """The parcel of a cancelled order must be pulled out. Who approves sees the parcel's state, so there only an arranged parcel counts."""
    if state == "approved":
        return facts.parcel.state in {"arranged", "handed_over"} or (facts.parcel.state == "unknown" and packed(facts))
    return state == "cancelled_elsewhere" and packed(facts)


def say(
    request: "Request", *, before: "RequestState | None", gave: tuple[StockLine, ...], broken: Decision | None
) -> tuple[CancelDecision, ...]:
    """The standing word after a move that observations made; a pending request that nobody decided has none."""
    if request.state == "cancelled_elsewhere":
        return (_cancelled_elsewhere(request, before),)
    if broken and request.revert:
        return (_reverted(request, request.revert, gave),)
    if request.state == "lapsed":
        return (lapsed(request),)
    return ()


def _shared(request: "Request", *, revision: int | None = None) -> dict[str, Any]:
    facts = request.facts
    return {
        "request_id": facts.request_id,
        "revision": revision or request.revision,
        "order": facts.order,
        "native_id": facts.native_id,
        "parcel_state": facts.parcel.state,
    }


def _cancelled_elsewhere(request: "Request", before: "RequestState | None") -> CancelledElsewhere:
    return CancelledElsewhere(
        **_shared(request),
        lines=request.given,
        cancelled_by=request.cancelled_by or "unknown",
        after_deadline=request.after_deadline,
        cancelled_at=request.facts.ended_at or request.facts.observed_at,
        previous_state=_PREVIOUS.get(before),
        recall=packed(request.facts),
    )


def lapsed(request: "Request") -> CancelLapsed:
    """The request ended and the order goes on: also the last word about a rejection that the marketplace did not need any more."""
    return CancelLapsed(
        **_shared(request),
        because=request.lapsed_because or lapsed_because(request.facts),
        order_status_now=request.facts.order_status_now,
        ended_at=request.facts.ended_at or request.facts.observed_at,
    )


def _reverted(request: "Request", revert: Revert, gave: tuple[StockLine, ...]) -> CancelReverted:
    return CancelReverted(
        **_shared(request),
        lines=gave,
        reverts_revision=revert.decision.revision,
        reverts=revert.decision.state,
        why=revert.why,
        refusal=revert.refusal,
        state_now="pending" if request.state == "pending" else "lapsed",
        order_status_now=request.facts.order_status_now,
        reverted_at=revert.at,
    )


def decided(request: "Request", decision: Decision) -> CancelApproved | CancelRejected:
    """The word of a decision just made."""
    if decision.verdict == "approve":
        return CancelApproved(
            **_shared(request),
            lines=decision.lines,
            decided_by=decision.by,
            decided_at=decision.at,
            note=decision.note,
            respond_by=request.facts.respond_by,
        )
    return CancelRejected(
        **_shared(request),
        reason=decision.reason,
        comment=decision.comment,
        decided_by=decision.by,
        decided_at=decision.at,
        respond_by=request.facts.respond_by,
    )


def retry(request: "Request", decision: Decision, *, by: Actor, at: "datetime") -> SyncRetryRequested:
    """Ask sync-back to send the standing decision again."""
    shared = _shared(request, revision=decision.revision)
    answer = Answer(
        action=decision.verdict,
        reason=decision.reason,
        comment=decision.comment,
        decided_by=decision.by,
        decided_at=decision.at,
        respond_by=request.facts.respond_by,
    )
    return SyncRetryRequested(**shared, attempt=request.sync.retries, requested_by=by, requested_at=at, answer=answer)


def ended_params(request: "Request") -> dict[str, Any]:
    """What the timeline tells about the end."""
    if request.state == "lapsed":
        return {"because": str(request.lapsed_because), "order_status": request.facts.order_status_now}
    return {"cancelled_by": request.cancelled_by, "after_deadline": request.after_deadline}
