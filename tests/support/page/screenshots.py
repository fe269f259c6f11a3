"""Pictures of the page for README and docs, from the system with the demo's requests: `python -m tests.support.page.screenshots`."""

import asyncio
from pathlib import Path

from playwright.async_api import Browser, async_playwright, expect
from tests.support.browser import executable
from tests.support.page.screen import Screen
from tests.support.page.window import opened
from tests.support.stack import whole_system

from local_stack.demo.market import Market
from local_stack.demo.people import SELLERS
from local_stack.demo.shops import connect_shops
from local_stack.demo.stock import Sales, post_opening
from local_stack.demo.story import Story
from local_stack.demo.zetpy import Zetpy, token
from local_stack.settings import Stack

IMAGES = Path(__file__).resolve().parents[3] / "docs" / "images"
SIZES = {"laptop": (1440, 900), "phone": (360, 740)}


def main() -> None:
    with whole_system("screenshots-stack") as system:
        asyncio.run(_shoot_all(system))


async def _shoot_all(system: Stack) -> None:
    await _furnish(system)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable())
        for size in SIZES:
            for scheme in ("light", "dark"):
                await _shoot(browser, system, size, scheme)
        await browser.close()


async def _furnish(system: Stack) -> None:
    """As `make run` begins."""
    market = Market(f"http://127.0.0.1:{system.sandbox_port}")
    sellers = {seller_id: Zetpy(system, seller_id, name="Demo colleague") for seller_id in SELLERS}
    await connect_shops(system, market, await market.shops())
    await post_opening(market, sellers)
    await Story(market, Sales(market, sellers), sellers["seller-a"]).tell(lambda _: None)
    for zetpy in sellers.values():
        await zetpy.close()
    await market.close()


async def _shoot(browser: Browser, system: Stack, size: str, scheme: str) -> None:
    url, (width, height) = f"http://127.0.0.1:{system.decision_port}", SIZES[size]
    async with opened(browser, url, shots=IMAGES, failed=lambda: False) as make:
        window = await make(width=width, height=height, scheme=scheme)
        await window.session(token(system, role="decider"))
        screen = await Screen.open(window)
        await screen.is_settled()
        first = screen.page.get_by_role("button", name="Approve ").first

        async def picture(name: str) -> None:
            await screen.page.mouse.move(0, 0)
            await screen.page.screenshot(path=IMAGES / f"{name}-{size}-{scheme}.png", animations="disabled", scale="css")

        await expect(first).to_be_visible()
        await picture("queue")
        await first.click()
        await expect(screen.button("Cancel the order")).to_be_visible()
        await picture("approve")
        await screen.close()
        await screen.page.goto("/?tab=cancelled")
        await (
            screen.page.get_by_role("tabpanel")
            .get_by_role("button", name="26")
            .or_(screen.page.get_by_role("button", name="57"))
            .first.click()
        )
        await expect(screen.dialog).to_contain_text("What happened")
        await picture("detail")
        await screen.page.goto("/?view=stop-list")
        await expect(screen.page.get_by_role("heading", level=1)).to_be_visible()
        await picture("stop-list")


if __name__ == "__main__":
    main()
