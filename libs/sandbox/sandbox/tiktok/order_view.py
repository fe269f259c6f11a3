"""An order as TikTok Shop's detail call shows it, field by field."""

from decimal import Decimal
from typing import Any

from sandbox.config import DAY
from sandbox.tiktok.announce import order_status
from sandbox.truth import Line, Order, Stage

_PACKAGE_STATUS = {Stage.SHIPPED: "FULFILLING", Stage.DELIVERED: "COMPLETED", Stage.CANCELLED: "CANCELLED"}


def view(order: Order) -> dict[str, Any]:
    """Money and ids as strings, times as Unix seconds, one line item per unit; fields that say nothing yet are left out."""
    shown: dict[str, Any] = {
        "id": order.ref,
        "status": order_status(order),
        "create_time": order.created_at,
        "update_time": order.updated_at,
        "is_buyer_request_cancel": order.open_request is not None,
        "is_on_hold_order": order.stage is Stage.ON_HOLD,
        "shipping_type": "TIKTOK" if order.by_marketplace else "SELLER",
        "fulfillment_type": "FULFILLMENT_BY_TIKTOK" if order.by_marketplace else "FULFILLMENT_BY_SELLER",
        "order_type": "PRE_ORDER" if order.pre_order else "NORMAL",
        "is_cod": order.cod,
        "is_sample_order": False,
        "is_replacement_order": False,
        "warehouse_id": "7060000000000000001",
        "packages": [{"id": order.package_ref}] if order.arranged_at else [],
        "buyer_message": "",
        "user_id": order.buyer_id,
        "payment": _payment(order),
        "line_items": [_line_item(order, line, unit) for line in order.lines for unit in line.units],
        "rts_sla_time": order.created_at + 2 * DAY,
        "tts_sla_time": order.created_at + 4 * DAY,
        "shipping_due_time": order.created_at + 3 * DAY,
        "collection_due_time": order.created_at + 5 * DAY,
    }
    return shown | _only_when_known(order)


def _only_when_known(order: Order) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if order.paid_at:
        shown["paid_time"] = order.paid_at
    if order.arranged_at:
        shown["rts_time"] = order.arranged_at
    if order.open_request:
        shown["request_cancel_time"] = order.open_request.opened_at
    if order.cancelled_by and order.cancelled_at:
        shown |= {
            "cancellation_initiator": order.cancelled_by.upper(),
            "cancel_reason": order.cancel_reason,
            "cancel_time": order.cancelled_at,
        }
    return shown


def _payment(order: Order) -> dict[str, str]:
    return {
        "currency": order.currency,
        "total_amount": str(order.total),
        "sub_total": str(order.subtotal),
        "shipping_fee": str(order.shipping_fee),
        "tax": "0",
    }


def _line_item(order: Order, line: Line, unit: str) -> dict[str, Any]:
    cancelled = unit in order.cancelled
    shown: dict[str, Any] = {
        "id": unit,
        "product_id": str(line.item_id),
        "product_name": line.name,
        "sku_id": str(line.model_id),
        "sku_name": line.variant or "",
        "sku_image": line.image_url or "",
        "currency": order.currency,
        "original_price": str(line.price),
        "sale_price": str(Decimal(0) if line.is_gift else line.price),
        "display_status": "CANCELLED" if cancelled else order_status(order),
        "is_gift": line.is_gift,
        "package_id": order.package_ref if order.arranged_at else "",
        "package_status": _PACKAGE_STATUS.get(order.stage, "PROCESSING" if order.arranged_at else "TO_FULFILL"),
        "tracking_number": f"TT{order.package_ref[-12:]}" if order.arranged_at else "",
    }
    if line.sku is not None:
        shown["seller_sku"] = line.sku
    if cancelled and order.cancel_reason:
        shown |= {"cancel_reason": order.cancel_reason, "cancel_user": (order.cancelled_by or "buyer").upper()}
    return shown
