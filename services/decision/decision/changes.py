"""What changed, told to every instance after the commit: the seam on which the stream to browsers is built."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import TYPE_CHECKING

import msgspec

from chassis import database
from chassis.logs import logger

if TYPE_CHECKING:
    from chassis.app import App
    from decision.domain.requests import Request

LOG = logger(__name__)

CHANNEL = "decision_changes"
PER_PAYLOAD = 100
"""A payload of NOTIFY holds 8,000 bytes; a request takes under 60."""
WAITING = 1000
CHECK_SECONDS = 5.0


class Changed(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rows of a seller that changed: request id and version, shops by key."""

    seller_id: str
    requests: tuple[tuple[str, int], ...] = ()
    shops: tuple[str, ...] = ()


class Missed(msgspec.Struct, frozen=True):
    """Something may have been missed (the connection was lost, or the reader is slow): read everything again."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Changed).decode


def payloads(requests: Iterable["Request"]) -> list[str]:
    """The payloads that tell of these requests, per seller."""
    by_seller: dict[str, list[tuple[str, int]]] = {}
    for request in requests:
        by_seller.setdefault(request.order.seller_id, []).append((request.request_id, request.version))
    return [
        _encode(Changed(seller, requests=tuple(rows[at : at + PER_PAYLOAD]))).decode()
        for seller, rows in by_seller.items()
        for at in range(0, len(rows), PER_PAYLOAD)
    ]


def shop_payloads(shops: Iterable[tuple[str, str, str]]) -> list[str]:
    """The payloads that tell of these shops: channel, shop id, seller."""
    return [_encode(Changed(seller, shops=(f"{channel}:{shop_id}",))).decode() for channel, shop_id, seller in shops]


class Changes:
    """Listens on one connection of its own and hands on to the subscribers of this process.

    `app.background("changes", changes.run)`; then `with changes.subscribe(seller_id) as news: async for each in news: ...`
    """

    def __init__(self, app: "App") -> None:
        self._app = app
        self._subscribers: dict[str, set[Subscription]] = {}

    @contextlib.contextmanager
    def subscribe(self, seller_id: str) -> Iterator["Subscription"]:
        """What changes of this seller from now on; subscribe first, then read."""
        subscription = Subscription()
        self._subscribers.setdefault(seller_id, set()).add(subscription)
        try:
            yield subscription
        finally:
            self._subscribers[seller_id].discard(subscription)
            if not self._subscribers[seller_id]:
                del self._subscribers[seller_id]

    def readers(self, seller_id: str | None = None) -> int:
        """How many subscribe: to what changes of this seller, or at all."""
        if seller_id is not None:
            return len(self._subscribers.get(seller_id, ()))
        return sum(map(len, self._subscribers.values()))

    async def run(self) -> None:
        """Listen until the service stops; raises when the connection is lost, and is begun again then."""
        connection = await database.connect(self._app.settings.database_url.get_secret_value(), name="decision-changes")
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self._hear)
            self._all_missed()  # whatever happened while nobody listened
            while not await self._pause(lost):
                await connection.fetchval("select 1", timeout=CHECK_SECONDS)
        finally:
            self._all_missed()
            connection.terminate()

    async def _pause(self, lost: asyncio.Event) -> bool:
        """Wait a little; True: the service stops. A lost connection ends the wait."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._app.stop, lost)]
        try:
            await asyncio.wait(waits, timeout=CHECK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()
        return self._app.stop.is_set()

    def _hear(self, _connection: object, _pid: int, _channel: str, payload: object) -> None:
        try:
            changed = _decode(str(payload))
        except msgspec.MsgspecError:
            LOG.exception("changes-undecodable")
            return
        for subscription in self._subscribers.get(changed.seller_id, ()):
            subscription.put(changed)

    def _all_missed(self) -> None:
        for subscriptions in self._subscribers.values():
            for subscription in subscriptions:
                subscription.put(Missed())


class Subscription:
    """One reader's queue; a reader who is too slow is told that it missed something, once."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Changed | Missed] = asyncio.Queue(WAITING)

    def put(self, changed: Changed | Missed) -> None:
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            changed = Missed()
        self._queue.put_nowait(changed)

    async def get(self) -> Changed | Missed:
        return await self._queue.get()

    async def __aiter__(self) -> AsyncIterator[Changed | Missed]:
        while True:
            yield await self._queue.get()
