"""What the seller may do on their own: cancel an order, and ask beforehand whether that is possible."""

from typing import Any

from sandbox.config import Channel
from sandbox.moves import Impossible
from sandbox.placing import a_request
from sandbox.tiktok.announce import REQUEST_STATUS
from sandbox.tiktok.gate import Api, Refused, TikTokCall
from sandbox.truth import CANCELLABLE, Order

PAID_REASONS = frozenset({"seller_cancel_reason_out_of_stock", "seller_cancel_reason_wrong_price"})
PH_REASONS = PAID_REASONS | {"seller_cancel_paid_reason_buyer_requested_cancellation"}


def cancel(call: TikTokCall) -> dict[str, Any]:
    """POST /return_refund/202309/cancellations: whole orders only in these markets; there is no `idempotency_key`."""
    order_id, reason = call.body.get("order_id"), call.body.get("cancel_reason")
    if not isinstance(order_id, str) or not isinstance(reason, str):
        raise Refused(25_001_001, "order_id and cancel_reason are required.")
    order = _own(call, order_id)
    if call.body.get("order_line_item_ids") or call.body.get("skus"):
        raise Refused(25_005_010, "Single lines can't be cancelled.")
    if reason not in (PH_REASONS if order.region == "PH" else PAID_REASONS):
        raise Refused(25_001_014, "Unknown cancel reason.")
    code = ineligible(order)
    if code is not None:
        raise Refused(code, "The order can't be cancelled now.")
    request = a_request(call.world, order, {"by": "seller", "reason": reason}, asked=False)
    try:
        call.desk.cancel_now(order, request)
    except Impossible as impossible:
        raise Refused(25_001_011, str(impossible)) from impossible
    return {"cancel_id": request.ref, "cancel_status": REQUEST_STATUS[request.state]}


def eligibility(call: TikTokCall) -> dict[str, Any]:
    """GET …/orders/{order_id}/aftersale_eligibility: per SKU whether a cancellation may begin now."""
    if call.query.get("initiate_aftersale_user", "SELLER") not in {"SELLER", "BUYER"}:
        raise Refused(25_001_001, "initiate_aftersale_user is SELLER or BUYER.")
    order = _own(call, call.incoming.path_ids["order_id"])
    code = ineligible(order)
    verdict: dict[str, Any] = {"request_type": "CANCEL", "eligible": code is None}
    if code is not None:
        verdict |= {"ineligible_code": code, "ineligible_reason": "The order can't be cancelled now."}
    return {
        "sku_eligibility": [
            {"sku_id": str(line.model_id), "line_item_eligibility": [verdict | {"order_line_items_ids": list(line.units)}]}
            for line in order.lines
        ]
    }


def ineligible(order: Order) -> int | None:
    """Why no cancellation can begin, as TikTok's code."""
    if order.open_request is not None or order.word == "cancelled":
        return 25_001_011
    return None if order.stage in CANCELLABLE else 25_001_003


def _own(call: TikTokCall, ref: str) -> Order:
    order = call.world.orders.get((Channel.TIKTOK, ref))
    if order is None:
        raise Refused(25_007_006, "The order is not found.")
    if order.shop_id != call.owner.spec.shop_id:
        raise Refused(25_020_005, "No permission for this order.")
    return order


_PATH = "/return_refund/202309"
APIS = (
    Api(method="POST", path=f"{_PATH}/cancellations", name="cancellations", handler=cancel, writes=True),
    Api(method="GET", path=f"{_PATH}/orders/{{order_id}}/aftersale_eligibility", name="aftersale_eligibility", handler=eligibility),
)
