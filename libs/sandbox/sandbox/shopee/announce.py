"""Shopee's words for an order, and the pushes it sends: codes 2, 3 and 12."""

from sandbox.config import Channel
from sandbox.grants import Shop
from sandbox.moves import Change
from sandbox.truth import Order, Stage
from sandbox.world import World

STATUS = {
    Stage.UNPAID: "UNPAID",
    Stage.ON_HOLD: "PENDING",
    Stage.NEW: "READY_TO_SHIP",
    Stage.READY_TO_SHIP: "PROCESSED",
    Stage.SHIPPED: "SHIPPED",
    Stage.DELIVERED: "TO_CONFIRM_RECEIVE",
    Stage.CANCELLED: "CANCELLED",
}


def order_status(order: Order) -> str:
    return "IN_CANCEL" if order.open_request else order.native or STATUS[order.stage]


def announce(world: World, order: Order, change: Change) -> None:
    """Code 3: the order's status, nothing about why."""
    if not change.order:
        return
    data = {"items": [], "ordersn": order.ref, "status": order_status(order), "completed_scenario": "", "update_time": order.updated_at}
    body = {"data": data, "shop_id": int(order.shop_id), "code": 3, "timestamp": world.clock.stamp()}
    world.pushes.send(channel=Channel.SHOPEE, shop_id=order.shop_id, topic="3", body=body, orders=(order.ref,))


def announce_revoked(world: World, shop: Shop) -> None:
    """Code 2 as a seller's cancellation sends it: the shop stands only inside the text of `extra`."""
    shop_id = shop.spec.shop_id
    data = {
        "authorize_type": "shop authorization canceled by user",
        "success": 1,
        "extra": f"shop id {shop_id} has been cancelled by seller",
    }
    body = {"data": data, "code": 2, "partner_id": world.config.partner_id, "timestamp": world.clock.stamp()}
    world.pushes.send(channel=Channel.SHOPEE, shop_id=shop_id, topic="2", body=body)


def announce_expiring(world: World, shop: Shop) -> None:
    """Code 12: authorisations that end within seven days."""
    data = {
        "shop_expire_soon": [int(shop.spec.shop_id)], "merchant_expire_soon": [], "user_expire_soon": [],
        "expire_before": int(world.clock.to_real(shop.grant.authorised_until)), "page_no": 1, "total_page": 1,
    }  # fmt: skip
    body = {"data": data, "code": 12, "timestamp": world.clock.stamp()}
    world.pushes.send(channel=Channel.SHOPEE, shop_id=shop.spec.shop_id, topic="12", body=body)
