"""What happened to stock: inventory's ledger, told to others."""

from typing import Annotated, ClassVar

import msgspec

from contracts.values import (
    AdjustedBecause,
    Condition,
    Counter,
    Instant,
    NoOrMoreUnits,
    Order,
    Ref,
    RequestId,
    Units,
    UnmatchedWhy,
    Value,
)

SignedUnits = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Stock = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Movement(Value, frozen=True, kw_only=True):
    movement_id: RequestId
    seller_id: Ref
    sku: Ref
    condition: Condition
    location: str = "main"
    available_after: Stock
    """May be negative: a reversal after the stock was sold again."""
    level_version: Counter
    """Per seller, SKU and location, without gaps."""
    moved_at: Instant


class StockRestored(Movement, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "com.zetpy.stock-restored.v1"
    quantity: Units
    request_id: RequestId
    revision: Counter
    order: Order
    line_id: Ref


class StockReversed(Movement, frozen=True, kw_only=True):
    """Stock that was given back is taken back: the decision did not hold."""

    TYPE: ClassVar[str] = "com.zetpy.stock-reversed.v1"
    quantity: Units
    request_id: RequestId
    revision: Counter
    order: Order
    line_id: Ref
    oversold: bool


class StockAdjusted(Movement, frozen=True, kw_only=True):
    TYPE: ClassVar[str] = "com.zetpy.stock-adjusted.v1"
    quantity: SignedUnits
    reason: AdjustedBecause
    reference: str | None = None
    request_id: RequestId | None = None
    """With `matched`, and so are the next three: the unmatched line that is back now, at the revision at which it was missed."""
    revision: Counter | None = None
    order: Order | None = None
    line_id: Ref | None = None


class StockUnmatched(Value, frozen=True, kw_only=True):
    """A line that could not be given back, because no level is known for its SKU; nothing is guessed."""

    TYPE: ClassVar[str] = "com.zetpy.stock-unmatched.v1"
    seller_id: Ref
    request_id: RequestId
    revision: Counter
    order: Order
    line_id: Ref
    sku: str | None = None
    item_id: str
    variant_id: str | None = None
    quantity: Units
    why: UnmatchedWhy
    at: Instant


class SettledLine(Value, frozen=True, kw_only=True):
    line_id: Ref
    wanted: NoOrMoreUnits
    back: NoOrMoreUnits
    why: str | None = None
    """Open: why less is back than wanted, e.g. `no_sku`, `unknown_sku`."""


class StockSettled(Value, frozen=True, kw_only=True):
    """Inventory's answer to every newest decision, also when nothing had to move."""

    TYPE: ClassVar[str] = "com.zetpy.stock-settled.v1"
    request_id: RequestId
    revision: Counter
    order: Order
    lines: tuple[SettledLine, ...]


StockEvent = StockRestored | StockReversed | StockAdjusted | StockUnmatched | StockSettled
