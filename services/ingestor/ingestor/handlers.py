"""What an outcome of an answer means here: look what the marketplace shows now, and again when it must show it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from chassis import work
from chassis.database import Transaction
from chassis.work import Item
from contracts.event import Event
from contracts.sync_outcomes import OutcomeSynced, SyncOutcome
from ingestor.hints import look_at


async def on_sync_outcomes(
    tx: Transaction, outcomes: Sequence[Event[SyncOutcome]], *, channels: Collection[str], confirm_after: timedelta
) -> Sequence[Event[Any]]:
    """Plan the looks. Both tell what they see although nothing has changed: decision waits for it. Other channels look for themselves."""
    await work.add(tx, [look for event in outcomes if event.data.order.channel in channels for look in _looks(event.data, confirm_after)])
    return []


def _looks(outcome: SyncOutcome, confirm_after: timedelta) -> Sequence[Item]:
    shop, order_ref, request_id = outcome.order.shop_key, outcome.order.order_ref, outcome.request_id
    now = look_at(shop, order_ref, "outcome", request_id=request_id)
    if not isinstance(outcome, OutcomeSynced):
        return [now]
    # A little later than asked: the read has to start after it, by clocks that differ.
    at = outcome.at + confirm_after + timedelta(seconds=1)
    # A row of its own for each answer: hints coalesce to the earliest time, and an earlier look would prove nothing about this one.
    answer = f"{outcome.revision}.{outcome.attempt}"
    return [now, look_at(shop, order_ref, "confirm", request_id=request_id, apart=answer, due_at=at)]
