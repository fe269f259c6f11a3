"""What is said of a request: the full snapshot, made of the newest views of the order and the request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from contracts.cancel_requests import AskedFacts, CancelRequestClosed, CancelRequested, CancelRequestEvent, OrderCancelled, request_id
from contracts.values import CancelledBy, FoundBy, Line, Order, OrderStatus, RequestOutcome
from ingestor.domain.identity import CANCELLED_STATES
from ingestor.domain.known import Look, Read, Rules, ShopFacts
from marketplaces.seen import OrderSeen, RequestSeen

Phase = Literal["open", "cancelled", "continues", "shipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything that a snapshot is made of."""

    order: OrderSeen
    status: OrderStatus
    """Of the order, its requests considered."""
    former_status: OrderStatus | None
    shop: ShopFacts
    look: Look
    rules: Rules
    read: Read


def phase(request: RequestSeen, status: OrderStatus) -> Phase:
    """Where a request stands.

    An accepted one means cancelled whatever the order says; a parcel that left, or an order that is cancelled altogether, ends an open one.
    """
    if request.state in CANCELLED_STATES or status == "cancelled":
        return "cancelled"
    if status == "shipped":
        return "shipped"
    return "open" if request.state == "open" else "continues"


def snapshot(view: View, request: RequestSeen, published: CancelRequestEvent | None) -> CancelRequestEvent | None:
    """What is to be said of `request` now, numbered one after `published`; None where nothing is ever said, or nothing can be yet.

    First seen closed while the order goes on: nothing is said. First seen cancelled: the order was cancelled and nobody asked the seller.
    """
    where = phase(request, view.status)
    lines = _lines(view.order, request, where, published)
    if not lines:
        return None
    facts = _facts(view, request, published) | {"lines": lines, "rest_status": _rest_status(view, lines)}
    if where == "open":
        return CancelRequested(**facts, **_asked(view, request, published, open_=True))
    if where == "cancelled" and (published is None or isinstance(published, OrderCancelled)):
        return _order_cancelled(view, request, published, facts)
    if published is None:
        return None
    asked = _asked(view, request, published, open_=False)
    return CancelRequestClosed(**facts, **asked, **_ended(view, request, published, _outcome(where, published)))


def says_the_same(published: CancelRequestEvent | None, new: CancelRequestEvent) -> bool:
    """Nothing that a consumer could act on has changed. How far a shipped order has come since is nobody's business."""
    if type(published) is not type(new) or published is None:
        return False
    if isinstance(published, CancelRequestClosed) and isinstance(new, CancelRequestClosed):
        ends = {(event.outcome, event.order_status_now) for event in (published, new)}
        if len(ends) == 1 and new.order_status_now == "shipped":
            return True
    if isinstance(new, OrderCancelled) and published.rest_status == new.rest_status == "shipped":
        return True
    return published == msgspec.structs.replace(
        new,
        observation=published.observation,
        read_started_at=published.read_started_at,
        observed_at=published.observed_at,
        found_by=published.found_by,
    )


def happened_at(view: View, request: RequestSeen) -> datetime:
    """The marketplace's time of what is said."""
    return max(view.order.update_time, request.update_time)


def _facts(view: View, request: RequestSeen, published: CancelRequestEvent | None) -> dict[str, Any]:
    order, shop = view.order, view.shop
    told = request.requested_at
    first = published.requested_at if published else _first_seen(view, request)
    reason = request.reason if request.reason.code or request.reason.text or order.cancelled is None else order.cancelled.reason
    return {
        "request_id": request_id(order.channel, order.shop_id, request.native_id),
        "observation": published.observation + 1 if published else 1,
        "order": Order(
            seller_id=shop.seller_id,
            channel=order.channel,
            shop_id=order.shop_id,
            order_ref=order.order_ref,
            region=order.region or shop.region,
        ),
        "native_id": request.native_id,
        "shop_name": shop.name,
        "order_status_before": (published.order_status_before if published else None) or view.former_status,
        "marketplace_status": order.marketplace_status,
        "ordered_at": order.ordered_at or (published.ordered_at if published else first),
        "requested_at": told or first,
        "requested_at_source": "marketplace" if told else published.requested_at_source if published else "first_seen",
        "reason": reason if reason.code or reason.text or published is None else published.reason,
        "buyer_id": order.buyer_id,
        "order_total": order.total,
        "refund_total": request.refund_total or (published.refund_total if published else None),
        "cod": order.cod,
        "fulfilled_by": order.fulfilled_by,
        "was_paid": order.was_paid,
        "stock_from": shop.stock_from,
        "parcel": order.parcel,
        "read_started_at": view.read.started,
        "observed_at": view.read.ended,
        "found_by": view.look.found_by or (published.found_by if published else FoundBy.SWEEP),
    }


def _first_seen(view: View, request: RequestSeen) -> datetime:
    cancelled = view.order.cancelled
    return (cancelled.at if cancelled and request.state != "open" else None) or request.update_time


