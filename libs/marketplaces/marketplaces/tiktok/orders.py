"""TikTok Shop's order detail as an `OrderSeen` (order 202309)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from contracts.values import CancelledBy, OrderStatus, Parcel, ParcelState, Reason
from marketplaces import loose
from marketplaces.seen import CancelSeen, LineSeen, OrderSeen, RequestedLine, RequestSeen

STATUS: dict[str, OrderStatus] = {
    "UNPAID": "unpaid",
    "ON_HOLD": "on_hold",
    "AWAITING_SHIPMENT": "new",
    "AWAITING_COLLECTION": "ready_to_ship",
    "PARTIALLY_SHIPPING": "ready_to_ship",
    "IN_TRANSIT": "shipped",
    "DELIVERED": "shipped",
    "COMPLETED": "shipped",
    "CANCELLED": "cancelled",
    "CANCEL": "cancelled",  # the webhook's spelling
}

WHO: dict[str, CancelledBy] = {"BUYER": "buyer", "SELLER": "seller", "SYSTEM": "system", "OPERATOR": "system"}

_PARCEL: dict[OrderStatus, ParcelState] = {
    "unpaid": "not_arranged",
    "on_hold": "not_arranged",
    "new": "not_arranged",
    "ready_to_ship": "arranged",
    "shipped": "handed_over",
}
_IF_ARRANGED: dict[bool | None, ParcelState] = {True: "arranged", False: "not_arranged", None: "unknown"}


def status_of(word: str | None) -> OrderStatus:
    """CONTRACTS A3 for TikTok Shop, requests not considered."""
    return STATUS.get((word or "").upper(), "unknown")


def order_seen(
    order: dict[str, Any], *, shop_id: str, region: str, started: datetime, ended: datetime, call_ids: tuple[str, ...] = ()
) -> OrderSeen | None:
    """One order of the answer, without its requests; None where it lacks what identifies and orders it (`id`, `update_time`)."""
    order_id = loose.text(order.get("id"))
    update_time = loose.moment(order.get("update_time")) or loose.moment(order.get("create_time"))
    if order_id is None or update_time is None:
        return None
    word = (loose.text(order.get("status")) or "unknown").upper()
    payment = loose.record(order.get("payment"))
    cod = loose.boolean(order.get("is_cod"))
    return OrderSeen(
        channel="tiktok",
        shop_id=shop_id,
        order_ref=order_id,
        region=loose.region(order.get("region")) or region,
        marketplace_status=word,
        status=status_of(word),
        status_alone=status_of(word),
        update_time=update_time,
        read_started_at=started,
        read_ended_at=ended,
        call_ids=call_ids,
        ordered_at=loose.moment(order.get("create_time")),
        was_paid=_was_paid(order, word=word, cod=cod),
        cod=cod,
        fulfilled_by="marketplace" if loose.text(order.get("fulfillment_type")) == "FULFILLMENT_BY_TIKTOK" else "seller",
        total=loose.money(payment.get("total_amount"), payment.get("currency")),
        buyer_id=loose.text(order.get("user_id")),
        lines=_lines(order, cancelled=status_of(word) == "cancelled"),
        parcel=_parcel(order, word),
        cancelled=_cancelled(order, at=update_time) if status_of(word) == "cancelled" else None,
        was_arranged=_was_arranged(order, word),
    )


def with_requests(seen: OrderSeen, requests: Sequence[RequestSeen], *, described: Sequence[LineSeen]) -> OrderSeen:
    """The order with its requests, and what follows from them (CONTRACTS A3).

    A request that was accepted cancels its lines whatever the order says yet; the order is cancelled once no unit is left. An open
    BUYER_CANCEL holds it. `described` are lines as the cancellations describe them, for those the order does not list (split orders).
    """
    known = {line.line_id for line in seen.lines}
    lines = seen.lines + tuple(line for line in described if line.line_id not in known)
    everything = tuple(RequestedLine(line_id=line.line_id, quantity=1) for line in lines)
    requests = sorted(
        (request if request.lines else replace(request, lines=everything) for request in requests),
        key=lambda request: (request.requested_at or request.update_time, request.native_id),
    )
    gone = {line.line_id for request in requests if request.state in {"accepted", "completed"} for line in request.lines}
    lines = tuple(replace(line, cancelled_quantity=1) if line.line_id in gone else line for line in lines)
    return _settled(replace(seen, requests=tuple(requests), lines=lines))


def _settled(seen: OrderSeen) -> OrderSeen:
    if seen.status == "cancelled":
        return seen
    accepted = [request for request in seen.requests if request.state in {"accepted", "completed"}]
    if accepted and seen.cancelled_everything:
        last = max(accepted, key=lambda request: request.update_time)
        return replace(seen, status="cancelled", cancelled=CancelSeen(by=last.started_by, reason=last.reason, at=last.update_time))
    if seen.status != "shipped" and any(r.state == "open" and r.marketplace_type == "BUYER_CANCEL" for r in seen.requests):
        return replace(seen, status="cancel_requested")
    return seen


def _was_paid(order: dict[str, Any], *, word: str, cod: bool | None) -> bool | None:
    """COD counts as paid; the statuses after UNPAID are only reached by a paid order."""
    if cod or loose.moment(order.get("paid_time")) is not None:
        return True
    if status_of(word) in {"unpaid", "cancelled"}:
        return False
    return None if status_of(word) == "unknown" else True


def _lines(order: dict[str, Any], *, cancelled: bool) -> tuple[LineSeen, ...]:
    """One line per unit: TikTok knows no quantity."""
    lines = (_line(item, cancelled=cancelled) for item in loose.records(order.get("line_items")))
    return tuple({line.line_id: line for line in lines if line is not None}.values())


def _line(item: dict[str, Any], *, cancelled: bool) -> LineSeen | None:
    line_id = loose.text(item.get("id"))
    if line_id is None:
        return None
    gone = cancelled or status_of(loose.text(item.get("display_status"))) == "cancelled"
    item_id = loose.text(item.get("product_id")) or loose.text(item.get("sku_id")) or line_id
    return LineSeen(
        line_id=line_id,
        item_id=item_id,
        variant_id=loose.text(item.get("sku_id")),
        sku=loose.text(item.get("seller_sku")),
        name=loose.text(item.get("product_name")) or item_id,
        variant=loose.text(item.get("sku_name")),
        image_url=loose.text(item.get("sku_image")),
        ordered_quantity=1,
        cancelled_quantity=1 if gone else 0,
        unit_price=loose.money(item.get("sale_price"), item.get("currency")),
        is_gift=loose.boolean(item.get("is_gift")) or False,
    )


def _cancelled(order: dict[str, Any], *, at: datetime) -> CancelSeen:
    who = loose.text(order.get("cancellation_initiator")) or _line_word(order, "cancel_user") or ""
    code = loose.text(order.get("cancel_reason")) or _line_word(order, "cancel_reason")
    return CancelSeen(
        by=WHO.get(who.upper(), "unknown"), reason=Reason(code=code, text=code), at=loose.moment(order.get("cancel_time")) or at
    )


def _line_word(order: dict[str, Any], field: str) -> str | None:
    return next((word for item in loose.records(order.get("line_items")) if (word := loose.text(item.get(field)))), None)


def _parcel(order: dict[str, Any], word: str) -> Parcel:
    numbers = _tracking_nos(order)
    carrier = _line_word(order, "shipping_provider_name") or loose.text(order.get("shipping_provider"))
    state = _PARCEL.get(status_of(word)) or _IF_ARRANGED[_was_arranged(order, word)]
    return Parcel(state=state, tracking_no=numbers[0] if numbers else None, other_tracking_nos=tuple(numbers[1:]), carrier=carrier)


def _tracking_nos(order: dict[str, Any]) -> list[str]:
    """Of a split order each package has its own."""
    words = [item.get("tracking_number") for item in loose.records(order.get("line_items"))] + [order.get("tracking_number")]
    return list(dict.fromkeys(number for word in words if (number := loose.text(word)) is not None))


def _was_arranged(order: dict[str, Any], word: str) -> bool | None:
    """`rts_time` or a tracking number says yes, whatever became of the order since; so does the status."""
    if loose.moment(order.get("rts_time")) is not None or bool(_tracking_nos(order)):
        return True
    return {"ready_to_ship": True, "shipped": True, "unknown": None}.get(status_of(word), False)
