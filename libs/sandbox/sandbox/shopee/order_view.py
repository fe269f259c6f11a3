"""An order as Shopee's detail call shows it, field by field."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sandbox.truth import Line, Order, Stage

_LOGISTICS = {
    Stage.UNPAID: "LOGISTICS_NOT_START",
    Stage.ON_HOLD: "LOGISTICS_NOT_START",
    Stage.NEW: "LOGISTICS_READY",
    Stage.READY_TO_SHIP: "LOGISTICS_REQUEST_CREATED",
    Stage.SHIPPED: "LOGISTICS_PICKUP_DONE",
    Stage.DELIVERED: "LOGISTICS_DELIVERY_DONE",
}
_CANCEL_BY = {"buyer": "buyer", "seller": "seller", "system": "system"}
_CANCEL_REASON = {"buyer": "Buyer Request to Cancel", "seller": "Out of Stock", "system": "Auto Cancel"}


def view(order: Order, status: str, optional: frozenset[str]) -> dict[str, Any]:
    """The default fields, and of the optional ones those that were named."""
    shown = {
        "order_sn": order.ref,
        "region": order.region,
        "currency": order.currency,
        "cod": order.cod,
        "order_status": status,
        "message_to_seller": "",
        "create_time": order.created_at,
        "update_time": order.updated_at,
        "days_to_ship": 3,
        "ship_by_date": order.created_at + 3 * 86_400,
        "booking_sn": "",
    }
    if status == "PENDING":
        shown |= {"pending_terms": ["SYSTEM_PENDING"], "pending_description": ["The order is being checked by Shopee."]}
    return shown | {name: field(order) for name, field in _OPTIONAL.items() if name in optional}


def _number(amount: Decimal) -> float | int:
    """Whole amounts come as integers, others as floats."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _items(order: Order) -> list[dict[str, Any]]:
    return [_item(order, line, number) for number, line in enumerate(order.lines)]


def _item(order: Order, line: Line, number: int) -> dict[str, Any]:
    request = order.open_request
    cancelled = sum(unit in order.cancelled for unit in line.units)
    asked = sum(unit in request.units for unit in line.units) if request else 0
    has_model = line.model_id != 0
    return {
        "item_id": line.item_id,
        "item_name": line.name,
        "item_sku": "" if has_model else line.sku or "",
        "model_id": line.model_id,
        "model_name": line.variant or "",
        "model_sku": (line.sku or "") if has_model else "",
        "model_quantity_purchased": len(line.units),
        "model_original_price": _number(line.price),
        "model_discounted_price": _number(Decimal(0) if line.is_gift else line.price),
        "order_item_id": line.item_id,
        "promotion_group_id": 0,
        "promotion_type": "add_on_free_gift_sub" if line.is_gift else "",
        "add_on_deal_id": number if line.is_gift else 0,
        "product_location_id": [],
        "image_info": {"image_url": line.image_url or ""},
        "active_qty": len(line.units) - cancelled,
        "cancel_requested_qty": asked,
        "cancelled_qty": cancelled,
        "return_requested_qty": 0,
        "returned_qty": 0,
    }


def _packages(order: Order) -> list[dict[str, Any]]:
    items = [
        {
            "item_id": line.item_id, "model_id": line.model_id, "model_quantity": len(line.units), "order_item_id": line.item_id,
            "promotion_group_id": 0, "product_location_id": "",
        }
        for line in order.lines
    ]  # fmt: skip
    return [
        {
            "package_number": order.package_ref,
            "logistics_status": _logistics(order),
            "logistics_channel_id": 28_016,
            "shipping_carrier": "SPX Express",
            "item_list": items,
        }
    ]


def _logistics(order: Order) -> str:
    """A cancelled package is INVALID when nothing was arranged, else REQUEST_CANCELED."""
    if order.stage is Stage.CANCELLED:
        return "LOGISTICS_REQUEST_CANCELED" if order.arranged_at else "LOGISTICS_INVALID"
    return _LOGISTICS[order.stage]


def _buyer_reason(order: Order) -> str:
    return next((request.reason for request in reversed(order.requests) if request.role == "buyer"), "")


_OPTIONAL: dict[str, Callable[[Order], Any]] = {
    "buyer_user_id": lambda order: int(order.buyer_id),
    "buyer_username": lambda order: order.buyer_name,
    "item_list": _items,
    "pay_time": lambda order: order.paid_at,
    "buyer_cancel_reason": _buyer_reason,
    "cancel_by": lambda order: _CANCEL_BY[order.cancelled_by] if order.cancelled_by else "",
    "cancel_reason": lambda order: _CANCEL_REASON[order.cancelled_by] if order.cancelled_by else "",
    "package_list": _packages,
    "payment_method": lambda order: "Cash on Delivery" if order.cod else "Online Banking",
    "total_amount": lambda order: _number(order.total) if order.paid_at else None,
    "fulfillment_flag": lambda order: "fulfilled_by_shopee" if order.by_marketplace else "fulfilled_by_local_seller",
    "split_up": lambda _order: False,
    "note": lambda _order: "",
    "estimated_shipping_fee": lambda order: _number(order.shipping_fee),
    "advance_package": lambda _order: False,
}
