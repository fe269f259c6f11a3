"""Answering a buyer's cancel request: one word for the whole order."""

from typing import Any

from sandbox.config import Channel
from sandbox.shopee.gate import Api, Refused, ShopeeCall
from sandbox.truth import Answer

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


APIS = (Api(method="POST", path="/api/v2/order/handle_buyer_cancellation", handler=handle_buyer_cancellation, writes=True),)
