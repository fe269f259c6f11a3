"""Buyers, sellers and couriers, each after the story that was drawn for them, through whatever faults there are."""

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import httpx
from tests.chaos.checker import under_way, why_unsettled
from tests.chaos.history import OPENING, Click, Shop
from tests.chaos.plan import CHANNELS, SHOPS_PER_CHANNEL, Story, a_story
from tests.support import crowd

from local_stack.demo.market import Market
from local_stack.demo.shops import connect_shops
from local_stack.demo.zetpy import Zetpy
from local_stack.settings import Stack

T = TypeVar("T")
JSON = dict[str, Any]
SELLER = "seller-a"
LIST_SECONDS = 0.4
HANGS_SECONDS = 15.0
"""A client that waits for an answer longer than this gives up and asks again."""
LOOK_SECONDS = 0.5
PATIENCE_SECONDS = 120.0
"""For one step of a story: no fault lasts so long, so whoever waits longer has found a defect."""
AT_ONCE = 8
REJECT_REASON = {"name": "seller_reject_apply_product_has_been_packed"}
PROBES = 1_000_000


class Stuck(Exception):
    """A step of a story came to no end."""


@dataclass(slots=True)
class Placed:
    """An order and where its story stands."""

    story: Story
    shop: Shop
    order: JSON
    asked: int = 0
    done: bool = False
    wish: str = "approve"
    """What the seller answers when a request waits after the story has ended."""

    @property
    def ref(self) -> str:
        return str(self.order["order_ref"])


