"""What sync-back does with each topic it reads: owe an answer, owe it no more, wait for a shop."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chassis.database import Transaction
from chassis.replaying import calling_again
from contracts.cancel_decisions import Answer, CancelApproved, CancelDecision, CancelRejected, SyncRetryRequested
from contracts.event import Event
from contracts.shop_status import ShopStatusChanged
from sync_back import store
from sync_back.announcements import blocked_outcome

SERVED = frozenset({"shopee", "tiktok"})


async def on_cancel_decisions(tx: Transaction, events: Sequence[Event[CancelDecision]], *, now: datetime) -> Sequence[Event[Any]]:
    """Owe the newest answer of each request. What another channel's service serves is ignored, not dead-lettered."""
    served = [event.data for event in events if event.data.order.channel in SERVED]
    if not served:
        return []
    known = await store.lock_requests(tx, {decision.request_id for decision in served})
    newest = newest_words([*served, *told_again(served)], known)
    await store.set_revisions(tx, newest, now=now)
    owed = [word for word in newest if isinstance(word, CancelApproved | CancelRejected)]
    traces = {event.data.request_id: event.traceparent for event in events}
    blocked = await store.insert_deliveries(tx, owed, traces=traces, now=now)
    if calling_again():
        await store.owe_again(tx, owed, now=now)
    await store.retry_deliveries(tx, [word for word in served if isinstance(word, SyncRetryRequested)], now=now)
    return [blocked_outcome(delivery, why, at=now) for delivery, why in blocked]


def told_again(decisions: Sequence[CancelDecision]) -> list[CancelDecision]:
    """The decisions that retries repeat: one that never got here (it was dead-lettered) is owed from its retry on."""
    return [_decision(each, each.answer) for each in decisions if isinstance(each, SyncRetryRequested) and each.answer]


def _decision(retry: SyncRetryRequested, answer: Answer) -> CancelDecision:
    facts: dict[str, Any] = {name: getattr(retry, name) for name in ("request_id", "revision", "order", "native_id", "parcel_state")}
    said: dict[str, Any] = {name: getattr(answer, name) for name in ("decided_by", "decided_at", "respond_by")}
    if answer.action == "approve":
        return CancelApproved(lines=(), **facts, **said)
    return CancelRejected(reason=answer.reason, comment=answer.comment, **facts, **said)


def newest_words(decisions: Sequence[CancelDecision], known: dict[str, int]) -> list[CancelDecision]:
    """The highest revision of each request, where nothing newer was known. A retry is no word: it repeats one.

    The known one comes again only in a replay that asks for it: an answer that is owed already stays as it is.
    """
    newest: dict[str, CancelDecision] = {}
    for word in decisions:
        if isinstance(word, SyncRetryRequested) or word.revision < known[word.request_id]:
            continue
        if word.request_id not in newest or word.revision > newest[word.request_id].revision:
            newest[word.request_id] = word
    return list(newest.values())


async def on_shop_status(tx: Transaction, events: Sequence[Event[ShopStatusChanged]], *, now: datetime) -> Sequence[Event[Any]]:
    """Hold the answers of a shop that can't be reached, and let them go when it is connected again."""
    outcomes: list[Event[Any]] = []
    await store.lock_shops(tx, {event.data.key for event in events if event.data.channel in SERVED})
    for event in sorted(events, key=lambda each: (each.data.key, each.data.shop_revision)):
        if event.data.channel not in SERVED or not await store.save_shop(tx, event.data):
            continue
        if event.data.state == "disconnected":
            held = await store.block_shop(tx, event.data.key, why=event.data.why, now=now)
            outcomes += [blocked_outcome(delivery, event.data.why, at=now) for delivery in held]
        else:
            await store.unblock_shop(tx, event.data.key, now=now)
    return outcomes
