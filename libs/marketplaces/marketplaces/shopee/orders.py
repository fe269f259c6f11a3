"""Shopee's order detail as an `OrderSeen` (get_order_detail; data definition of 2026-09-21)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from contracts.values import CancelledBy, Money, OrderStatus, Parcel, Reason
from marketplaces import loose
from marketplaces.seen import CancelSeen, LineSeen, OrderSeen, RequestedLine, RequestSeen

OPTIONAL_FIELDS = (
    "buyer_user_id,item_list,pay_time,buyer_cancel_reason,cancel_by,cancel_reason,package_list,payment_method,total_amount,fulfillment_flag"
)

STATUS: dict[str, OrderStatus] = {
    "UNPAID": "unpaid",
    "PENDING": "on_hold",
    "READY_TO_SHIP": "new",
    "PROCESSED": "ready_to_ship",
    "RETRY_SHIP": "ready_to_ship",
    "IN_CANCEL": "cancel_requested",
    "SHIPPED": "shipped",
    "TO_CONFIRM_RECEIVE": "shipped",
    "TO_RETURN": "shipped",
    "COMPLETED": "shipped",
    "CANCELLED": "cancelled",
}

_CANCEL_BY: dict[str, CancelledBy] = {"buyer": "buyer", "seller": "seller", "system": "system", "ops": "system"}

_NOT_ARRANGED = frozenset(
    {"LOGISTICS_NOT_START", "LOGISTICS_READY", "LOGISTICS_INVALID", "LOGISTICS_PENDING_ARRANGE", "LOGISTICS_COD_REJECTED"}
)
_ARRANGED = frozenset({"LOGISTICS_REQUEST_CREATED", "LOGISTICS_PICKUP_RETRY", "LOGISTICS_PICKUP_FAILED", "LOGISTICS_REQUEST_CANCELED"})
_HANDED_OVER = frozenset({"LOGISTICS_PICKUP_DONE", "LOGISTICS_DELIVERY_DONE", "LOGISTICS_DELIVERY_FAILED", "LOGISTICS_LOST"})


def status_of(word: str | None) -> OrderStatus:
    """CONTRACTS A3 for Shopee."""
    return STATUS.get((word or "").upper(), "unknown")


def order_seen(
    order: dict[str, Any], *, shop_id: str, region: str, started: datetime, ended: datetime, call_ids: tuple[str, ...] = ()
) -> OrderSeen | None:
    """One order of the answer; None where it lacks what identifies and orders it (`order_sn`, `update_time`)."""
    order_sn, update_time = loose.text(order.get("order_sn")), loose.moment(order.get("update_time"))
    if order_sn is None or update_time is None:
        return None
    word = (loose.text(order.get("order_status")) or "unknown").upper()
    currency = order.get("currency")
    lines = _lines(order, cancelled=word == "CANCELLED")
    packages = loose.records(order.get("package_list"))
    cod = loose.boolean(order.get("cod"))
    seen = OrderSeen(
        channel="shopee",
        shop_id=shop_id,
        order_ref=order_sn,
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
        fulfilled_by="marketplace" if "shopee" in (loose.text(order.get("fulfillment_flag")) or "").lower() else "seller",
        total=loose.money(order.get("total_amount"), currency),
        buyer_id=loose.text(order.get("buyer_user_id")),
        lines=lines,
        parcel=_parcel(packages),
        cancelled=_cancelled(order, at=update_time) if word == "CANCELLED" else None,
        was_arranged=_was_arranged(packages),
    )
    return replace(seen, requests=(_request(order, seen),)) if word == "IN_CANCEL" else seen


def _was_paid(order: dict[str, Any], *, word: str, cod: bool | None) -> bool | None:
    """COD counts as paid. `pay_time` is null until paid; the other words are only reached by a paid order."""
    if cod or loose.moment(order.get("pay_time")) is not None:
        return True
    if word in {"UNPAID", "CANCELLED", "PENDING"}:
        return False if "pay_time" in order else None
    return None if status_of(word) == "unknown" else True


def _lines(order: dict[str, Any], *, cancelled: bool) -> tuple[LineSeen, ...]:
    """The items, summed per item and model: bundles and add-ons repeat them."""
    lines: dict[str, LineSeen] = {}
    for item in loose.records(order.get("item_list")):
        line = _line(item, currency=order.get("currency"), cancelled=cancelled)
        if line is None:
            continue
        former = lines.get(line.line_id)
        lines[line.line_id] = line if former is None else _sum(former, line)
    return tuple(lines.values())


def _sum(former: LineSeen, line: LineSeen) -> LineSeen:
    return replace(
        former,
        ordered_quantity=former.ordered_quantity + line.ordered_quantity,
        cancelled_quantity=former.cancelled_quantity + line.cancelled_quantity,
        sku=former.sku or line.sku,
        is_gift=former.is_gift and line.is_gift,
    )


def _line(item: dict[str, Any], *, currency: Any, cancelled: bool) -> LineSeen | None:
    item_id, ordered = loose.text(item.get("item_id")), loose.units(item.get("model_quantity_purchased"))
    if item_id is None or not ordered:
        return None
    model_id = loose.text(item.get("model_id"))
    before = loose.units(item.get("cancelled_qty"))
    return LineSeen(
        line_id=line_id(item),
        item_id=item_id,
        variant_id=None if model_id in {None, "0"} else model_id,
        sku=loose.text(item.get("model_sku")) or loose.text(item.get("item_sku")),
        name=loose.text(item.get("item_name")) or item_id,
        variant=loose.text(item.get("model_name")),
        image_url=loose.text(loose.record(item.get("image_info")).get("image_url")),
        ordered_quantity=ordered,
        cancelled_quantity=ordered if cancelled else min(before or 0, ordered),
        unit_price=_price(item, currency),
        is_gift="gift" in (loose.text(item.get("promotion_type")) or "").lower(),
    )


def line_id(item: dict[str, Any]) -> str:
    """The order's line: item and model, 0 for an item without models."""
    return f"{loose.text(item.get('item_id'))}:{loose.text(item.get('model_id')) or '0'}"


