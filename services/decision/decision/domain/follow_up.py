"""What people do after a decision: send the answer again, acknowledge an alert; and what a shop's state does to its requests."""

from datetime import datetime
from typing import Literal

import msgspec

from contracts.values import Actor
from decision.domain import sync as syncs
from decision.domain import words
from decision.domain.alerts import BY_CLOCK
from decision.domain.requests import Change, Entry, Request

NothingToRetry = Literal["nothing-to-retry"]
NotOpen = Literal["not-open"]


def retry_sync(request: Request, *, by: Actor, now: datetime) -> Change | NothingToRetry:
    """Send the standing decision again; only what waits or was given up can be, and what nobody has reported of for too long."""
    decision = request.decision
    if decision is None or not (request.sync.state in syncs.RETRYABLE or _unheard_of(request)):
        return "nothing-to-retry"
    sync = msgspec.structs.replace(syncs.asked_again(request.sync, now=now), retries=request.sync.retries + 1)
    again = msgspec.structs.replace(request, sync=sync, version=request.version + 1, updated_at=now)
    entry = Entry(request.request_id, now, "retry_requested", actor=by)
    return Change(again, (words.retry(again, decision, by=by, at=now),), (entry,))


def _unheard_of(request: Request) -> bool:
    return request.sync.state == "queued" and "sync_failed" in request.alerts


def acknowledge(request: Request, kind: str, *, by: Actor, now: datetime, note: str | None = None) -> Change | NotOpen:
    """A person has seen to it. `due_soon` and `overdue` clear themselves."""
    alert = request.alerts.get(kind)
    if kind in BY_CLOCK or alert is None:
        return "not-open"
    if not alert.open:
        return Change(request)
    seen = msgspec.structs.replace(alert, acknowledged_at=now, acknowledged_by=by, note=note)
    quiet = msgspec.structs.replace(request, alerts={**request.alerts, kind: seen}, version=request.version + 1, updated_at=now)
    params = {"alert": kind, "note": note} if note else {"alert": kind}
    return Change(quiet, entries=(Entry(request.request_id, now, "acknowledged", actor=by, params=params),))


def shop_became(request: Request, *, disconnected: bool, now: datetime) -> Change:
    """The request's shop was disconnected or connected again: what was blocked for that alone will be sent now."""
    if disconnected == request.shop_disconnected:
        return Change(request)
    sync = request.sync
    if not disconnected and sync.state == "blocked" and sync.cause == syncs.DISCONNECTED:
        sync = syncs.asked_again(sync, now=now)
    known = msgspec.structs.replace(request, shop_disconnected=disconnected)
    # While it is pending, readers see whether it can be answered.
    if sync is not request.sync or request.state == "pending":
        known = msgspec.structs.replace(known, sync=sync, version=request.version + 1, updated_at=now)
    return Change(known)
