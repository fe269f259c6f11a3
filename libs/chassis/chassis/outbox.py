"""Events leave through a table: written in the transaction of the change, published by the relay."""

from collections.abc import Sequence

from contracts.event import Event

from chassis.database import Transaction


async def add(tx: Transaction, events: Sequence[Event]) -> None:
    """Announce these events when (and only if) the transaction commits; take the aggregate's row lock first, or their order may flip."""
    raise NotImplementedError