def _price(item: dict[str, Any], currency: Any) -> Money | None:
    return loose.money(item.get("model_discounted_price"), currency) or loose.money(item.get("model_original_price"), currency)


def _request(order: dict[str, Any], seen: OrderSeen) -> RequestSeen:
    """IN_CANCEL is the whole of Shopee's request: no id, no time of its own, no deadline; it waits for the seller."""
    return RequestSeen(
        native_id=seen.order_ref,
        state="open",
        asks_seller=True,
        update_time=seen.update_time,
        started_by="buyer",
        marketplace_status=seen.marketplace_status,
        reason=_reason(order),
        lines=_requested(order, seen.lines),
    )


def _requested(order: dict[str, Any], lines: Sequence[LineSeen]) -> tuple[RequestedLine, ...]:
    """`cancel_requested_qty` where any item has it, else everything that isn't cancelled yet."""
    asked: dict[str, int] = {}
    for item in loose.records(order.get("item_list")):
        asked[line_id(item)] = asked.get(line_id(item), 0) + (loose.units(item.get("cancel_requested_qty")) or 0)
    partial = any(asked.values())
    wanted = ((line, asked.get(line.line_id, 0) if partial else line.ordered_quantity - line.cancelled_quantity) for line in lines)
    return tuple(RequestedLine(line_id=line.line_id, quantity=min(count, line.ordered_quantity)) for line, count in wanted if count > 0)


def _reason(order: dict[str, Any]) -> Reason:
    """English phrases, not codes: kept as text. Code-like values stand in `cancel_reason` only."""
    text = loose.text(order.get("buyer_cancel_reason")) or loose.text(order.get("cancel_reason"))
    code = text if text and text.isupper() and " " not in text else None
    return Reason(code=code, text=text)


def _cancelled(order: dict[str, Any], *, at: datetime) -> CancelSeen:
    by = _CANCEL_BY.get((loose.text(order.get("cancel_by")) or "").lower(), "unknown")
    return CancelSeen(by=by, reason=_reason(order), at=at)


def _parcel(packages: Sequence[dict[str, Any]]) -> Parcel:
    """The furthest package of the order: one parcel that left can't be stopped by another that waits."""
    if not packages:
        return Parcel(state="unknown")
    furthest = max(packages, key=_distance)
    words = {_logistics(package) for package in packages}
    known = _HANDED_OVER | _ARRANGED | _NOT_ARRANGED
    distance = _distance(furthest)
    first = loose.text(furthest.get("tracking_number"))
    others = dict.fromkeys(number for package in packages if (number := loose.text(package.get("tracking_number"))) not in {None, first})
    return Parcel(
        state="handed_over" if distance == 2 else "arranged" if distance == 1 else "not_arranged" if words <= known else "unknown",  # noqa: PLR2004
        tracking_no=first,
        other_tracking_nos=tuple(number for number in others if number),
        carrier=loose.text(furthest.get("shipping_carrier")),
    )


def _logistics(package: dict[str, Any]) -> str:
    return (loose.text(package.get("logistics_status")) or "").upper()


def _distance(package: dict[str, Any]) -> int:
    word = _logistics(package)
    return 2 if word in _HANDED_OVER else 1 if word in _ARRANGED else 0


def _was_arranged(packages: Sequence[dict[str, Any]]) -> bool | None:
    words = {_logistics(package) for package in packages} - {""}
    if not words:
        return None
    return any(word in _ARRANGED or word in _HANDED_OVER for word in words)
