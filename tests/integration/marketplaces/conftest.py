"""The sandbox as a process, shops of a test's own in it, and an accounts database."""

import asyncio
import base64
import contextlib
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import SecretStr
from tests.support import databases
from tests.support.processes import ServiceProcess

from chassis.database import open_pool
from contracts import event
from contracts.shop_status import ShopStatusChanged
from contracts.topics import SHOP_STATUS
from local_stack.ports import free_ports
from marketplaces.accounts import Accounts, NewShop, Sealer
from marketplaces.accounts.connecting import connect_with_tokens
from marketplaces.channels import Channels, open_channels
from marketplaces.interface import Access, Channel
from marketplaces.settings import MarketplaceSettings

LOGS = Path(__file__).resolve().parents[3] / ".local" / "test-log"
CALLBACK_PORT = free_ports(1)[0]
CALLBACK = f"http://127.0.0.1:{CALLBACK_PORT}"

# Several test sessions may share a Postgres, none shares a sandbox: numbers need to be unique in a session only.
_numbers = itertools.count(int.from_bytes(os.urandom(3)) * 100_000)


@pytest.fixture(scope="session")
def sandbox_url() -> Iterator[str]:
    """A sandbox that nobody but these tests uses."""
    (port,) = free_ports(1)
    argv = ("-m", "sandbox", "--port", str(port), "--shopee-push-url", f"{CALLBACK}/shopee", "--tiktok-push-url", f"{CALLBACK}/tiktok")
    process = ServiceProcess("sandbox", {"SANDBOX_PORT": str(port)}, log_folder=LOGS, argv=argv, ready_path="/_sandbox/clock")
    with contextlib.closing(process.start()):
        # Reads are not what is throttled here unless a test says so.
        httpx.put(
            f"{process.url}/_sandbox/config", json={"shopee_rate_per_s": 500, "tiktok_rate_per_s": 500}, trust_env=False
        ).raise_for_status()
        yield process.url


