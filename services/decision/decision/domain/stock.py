"""What a request gives back: presets per line (CONTRACTS D), and how far inventory has come (A4)."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from contracts.stock_movements import SettledLine, StockAdjusted, StockSettled
from contracts.values import Line, StockLine, StockUse, Value
from decision.domain.facts import Facts

StockState = Literal["none", "expected", "returned", "partly", "reversed"]

UNMATCHED = frozenset({"no_sku", "unknown_sku"})


class Matched(Value, frozen=True):
    """Units of a line that was missed at this revision, and is back now."""

    line_id: str
    revision: int
    quantity: int


class Stock(Value, frozen=True, kw_only=True):
    """Inventory's newest answer about a request, and what else it told."""

    revision: int = 0
    lines: tuple[SettledLine, ...] = ()
    was_back: bool = False
    """Something of it was on the shelf at some time."""
    unmatched_revision: int = 0
    matched: dict[str, Matched] = msgspec.field(default_factory=dict)
    """Lines that a person booked to a SKU after the answer, by movement."""
    oversold: tuple[str, ...] = ()
    """SKUs of which there was less than nothing when this was taken back, and still is."""

    @property
    def lines_now(self) -> tuple[SettledLine, ...]:
        """The answer with what was matched since."""
        return tuple(_with_matched(line, self._matched_units(line.line_id)) for line in self.lines)

    def _matched_units(self, line_id: str) -> int:
        return sum(each.quantity for each in self.matched.values() if (each.line_id, each.revision) == (line_id, self.revision))


def _with_matched(line: SettledLine, units: int) -> SettledLine:
    if not units:
        return line
    back = min(line.wanted, line.back + units)
    why = None if back == line.wanted else "more_than_ordered"
    return msgspec.structs.replace(line, back=back, why=why)


def preset_lines(facts: Facts) -> tuple[StockLine, ...]:
    """The lines with the stock that they give back unless the approver says otherwise."""
    return tuple(stock_line(line, _preset(facts, line)) for line in facts.lines)


def _preset(facts: Facts, line: Line) -> StockUse:
    """`none` where nothing left our shelf, or somebody else's, or so long ago that it was never counted as ours."""
    never_ours = facts.was_paid is False or facts.fulfilled_by == "marketplace"
    if never_ours or line.restock_advised is False or _before_our_time(facts):
        return "none"
    return "sellable"


def _before_our_time(facts: Facts) -> bool:
    """Connecting a shop must not give back history: cancelled before `stock_from`."""
    ended_cancelled = facts.ended_at if facts.shows == "cancelled" else None
    # Marketplaces tell whole seconds: what was cancelled in the second of connecting counts as ours.
    return facts.stock_from is not None and ended_cancelled is not None and ended_cancelled < facts.stock_from.replace(microsecond=0)


def stock_line(line: Line, stock: StockUse) -> StockLine:
    return StockLine(
        line_id=line.line_id,
        sku=line.sku,
        item_id=line.item_id,
        variant_id=line.variant_id,
        quantity=line.quantity,
        ordered_quantity=line.ordered_quantity,
        stock=stock,
    )


def override(lines: Iterable[StockLine], uses: Mapping[str, StockUse]) -> tuple[StockLine, ...]:
    """The presets with the approver's word put above them."""
    return tuple(msgspec.structs.replace(line, stock=uses.get(line.line_id, line.stock)) for line in lines)


def stock_state(stock: Stock, *, given: tuple[StockLine, ...], word: int) -> StockState:
    """How far inventory has come with `given`, which the standing word (its revision) gives back."""
    wanted = [line for line in given if line.stock != "none"]
    answered = stock.revision >= word
    if wanted:
        return _restocked(stock, wanted, given) if answered else "expected"
    if stock.was_back and not given:
        return "reversed" if answered else "returned"
    return "none"


def _restocked(stock: Stock, wanted: list[StockLine], given: tuple[StockLine, ...]) -> StockState:
    back = {line.line_id: line for line in stock.lines_now}
    complete = all((settled := back.get(line.line_id)) and settled.back >= settled.wanted and not settled.why for line in wanted)
    return "returned" if complete and len(wanted) == len(given) else "partly"


def settled(stock: Stock, answer: StockSettled) -> Stock:
    """Inventory's answer taken in; the newest revision wins, whatever the order they come in."""
    heard = msgspec.structs.replace(stock, was_back=stock.was_back or any(line.back for line in answer.lines))
    return msgspec.structs.replace(heard, revision=answer.revision, lines=answer.lines) if answer.revision >= stock.revision else heard


def matched(stock: Stock, told: StockAdjusted) -> Stock:
    """A line that inventory could not give back is back: a person said which SKU it is. It may be told before the answer itself."""
    if told.line_id is None or told.revision is None:
        return stock
    line = Matched(told.line_id, told.revision, told.quantity)
    return msgspec.structs.replace(stock, was_back=True, matched={**stock.matched, told.movement_id: line})


def unmatched_lines(stock: Stock) -> list[SettledLine]:
    """Lines that inventory could not give back, because it knows no level for their SKU."""
    return [line for line in stock.lines_now if line.why in UNMATCHED and line.back < line.wanted]
