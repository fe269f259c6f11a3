"""How long a seller waits on a quiet system, from push to list and from click to stock and marketplace: `python -m tests.bench.latency`.

listed    the buyer asks (the marketplace pushes) → the request is in the seller's list
answer    the click on approve → its HTTP answer
stock     the click on approve → the stock level shows the units again
told      the click on approve → the marketplace has our answer

One request at a time; each end is polled, so that a figure includes up to one poll (a few ms) too much.
"""

import argparse
import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.bench.restock import save, say
from tests.support.crowd import ANSWERS, OPENING, Crowd
from tests.support.stack import whole_system

from local_stack.demo.market import Market
from local_stack.demo.zetpy import Zetpy
from local_stack.settings import Stack

TARGETS_MS = {"listed": 300, "answer": None, "stock": 100, "told": 300}
SHOPS_PER_CHANNEL = 4
WARM_UP = 5
POLL_SECONDS = 0.002
PATIENCE_SECONDS = 30
Figures = dict[str, dict[str, float]]


class Bench:
    def __init__(self, crowd: Crowd) -> None:
        self.crowd, self.market, self.seller = crowd, crowd.market, crowd.seller
        self.sold: dict[str, int] = {}

    async def sample(self, shop: tuple[str, str]) -> dict[str, float]:
        """Milliseconds of one request's way."""
        channel, shop_id = shop
        sku = self.crowd.shops[shop][0]
        status = "ready_to_ship" if channel == "shopee" else "new"
        order = await self.market.place(channel, shop_id, status, [{"sku": sku, "quantity": 1, "price": "10.00"}])
        await self.seller.post_sale(order)
        # The push of the new order itself is looked at first: what is measured is the cancel request's own push.
        await _first(lambda: self._looked_at(order))
        asked = time.perf_counter()
        await self.market.act(order, "request-cancel")
        row = await _first(lambda: self.seller.request_of(order))
        listed = time.perf_counter()
        # Whoever reads the list does not approve within the same instant; the look's own traces are gone by then.
        await _first(self._quiet)
        clicked = time.perf_counter()
        stock = asyncio.create_task(_first(lambda: self._back(sku)))
        told = asyncio.create_task(_first(lambda: self._told(order)))
        await self.seller.approve(row)
        answered = time.perf_counter()
        ends = {"listed": listed - asked, "answer": answered - clicked, "stock": await stock - clicked, "told": await told - clicked}
        return {name: seconds * 1000 for name, seconds in ends.items()}

    async def _looked_at(self, order: dict[str, Any]) -> bool:
        return bool((await self.market.order(order["channel"], order["order_ref"]))["reads"])

    async def _quiet(self) -> bool:
        await asyncio.sleep(0.05)
        return True

    async def _back(self, sku: str) -> float | None:
        answer = await self.seller.inventory.get("/stock-levels", params={"sku": sku})
        return time.perf_counter() if answer.raise_for_status().json()["items"][0]["available"] == OPENING else None

    async def _told(self, order: dict[str, Any]) -> float | None:
        calls = (await self.market.order(order["channel"], order["order_ref"]))["calls"]
        return time.perf_counter() if any(call["endpoint"] in ANSWERS and call["http_status"] == 200 for call in calls) else None


async def _first(look: Callable[[], Awaitable[Any]]) -> Any:
    """The first true answer."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (found := await look()):  # noqa: ASYNC110 -- what is waited for lies in other processes
            await asyncio.sleep(POLL_SECONDS)
        return found


async def run(system: Stack, *, samples: int) -> dict[str, Figures]:
    """Per channel, in milliseconds."""
    market, seller = Market(f"http://127.0.0.1:{system.sandbox_port}"), Zetpy(system, "seller-a")
    shops = [("shopee", str(910_001 + n)) for n in range(SHOPS_PER_CHANNEL)]
    shops += [("tiktok", f"749000000000091{n:04}") for n in range(SHOPS_PER_CHANNEL)]
    crowd = await Crowd.gather(system, market, seller, shops)
    try:
        bench = Bench(crowd)
        for shop in itertools.islice(itertools.cycle(shops), WARM_UP * 2):
            await bench.sample(shop)
        figures = {}
        for channel in ("shopee", "tiktok"):
            own = itertools.cycle(shop for shop in shops if shop[0] == channel)
            figures[channel] = _summary([await bench.sample(next(own)) for _ in range(samples)])
        return figures
    finally:
        await crowd.close()
        await seller.close()
        await market.close()


def _summary(samples: list[dict[str, float]]) -> Figures:
    summary = {}
    for name in TARGETS_MS:
        values = [each[name] for each in samples]
        cuts = statistics.quantiles(values, n=20)
        summary[name] = {"p50_ms": round(statistics.median(values), 1), "p95_ms": round(cuts[18], 1), "max_ms": round(max(values), 1)}
    return summary


def table(figures: dict[str, Figures]) -> str:
    lines = [f"{'':10}{'':10}{'p50':>8}{'p95':>8}{'max':>8}{'target p50':>14}"]
    for channel, (name, target) in itertools.product(figures, TARGETS_MS.items()):
        row = figures[channel][name]
        verdict = "" if target is None else f"{target} ms {'met' if row['p50_ms'] < target else 'MISSED'}"
        lines.append(f"{channel:10}{name:10}{row['p50_ms']:8.1f}{row['p95_ms']:8.1f}{row['max_ms']:8.1f}{verdict:>14}")
    return "\n".join(lines)


def measure(*, samples: int) -> None:
    """On a system of its own, as `make up` starts it; printed and kept."""
    with whole_system("bench-stack", services={}) as system:
        figures = asyncio.run(run(system, samples=samples))
    save("latency", {"samples": samples, "channels": figures})
    say(table(figures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--samples", type=int, default=60)
    measure(samples=parser.parse_args().samples)


if __name__ == "__main__":
    main()
