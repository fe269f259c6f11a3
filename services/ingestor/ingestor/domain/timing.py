"""When an order is looked at next: at deadlines, after overlapping reads, and while the marketplace has not told everything."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from contracts.cancel_requests import CancelRequested
from ingestor.domain.known import OrderKnown
from ingestor.domain.observe import Observed

SOON = timedelta(seconds=0.5)
LATER = timedelta(seconds=10)
AFTER_DEADLINE = timedelta(seconds=5)
LONGEST = timedelta(minutes=5)
TRIES = 6
"""How often something that the marketplace does not show is asked for; then the sweeps have to find it."""


def deadlines(observed: Observed) -> Sequence[datetime]:
    """The ends of somebody's time to answer that were just learnt."""
    said = (each.data for each in observed.said)
    return [event.respond_by for event in said if type(event) is CancelRequested and event.respond_by]


def look_again_at(observed: Observed, *, attempts: int, for_deadline: bool, now: datetime, grace: timedelta) -> datetime | None:
    """When the reason that led to this look leads to the next one; None: it is answered."""
    if observed.look_again == "soon":
        return now + _after(attempts, SOON)
    if observed.look_again == "later":
        return now + _after(attempts, LATER) if attempts < TRIES else None
    return _after_deadline(observed.known, attempts=attempts, now=now, grace=grace) if for_deadline else None


def missing_again_at(*, attempts: int, now: datetime) -> datetime | None:
    """When to look for an order that the marketplace did not return; None: enough."""
    return now + _after(attempts, SOON) if attempts < TRIES else None


def _after_deadline(known: OrderKnown, *, attempts: int, now: datetime, grace: timedelta) -> datetime | None:
    """A deadline may have moved; one that has passed is acted on by the marketplace's clock, not ours."""
    said = (request.published for request in known.requests)
    ends = [event.respond_by + grace for event in said if type(event) is CancelRequested and event.respond_by]
    if not ends:
        return None
    if min(ends) > now:
        return min(ends)
    return now + _after(attempts, AFTER_DEADLINE) if attempts < TRIES else None


def _after(attempts: int, first: timedelta) -> timedelta:
    doubled: int = 2 ** min(max(attempts - 1, 0), 20)
    return min(first * doubled, LONGEST)
