"""What an answer to a marketplace came to: pure rules of reading, failing, waiting and giving up."""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from contracts.values import Action, DelayCause, Order, RefusedBecause
from marketplaces.failures import (
    MarketplaceFailure,
    Misconfigured,
    Permanent,
    Reauthorise,
    Refused,
    Stale,
    Throttled,
    TokenExpired,
    Unavailable,
)
from marketplaces.seen import OrderSeen

DeliveryState = Literal["queued", "retrying", "blocked", "synced", "refused", "failed", "superseded"]
LIVE: frozenset[DeliveryState] = frozenset({"queued", "retrying", "blocked"})

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0
QUOTA_DELAY_SECONDS = 900.0
FEW_TRIES = 5
FRESH_SECONDS = 60.0
"""An answer that waited longer is given to what the order shows now, so it is read first."""
CHANGED_DELAYS_SECONDS = (10.0, 20.0, 40.0, 80.0, 160.0)
"""The first is longer than a newer word takes to come here once the ingestor has looked, which it does on every outcome; together they are
longer than it leaves a shop alone that it could not read."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An answer owed to a marketplace."""

    request_id: str
    revision: int
    action: Action
    order: Order
    native_id: str
    reason: str | None
    comment: str | None
    idempotency_key: str
    state: DeliveryState
    attempt: int
    failures: int
    calls: int
    """Calls begun for it or an earlier word about the request, ours or of a process that died: from one on, read before calling."""
    decided_at: datetime
    cause: str | None = None
    """Why it waits, if it does."""
    code: str | None = None
    """What the last try came to."""

    @property
    def id(self) -> str:
        return f"{self.request_id}:{self.revision}"


@dataclass(frozen=True, slots=True)
class Took:
    """The marketplace has the answer."""

    already: bool
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class SaidNo:
    """The marketplace refused the call; what the order is now, others read."""

    because: RefusedBecause
    code: str
    message: str
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The call can never work."""

    code: str
    message: str
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Try again at `until`; None: a person has to act first."""

    cause: DelayCause
    message: str
    until: datetime | None
    code: str | None = None
    call_id: str | None = None
    whole_shop: bool = False
    """No call of this shop will do better before then."""
    failed: bool = True
    """Something went wrong; else it is only not yet time."""


Result = Took | SaidNo | GaveUp | Wait


def read_before_call(delivery: Delivery, seen: OrderSeen, *, was_stale: bool = False) -> Result | None:
    """What the order shows before (or instead of) the call; None: the request is still open, or not shown, so call.

    A closed request whose order goes on is what a rejection wants, whoever closed it: no marketplace tells a withdrawal from a rejection.
    `was_stale`: the call has said that the request is not open any more, so one that is not shown has ended.
    """
    # Shopee's requests have no id of their own: `#2` is ours.
    native_id = delivery.native_id.partition("#")[0]
    request = seen.request(native_id)
    call_id = seen.call_ids[-1] if seen.call_ids else None
    cancelled = seen.status == "cancelled" or (request is not None and request.state in {"accepted", "completed"})
    if not cancelled and request is not None and request.state in {"open", "unknown"}:
        return None
    # Absent means ended only where a request has no id of its own (Shopee): else a search may not show it yet, and a parcel would leave.
    if not cancelled and request is None and not was_stale and (native_id != seen.order_ref or seen.status == "unknown"):
        return None
    if delivery.action == "approve":
        if cancelled:
            return Took(already=True, call_id=call_id)
        if seen.status == "shipped":
            return SaidNo(RefusedBecause.SHIPPED, "shipped", "The parcel has left; the order can't be cancelled.", call_id)
        return SaidNo(RefusedBecause.REQUEST_ENDED, "request-ended", "The request has ended and the order goes on.", call_id)
    if cancelled:
        return SaidNo(RefusedBecause.ALREADY_CANCELLED, "already-cancelled", "The order is cancelled already.", call_id)
    return Took(already=True, call_id=call_id)


