"""Buyers who ask at a steady rate, and a seller who answers whatever is listed."""

import asyncio
import random
import time
from typing import Any

from tests.support.crowd import patiently

from local_stack.demo.market import Market
from local_stack.demo.shops import connect_shops
from local_stack.demo.zetpy import Zetpy
from local_stack.settings import Stack

JSON = dict[str, Any]
SELLER = "seller-a"
SHOPS = 48
"""A shop is called five times a second at most, and each request takes some calls."""
OPENING = 100_000
REJECTED = 0.25
REJECT_REASON = {"name": "seller_reject_apply_product_has_been_packed"}
LIST_SECONDS = 0.3


class Load:
    """`requests` counts what was asked, `decided` what was answered. `stumbles`: what went wrong, with words."""

    def __init__(self, stack: Stack, *, rate: float) -> None:
        self.stack, self.rate = stack, rate
        self.market, self.seller = Market(f"http://127.0.0.1:{stack.sandbox_port}"), Zetpy(stack, SELLER)
        self.shops = [("shopee", str(980_000 + n)) if n % 2 else ("tiktok", f"74900000000098{n:05}") for n in range(SHOPS)]
        self.requests = self.decided = 0
        self.stumbles: list[str] = []
        self._dice = random.Random(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Connect the shops and fill their stock."""
        shops = [
            {"channel": channel, "shop_id": shop, "name": f"Soak {shop}", "region": "MY", "seller": SELLER} for channel, shop in self.shops
        ]
        await connect_shops(self.stack, self.market, shops)
        items = [{"sku": f"soak-{shop}", "set_to": OPENING, "reason": "opening", "reference": "soak"} for _, shop in self.shops]
        await self.seller.post_stock(items, key="open-soak")

    async def close(self) -> None:
        await self.market.close()
        await self.seller.close()

    async def buy(self, *, seconds: float) -> None:
        """Place orders and ask to cancel them, `rate` a second, whether or not the earlier ones are done."""
        began = time.monotonic()
        for number in range(int(self.rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / self.rate - time.monotonic()))
            task = asyncio.create_task(self._ask(*self.shops[number % SHOPS]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await asyncio.gather(*self._tasks)

    async def _ask(self, channel: str, shop: str) -> None:
        status = "ready_to_ship" if channel == "shopee" else "new"
        try:
            order = await self.market.place(channel, shop, status, [{"sku": f"soak-{shop}", "quantity": 1, "price": "10.00"}])
            await self.market.act(order, "request-cancel")
            self.requests += 1
        except Exception as error:  # noqa: BLE001 - told at the end: the run goes on
            self.stumbles.append(f"a buyer: {type(error).__name__}: {error}"[:300])

    async def answer_for_ever(self) -> None:
        """Read the first page again and again, and answer all of it at once."""
        while True:
            rows = await patiently(lambda: self.seller.requests(tab="to_decide"))
            rejected = [row for row in rows if self._dice.random() < REJECTED]
            for decision, some in (("reject", rejected), ("approve", [row for row in rows if row not in rejected])):
                if some:
                    await self._decide(decision, some)
            await asyncio.sleep(LIST_SECONDS)

    async def _decide(self, decision: str, rows: list[JSON]) -> None:
        items = [
            {"id": row["id"], "revision": row["revision"]}
            | ({"reason": REJECT_REASON} if decision == "reject" and row["channel"] == "tiktok" else {})
            for row in rows
        ]

        async def post() -> JSON:
            answer = await self.seller.decision.post("/cancel-requests/bulk-decisions", json={"decision": decision, "items": items})
            return dict(answer.raise_for_status().json())

        result = await patiently(post)
        self.decided += result["done"]
        self.stumbles += [f"not decided: {item['problem']}"[:300] for item in result["items"] if item["status"] == "failed"]
