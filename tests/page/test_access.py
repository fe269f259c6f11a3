"""For everybody: by keyboard alone, on a small screen, read aloud, in the dark."""

import re

import pytest
import pytest_asyncio
from playwright.async_api import expect
from tests.support.page.axe import findings
from tests.support.page.screen import Screen
from tests.support.page.seller import Seller


async def test_a_request_is_decided_by_keyboard_alone_and_never_by_one_key(seller, log_in):
    first, second = await seller.asked_often(await seller.open_shop("shopee"), 2)
    screen = await log_in()
    keys = screen.page.keyboard
    await screen.count_of("To decide", 2)
    await screen.is_settled()
    await keys.press("?")
    await expect(screen.dialog).to_contain_text("Keyboard")
    await screen.close()
    await keys.press("j")
    current = await screen.page.evaluate("document.activeElement.textContent")
    assert current in {first["order_ref"], second["order_ref"]}
    await keys.press("a")
    await expect(screen.button("Cancel the order")).to_be_focused()
    assert (await seller.now(first))["state"] == (await seller.now(second))["state"] == "pending"
    await keys.press("Enter")
    await expect(screen.says(f"Cancelled {current}")).to_be_visible()
    await screen.count_of("To decide", 1)
    await keys.press("j")
    await keys.press("r")
    await expect(screen.button("Reject the request")).to_be_visible()
    await keys.press("Escape")
    await expect(screen.dialog).to_be_hidden()
    await keys.press("x")
    await expect(screen.selection).to_contain_text("1 selected")
    await keys.press("Escape")
    await expect(screen.selection).to_be_hidden()
    await keys.press("/")
    await expect(screen.search).to_be_focused()
    await keys.type("ax")
    await expect(screen.search).to_have_value("ax")
    await expect(screen.dialog).to_be_hidden()


async def test_at_360_pixels_nothing_is_cut_off_and_a_request_is_decided(seller, log_in):
    request = await seller.asked(await seller.open_shop("tiktok", name="A shop with a rather long name of its own"))
    ref = request["order_ref"]
    screen = await log_in(width=360, height=740, has_touch=True)
    for path in ("/", "/?tab=cancelled", "/?tab=attention", "/?view=stop-list", "/?view=gate", "/?view=shops"):
        await screen.page.goto(path)
        await expect(screen.page.get_by_role("main")).to_be_visible()
        assert await screen.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than the screen"
    await screen.page.goto("/")
    await screen.detail(ref)
    await screen.close()
    await screen.approve(ref)
    await screen.show("Cancelled")
    await expect(screen.row(ref)).to_contain_text("Confirmed by TikTok Shop")


@pytest.mark.parametrize(("language", "title"), [("Bahasa Melayu", "Permintaan"), ("简体中文", "取消"), ("Filipino", "Kahilingan|Cancel")])
async def test_the_page_speaks_the_readers_language_and_remembers_it(seller, log_in, language, title):
    screen = await log_in("viewer")
    await screen.page.get_by_role("button", name=re.compile("Account|Test viewer")).or_(screen.page.get_by_label("Language")).first.click()
    await screen.page.get_by_label("Language").select_option(language)
    await expect(screen.page.get_by_role("heading", level=1)).to_have_text(re.compile(title))
    await screen.page.reload()
    await expect(screen.page.get_by_role("heading", level=1)).to_have_text(re.compile(title))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def furnished(system, market):
    """A seller with something in every view."""
    seller = Seller(system, market)
    ours, theirs = await seller.open_shop("shopee", name="Aster MY"), await seller.open_shop("tiktok", name="Aster SG", region="SG")
    waiting = [await seller.asked(ours), await seller.asked(theirs)]
    approved, rejected, ended, parcel = await seller.asked_often(theirs, 4)
    await seller.zetpy.approve(approved)
    await seller.zetpy.reject(rejected)
    await seller.act(ended, "withdraw")
    packed = await seller.asked(ours)
    await seller.zetpy.approve(packed)
    await seller.becomes(ended, state="lapsed")
    await seller.becomes(approved, sync="confirmed")
    yield seller, waiting, parcel
    await seller.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (360, "light")])
async def test_axe_finds_nothing_on_any_view(furnished, window, width, scheme):
    seller, waiting, _ = furnished
    own = await window(width=width, scheme=scheme)
    found: dict[str, list[str]] = {}
    screen = await Screen.open(own)

    async def look(view: str) -> None:
        if said := await findings(screen.page):
            found[view] = said

    await expect(screen.log_in_title).to_be_visible()
    await look("log in")
    await own.session(seller.token("admin"))
    for path in (
        "/",
        "/?tab=cancelled",
        "/?tab=rejected",
        "/?tab=ended",
        "/?tab=attention",
        "/?view=stop-list",
        "/?view=shops",
        "/?q=nothing",
    ):
        await screen.page.goto(path)
        await expect(screen.page.get_by_role("main")).to_be_visible()
        await expect(screen.page.get_by_role("heading", level=1)).to_be_visible()
        await look(path)
    await screen.page.goto("/")
    for request in waiting:
        for verdict, button in (("Approve", "Cancel the order"), ("Reject", "Reject the request")):
            await screen.ask(verdict, request["order_ref"]).click()
            await expect(screen.button(button)).to_be_visible()
            await look(f"{verdict} on {request['channel']}")
            await screen.close()
    await screen.detail(waiting[1]["order_ref"])
    await look("detail")
    await screen.close()
    await screen.page.goto("/?view=gate")
    field = screen.page.get_by_role("textbox", name=re.compile("Order ref"))
    for code, answer in ((waiting[0]["order_ref"], "Hold it"), ("261124AAAAAAAA", "May ship"), ("SOMETHING-ELSE", "Not sure: hold it")):
        await field.fill(code)
        await field.press("Enter")
        await expect(screen.page.get_by_text(answer, exact=True)).to_be_visible()
        await look(f"gate: {answer}")
    assert not found, "\n".join(f"{view}: {each}" for view, said in found.items() for each in said)
