"""A crowd of buyers and one seller who never give up, and what must be true of everything they did."""

import asyncio
import contextlib
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import httpx
from tests.support.waiting import until
from tests.support.wire import Wire, readable

from contracts import topics
from contracts.topics import Topic
from local_stack.demo.market import Market
from local_stack.demo.shops import connect_shops
from local_stack.demo.zetpy import Zetpy, token
from local_stack.settings import Stack

T = TypeVar("T")
JSON = dict[str, Any]

ANSWERS = frozenset({"handle_buyer_cancellation", "approve", "reject"})
PLANS = {"approve": 11, "reject": 5, "withdraw": 1, "approve-there": 1, "withdraw-and-approve": 1, "approve-there-and-reject": 1}
AT_ONCE = 6
OPENING = 10_000
SETTLED_WITHIN_SECONDS = 60
DIED_WITH_US = frozenset({"timeout_after"})
"""Faults under which a call takes effect although nobody hears its answer."""


async def patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Again until it is answered: a client of a service that may be dead, starting, or without its database."""
    while True:
        try:
            return await call()
        except httpx.TransportError:
            pass
        except httpx.HTTPStatusError as error:
            busy = error.response.status_code == 409 and "idempotency-in-progress" in error.response.text
            if error.response.status_code < 500 and not busy:
                raise
        await asyncio.sleep(0.1)


class Crowd:
    """Buyers order in these shops and ask to cancel; the seller answers what is listed, each order after its own plan.

    `shops`: `(channel, shop_id)` with the SKUs that are sold there, connected and stocked with `OPENING` each.
    """

    def __init__(self, system: Stack, market: Market, seller: Zetpy, shops: Mapping[tuple[str, str], Sequence[str]]) -> None:
        self.market, self.seller, self.shops = market, seller, shops
        self.wire = Wire(system.kafka_url, "")
        self.plans: dict[str, str] = {}
        self.placed: dict[str, JSON] = {}
        self.decided: dict[str, str] = {}
        """Order → what the seller's click came to: `approved`, `rejected`, or the slug of the problem."""
        self._chance = random.Random(7)
        headers = {"Authorization": f"Bearer {token(system, role='ops')}"}
        self._sync_back = httpx.AsyncClient(base_url=f"http://127.0.0.1:{system.sync_back_port}/v1", headers=headers, trust_env=False)

    @classmethod
    async def gather(cls, system: Stack, market: Market, seller: Zetpy, shops: Sequence[tuple[str, str]]) -> "Crowd":
        """In shops `(channel, shop_id)` of their own, which are connected and stocked here."""
        owned = [{"channel": c, "shop_id": s, "name": f"Shop {s}", "region": "MY", "seller": seller.seller_id} for c, s in shops]
        await connect_shops(system, market, owned)
        skus = {shop: tuple(f"crowd-{shop[1]}-{letter}" for letter in "AB") for shop in shops}
        sold = [sku for each in skus.values() for sku in each]
        items = [{"sku": sku, "set_to": OPENING, "reason": "opening", "reference": "test"} for sku in sold]
        await seller.post_stock(items, key=f"open-crowd-{shops[0][1]}")
        return cls(system, market, seller, skus)

    async def close(self) -> None:
        await self._sync_back.aclose()

    @contextlib.asynccontextmanager
    async def deciding(self) -> AsyncIterator[None]:
        """The seller answers what is listed as long as the block runs; one who stumbles fails it."""
        seller = asyncio.create_task(self.decide_for_ever())
        try:
            yield
            if seller.done():
                seller.result()
        finally:
            seller.cancel()
            await asyncio.wait([seller])

    async def flowing(self, *, after: tuple[int, int], unless: asyncio.Future[None]) -> None:
        """Wait for five more decisions and orders than `(decided, placed)`, or until the buyers are through."""
        await until(
            lambda: unless.done() or (len(self.decided) >= after[0] + 5 and len(self.placed) >= after[1] + 5),
            seconds=30,
            what="requests and decisions flow",
        )

    async def listed(self, refs: Sequence[str]) -> list[JSON]:
        """The rows of these orders, once all are listed, in this order."""

        async def all_there() -> list[JSON]:
            rows = {row["order_ref"]: row for row in await self.requests()}
            return [rows[ref] for ref in refs] if rows.keys() >= set(refs) else []

        return await until(all_there, seconds=30, every=0.1, what=f"{len(refs)} orders are listed")

    async def settled(self, *, since: float) -> None:
        """Wait until all is as it must end: at most `SETTLED_WITHIN_SECONDS` after `since` (monotonic), the last disturbance."""
        last: list[str] = []

        async def all_right() -> bool:
            last[:] = await self.unsettled()
            return not last

        try:
            await until(all_right, seconds=SETTLED_WITHIN_SECONDS - (time.monotonic() - since), every=0.5)
        except AssertionError:
            raise AssertionError(f"not settled after {SETTLED_WITHIN_SECONDS} s: {len(last)} of {len(self.placed)}: {last[:10]}") from None

    async def buyers(self, orders_per_shop: int, *, pause_seconds: float) -> None:
        """So many orders in each shop, each sold, then asked back."""
        await asyncio.gather(*(self._buy(shop, orders_per_shop, pause_seconds) for shop in self.shops))

    async def _buy(self, shop: tuple[str, str], number: int, pause_seconds: float) -> None:
        for _ in range(number):
            await self.ask_back(shop, self._chance.choices(list(PLANS), list(PLANS.values()))[0])
            await asyncio.sleep(pause_seconds * self._chance.uniform(0.5, 1.5))

    async def ask_back(self, shop: tuple[str, str], plan: str) -> str:
        """One order of this shop, sold and asked back; the order's reference."""
        channel, shop_id = shop
        lines = [{"sku": sku, "quantity": self._chance.randint(1, 3), "price": "10.00"} for sku in self.shops[shop]]
        status = "ready_to_ship" if channel == "shopee" else "new"
        order = await self.market.place(channel, shop_id, status, lines[: self._chance.randint(1, len(lines))])
        ref = str(order["order_ref"])
        self.plans[ref], self.placed[ref] = plan, order
        await patiently(lambda: self.seller.post_sale(order))
        await self.market.act(order, "request-cancel")
        return ref

    async def decide_for_ever(self) -> None:
        """The seller: reads the list again and again, and answers each row once."""
        while True:
            rows = await patiently(lambda: self.requests(tab="to_decide"))
            fresh = [row for row in rows if row["order_ref"] in self.plans and row["order_ref"] not in self.decided]
            for start in range(0, len(fresh), AT_ONCE):
                await asyncio.gather(*(self._decide(row) for row in fresh[start : start + AT_ONCE]))
            await asyncio.sleep(0.2)

    async def _decide(self, row: JSON) -> None:
        order = self.placed[row["order_ref"]]
        elsewhere, _, here = self.plans[row["order_ref"]].rpartition("-and-")
        if here in {"withdraw", "approve-there"}:
            elsewhere, here = here, ""
        if elsewhere:
            await self.market.act(order, {"withdraw": "withdraw", "approve-there": "seller-center-approve"}[elsewhere])
        self.decided[row["order_ref"]] = await self._click(row, here) if here else elsewhere

    async def _click(self, row: JSON, answer: str) -> str:
        body: JSON = {"revision": row["revision"]}
        if answer == "reject" and row["channel"] == "tiktok":
            body["reason"] = {"name": "seller_reject_apply_product_has_been_packed"}

        async def click() -> httpx.Response:
            response = await self.seller.decision.post(f"/cancel-requests/{row['id']}/{answer}", json=body)
            return response if response.status_code == 409 else response.raise_for_status()

        shown = (await patiently(click)).json()
        return str(shown["type"] if "type" in shown else shown["state"])

    async def requests(self, **filters: Any) -> list[JSON]:
        """Every request of these shops, all pages."""
        items: list[JSON] = []
        params: JSON = {"limit": 200, "tab": "all", "shop_id": [shop_id for _, shop_id in self.shops], **filters}
        while True:
            page = (await self.seller.decision.get("/cancel-requests", params=params)).raise_for_status().json()
            items += page["items"]
            if not page.get("next_cursor"):
                return items
            params["cursor"] = page["next_cursor"]

    async def deliveries(self) -> list[JSON]:
        """Every answer owed by these shops, all pages."""
        items: list[JSON] = []
        params: JSON = {"limit": 200, "shop_id": [shop_id for _, shop_id in self.shops]}
        while True:
            page = (await self._sync_back.get("/deliveries", params=params)).raise_for_status().json()
            items += page["items"]
            if not page.get("next_cursor"):
                return items
            params["cursor"] = page["next_cursor"]

    async def truth(self) -> dict[str, JSON]:
        """What the marketplaces have of every order placed, with the calls that changed it."""
        found = await asyncio.gather(*(self.market.order(order["channel"], ref) for ref, order in self.placed.items()))
        return {order["order_ref"]: order for order in found}

    async def unsettled(self) -> list[str]:
        """What is not yet as it must end; empty: all requests, deliveries and stock are as the marketplaces' truth says."""
        rows: dict[str, list[JSON]] = defaultdict(list)
        for row in await patiently(self.requests):
            rows[row["order_ref"]].append(row)
        open_rows = [f"{ref}: not listed" for ref in self.placed if not rows[ref]]
        open_rows += [f"{ref}: {why}" for ref in self.placed for row in rows[ref] if (why := _under_way(row))]
        if open_rows:
            return open_rows
        waiting = [f"delivery {each['id']}: {each['state']}" for each in await patiently(self.deliveries) if not _at_rest(each)]
        truth = await self.truth()
        wrong = [f"{ref}: {why}" for ref in self.placed for row in rows[ref] if (why := _contradiction(row, truth[ref]))]
        return waiting + wrong + await self._wrong_stock(truth.values())

    async def _wrong_stock(self, truth: Iterable[JSON]) -> list[str]:
        wanted = Counter({sku: OPENING for skus in self.shops.values() for sku in skus})
        for order in truth:
            for line in order["lines"]:
                wanted[line["sku"]] -= line["quantity"] - line["cancelled_quantity"]

        async def levels() -> JSON:
            answer = await self.seller.inventory.get("/stock-levels", params={"sku": list(wanted), "limit": 200})
            return {item["sku"]: item["available"] for item in answer.raise_for_status().json()["items"]}

        have = await patiently(levels)
        return [f"stock of {sku}: {have.get(sku)}, not {number}" for sku, number in wanted.items() if have.get(sku) != number]

    async def answered_once(self) -> list[str]:
        """Orders whose marketplace was told more than once: a repeated call is right only if no earlier one had an effect."""
        return [
            f"{ref}: {[(call['endpoint'], call['fault'], call['answer']) for call in order['calls']]}"
            for ref, order in (await self.truth()).items()
            if any(_had_effect(call) for call in _answers(order)[:-1])
        ]

    async def out_of_order(self, topic: Topic, counter: str) -> list[str]:
        """Requests whose events first appear on the topic in another order than their counter's. Repeats are allowed."""
        highest: dict[str, int] = {}
        seen: set[str] = set()
        wrong = []
        for event in readable(await self.wire.read(topic.name), topic):
            if event.id in seen or event.data.order.order_ref not in self.placed:  # type: ignore[attr-defined] # these topics' data have it
                continue
            seen.add(event.id)
            number = getattr(event.data, counter)
            if number <= highest.get(event.subject, 0):
                wrong.append(f"{event.subject}: {type(event.data).__name__} {number} after {highest[event.subject]}")
            highest[event.subject] = max(number, highest.get(event.subject, 0))
        return wrong

    async def dead_letters(self) -> list[str]:
        return await dead_letters(self.wire)


