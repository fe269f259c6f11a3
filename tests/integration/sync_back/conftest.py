"""Sync-back as a real process between real Kafka, real Postgres and a sandbox over real HTTP."""

import asyncio
import base64
import contextlib
import itertools
import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from tests.conftest import LOGS
from tests.support import databases
from tests.support.processes import ServiceProcess
from tests.support.waiting import until
from tests.support.wire import Wire

from chassis import tokens
from chassis.database import open_pool
from contracts import event as on_the_wire
from contracts import topics
from contracts.cancel_decisions import Answer, CancelApproved, CancelLapsed, CancelRejected, SyncRetryRequested
from contracts.cancel_requests import request_id
from contracts.event import Event, announce
from contracts.shop_status import ShopStatusChanged
from contracts.values import Actor, LapsedBecause, Order, RejectReason, StockLine
from marketplaces.accounts import Accounts, NewShop, Sealer
from marketplaces.channels import open_channels
from marketplaces.interface import TokenPair
from marketplaces.settings import MarketplaceSettings

AUTH_KEY = "test-key-of-at-least-thirty-two-bytes"
NUMBERS = itertools.count(1)
ACTOR = Actor(kind="person", id="u1", name="Siti")


class World:
    """One shop of each channel, the service, and hands to publish and read with."""

    def __init__(self, sandbox: str, wire: Wire, service: ServiceProcess, settings: Mapping[str, str]) -> None:
        self.sandbox, self.wire, self.service, self.settings = sandbox, wire, service, settings
        self.http = httpx.AsyncClient(timeout=30, trust_env=False)

    async def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = await self.http.request(method, f"{self.sandbox}/_sandbox{path}", json=body)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def shop(self, channel: str) -> str:
        """A shop that no other test uses, connected."""
        number = next(NUMBERS)
        shop_id = str(900_000 + number) if channel == "shopee" else f"74900000000008{number:05}"
        await connect(self, channel, shop_id)
        return shop_id

    async def asked(self, channel: str, shop_id: str | None = None) -> "Asked":
        """An order with a cancel request that waits for the seller."""
        shop = shop_id or await self.shop(channel)
        status = "ready_to_ship" if channel == "shopee" else "new"
        lines = [{"sku": "AST-MUG-350", "quantity": 2, "price": "24.90"}]
        placed = await self.control("POST", "/orders", {"channel": channel, "shop_id": shop, "status": status, "lines": lines})
        asked = await self.control("POST", f"/orders/{channel}/{placed['order_ref']}/request-cancel", {})
        order = Order(seller_id="seller-a", channel=channel, shop_id=shop, order_ref=placed["order_ref"], region="MY")
        return Asked(self, order, asked["requests"][0]["ref"] if channel == "tiktok" else placed["order_ref"])

    async def outcomes(self, asked: "Asked") -> list[Any]:
        records = await self.wire.read("sync-outcomes")
        events = [on_the_wire.decode(record.value, topics.SYNC_OUTCOMES) for record in records]
        return [event.data for event in events if event.data.request_id == asked.request_id]

    async def outcome(self, asked: "Asked", kind: type, *, seconds: float = 30) -> Any:
        """The first outcome of that kind."""

        async def heard() -> Any:
            return next((each for each in await self.outcomes(asked) if isinstance(each, kind)), None)

        return await until(heard, seconds=seconds, every=0.1, what=f"{kind.__name__} of {asked.order.key}")

    async def knows(self, shop_key: str) -> bool:
        """The service has heard that the shop is disconnected."""
        connection = await asyncpg.connect(self.service.env["SYNC_BACK_DATABASE_URL"])
        try:
            return bool(await connection.fetchval("select true from shops where shop = $1 and state = 'disconnected'", shop_key))
        finally:
            await connection.close()

    async def script(self, fault: str, **more: Any) -> None:
        await self.control("POST", "/faults/script", {"script": [{"fault": fault, **more}]})

    async def ops(self, path: str, *, method: str = "GET", **params: Any) -> Any:
        headers = {"Authorization": f"Bearer {tokens.mint(AUTH_KEY, sub='o', name='Ops', seller_id=None, roles=['ops'], ttl_seconds=600)}"}
        return await self.http.request(method, f"{self.service.url}/v1/deliveries{path}", params=params, headers=headers)


