"""TikTok Shop's cancellations as `RequestSeen` (return_refund 202309, cancellations/search)."""

from collections.abc import Sequence
from typing import Any

from contracts.values import Reason
from marketplaces import loose
from marketplaces.seen import LineSeen, RequestedLine, RequestSeen, RequestState
from marketplaces.tiktok.orders import WHO

PENDING = "CANCELLATION_REQUEST_PENDING"
ASKS_SELLER = "SELLER_RESPOND_CANCEL"

STATE: dict[str, RequestState] = {
    PENDING: "open",
    "CANCELLATION_REQUEST_SUCCESS": "accepted",
    "CANCELLATION_REQUEST_COMPLETE": "completed",
    "CANCELLATION_REQUEST_CANCEL": "closed",  # the filter's spelling
    "CANCELLATION_REQUEST_CANCELLED": "closed",  # the answer's and the webhook's
}


def request_seen(cancellation: dict[str, Any]) -> RequestSeen | None:
    """One cancellation of the answer; None where it lacks what identifies and orders it (`cancel_id`, a time)."""
    cancel_id = loose.text(cancellation.get("cancel_id"))
    requested_at = loose.moment(cancellation.get("create_time"))
    update_time = loose.moment(cancellation.get("update_time")) or requested_at
    if cancel_id is None or update_time is None:
        return None
    status = (loose.text(cancellation.get("cancel_status")) or "").upper()
    kind = (loose.text(cancellation.get("cancel_type")) or "").upper()
    actions = _seller_actions(cancellation)
    refund = loose.record(cancellation.get("refund_amount"))
    state = STATE.get(status, "unknown")
    return RequestSeen(
        native_id=cancel_id,
        state=state,
        asks_seller=state == "open" and kind == "BUYER_CANCEL" and bool(actions),
        update_time=update_time,
        started_by=WHO.get((loose.text(cancellation.get("role")) or "").upper(), "unknown"),
        marketplace_status=status,
        marketplace_type=kind,
        requested_at=requested_at,
        respond_by=next((found for action in actions if (found := loose.moment(action.get("deadline")))), None),
        reason=Reason(code=loose.text(cancellation.get("cancel_reason")), text=loose.text(cancellation.get("cancel_reason_text"))),
        refund_total=loose.money(refund.get("refund_total"), refund.get("currency")),
        lines=_lines(cancellation),
        should_replenish_stock=loose.boolean(cancellation.get("should_replenish_stock")),
    )


def _seller_actions(cancellation: dict[str, Any]) -> Sequence[dict[str, Any]]:
    given = cancellation.get("seller_next_action_response")
    actions = [given] if isinstance(given, dict) else loose.records(given)
    return [action for action in actions if loose.text(action.get("action")) == ASKS_SELLER]


def _lines(cancellation: dict[str, Any]) -> tuple[RequestedLine, ...]:
    """One entry per unit, each naming the order's line."""
    ids = [loose.text(item.get("order_line_item_id")) for item in loose.records(cancellation.get("cancel_line_items"))]
    return tuple(RequestedLine(line_id=line_id, quantity=1) for line_id in dict.fromkeys(ids) if line_id is not None)


def described_lines(cancellation: dict[str, Any]) -> tuple[LineSeen, ...]:
    """The lines as the cancellation itself describes them: enough to name and restock them."""
    return tuple(line for item in loose.records(cancellation.get("cancel_line_items")) if (line := _described(item)) is not None)


def _described(item: dict[str, Any]) -> LineSeen | None:
    line_id = loose.text(item.get("order_line_item_id"))
    if line_id is None:
        return None
    sku_id = loose.text(item.get("sku_id"))
    return LineSeen(
        line_id=line_id,
        item_id=sku_id or line_id,
        variant_id=sku_id,
        sku=loose.text(item.get("seller_sku")),
        name=loose.text(item.get("product_name")) or sku_id or line_id,
        variant=loose.text(item.get("sku_name")),
        image_url=loose.text(loose.record(item.get("product_image")).get("url")),
        ordered_quantity=1,
    )
