"""A running decision service with sellers of one's own: what marketplaces show is handled as its consumer would, the rest is HTTP."""

import asyncio
import itertools
import json
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import asyncpg
import httpx
from tests.support.requests import a_line, a_shop, as_event, closed, requested

from chassis import outbox, tokens
from contracts.cancel_requests import CancelRequestClosed, CancelRequested, OrderCancelled, request_id
from contracts.event import Event, announce
from contracts.shop_status import ShopStatusChanged
from contracts.sync_outcomes import OutcomeDelayed, OutcomeFailed, OutcomeRefused, OutcomeSynced
from contracts.values import Order
from decision import handlers
from decision.domain.alerts import Rules

AUTH_KEY = "test-key-of-at-least-thirty-two-bytes"
SHOWN = (CancelRequested, CancelRequestClosed, OrderCancelled)
TOLD = (OutcomeSynced, OutcomeDelayed, OutcomeRefused, OutcomeFailed)
NUMBERS = itertools.count(1)


def token(*roles: str, seller: str | None = "seller-a", ttl: float = 600, name: str = "Aina", user: str = "u1", **more: str) -> str:
    return tokens.mint(AUTH_KEY, sub=user, name=name, seller_id=seller, roles=roles, ttl_seconds=ttl, **more)


def bearer(*roles: str, **more: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(*roles, **more)}"}


def now() -> datetime:
    return datetime.now(UTC)


async def hear(pool: asyncpg.Pool, *data: Any, at: datetime | None = None) -> Sequence[Event[Any]]:
    """All of one topic: one batch, one transaction, as the consumer does it; what follows is announced."""
    at = at or now()
    events = [as_event(replace(each, at=at) if isinstance(each, TOLD) else each) for each in data]
    async with pool.acquire() as tx, tx.transaction():
        if isinstance(data[0], SHOWN):
            announced = await handlers.on_cancel_requests(tx, events, now=at, rules=Rules())
        elif isinstance(data[0], TOLD):
            announced = await handlers.on_sync_outcomes(tx, events, now=at, rules=Rules())
        elif isinstance(data[0], ShopStatusChanged):
            announced = await handlers.on_shop_status(tx, events, now=at)
        else:
            announced = await handlers.on_stock_movements(tx, events, now=at, rules=Rules())
        await outbox.add(tx, announced)
    return announced


class Seller:
    """A seller that no other test knows, with shops that nobody else has."""

    def __init__(self, url: str, pool: asyncpg.Pool, http: httpx.AsyncClient) -> None:
        self.url, self.pool, self.http = url, pool, http
        self.id = f"seller-{uuid.uuid4().hex[:8]}"

    def headers(self, *roles: str, **more: Any) -> dict[str, str]:
        return bearer(*(roles or ("decider",)), seller=self.id, **more)

    def order(self, ref: str | None = None, *, channel: str = "shopee", shop: str = "1", region: str = "MY") -> Order:
        shop_id = f"{shop}-{self.id}"
        return Order(seller_id=self.id, channel=channel, shop_id=shop_id, order_ref=ref or f"SN{next(NUMBERS):05}", region=region)

    async def hear(self, *data: Any, at: datetime | None = None) -> Sequence[Event[Any]]:
        return await hear(self.pool, *data, at=at)

    async def asks(self, order: Order | None = None, **changes: Any) -> "Asked":
        """A buyer's request that waits for this seller."""
        order = order or self.order()
        await self.hear(requested(order, **recent(**changes)))
        return Asked(self, order)

    async def shop(self, state: str = "connected", *, revision: int = 1, read: timedelta | None = timedelta(), **more: Any) -> str:
        """A shop of the seller; `read`: how long ago the marketplace was read, None = never."""
        shop = a_shop(state, revision=revision, shop=f"{more.pop('shop', '1')}-{self.id}", seller=self.id, **more)
        await self.hear(replace(shop, last_read_at=None if read is None else now() - read, changed_at=now() - (read or timedelta())))
        return shop.shop_id

    async def get(self, path: str = "", *, role: str = "decider", **params: Any) -> httpx.Response:
        return await self.http.get(f"{self.url}/v1{path}", params=params, headers=self.headers(role))

    async def list(self, **params: Any) -> list[dict[str, Any]]:
        answer = await self.get("/cancel-requests", **params)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def post(
        self, path: str, body: Any = None, *, role: str = "decider", key: str | None = None, seller: str | None = None
    ) -> httpx.Response:
        headers = bearer(role, seller=seller or self.id) | ({"Idempotency-Key": key} if key else {})
        return await self.http.post(f"{self.url}/v1{path}", json=body, headers=headers)


