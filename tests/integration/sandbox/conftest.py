"""A sandbox over real HTTP, hand-made signed calls, and somebody who receives its pushes."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from tests.support.waiting import until

from sandbox.app import make_app
from sandbox.config import Config

PARTNER_ID, PARTNER_KEY, PUSH_KEY = 1_000_001, "sandbox-partner-key", "sandbox-push-key"
APP_KEY, APP_SECRET = "sandboxapp", "sandbox-app-secret"


def _hmac(key: str, message: bytes) -> str:
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()


@contextlib.asynccontextmanager
async def serving(make: Callable[[], Starlette]) -> AsyncIterator[str]:
    """The app on a free port of this machine, for as long as the block lasts; ends at once."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(make(), log_level="warning")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        for listening in server.servers:
            listening.close()
        for connection in tuple(server.server_state.connections):
            connection.shutdown()
        await server.lifespan.shutdown()


@dataclass
class Receiver:
    """The app's webhook addresses: keeps what came, answers as told."""

    url: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200
    answer: bytes = b""
    hang_s: float = 0.0

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()  # the sandbox was stopped before it said anything
            return
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.got.append((head[0].split()[1], headers, body))
        if self.hang_s:
            await asyncio.sleep(self.hang_s)
        location = f"location: {self.url}/elsewhere\r\n" if 300 <= self.status < 400 else ""
        with contextlib.suppress(ConnectionError):
            writer.write(
                f"HTTP/1.1 {self.status} -\r\n{location}content-length: {len(self.answer)}\r\nconnection: close\r\n\r\n".encode()
                + self.answer
            )
            await writer.drain()
            writer.close()

    def bodies(self, path: str = "/") -> list[dict[str, Any]]:
        return [json.loads(body) for to, _, body in self.got if to.startswith(path)]


@dataclass
class Box:
    """The control API, and clients of both marketplaces for any of its shops."""

    url: str
    http: httpx.AsyncClient

    async def control(self, method: str, path: str, body: dict[str, Any] | None = None, *, status: int | None = None) -> Any:
        answer = await self.http.request(method, f"{self.url}/_sandbox{path}", json=body)
        assert answer.status_code == status if status else answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    async def order(self, channel: str = "shopee", status: str | None = None, **more: Any) -> str:
        """An order where its marketplace would ask the seller about a cancellation; its reference."""
        body = {
            "channel": channel,
            "shop_id": "200001" if channel == "shopee" else "7490000000000000001",
            "status": status or ("ready_to_ship" if channel == "shopee" else "new"),
            "lines": [{"sku": "AST-MUG-350", "quantity": 2, "price": "24.90"}],
            **more,
        }
        return (await self.control("POST", "/orders", body))["order_ref"]

    async def requested(self, channel: str = "shopee", *, asked: dict[str, Any] | None = None, **more: Any) -> str:
        ref = await self.order(channel, **more)
        await self.event(channel, ref, "request-cancel", asked)
        return ref

    async def event(self, channel: str, ref: str, event: str, body: dict[str, Any] | None = None, *, status: int | None = None) -> Any:
        return await self.control("POST", f"/orders/{channel}/{ref}/{event}", body or {}, status=status)

    async def truth(self, channel: str, ref: str) -> Any:
        return await self.control("GET", f"/orders/{channel}/{ref}")

    async def becomes(self, channel: str, ref: str, status: str, *, marketplace_status: str | None = None) -> Any:
        async def right() -> Any:
            order = await self.truth(channel, ref)
            return order if order["status"] == status and marketplace_status in {None, order["marketplace_status"]} else None

        return await until(right, what=f"{ref} is {status} {marketplace_status or ''}")

    async def script(self, fault: str, **more: Any) -> None:
        await self.control("POST", "/faults/script", {"script": [{"fault": fault, **more}]})

    async def shopee(self, shop_id: str = "200001") -> "Shopee":
        shop = await self.control("POST", "/shops", {"channel": "shopee", "shop_id": shop_id})
        return Shopee(self, shop_id, shop["access_token"], shop["refresh_token"])

    async def tiktok(self, shop_id: str = "7490000000000000001") -> "TikTok":
        shop = await self.control("POST", "/shops", {"channel": "tiktok", "shop_id": shop_id})
        return TikTok(self, shop["cipher"], shop["access_token"], shop["refresh_token"])


