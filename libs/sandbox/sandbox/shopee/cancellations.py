"""Answering a buyer's cancel request: one word for the whole order."""

from typing import Any

from sandbox.config import Channel
from sandbox.moves import Impossible
from sandbox.placing import a_request
from sandbox.shopee.gate import Api, Refused, ShopeeCall
from sandbox.truth import Answer

SELLER_REASONS = frozenset({"OUT_OF_STOCK", "CUSTOMER_REQUEST", "UNDELIVERABLE_AREA", "COD_NOT_SUPPORTED"})
_OPERATIONS: dict[str, Answer] = {"ACCEPT": "approve", "REJECT": "reject"}


def handle_buyer_cancellation(call: ShopeeCall) -> dict[str, Any]:
    """POST /api/v2/order/handle_buyer_cancellation. Taken now, in effect a little later.

    The same answer again while the first still travels is taken without effect (the order still shows IN_CANCEL); the opposite
    one is refused as out of state. Neither is documented.
    """
    body = call.body
    operation, order_sn = body.get("operation"), body.get("order_sn")
    if not isinstance(order_sn, str) or not order_sn:
        raise Refused("error_param", "order_sn is required and must be a string.")
    if not isinstance(operation, str) or operation not in _OPERATIONS:
        raise Refused("error_param", "operation must be ACCEPT or REJECT.")
    order = call.world.orders.get((Channel.SHOPEE, order_sn))
    if order is None or order.shop_id != call.owner.spec.shop_id:
        raise Refused("error_not_found", "The order is not found.")
    request, answer = order.open_request, _OPERATIONS[operation]
    if request is None or request.answering not in {None, answer}:
        raise Refused("order.cancel_order_invalid_status", "The order status does not allow this operation.")
    if request.answering is None and not (call.fault and call.fault.kind == "no_effect"):
        call.desk.answer(order, request, answer)
    return {"update_time": call.world.clock.stamp()}


def cancel_order(call: ShopeeCall) -> dict[str, Any]:
    """POST /api/v2/order/cancel_order: the seller cancels on their own, before shipping; not the answer to a buyer's request."""
    body = call.body
    order = call.world.orders.get((Channel.SHOPEE, str(body.get("order_sn"))))
    if order is None or order.shop_id != call.owner.spec.shop_id:
        raise Refused("error_not_found", "The order is not found.")
    reason = body.get("cancel_reason")
    if reason not in SELLER_REASONS or (reason == "UNDELIVERABLE_AREA" and order.region != "MY"):
        raise Refused("error_param", "cancel_reason is not one of those for this region.")
    if reason == "OUT_OF_STOCK" and not body.get("item_list"):
        raise Refused("error_param", "item_list is required for OUT_OF_STOCK.")
    if order.open_request is not None:
        raise Refused("order.error_limit", "You cannot cancel this order.")
    try:
        call.desk.cancel_now(order, a_request(call.world, order, {"by": "seller", "reason": reason}, asked=False))
    except Impossible as impossible:
        raise Refused("order.error_limit", "You cannot cancel this order.") from impossible
    return {"update_time": order.updated_at}


APIS = (
    Api(method="POST", path="/api/v2/order/handle_buyer_cancellation", handler=handle_buyer_cancellation, writes=True),
    Api(method="POST", path="/api/v2/order/cancel_order", handler=cancel_order, writes=True),
)
