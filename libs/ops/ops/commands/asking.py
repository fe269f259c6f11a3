"""Options that several commands understand in the same way."""

from collections.abc import Iterator
from typing import Annotated

import typer

from contracts import topics


class Events:
    """What can be completed in the shell."""

    @staticmethod
    def names() -> Iterator[str]:
        for topic in topics.TOPICS:
            yield topic.name
            for consumer in topic.consumers:
                yield topics.dlq(topic, consumer)
                yield topics.replay(topic, consumer)

    @staticmethod
    def consumers() -> list[str]:
        return sorted({consumer for topic in topics.TOPICS for consumer in topic.consumers})

    @staticmethod
    def types() -> list[str]:
        return [kind.slug for kind in topics.EVENT_TYPES.values()]

    @staticmethod
    def topics() -> list[str]:
        return [topic.name for topic in topics.TOPICS if topic.consumers]


ConsumerOption = Annotated[
    str | None, typer.Option("--consumer", help="Only this consumer: the service's name.", autocompletion=Events.consumers)
]
KeyOption = Annotated[str | None, typer.Option("--key", help="Only this Kafka key.")]
OrderOption = Annotated[str | None, typer.Option("--order", help="Only this order: its ref, or `channel:shop:ref`.")]
RequestOption = Annotated[str | None, typer.Option("--request", help="Only this cancel request.")]
SellerOption = Annotated[str | None, typer.Option("--seller", help="Only this seller.")]
ShopOption = Annotated[str | None, typer.Option("--shop", help="Only this shop: its id, or `channel:id`.")]
TypeOption = Annotated[
    list[str] | None, typer.Option("--type", help="Only this type, e.g. `cancel-approved`; may be repeated.", autocompletion=Events.types)
]
Since = Annotated[str | None, typer.Option("--from", help="Published at or after: `2026-05-04T12:00Z`, or `15m`, `2h`, `3d` ago.")]
Until = Annotated[str | None, typer.Option("--to", help="Published before.")]
