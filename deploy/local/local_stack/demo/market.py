"""The sandbox as the demo uses it: places orders and lets buyers, couriers and sellers act at the marketplaces."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import httpx

JSON = dict[str, Any]
KEPT = httpx.Limits(keepalive_expiry=2)
"""Shorter than servers keep a connection that nobody uses: else a call may meet its end."""


class Market:
    """The sandbox's control API. Its answers are the truth about the marketplaces."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.AsyncClient(base_url=f"{url}/_sandbox", timeout=30, trust_env=False, limits=KEPT)

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> JSON:
        """Any control call; raises `httpx.HTTPStatusError` with the sandbox's own words."""
        answer = await self._http.request(method, path, json=body)
        if answer.is_error:
            raise httpx.HTTPStatusError(f"{method} {path}: {answer.status_code} {answer.text}", request=answer.request, response=answer)
        return answer.json() if answer.content else {}

    async def shops(self) -> list[JSON]:
        return list((await self.ask("GET", "/shops"))["items"])

    async def catalogue(self) -> list[JSON]:
        return list((await self.ask("GET", "/catalogue"))["items"])

    async def place(self, channel: str, shop_id: str, status: str, lines: Sequence[Mapping[str, Any]], **more: Any) -> JSON:
        """A buyer orders; `lines`: `{sku, quantity, price?}`."""
        return await self.ask("POST", "/orders", {"channel": channel, "shop_id": shop_id, "status": status, "lines": list(lines), **more})

    async def act(self, order: Mapping[str, Any], event: str, **body: Any) -> JSON:
        """Somebody acts on an order: `request-cancel`, `withdraw`, `ship`, `seller-center-approve` and so on."""
        return await self.ask("POST", f"/orders/{order['channel']}/{order['order_ref']}/{event}", body)

    async def order(self, channel: str, order_ref: str) -> JSON:
        return await self.ask("GET", f"/orders/{channel}/{order_ref}")

    async def new_orders(self, since: int) -> AsyncIterator[JSON]:
        """Orders created after sequence number `since`, oldest first."""
        while True:
            page = await self.ask("GET", f"/orders?since={since}")
            for order in page["items"]:
                yield order
            if not page["items"]:
                return
            since = page["last"]