@dataclass
class Sandbox:
    """The control API."""

    url: str
    http: httpx.AsyncClient = field(repr=False)

    async def do(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.http.request(method, f"{self.url}/_sandbox{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def shop(self, channel: str, **more: Any) -> dict[str, Any]:
        """A new shop, with its tokens."""
        number = next(_numbers)
        shop_id = str(number) if channel == "shopee" else f"749{number:016}"
        return await self.do("POST", "/shops", {"channel": channel, "shop_id": shop_id, "name": f"Shop {number}", "region": "MY", **more})

    async def authorise_again(self, shop: dict[str, Any]) -> dict[str, Any]:
        return await self.do("POST", "/shops", {"channel": shop["channel"], "shop_id": shop["shop_id"]})

    async def shop_event(self, shop: dict[str, Any], name: str, **body: Any) -> None:
        await self.do("POST", f"/shops/{shop['channel']}/{shop['shop_id']}/{name}", body)

    async def order(self, shop: dict[str, Any], status: str = "ready_to_ship", **more: Any) -> str:
        body = {
            "channel": shop["channel"],
            "shop_id": shop["shop_id"],
            "status": status,
            "lines": [{"sku": "A", "quantity": 2, "price": "10.50"}],
            **more,
        }
        return (await self.do("POST", "/orders", body))["order_ref"]

    async def event(self, shop: dict[str, Any], order_ref: str, name: str, **body: Any) -> dict[str, Any]:
        return await self.do("POST", f"/orders/{shop['channel']}/{order_ref}/{name}", body)

    async def truth(self, shop: dict[str, Any], order_ref: str) -> dict[str, Any]:
        return await self.do("GET", f"/orders/{shop['channel']}/{order_ref}")

    async def fault(self, shop: dict[str, Any], fault: str, **more: Any) -> None:
        script = [{"channel": shop["channel"], "shop_id": shop["shop_id"], "fault": fault, **more}]
        await self.do("POST", "/faults/script", {"script": script})

    async def requested(self, shop: dict[str, Any], **more: Any) -> str:
        """An order with a request that waits for the seller."""
        order_ref = await self.order(shop, "ready_to_ship" if shop["channel"] == "shopee" else "new")
        await self.event(shop, order_ref, "request-cancel", **more)
        return order_ref

    async def calls(self, endpoint: str, *, shop: dict[str, Any] | None = None) -> int:
        items = (await self.do("GET", "/calls"))["items"]
        return sum(item["count"] for item in items if item["endpoint"] == endpoint and (shop is None or item["shop_id"] == shop["shop_id"]))


@pytest.fixture
async def sandbox(sandbox_url: str) -> AsyncIterator[Sandbox]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
        yield Sandbox(url=sandbox_url, http=http)


@pytest.fixture
def environment(sandbox_url: str) -> dict[str, str]:
    """Settings as a service gets them."""
    return {
        "ACCOUNTS_DATABASE_URL": "postgresql://nowhere",
        "ACCOUNTS_KEY": base64.b64encode(bytes(range(32))).decode(),
        "SHOPEE_URL": sandbox_url,
        "SHOPEE_PARTNER_ID": "1000001",
        "SHOPEE_PARTNER_KEY": "sandbox-partner-key",
        "SHOPEE_PUSH_KEY": "sandbox-push-key",
        "SHOPEE_CALLBACK_URL": f"{CALLBACK}/shopee",
        "TIKTOK_URL": sandbox_url,
        "TIKTOK_AUTH_URL": sandbox_url,
        "TIKTOK_APP_KEY": "sandboxapp",
        "TIKTOK_APP_SECRET": "sandbox-app-secret",
        "SHOPEE_CALLS_PER_SECOND": "500",
        "TIKTOK_CALLS_PER_SECOND": "500",
        "MARKETPLACE_TIMEOUT_SECONDS": "3",
    }


@pytest.fixture
def settings(environment: dict[str, str]) -> MarketplaceSettings:
    return MarketplaceSettings(**{name.lower(): value for name, value in environment.items()})


@pytest.fixture
async def channels(settings: MarketplaceSettings) -> AsyncIterator[Channels]:
    opened = open_channels(settings, purpose="reading")
    yield opened
    await opened.close()


def access_to(shop: dict[str, Any]) -> Access:
    return Access(
        channel=shop["channel"],
        shop_id=shop["shop_id"],
        region=shop["region"],
        token=SecretStr(shop["access_token"]),
        cipher=shop["cipher"],
    )


@dataclass
class OneShop:
    """A shop in the sandbox, its channel, and its tokens."""

    at: dict[str, Any]
    channel: Channel
    access: Access


@pytest.fixture(params=["shopee", "tiktok"])
async def one(request: pytest.FixtureRequest, sandbox: Sandbox, channels: Channels) -> OneShop:
    """Each test once per channel: both keep the same promises."""
    shop = await sandbox.shop(request.param)
    return OneShop(at=shop, channel=channels.by_name[request.param], access=access_to(shop))


@dataclass
class Book:
    """The accounts of a process, their database, and what was announced."""

    accounts: Accounts
    pool: asyncpg.Pool
    url: str
    woken: list[None]

    async def announced(self) -> list[ShopStatusChanged]:
        rows = await self.pool.fetch("select value from outbox order by id")
        return [event.decode(row["value"], SHOP_STATUS).data for row in rows]


@pytest.fixture(scope="session")
def _accounts_database(postgres_url: str) -> Iterator[str]:
    """One for the session, emptied for each test: making one for each costs more than all the tests."""
    with ThreadPoolExecutor(1) as aside:  # a fixture of a session has no event loop
        url = aside.submit(asyncio.run, databases.create(postgres_url, "accounts", "chassis", "marketplaces")).result()
        yield url
        aside.submit(asyncio.run, databases.drop(postgres_url, url)).result()


@pytest.fixture
async def accounts_url(_accounts_database: str) -> str:
    connection = await asyncpg.connect(_accounts_database)
    await connection.execute("truncate shops, authorisations, outbox")
    await connection.close()
    return _accounts_database


@pytest.fixture
async def open_book(accounts_url: str, channels: Channels, settings: MarketplaceSettings) -> AsyncIterator[Callable[..., Awaitable[Book]]]:
    """Each call is one more process's view of the same database."""
    async with contextlib.AsyncExitStack() as opened:

        async def make(**more: Any) -> Book:
            pool = await opened.enter_async_context(await open_pool(accounts_url, name="test", max_size=4))
            woken: list[None] = []
            by_name = more.pop("channels", channels.by_name)
            accounts = Accounts(pool, by_name, Sealer.from_settings(settings), woken=lambda: woken.append(None), **more)
            opened.push_async_callback(accounts.close)
            return Book(accounts=accounts, pool=pool, url=accounts_url, woken=woken)

        yield make


@pytest.fixture
async def book(open_book: Callable[..., Awaitable[Book]]) -> Book:
    return await open_book()


@pytest.fixture
async def connected(book: Book, one: OneShop) -> OneShop:
    """The shop, connected for seller-a."""
    await connect_with_tokens(book.accounts, one.channel, one.at, shop_id=one.at["shop_id"], seller_id="seller-a")
    return one


@pytest.fixture
def new_shop() -> Callable[..., NewShop]:
    def make(shop_id: str = "1", **more: Any) -> NewShop:
        return NewShop(**{"channel": "shopee", "shop_id": shop_id, "seller_id": "seller-a", "name": "A shop", "region": "MY", **more})

    return make


@dataclass
class Pushes:
    """What the sandbox pushed: (path, body, Authorization)."""

    got: list[tuple[str, bytes, str | None]] = field(default_factory=list)
    status: int = 200

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.got.append((head[0].split()[1], body, headers.get("authorization")))
        writer.write(f"HTTP/1.1 {self.status} -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def pushes() -> AsyncIterator[Pushes]:
    """Our callback address, open for as long as the test lasts."""
    received = Pushes()
    async with await asyncio.start_server(received.take, "127.0.0.1", CALLBACK_PORT):
        yield received


@pytest.fixture
def instant() -> Callable[[str], datetime]:
    return datetime.fromisoformat