class Asked:
    """One cancel request of a seller."""

    def __init__(self, seller: Seller, order: Order, native_id: str | None = None) -> None:
        self.seller, self.order, self.native_id = seller, order, native_id or order.order_ref
        self.id = request_id(order.channel, order.shop_id, self.native_id)
        self.path = f"/cancel-requests/{self.id}"

    async def now(self) -> dict[str, Any]:
        answer = await self.seller.get(self.path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def approve(self, body: Any = None, **more: Any) -> httpx.Response:
        return await self.seller.post(f"{self.path}/approve", body, **more)

    async def reject(self, body: Any = None, **more: Any) -> httpx.Response:
        return await self.seller.post(f"{self.path}/reject", body, **more)

    async def ends(self, outcome: str = "order_continues", **changes: Any) -> None:
        await self.seller.hear(closed(self.order, outcome, **recent(**changes)))


def recent(**changes: Any) -> dict[str, Any]:
    """Times as of now instead of the builders' fixed ones."""
    at = now()
    times = {"ordered_at": at - timedelta(days=1), "requested_at": at, "respond_by": at + timedelta(days=1)}
    return times | {"read_started_at": at, "observed_at": at} | changes


def replace(value: Any, **changes: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(value, **changes)


def lines(*names: str, sku: str = "TS-BLU-M") -> tuple[Any, ...]:
    return tuple(a_line(f"L{number}", name=name, sku=sku) for number, name in enumerate(names, 1))


class Stub(ThreadingHTTPServer):
    """The ingestor's two routes, over real HTTP: answers what `answers` holds, remembers what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _StubHandler)
        self.answers: tuple[int, dict[str, str], Any] = (200, {}, {"required": False, "items": []})
        self.asked: list[tuple[str, str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _StubHandler(BaseHTTPRequestHandler):
    server: Stub

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length", "0"))
        self.server.asked.append((self.path, self.headers.get("authorization", ""), self.rfile.read(length).decode()))
        status, headers, body = self.server.answers
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in ({"content-type": "application/json", "content-length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 -- the library's name

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the library's name
        """Quiet."""


@contextmanager
def stub_ingestor() -> Iterator[Stub]:
    with Stub() as stub:
        thread = threading.Thread(target=stub.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield stub
        stub.shutdown()
        thread.join()


def environment(*, database_url: str, kafka_url: str, prefix: str, ingestor_url: str, **more: str) -> dict[str, str]:
    return {
        "DECISION_DATABASE_URL": database_url,
        "KAFKA_URL": kafka_url,
        "TOPIC_PREFIX": prefix,
        "AUTH_KEY": AUTH_KEY,
        "INGESTOR_URL": ingestor_url,
    } | more


class Events:
    """An event stream as a browser reads it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self, *, seconds: float = 5) -> dict[str, Any] | None:
        """The next event; None: the stream ended."""
        event: dict[str, Any] = {}
        async with asyncio.timeout(seconds):
            async for line in self._lines:
                if not line:
                    if "event" in event:
                        return event
                    event = {}
                elif not line.startswith(":"):
                    name, _, value = line.partition(": ")
                    event[name] = json.loads(value) if name == "data" else value
        return None

    async def until(self, name: str, *, seconds: float = 5) -> dict[str, Any]:
        async with asyncio.timeout(seconds):
            while (event := await self.next(seconds=seconds)) is not None:
                if event["event"] == name:
                    return event
        raise AssertionError(f"the stream ended before {name}")


__all__ = ["AUTH_KEY", "Asked", "Events", "Seller", "Stub", "announce", "bearer", "environment", "hear", "lines", "now", "recent", "token"]
