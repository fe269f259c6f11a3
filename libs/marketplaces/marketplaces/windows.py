"""Cutting time ranges and lists into what one call takes."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

MAX_WINDOW = timedelta(days=14)
"""Shopee refuses ranges over 15 days, and exactly 15 too by report."""


def windows(since: datetime, until: datetime, *, longest: timedelta = MAX_WINDOW) -> Iterator[tuple[datetime, datetime]]:
    """[since, until) in pieces, oldest first; none when there is nothing between."""
    while since < until:
        end = min(since + longest, until)
        yield since, end
        since = end


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in pieces of at most `size`, without repeats, order kept."""
    unique = list(dict.fromkeys(items))
    for start in range(0, len(unique), size):
        yield unique[start : start + size]