def _asked(view: View, request: RequestSeen, published: CancelRequestEvent | None, *, open_: bool) -> dict[str, Any]:
    """What only a request has. A deadline once known stays: it tells later whether the end came after it."""
    former = published if isinstance(published, AskedFacts) else None
    if request.respond_by:
        respond_by, source = request.respond_by, "marketplace"
    elif former and former.respond_by:
        respond_by, source = former.respond_by, str(former.respond_by_source)
    else:
        first = request.requested_at or (published.requested_at if published else _first_seen(view, request))
        estimate = view.rules.respond_by(view.order.channel, view.order.region or view.shop.region, first)
        return {"reject_reason": view.shop.reject_reason, "answerable": request.asks_seller or not open_} | (
            {"respond_by": estimate, "respond_by_source": "estimated"} if estimate else {}
        )
    return {
        "respond_by": respond_by,
        "respond_by_source": source,
        "reject_reason": view.shop.reject_reason,
        "answerable": request.asks_seller or not open_,
    }


def _outcome(where: Literal["cancelled", "continues", "shipped"], published: CancelRequestEvent) -> RequestOutcome:
    """How the request ended. A parcel that leaves after the end has ended nothing."""
    if where == "cancelled":
        return "order_cancelled"
    ended_before = isinstance(published, CancelRequestClosed) and published.outcome == "order_continues"
    return "order_shipped" if where == "shipped" and not ended_before else "order_continues"


def _ended(view: View, request: RequestSeen, published: CancelRequestEvent, outcome: RequestOutcome) -> dict[str, Any]:
    former = published if isinstance(published, CancelRequestClosed) and published.outcome == outcome else None
    cancelled = view.order.cancelled if outcome == "order_cancelled" else None
    by: CancelledBy = cancelled.by if cancelled else "unknown"
    return {
        "ended_at": former.ended_at if former else _ended_at(view, request, outcome),
        "outcome": outcome,
        "ended_by": by if by != "unknown" or former is None else former.ended_by,
        "order_status_now": view.status,
    }


def _ended_at(view: View, request: RequestSeen, outcome: RequestOutcome) -> datetime:
    ended_itself = request.state in CANCELLED_STATES if outcome == "order_cancelled" else request.state == "closed"
    if ended_itself:
        return request.update_time
    cancelled = view.order.cancelled
    return (cancelled.at if cancelled and outcome == "order_cancelled" else None) or view.order.update_time


def _order_cancelled(view: View, request: RequestSeen, published: OrderCancelled | None, facts: dict[str, Any]) -> OrderCancelled:
    cancelled = view.order.cancelled
    by: CancelledBy = request.started_by if request.started_by != "unknown" or cancelled is None else cancelled.by
    at = (cancelled.at if cancelled else None) or request.update_time
    return OrderCancelled(
        **facts,
        cancelled_by=by,
        cancelled_at=published.cancelled_at if published else at,
        was_ready_to_ship=published.was_ready_to_ship if published and published.was_ready_to_ship else _was_ready(view),
    )


def _was_ready(view: View) -> bool | None:
    """From the stored former status, else from what the parcel shows: a status may have been missed between two looks."""
    if view.former_status in {"ready_to_ship", "shipped"} or view.order.was_arranged:
        return True
    return False if view.former_status else view.order.was_arranged


def _lines(order: OrderSeen, request: RequestSeen, where: Phase, published: CancelRequestEvent | None) -> tuple[Line, ...]:
    """The order's lines as far as the request covers them; all of them when it names none that the order has."""
    asked = {line.line_id: line.quantity for line in request.lines if line.quantity > 0}
    if not asked.keys() & {line.line_id for line in order.lines}:
        asked = {line.line_id: line.ordered_quantity for line in order.lines}
    lines = tuple(
        Line(
            line_id=line.line_id,
            sku=line.sku,
            item_id=line.item_id,
            variant_id=line.variant_id,
            name=line.name,
            variant=line.variant,
            image_url=line.image_url,
            quantity=(quantity := min(asked[line.line_id], line.ordered_quantity)),
            ordered_quantity=line.ordered_quantity,
            cancelled_before=_before(
                line.cancelled_quantity - (quantity if where == "cancelled" else 0), most=line.ordered_quantity - quantity
            ),
            unit_price=line.unit_price,
            is_gift=line.is_gift,
            restock_advised=request.should_replenish_stock,
        )
        for line in order.lines
        if line.line_id in asked and line.ordered_quantity > 0
    )
    return lines or (published.lines if published else ())


def _rest_status(view: View, lines: Sequence[Line]) -> OrderStatus | None:
    """What the order is without these lines; None: no unit is left besides them."""
    order = view.order
    gone = {line.line_id: line.quantity + line.cancelled_before for line in lines}
    if view.status == "cancelled" or all(
        max(gone.get(line.line_id, 0), line.cancelled_quantity) >= line.ordered_quantity for line in order.lines
    ):
        return None
    return order.status_alone if order.status_alone != "cancel_requested" else view.former_status or "unknown"


def _before(cancelled: int, *, most: int) -> int:
    return max(0, min(cancelled, most))
