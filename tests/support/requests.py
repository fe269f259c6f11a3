"""Builders of what marketplaces show of cancel requests, and of what sync-back and inventory answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.cancel_requests import CancelRequestClosed, CancelRequested, OrderCancelled, request_id
from contracts.event import Event, announce
from contracts.shop_status import ShopStatusChanged
from contracts.stock_movements import SettledLine, StockSettled
from contracts.sync_outcomes import OutcomeDelayed, OutcomeFailed, OutcomeRefused, OutcomeSynced
from contracts.values import Actor, Line, Money, Order, Parcel, Reason

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SELLER = Actor(kind="person", id="u1", name="Aina")


def an_order(ref: str = "SN1", *, seller: str = "seller-a", channel: str = "shopee", shop: str = "1", region: str = "MY") -> Order:
    return Order(seller_id=seller, channel=channel, shop_id=shop, order_ref=ref, region=region)


def a_line(line_id: str = "L1", **changes: Any) -> Line:
    return Line(
        **{"line_id": line_id, "sku": "TS-BLU-M", "item_id": "11", "name": "T-shirt", "quantity": 2, "ordered_quantity": 2} | changes
    )


def _facts(order: Order, native_id: str | None, observation: int, minutes: float, changes: dict[str, Any]) -> dict[str, Any]:
    native = native_id or order.order_ref
    at = NOW + timedelta(minutes=minutes)
    return {
        "request_id": request_id(order.channel, order.shop_id, native),
        "observation": observation,
        "order": order,
        "native_id": native,
        "shop_name": "Kedai Satu",
        "order_status_before": "ready_to_ship",
        "marketplace_status": "IN_CANCEL",
        "ordered_at": NOW - timedelta(days=1),
        "requested_at": NOW,
        "requested_at_source": "first_seen",
        "reason": Reason(text="Change of mind"),
        "order_total": Money(amount="45.90", currency="MYR"),
        "fulfilled_by": "seller",
        "was_paid": True,
        "lines": (a_line(),),
        "parcel": Parcel(state="not_arranged"),
        "read_started_at": at,
        "observed_at": at,
        "found_by": "push",
    } | changes


def requested(order: Order, *, native_id: str | None = None, observation: int = 1, minutes: float = 0, **changes: Any) -> CancelRequested:
    """The request is open, as read `minutes` after NOW."""
    asked = {"respond_by": NOW + timedelta(days=1), "respond_by_source": "estimated", "reject_reason": "none"}
    return CancelRequested(**_facts(order, native_id, observation, minutes, asked | changes))


def closed(
    order: Order,
    outcome: str = "order_continues",
    *,
    native_id: str | None = None,
    observation: int = 2,
    minutes: float = 5,
    **changes: Any,
) -> CancelRequestClosed:
    """The request has ended."""
    now = {"order_cancelled": "cancelled", "order_shipped": "shipped", "order_continues": "ready_to_ship"}[outcome]
    ended = {
        "respond_by": NOW + timedelta(days=1),
        "respond_by_source": "estimated",
        "reject_reason": "none",
        "ended_at": NOW + timedelta(minutes=minutes),
        "outcome": outcome,
        "ended_by": "unknown",
        "order_status_now": now,
        "marketplace_status": now.upper(),
    }
    return CancelRequestClosed(**_facts(order, native_id, observation, minutes, ended | changes))


def cancelled(order: Order, *, native_id: str | None = None, observation: int = 1, minutes: float = 0, **changes: Any) -> OrderCancelled:
    """The order was cancelled and nobody asked the seller."""
    ended = {"cancelled_by": "buyer", "cancelled_at": NOW + timedelta(minutes=minutes), "marketplace_status": "CANCELLED"}
    return OrderCancelled(**_facts(order, native_id, observation, minutes, ended | changes))


def _outcome(order: Order, revision: int, action: str, attempt: int, minutes: float, native_id: str | None) -> dict[str, Any]:
    return {
        "request_id": request_id(order.channel, order.shop_id, native_id or order.order_ref),
        "revision": revision,
        "order": order,
        "action": action,
        "attempt": attempt,
        "at": NOW + timedelta(minutes=minutes),
        "call_id": f"call-{attempt}",
    }


def synced(
    order: Order, action: str = "approve", *, revision: int = 2, attempt: int = 1, minutes: float = 1, native_id: str | None = None
) -> OutcomeSynced:
    return OutcomeSynced(**_outcome(order, revision, action, attempt, minutes, native_id), already=False)


def refused(
    order: Order,
    action: str = "approve",
    *,
    revision: int = 2,
    attempt: int = 1,
    minutes: float = 1,
    because: Any = "request_ended",
    native_id: str | None = None,
) -> OutcomeRefused:
    outcome = _outcome(order, revision, action, attempt, minutes, native_id)
    return OutcomeRefused(**outcome, code="order.status_invalid", message="No", because=because)


def delayed(
    order: Order,
    action: str = "approve",
    *,
    revision: int = 2,
    attempt: int = 1,
    minutes: float = 1,
    cause: Any = "timeout",
    blocked: bool = False,
) -> OutcomeDelayed:
    outcome = _outcome(order, revision, action, attempt, minutes, None)
    return OutcomeDelayed(**outcome, cause=cause, message="Slow", next_attempt_at=None if blocked else NOW + timedelta(minutes=minutes + 1))


def failed(order: Order, action: str = "approve", *, revision: int = 2, attempt: int = 1, minutes: float = 1) -> OutcomeFailed:
    return OutcomeFailed(**_outcome(order, revision, action, attempt, minutes, None), code="unknown", message="Given up")


def settled(
    order: Order, *, revision: int, back: int, wanted: int = 2, why: str | None = None, native_id: str | None = None
) -> StockSettled:
    return StockSettled(
        request_id=request_id(order.channel, order.shop_id, native_id or order.order_ref),
        revision=revision,
        order=order,
        lines=(SettledLine(line_id="L1", wanted=wanted, back=back, why=why),) if wanted else (),
    )


def a_shop(
    state: Any = "connected", *, revision: int = 1, channel: str = "shopee", shop: str = "1", seller: str = "seller-a"
) -> ShopStatusChanged:
    return ShopStatusChanged(
        shop_revision=revision,
        seller_id=seller,
        channel=channel,
        shop_id=shop,
        name="Kedai Satu",
        region="MY",
        state=state,
        last_read_at=NOW,
        changed_at=NOW,
    )


def as_event(data: Any, *, source: str = "/zetpy/test") -> Event[Any]:
    return announce(data, source=source, time=NOW)
