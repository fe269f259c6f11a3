"""What needs a person: conditions of a request, and what people acknowledged of them (CONTRACTS A5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from contracts.values import Actor, Instant, Value
from decision.domain import deadlines
from decision.domain.stock import unmatched_lines
from decision.domain.sync import DISCONNECTED, OWED, overdue_at
from decision.domain.words import to_stop

if TYPE_CHECKING:
    from decision.domain.requests import Request

KINDS = (
    "due_soon",
    "overdue",
    "unconfirmed",
    "stop_parcel",
    "refused",
    "sync_failed",
    "shop_disconnected",
    "unmatched_sku",
    "oversold",
)
BY_CLOCK = frozenset({"due_soon", "overdue"})
"""They clear themselves and can't be acknowledged."""

MISCONFIGURED = "app_misconfigured"


class Alert(Value, frozen=True, kw_only=True):
    """Open until acknowledged; gone when its condition is."""

    since: Instant
    acknowledged_at: Instant | None = None
    acknowledged_by: Actor | None = None
    note: str | None = None

    @property
    def open(self) -> bool:
        return self.acknowledged_at is None


class Rules(Value, frozen=True, kw_only=True):
    """What can be set about time."""

    not_taken_after: timedelta = timedelta(minutes=10)
    due_soon_before: timedelta = timedelta(hours=4)
    unconfirmed_after: timedelta = timedelta(minutes=12)
    """Longer than the look that follows a synced answer after 10 minutes."""
    owed_too_long_after: timedelta = timedelta(minutes=15)
    """An answer that is still on its way is not on its way: sync-back never heard of it, or gets nowhere."""


def conditions(request: "Request", *, now: datetime, rules: Rules) -> frozenset[str]:
    """The kinds whose condition holds now."""
    sync = request.sync
    waits = request.state == "pending" or sync.state in OWED
    holds = {
        "due_soon": deadlines.due_soon(request.facts, request.state, now=now, before=rules.due_soon_before),
        "overdue": deadlines.overdue(request.facts, request.state, now=now),
        "unconfirmed": sync.state == "synced" and sync.at is not None and now >= sync.at + rules.unconfirmed_after,
        "stop_parcel": to_stop(request.facts, request.state),
        "refused": sync.state == "refused" or (request.decision is None and request.revert is not None),
        "sync_failed": sync.state == "failed"
        or (sync.state == "blocked" and sync.cause == MISCONFIGURED)
        or _owed_too_long(request, now, rules),
        "shop_disconnected": (waits and request.shop_disconnected) or (sync.state == "blocked" and sync.cause == DISCONNECTED),
        "unmatched_sku": _unmatched(request),
        "oversold": bool(request.stock.oversold),
    }
    return frozenset(kind for kind, held in holds.items() if held)


def _owed_too_long(request: "Request", now: datetime, rules: Rules) -> bool:
    at = _overdue_at(request, rules)
    return at is not None and now >= at


def _overdue_at(request: "Request", rules: Rules) -> datetime | None:
    return overdue_at(request.sync, request.decision.at, after=rules.owed_too_long_after) if request.decision else None


def _unmatched(request: "Request") -> bool:
    stock = request.stock
    if not request.given:
        return False
    if stock.revision >= request.word:
        return bool(unmatched_lines(stock))
    return stock.unmatched_revision >= request.word


def refresh(request: "Request", *, now: datetime, rules: Rules) -> "Request":
    """The request with its alerts as they are now: new conditions open one, solved ones are gone, acknowledged ones stay quiet."""
    wanted = conditions(request, now=now, rules=rules)
    if wanted == request.alerts.keys():
        return request
    alerts = {kind: request.alerts.get(kind) or Alert(since=now) for kind in KINDS if kind in wanted}
    bumped = open_alerts(alerts) != open_alerts(request.alerts)
    return msgspec.structs.replace(
        request,
        alerts=alerts,
        version=request.version + bumped,
        updated_at=now if bumped else request.updated_at,
    )


def open_alerts(alerts: Mapping[str, Alert]) -> list[str]:
    return [kind for kind in KINDS if kind in alerts and alerts[kind].open]


def attention_since(alerts: Mapping[str, Alert]) -> datetime | None:
    """Since when somebody should look: the oldest open alert."""
    return min((alert.since for alert in alerts.values() if alert.open), default=None)


def next_change(request: "Request", *, now: datetime, rules: Rules) -> datetime | None:
    """When time alone changes the alerts next; None: never."""
    times = deadlines.moments(request.facts, request.state, before=rules.due_soon_before)
    if request.sync.state == "synced" and request.sync.at is not None:
        times = (*times, request.sync.at + rules.unconfirmed_after)
    if (overdue := _overdue_at(request, rules)) is not None:
        times = (*times, overdue)
    return min((time for time in times if time > now), default=None)
