"""A browser window that remembers everything its pages complain of."""

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page

TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
LAPTOP = {"width": 1440, "height": 900}
SLOW_MS = 30_000
"""How long to wait for what must come: a deadline for a crowded machine, no measure."""


class Window:
    """One browser: its cookies, its storage, its tabs."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context, self.url = context, url
        self._complaints: list[str] = []
        self._expected: list[str] = []
        self.reads: list[str] = []
        """Addresses of what its pages read."""

    def expect(self, *patterns: str) -> None:
        """Complaints that this test causes: what a browser says of each answer that is no success."""
        self._expected += patterns

    @property
    def complaints(self) -> list[str]:
        return [each for each in self._complaints if not any(re.search(pattern, each) for pattern in self._expected)]

    async def session(self, token: str) -> None:
        """Signed in as by another page of Zetpy; its cookie is the browser's own."""
        answer = await self.context.request.post(f"{self.url}/v1/session", data={"token": token})
        assert answer.status == 204, await answer.text()

    async def tab(self, path: str = "/") -> Page:
        page = await self.context.new_page()
        await page.goto(f"{self.url}{path}")
        return page

    def watch(self, page: Page) -> None:
        page.set_default_timeout(SLOW_MS)
        page.on("console", self._hear)
        page.on("response", lambda answer: self.reads.append(answer.url))
        page.on("pageerror", lambda error: self._complaints.append(f"error: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@contextlib.asynccontextmanager
async def opened(browser: Browser, url: str, *, shots: Path, failed: Callable[[], bool]) -> AsyncIterator[Callable[..., Awaitable[Window]]]:
    """Windows for one test; one that failed leaves a picture of each tab in `shots`."""
    windows: list[Window] = []

    async def make(*, width: int = LAPTOP["width"], height: int = LAPTOP["height"], scheme: str = "light", **more: Any) -> Window:
        viewport = {"width": width, "height": height}
        context = await browser.new_context(
            base_url=url, viewport=viewport, color_scheme=scheme, locale="en-GB", timezone_id="Asia/Kuala_Lumpur", **more
        )
        await context.add_init_script(TELL_VIOLATIONS)
        window = Window(context, url)
        context.on("page", window.watch)
        windows.append(window)
        return window

    yield make
    if failed():
        await _picture(windows, shots)
    for window in windows:
        await window.context.close()
    said = [complaint for window in windows for complaint in window.complaints]
    assert not said, "\n".join(said)


async def _picture(windows: list[Window], shots: Path) -> None:
    for number, window in enumerate(windows):
        for tab, page in enumerate(window.context.pages):
            with contextlib.suppress(Exception):
                await page.screenshot(path=shots / f"{number}-{tab}.png")
