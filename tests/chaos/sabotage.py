"""A service with one guard taken out: `python tests/chaos/sabotage.py <guard> <service>`. The checker must notice what it kept away."""

import asyncio
import os
import runpy
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from chassis import inbox, outbox

OPEN_SECONDS = 0.3
"""Between publishing and commit, where the connection is to be cut: otherwise one cut in a few would find nothing open."""


def no_inbox() -> None:
    """Every event is new, however often it comes."""

    async def claim(*_: Any, **__: Any) -> set[Any]:
        return set()

    async def bury(*_: Any, **__: Any) -> None:
        return None

    inbox.claim, inbox.bury = claim, bury


def publish_before_commit() -> None:
    """Events go to Kafka from inside the transaction, which may still come to nothing."""
    producers: list[AIOKafkaProducer] = []
    starting = asyncio.Lock()

    async def producer() -> AIOKafkaProducer:
        async with starting:
            if not producers:
                one = AIOKafkaProducer(bootstrap_servers=os.environ["KAFKA_URL"], enable_idempotence=True)
                await one.start()
                producers.append(one)
        return producers[0]

    async def add_records(_: Any, records: Sequence[outbox.Record]) -> None:
        for record in records:
            headers = outbox.unpack_headers(record.headers)
            await (await producer()).send_and_wait(record.topic, record.value, key=record.key, headers=headers)
        await asyncio.sleep(OPEN_SECONDS)

    outbox.add_records = add_records


def no_read_before_retry() -> None:
    """A call whose result is unknown is simply made again."""
    from sync_back import deliveries

    read = deliveries.read_before_call

    def read_before_call(delivery: Any, seen: Any, *, was_stale: bool = False) -> Any:
        return read(delivery, seen, was_stale=True) if was_stale else None

    deliveries.read_before_call = read_before_call


GUARDS: Mapping[str, Callable[[], None]] = {
    "inbox": no_inbox,
    "outbox": publish_before_commit,
    "read-before-retry": no_read_before_retry,
}
SCRIPT = Path(__file__).resolve()

if __name__ == "__main__":
    guard, service = sys.argv[1:]
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != SCRIPT.parent]  # its neighbours are no libraries
    GUARDS[guard]()
    runpy.run_module(service.replace("-", "_"), run_name="__main__")
