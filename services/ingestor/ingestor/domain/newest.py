"""Which of two views of the same thing is the newer one."""

from dataclasses import replace
from typing import Literal, TypeVar

from ingestor.domain.known import Read
from marketplaces.seen import OrderSeen, RequestSeen

Verdict = Literal["newer", "same", "older", "overlap"]
Seen = TypeVar("Seen", OrderSeen, RequestSeen)


def compare(known: Seen, known_read: Read, seen: Seen, read: Read) -> Verdict:
    """Newer `update_time` wins; at the same one (it counts in seconds) a different view is newer if its read began after the other ended.

    `overlap`: nobody can say, so look again.
    """
    if seen.update_time != known.update_time:
        return "newer" if seen.update_time > known.update_time else "older"
    if seen == known:
        return "same"
    if read.started >= known_read.ended:
        return "newer"
    return "older" if read.ended <= known_read.started else "overlap"


def later(known: Read, read: Read) -> Read:
    """The read that saw the same thing last."""
    return read if read.started > known.started else known


def alone(seen: OrderSeen, read: Read) -> OrderSeen:
    """The order without what belongs to its requests or to the read, so that two views can be compared."""
    return replace(seen, requests=(), call_ids=(), status=seen.status_alone, read_started_at=read.started, read_ended_at=read.ended)