class Asked:
    def __init__(self, world: World, order: Order, native_id: str) -> None:
        self.world, self.order, self.native_id = world, order, native_id
        self.request_id = request_id(order.channel, order.shop_id, native_id)

    def facts(self, revision: int) -> dict[str, Any]:
        return {
            "request_id": self.request_id,
            "revision": revision,
            "order": self.order,
            "native_id": self.native_id,
            "parcel_state": "arranged",
        }

    def approved(self, revision: int = 2) -> CancelApproved:
        line = StockLine(line_id="1", sku="AST-MUG-350", item_id="1", quantity=2, ordered_quantity=2, stock="sellable")
        return CancelApproved(**self.facts(revision), lines=(line,), decided_by=ACTOR, decided_at=datetime.now(UTC))

    def rejected(self, revision: int = 2, reason: str | None = None) -> CancelRejected:
        why = RejectReason(name=reason, text=reason) if reason else None
        return CancelRejected(**self.facts(revision), reason=why, decided_by=ACTOR, decided_at=datetime.now(UTC))

    def lapsed(self, revision: int) -> CancelLapsed:
        now = datetime.now(UTC)
        return CancelLapsed(**self.facts(revision), because=LapsedBecause.UNKNOWN, order_status_now="ready_to_ship", ended_at=now)

    def again(self, revision: int, attempt: int, answer: Answer | None = None) -> SyncRetryRequested:
        now = datetime.now(UTC)
        return SyncRetryRequested(**self.facts(revision), attempt=attempt, requested_by=ACTOR, requested_at=now, answer=answer)

    async def say(self, *words: Any) -> None:
        await self.world.wire.send([decision(word) for word in words])

    async def truth(self) -> Any:
        return await self.world.control("GET", f"/orders/{self.order.channel}/{self.order.order_ref}")

    async def becomes(self, status: str) -> Any:
        async def right() -> Any:
            truth = await self.truth()
            return truth if truth["status"] == status else None

        return await until(right, what=f"{self.order.key} is {status}")

    async def answers(self) -> list[str]:
        """The calls that told the marketplace something."""
        return [call["endpoint"] for call in (await self.truth())["calls"]]


def decision(data: Any) -> Event[Any]:
    return announce(data, source="/zetpy/decision", time=datetime.now(UTC))


def shop_status(state: str, revision: int, order: Order) -> Event[Any]:
    now = datetime.now(UTC)
    data = ShopStatusChanged(
        shop_revision=revision,
        seller_id="seller-a",
        channel=order.channel,
        shop_id=order.shop_id,
        name="Shop",
        region="MY",
        state=state,
        why="revoked" if state == "disconnected" else None,
        changed_at=now,
    )
    return announce(data, source="/zetpy/ingestor", time=now)


@pytest.fixture(scope="module")
def warm(kafka_url, postgres_url):
    """Sandbox and service as processes, started once for all tests of a module."""
    with contextlib.ExitStack() as stack:

        def process(name, env, **more):
            return stack.enter_context(contextlib.closing(ServiceProcess(name, env, log_folder=LOGS, **more)))

        def fresh(name, *packages):
            url = asyncio.run(databases.create(postgres_url, name, *packages))
            stack.callback(lambda: asyncio.run(databases.drop(postgres_url, url)))
            return url

        box = process("sandbox", {}, ready_path="/")
        box._argv = [box._argv[0], "-m", "sandbox", "--port", str(box.port), "--seed", "7"]
        box.start()
        settings = {
            "ACCOUNTS_DATABASE_URL": fresh("accounts", "chassis", "marketplaces"),
            "ACCOUNTS_KEY": base64.b64encode(os.urandom(32)).decode(),
            "SHOPEE_URL": box.url,
            "SHOPEE_PARTNER_ID": "1000001",
            "SHOPEE_PARTNER_KEY": "sandbox-partner-key",
            "SHOPEE_PUSH_KEY": "sandbox-push-key",
            "SHOPEE_CALLBACK_URL": "http://127.0.0.1:1/webhooks/shopee",
            "TIKTOK_URL": box.url,
            "TIKTOK_AUTH_URL": box.url,
            "TIKTOK_APP_KEY": "sandboxapp",
            "TIKTOK_APP_SECRET": "sandbox-app-secret",
            "MARKETPLACE_TIMEOUT_SECONDS": "2",
        }
        prefix = f"t{uuid.uuid4().hex[:10]}-"
        environment = {
            "KAFKA_URL": kafka_url,
            "TOPIC_PREFIX": prefix,
            "AUTH_KEY": AUTH_KEY,
            "SYNC_BACK_DATABASE_URL": fresh("sync_back", "chassis", "sync_back"),
            "SYNC_BACK_LEASE_SECONDS": "6",
        }
        yield box.url, Wire(kafka_url, prefix), process("sync-back", environment | settings).start(), settings


@pytest.fixture
async def world(warm):
    sandbox, wire, service, settings = warm
    made = World(sandbox, wire, service, settings)
    yield made
    await made.http.aclose()


async def connect(world: World, channel: str, shop_id: str) -> None:
    marketplaces = MarketplaceSettings(**{name.lower(): value for name, value in world.settings.items()})
    pool = await open_pool(world.settings["ACCOUNTS_DATABASE_URL"], name="test", min_size=0)
    channels = open_channels(marketplaces, purpose="reading")
    accounts = Accounts(pool, channels.by_name, Sealer.from_settings(marketplaces))
    given = await world.control("POST", "/shops", {"channel": channel, "shop_id": shop_id})
    new = NewShop(channel, shop_id, "seller-a", given["name"], given["region"], cipher=given["cipher"])
    pair = TokenPair(
        access_token=SecretStr(given["access_token"]),
        refresh_token=SecretStr(given["refresh_token"]),
        access_until=datetime.fromisoformat(given["access_token_expires_at"]),
        owner=given["open_id"] if channel == "tiktok" else None,
    )
    await accounts.connect(new, pair)
    await accounts.close()
    await channels.close()
    await pool.close()
