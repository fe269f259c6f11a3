"""A cancellation as TikTok's search shows it, field by field."""

from decimal import Decimal
from typing import Any

from sandbox.clock import Clock
from sandbox.tiktok.announce import REQUEST_STATUS, cancel_type
from sandbox.truth import Line, Order, Request, RequestState

_TEXTS = {
    "change_payment_method": "Need to change payment method",
    "discount_not_expected": "Discount was not as expected",
    "created_by_mistakes": "Order created by mistake",
    "high_delivery_costs": "Delivery costs are too high",
    "better_price": "Better price available",
    "wrong_delivery_info": "Wrong delivery information",
    "not_shipped_on_time": "Order was not shipped on time",
}


def view(order: Order, request: Request, clock: Clock) -> dict[str, Any]:
    """One row; `seller_next_action_response` only while the seller is asked, `refund_amount` only when something was paid."""
    units = [(line, unit) for line in order.lines for unit in line.units if unit in request.units]
    shown: dict[str, Any] = {
        "cancel_id": request.ref,
        "order_id": order.ref,
        "cancel_type": cancel_type(request),
        "cancel_status": REQUEST_STATUS[request.state],
        "role": request.role.upper(),
        "cancel_reason": request.reason,
        "cancel_reason_text": _TEXTS.get(request.reason.rpartition("reason_")[2], request.reason),
        "create_time": request.opened_at,
        "update_time": request.updated_at,
        "cancel_line_items": [
            _line_item(order, line, unit, ref) for (line, unit), ref in zip(units, request.unit_refs, strict=True)
        ],
    }  # fmt: skip
    if request.state is RequestState.OPEN and request.deadline is not None:
        shown["seller_next_action_response"] = [{"action": "SELLER_RESPOND_CANCEL", "deadline": int(clock.to_real(request.deadline))}]
    if order.paid_at:
        subtotal = sum((line.price for line, _ in units if not line.is_gift), Decimal(0))
        whole = len(units) == sum(len(line.units) for line in order.lines)
        shown["refund_amount"] = _refund(order, subtotal, order.shipping_fee if whole else Decimal(0))
    if order.replenish is not None:
        shown["should_replenish_stock"] = order.replenish
    return shown


def _refund(order: Order, subtotal: Decimal, shipping: Decimal) -> dict[str, str]:
    return {
        "currency": order.currency,
        "refund_total": str(subtotal + shipping),
        "refund_subtotal": str(subtotal),
        "refund_shipping_fee": str(shipping),
        "refund_tax": "0",
    }


def _line_item(order: Order, line: Line, unit: str, ref: str) -> dict[str, Any]:
    """One unit: there is no quantity, and `seller_sku` is left out when the seller never set one."""
    shown: dict[str, Any] = {
        "cancel_line_item_id": ref,
        "order_line_item_id": unit,
        "sku_id": str(line.model_id),
        "sku_name": line.variant or "",
        "product_name": line.name,
    }
    if line.sku is not None:
        shown["seller_sku"] = line.sku
    if line.image_url:
        shown["product_image"] = {"url": line.image_url, "width": 200, "height": 200}
    if order.paid_at:
        shown["refund_amount"] = {"currency": order.currency, "refund_total": str(Decimal(0) if line.is_gift else line.price)}
    return shown
