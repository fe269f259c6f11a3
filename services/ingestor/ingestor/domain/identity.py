"""Which request is which: Shopee has none of its own, and some cancellations nobody requested."""

from collections.abc import Sequence
from dataclasses import replace

from ingestor.domain.known import OrderKnown
from marketplaces.seen import CancelSeen, OrderSeen, RequestedLine, RequestSeen, RequestState

CANCELLED_STATES = frozenset({"accepted", "completed"})


def requests_shown(known: OrderKnown, order: OrderSeen, shown: Sequence[RequestSeen]) -> Sequence[RequestSeen]:
    """The requests that a read showed, under our native ids.

    `order` is the newest view of the order, `shown` what the read listed. Both channels: a cancelled order whose cancellation no request
    tells is one cancellation under the order's own ref.
    """
    return _numbered(known, order, shown) if order.channel == "shopee" else _explained(known, order, shown)


def _numbered(known: OrderKnown, order: OrderSeen, shown: Sequence[RequestSeen]) -> Sequence[RequestSeen]:
    """IN_CANCEL is the whole of a Shopee request. Seen again after it was seen to end: another one; before: our answer still travels."""
    latest = known.requests[-1].seen if known.requests else None
    if shown:
        again = latest is not None and latest.state == "open"
        return [
            replace(shown[-1], native_id=latest.native_id if latest and again else _native_id(order.order_ref, len(known.requests) + 1))
        ]
    if latest is None:
        return [_cancellation(order, before=known.order)] if order.status_alone == "cancelled" else []
    if order.status_alone == "unknown" and latest.state == "open":
        return [replace(latest, update_time=order.update_time)]  # a word that no reference knows ends nothing
    granted = order.status_alone == "cancelled" or _carried_out(latest, known.order, order)
    state: RequestState = "accepted" if granted else "closed"
    return [replace(latest, state=state, asks_seller=False, update_time=order.update_time, marketplace_status=order.marketplace_status)]


def _carried_out(request: RequestSeen, before: OrderSeen | None, order: OrderSeen) -> bool:
    """The order goes on without the units that were asked for: they were cancelled since (a request for a part of the order)."""
    now = _cancelled_units(order)
    former = {} if request.state in CANCELLED_STATES else _cancelled_units(before)
    return bool(request.lines) and all(now.get(line.line_id, 0) - former.get(line.line_id, 0) >= line.quantity for line in request.lines)


def _cancelled_units(order: OrderSeen | None) -> dict[str, int]:
    return {line.line_id: line.cancelled_quantity for line in order.lines} if order else {}


def _explained(known: OrderKnown, order: OrderSeen, shown: Sequence[RequestSeen]) -> Sequence[RequestSeen]:
    """TikTok's `cancel_id`s as they are."""
    told = any(request.published for request in known.requests) or any(request.state != "closed" for request in shown)
    return shown if told or order.status_alone != "cancelled" else [*shown, _cancellation(order)]


def _native_id(order_ref: str, number: int) -> str:
    return order_ref if number == 1 else f"{order_ref}#{number}"


def _cancellation(order: OrderSeen, *, before: OrderSeen | None = None) -> RequestSeen:
    """All that was not cancelled `before`, as far as that was seen."""
    by = order.cancelled or CancelSeen()
    gone = _cancelled_units(before) if before and before.status_alone != "cancelled" else {}
    return RequestSeen(
        native_id=order.order_ref,
        state="accepted",
        asks_seller=False,
        update_time=order.update_time,
        started_by=by.by,
        marketplace_status=order.marketplace_status,
        reason=by.reason,
        lines=tuple(
            RequestedLine(line_id=line.line_id, quantity=left)
            for line in order.lines
            if (left := line.ordered_quantity - gone.get(line.line_id, 0)) > 0
        ),
    )
