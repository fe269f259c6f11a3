"""Reasons to look at an order, as rows of durable work: each reason is a row of its own, the look that answers them is one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chassis.work import Claimed, Item
from contracts.values import FoundBy, shop_key
from ingestor.domain.known import Look
from marketplaces.interface import PushHint

Why = Literal["push", "lost_push", "sweep", "deadline", "outcome", "confirm"]

SWEEP = "@sweep"
"""The key of a shop's sweep among its look-ups: it waits for the same turn and keeps to the same pace."""
PROBE = "@probe"
EXPIRING = "@expiring"
AUTHORISATION_LANE = "/authorisation"
"""Work about a shop's authorisation goes on while its look-ups are paused."""
LOST_PUSHES = "@lost-pushes"
LOST_PUSHES_LANE = "shopee:@lost-pushes"
"""The queue of lost pushes belongs to the app, as if that were a shop."""
ABOUT_AUTHORISATION = frozenset({"revoked", "authorised", "expiring"})

_ORDER_REF = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_FOUND_BY: Mapping[str, FoundBy] = {"push": FoundBy.PUSH, "lost_push": FoundBy.LOST_PUSH, "sweep": FoundBy.SWEEP}
_URGENT = frozenset({"push", "lost_push", "outcome", "confirm", "deadline"})


def looks_like_a_ref(order_ref: str) -> bool:
    """It can be an order's ref on either channel."""
    return _ORDER_REF.fullmatch(order_ref) is not None


def look_at(
    shop: str,
    order_ref: str,
    why: Why,
    *,
    request_id: str = "",
    apart: str = "",
    due_at: datetime | None = None,
    urgent: bool = True,
    traceparent: str | None = None,
) -> Item:
    """A reason to look. `request_id`: tell this request again although nothing may have changed. Not `urgent`: after what is.

    Looks for the same reason are one, at the earliest time; `apart`: but not with those that have another word here.
    """
    key = "/".join(part for part in (order_ref, why, request_id, apart) if part)
    return Item(shop=shop, key=key, due_at=due_at, rank=0 if urgent and why in _URGENT else 1, traceparent=traceparent)


def item_of(hint: PushHint, why: Why) -> Item | None:
    """The row that a push becomes; None: it is about nothing of interest here."""
    if hint.shop_id is None or not looks_like_a_ref(hint.shop_id):
        return None  # whatever signs it may be wrong: no index holds a name of any length
    if hint.kind in ABOUT_AUTHORISATION:
        return _about_authorisation(hint)
    if hint.order_ref is None or not looks_like_a_ref(hint.order_ref):
        return None
    return look_at(shop_key(hint.channel, hint.shop_id), hint.order_ref, why, urgent=hint.kind == "cancellation")


def _about_authorisation(hint: PushHint) -> Item | None:
    """In a lane of its own, since the shop's look-ups may be paused."""
    if hint.shop_id is None:
        return None
    until = hint.authorised_until.isoformat() if hint.authorised_until else None
    return Item(
        shop=shop_key(hint.channel, hint.shop_id) + AUTHORISATION_LANE,
        key=EXPIRING if hint.kind == "expiring" else PROBE,
        payload={"until": until, "why": hint.text},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One look at an order, and the rows that it answers."""

    order_ref: str
    rows: Sequence[Claimed]

    @property
    def traceparent(self) -> str | None:
        """The trace of the first who asked, if anybody is traced."""
        return next((row.traceparent for row in self.rows if row.traceparent), None)

    @property
    def reasons(self) -> Sequence[str]:
        return [row.key.split("/")[1] for row in self.rows]

    @property
    def attempts(self) -> int:
        return min(row.attempts for row in self.rows)

    def look(self) -> Look:
        """Pushes first: what a push told is no gap, although a sweep saw it too."""
        found_by = next((_FOUND_BY[why] for why in _FOUND_BY if why in self.reasons), None)
        return Look(found_by=found_by, tell=frozenset(row.key.split("/")[2] for row in self.rows if row.key.count("/") > 1))


def wanted(rows: Sequence[Claimed]) -> Sequence[Wanted]:
    """The looks of a turn, in the order of the turn; the sweep is none."""
    by_ref: dict[str, list[Claimed]] = {}
    for row in rows:
        if not row.key.startswith("@"):
            by_ref.setdefault(row.key.split("/")[0], []).append(row)
    return [Wanted(order_ref=order_ref, rows=found) for order_ref, found in by_ref.items()]
