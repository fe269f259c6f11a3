"""The whole system as `make up` runs it, and hands for every part in a seller's story."""

import asyncio
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.support.crowd import Crowd
from tests.support.stack import whole_system
from tests.support.waiting import until
from tests.support.wire import Wire, readable

from contracts import topics
from contracts.topics import Topic
from local_stack.demo.market import Market
from local_stack.demo.shops import connect_shops
from local_stack.demo.zetpy import Zetpy
from local_stack.settings import Stack

SELLER = "seller-a"
NUMBERS = itertools.count(1)
OPENING = 100


@pytest.fixture(scope="session")
def system() -> Iterator[Stack]:
    """Kafka, Postgres, four services and the sandbox, started once."""
    with whole_system() as stack:
        yield stack


@pytest.fixture
async def market(system: Stack):
    market = Market(f"http://127.0.0.1:{system.sandbox_port}")
    yield market
    await market.ask("DELETE", "/faults")
    await market.close()


@pytest.fixture
async def seller(system: Stack):
    zetpy = Zetpy(system, SELLER)
    yield zetpy
    await zetpy.close()


class Shop:
    """A shop of its own for one test, with its own SKUs, so that tests never meet."""

    def __init__(self, system: Stack, market: Market, seller: Zetpy, channel: str, shop_id: str) -> None:
        self.system, self.market, self.seller = system, market, seller
        self.channel, self.shop_id = channel, shop_id
        self.skus = tuple(f"{channel}-{shop_id}-{letter}" for letter in "AB")
        self.wire = Wire(system.kafka_url, "")

    async def open(self) -> "Shop":
        shop = {"channel": self.channel, "shop_id": self.shop_id, "name": f"Shop {self.shop_id}", "region": "MY", "seller": SELLER}
        await connect_shops(self.system, self.market, [shop])
        items = [{"sku": sku, "set_to": OPENING, "reason": "opening", "reference": "test"} for sku in self.skus]
        await self.seller.post_stock(items, key=f"open-{self.shop_id}")
        return self

    async def ordered(self, *, status: str | None = None, lines: list[dict[str, Any]] | None = None, **more: Any) -> "Order":
        status = status or ("ready_to_ship" if self.channel == "shopee" else "new")
        lines = lines or [{"sku": self.skus[0], "quantity": 2, "price": "10.00"}, {"sku": self.skus[1], "quantity": 1, "price": "5.50"}]
        truth = await self.market.place(self.channel, self.shop_id, status, lines, **more)
        await self.seller.post_sale(truth)
        return Order(self, truth)

    async def asked(self, *, ask: Mapping[str, Any] | None = None, **more: Any) -> "Order":
        """An order whose buyer asked to cancel, listed as pending."""
        order = await self.ordered(**more)
        await order.act("request-cancel", **(ask or {}))
        await order.becomes(state="pending")
        return order

    async def swept(self) -> bool:
        """The ingestor has listed what is open in this shop."""
        lists = {"get_order_list", "orders/search"}
        counts = (await self.market.ask("GET", "/calls"))["items"]
        return any(each["shop_id"] == self.shop_id and each["endpoint"] in lists for each in counts)

    async def available(self) -> dict[str, int]:
        answer = await self.seller.inventory.get("/stock-levels", params={"sku": list(self.skus)})
        return {item["sku"]: item["available"] for item in answer.raise_for_status().json()["items"]}

    async def stock_is(self, first: int, second: int) -> None:
        wanted = dict(zip(self.skus, (first, second), strict=True))

        async def right() -> bool:
            return await self.available() == wanted

        await until(right, what=f"stock is {wanted}")


ENDS = frozenset({"state", "tab", "status", "shippable", "hold", "stock", "sync"})


