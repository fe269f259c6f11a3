"""How fast the seller page is for a seller with 100,000 requests, in Chromium before the real system: `python -m tests.bench.page`.

first load    gzipped JavaScript that is fetched until the page can be used
interactive   opening the page, nothing cached → the first rows are painted and the browser is idle
typing        a key in the search field → the next paint, also while the list that was searched for is read
found         the last key → the list shows what was searched for (a pause of 200 ms, which the page makes before it asks, included)
"""

import argparse
import asyncio
import contextlib
import statistics
import time
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
from playwright.async_api import Browser, Page, async_playwright, expect
from tests.bench.restock import save, say
from tests.support.browser import executable
from tests.support.page.screen import Screen
from tests.support.page.seller import Seller
from tests.support.page.window import opened
from tests.support.stack import HOMES, whole_system
from tests.support.waiting import until

from chassis.database import connect
from decision import store
from decision.domain.requests import Request
from local_stack.demo.market import Market
from local_stack.programs import database_url
from local_stack.settings import Stack

ROWS = 100_000
BATCH = 2_000
SCROLLED = 2_000
"""So many rows were read before somebody types."""
TYPING_MS = 90
ROW_PX = 46
TARGETS = {
    "first_load_kb": ("first load", "kB", 250),
    "interactive_ms": ("interactive", "ms", 1500),
    "typing_ms": ("typing", "ms", 100),
}
WHEN_IDLE = """new Promise((done) => {
  const look = () => document.querySelector("[data-row-button]")
    ? requestAnimationFrame(() => requestIdleCallback(() => done(performance.now())))
    : requestAnimationFrame(look);
  look();
})"""
SCRIPTS = """performance.getEntriesByType("resource").filter((each) => each.name.endsWith(".js"))
  .reduce((sum, each) => sum + each.encodedBodySize, 0) / 1000"""
WATCH_TYPING = """() => {
  window.painted = [];
  document.querySelector("input[type=search]").addEventListener("keydown", (event) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => window.painted.push(performance.now() - event.timeStamp);
    channel.port2.postMessage(null);
  }));
}"""


async def run(system: Stack, *, rows: int, loads: int, words: int) -> dict[str, Any]:
    market = Market(f"http://127.0.0.1:{system.sandbox_port}")
    seller = Seller(system, market)
    began = time.perf_counter()
    await _fill(system, seller, rows)
    say(f"{rows} requests of one seller in {time.perf_counter() - began:.0f} s")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable())
        figures = await _first_loads(browser, system, seller, loads) | await _typing(browser, system, seller, words)
        await browser.close()
    await seller.close()
    await market.close()
    return {"rows": rows} | figures


async def _fill(system: Stack, seller: Seller, rows: int) -> None:
    """A few real requests, and as many like them as are wanted, saved as the service saves them."""
    shops = [await seller.open_shop(channel, name=f"Aster {channel}") for channel in ("shopee", "tiktok")]
    ids = [request["id"] for shop in shops for request in await seller.asked_often(shop, 5)]
    con = await connect(database_url(system, "decision"), name="bench")
    bodies = await con.fetch("select body::text from requests where request_id = any($1::uuid[])", ids)
    models = [msgspec.json.decode(each["body"], type=Request) for each in bodies]
    for start in range(len(ids), rows, BATCH):
        more = [_like(models[n % len(models)], n) for n in range(start, min(start + BATCH, rows))]
        async with con.transaction():
            await store.create_orders(con, [each.order for each in more])
            await store.save_requests(con, {each.request_id: (each, None) for each in more})
    for name in ("requests", "orders"):
        await con.execute(f"vacuum analyze {name}")  # as the server does by itself, after a while
    await con.close()


