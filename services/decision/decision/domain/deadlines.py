"""Until when the seller can answer."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from decision.domain.facts import Facts

if TYPE_CHECKING:
    from decision.domain.settle import RequestState


def due_soon(facts: Facts, state: "RequestState", *, now: datetime, before: timedelta) -> bool:
    """The seller still has time to answer, but not much."""
    return _waits(facts, state) and facts.respond_by is not None and facts.respond_by - before <= now < facts.respond_by


def overdue(facts: Facts, state: "RequestState", *, now: datetime) -> bool:
    """The deadline passed and the marketplace has not said what it did."""
    return _waits(facts, state) and facts.respond_by is not None and now >= facts.respond_by


def moments(facts: Facts, state: "RequestState", *, before: timedelta) -> tuple[datetime, ...]:
    """When the two above change by time alone."""
    if not _waits(facts, state) or facts.respond_by is None:
        return ()
    return facts.respond_by - before, facts.respond_by


def _waits(facts: Facts, state: "RequestState") -> bool:
    return state == "pending" and facts.answerable
