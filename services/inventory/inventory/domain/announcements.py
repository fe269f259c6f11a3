"""What inventory tells the others: one event per movement, per line that could not be given back, per decision answered."""

from datetime import datetime
from typing import Any

from contracts.event import Event, announce
from contracts.stock_movements import StockAdjusted, StockRestored, StockReversed, StockSettled, StockUnmatched
from contracts.values import AdjustedBecause, Order
from inventory.domain.levels import MAIN, Moved
from inventory.domain.orders import StockDecision, UnmatchedLine

SOURCE = "/zetpy/inventory"


def moved_event(moved: Moved, line_id: str, *, cause: Event[StockDecision], now: datetime) -> Event[Any]:
    """A decision gave back or took back."""
    decision = cause.data
    if moved.quantity > 0:
        return announce(
            StockRestored(
                movement_id=moved.movement_id,
                seller_id=moved.seller_id,
                sku=moved.sku,
                quantity=moved.quantity,
                condition=moved.condition,
                location=MAIN,
                available_after=moved.available_after,
                level_version=moved.level_version,
                moved_at=now,
                request_id=decision.request_id,
                revision=decision.revision,
                order=decision.order,
                line_id=line_id,
            ),
            source=SOURCE,
            time=now,
            cause=cause,
        )
    return announce(
        StockReversed(
            movement_id=moved.movement_id,
            seller_id=moved.seller_id,
            sku=moved.sku,
            quantity=-moved.quantity,
            condition=moved.condition,
            location=MAIN,
            available_after=moved.available_after,
            level_version=moved.level_version,
            moved_at=now,
            request_id=decision.request_id,
            revision=decision.revision,
            order=decision.order,
            line_id=line_id,
            oversold=moved.oversold,
        ),
        source=SOURCE,
        time=now,
        cause=cause,
    )


def adjusted_event(
    moved: Moved,
    *,
    reason: str,
    reference: str,
    now: datetime,
    request_id: str | None = None,
    revision: int | None = None,
    order: Order | None = None,
    line_id: str | None = None,
) -> Event[StockAdjusted]:
    """Somebody posted; the last four name the unmatched line that is back by it."""
    return announce(
        StockAdjusted(
            movement_id=moved.movement_id,
            seller_id=moved.seller_id,
            sku=moved.sku,
            quantity=moved.quantity,
            condition=moved.condition,
            location=MAIN,
            available_after=moved.available_after,
            level_version=moved.level_version,
            moved_at=now,
            reason=AdjustedBecause(reason),
            reference=reference,
            request_id=request_id,
            revision=revision,
            order=order,
            line_id=line_id,
        ),
        source=SOURCE,
        time=now,
    )


def unmatched_event(line: UnmatchedLine, *, cause: Event[StockDecision], now: datetime) -> Event[StockUnmatched]:
    """A line of this decision is not back."""
    order = cause.data.order
    return announce(
        StockUnmatched(
            seller_id=order.seller_id,
            request_id=line.request_id,
            revision=line.revision,
            order=order,
            line_id=line.line_id,
            sku=line.sku,
            item_id=line.item_id,
            variant_id=line.variant_id,
            quantity=line.quantity,
            why=line.why,
            at=now,
        ),
        source=SOURCE,
        time=now,
        cause=cause,
    )


def settled_event(lines: tuple[Any, ...], *, cause: Event[StockDecision], now: datetime) -> Event[StockSettled]:
    """The answer to a decision."""
    decision = cause.data
    return announce(
        StockSettled(request_id=decision.request_id, revision=decision.revision, order=decision.order, lines=lines),
        source=SOURCE,
        time=now,
        cause=cause,
    )
