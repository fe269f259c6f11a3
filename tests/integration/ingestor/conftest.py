"""The ingestor as a real process between a sandbox that pushes over real HTTP, real Kafka and real Postgres."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import uuid
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from tests.support import databases
from tests.support.processes import ServiceProcess
from tests.support.waiting import until
from tests.support.wire import Wire

from chassis import tokens
from chassis.database import open_pool
from contracts import event as on_the_wire
from contracts import topics
from contracts.event import Event
from marketplaces.accounts import Accounts, NewShop, Sealer
from marketplaces.channels import open_channels
from marketplaces.interface import TokenPair
from marketplaces.settings import MarketplaceSettings

T = TypeVar("T")

AUTH_KEY = "test-key-of-at-least-thirty-two-bytes"
SHOPEE_SHOP, OTHER_SHOPEE_SHOP, TIKTOK_SHOP = "200001", "200002", "7490000000000000001"
PAGE = "http://page.test"
HEEDLESS = """
from chassis.app import run
from ingestor.app import make_app
from ingestor.settings import Settings
from marketplaces.settings import MarketplaceSettings
run(make_app(Settings(), MarketplaceSettings()))
"""
LOGS = Path(__file__).resolve().parents[3] / ".local" / "test-log"


def apart(work: Coroutine[Any, Any, T]) -> T:
    """The result of a coroutine, also where a loop is running: in a thread with a loop of its own."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(asyncio.run, work).result()