def _like(model: Request, number: int) -> Request:
    facts = model.facts
    order = msgspec.structs.replace(facts.order, order_ref=f"B{number:09}")
    line = msgspec.structs.replace(facts.lines[0], sku=f"SKU-{number % 5000:04}", name=f"Article {number % 5000}")
    own = msgspec.structs.replace(
        facts,
        request_id=str(uuid.uuid5(uuid.NAMESPACE_OID, order.key)),
        native_id=f"B{number:09}",
        order=order,
        lines=(line, *facts.lines[1:]),
        respond_by=facts.respond_by and facts.respond_by + timedelta(seconds=number),
        requested_at=facts.requested_at - timedelta(seconds=number),
    )
    return msgspec.structs.replace(model, facts=own)


async def _first_loads(browser: Browser, system: Stack, seller: Seller, loads: int) -> dict[str, Any]:
    times, sizes = [], []
    for _ in range(loads):
        async with _window(browser, system, seller) as screen:
            times.append(await screen.page.evaluate(WHEN_IDLE))
            sizes.append(await screen.page.evaluate(SCRIPTS))
    return {
        "first_load_kb": round(max(sizes), 1),
        "interactive_ms": round(statistics.median(times)),
        "interactive_max_ms": round(max(times)),
    }


async def _typing(browser: Browser, system: Stack, seller: Seller, words: int) -> dict[str, Any]:
    painted, found = [], []
    async with _window(browser, system, seller) as screen:
        await screen.is_settled()
        await _scroll(screen.page)
        await screen.page.evaluate(WATCH_TYPING)
        for number in range(words):
            sku = f"SKU-{number * 37 % 5000:04}"
            await screen.search.press_sequentially(sku, delay=TYPING_MS)
            typed = time.perf_counter()
            await expect(screen.page.locator("[data-row-button]").first).to_be_visible()
            await expect(screen.page.get_by_role("row").nth(1)).to_contain_text(sku)
            found.append((time.perf_counter() - typed) * 1000)
            await screen.search.fill("")
            await expect(screen.page.get_by_role("row").nth(1)).not_to_contain_text(sku)
        painted = await screen.page.evaluate("window.painted")
    return {
        "keys": len(painted),
        "typing_ms": round(statistics.median(painted), 1),
        "typing_p95_ms": round(statistics.quantiles(painted, n=20)[18], 1),
        "typing_max_ms": round(max(painted), 1),
        "found_ms": round(statistics.median(found)),
    }


async def _scroll(page: Page) -> None:
    """Down the list until it is long, and up again."""
    table = page.get_by_role("table")
    to = "(table, top) => { table.parentElement.scrollTop = top === null ? table.parentElement.scrollHeight : top; }"

    async def is_long() -> bool:
        await table.evaluate(to, None)
        return bool(await table.evaluate(f"(table) => table.parentElement.scrollHeight > {SCROLLED * ROW_PX}"))

    await until(is_long, seconds=60, every=0.1, what=f"{SCROLLED} rows were read")
    await table.evaluate(to, 0)


@contextlib.asynccontextmanager
async def _window(browser: Browser, system: Stack, seller: Seller) -> AsyncIterator[Screen]:
    """A browser that was never here, signed in."""
    url = f"http://127.0.0.1:{system.decision_port}"
    async with opened(browser, url, shots=HOMES / "bench-stack", failed=lambda: False) as make:
        window = await make()
        await window.session(seller.token())
        yield await Screen.open(window)


def table(figures: dict[str, Any]) -> str:
    lines = []
    for name, (title, unit, most) in TARGETS.items():
        verdict = "met" if figures[name] < most else "MISSED"
        lines.append(f"{title:14}{figures[name]:>10} {unit:4}{most:>8} {unit} {verdict}")
    lines.append(f"{'typing, p95':14}{figures['typing_p95_ms']:>10} ms")
    lines.append(f"{'found':14}{figures['found_ms']:>10} ms")
    return "\n".join(lines)


def measure(*, rows: int = ROWS, loads: int = 9, words: int = 12) -> None:
    """On a system of its own, as `make up` starts it; printed and kept."""
    with whole_system("bench-stack", services={}) as system:
        figures = asyncio.run(run(system, rows=rows, loads=loads, words=words))
    save("page", figures)
    say(table(figures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=ROWS)
    measure(rows=parser.parse_args().rows)


if __name__ == "__main__":
    main()
