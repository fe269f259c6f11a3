"""A seller of one test's own: shops at the marketplaces, buyers who ask, and what the API says of it."""

import asyncio
import itertools
import random
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.waiting import until

from local_stack.demo.market import Market
from local_stack.demo.shops import connect_shops
from local_stack.demo.zetpy import Zetpy, token
from local_stack.settings import Stack

JSON = dict[str, Any]
NUMBERS = itertools.count(random.randrange(1, 90_000))
"""Anywhere: a stack that is used again knows none of them."""
AT_ONCE = 8
OPENING = 1000
SKU = "TS-BLU-M"
ONE_SHIRT: Sequence[JSON] = ({"sku": SKU, "quantity": 2, "price": "22.95", "name": "Cotton T-shirt", "variant": "Blue, M"},)


class Seller:
    """Whoever logs in with `token()` sees this seller's requests and no others."""

    def __init__(self, system: Stack, market: Market) -> None:
        self.system, self.market = system, market
        self.id = f"page-{next(NUMBERS)}"
        self.zetpy = Zetpy(system, self.id, name="Colleague")

    async def close(self) -> None:
        await self.zetpy.close()

    def token(self, role: str = "decider") -> str:
        return token(self.system, seller_id=self.id, role=role, name=f"Test {role}")

    async def open_shop(self, channel: str, *, name: str | None = None, region: str = "MY") -> JSON:
        """Connected, with stock of the one SKU."""
        number = next(NUMBERS)
        shop_id = str(800_000 + number) if channel == "shopee" else f"74800000000008{number:05}"
        shop = {"channel": channel, "shop_id": shop_id, "name": name or f"{channel} shop {number}", "region": region, "seller": self.id}
        await connect_shops(self.system, self.market, [shop])
        await self.zetpy.post_stock([{"sku": SKU, "set_to": OPENING, "reason": "opening", "reference": "test"}], key=f"open-{self.id}")
        return shop

    async def sold(self, shop: Mapping[str, Any], *, status: str | None = None, lines: Sequence[JSON] = ONE_SHIRT, **more: Any) -> JSON:
        """An order at the marketplace: its truth there."""
        state = status or ("ready_to_ship" if shop["channel"] == "shopee" else "new")
        order = await self.market.place(shop["channel"], shop["shop_id"], state, lines, **more)
        await self.zetpy.post_sale(order)
        return order

    async def asked(self, shop: Mapping[str, Any], *, ask: Mapping[str, Any] | None = None, **order: Any) -> JSON:
        """A request that waits for the seller, as the API shows it."""
        return (await self.asked_often(shop, 1, ask=ask, **order))[0]

    async def asked_often(self, shop: Mapping[str, Any], count: int, *, ask: Mapping[str, Any] | None = None, **order: Any) -> list[JSON]:
        """Many of them, in the order in which they were placed."""
        free = asyncio.Semaphore(AT_ONCE)

        async def one() -> str:
            async with free:
                placed = await self.sold(shop, **order)
                await self.market.act(placed, "request-cancel", **(ask or {}))
                return str(placed["order_ref"])

        refs = await asyncio.gather(*(one() for _ in range(count)))
        return await self.listed(refs)

    async def listed(self, refs: Sequence[str], *, tab: str = "to_decide") -> list[JSON]:
        """The requests of these orders, as soon as all are in the tab."""

        async def all_there() -> list[JSON] | None:
            rows: dict[str, JSON] = {}
            for start in range(0, len(refs), 100):
                rows |= {row["order_ref"]: row for row in await self.zetpy.requests(order_ref=list(refs[start : start + 100]), tab=tab)}
            return [rows[ref] for ref in refs] if rows.keys() >= set(refs) else None

        return await until(all_there, seconds=60, every=0.1, what=f"{len(refs)} requests are in {tab}")

    async def act(self, request: Mapping[str, Any], event: str, **body: Any) -> JSON:
        """Buyer, courier or Seller Center do something at the marketplace."""
        return await self.market.act(request, event, **body)

    async def now(self, request: Mapping[str, Any]) -> JSON:
        answer = await self.zetpy.decision.get(f"/cancel-requests/{request['id']}")
        return dict(answer.raise_for_status().json())

    async def becomes(self, request: Mapping[str, Any], *, seconds: float = 30, sync: str | None = None, **wanted: Any) -> JSON:
        """The request once the API shows it so."""

        async def right() -> JSON | None:
            shown = await self.now(request)
            fits = all(shown.get(name) == value for name, value in wanted.items())
            return shown if fits and sync in {None, shown["sync"]["state"]} else None

        return await until(right, seconds=seconds, every=0.05, what=f"{request['order_ref']} becomes {wanted} {sync or ''}")

    async def truth(self, request: Mapping[str, Any]) -> JSON:
        """What the marketplace knows of the order."""
        return await self.market.order(request["channel"], request["order_ref"])

    async def available(self, sku: str = SKU) -> int:
        answer = await self.zetpy.inventory.get("/stock-levels", params={"sku": sku})
        return int(answer.raise_for_status().json()["items"][0]["available"])
