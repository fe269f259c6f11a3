"""Orders: details of up to fifty, and search."""

from typing import Any

from sandbox.config import Channel
from sandbox.tiktok.announce import STATUS, order_status
from sandbox.tiktok.gate import Api, Refused, TikTokCall
from sandbox.tiktok.order_view import view
from sandbox.tiktok.paging import Paging, page, within

BAD = 98_001_004
MAX_DETAILS = 50
PAGING = Paging(default_size=20, max_size=100, default_order="DESC", bad=BAD, size_required=True)
KNOWN_STATUSES = frozenset({*STATUS.values(), "PARTIALLY_SHIPPING", "COMPLETED"})


def details(call: TikTokCall) -> dict[str, Any]:
    """GET /order/202309/orders?ids=…: 1 to 50; another shop's order is refused, an unknown one left out."""
    refs = [ref for ref in call.query.get("ids", "").split(",") if ref]
    if not 1 <= len(refs) <= MAX_DETAILS:
        raise Refused(BAD, "ids must have 1 to 50 order ids.")
    orders = [order for ref in refs if (order := call.world.orders.get((Channel.TIKTOK, ref)))]
    if any(order.shop_id != call.owner.spec.shop_id for order in orders):
        raise Refused(21_008_111, "The order does not belong to this shop.")
    return {"orders": [view(order) for order in orders]}


def search(call: TikTokCall) -> dict[str, Any]:
    """POST /order/202309/orders/search."""
    body = call.body
    status, shipping = body.get("order_status"), body.get("shipping_type")
    if status is not None and status not in KNOWN_STATUSES:
        raise Refused(BAD, f"Unknown order_status {status}.")
    if shipping not in {None, "TIKTOK", "SELLER"}:
        raise Refused(BAD, "shipping_type is TIKTOK or SELLER.")
    asked = body.get("is_buyer_request_cancel")
    timely = within(body, bad=BAD)
    found = [
        order
        for order in call.world.by_shop[Channel.TIKTOK, call.owner.spec.shop_id]
        if status in {None, order_status(order)}
        and shipping in {None, "TIKTOK" if order.by_marketplace else "SELLER"}
        and asked in {None, order.open_request is not None}
        and body.get("buyer_user_id") in {None, order.buyer_id}
        and timely(order.created_at, order.updated_at)
    ]
    rows, total, token = page(
        found,
        query=call.query,
        paging=PAGING,
        moment={"create_time": lambda order: order.created_at, "update_time": lambda order: order.updated_at},
        ref=lambda order: order.ref,
        filters=body,
    )
    return {"orders": [view(order) for order in rows], "total_count": total, "next_page_token": token}


APIS = tuple(
    Api(method=method, path=f"/order/{version}/{rest}", name=rest, handler=handler)
    for version in ("202309", "202507")
    for method, rest, handler in (("GET", "orders", details), ("POST", "orders/search", search))
    if (version, rest) != ("202507", "orders/search")
)
