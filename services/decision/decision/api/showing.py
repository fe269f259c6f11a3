"""From the rules' values to what the API shows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from decision.api import shapes
from decision.domain.alerts import open_alerts
from decision.domain.orders import OrderState
from decision.domain.requests import Request
from decision.domain.stock import preset_lines
from decision.domain.tabs import TAB_OF

_SHOPEE_HOSTS = {"MY": "seller.shopee.com.my", "PH": "seller.shopee.ph", "SG": "seller.shopee.sg"}
_TIKTOK_HOSTS = {region: f"seller-{region.lower()}.tiktok.com" for region in ("MY", "PH", "SG")}


def row(request: Request, order: OrderState) -> shapes.RequestRow:
    """A row of the list."""
    return shapes.RequestRow(
        **_row(request, order),
        sync=shapes.SyncOut.model_validate(request.sync),
        stock=shapes.StockOut(state=request.stock_state),
    )


def whole(
    request: Request, order: OrderState, *, available: Mapping[str, int], movements: Sequence[Mapping[str, Any]]
) -> shapes.RequestOut:
    """The whole request; `available` per SKU."""
    decision = request.decision
    return shapes.RequestOut(
        **_row(request, order),
        lines=_lines(request, available),
        native_id=request.facts.native_id,
        buyer_id=request.facts.buyer_id,
        note=decision.note if decision else None,
        comment=decision.comment if decision else None,
        reject=shapes.RejectOut(reason_required=request.facts.reject_reason == "required", need=request.facts.reject_reason),
        revert=shapes.RevertOut.model_validate(request.revert) if request.revert else None,
        sync=shapes.FullSync.model_validate(request.sync),
        stock=shapes.FullStock(state=request.stock_state, movements=[shapes.MovementOut(**dict(each)) for each in movements]),
    )


def _row(request: Request, order: OrderState) -> dict[str, Any]:
    facts, decision = request.facts, request.decision
    because = _not_answerable(request)
    first = facts.lines[0]
    return {
        "id": request.request_id,
        "version": request.version,
        "revision": request.revision,
        "channel": facts.order.channel,
        "shop": shapes.ShopRef(id=facts.order.shop_id, name=facts.shop_name, region=facts.order.region),
        "order_ref": facts.order.order_ref,
        "state": request.state,
        "tab": TAB_OF[request.state],
        "order": shapes.OrderOut.model_validate(order),
        "ordered_at": facts.ordered_at,
        "requested_at": facts.requested_at,
        "requested_at_source": facts.requested_at_source,
        "respond_by": facts.respond_by,
        "respond_by_source": facts.respond_by_source,
        "answerable": because is None,
        "not_answerable_because": because,
        "reason": shapes.ReasonOut.model_validate(facts.reason),
        "order_total": facts.order_total,
        "refund_total": facts.refund_total,
        "cod": facts.cod,
        "first_line": shapes.FirstLine.model_validate(first),
        "line_count": len(facts.lines),
        "unit_count": sum(line.quantity for line in facts.lines),
        "parcel": facts.parcel,
        "decided_by": decision.by if decision else None,
        "decided_at": decision.at if decision else None,
        "cancelled_by": request.cancelled_by,
        "after_deadline": request.after_deadline if request.state == "cancelled_elsewhere" else None,
        "lapsed_because": request.lapsed_because,
        "alerts": open_alerts(request.alerts),
        "seller_center_url": seller_center_url(facts.order.channel, facts.order.region, facts.order.order_ref),
        "updated_at": request.updated_at,
    }


def _not_answerable(request: Request) -> Literal["marketplace_waits_for_others", "shop_disconnected"] | None:
    if request.state == "pending" and not request.facts.answerable:
        return "marketplace_waits_for_others"
    if request.state == "pending" and request.shop_disconnected:
        return "shop_disconnected"
    return None


def _lines(request: Request, available: Mapping[str, int]) -> list[shapes.LineOut]:
    given = {line.line_id: line.stock for line in request.given or preset_lines(request.facts)}
    back = {line.line_id: line.back for line in request.stock.lines_now}
    return [
        shapes.LineOut(
            **{name: getattr(line, name) for name in line.__struct_fields__},
            available_now=available.get(line.sku) if line.sku else None,
            returned=back.get(line.line_id),
            stock=given.get(line.line_id, "none"),
        )
        for line in request.facts.lines
    ]


def seller_center_url(channel: str, region: str, order_ref: str) -> str | None:
    """Where the seller sees the order at the marketplace."""
    if channel == "shopee" and region in _SHOPEE_HOSTS:
        return f"https://{_SHOPEE_HOSTS[region]}/portal/sale/order?search={order_ref}"
    if channel == "tiktok" and region in _TIKTOK_HOSTS:
        return f"https://{_TIKTOK_HOSTS[region]}/order/detail?order_no={order_ref}"
    return None


def entry(found: Mapping[str, Any]) -> shapes.TimelineEntry:
    """A line of the timeline; the page has a text for its key."""
    return shapes.TimelineEntry(
        at=found["at"],
        kind=found["kind"],
        actor=shapes.ActorOut(**found["actor"]) if found["actor"] else None,
        text_key=f"timeline.{found['kind']}",
        params=found["params"],
        event_id=found["event_id"],
    )


def age_seconds(at: datetime | None, now: datetime) -> float:
    """Seconds since `at`; for ever, if never."""
    return (now - at).total_seconds() if at else float("inf")