class World:
    """A sandbox, the databases, and an ingestor that is not started yet."""

    def __init__(self, *, kafka_url: str, postgres_url: str, settings: Mapping[str, str], stack: contextlib.ExitStack) -> None:
        self.wire = Wire(kafka_url, f"t{uuid.uuid4().hex[:10]}-")
        self._stack = stack
        self.sandbox = self._process("sandbox", {}, ready_path="/")
        self.sandbox._argv = [self.sandbox._argv[0], "-m", "sandbox", "--port", str(self.sandbox.port), "--seed", "7"]
        self.sandbox.start()
        self.database_url = self._database(postgres_url, "ingestor", "chassis", "ingestor")
        self.accounts_url = self._database(postgres_url, "accounts", "chassis", "marketplaces")
        self.service = self._process("ingestor", {})
        self.callback = f"{self.service.url}/webhooks/shopee"
        self.service.env |= self._environment() | settings
        self._configure()

    def _process(self, name: str, env: Mapping[str, str], **more: Any) -> ServiceProcess:
        return self._stack.enter_context(contextlib.closing(ServiceProcess(name, env, log_folder=LOGS, **more)))

    def _database(self, postgres_url: str, name: str, *packages: str) -> str:
        url = apart(databases.create(postgres_url, name, *packages))
        self._stack.callback(lambda: apart(databases.drop(postgres_url, url)))
        return url

    def _environment(self) -> dict[str, str]:
        self.accounts_settings = {
            "ACCOUNTS_DATABASE_URL": self.accounts_url,
            "ACCOUNTS_KEY": base64.b64encode(os.urandom(32)).decode(),
            "SHOPEE_URL": self.sandbox.url,
            "SHOPEE_PARTNER_ID": "1000001",
            "SHOPEE_PARTNER_KEY": "sandbox-partner-key",
            "SHOPEE_PUSH_KEY": "sandbox-push-key",
            "SHOPEE_CALLBACK_URL": self.callback,
            "SHOPEE_CALLS_PER_SECOND": "200",
            "TIKTOK_URL": self.sandbox.url,
            "TIKTOK_AUTH_URL": self.sandbox.url,
            "TIKTOK_APP_KEY": "sandboxapp",
            "TIKTOK_APP_SECRET": "sandbox-app-secret",
            "TIKTOK_CALLS_PER_SECOND": "200",
            "SHOPEE_CONSENT_URL": f"{self.sandbox.url}/auth",
            "TIKTOK_CONSENT_URL": f"{self.sandbox.url}/open/authorize",
            "TIKTOK_SERVICE_ID": "7400000000000000001",
            "MARKETPLACE_TIMEOUT_SECONDS": "4",
        }
        return self.accounts_settings | {
            "KAFKA_URL": self.wire.kafka_url,
            "TOPIC_PREFIX": self.wire.prefix,
            "AUTH_KEY": AUTH_KEY,
            "INGESTOR_DATABASE_URL": self.database_url,
            "INGESTOR_PUBLIC_URL": self.service.url,
            "INGESTOR_PAGE_URL": PAGE,
            "INGESTOR_LEASE_SECONDS": "10",
            "INGESTOR_SHOPS_INTERVAL_SECONDS": "0.3",
            "INGESTOR_SWEEP_INTERVAL_SECONDS": "3600",
        }

    def _configure(self) -> None:
        pushes = {
            "shopee_push_url": self.callback,
            "tiktok_push_url": f"{self.service.url}/webhooks/tiktok",
            "tiktok_redirect_url": f"{self.service.url}/connect/tiktok/callback",
        }
        self.control("PUT", "/config", {**pushes, "shopee_rate_per_s": 500, "tiktok_rate_per_s": 500, "effect_delay_s": 0.05})

    def another(self) -> ServiceProcess:
        """A second ingestor on the same databases."""
        port = "INGESTOR_PORT"
        return self._process(
            "ingestor", {name: value for name, value in self.service.env.items() if name != port}, argv=self.service._argv[1:]
        )

    def heedless(self) -> Self:
        """An ingestor that begins with whatever it is told, also where `python -m ingestor` refuses: a call may outlive its lease."""
        self.service._argv[1:] = ["-c", HEEDLESS]
        return self

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = httpx.request(method, f"{self.sandbox.url}/_sandbox{path}", json=body, timeout=30, trust_env=False)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def connect(self, channel: str, shop_id: str) -> None:
        """Connect a shop of the sandbox for seller-a, tokens included."""
        given = self.control("POST", "/shops", {"channel": channel, "shop_id": shop_id})
        settings = MarketplaceSettings(**{name.lower(): value for name, value in self.accounts_settings.items()})
        pool = await open_pool(self.accounts_url, name="test", min_size=0)
        channels = open_channels(settings, purpose="reading")
        accounts = Accounts(pool, channels.by_name, Sealer.from_settings(settings))
        pair = TokenPair(
            access_token=SecretStr(given["access_token"]),
            refresh_token=SecretStr(given["refresh_token"]),
            access_until=datetime.fromisoformat(given["access_token_expires_at"]),
            owner=given["open_id"] if channel == "tiktok" else None,
        )
        new = NewShop(channel, shop_id, "seller-a", given["name"], given["region"], cipher=given["cipher"])
        await accounts.connect(new, pair)
        await accounts.close()
        await channels.close()
        await pool.close()

    def begin(self, *shops: tuple[str, str]) -> "World":
        """Connect shops (one of each channel) and start the service."""
        for channel, shop_id in shops or (("shopee", SHOPEE_SHOP), ("tiktok", TIKTOK_SHOP)):
            apart(self.connect(channel, shop_id))
        self.service.start()
        return self

    # Orders

    def order(self, channel: str = "shopee", *, shop_id: str | None = None, status: str = "ready_to_ship", **more: Any) -> "Placed":
        lines = [{"sku": "AST-MUG-350", "quantity": 2, "price": "24.90"}, {"sku": "AST-LAMP-W", "quantity": 1, "price": "89.00"}]
        shop = shop_id or (SHOPEE_SHOP if channel == "shopee" else TIKTOK_SHOP)
        body = {"channel": channel, "shop_id": shop, "status": status, "lines": lines, **more}
        return Placed(self, channel, shop, self.control("POST", "/orders", body)["order_ref"])

    def drop_pushes(self, *, times: int = 1000, **where: Any) -> None:
        self.script("drop", endpoint="push", times=times, **where)

    def script(self, fault: str, **more: Any) -> None:
        self.control("POST", "/faults/script", {"script": [{"fault": fault, **more}]})

    def heal(self) -> None:
        self.control("DELETE", "/faults")

    # Pushes by hand

    async def push(
        self, channel: str, body: Any, *, raw: bytes | None = None, sign: bool = True, url: str = "", **headers: str
    ) -> httpx.Response:
        """A push as the marketplace sends it: signed over the raw bytes."""
        content = json.dumps(body).encode() if raw is None else raw
        if sign:
            headers["authorization"] = self.signature(channel, content)
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            return await client.post(f"{url or self.service.url}/webhooks/{channel}", content=content, headers=headers)

    def signature(self, channel: str, content: bytes) -> str:
        if channel == "shopee":
            key, signed = b"sandbox-push-key", self.callback.encode() + b"|" + content
        else:
            key, signed = b"sandbox-app-secret", b"sandboxapp" + content
        return hmac.new(key, signed, hashlib.sha256).hexdigest()

    # What came of it

    async def said(self, order_ref: str) -> Sequence[Event[Any]]:
        """What was published about an order, in order of observation."""
        records = await self.wire.read("cancel-requests")
        events = [on_the_wire.decode(record.value, topics.CANCEL_REQUESTS) for record in records]
        return sorted((event for event in events if event.data.order.order_ref == order_ref), key=lambda event: event.data.observation)

    async def heard(self, order_ref: str, kind: type, *, count: int = 1, seconds: float = 30) -> Any:
        """The newest event of that kind, once there are so many."""

        async def found() -> Any:
            events = [event for event in await self.said(order_ref) if type(event.data) is kind]
            return events if len(events) >= count else None

        events = await until(found, seconds=seconds, every=0.05, what=f"{count} {kind.__name__} of {order_ref}")
        return events[-1].data

    async def known(self, order: "Placed") -> None:
        """The order was looked at: its status from before a cancellation is remembered."""
        query = "select 1 from orders where order_ref = $1 and seen is not null"
        await until(lambda: self.rows(query, order.ref), what=f"{order.ref} was looked at")

    async def quiet(self, *, seconds: float = 30) -> None:
        """Nothing is due or in hand, and nothing waits to be published."""

        async def idle() -> bool:
            due = await self.rows("select 1 from work where due_at <= now() or lease is not null union all select 1 from outbox limit 1")
            return not due

        await until(idle, seconds=seconds, every=0.05, what="the ingestor has nothing left to do")

    async def rows(self, query: str, *values: Any, url: str | None = None) -> Sequence[Any]:
        connection = await asyncpg.connect(url or self.database_url)
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()

    async def get(self, path: str, *, roles: Sequence[str], **params: Any) -> httpx.Response:
        return await self.ask("GET", path, roles=roles, params=params)

    async def ask(self, method: str, path: str, *, roles: Sequence[str], **more: Any) -> httpx.Response:
        token = tokens.mint(AUTH_KEY, sub="t", name="Test", seller_id=None, roles=roles, ttl_seconds=600)
        async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
            return await client.request(method, f"{self.service.url}{path}", headers={"Authorization": f"Bearer {token}"}, **more)

    async def metric(self, line: str) -> float:
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            text = (await client.get(f"{self.service.url}/metrics")).text
        return sum(float(each.rsplit(" ", 1)[1]) for each in text.splitlines() if each.startswith(line))