class Order:
    def __init__(self, shop: Shop, truth: dict[str, Any]) -> None:
        self.shop, self.ref = shop, truth["order_ref"]
        self.key = f"{shop.channel}:{shop.shop_id}:{self.ref}"

    async def act(self, event: str, **body: Any) -> dict[str, Any]:
        """Buyer, courier or Seller Center do something at the marketplace."""
        truth = {"channel": self.shop.channel, "order_ref": self.ref}
        return await self.shop.market.act(truth, event, **body)

    async def truth(self) -> dict[str, Any]:
        return await self.shop.market.order(self.shop.channel, self.ref)

    async def rows(self) -> list[dict[str, Any]]:
        return await self.shop.seller.requests(order_ref=self.ref, tab="all")

    async def request(self) -> dict[str, Any]:
        """The newest request as the API shows it, whole."""
        row = (await self.rows())[0]
        answer = await self.shop.seller.decision.get(f"/cancel-requests/{row['id']}")
        return dict(answer.raise_for_status().json())

    async def becomes(self, *, seconds: float = 30, **wanted: Any) -> dict[str, Any]:
        """The request, as soon as it shows what is wanted; `sync`, `stock`, `shippable`, `hold`, `status` are looked up where they are."""
        last: dict[str, Any] = {}

        async def right() -> dict[str, Any] | None:
            rows = await self.rows()
            if not rows:
                return None
            request = await self.request()
            last.update(shown(request))
            return request if all(last.get(name) == value for name, value in wanted.items()) else None

        try:
            return await until(right, seconds=seconds, every=0.05, what=f"{self.key} shows {wanted}")
        except AssertionError as late:
            raise AssertionError(f"{late}; shows {last}; truth {await self.truth()}") from None

    async def ends(
        self, *, calls: list[str], decisions: list[str], outcomes: list[str], seconds: float = 20, **wanted: Any
    ) -> dict[str, Any]:
        """Where the story ends: the request, its order and stock (all of `ENDS`), the answers given, the events published."""
        missing = ENDS - wanted.keys()
        assert not missing, f"say how it ends: {missing}"
        request = await self.becomes(seconds=seconds, **wanted)
        wanted_words = (calls, decisions, outcomes, (wanted["status"], wanted["shippable"], wanted["hold"]))
        said: tuple[Any, ...] = ()

        async def published() -> bool:
            nonlocal said
            answers = [each for each in await self.words(topics.SYNC_OUTCOMES) if each != "OutcomeDelayed"]
            last = (await self.events(topics.ORDER_STATUS))[-1]
            said = (await self.calls(), await self.words(topics.CANCEL_DECISIONS), answers, (last.status, last.shippable, last.hold))
            return said == wanted_words

        try:
            await until(published, seconds=30, every=0.1)
        except AssertionError:
            assert said == wanted_words
        gate = await self.may_ship()
        assert (gate["may_ship"], gate["hold"], gate["known"]) == (wanted["shippable"], wanted["hold"], True)
        return request

    async def approve(self, **body: Any) -> dict[str, Any]:
        return await self.shop.seller.approve(await self.request(), **body)

    async def reject(self, **body: Any) -> dict[str, Any]:
        return await self.shop.seller.reject(await self.request(), **body)

    async def may_ship(self) -> dict[str, Any]:
        """What the fulfilment gate says."""
        answer = await self.shop.seller.decision.get(f"/orders/{self.shop.channel}/{self.shop.shop_id}/{self.ref}/fulfilment")
        return dict(answer.raise_for_status().json())

    async def calls(self) -> list[str]:
        """The calls that told the marketplace our answer."""
        return [call["endpoint"] for call in (await self.truth())["calls"]]

    async def events(self, topic: Topic) -> list[Any]:
        """Everything that was published about this order on a topic, in order."""
        records = await self.shop.wire.read(topic.name)
        return [event.data for event in readable(records, topic) if getattr(getattr(event.data, "order", None), "key", None) == self.key]

    async def words(self, topic: Topic) -> list[str]:
        return [type(data).__name__ for data in await self.events(topic)]


def shown(request: Mapping[str, Any]) -> dict[str, Any]:
    """What the tables A1-A4 speak of, flat."""
    return {
        "state": request["state"],
        "tab": request["tab"],
        "status": request["order"]["status"],
        "shippable": request["order"]["shippable"],
        "hold": request["order"].get("hold"),
        "recall": request["order"]["recall"],
        "sync": request["sync"]["state"],
        "stock": request["stock"]["state"],
        "lapsed_because": request.get("lapsed_because"),
        "cancelled_by": request.get("cancelled_by"),
        "alerts": request["alerts"],
    }


def new_shop_id(channel: str) -> str:
    """An id that no other test has, as the channel's ids look."""
    number = next(NUMBERS)
    return str(900_000 + number) if channel == "shopee" else f"74900000000009{number:05}"


@pytest.fixture
async def open_shop(system: Stack, market: Market, seller: Zetpy):
    """`await open_shop("shopee")`: a shop nobody else uses, connected and swept once."""

    async def make(channel: str) -> Shop:
        return await Shop(system, market, seller, channel, new_shop_id(channel)).open()

    return make


@pytest.fixture(params=["shopee", "tiktok"])
async def shop(open_shop, request):
    """The same story on both channels."""
    return await open_shop(request.param)


@pytest.fixture
async def crowd(system: Stack, market: Market, seller: Zetpy):
    """Eight shops of both channels with buyers and a seller who never give up."""
    shops = [(channel, new_shop_id(channel)) for channel in ("shopee", "tiktok") for _ in range(4)]
    crowd = await Crowd.gather(system, market, seller, shops)
    yield crowd
    await crowd.close()


async def gathered(*calls: Any) -> list[Any]:
    """All at once: every call waits at the same barrier."""
    barrier = asyncio.Barrier(len(calls))

    async def one(call: Any) -> Any:
        await barrier.wait()
        return await call()

    return await asyncio.gather(*(one(call) for call in calls))