@dataclass(slots=True)
class World:
    """`shops` are connected and stocked by `open`; `requests` counts what was asked."""

    stack: Stack
    seed: int
    first_shop: int = 1
    market: Market = field(init=False)
    seller: Zetpy = field(init=False)
    shops: list[Shop] = field(init=False)
    placed: dict[str, Placed] = field(default_factory=dict)
    open_orders: dict[str, Placed] = field(default_factory=dict)
    """Not yet seen to be settled."""
    clicks: list[Click] = field(default_factory=list)
    stumbles: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    """Requests that a client gave up, and when: to look for in the logs."""
    pending: dict[str, JSON] = field(default_factory=dict)
    _answered: set[tuple[str, int]] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _list_read: asyncio.Event = field(default_factory=asyncio.Event)
    _probes: Any = field(default_factory=lambda: itertools.count(PROBES))

    def __post_init__(self) -> None:
        self.market = Market(f"http://127.0.0.1:{self.stack.sandbox_port}")
        self.seller = Zetpy(self.stack, SELLER)
        self.shops = [_shop(CHANNELS[number % 2], self.first_shop + number) for number in range(2 * SHOPS_PER_CHANNEL)]

        for client in (self.seller.decision, self.seller.inventory):
            client.timeout = httpx.Timeout(HANGS_SECONDS)

    @property
    def requests(self) -> int:
        return sum(placed.asked for placed in self.placed.values())

    async def open(self) -> "World":
        await connect_shops(self.stack, self.market, [_authorised(shop) for shop in self.shops])
        items = [{"sku": sku, "set_to": OPENING, "reason": "opening", "reference": "chaos"} for shop in self.shops for sku in shop.skus]
        await self._patiently(lambda: self.seller.post_stock(items, key=f"open-chaos-{self.first_shop}"))
        return self

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.market.close()
        await self.seller.close()

    async def reconnect(self, shop: Shop) -> None:
        """The seller gives consent again."""
        await connect_shops(self.stack, self.market, [_authorised(shop)])

    async def live(self, stories: Sequence[Story]) -> None:
        """Begin each story at its time; those that have begun go on after this returns."""
        began = time.monotonic()
        for story in stories:
            await asyncio.sleep(max(0.0, began + story.at - time.monotonic()))
            self.begin(story)

    def begin(self, story: Story) -> asyncio.Task[None]:
        task = asyncio.create_task(self._tell(story))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finished(self, *, seconds: float) -> None:
        """Wait until every story that began has ended; one that does not is a stumble."""
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=seconds)
            for task in late:
                task.cancel()
            self.stumbles += [f"a story went on for {seconds:.0f} s after the run" for _ in late]

    async def probe(self) -> None:
        """One approved cancellation per channel, through the whole path."""
        dice = random.Random(f"probe:{self.seed}:{next(self._probes)}")
        for offset in range(len(CHANNELS)):
            number = next(self._probes)
            story = a_story(dice, number=number, shop=2 * dice.randrange(SHOPS_PER_CHANNEL) + offset, kind="approve")
            await self._tell(Story(**{**{n: getattr(story, n) for n in story.__slots__}, "pauses": (0.0,) * 4}))

    async def unsettled(self, orders: Iterable[Placed]) -> dict[str, str]:
        """Which of these orders are not yet as they must end, and why. What has settled is not asked again."""
        asked = [placed for placed in orders if placed.ref in self.open_orders]
        why = {placed.ref: "its story goes on" for placed in asked if not placed.done}
        over = [placed for placed in asked if placed.done]
        rows = await self.rows([placed.ref for placed in over])
        for placed in over:
            own = [row for row in rows if row["order_ref"] == placed.ref]
            reason = next(filter(None, map(under_way, own)), None) or why_unsettled(await self._truth(placed), own)
            if reason:
                why[placed.ref] = reason
            else:
                self.open_orders.pop(placed.ref, None)
        return why

    async def rows(self, refs: Sequence[str]) -> list[JSON]:
        """All requests of these orders as the API lists them."""
        found: list[JSON] = []
        for start in range(0, len(refs), 50):
            params: JSON = {"limit": 200, "tab": "all", "order_ref": list(refs[start : start + 50])}
            page = await self._patiently(lambda params=params: self._list(params))
            found += page
        return found

    async def decide_for_ever(self) -> None:
        """Sellers: read the list again and again, and answer whatever waits although its story has ended (a decision that did not hold)."""
        ids = [shop.shop_id for shop in self.shops]
        while True:
            rows = await self._patiently(lambda: self._list({"limit": 200, "tab": "to_decide", "shop_id": ids}))
            self.pending = {row["order_ref"]: row for row in rows if row["answerable"]}
            self._list_read.set()
            self._list_read.clear()
            waiting = [(placed, row) for ref, row in self.pending.items() if (placed := self.placed.get(ref)) and placed.done]
            for start in range(0, len(waiting), AT_ONCE):
                batch = [self.click(row, placed.wish) for placed, row in waiting[start : start + AT_ONCE] if self._fresh(row)]
                await asyncio.gather(*batch)
            await asyncio.sleep(LIST_SECONDS)

    async def click(self, row: JSON, answer: str) -> str:
        """What it came to: `approved`, `rejected`, or the slug of the problem. Again until somebody answers."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            self._answered.add((row["id"], row["revision"]))
            response = await self._patiently(lambda row=row: self._post(row, answer))
            said = response.json()
            if response.is_success:
                self.clicks.append(Click(row["id"], answer, said["state"], said["revision"]))
                return str(said["state"])
            slug = str(said["type"]).rpartition("/")[2]
            if slug == "not-answerable" and time.monotonic() < deadline:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            if slug != "stale-revision" or said["request"]["state"] != "pending":
                return slug
            row = said["request"]

    async def _patiently(self, call: Callable[[], Awaitable[T]]) -> T:
        async def noted() -> T:
            try:
                return await call()
            except httpx.TimeoutException as error:
                request = error.request
                self.unanswered.append(
                    f"{datetime.now(UTC):%H:%M:%S} {type(error).__name__} {request.method} {request.url.port}{request.url.path}"
                )
                raise

        return await crowd.patiently(noted)

    # How a story goes

    async def _tell(self, story: Story) -> None:
        try:
            placed = await self._place(story)
            try:
                await self._go_through(placed)
            finally:
                placed.done = True
        except Stuck as stuck:
            self.stumbles.append(f"story {story.number} ({story.kind}): {stuck}")
        except Exception as error:  # noqa: BLE001 - shown at the end: the run goes on
            self.stumbles.append(f"story {story.number} ({story.kind}): {type(error).__name__}: {error}"[:500])

    async def _place(self, story: Story) -> Placed:
        shop = self.shops[story.shop]
        status = "ready_to_ship" if shop.channel == "shopee" else "new"
        if story.kind == "part-then-rest":
            story = Story(**{**{n: getattr(story, n) for n in story.__slots__}, "quantities": (2, 1)})
        lines = [{"sku": sku, "quantity": quantity, "price": "10.00"} for sku, quantity in zip(shop.skus, story.quantities, strict=False)]
        order = await self._patiently(lambda: self.market.place(shop.channel, shop.shop_id, status, lines))
        placed = Placed(story, shop, order, wish="reject" if "reject" in story.kind.partition("-")[0] else "approve")
        self.placed[placed.ref] = self.open_orders[placed.ref] = placed
        await self._patiently(lambda: self.seller.post_sale(order))
        return placed

    async def _go_through(self, placed: Placed) -> None:
        kind = placed.story.kind
        if kind == "instant":
            placed.asked += await self._there(placed, "instant-cancel")
            return
        if kind == "part-then-rest":
            await self._part_then_rest(placed)
            return
        await self._ask(placed, **({"respond_in_s": 4 + 2 * placed.story.pauses[3]} if kind == "short-deadline" else {}))
        await self._pause(placed, 0)
        if kind in _THERE:
            await self._there(placed, _THERE[kind])
            return
        row = await self._listed(placed)
        if row is None:
            return
        await self._pause(placed, 1)
        await self._answer(placed, row, kind)

    async def _answer(self, placed: Placed, row: JSON, kind: str) -> None:
        first, _, second = kind.partition("-or-")
        if second:
            await _together(self.click(row, first), self._there(placed, _THERE[second]))
        elif kind == "two-people":
            await _together(self.click(row, "approve"), self.click(row, "reject"))
        elif kind == "double-click":
            await _together(self.click(row, "approve"), self.click(row, "approve"))
        elif kind == "short-deadline":
            await asyncio.sleep(placed.story.pauses[2] * 3)
            await self.click(row, "approve")
        else:
            await self.click(row, first.partition("-")[0])
        if kind == "reject-then-instant":
            await self._closed(placed)
            placed.asked += await self._there(placed, "instant-cancel")
        if kind == "reject-then-ask-again":
            await self._closed(placed)
            await self._ask_again(placed, "approve")

    async def _part_then_rest(self, placed: Placed) -> None:
        """One unit first, and then what is left of the order."""
        await self._ask(placed, lines=[{"sku": placed.shop.skus[0], "quantity": 1}])
        row = await self._listed(placed)
        if row is not None:
            await self.click(row, "approve")
        await self._closed(placed)
        await self._ask_again(placed, "approve" if placed.story.number % 2 else "reject")

    async def _ask_again(self, placed: Placed, answer: str) -> None:
        placed.wish = answer
        try:
            await self._ask(placed)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.CONFLICT:
                raise
            return  # nothing is left to cancel: the request before it ended otherwise than planned
        if row := await self._listed(placed):
            await self.click(row, answer)

    async def _ask(self, placed: Placed, **body: Any) -> None:
        await self._patiently(lambda: self.market.act(placed.order, "request-cancel", **body))
        placed.asked += 1

    async def _there(self, placed: Placed, event: str) -> bool:
        """At the marketplace. False: impossible by now."""
        try:
            await self._patiently(lambda: self.market.act(placed.order, event))
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.CONFLICT:
                raise
            return False
        return True

    async def _pause(self, placed: Placed, number: int) -> None:
        await asyncio.sleep(placed.story.pauses[number])

    async def _listed(self, placed: Placed) -> JSON | None:
        """The order's request as soon as it waits for an answer; None: it ended before anybody could give one."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        look_at = time.monotonic() + LOOK_SECONDS
        while time.monotonic() < deadline:
            row = self.pending.get(placed.ref)
            if row and self._fresh(row):
                return row
            if time.monotonic() > look_at:
                if (await self._truth(placed))["status"] != "cancel_requested":
                    return None
                look_at = time.monotonic() + LOOK_SECONDS
            await self._next_list()
        raise Stuck(f"the request of {placed.ref} was not listed within {PATIENCE_SECONDS:.0f} s")

    async def _closed(self, placed: Placed) -> None:
        """The marketplace waits for nobody and carries nothing out."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            truth = await self._truth(placed)
            if all(request["state"] in {"complete", "closed"} for request in truth["requests"]):
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise Stuck(f"the answer to {placed.ref} did not reach the marketplace within {PATIENCE_SECONDS:.0f} s")

    def _fresh(self, row: JSON) -> bool:
        return (row["id"], row["revision"]) not in self._answered

    async def _next_list(self) -> None:
        try:
            async with asyncio.timeout(1):
                await self._list_read.wait()
        except TimeoutError:
            return

    async def _truth(self, placed: Placed) -> JSON:
        return await self._patiently(lambda: self.market.order(placed.shop.channel, placed.ref))

    async def _list(self, params: JSON) -> list[JSON]:
        items: list[JSON] = []
        params = dict(params)
        while True:
            page = (await self.seller.decision.get("/cancel-requests", params=params)).raise_for_status().json()
            items += page["items"]
            if not page.get("next_cursor"):
                return items
            params["cursor"] = page["next_cursor"]

    async def _post(self, row: JSON, answer: str) -> httpx.Response:
        body: JSON = {"revision": row["revision"]}
        if answer == "reject" and row["channel"] == "tiktok":
            body["reason"] = REJECT_REASON
        response = await self.seller.decision.post(f"/cancel-requests/{row['id']}/{answer}", json=body)
        busy = "idempotency-in-progress" in response.text
        return response if response.status_code == httpx.codes.CONFLICT and not busy else response.raise_for_status()


_THERE = {
    "withdraw": "withdraw",
    "approve-there": "seller-center-approve",
    "reject-there": "seller-center-reject",
    "ship": "ship",
    "expire": "expire",
}


async def _together(*calls: Awaitable[Any]) -> None:
    """Both to their end, even if one of them raises."""
    for outcome in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def _shop(channel: str, number: int) -> Shop:
    """An id as the channel's ids look, which no other test has."""
    shop_id = str(970_000 + number) if channel == "shopee" else f"74900000000097{number:05}"
    return Shop(channel, shop_id, (f"chaos-{number}-A", f"chaos-{number}-B"))


def _authorised(shop: Shop) -> JSON:
    return {"channel": shop.channel, "shop_id": shop.shop_id, "name": f"Chaos {shop.shop_id}", "region": "MY", "seller": SELLER}
