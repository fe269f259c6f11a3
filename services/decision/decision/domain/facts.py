"""What is known of a request: the newest snapshot that its producer published, in one shape for all three events."""

from datetime import datetime
from typing import Literal, assert_never

import msgspec

from contracts.cancel_requests import CancelRequestClosed, CancelRequested, CancelRequestEvent, OrderCancelled, RequestFacts
from contracts.values import CancelledBy, Instant, OrderStatus, RejectReasonNeed, RequestOutcome, TimeSource

Shows = Literal["open", "continues", "cancelled"]
"""What the marketplace shows: the request waits, or it ended and the order goes on, or it ended and the order is cancelled."""

READ = ("observation", "read_started_at", "observed_at", "found_by")
"""Fields about the reading, not about what was read: another value is no change of facts."""


class Facts(RequestFacts, frozen=True, kw_only=True):
    shows: Shows
    respond_by: Instant | None = None
    respond_by_source: TimeSource | None = None
    reject_reason: RejectReasonNeed = "none"
    direct: bool = False
    """Cancelled without anybody having asked the seller."""
    ended_at: Instant | None = None
    outcome: RequestOutcome | None = None
    ended_by: CancelledBy = "unknown"
    order_status_now: OrderStatus = "cancel_requested"
    was_ready_to_ship: bool | None = None

    @property
    def whole_order_cancelled(self) -> bool:
        """No unit of the order is left to ship."""
        return self.shows == "cancelled" and self.order_status_now == "cancelled"


_SHARED = RequestFacts.__struct_fields__


def facts_of(seen: CancelRequestEvent, *, before: Facts | None = None) -> Facts:
    """The snapshot that `seen` gives. `before` is the one it replaces: what the marketplace stopped telling is kept from it."""
    shared = {name: getattr(seen, name) for name in _SHARED}
    if shared["order_status_before"] is None and before:
        shared["order_status_before"] = before.order_status_before
    match seen:
        case CancelRequestClosed():
            return Facts(
                **shared,
                shows="cancelled" if seen.outcome == "order_cancelled" else "continues",
                respond_by=seen.respond_by or (before.respond_by if before else None),
                respond_by_source=seen.respond_by_source or (before.respond_by_source if before else None),
                reject_reason=seen.reject_reason,
                ended_at=seen.ended_at,
                outcome=seen.outcome,
                ended_by=seen.ended_by,
                order_status_now=seen.order_status_now,
            )
        case CancelRequested():
            return Facts(
                **shared,
                shows="open",
                respond_by=seen.respond_by,
                respond_by_source=seen.respond_by_source,
                reject_reason=seen.reject_reason,
            )
        case OrderCancelled():
            return Facts(
                **shared,
                shows="cancelled",
                respond_by=before.respond_by if before else None,
                respond_by_source=before.respond_by_source if before else None,
                direct=True,
                ended_at=seen.cancelled_at,
                outcome="order_cancelled",
                ended_by=seen.cancelled_by,
                order_status_now=seen.rest_status or "cancelled",
                was_ready_to_ship=seen.was_ready_to_ship,
            )
        case _:
            assert_never(seen)


def same_facts(one: Facts, other: Facts) -> bool:
    """Nothing that a seller could see differs; only the reading does."""
    return one == msgspec.structs.replace(other, **{name: getattr(one, name) for name in READ})


def newest_reading(facts: Facts) -> tuple[datetime, datetime, int]:
    """Order of snapshots of one order over its requests: the later read shows more of the truth."""
    return facts.read_started_at, facts.requested_at, facts.observation
