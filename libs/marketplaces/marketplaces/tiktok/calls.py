"""A signed call to TikTok Shop, with the shop's token and cipher; one pace per shop."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
from pydantic import SecretStr

from marketplaces import loose
from marketplaces.failures import MarketplaceFailure, Throttled
from marketplaces.interface import Access
from marketplaces.pace import Pace
from marketplaces.tiktok.errors import classify
from marketplaces.tiktok.signing import sign_request
from marketplaces.wire import Call, Reply, Wire


@dataclass(frozen=True, slots=True)
class TikTokApp:
    """Our app at TikTok Shop, and where TikTok Shop is."""

    url: str
    auth_url: str
    app_key: SecretStr
    app_secret: SecretStr


class TikTokCalls:
    """Calls as they are signed, sent and judged: the whole envelope, or a `MarketplaceFailure`."""

    def __init__(self, wire: Wire, client: httpx.AsyncClient, app: TikTokApp, *, pace: Pace, now: Callable[[], datetime]) -> None:
        self._wire = wire
        self._client = client
        self._app = app
        self._pace = pace
        self._now = now

    async def get(self, access: Access, path: str, query: Mapping[str, str], *, cipher: bool = True, endpoint: str = "") -> dict[str, Any]:
        """Read. `cipher=False` for the paths that refuse a `shop_cipher` (authorisation)."""
        return await self._send(access, "GET", path, query, body=None, cipher=cipher, endpoint=endpoint or path, writes=False)

    async def search(self, access: Access, path: str, query: Mapping[str, str], body: Mapping[str, Any]) -> dict[str, Any]:
        """Read with a POST."""
        return await self._send(access, "POST", path, query, body=body, cipher=True, endpoint=path, writes=False)

    async def write(
        self, access: Access, path: str, query: Mapping[str, str], body: Mapping[str, Any] | None, *, endpoint: str
    ) -> dict[str, Any]:
        """Write. `endpoint` is the path without ids, for the log."""
        return await self._send(access, "POST", path, query, body=body, cipher=True, endpoint=endpoint, writes=True)

    async def token(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Get or refresh tokens: unsigned, with the secret in the query."""
        app = {"app_key": self._app.app_key.get_secret_value(), "app_secret": self._app.app_secret.get_secret_value()}
        call = Call(channel="tiktok", endpoint=path, writes=True)
        request = self._client.build_request("GET", f"{self._app.auth_url.rstrip('/')}{path}", params={**app, **query})
        return await self._wire.send(call, request, judge=lambda reply: judge(call, reply))

    async def _send(
        self,
        access: Access,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: Mapping[str, Any] | None,
        cipher: bool,
        endpoint: str,
        writes: bool,
    ) -> dict[str, Any]:
        await self._pace.turn(access.shop_id)
        call = Call(channel="tiktok", endpoint=endpoint, writes=writes, shop_id=access.shop_id)
        content = json.dumps(body).encode() if body is not None else b""
        signed = self._signed(path, query, cipher=access.cipher if cipher else None, body=content)
        headers = {"content-type": "application/json", "x-tts-access-token": access.token.get_secret_value()}
        url = f"{self._app.url.rstrip('/')}{path}"
        request = self._client.build_request(method, url, params=signed, content=content or None, headers=headers)
        try:
            return await self._wire.send(call, request, judge=lambda reply: judge(call, reply))
        except Throttled as failure:
            self._pace.throttled(access.shop_id, retry_after=failure.retry_after)
            raise

    def _signed(self, path: str, query: Mapping[str, str], *, cipher: str | None, body: bytes) -> dict[str, str]:
        """Empty parameters are never sent: whether they are signed is not agreed on."""
        given = {**query, "app_key": self._app.app_key.get_secret_value(), "timestamp": str(int(self._now().timestamp()))}
        if cipher:
            given["shop_cipher"] = cipher
        given = {name: value for name, value in given.items() if value}
        return {**given, "sign": sign_request(self._app.app_secret.get_secret_value(), path=path, query=given, body=body)}


def judge(call: Call, reply: Reply) -> MarketplaceFailure | None:
    """Success is `code` 0, whatever the HTTP status says below 500."""
    body = reply.body or {}
    code = loose.integer(body.get("code"))
    if code == 0 and reply.http_status < 500:  # noqa: PLR2004 - HTTP's server errors
        return None
    message = loose.text(body.get("message")) or ""
    verdict = classify(call.endpoint, code=code or None, message=message, http_status=reply.http_status)
    return verdict.raised(
        message or f"HTTP {reply.http_status}",
        code=str(code) if code else "",
        call_id=loose.text(body.get("request_id")),
        writes=call.writes,
        retry_after=reply.retry_after,
    )
