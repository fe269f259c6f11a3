"""What an order gives back: a state that follows from the newest decision of each of its requests, never a pair of movements.

Per order line: back = min(ordered, sum over the order's requests). A decision replaces what the same request said before; the difference
between what should be back and what was booked moves. Late, repeated, reordered and reversed-before-restored decisions need no case of
their own, and a batch is nothing but its decisions one after the other.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Literal, TypeAlias, assert_never

import msgspec

from contracts.cancel_decisions import CancelApproved, CancelLapsed, CancelledElsewhere, CancelRejected, CancelReverted
from contracts.stock_movements import SettledLine
from contracts.values import Condition, StockLine, UnmatchedWhy

StockDecision: TypeAlias = CancelApproved | CancelRejected | CancelledElsewhere | CancelLapsed | CancelReverted
"""Every decision but `SyncRetryRequested`, which repeats a revision for sync-back alone."""


class Claim(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a request's standing word gives back of one order line."""

    line_id: str
    sku: str | None
    condition: Condition
    quantity: int
    ordered: int
    item_id: str
    variant_id: str | None = None
    unmatched: UnmatchedWhy | None = None


class Word(msgspec.Struct, frozen=True, omit_defaults=True):
    """The newest decision of a request, as far as stock goes."""

    revision: int
    claims: tuple[Claim, ...] = ()


class Share(msgspec.Struct, frozen=True):
    """So many units of an order line, of this SKU and in this condition."""

    line_id: str
    sku: str
    condition: Condition
    quantity: int


class OrderStock(msgspec.Struct, frozen=True, omit_defaults=True):
    """An order as inventory remembers it."""

    words: dict[str, Word] = {}
    """By request."""
    back: tuple[Share, ...] = ()
    """What is booked."""
    matched: dict[str, str] = {}
    """The SKU that a person named for an order line; it outranks what decisions say."""

    @property
    def ordered(self) -> int:
        """Units that may come back at most, over all lines."""
        return sum(_most_of_each_line(claim for word in self.words.values() for claim in word.claims).values())

    @property
    def units_back(self) -> int:
        return sum(share.quantity for share in self.back)

    @property
    def waits(self) -> bool:
        """A line of it is unmatched."""
        return any(claim.unmatched for word in self.words.values() for claim in word.claims)


class UnmatchedLine(msgspec.Struct, frozen=True):
    """Units that should be back, but for want of a level are not."""

    request_id: str
    revision: int
    line_id: str
    sku: str | None
    item_id: str
    variant_id: str | None
    quantity: int
    why: UnmatchedWhy

    @property
    def reference(self) -> str:
        """Names the line for ever, as `StockUnmatched` counts it."""
        return f"{self.request_id}:{self.revision}:{self.line_id}"


class Restocked(msgspec.Struct, frozen=True):
    """What became of a decision."""

    stock: OrderStock
    moves: Sequence[Share]
    """Signed."""
    unmatched: Sequence[UnmatchedLine]
    """All of the order."""
    settled: tuple[SettledLine, ...] = ()


NotMatched = Literal["not-unmatched", "other-quantity"]
Part: TypeAlias = tuple[str, Claim, int]
"""A request's claim and the units that it gets of its line."""


def restock(stock: OrderStock, decision: StockDecision, *, has_level: Container[str]) -> Restocked | None:
    """Let a decision say what its request gives back; `has_level`: the seller's SKUs that have one.

    None: a newer decision stands already, so this one is not answered.

    The same revision again says the same, so it moves nothing, unless a bug heard it wrong: then what it says now counts. Lines that
    wait go on waiting even if their SKU got its level since: opening stock is what somebody counted on the shelf, and what came back
    before was lying there.
    """
    word = stock.words.get(decision.request_id)
    if word and decision.revision < word.revision:
        return None
    claims = _claims(decision, stock.matched, has_level)
    if word and decision.revision == word.revision:
        claims = _said_again(word, claims, stock.matched)
    word = Word(decision.revision, tuple(claims))
    words = {**stock.words, decision.request_id: word}
    parts = _share_out(words, stock.matched)
    back = _shares(parts)
    return Restocked(
        OrderStock(words, back, stock.matched),
        _difference(stock.back, back),
        _unmatched_lines(words, parts),
        _settled_lines(decision, parts, back),
    )


def match(stock: OrderStock, reference: str, *, sku: str, quantity: int) -> Restocked | NotMatched:
    """Book an unmatched line to a SKU that has a level, because a person says that it was not counted yet.

    All of the line or nothing. The order remembers the SKU: a later reversal takes from it, a later approval gives to it.
    """
    line = next(
        (line for line in _unmatched_lines(stock.words, _share_out(stock.words, stock.matched)) if line.reference == reference), None
    )
    if line is None:
        return "not-unmatched"
    if line.quantity != quantity:
        return "other-quantity"
    word = stock.words[line.request_id]
    claims = tuple(
        msgspec.structs.replace(claim, sku=sku, unmatched=None) if claim.unmatched and claim.line_id == line.line_id else claim
        for claim in word.claims
    )
    words = {**stock.words, line.request_id: Word(word.revision, claims)}
    matched = {**stock.matched, line.line_id: sku}
    parts = _share_out(words, matched)
    back = _shares(parts)
    after = OrderStock(words, back, matched)
    return Restocked(after, _difference(stock.back, back), _unmatched_lines(words, parts))