async def dead_letters(wire: Wire) -> list[str]:
    """All dead letters of all consumers, as `topic: class: message`."""
    found = []
    for topic in topics.TOPICS:
        for consumer in topic.consumers:
            name = topics.dlq(topic, consumer)
            for record in await wire.read(name):
                headers = {key: (value or b"").decode(errors="replace") for key, value in record.headers}
                found.append(f"{name}: {headers}")
    return found


def _answers(order: JSON) -> list[JSON]:
    return [call for call in order["calls"] if call["endpoint"] in ANSWERS]


def _had_effect(call: JSON) -> bool:
    answer = call["answer"]
    if call["fault"] in DIED_WITH_US:
        return True
    return isinstance(answer, dict) and not answer.get("error") and not answer.get("code")


def _under_way(row: JSON) -> str | None:
    """Why this row is not at rest."""
    sync, stock = row["sync"]["state"], row["stock"]["state"]
    if row["state"] == "pending":
        return "pending"
    if sync in {"queued", "retrying"} or (sync == "blocked" and not row["sync"].get("message")):
        return f"sync {sync}"
    if stock == "expected":
        return "stock expected"
    return None


def _at_rest(delivery: JSON) -> bool:
    if delivery["state"] == "blocked":
        return bool(delivery["cause"] and delivery["message"])
    return delivery["state"] not in {"queued", "retrying"}


def _contradiction(row: JSON, truth: JSON) -> str | None:
    """Where a row says something else than the marketplace."""
    allowed = {"approved", "cancelled_elsewhere"} if truth["status"] == "cancelled" else {"rejected", "lapsed"}
    if truth["status"] == "cancel_requested":
        return f"{row['state']}, but the marketplace still waits"
    if row["state"] not in allowed:
        return f"{row['state']}, but the marketplace says {truth['status']}"
    if row["order"]["shippable"] is (truth["status"] == "cancelled"):
        return f"shippable {row['order']['shippable']}, but the marketplace says {truth['status']}"
    return None