def reads_first(delivery: Delivery, *, now: datetime) -> bool:
    """A call with unknown result is not repeated blindly, and an answer that had to wait not given blindly."""
    return delivery.calls > 0 or delivery.attempt > 0 or now - delivery.decided_at >= timedelta(seconds=FRESH_SECONDS)


def wait_if_changed(delivery: Delivery, seen: OrderSeen, *, now: datetime) -> Wait | None:
    """Whether the open request may be another one than was decided: Shopee's have no id, so only a change of the order tells.

    The order is looked at on every outcome; if it was another request, a newer word comes meanwhile. If none comes, it is ours.
    """
    native_id = delivery.native_id.partition("#")[0]
    request = seen.request(native_id)
    if native_id != seen.order_ref or request is None or request.state != "open" or request.update_time <= delivery.decided_at:
        return None
    change = f"order-changed-{int(request.update_time.timestamp())}"
    waited = _waited(delivery.code, change)
    if waited >= len(CHANGED_DELAYS_SECONDS):
        return None
    return Wait(
        DelayCause.LOCKED,
        "The order has changed since the decision; it is looked at again before it is answered.",
        now + timedelta(seconds=CHANGED_DELAYS_SECONDS[waited]),
        f"{change}-{waited + 1}",
        seen.call_ids[-1] if seen.call_ids else None,
        failed=False,
    )


def _waited(code: str | None, change: str) -> int:
    """How often this answer has waited for this change; `code` is what its last try came to."""
    before, _, times = (code or "").rpartition("-")
    return int(times) if before == change else 0


def after_failure(delivery: Delivery, failure: MarketplaceFailure, *, now: datetime) -> Result:
    """What a failed call came to. `delivery.failures` counts the tries that failed before this one."""
    code, message, call_id = failure.code or None, failure.message or type(failure).__name__, failure.call_id
    match failure:
        case Refused():
            return SaidNo(RefusedBecause(failure.because), failure.code, message, call_id)
        case Permanent():
            return GaveUp(failure.code, message, call_id)
        case Reauthorise():
            return Wait(DelayCause.SHOP_DISCONNECTED, message, None, code, call_id, whole_shop=True)
        case Misconfigured():
            return Wait(DelayCause.APP_MISCONFIGURED, message, None, code, call_id)
        case Throttled():
            until = now + timedelta(seconds=_throttle_seconds(delivery, failure))
            return Wait(DelayCause.THROTTLED, message, until, code, call_id, whole_shop=True)
        case Unavailable() if failure.few_tries and delivery.failures + 1 >= FEW_TRIES:
            return GaveUp(failure.code, message, call_id)
        case Unavailable():
            return Wait(DelayCause(failure.cause), message, now + back_off(delivery), code, call_id)
        case Stale() | TokenExpired() | _:
            # Read and found open in spite of `Stale`: the marketplace contradicts itself, so ask again later.
            return Wait(DelayCause.UNAVAILABLE, message, now + back_off(delivery), code, call_id)


def _throttle_seconds(delivery: Delivery, failure: Throttled) -> float:
    if failure.retry_after is not None:
        # When a day's quota begins anew is reckoned, not told: ask now and then whether it has.
        wait = min(failure.retry_after, QUOTA_DELAY_SECONDS) if failure.quota else failure.retry_after
        return max(wait, FIRST_DELAY_SECONDS)
    return QUOTA_DELAY_SECONDS if failure.quota else back_off(delivery).total_seconds()


def back_off(delivery: Delivery) -> timedelta:
    """Doubling from 1 s to 5 min, spread over half of it: derived from the delivery, so that a storm's victims don't come back as one."""
    delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** min(delivery.failures, 10))
    spread = zlib.crc32(f"{delivery.id}:{delivery.attempt}".encode()) / 2**32
    return timedelta(seconds=delay * (0.75 + spread / 2))
