"""Reading orders: the list by time and status, and details of up to fifty."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from sandbox.config import Channel
from sandbox.shopee.announce import order_status
from sandbox.shopee.gate import Api, Refused, ShopeeCall
from sandbox.shopee.order_view import view
from sandbox.truth import Order

MAX_RANGE_S = 15 * 86_400  # exactly 15 days is reported refused
MAX_PAGE = 100
MAX_DETAILS = 50
LISTED_STATUSES = frozenset({"UNPAID", "READY_TO_SHIP", "PROCESSED", "SHIPPED", "COMPLETED", "IN_CANCEL", "CANCELLED", "INVOICE_PENDING"})


def status_for(order: Order, query: Mapping[str, str]) -> str:
    """PENDING is shown only to callers that ask for it; others read READY_TO_SHIP as before it existed."""
    status = order_status(order)
    pending_too = query.get("request_order_status_pending", "").lower() == "true"
    return "READY_TO_SHIP" if status == "PENDING" and not pending_too else status


def get_order_list(call: ShopeeCall) -> dict[str, Any]:
    """GET /api/v2/order/get_order_list: span under 15 days, pages of 1 to 100, cursor by time and order."""
    query = call.query
    field = query.get("time_range_field")
    if field not in {"create_time", "update_time"}:
        raise Refused("error_param", "time_range_field must be create_time or update_time.")
    time_from, time_to = _number(query, "time_from"), _number(query, "time_to")
    if time_to < time_from or time_to - time_from >= MAX_RANGE_S:
        raise Refused("order.order_list_invalid_time", "The time range must be within 15 days.")
    size = _number(query, "page_size")
    if not 1 <= size <= MAX_PAGE:
        raise Refused("error_param", "page_size must be between 1 and 100.")
    wanted = query.get("order_status")
    if wanted and wanted not in LISTED_STATUSES:
        raise Refused("error_param", f"Invalid order_status {wanted}.")

    def moment(order: Order) -> int:
        return order.created_at if field == "create_time" else order.updated_at

    found = sorted(
        (moment(order), order.ref)
        for order in call.world.by_shop[Channel.SHOPEE, call.owner.spec.shop_id]
        if time_from <= moment(order) <= time_to and wanted in {None, "", status_for(order, query)}
    )
    after = _cursor(query.get("cursor", ""))
    rest = [key for key in found if after is None or key > after]
    page, more = rest[:size], len(rest) > size
    with_status = "order_status" in query.get("response_optional_fields", "").split(",")
    return {
        "more": more,
        "next_cursor": _as_cursor(page[-1]) if more else "",
        "order_list": [_row(call, ref, with_status=with_status) for _, ref in page],
    }


def get_order_detail(call: ShopeeCall) -> dict[str, Any]:
    """GET /api/v2/order/get_order_detail: 1 to 50 orders; optional fields only when named."""
    refs = list(filter(None, call.query.get("order_sn_list", "").split(",")))
    if not 1 <= len(refs) <= MAX_DETAILS:
        raise Refused("error_param", "order_sn_list must have 1 to 50 order_sn.")
    orders = [order for ref in refs if (order := _own(call, ref))]
    if not orders:
        raise Refused("error_not_found", "Wrong parameters, detail: the order is not found.")
    optional = frozenset(call.query.get("response_optional_fields", "").split(","))
    return {"order_list": [view(order, status_for(order, call.query), optional) for order in orders]}


def _own(call: ShopeeCall, ref: str) -> Order | None:
    order = call.world.orders.get((Channel.SHOPEE, ref))
    return order if order and order.shop_id == call.owner.spec.shop_id else None


def _row(call: ShopeeCall, ref: str, *, with_status: bool) -> dict[str, Any]:
    order = call.world.orders[Channel.SHOPEE, ref]
    return {"order_sn": ref, "booking_sn": ""} | ({"order_status": status_for(order, call.query)} if with_status else {})


def _number(query: Mapping[str, str], name: str) -> int:
    if not query.get(name, "").isdecimal():
        raise Refused("error_param", f"{name} is required and must be a whole number.")
    return int(query[name])


def _as_cursor(key: tuple[int, str]) -> str:
    return base64.urlsafe_b64encode(f"{key[0]}:{key[1]}".encode()).decode()


def _cursor(raw: str) -> tuple[int, str] | None:
    if not raw:
        return None
    try:
        moment, ref = base64.urlsafe_b64decode(raw).decode().split(":")
        return int(moment), ref
    except (binascii.Error, ValueError) as error:
        raise Refused("error_param", "Invalid cursor.") from error


APIS = (
    Api(method="GET", path="/api/v2/order/get_order_list", handler=get_order_list),
    Api(method="GET", path="/api/v2/order/get_order_detail", handler=get_order_detail),
)