def _given_back(decision: StockDecision) -> tuple[StockLine, ...]:
    match decision:
        case CancelApproved() | CancelledElsewhere():
            return decision.lines
        case CancelRejected() | CancelLapsed() | CancelReverted():
            return ()
        case _:
            assert_never(decision)


def _claims(decision: StockDecision, matched: Mapping[str, str], has_level: Container[str]) -> Iterator[Claim]:
    for line in _given_back(decision):
        if line.stock == "none":
            continue
        sku = line.sku or None
        why: UnmatchedWhy | None = None
        if line.line_id in matched:
            sku = matched[line.line_id]
        elif sku is None:
            why = "no_sku"
        elif sku not in has_level:
            why = "unknown_sku"
        yield Claim(line.line_id, sku, line.stock, line.quantity, line.ordered_quantity, line.item_id, line.variant_id, why)


def _said_again(standing: Word, claims: Iterable[Claim], matched: Container[str]) -> Iterator[Claim]:
    """What a word says when it is heard again: lines that wait, or that a person has matched, stand as they are."""
    settled = {claim.line_id for claim in standing.claims if claim.unmatched or claim.line_id in matched}
    yield from (claim for claim in standing.claims if claim.line_id in settled)
    yield from (claim for claim in claims if claim.line_id not in settled)


def _share_out(words: Mapping[str, Word], matched: Mapping[str, str]) -> list[Part]:
    """What each claim gets of its line, in an order that does not depend on when it came.

    Unmatched claims get what others leave, and once matched no more: matching a line takes nothing from another SKU. Where requests
    claim more than was ordered, damaged units go first: a unit that somebody called damaged is not offered for sale.
    """
    claims = [(request_id, claim) for request_id, word in words.items() for claim in word.claims]
    if len(claims) > 1:
        claims.sort(key=lambda each: (_rank(each[1], matched), each[1].condition != "damaged", each[0]))
    left = _most_of_each_line(claim for _, claim in claims)
    parts = []
    for request_id, claim in claims:
        quantity = min(claim.quantity, left[claim.line_id])
        left[claim.line_id] -= quantity
        if quantity:
            parts.append((request_id, claim, quantity))
    return parts


def _rank(claim: Claim, matched: Mapping[str, str]) -> int:
    if claim.unmatched is not None:
        return 2
    return int(claim.sku == matched.get(claim.line_id))


def _most_of_each_line(claims: Iterable[Claim]) -> dict[str, int]:
    """What was ordered of each line; where decisions disagree, the most that one of them says."""
    most: dict[str, int] = {}
    for claim in claims:
        if claim.ordered > most.get(claim.line_id, 0):
            most[claim.line_id] = claim.ordered
    return most


def _shares(parts: Iterable[Part]) -> tuple[Share, ...]:
    units: dict[tuple[str, str, Condition], int] = {}
    for _, claim, quantity in parts:
        if claim.unmatched is None and claim.sku is not None:
            key = claim.line_id, claim.sku, claim.condition
            units[key] = units.get(key, 0) + quantity
    return tuple(Share(*key, quantity) for key, quantity in units.items())


def _difference(before: tuple[Share, ...], after: tuple[Share, ...]) -> Sequence[Share]:
    if not before:
        return after
    units = {(share.line_id, share.sku, share.condition): share.quantity for share in after}
    for share in before:
        key = share.line_id, share.sku, share.condition
        units[key] = units.get(key, 0) - share.quantity
    return [Share(*key, quantity) for key, quantity in units.items() if quantity]


def _unmatched_lines(words: Mapping[str, Word], parts: Iterable[Part]) -> list[UnmatchedLine]:
    lines: dict[tuple[str, str], UnmatchedLine] = {}
    for request_id, claim, quantity in parts:
        if claim.unmatched is None:
            continue
        before = lines.get((request_id, claim.line_id))
        lines[request_id, claim.line_id] = UnmatchedLine(
            request_id,
            words[request_id].revision,
            claim.line_id,
            claim.sku,
            claim.item_id,
            claim.variant_id,
            quantity + (before.quantity if before else 0),
            claim.unmatched,
        )
    return list(lines.values())


def _settled_lines(decision: StockDecision, parts: Sequence[Part], back: Sequence[Share]) -> tuple[SettledLine, ...]:
    """What decision is told: of what it wants, how much is back now, whichever request of the order gave it."""
    if isinstance(decision, CancelReverted):
        return tuple(SettledLine(line_id=line.line_id, wanted=0, back=0) for line in decision.lines)
    return tuple(_settled_line(line, decision.request_id, parts, back) for line in _given_back(decision))


def _settled_line(line: StockLine, request_id: str, parts: Sequence[Part], back: Sequence[Share]) -> SettledLine:
    if line.stock == "none":
        return SettledLine(line_id=line.line_id, wanted=line.quantity, back=0, why="not_restocked")
    missing, why = 0, "more_than_ordered"
    for owner, claim, quantity in parts:
        if claim.unmatched and owner == request_id and claim.line_id == line.line_id:
            missing, why = missing + quantity, claim.unmatched
    booked = sum(share.quantity for share in back if share.line_id == line.line_id)
    got = max(0, min(line.quantity - missing, booked))
    return SettledLine(line_id=line.line_id, wanted=line.quantity, back=got, why=why if got < line.quantity else None)