@dataclass
class Shopee:
    """Calls signed by hand; any parameter can be overridden, None leaves it out."""

    box: Box
    shop_id: str
    access_token: str
    refresh_token: str

    async def call(
        self, method: str, path: str, query: dict[str, Any] | None = None, body: Any = None, *, public: bool = False, **common: Any
    ) -> dict[str, Any]:
        timestamp = str(common.pop("timestamp", int(time.time())))
        token, shop_id = common.pop("access_token", self.access_token), common.pop("shop_id", self.shop_id)
        partner_id = common.pop("partner_id", PARTNER_ID)
        base = f"{partner_id}{path}{timestamp}" + ("" if public else f"{token}{shop_id}")
        given = {"partner_id": partner_id, "timestamp": timestamp, "sign": _hmac(PARTNER_KEY, base.encode())}
        given |= {} if public else {"access_token": token, "shop_id": shop_id}
        given |= common
        sent = {name: value for name, value in {**given, **(query or {})}.items() if value is not None}
        answer = await self.box.http.request(method, self.box.url + path, params=sent, json=body)
        return answer.json()

    async def listing(self, **query: Any) -> dict[str, Any]:
        now = int(time.time())
        full = {"time_range_field": "update_time", "time_from": now - 86_400, "time_to": now + 60, "page_size": 50, **query}
        return await self.call("GET", "/api/v2/order/get_order_list", {name: value for name, value in full.items() if value is not None})

    async def detail(self, *refs: str, fields: str = "") -> dict[str, Any]:
        query = {"order_sn_list": ",".join(refs), "response_optional_fields": fields or None}
        return await self.call("GET", "/api/v2/order/get_order_detail", query)

    async def answer(self, order_sn: str, operation: str) -> dict[str, Any]:
        body = {"order_sn": order_sn, "operation": operation}
        return await self.call("POST", "/api/v2/order/handle_buyer_cancellation", body=body)

    async def refresh(self, token: str | None = None, **body: Any) -> dict[str, Any]:
        full = {"refresh_token": token or self.refresh_token, "partner_id": PARTNER_ID, "shop_id": int(self.shop_id), **body}
        return await self.call("POST", "/api/v2/auth/access_token/get", body=full, public=True)

    async def exchange(self, code: str, **body: Any) -> dict[str, Any]:
        full = {"code": code, "partner_id": PARTNER_ID, "shop_id": int(self.shop_id), **body}
        return await self.call("POST", "/api/v2/auth/token/get", body=full, public=True)


@dataclass
class TikTok:
    """The same for TikTok Shop; `headers` and query parameters can be overridden, None leaves them out."""

    box: Box
    cipher: str
    access_token: str
    refresh_token: str

    async def respond(
        self,
        method: str,
        path: str,
        query: dict[str, Any] | None = None,
        body: Any = None,
        *,
        headers: dict[str, Any] | None = None,
        **common: Any,
    ) -> httpx.Response:
        raw = b"" if body is None else json.dumps(body).encode()
        full = {"app_key": APP_KEY, "timestamp": str(int(time.time())), "shop_cipher": self.cipher, **(query or {}), **common}
        sent = {name: str(value) for name, value in full.items() if value is not None}
        pairs = "".join(name + sent[name] for name in sorted(sent) if name != "sign")
        sent.setdefault("sign", _hmac(APP_SECRET, f"{APP_SECRET}{path}{pairs}".encode() + raw + APP_SECRET.encode()))
        wanted = {"content-type": "application/json", "x-tts-access-token": self.access_token, **(headers or {})}
        given = {name: value for name, value in wanted.items() if value is not None}
        return await self.box.http.request(method, self.box.url + path, params=sent, content=raw, headers=given)

    async def call(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return (await self.respond(*args, **kwargs)).json()

    async def search(self, body: dict[str, Any] | None = None, **query: Any) -> dict[str, Any]:
        return await self.call("POST", "/return_refund/202309/cancellations/search", query, body or {})

    async def of_order(self, ref: str) -> dict[str, Any]:
        return (await self.search({"order_ids": [ref]}, sort_order="DESC"))["data"]["cancellations"][0]

    async def decide(self, cancel_id: str, answer: str, body: Any = None, **query: Any) -> dict[str, Any]:
        return await self.call("POST", f"/return_refund/202309/cancellations/{cancel_id}/{answer}", query, body)

    async def token(self, what: str, **query: Any) -> dict[str, Any]:
        full = {"app_key": APP_KEY, "app_secret": APP_SECRET, **query}
        return (await self.box.http.get(f"{self.box.url}/api/v2/token/{what}", params=full)).json()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.take, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield receiver
    server.close()


@pytest.fixture
async def box(receiver: Receiver) -> AsyncIterator[Box]:
    """The default demo, quick effects, pushes to `receiver`."""
    config = Config(
        seed=7,
        effect_delay_s=0.05,
        shopee_rate_per_s=1000,
        tiktok_rate_per_s=1000,
        shopee_push_url=f"{receiver.url}/shopee",
        tiktok_push_url=f"{receiver.url}/tiktok",
        tiktok_redirect_url="http://app.test/back",
    )
    async with serving(lambda: make_app(config)) as url, httpx.AsyncClient(timeout=10, trust_env=False) as http:
        yield Box(url, http)


@pytest.fixture
async def shopee(box: Box) -> Shopee:
    return await box.shopee()


@pytest.fixture
async def tiktok(box: Box) -> TikTok:
    return await box.tiktok()
