"""The outcomes that sync-back announces."""

from datetime import datetime
from typing import Any

from contracts.event import Event, announce
from contracts.sync_outcomes import OutcomeDelayed, OutcomeFailed, OutcomeRefused, OutcomeSynced, SyncOutcome
from contracts.values import DelayCause
from sync_back.domain import Delivery, GaveUp, Result, SaidNo, Took, Wait

SOURCE = "/zetpy/sync-back"


def outcome(delivery: Delivery, result: Result, *, at: datetime) -> Event[Any]:
    """What the try came to, as decision and ingestor hear it."""
    facts: dict[str, Any] = {
        "request_id": delivery.request_id,
        "revision": delivery.revision,
        "order": delivery.order,
        "action": delivery.action,
        "attempt": delivery.attempt,
        "call_id": result.call_id,
        "at": at,
    }
    data: SyncOutcome
    match result:
        case Took():
            data = OutcomeSynced(already=result.already, **facts)
        case SaidNo():
            data = OutcomeRefused(because=result.because, code=result.code, message=result.message, **facts)
        case GaveUp():
            data = OutcomeFailed(code=result.code, message=result.message, **facts)
        case Wait():
            data = OutcomeDelayed(cause=result.cause, message=result.message, next_attempt_at=result.until, **facts)
    return announce(data, source=SOURCE, time=at)


def blocked_outcome(delivery: Delivery, why: str | None, *, at: datetime) -> Event[Any]:
    """An answer that waits until its shop is connected again; nothing was called."""
    return outcome(delivery, Wait(DelayCause.SHOP_DISCONNECTED, why or "The shop is disconnected.", None), at=at)
