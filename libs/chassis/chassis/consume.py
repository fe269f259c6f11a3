"""One Kafka batch, one Postgres transaction: claim, handle, announce."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from contracts.event import Event
from contracts.topics import Topic

Handler = Callable[[Any, Sequence[Event]], Awaitable[Sequence[Event]]]
H = TypeVar("H", bound=Handler)


class Consumer:
    """`app.consumer`: the subscriptions of a service."""

    def on(self, topic: Topic, *, batch: int = 1000) -> Callable[[H], H]:
        """Handle the new events of a topic: `async def on_x(tx, events) -> Sequence[Event]`; what it returns is announced in the same transaction.

        Raise Transient to have the batch tried again, Permanent when an event can never work. Anything else is a bug: retried, then isolated.
        The topic's replay topic is read by the same handler.
        """
        raise NotImplementedError
