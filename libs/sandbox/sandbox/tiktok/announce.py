"""TikTok Shop's words for orders and requests, and the webhooks it sends: types 1, 6, 7 and 11."""

from typing import Any

from sandbox.config import Channel
from sandbox.grants import Shop
from sandbox.moves import Change
from sandbox.truth import Order, Request, RequestState, Stage
from sandbox.world import World

STATUS = {
    Stage.UNPAID: "UNPAID",
    Stage.ON_HOLD: "ON_HOLD",
    Stage.NEW: "AWAITING_SHIPMENT",
    Stage.READY_TO_SHIP: "AWAITING_COLLECTION",
    Stage.SHIPPED: "IN_TRANSIT",
    Stage.DELIVERED: "DELIVERED",
    Stage.CANCELLED: "CANCELLED",
}
REQUEST_STATUS = {
    RequestState.OPEN: "CANCELLATION_REQUEST_PENDING",
    RequestState.APPROVED: "CANCELLATION_REQUEST_SUCCESS",
    RequestState.COMPLETE: "CANCELLATION_REQUEST_COMPLETE",
    RequestState.CLOSED: "CANCELLATION_REQUEST_CANCELLED",
}


def order_status(order: Order) -> str:
    return order.native or STATUS[order.stage]


def cancel_type(request: Request) -> str:
    return "BUYER_CANCEL" if request.asked else "CANCEL"


def announce(world: World, order: Order, change: Change) -> None:
    """Type 11 for the request, type 1 for the order; each says only what moved."""
    if change.request is not None:
        request = change.request
        data = {
            "order_id": order.ref, "cancel_id": request.ref, "cancellations_role": request.role.upper(),
            "cancel_status": REQUEST_STATUS[request.state], "create_time": request.opened_at,
        }  # fmt: skip
        _send(world, order.shop_id, 11, data, (order.ref,))
    if change.order:
        status = order_status(order)
        data = {
            "order_id": order.ref, "order_status": "CANCEL" if status == "CANCELLED" else status,
            "is_on_hold_order": order.stage is Stage.ON_HOLD, "update_time": order.updated_at,
        }  # fmt: skip
        if status != "PARTIALLY_SHIPPING":  # not among the documented webhook statuses
            _send(world, order.shop_id, 1, data, (order.ref,))


def announce_revoked(world: World, shop: Shop) -> None:
    _send(world, shop.spec.shop_id, 6, {"message": "The seller has deauthorized your app."})


def announce_expiring(world: World, shop: Shop) -> None:
    until = str(int(world.clock.to_real(shop.grant.authorised_until)))
    _send(world, shop.spec.shop_id, 7, {"message": "The authorization will expire soon.", "expiration_time": until})


TOPICS = {1: "ORDER_STATUS_CHANGE", 6: "SELLER_DEAUTHORIZATION", 7: "UPCOMING_AUTHORIZATION_EXPIRATION", 11: "CANCELLATION_STATUS_CHANGE"}


def _send(world: World, shop_id: str, kind: int, data: dict[str, Any], orders: tuple[str, ...] = ()) -> None:
    body = {
        "type": kind,
        "tts_notification_id": world.ids.long_id("732"),
        "shop_id": shop_id,
        "timestamp": world.clock.stamp(),
        "data": data,
    }
    world.pushes.send(channel=Channel.TIKTOK, shop_id=shop_id, topic=TOPICS[kind], body=body, orders=orders)
