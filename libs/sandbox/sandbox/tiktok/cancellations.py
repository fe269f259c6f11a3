"""Cancellations: search, approve, reject, and the reasons a seller may give."""

from collections.abc import Iterable
from typing import Any

from sandbox.config import Channel
from sandbox.tiktok.announce import REQUEST_STATUS, cancel_type
from sandbox.tiktok.cancellation_view import view
from sandbox.tiktok.gate import Api, Refused, TikTokCall
from sandbox.tiktok.paging import Paging, page, strings, within
from sandbox.tiktok.wire import KNOWN_REJECT_REASONS
from sandbox.truth import Answer, Order, Request, RequestState, Stage

BAD = 25_001_001
MAX_KEY = 255
PAGING = Paging(default_size=10, max_size=50, default_order="ASC", bad=BAD)
FILTER_STATUSES = {  # the filter says _CANCEL where answers say _CANCELLED
    "CANCELLATION_REQUEST_PENDING": RequestState.OPEN,
    "CANCELLATION_REQUEST_SUCCESS": RequestState.APPROVED,
    "CANCELLATION_REQUEST_COMPLETE": RequestState.COMPLETE,
    "CANCELLATION_REQUEST_CANCEL": RequestState.CLOSED,
}


def search(call: TikTokCall) -> dict[str, Any]:
    """POST /return_refund/202309/cancellations/search."""
    body = call.body
    ids, orders = strings(body, "cancel_ids", bad=BAD), strings(body, "order_ids", bad=BAD)
    buyers = strings(body, "buyer_user_ids", bad=BAD)
    types = strings(body, "cancel_types", bad=BAD, allowed=("CANCEL", "BUYER_CANCEL"))
    statuses = strings(body, "cancel_status", bad=BAD, allowed=FILTER_STATUSES)
    states = {FILTER_STATUSES[status] for status in statuses} if statuses else None
    timely = within(body, bad=BAD)
    found = [
        (order, request)
        for order, request in _candidates(call, ids, orders)
        if (orders is None or order.ref in orders)
        and (buyers is None or order.buyer_id in buyers)
        and (types is None or cancel_type(request) in types)
        and (states is None or request.state in states)
        and timely(request.opened_at, request.updated_at)
    ]
    rows, total, token = page(
        found,
        query=call.query,
        paging=PAGING,
        moment={"create_time": lambda row: row[1].opened_at, "update_time": lambda row: row[1].updated_at},
        ref=lambda row: row[1].ref,
        filters=body,
    )
    shown = [view(order, request, call.world.clock) for order, request in rows]
    return {"cancellations": shown, "total_count": total, "next_page_token": token}


def _candidates(call: TikTokCall, ids: frozenset[str] | None, orders: frozenset[str] | None) -> Iterable[tuple[Order, Request]]:
    """The shop's own requests; by id where ids are given, so that a look-up stays quick among many orders."""
    world, shop_id = call.world, call.owner.spec.shop_id
    if ids is not None:
        named = (world.requests.get((Channel.TIKTOK, ref)) for ref in ids)
        return [found for found in named if found and found[0].shop_id == shop_id]
    if orders is not None:
        own = [order for ref in orders if (order := world.orders.get((Channel.TIKTOK, ref))) and order.shop_id == shop_id]
    else:
        own = world.by_shop[Channel.TIKTOK, shop_id]
    return ((order, request) for order in own for request in order.requests)


def approve(call: TikTokCall) -> dict[str, Any]:
    """POST …/cancellations/{cancel_id}/approve: taken now, in effect a little later."""
    order, request = _named(call)
    if _repeated(call, request, "approve"):
        return {}
    if order.stage in {Stage.SHIPPED, Stage.DELIVERED}:
        raise Refused(25_001_045, "The order has been shipped and the courier can't stop it.")
    if request.state is RequestState.CLOSED:
        raise Refused(25_020_009, "The request has been cancelled.")
    _require_open(request, 25_011_012)
    return _take(call, order, request, "approve")


def reject(call: TikTokCall) -> dict[str, Any]:
    """POST …/cancellations/{cancel_id}/reject: with one of the reasons offered for it."""
    order, request = _named(call)
    if _repeated(call, request, "reject"):
        return {}
    reason = call.body.get("reject_reason")
    if not isinstance(reason, str) or not reason:
        raise Refused(BAD, "reject_reason is required.")
    if request.state in {RequestState.APPROVED, RequestState.COMPLETE}:
        raise Refused(25_020_010, "The request has been approved.")
    _require_open(request, 25_011_011)
    if reason not in {offered["name"] for offered in call.owner.reject_reasons}:
        raise (
            Refused(25_001_020, "The reject reason is offline.")
            if reason in KNOWN_REJECT_REASONS
            else Refused(25_001_014, "Unknown reject reason.")
        )
    return _take(call, order, request, "reject")


def reject_reasons(call: TikTokCall) -> dict[str, Any]:
    """GET /return_refund/202309/reject_reasons: what this shop may say now."""
    ref = call.query.get("return_or_cancel_id", "")
    found = call.world.requests.get((Channel.TIKTOK, ref))
    if found is None or found[0].shop_id != call.owner.spec.shop_id:
        raise Refused(BAD, "return_or_cancel_id is missing or unknown.")
    return {"reasons": call.owner.reject_reasons}


def _named(call: TikTokCall) -> tuple[Order, Request]:
    found = call.world.requests.get((Channel.TIKTOK, call.incoming.path_ids["cancel_id"]))
    if found is None:
        raise Refused(25_007_006, "The order is not found.")
    if found[0].shop_id != call.owner.spec.shop_id:
        raise Refused(25_020_005, "No permission for this order.")
    if not found[1].asked:
        raise Refused(25_020_004, "The decision does not fit the type of the cancellation.")
    return found


def _repeated(call: TikTokCall, request: Request, answer: Answer) -> bool:
    """Was exactly this taken under the same key before? A key used for something else is refused."""
    key = call.query.get("idempotency_key")
    if key is None:
        return False
    if not 1 <= len(key) <= MAX_KEY:
        raise Refused(BAD, "idempotency_key has 1 to 255 characters.")
    before = call.world.remembered.get((call.owner.spec.shop_id, key))
    if before not in {None, (request.ref, answer)}:
        raise Refused(BAD, "idempotency_key was used for another request.")
    return before is not None


def _require_open(request: Request, code: int) -> None:
    if request.state is not RequestState.OPEN:
        raise Refused(code, f"The request is {REQUEST_STATUS[request.state]}.")
    if request.answering is not None:
        raise Refused(25_001_028, "The request is being processed.")


def _take(call: TikTokCall, order: Order, request: Request, answer: Answer) -> dict[str, Any]:
    key = call.query.get("idempotency_key")
    if key is not None:
        call.world.remembered[call.owner.spec.shop_id, key] = (request.ref, answer)
    if not (call.fault and call.fault.kind == "no_effect"):
        call.desk.answer(order, request, answer)
    return {}


_PATH = "/return_refund/202309"
APIS = (
    *(
        Api(method="POST", path=f"/return_refund/{version}/cancellations/search", name="cancellations/search", handler=search)
        for version in ("202309", "202602")
    ),
    Api(method="POST", path=f"{_PATH}/cancellations/{{cancel_id}}/approve", name="approve", handler=approve, writes=True),
    Api(method="POST", path=f"{_PATH}/cancellations/{{cancel_id}}/reject", name="reject", handler=reject, writes=True),
    Api(method="GET", path=f"{_PATH}/reject_reasons", name="reject_reasons", handler=reject_reasons),
)
