"""What may be done with an order, over all its requests (CONTRACTS A3)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from contracts.order_status import OrderStatusChanged
from contracts.values import Hold, Instant, OrderStatus, Value
from decision.domain.facts import newest_reading
from decision.domain.sync import TAKEN

if TYPE_CHECKING:
    from datetime import datetime

    from decision.domain.requests import Request

SHIPPABLE: frozenset[OrderStatus] = frozenset({"new", "ready_to_ship"})
_HOLDS: dict[OrderStatus, Hold | None] = {
    "unpaid": Hold.NOT_READY,
    "on_hold": Hold.NOT_READY,
    "new": None,
    "ready_to_ship": None,
    "cancel_requested": Hold.CANCEL_REQUESTED,
    "shipped": Hold.SHIPPED,
    "cancelled": Hold.CANCELLED,
    "unknown": Hold.UNKNOWN,
}


class OrderState(Value, frozen=True, kw_only=True):
    """An order that has or had a request. Revision 0: nothing was said yet."""

    revision: int = 0
    status: OrderStatus = "unknown"
    shippable: bool = False
    hold: Hold | None = Hold.UNKNOWN
    recall: bool = False
    marketplace_status: str | None = None
    changed_at: Instant | None = None


def order_state(requests: Sequence["Request"]) -> OrderState:
    """What the order's requests (at least one) together say.

    Any that waits for the seller holds it; else a cancelled order is cancelled; else a rejection that the marketplace has not taken holds
    it; else the newest request decides.
    """
    shown = max((request.facts for request in requests), key=newest_reading)
    status, hold = _status(requests, shown.order_status_now)
    return OrderState(
        status=status,
        shippable=status in SHIPPABLE and hold is None,
        hold=hold,
        recall=status == "cancelled" and any(_recalled(request) for request in requests),
        marketplace_status=shown.marketplace_status,
    )


def _status(requests: Sequence["Request"], shown: OrderStatus) -> tuple[OrderStatus, Hold | None]:
    if any(request.state == "pending" for request in requests):
        return _as_shown("cancel_requested")
    if any(request.facts.whole_order_cancelled for request in requests):
        return _as_shown("cancelled")
    granted = [request.facts for request in requests if request.state == "approved" and request.facts.shows == "open"]
    if granted:
        # Units of a split order that nobody cancels go on, once the marketplace shows as what.
        return _as_shown("cancel_requested" if all(facts.rest_status for facts in granted) else "cancelled")
    if any(request.facts.order_status_now == "shipped" for request in requests):
        return _as_shown("shipped")
    if any(request.state == "rejected" and request.sync.state not in TAKEN for request in requests):
        return "ready_to_ship", Hold.REJECTION_NOT_TAKEN
    newest = max(requests, key=_age)
    return _as_shown("ready_to_ship" if newest.state == "rejected" else shown)


def _as_shown(status: OrderStatus) -> tuple[OrderStatus, Hold | None]:
    return status, _HOLDS[status]


def _age(request: "Request") -> tuple["datetime", "datetime", int]:
    return request.facts.requested_at, request.facts.read_started_at, request.facts.observation


def _recalled(request: "Request") -> bool:
    """Pull the parcel out, until somebody acknowledges."""
    alert = request.alerts.get("stop_parcel")
    return alert is not None and alert.open


def same_order(one: OrderState, other: OrderState) -> bool:
    """Nothing that others act on differs."""
    return (one.status, one.shippable, one.hold, one.recall) == (other.status, other.shippable, other.hold, other.recall)


def changed(
    before: OrderState, requests: Sequence["Request"], *, cause: "Request", now: "datetime"
) -> tuple[OrderState, OrderStatusChanged | None]:
    """The order's state after its requests moved, and what to announce about it: nothing when it is as before."""
    state = order_state(requests)
    if before.revision and same_order(before, state):
        kept = msgspec.structs.replace(before, marketplace_status=state.marketplace_status)
        return kept, None
    state = msgspec.structs.replace(state, revision=before.revision + 1, changed_at=now)
    return state, OrderStatusChanged(
        order=cause.order,
        order_revision=state.revision,
        request_id=cause.request_id,
        revision=cause.revision,
        status=state.status,
        previous_status=before.status if before.revision else None,
        shippable=state.shippable,
        hold=state.hold,
        recall=state.recall,
        marketplace_status=state.marketplace_status,
        changed_at=now,
    )
