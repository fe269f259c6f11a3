"""The requests that a newcomer finds: one of every state, each through order, sale, push, look, event and API."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from local_stack.demo.market import Market
from local_stack.demo.stock import Sales
from local_stack.demo.zetpy import Zetpy
from local_stack.failures import Unmet

JSON = dict[str, Any]
WAIT_SECONDS = 60.0
POLL_SECONDS = 0.1

SHOPEE_MY, SHOPEE_PH, SHOPEE_SG = (("shopee", shop) for shop in ("200001", "200002", "200003"))
TIKTOK_MY, TIKTOK_PH, TIKTOK_SG = (("tiktok", shop) for shop in ("7490000000000000001", "7490000000000000002", "7490000000000000003"))
Shop = tuple[str, str]
Lines = Sequence[tuple[str, int]]
TEE, RED, MUG, LAMP, TOWEL, CASE, BOTTLE = (
    "AST-TEE-BLU-M", "AST-TEE-RED-L", "AST-MUG-350", "AST-LAMP-W", "AST-TOWEL-3", "AST-PHONE-CASE", "AST-BOTTLE-1L",
)  # fmt: skip
UNKNOWN_SKU, UNKNOWN_NAME = "AST-TOTE-NEW", "Canvas tote bag"


class Story:
    """Seller A's morning. What waits for the newcomer is left pending; the rest was decided by a colleague."""

    def __init__(self, market: Market, sales: Sales, seller: Zetpy) -> None:
        self.market, self.sales, self.seller = market, sales, seller
        self.told = 0

    async def tell(self, progress: Callable[[str], None]) -> None:
        """All of it, in an order in which the disconnected shop comes last."""
        chapters: Sequence[tuple[str, Callable[[], Awaitable[object]]]] = (
            ("requests that wait for you", self.waiting),
            ("requests that were approved and rejected", self.decided),
            ("requests that ended without an answer", self.ended),
            ("cancels that nobody was asked about", self.not_asked),
            ("an answer that was refused, and healed", self.refused_and_healed),
            ("a SKU that Zetpy does not know", self.unmatched),
            ("a shop that must be reconnected", self.disconnected),
        )
        for title, chapter in chapters:
            await chapter()
            progress(f"{title} ({self.told} so far)")

    # The chapters

    async def waiting(self) -> None:
        """Twelve to decide: three of them within five minutes, one already packed."""
        await asyncio.gather(
            self.asked(SHOPEE_MY, [(TEE, 2)], ago=3600),
            self.asked(SHOPEE_MY, [(MUG, 1), (LAMP, 1)], ago=7200),
            self.asked(SHOPEE_PH, [(TOWEL, 1)], ago=1800),
            self.asked(SHOPEE_SG, [(BOTTLE, 3)], ago=5400),
            self.asked(SHOPEE_SG, [(CASE, 2)], ago=600),
            self.asked(TIKTOK_MY, [(RED, 1)], ago=900),
            self.asked(TIKTOK_MY, [(TEE, 1), (CASE, 1)], ago=2400),
            self.asked(TIKTOK_PH, [(LAMP, 1)], ago=4000),
            self.asked(TIKTOK_SG, [(MUG, 4)], ago=300),
            self.asked(TIKTOK_MY, [(BOTTLE, 1)], respond_in=280),
            self.asked(TIKTOK_PH, [(MUG, 2)], respond_in=225),
            self.asked(TIKTOK_MY, [(CASE, 3)], respond_in=250),
        )

    async def decided(self) -> None:
        """Two approved and two rejected, on both channels, up to the marketplace's confirmation."""
        first, second, third, fourth = await asyncio.gather(
            self.asked(SHOPEE_MY, [(TEE, 1)], ago=9000),
            self.asked(TIKTOK_PH, [(RED, 2)], ago=8000),
            self.asked(SHOPEE_PH, [(CASE, 1)], ago=7000),
            self.asked(TIKTOK_MY, [(TOWEL, 1)], ago=6000),
        )
        await self.seller.approve(first, note="Buyer wrote: wrong size.")
        await self.seller.approve(second)
        await self.seller.reject(third)
        await self.seller.reject(fourth, comment="Already packed.")
        for request in (first, second, third, fourth):
            await self._until(request, lambda row: row["sync"]["state"] == "confirmed", "confirmed by the marketplace")

    async def ended(self) -> None:
        """Withdrawn, collected by the courier, answered in Seller Center both ways, run into the deadline."""
        cases = (
            (SHOPEE_MY, "withdraw", "lapsed"),
            (TIKTOK_MY, "withdraw", "lapsed"),
            (SHOPEE_PH, "ship", "lapsed"),
            (TIKTOK_PH, "seller-center-reject", "lapsed"),
            (SHOPEE_SG, "seller-center-approve", "cancelled_elsewhere"),
            (SHOPEE_PH, "expire", "cancelled_elsewhere"),
        )
        await asyncio.gather(*(self._ends(shop, event, state) for shop, event, state in cases))

    async def _ends(self, shop: Shop, event: str, state: str) -> None:
        order = await self.ordered(shop, [(MUG, 1)], ago=5000)
        await self.market.act(order, "request-cancel", requested_ago_s=2000)
        self.told += 1
        request = await self._listed(order)
        await self.market.act(order, event)
        await self._until(request, lambda row: row["state"] == state, state)

    async def not_asked(self) -> None:
        """A New Shopee order, cancelled at once; a Ready to Ship TikTok order, whose parcel must be stopped."""
        new = await self.ordered(SHOPEE_SG, [(TOWEL, 2)], status="new")
        packed = await self.ordered(TIKTOK_MY, [(LAMP, 1)], status="ready_to_ship")
        for order in (new, packed):
            await self.market.act(order, "instant-cancel", by="buyer")
            await self._listed(order)
            self.told += 1

    async def refused_and_healed(self) -> None:
        """A rejection whose reason TikTok offered a moment ago and offers no more: pending again, the seller is told."""
        request = await self.asked(TIKTOK_PH, [(TOWEL, 1)], ago=1000)
        channel, shop_id = TIKTOK_PH
        reason = await self.seller.first_reason(request)
        shop = next(shop for shop in await self.market.shops() if (shop["channel"], shop["shop_id"]) == TIKTOK_PH)
        offered = shop["reject_reasons"]
        path = f"/shops/{channel}/{shop_id}/reject-reasons"
        await self.market.ask("PUT", path, {"reasons": offered[1:]})
        try:
            await self.seller.reject(request, reason=reason)
            await self._until(
                request, lambda row: row["sync"]["state"] == "refused" and row["state"] == "pending", "refused and pending again"
            )
        finally:
            await self.market.ask("PUT", path, {"reasons": offered})

    async def unmatched(self) -> None:
        """Approved, but inventory does not know one of the SKUs: nothing is guessed."""
        request = await self.asked(SHOPEE_MY, [(UNKNOWN_SKU, 1), (TEE, 1)], ago=2000)
        await self.seller.approve(request)
        await self._until(request, lambda row: row["stock"]["state"] == "partly", "partly given back")

    async def disconnected(self) -> None:
        """One request of a shop whose authorisation was revoked, and one whose approval waits for it."""
        waits, approved = await asyncio.gather(self.asked(TIKTOK_SG, [(RED, 1)], ago=800), self.asked(TIKTOK_SG, [(BOTTLE, 1)], ago=700))
        await self.market.ask("POST", f"/shops/{TIKTOK_SG[0]}/{TIKTOK_SG[1]}/revoke", {})
        await self._until(waits, lambda row: not row["answerable"] or "shop_disconnected" in row["alerts"], "held by the disconnected shop")
        await self.seller.approve(approved)
        await self._until(approved, lambda row: row["sync"]["state"] == "blocked", "blocked")

    # The pieces

    async def ordered(self, shop: Shop, lines: Lines, *, status: str | None = None, ago: float = 0) -> JSON:
        """A buyer ordered it, and the sale was posted."""
        channel, shop_id = shop
        # Where the marketplace asks the seller: Shopee once the parcel is arranged, TikTok while the order is new.
        status = status or ("ready_to_ship" if channel == "shopee" else "new")
        wanted = [{"sku": sku, "quantity": quantity} | ({"name": UNKNOWN_NAME} if sku == UNKNOWN_SKU else {}) for sku, quantity in lines]
        order = await self.market.place(channel, shop_id, status, wanted, created_ago_s=ago + 7200)
        await self.sales.post_new()
        return order

    async def asked(self, shop: Shop, lines: Lines, *, ago: float = 60, respond_in: float | None = None) -> JSON:
        """A buyer asked to cancel, `ago` seconds ago, and the request is listed."""
        order = await self.ordered(shop, lines, ago=ago)
        body: JSON = {"requested_ago_s": ago}
        if respond_in is not None:
            body["respond_in_s"] = respond_in
        await self.market.act(order, "request-cancel", **body)
        self.told += 1
        return await self._listed(order)

    async def _listed(self, order: Mapping[str, Any]) -> JSON:
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if request := await self.seller.request_of(order):
                return request
            await asyncio.sleep(POLL_SECONDS)
        raise Unmet(f"The cancel request of {order['channel']} order {order['order_ref']} was not listed within {WAIT_SECONDS:.0f} s")

    async def _until(self, request: JSON, holds: Callable[[JSON], bool], what: str) -> JSON:
        deadline = time.monotonic() + WAIT_SECONDS
        row = request
        while time.monotonic() < deadline:
            row = dict((await self.seller.decision.get(f"/cancel-requests/{request['id']}")).raise_for_status().json())
            if holds(row):
                return row
            await asyncio.sleep(POLL_SECONDS)
        shown = {name: row.get(name) for name in ("order_ref", "state", "sync", "stock", "alerts")}
        raise Unmet(f"A request was not {what} within {WAIT_SECONDS:.0f} s: {shown}")
