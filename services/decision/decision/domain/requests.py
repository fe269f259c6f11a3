"""A cancel request as decision keeps it, and how each thing that happens to it moves it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from datetime import datetime
from typing import Any

import msgspec

from contracts.cancel_decisions import CancelDecision
from contracts.cancel_requests import CancelRequestEvent
from contracts.stock_movements import StockAdjusted, StockEvent, StockReversed, StockSettled, StockUnmatched
from contracts.sync_outcomes import OutcomeRefused, SyncOutcome
from contracts.values import Actor, CancelledByOurs, Instant, LapsedBecause, Order, Refusal, StockLine, Value
from decision.domain import sync as syncs
from decision.domain import words
from decision.domain.alerts import Alert, Rules
from decision.domain.decisions import Decision, Revert
from decision.domain.facts import Facts, facts_of, same_facts
from decision.domain.settle import RequestState, Standing, settle
from decision.domain.stock import Stock, StockState, matched, preset_lines, settled, stock_state
from decision.domain.sync import Sync


class Request(Value, frozen=True, kw_only=True):
    """All that is known and was said about one cancel request."""

    facts: Facts
    version: int = 0
    """Any change that a reader could see."""
    revision: int = 0
    """Facts while pending, state, decisions."""
    state: RequestState = "pending"
    decision: Decision | None = None
    sync: Sync = Sync()
    revert: Revert | None = None
    word: int = 0
    """The revision of our standing word on cancel-decisions; 0: nothing was said."""
    given: tuple[StockLine, ...] = ()
    """What the standing word gives back."""
    stock: Stock = Stock()
    cancelled_by: CancelledByOurs | None = None
    after_deadline: bool = False
    lapsed_because: LapsedBecause | None = None
    alerts: dict[str, Alert] = msgspec.field(default_factory=dict)
    shop_disconnected: bool = False
    created_at: Instant
    updated_at: Instant

    @property
    def request_id(self) -> str:
        return self.facts.request_id

    @property
    def order(self) -> Order:
        return self.facts.order

    @property
    def stock_state(self) -> StockState:
        return stock_state(self.stock, given=self.given, word=self.word)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the request's timeline."""

    request_id: str
    at: datetime
    kind: str
    actor: Actor | None = None
    params: Mapping[str, Any] = attribute(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a request: the new value (the same object when nothing changed), what we say about it, what the timeline shows."""

    request: Request
    says: tuple[CancelDecision, ...] = ()
    entries: tuple[Entry, ...] = ()


def observe(request: Request | None, seen: CancelRequestEvent, *, now: datetime, rules: Rules, shop_disconnected: bool = False) -> Change:
    """Take in what a marketplace shows. A lower `observation` than the known one is history and changes nothing."""
    if request is None:
        facts = facts_of(seen)
        fresh = Request(facts=facts, revision=1, version=1, shop_disconnected=shop_disconnected, created_at=now, updated_at=now)
        return _moved(fresh, settle(facts, None, Sync()), now=now, first=True)
    if seen.observation <= request.facts.observation:
        return Change(request)
    facts = facts_of(seen, before=request.facts)
    known = msgspec.structs.replace(request, facts=facts)
    if request.state == "cancelled_elsewhere" and facts.shows != "cancelled":
        return Change(request)  # final: an order that was cancelled does not come back
    standing = settle(facts, request.decision, request.sync, not_taken_after=rules.not_taken_after)
    if standing.state != request.state or standing.broken:
        return _moved(known, standing, now=now)
    if facts.shows == "continues" and request.sync.state in UNDELIVERED:
        return _let_go(_confirm(known), now=now)
    known = _confirm(known)
    if same_facts(facts, request.facts):
        return Change(known)  # no reader sees a change, but the next reading is compared with this one
    revision = request.revision + (request.state == "pending")
    entry = Entry(request.request_id, facts.observed_at, "facts_changed", params={"marketplace_status": facts.marketplace_status})
    return Change(_bumped(known, now=now, revision=revision), entries=(entry, *_confirm_entry(request, known)))


UNDELIVERED: frozenset[str] = frozenset({"retrying", "blocked", "failed"})
"""A try has failed, and another may come."""


def let_go(request: Request, others: Iterable[Request], *, now: datetime) -> Change:
    """A rejection of which nobody knows whether it was delivered must not meet the next request of its order."""
    decision, sync = request.decision, request.sync
    ended = decision is not None and decision.state == "rejected" and request.facts.shows == "continues"
    if not ended or request.word != (decision.revision if decision else 0) or sync.state != "confirmed" or sync.at is not None:
        return Change(request)
    asked_again = any(other.state == "pending" and other.request_id != request.request_id for other in others)
    return _let_go(request, now=now) if asked_again else Change(request)


def _let_go(request: Request, *, now: datetime) -> Change:
    """The request ended as the rejection wanted, so the rejection is owed no more: the newest word says that the order goes on."""
    revision = request.revision + 1
    gone = _bumped(msgspec.structs.replace(request, word=revision), now=now, revision=revision)
    entry = Entry(gone.request_id, gone.facts.observed_at, "sync_confirmed")
    return Change(gone, (words.lapsed(gone),), (entry,))


def hear_outcome(request: Request, outcome: SyncOutcome, *, now: datetime, rules: Rules) -> Change:
    """Take in what became of the call that tells the marketplace our decision."""
    decision = request.decision
    if decision is None or outcome.revision != decision.revision or outcome.action != decision.verdict:
        return _late_refusal(request, outcome, now)
    heard = syncs.hear(request.sync, outcome)
    if heard is request.sync:
        return Change(request)
    known = _bumped(msgspec.structs.replace(request, sync=heard), now=now)
    entry = Entry(request.request_id, outcome.at, f"sync_{heard.state}", params=_sync_params(heard))
    standing = settle(request.facts, decision, heard, not_taken_after=rules.not_taken_after)
    if standing.broken:
        moved = _moved(known, standing, now=now)
        return Change(moved.request, moved.says, (entry, *moved.entries))
    return Change(known, entries=(entry,))


def _late_refusal(request: Request, outcome: SyncOutcome, now: datetime) -> Change:
    """The marketplace's reason for something that we know already did not hold: kept for the reader, moves nothing."""
    revert = request.revert
    late = isinstance(outcome, OutcomeRefused) and revert is not None and revert.refusal is None and request.sync.state == "refused"
    if not (late and revert and isinstance(outcome, OutcomeRefused) and revert.decision.revision == outcome.revision):
        return Change(request)
    told = msgspec.structs.replace(
        request,
        revert=msgspec.structs.replace(revert, refusal=Refusal(code=outcome.code, message=outcome.message)),
        sync=msgspec.structs.replace(request.sync, code=outcome.code, message=outcome.message, call_id=outcome.call_id),
    )
    return Change(_bumped(told, now=now), entries=(Entry(request.request_id, outcome.at, "sync_refused", params=_sync_params(told.sync)),))


def _sync_params(sync: Sync) -> dict[str, Any]:
    params = {"attempt": sync.attempt, "cause": sync.cause, "code": sync.code, "message": sync.message, "call_id": sync.call_id}
    return {name: value for name, value in params.items() if value is not None}


def _moved(request: Request, standing: Standing, *, now: datetime, first: bool = False) -> Change:
    """The request in its new state, with our word about it."""
    before = None if first else request.state
    decision = request.decision
    revision = request.revision if first else request.revision + 1
    facts = request.facts
    changes: dict[str, Any] = {"state": standing.state, "revision": revision, "lapsed_because": None}
    if standing.broken and decision:
        changes |= {
            "decision": None,
            "revert": Revert(at=now, why=standing.broken, decision=decision, refusal=_refusal(request.sync)),
            "sync": syncs.contradicted(request.sync, standing.broken),
        }
    if standing.state == "cancelled_elsewhere":
        by = words.cancelled_by(facts)
        changes |= {"cancelled_by": by, "after_deadline": words.after_deadline(facts), "given": preset_lines(facts), "word": revision}
    elif standing.state == "lapsed":
        changes |= {"lapsed_because": words.lapsed_because(facts), "given": (), "word": revision}
    elif standing.broken:
        changes |= {"given": (), "word": revision}
    moved = msgspec.structs.replace(request, **changes)
    if not first:
        moved = _bumped(moved, now=now, revision=revision)
    says = words.say(moved, before=before, gave=request.given, broken=decision if standing.broken else None)
    return Change(moved, says, _moved_entries(moved, before=before, broken=standing.broken, now=now))


def _refusal(sync: Sync) -> Refusal | None:
    return Refusal(code=sync.code, message=sync.message or "") if sync.state == "refused" and sync.code is not None else None


def _moved_entries(request: Request, *, before: RequestState | None, broken: str | None, now: datetime) -> tuple[Entry, ...]:
    facts = request.facts
    entries = []
    if before is None and not facts.direct:
        entries.append(Entry(request.request_id, facts.requested_at, "requested", params={"found_by": str(facts.found_by)}))
    if broken:
        entries.append(Entry(request.request_id, now, "reverted", params={"why": broken, "state_now": request.state}))
    if request.state in {"cancelled_elsewhere", "lapsed"}:
        at = facts.ended_at or facts.observed_at
        entries.append(Entry(request.request_id, at, request.state, params=words.ended_params(request)))
    elif before is not None and not broken:
        entries.append(Entry(request.request_id, facts.observed_at, "asked_again"))
    return tuple(entries)


def _confirm(request: Request) -> Request:
    """Our decision is what the marketplace shows: confirmed."""
    holds = request.decision is not None and request.facts.shows != "open"
    return msgspec.structs.replace(request, sync=syncs.confirmed(request.sync, request.facts.observed_at)) if holds else request


def _confirm_entry(before: Request, after: Request) -> tuple[Entry, ...]:
    if after.sync.state == before.sync.state:
        return ()
    return (Entry(after.request_id, after.facts.observed_at, "sync_confirmed"),)


def _bumped(request: Request, *, now: datetime, revision: int | None = None) -> Request:
    return msgspec.structs.replace(request, version=request.version + 1, revision=revision or request.revision, updated_at=now)


def hear_stock(request: Request, told: StockEvent, *, now: datetime) -> Change:
    """Take in inventory's word; whatever the order it comes in, the newest revision wins."""
    stock = request.stock
    match told:
        case StockSettled():
            stock = settled(stock, told)
        case StockUnmatched():
            stock = msgspec.structs.replace(stock, unmatched_revision=max(stock.unmatched_revision, told.revision))
        case StockReversed() if told.oversold:
            stock = msgspec.structs.replace(stock, oversold=tuple(sorted({*stock.oversold, told.sku})))
        case StockAdjusted():
            stock = matched(stock, told)
        case _:
            return Change(request)
    if stock == request.stock:
        return Change(request)
    known = msgspec.structs.replace(request, stock=stock)
    return Change(_bumped(known, now=now))


def enough_again(request: Request, skus: Collection[str], *, now: datetime) -> Change:
    """There is enough again of these SKUs."""
    left = tuple(sku for sku in request.stock.oversold if sku not in skus)
    if left == request.stock.oversold:
        return Change(request)
    return Change(_bumped(msgspec.structs.replace(request, stock=msgspec.structs.replace(request.stock, oversold=left)), now=now))
