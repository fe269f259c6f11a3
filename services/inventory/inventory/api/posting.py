"""What a posting does: lock, decide, save, announce; each item its own success."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from chassis.database import Transaction
from contracts.event import Event
from contracts.values import Order
from inventory import store
from inventory.domain.announcements import adjusted_event
from inventory.domain.levels import Level, LevelKey, Moved
from inventory.domain.orders import OrderStock, UnmatchedLine, match
from inventory.domain.postings import Posting, Refused, difference
from inventory.store import Because


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one item."""

    status: Literal["done", "unchanged", "failed"]
    movement: Any = None
    """A row of movements."""
    refused: Refused | None = None


@dataclass(slots=True)
class Ledger:
    """What a request works on, all of it locked, and what it comes to."""

    seller_id: str
    now: datetime
    levels: dict[LevelKey, Level]
    earlier: dict[tuple[str, str, str], Any]
    waiting: dict[str, Any]
    """Unmatched lines by reference."""
    stocks: dict[str, OrderStock]
    changed: dict[str, Sequence[UnmatchedLine]] = field(default_factory=dict)
    """Orders, with the lines that still wait."""
    moves: list[tuple[Moved, Because]] = field(default_factory=list)

    def post(self, posting: Posting) -> Posted:
        """Decide one item, after all before it."""
        if before := self.earlier.get(posting.name):
            same = posting.repeats(quantity=before["quantity"], set_to=before["set_to"])
            return Posted("unchanged", before) if same else Posted("failed", before, "posted-differently")
        level = self.levels.get((self.seller_id, posting.sku))
        if level is None:
            return Posted("failed", refused="unknown-sku")
        if posting.reason == "matched":
            return self._match(posting, level)
        quantity = difference(posting, level)
        if isinstance(quantity, str):
            return Posted("failed", refused=quantity)
        moved = level.move(quantity, "sellable")
        return self._done(posting, moved, Because(posting.reason, posting.reference, posting.set_to))

    def _match(self, posting: Posting, level: Level) -> Posted:
        line = self.waiting.get(posting.reference)
        if line is None:
            return Posted("failed", refused="not-unmatched")
        if not level.holds(posting.delta or 0):
            return Posted("failed", refused="out-of-range")
        restocked = match(self.stocks[line["order_key"]], posting.reference, sku=posting.sku, quantity=posting.delta or 0)
        if isinstance(restocked, str):
            return Posted("failed", refused=restocked)
        self.stocks[line["order_key"]] = restocked.stock
        self.changed[line["order_key"]] = restocked.unmatched
        why = Because(
            posting.reason,
            posting.reference,
            request_id=str(line["request_id"]),
            revision=line["revision"],
            order=order_of(line, self.seller_id),
            line_id=line["line_id"],
        )
        posted = [self._done(posting, level.move(move.quantity, move.condition), why) for move in restocked.moves]
        return posted[-1]

    def _done(self, posting: Posting, moved: Moved, why: Because) -> Posted:
        self.moves.append((moved, why))
        movement = dict(zip(store.MOVEMENT_COLUMNS, store.movement_row(moved, why, self.now), strict=True))
        self.earlier[posting.name] = movement
        return Posted("done", movement)


async def post_movements(
    tx: Transaction, seller_id: str, postings: Sequence[Posting], *, now: datetime
) -> tuple[list[Posted], list[Event[Any]]]:
    """Post all items in their order, in this transaction; the answers stand in the same order. The events are not announced yet."""
    ledger = await _open(tx, seller_id, postings, now=now)
    answers = [ledger.post(posting) for posting in postings]
    await _save(tx, ledger)
    events = [
        adjusted_event(
            moved,
            reason=why.reason,
            reference=why.reference,
            now=now,
            request_id=why.request_id,
            revision=why.revision,
            order=why.order,
            line_id=why.line_id,
        )
        for moved, why in ledger.moves
        if why.reason is not None and why.reference is not None
    ]
    return answers, events


def order_of(row: Any, seller_id: str) -> Order:
    """The order that a row names."""
    return Order(seller_id=seller_id, channel=row["channel"], shop_id=row["shop_id"], order_ref=row["order_ref"], region=row["region"])


async def _open(tx: Transaction, seller_id: str, postings: Sequence[Posting], *, now: datetime) -> Ledger:
    """Orders before levels, and only then what the decision needs: which lines wait, what was posted before."""
    references = {posting.reference for posting in postings if posting.reason == "matched"}
    stocks, waiting = await _lock_waiting(tx, seller_id, references)
    if opened := {(seller_id, posting.sku) for posting in postings if posting.opens}:
        await store.create_levels(tx, opened, now=now)
    levels = await store.lock_levels(tx, {(seller_id, posting.sku) for posting in postings})
    earlier = await store.find_postings(tx, seller_id, {posting.name for posting in postings})
    return Ledger(seller_id, now, levels, earlier, waiting, stocks)


async def _lock_waiting(tx: Transaction, seller_id: str, references: Collection[str]) -> tuple[dict[str, OrderStock], dict[str, Any]]:
    """The rows only say which orders are meant: whether a line still waits, the locked order knows."""
    if not references:
        return {}, {}
    rows = await store.find_unmatched_lines(tx, seller_id, references)
    locked = await store.lock_orders(tx, {row["order_key"] for row in rows.values()})
    return {key: order.stock for key, order in locked.items()}, rows


async def _save(tx: Transaction, ledger: Ledger) -> None:
    if ledger.changed:
        await store.save_orders(tx, {key: ledger.stocks[key] for key in ledger.changed})
        orders = {row["order_key"]: order_of(row, ledger.seller_id) for row in ledger.waiting.values()}
        await store.save_unmatched_lines(tx, ledger.changed, orders, now=ledger.now)
    if ledger.moves:
        touched = {(moved.seller_id, moved.sku) for moved, _ in ledger.moves}
        await store.save_levels(tx, [ledger.levels[key] for key in touched], now=ledger.now)
        await store.append_movements(tx, ledger.moves, now=ledger.now)
