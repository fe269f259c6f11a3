"""Approve and reject: the first decision wins, and why one is not taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec

from contracts.values import Actor, RejectReason, StockUse
from decision.domain import words
from decision.domain.decisions import STATE_OF, Decision, Verdict
from decision.domain.requests import Change, Entry, Request
from decision.domain.stock import override, preset_lines
from decision.domain.sync import queued

Why = Literal[
    "already-decided", "request-ended", "stale-revision", "not-answerable", "reason-required", "reason-not-offered", "unknown-line"
]
"""Slugs of CONTRACTS E7; `unknown-line` is an `invalid-field`."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person or rule wants. `uses`: the approver's word about lines; `reason`: the name of an offered reason."""

    verdict: Verdict
    revision: int | None = None
    note: str | None = None
    uses: Mapping[str, StockUse] = field(default_factory=dict)
    reason: str | None = None
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    change: Change


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The same was decided before: fine, and nothing happens."""

    request: Request


@dataclass(frozen=True, slots=True)
class Declined:
    why: Why
    request: Request


Outcome = Decided | Unchanged | Declined


def decide(request: Request, wish: Wish, *, by: Actor, now: datetime, offered: Mapping[str, str] | None = None) -> Outcome:
    """Decide a request. `offered`: the reject reasons last fetched for it (name → text); None = none kept, the marketplace judges."""
    if why := _why_not(request, wish, offered):
        return Declined(why, request)
    if request.decision is not None:
        return Unchanged(request)
    revision = request.revision + 1
    decision = _decision(request, wish, revision=revision, by=by, now=now, offered=offered or {})
    decided = msgspec.structs.replace(
        request,
        state=decision.state,
        decision=decision,
        revision=revision,
        version=request.version + 1,
        word=revision,
        given=decision.lines,
        sync=queued(disconnected=request.shop_disconnected, now=now),
        updated_at=now,
    )
    return Decided(Change(decided, (words.decided(decided, decision),), (_entry(request, decision),)))


def _why_not(request: Request, wish: Wish, offered: Mapping[str, str] | None) -> Why | None:
    if request.decision is not None:
        return None if request.decision.verdict == wish.verdict else "already-decided"
    if request.state != "pending":
        return "request-ended"
    if wish.revision is not None and wish.revision != request.revision:
        return "stale-revision"
    if not request.facts.answerable or (wish.verdict == "reject" and request.shop_disconnected):
        return "not-answerable"
    return _bad_reason(request, wish, offered) if wish.verdict == "reject" else _bad_line(request, wish)


def _bad_reason(request: Request, wish: Wish, offered: Mapping[str, str] | None) -> Why | None:
    need = request.facts.reject_reason
    if need == "none":
        return None
    if not wish.reason:
        return "reason-required" if need == "required" else None
    return "reason-not-offered" if offered is not None and wish.reason not in offered else None


def _bad_line(request: Request, wish: Wish) -> Why | None:
    return "unknown-line" if wish.uses.keys() - {line.line_id for line in request.facts.lines} else None


def _decision(request: Request, wish: Wish, *, revision: int, by: Actor, now: datetime, offered: Mapping[str, str]) -> Decision:
    if wish.verdict == "approve":
        lines = override(preset_lines(request.facts), wish.uses)
        return Decision(verdict="approve", revision=revision, by=by, at=now, lines=lines, note=wish.note)
    reason = None
    if wish.reason and request.facts.reject_reason != "none":
        reason = RejectReason(name=wish.reason, text=offered.get(wish.reason, wish.reason))
    return Decision(verdict="reject", revision=revision, by=by, at=now, reason=reason, comment=wish.comment)


def _entry(request: Request, decision: Decision) -> Entry:
    told = {
        "note": decision.note,
        "reason": decision.reason and decision.reason.text,
        "comment": decision.comment,
    }
    params: dict[str, Any] = {name: value for name, value in told.items() if value}
    return Entry(request.request_id, decision.at, STATE_OF[decision.verdict], actor=decision.by, params=params)