class Placed:
    """An order at the marketplace."""

    def __init__(self, world: World, channel: str, shop_id: str, order_ref: str) -> None:
        self.world, self.channel, self.shop_id, self.ref = world, channel, shop_id, order_ref

    def event(self, name: str, **body: Any) -> Any:
        return self.world.control("POST", f"/orders/{self.channel}/{self.ref}/{name}", body)

    def truth(self) -> Any:
        return self.world.control("GET", f"/orders/{self.channel}/{self.ref}")

    def push(self, status: str = "IN_CANCEL") -> dict[str, Any]:
        """The body of a push about it."""
        at = int(datetime.now().timestamp())  # noqa: DTZ005 - only its seconds count
        if self.channel == "shopee":
            data = {"items": [], "ordersn": self.ref, "status": status, "completed_scenario": "", "update_time": at}
            return {"data": data, "shop_id": int(self.shop_id), "code": 3, "timestamp": at}
        data = {"order_id": self.ref, "order_status": status, "is_on_hold_order": False, "update_time": at}
        return {"type": 1, "tts_notification_id": uuid.uuid4().hex, "shop_id": self.shop_id, "timestamp": at, "data": data}


@pytest.fixture(scope="module")
def make_shared(kafka_url: str, postgres_url: str) -> Iterator[Callable[..., World]]:
    """`make_shared(INGESTOR_SWEEP_INTERVAL_SECONDS="1")`: an ingestor for the tests of a module, not started yet."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: World(kafka_url=kafka_url, postgres_url=postgres_url, settings=settings, stack=stack)


@pytest.fixture(scope="session")
def shared(kafka_url: str, postgres_url: str) -> Iterator[World]:
    """One running ingestor for the tests that need no settings of their own; it sweeps once an hour."""
    with contextlib.ExitStack() as stack:
        made = World(kafka_url=kafka_url, postgres_url=postgres_url, settings={"INGESTOR_CONFIRM_AFTER_SECONDS": "1"}, stack=stack)
        yield made.begin()


@pytest.fixture
def world(shared: World) -> Iterator[World]:
    """The shared one, without faults before and after."""
    shared.heal()
    yield shared
    shared.heal()


@pytest.fixture
def make_world(kafka_url: str, postgres_url: str) -> Iterator[Callable[..., World]]:
    """`make_world(INGESTOR_SWEEP_INTERVAL_SECONDS="1")`: an ingestor of its own, not started yet."""
    with contextlib.ExitStack() as stack:

        def make(*, kafka: str = "", postgres: str = "", **settings: str) -> World:
            return World(kafka_url=kafka or kafka_url, postgres_url=postgres or postgres_url, settings=settings, stack=stack)

        yield make
