"""An operator, and an inventory service that runs in the test's own process."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from tests.support.desk import Operator
from tests.support.stock import NOW, broken_laws
from tests.support.waiting import until
from tests.support.wire import Wire

from chassis import kafka
from contracts import topics
from contracts.event import Event
from inventory.api.posting import post_movements
from inventory.app import make_app
from inventory.domain.postings import Posting
from inventory.settings import Settings as InventorySettings
from ops.settings import Settings

if TYPE_CHECKING:
    from chassis.app import App

AUTH_KEY = "a key for tests, long enough for HS256"
TOPIC, REPLAY, DLQ = "cancel-decisions", "cancel-decisions-inventory-replay", "cancel-decisions-inventory-dlq"


class Inventory:
    """The service's consumer and relay, to start and to stop; its database stays."""

    def __init__(self, *, url: str, kafka_url: str, prefix: str) -> None:
        self.url, self.wire = url, Wire(kafka_url, prefix)
        self._kafka_url, self._prefix = kafka_url, prefix
        self.app: App | None = None
        self._relay: asyncio.Task[None] | None = None

    @property
    def pool(self) -> Any:
        assert self.app is not None
        return self.app.pool

    async def create_topics(self) -> None:
        wanted = kafka.wanted_topics("inventory", [topics.CANCEL_DECISIONS], prefix=self._prefix)
        await kafka.create_topics(self._kafka_url, wanted)

    async def start(self) -> None:
        settings = InventorySettings(
            database_url=self.url, kafka_url=self._kafka_url, auth_key=AUTH_KEY, topic_prefix=self._prefix, backoff_cap_seconds=0.5
        )
        self.app = make_app(settings)
        await self.app.open_database()
        self._relay = asyncio.create_task(self.app.relay.run())
        await self.app.consumer.start(self.app.pool)
        await until(lambda: all(each.subscriber.consumer.assignment() for each in self.app.consumer.subscriptions), seconds=30)

    async def stop(self) -> None:
        if self.app is None or self._relay is None:
            return
        app, self.app = self.app, None
        await app.consumer.stop()
        app.relay_stop.set()
        app.relay.wake()
        await self._relay
        await app.pool.close()

    async def open_stock(self, **units: int) -> None:
        postings = [Posting(sku, "opening", f"count-{uuid.uuid4()}", set_to=number) for sku, number in units.items()]
        async with self.pool.acquire() as connection, connection.transaction():
            await post_movements(connection, "seller-a", postings, now=NOW)

    async def available(self, sku: str = "TEE") -> int:
        return await self.pool.fetchval("select available from levels where sku = $1", sku)

    async def hears(self, events: Sequence[Event[Any]]) -> None:
        """Sent as decision does, and handled."""
        await self.wire.send(events)
        await self.caught_up()

    async def caught_up(self, topic: str = TOPIC, *, seconds: float = 60) -> None:
        ends = {record.partition: record.offset + 1 for record in await self.wire.read(topic)}

        async def done() -> bool:
            committed = await self.wire.committed("inventory", topic)
            return all(committed.get(number, 0) >= end for number, end in ends.items())

        await until(done, seconds=seconds, every=0.1, what=f"inventory has handled {topic}")

    async def misses(self, events: Sequence[Event[Any]]) -> None:
        """An outage: these pass the service by; it is stopped before and runs again afterwards."""
        await self.stop()
        await self.wire.send(events)
        await self.wire.skip_to_end("inventory", TOPIC)
        await self.start()

    async def assert_lawful(self) -> None:
        assert not await broken_laws(self.pool)


@pytest.fixture
async def inventory(database: Callable[..., Awaitable[str]], kafka_url: str, topic_prefix: str) -> AsyncIterator[Inventory]:
    async with AsyncExitStack() as stack:
        url = await database("inventory", packages=("chassis", "inventory"))
        service = Inventory(url=url, kafka_url=kafka_url, prefix=topic_prefix)
        stack.push_async_callback(service.stop)
        await service.start()
        yield service


@pytest.fixture
async def settings(database: Callable[..., Awaitable[str]], inventory: Inventory, kafka_url: str, topic_prefix: str) -> Settings:
    return Settings(
        kafka_url=kafka_url,
        topic_prefix=topic_prefix,
        ops_database_url=await database("ops", packages=("ops",)),
        inventory_database_url=inventory.url,
        auth_key=AUTH_KEY,
        who="Siti",
    )


@pytest.fixture
def operator(settings: Settings) -> Operator:
    return Operator(settings)
