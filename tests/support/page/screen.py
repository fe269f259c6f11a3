"""What a seller sees and does on the page, found as a reader of the screen finds it: by role and name."""

import re

from playwright.async_api import Locator, Page, expect
from tests.support.page.window import SLOW_MS, Window
from tests.support.waiting import until

expect.set_options(timeout=SLOW_MS)


def _begins(text: str) -> re.Pattern[str]:
    return re.compile(f"^{re.escape(text)}")


class Screen:
    """One tab of a window."""

    def __init__(self, window: Window, page: Page) -> None:
        self.window, self.page = window, page
        self.dialog = page.get_by_role("dialog")
        self.search = page.get_by_role("searchbox", name="Search order refs, SKUs and products")
        self.menu = page.get_by_role("navigation", name="Main menu")
        self.selection = page.get_by_role("region", name="Selected requests")
        self.log_in_title = page.get_by_role("heading", name="Log in to Zetpy")
        self.log_out = page.get_by_role("button", name="Log out")
        self.notices = page.get_by_role("status")

    @classmethod
    async def open(cls, window: Window, path: str = "/") -> "Screen":
        return cls(window, await window.tab(path))

    async def is_settled(self) -> None:
        """The list was read, and once more after the stream began: nothing else is on its way."""
        await until(lambda: sum("/v1/cancel-requests?" in url for url in self.window.reads) > 1, seconds=30)

    # The list

    def row(self, order_ref: str) -> Locator:
        """The row of an order; a card where there is no room for a table."""
        ref = self.page.get_by_role("button", name=order_ref, exact=True)
        return self.page.get_by_role("row").filter(has=ref).or_(self.page.get_by_role("article", name=order_ref))

    def ref(self, order_ref: str) -> Locator:
        """The order's name in the list; it opens the detail."""
        return self.page.get_by_role("button", name=order_ref, exact=True)

    def tab(self, name: str) -> Locator:
        return self.page.get_by_role("tab", name=_begins(name))

    def channel(self, name: str) -> Locator:
        return self.page.get_by_role("group", name="Channels").get_by_role("button", name=re.compile(f"{re.escape(name)} ?\\d*$"))

    async def show(self, tab: str) -> None:
        await self.tab(tab).click()
        await expect(self.tab(tab)).to_have_attribute("aria-selected", "true")

    async def count_of(self, tab: str, count: int) -> None:
        await expect(self.tab(tab)).to_have_text(re.compile(f"^{re.escape(tab)} ?{count}$"))

    async def read_all(self, count: int) -> None:
        """Scroll to the end of a list of so many: it is read page by page."""

        async def at_the_end() -> bool:
            await self.page.get_by_role("row").last.scroll_into_view_if_needed()
            return await self.page.get_by_role("table").get_attribute("aria-rowcount") == str(count + 1)

        await until(at_the_end, seconds=30, every=0.2)

    def tick(self, order_ref: str) -> Locator:
        return self.page.get_by_role("checkbox", name=f"Select {order_ref}")

    def everything(self) -> Locator:
        return self.page.get_by_role("checkbox", name="Select all")

    def ask(self, verdict: str, order_ref: str) -> Locator:
        """The button on the row: `Approve` or `Reject`."""
        return self.row(order_ref).get_by_role("button", name=f"{verdict} {order_ref}")

    # Dialogues

    def button(self, name: str) -> Locator:
        return self.dialog.get_by_role("button", name=name, exact=True)

    async def approve(self, order_ref: str) -> None:
        await self.ask("Approve", order_ref).click()
        await self.button("Cancel the order").click()
        await expect(self.dialog).to_be_hidden()

    async def reject(self, order_ref: str, *, reason: str | None = None) -> None:
        await self.ask("Reject", order_ref).click()
        if reason:
            await self.dialog.get_by_role("radio", name=reason).check()
        await self.button("Reject the request").click()
        await expect(self.dialog).to_be_hidden()

    async def detail(self, order_ref: str) -> Locator:
        """The drawer with everything about one request."""
        await self.ref(order_ref).click()
        await expect(self.dialog).to_contain_text("What happened")
        return self.dialog

    async def close(self) -> None:
        await self.page.keyboard.press("Escape")
        await expect(self.dialog).to_be_hidden()

    # Elsewhere

    async def go(self, entry: str) -> None:
        await self.menu.get_by_role("link", name=_begins(entry)).click()

    def says(self, text: str | re.Pattern[str]) -> Locator:
        return self.notices.get_by_text(text)
