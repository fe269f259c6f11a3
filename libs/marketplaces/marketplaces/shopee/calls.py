"""A signed call to Shopee: shop APIs with a shop's token, public APIs without; one pace per shop."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from marketplaces import loose
from marketplaces.failures import MarketplaceFailure, Throttled
from marketplaces.interface import Access
from marketplaces.pace import Pace
from marketplaces.shopee.errors import classify
from marketplaces.shopee.signing import sign_request
from marketplaces.wire import Call, Reply, Wire

_QUOTA_ZONE_HOURS = 8  # the daily quota begins anew at 00:00 UTC+8


@dataclass(frozen=True, slots=True)
class ShopeeApp:
    """Our app at Shopee, and where Shopee is."""

    url: str
    partner_id: int
    partner_key: SecretStr


class ShopeeCalls:
    """Calls as they are signed, sent and judged: the answer's object, or a `MarketplaceFailure`."""

    def __init__(self, wire: Wire, client: httpx.AsyncClient, app: ShopeeApp, *, pace: Pace, now: Callable[[], datetime]) -> None:
        self._wire = wire
        self._client = client
        self._app = app
        self._pace = pace
        self._now = now

    @property
    def partner_id(self) -> int:
        return self._app.partner_id

    async def get(self, access: Access, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """Read with a shop API."""
        await self._pace.turn(access.shop_id)
        return await self._send("GET", path, params=params, access=access)

    async def post(self, access: Access, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Write with a shop API."""
        await self._pace.turn(access.shop_id)
        return await self._send("POST", path, body=body, access=access)

    async def public(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Call a public API (tokens, lost pushes): no shop and no token."""
        return await self._send(method, path, body=body)

    async def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        access: Access | None = None,
    ) -> dict[str, Any]:
        call = Call(channel="shopee", endpoint=path, writes=body is not None, shop_id=access.shop_id if access else None)
        query = {**self._common(path, access), **(params or {})}
        content = json.dumps(body).encode() if body is not None else None
        headers = {"content-type": "application/json"}
        request = self._client.build_request(method, f"{self._app.url.rstrip('/')}{path}", params=query, content=content, headers=headers)
        try:
            return await self._wire.send(call, request, judge=lambda reply: self._judge(call, reply))
        except Throttled as failure:
            if access is not None:
                self._pace.throttled(access.shop_id, retry_after=None if failure.quota else failure.retry_after)
            raise

    def _common(self, path: str, access: Access | None) -> dict[str, str]:
        timestamp = int(self._now().timestamp())
        token, shop_id = (access.token.get_secret_value(), access.shop_id) if access else ("", "")
        key = self._app.partner_key.get_secret_value()
        sign = sign_request(key, partner_id=self._app.partner_id, path=path, timestamp=timestamp, access_token=token, shop_id=shop_id)
        query = {"partner_id": str(self._app.partner_id), "timestamp": str(timestamp), "sign": sign}
        return {**query, "access_token": token, "shop_id": shop_id} if access else query

    def _judge(self, call: Call, reply: Reply) -> MarketplaceFailure | None:
        """Success is an empty `error`, at any HTTP status that isn't one of a proxy or an overload."""
        body = reply.body
        code = (loose.text(body.get("error")) or "") if body is not None else ""
        if body is not None and not code and "error" in body and reply.http_status < 400:  # noqa: PLR2004 - HTTP's line between success and failure
            return None
        message = (loose.text(body.get("message")) or loose.text(body.get("msg")) or "") if body is not None else ""
        verdict = classify(call.endpoint, code=code, message=message, http_status=reply.http_status)
        call_id = loose.text(body.get("request_id")) if body is not None else None
        failure = verdict.raised(
            message or f"HTTP {reply.http_status}", code=code, call_id=call_id, writes=call.writes, retry_after=reply.retry_after
        )
        if isinstance(failure, Throttled) and failure.quota and failure.retry_after is None:
            failure.retry_after = seconds_to_quota_reset(self._now())
        return failure


def seconds_to_quota_reset(now: datetime) -> float:
    """Until 00:00 UTC+8, when the app's daily call limit begins anew."""
    local = now.astimezone(UTC) + timedelta(hours=_QUOTA_ZONE_HOURS)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (midnight - local).total_seconds()
