"""Records on their way to a replay topic: in order per partition, acknowledged before anything counts as sent."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaProducer

from chassis.header_names import printable
from chassis.replaying import CALL_AGAIN, REPLAY_ID, REPROCESS
from ops.wire import Wire

BATCH_BYTES = 512 * 1024
REQUEST_MS = 10_000
OURS = frozenset({REPLAY_ID, REPROCESS, CALL_AGAIN})

Headers = Sequence[tuple[str, bytes | None]]


class Outgoing(NamedTuple):
    key: bytes | None
    value: bytes | None
    headers: Headers


def headers_for(headers: Headers, *, replay_id: str, reprocess: bool = False, call_again: bool = False) -> list[tuple[str, bytes | None]]:
    """The record's own headers, and what this replay wants instead of what an earlier one wanted."""
    wishes: list[tuple[str, bytes | None]] = [(REPLAY_ID, replay_id.encode())]
    if reprocess:
        wishes.append((REPROCESS, b"1"))
    if call_again:
        wishes.append((CALL_AGAIN, b"1"))
    return [*((printable(name), value) for name, value in headers if name not in OURS), *wishes]


class Sender:
    """To one topic: `async with Sender(wire, topic) as sender`."""

    def __init__(self, wire: Wire, topic: str) -> None:
        self._topic = wire.prefix + topic
        self._producer = AIOKafkaProducer(
            bootstrap_servers=wire.url, client_id="ops", enable_idempotence=True, max_batch_size=BATCH_BYTES, request_timeout_ms=REQUEST_MS
        )

    async def __aenter__(self) -> Self:
        await self._producer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        # An idempotent producer does not give up by itself.
        with suppress(TimeoutError):
            async with asyncio.timeout(5):
                await self._producer.stop()

    async def send(self, records: Mapping[int, Sequence[Outgoing]]) -> None:
        """Send to these partitions and wait for all acknowledgements."""
        await asyncio.gather(*(self._send_to(partition, of_partition) for partition, of_partition in records.items() if of_partition))

    async def _send_to(self, partition: int, records: Sequence[Outgoing]) -> None:
        for ack in [await self._producer.send_batch(batch, self._topic, partition=partition) for batch in self._batches(records)]:
            await ack

    def _batches(self, records: Sequence[Outgoing]) -> Iterator[Any]:
        batch = self._producer.create_batch()
        for key, value, headers in records:
            if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
                batch.close()
                yield batch
                batch = self._producer.create_batch()
                batch.append(timestamp=None, key=key, value=value, headers=headers)
        batch.close()
        yield batch
