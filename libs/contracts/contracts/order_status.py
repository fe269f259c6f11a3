"""What other services may do with an order that has or had a cancel request."""

from typing import ClassVar

from contracts.values import Counter, Hold, Instant, Order, OrderStatus, RequestId, Value


class OrderStatusChanged(Value, frozen=True, kw_only=True):
    """The order's newest state. An order that is absent from the topic has no hold."""

    TYPE: ClassVar[str] = "com.zetpy.order-status-changed.v1"
    order: Order
    order_revision: Counter
    """Per order, over all its requests."""
    request_id: RequestId
    revision: Counter
    status: OrderStatus
    previous_status: OrderStatus | None = None
    shippable: bool
    hold: Hold | None = None
    recall: bool
    marketplace_status: str | None = None
    changed_at: Instant
