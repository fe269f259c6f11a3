"""Builders: what a read of a marketplace shows."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts.values import FoundBy, Money, Parcel, Reason
from ingestor.domain.known import NOTHING_KNOWN, Look, OrderKnown, Rules, ShopFacts
from ingestor.domain.observe import Observed, observe
from marketplaces.seen import CancelSeen, LineSeen, OrderSeen, RequestedLine, RequestSeen

T0 = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SHOP = ShopFacts(seller_id="seller-a", name="Aster MY", region="MY", reject_reason="none", stock_from=T0 - timedelta(days=9))
WORDS = {
    "shopee": {
        "unpaid": "UNPAID",
        "new": "READY_TO_SHIP",
        "ready_to_ship": "PROCESSED",
        "cancel_requested": "IN_CANCEL",
        "shipped": "SHIPPED",
        "cancelled": "CANCELLED",
        "unknown": "NEVER_HEARD_OF",
    },
    "tiktok": {
        "unpaid": "UNPAID",
        "new": "AWAITING_SHIPMENT",
        "ready_to_ship": "AWAITING_COLLECTION",
        "shipped": "IN_TRANSIT",
        "cancelled": "CANCELLED",
    },
}


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def an_order(
    status: str = "ready_to_ship",
    *,
    channel: str = "shopee",
    updated: float = 0,
    read: float | None = None,
    lasts: float = 0.01,
    requests: tuple[RequestSeen, ...] = (),
    lines: int = 2,
    cancelled_lines: tuple[str, ...] = (),
    **more: Any,
) -> OrderSeen:
    """`updated` and `read` in minutes; a Shopee order that is IN_CANCEL brings its request itself."""
    started = at(updated if read is None else read) + timedelta(seconds=1)
    word = WORDS[channel][status]
    seen_lines = tuple(
        LineSeen(
            line_id=f"L{number}",
            item_id=f"I{number}",
            name="Mug",
            sku=f"SKU-{number}",
            ordered_quantity=1,
            cancelled_quantity=1 if status == "cancelled" or f"L{number}" in cancelled_lines else 0,
            unit_price=Money(amount="24.90", currency="MYR"),
        )
        for number in range(1, lines + 1)
    )
    if channel == "shopee" and status == "cancel_requested":
        requests = (a_request("SN1", updated=updated, asked=None, lines=tuple(line.line_id for line in seen_lines), respond_by=None),)
    facts: dict[str, Any] = {
        "channel": channel,
        "shop_id": "200001",
        "order_ref": "SN1",
        "region": "MY",
        "marketplace_status": word,
        "status": status,
        "status_alone": status,
        "update_time": at(updated),
        "read_started_at": started,
        "read_ended_at": started + timedelta(minutes=lasts),
        "ordered_at": at(-600),
        "was_paid": True,
        "lines": seen_lines,
        "parcel": Parcel(state="arranged" if status == "ready_to_ship" else "not_arranged"),
        "cancelled": CancelSeen(by="system", at=at(updated)) if status == "cancelled" else None,
        "requests": requests,
    }
    return OrderSeen(**(facts | more))


def a_request(
    native_id: str = "C1",
    state: str = "open",
    *,
    updated: float = 1,
    asked: float | None = 1,
    respond_by: float | None = 60,
    lines: tuple[str, ...] = ("L1", "L2"),
    **more: Any,
) -> RequestSeen:
    facts: dict[str, Any] = {
        "native_id": native_id,
        "state": state,
        "asks_seller": state == "open",
        "update_time": at(updated),
        "started_by": "buyer",
        "marketplace_status": state.upper(),
        "requested_at": at(asked) if asked is not None else None,
        "respond_by": at(respond_by) if respond_by is not None and state == "open" else None,
        "reason": Reason(text="Change of mind"),
        "lines": tuple(RequestedLine(line_id=line, quantity=1) for line in lines),
    }
    return RequestSeen(**(facts | more))


class Story:
    """One order, looked at again and again."""

    def __init__(self, *, shop: ShopFacts = SHOP, rules: Rules | None = None) -> None:
        self.known: OrderKnown = NOTHING_KNOWN
        self.shop, self.rules = shop, rules or Rules()
        self.events: list[Any] = []

    def look(self, seen: OrderSeen, *, found_by: FoundBy | None = FoundBy.PUSH, tell: tuple[str, ...] = ()) -> Observed:
        observed = observe(self.known, seen, shop=self.shop, look=Look(found_by=found_by, tell=frozenset(tell)), rules=self.rules)
        self.known = observed.known
        self.events += [said.data for said in observed.said]
        return observed

    def looks(self, *orders: OrderSeen) -> list[str]:
        """What was said, in words."""
        before = len(self.events)
        for order in orders:
            self.look(order)
        return [type(event).__name__ for event in self.events[before:]]

    @property
    def last(self) -> Any:
        return self.events[-1]
