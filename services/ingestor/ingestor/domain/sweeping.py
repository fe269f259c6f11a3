"""Which of the orders that a list shows are worth a look."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from marketplaces.seen import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """As much of what is known of an order as a list can be compared with."""

    marketplace_status: str | None
    update_time: datetime | None
    is_open: bool
    requests: Mapping[str, tuple[str, datetime]]
    """native id → the marketplace's word and time."""


def worth_a_look(change: Change, known: Glimpse | None) -> bool:
    """Whether the list shows something that is not known yet.

    Lists overlap, so most of what they show is known. An order never looked at is of interest only when it is about cancelling.
    """
    if known is None:
        return change.about_cancelling
    if change.native_id is not None:
        word, at = known.requests.get(change.native_id, (None, None))
    else:
        word, at = known.marketplace_status, known.update_time
    if word is None or change.marketplace_status is None or change.marketplace_status.upper() != word:
        return at is None or change.update_time is None or change.update_time >= at
    return change.update_time is not None and at is not None and change.update_time > at
