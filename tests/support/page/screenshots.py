"""Pictures of the page for README and docs, from the running system with the demo's requests: `make screenshots`."""

import asyncio
import io
from pathlib import Path

from PIL import Image
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

REPOSITORY = Path(__file__).resolve().parents[3]
IMAGES, OTHERS = REPOSITORY / "docs" / "images", REPOSITORY / ".local" / "screenshots"
SHOWN = {
    "queue": ("laptop-light", "laptop-dark", "phone-light", "phone-dark"),
    "approve": ("laptop-light", "phone-dark"),
    "detail": ("laptop-light", "phone-light"),
    "stop-list": ("laptop-light", "phone-dark"),
}
"""What README and docs show; the others are to be looked at when the page changes."""
SIZES = {"laptop": (1440, 900), "phone": (360, 740)}


def main() -> None:
    with whole_system("screenshots-stack") as system:
        asyncio.run(_shoot_all(system))


async def _shoot_all(system: Stack) -> None:
    await _furnish(system)
    detail = await _told_and_confirmed(system)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable())
        for size in SIZES:
            for scheme in ("light", "dark"):
                await _shoot(browser, system, size, scheme, detail)
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


async def _told_and_confirmed(system: Stack) -> str:
    """The id of a request with the longest story: decided, stock given back, taken and confirmed."""
    zetpy = Zetpy(system, "seller-a", name="Demo colleague")
    rows = await zetpy.requests(tab="cancelled", channel="tiktok")
    await zetpy.close()
    return str(next(row["id"] for row in rows if row["sync"]["state"] == "confirmed" and row["decided_by"]))


async def _shoot(browser: Browser, system: Stack, size: str, scheme: str, detail: str) -> None:
    url, (width, height) = f"http://127.0.0.1:{system.decision_port}", SIZES[size]
    async with opened(browser, url, shots=OTHERS, failed=lambda: False) as make:
        window = await make(width=width, height=height, scheme=scheme)
        await window.session(token(system, role="decider"))
        screen = await Screen.open(window)
        await screen.is_settled()
        page = screen.page

        async def picture(name: str) -> None:
            await page.mouse.move(0, 0)
            await page.evaluate("document.activeElement?.blur()")
            folder = IMAGES if f"{size}-{scheme}" in SHOWN[name] else OTHERS
            folder.mkdir(parents=True, exist_ok=True)
            _keep(await page.screenshot(animations="disabled", scale="css"), folder / f"{name}-{size}-{scheme}.png")

        await expect(page.get_by_role("button", name="Approve ").first).to_be_visible()
        await picture("queue")
        await page.get_by_role("button", name="Approve ").first.click()
        await expect(screen.button("Cancel the order")).to_be_visible()
        await expect(screen.dialog.get_by_role("combobox").first).to_be_visible()
        await picture("approve")
        await screen.close()
        await page.goto(f"/?tab=cancelled&open={detail}")
        await expect(screen.dialog).to_contain_text("The buyer asked to cancel")
        await picture("detail")
        await page.goto("/?view=stop-list")
        await expect(page.get_by_role("listitem").first).to_be_visible()
        await picture("stop-list")


def _keep(shot: bytes, file: Path) -> None:
    """As few bytes as flat colours need."""
    with Image.open(io.BytesIO(shot)) as image:
        image.convert("RGB").quantize(kmeans=2, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    main()
