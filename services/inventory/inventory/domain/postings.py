"""What people and the order import may post: opening stock, sales, corrections, and lines matched by hand."""

from typing import Literal

import msgspec

from inventory.domain.levels import Level

Reason = Literal["opening", "sale", "correction", "matched"]
Refused = Literal["unknown-sku", "posted-differently", "out-of-range", "not-unmatched", "other-quantity"]


class Posting(msgspec.Struct, frozen=True):
    """One movement asked for: a difference, or what somebody counted. Its name is (reason, reference, sku), once for ever per seller."""

    sku: str
    reason: Reason
    reference: str
    delta: int | None = None
    set_to: int | None = None

    @property
    def name(self) -> tuple[str, str, str]:
        return self.reason, self.reference, self.sku

    @property
    def opens(self) -> bool:
        """Only opening stock makes an SKU known: a sale of one that nobody counted would be a guess."""
        return self.reason == "opening"

    def repeats(self, *, quantity: int, set_to: int | None) -> bool:
        """Whether it asks for what was posted under its name before."""
        return self.set_to == set_to and (set_to is not None or self.delta == quantity)


def difference(posting: Posting, level: Level) -> int | Refused:
    """How many units the level moves by; 0 is right when a count finds what was known."""
    quantity = posting.set_to - level.available if posting.set_to is not None else posting.delta or 0
    return quantity if level.holds(quantity) else "out-of-range"
