"""Stock in the demo: opening stock of the catalogue, then a sale for every order, as order import would post it."""

import asyncio
from collections.abc import Mapping

from local_stack.demo.market import Market
from local_stack.demo.zetpy import Zetpy

POLL_SECONDS = 0.3


async def post_opening(market: Market, sellers: Mapping[str, Zetpy]) -> int:
    """Post the opening stock of every product; the number of SKUs."""
    catalogue = [product for product in await market.catalogue() if product["sku"] and product["seller"] in sellers]
    for seller_id, zetpy in sellers.items():
        items = [
            {"sku": product["sku"], "set_to": product["opening_stock"], "reason": "opening", "reference": "demo"}
            for product in catalogue
            if product["seller"] == seller_id
        ]
        await zetpy.post_stock(items, key="demo-opening")
    return len(catalogue)


class Sales:
    """Follows the marketplaces' orders and posts the sale of each, once."""

    def __init__(self, market: Market, sellers: Mapping[str, Zetpy]) -> None:
        self._market, self._sellers = market, sellers
        self._since = 0
        self._posting = asyncio.Lock()

    async def post_new(self) -> None:
        """Post the sales of all orders that are not posted yet."""
        async with self._posting:
            async for order in self._market.new_orders(self._since):
                if zetpy := self._sellers.get(order["seller"]):
                    await zetpy.post_sale(order)
                self._since = order["seq"]

    async def follow(self) -> None:
        """Go on for ever."""
        while True:
            await self.post_new()
            await asyncio.sleep(POLL_SECONDS)
