"""Sync state (CONTRACTS A2): how far the marketplace has heard our decision."""

from datetime import datetime, timedelta
from typing import Literal, assert_never

import msgspec

from contracts.sync_outcomes import OutcomeDelayed, OutcomeFailed, OutcomeRefused, OutcomeSynced, SyncOutcome
from contracts.values import Instant, Value

SyncState = Literal["none", "queued", "retrying", "blocked", "synced", "confirmed", "refused", "failed"]

RETRYABLE: frozenset[SyncState] = frozenset({"retrying", "blocked", "failed"})
OWED: frozenset[SyncState] = frozenset({"queued", "retrying", "blocked"})
"""The marketplace has not been told, and will be."""
TAKEN: frozenset[SyncState] = frozenset({"synced", "confirmed"})
TERMINAL: frozenset[SyncState] = frozenset({"synced", "confirmed", "refused"})
"""No outcome of the same decision changes them any more."""

DISCONNECTED = "shop_disconnected"


class Sync(Value, frozen=True, kw_only=True):
    state: SyncState = "none"
    attempt: int = 0
    retries: int = 0
    """Asked for by hand."""
    next_attempt_at: Instant | None = None
    cause: str | None = None
    code: str | None = None
    message: str | None = None
    call_id: str | None = None
    at: Instant | None = None
    """When the outcome was that is shown."""
    heard: tuple[int, int, Instant] | None = None
    """Attempt, rank and time of the last outcome heard: an earlier one that comes later changes nothing."""
    confirmed_at: Instant | None = None
    owed_since: Instant | None = None
    """Since when sync-back was last asked to send it."""


def hear(sync: Sync, outcome: SyncOutcome) -> Sync:
    """The sync state after an outcome of the decision that stands; the same object when it tells nothing new."""
    if sync.state in TERMINAL:
        return sync
    order = (outcome.attempt, _rank(outcome), outcome.at)
    if isinstance(outcome, (OutcomeDelayed, OutcomeFailed)) and sync.heard is not None and order <= sync.heard:
        return sync
    heard = Sync(
        state=_state(outcome),
        attempt=outcome.attempt,
        retries=sync.retries,
        call_id=outcome.call_id,
        at=outcome.at,
        heard=order,
        owed_since=sync.owed_since,
    )
    match outcome:
        case OutcomeSynced():
            return heard
        case OutcomeDelayed():
            return msgspec.structs.replace(
                heard, cause=str(outcome.cause), message=outcome.message, next_attempt_at=outcome.next_attempt_at
            )
        case OutcomeRefused():
            return msgspec.structs.replace(heard, cause=str(outcome.because), code=outcome.code, message=outcome.message)
        case OutcomeFailed():
            return msgspec.structs.replace(heard, code=outcome.code, message=outcome.message)
        case _:
            assert_never(outcome)


def overdue_at(sync: Sync, decided_at: datetime, *, after: timedelta) -> datetime | None:
    """When an answer that should be on its way has been so for too long; None: it waits for nothing, or for a person."""
    return (sync.owed_since or decided_at) + after if sync.state in {"queued", "retrying"} else None


def _state(outcome: SyncOutcome) -> SyncState:
    match outcome:
        case OutcomeSynced():
            return "synced"
        case OutcomeDelayed():
            return "retrying" if outcome.next_attempt_at else "blocked"
        case OutcomeRefused():
            return "refused"
        case OutcomeFailed():
            return "failed"
        case _:
            assert_never(outcome)


def _rank(outcome: SyncOutcome) -> int:
    """An attempt is delayed before it is given up."""
    return 1 if isinstance(outcome, OutcomeFailed) else 0


def queued(*, disconnected: bool, now: datetime) -> Sync:
    """The sync state of a fresh decision: an approval for a disconnected shop waits for a person."""
    return Sync(state="blocked", cause=DISCONNECTED) if disconnected else Sync(state="queued", owed_since=now)


def asked_again(sync: Sync, *, now: datetime) -> Sync:
    """A person wants the answer sent again, or the shop is connected again: what was heard before stays outranked."""
    return Sync(state="queued", attempt=sync.attempt, retries=sync.retries, heard=sync.heard, owed_since=now)


def confirmed(sync: Sync, at: datetime) -> Sync:
    """Seen on the marketplace; this never goes back."""
    return (
        sync
        if sync.state == "confirmed"
        else Sync(state="confirmed", attempt=sync.attempt, call_id=sync.call_id, at=sync.at, confirmed_at=at)
    )


def contradicted(sync: Sync, why: str) -> Sync:
    """The decision did not hold: refused, or the truth contradicts what was said. A confirmed one did hold, at its time."""
    if sync.state in {"refused", "confirmed"}:
        return sync
    return Sync(state="refused", attempt=sync.attempt, call_id=sync.call_id, at=sync.at, cause=why)
