"""Logging in and out, and what each role may do."""

import re

from playwright.async_api import expect
from tests.support.page.screen import Screen
from tests.support.waiting import until

SECRETS = """async () => {
  const stores = [localStorage, sessionStorage].flatMap((store) => Object.entries(store).flat());
  const databases = (await indexedDB.databases()).map((each) => each.name);
  const kept = await caches.keys();
  return JSON.stringify([document.cookie, stores, databases, kept, Object.keys(window), document.documentElement.outerHTML]);
}"""


async def test_the_demo_offers_both_sellers_and_their_roles(window):
    screen = await Screen.open(await window())
    for seller in ("Aster Trading", "Birch Toys"):
        offered = screen.page.get_by_role("region", name=seller).get_by_role("button")
        await expect(offered).to_have_count(4)
    await screen.page.get_by_role("region", name="Birch Toys").get_by_role("button", name=re.compile("Viewer")).click()
    await expect(screen.page.get_by_role("heading", name="Cancel Requests")).to_be_visible()
    await expect(screen.page.get_by_text("Birch Toys")).to_be_visible()
    await expect(screen.page.get_by_text("Demo viewer · Viewer")).to_be_visible()


async def test_no_script_can_reach_the_token(seller, log_in, window):
    screen = await log_in("admin")
    await expect(screen.page.get_by_role("heading", name="Cancel Requests")).to_be_visible()
    (cookie,) = await screen.window.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("zetpy_session", True, "Strict")
    seen = await screen.page.evaluate(SECRETS)
    for part in cookie["value"].split("."):
        assert part not in seen
    assert '["",' in seen, "document.cookie is empty"


async def test_logging_out_ends_the_session_in_every_tab_and_its_stream(seller, log_in, market):
    shop = await seller.open_shop("shopee")
    request = await seller.asked(shop)
    screen = await log_in()
    screen.window.expect("status of 401")
    other = await Screen.open(screen.window)
    for tab in (screen, other):
        await expect(tab.row(request["order_ref"])).to_be_visible()
    await screen.log_out.click()
    for tab in (screen, other):
        await expect(tab.log_in_title).to_be_visible()
        await expect(tab.page.get_by_text(request["order_ref"])).to_have_count(0)
    assert await screen.window.context.cookies() == []
    await other.page.reload()
    await expect(other.log_in_title).to_be_visible()


async def test_a_session_that_ends_elsewhere_shows_the_log_in(seller, log_in):
    screen = await log_in("viewer")
    screen.window.expect("status of 401")
    await expect(screen.tab("To decide")).to_be_visible()
    await screen.window.context.clear_cookies()
    # The next call, whatever makes it, is refused.
    await screen.page.evaluate("dispatchEvent(new Event('online'))")
    await expect(screen.tab("Rejected").or_(screen.log_in_title)).to_be_visible()
    if await screen.tab("Rejected").is_visible():
        await screen.page.goto("/?tab=rejected")
    await expect(screen.log_in_title).to_be_visible()


async def test_a_viewer_sees_everything_and_decides_nothing(seller, log_in):
    request = await seller.asked(await seller.open_shop("shopee"))
    ref = request["order_ref"]
    screen = await log_in("viewer")
    await expect(screen.row(ref)).to_be_visible()
    await expect(screen.page.get_by_role("button", name=re.compile("^(Approve|Reject)"))).to_have_count(0)
    await expect(screen.page.get_by_role("checkbox")).to_have_count(0)
    await screen.page.keyboard.press("j")
    for key in ("a", "r", "x"):
        await screen.page.keyboard.press(key)
    detail = await screen.detail(ref)
    await expect(detail).to_contain_text("You may look, but not decide.")
    await expect(detail.get_by_role("button", name=re.compile("^(Approve|Reject|Cancel)"))).to_have_count(0)
    answer = await screen.page.evaluate(
        """async (id) => (await fetch(`/v1/cancel-requests/${id}/approve`,
            {method: "POST", headers: {"X-Requested-With": "zetpy", "Content-Type": "application/json"}, body: "{}"})).status""",
        request["id"],
    )
    screen.window.expect("status of 403")
    assert answer == 403
    assert (await seller.now(request))["state"] == "pending"


async def test_a_packing_bench_sees_the_gate_and_nothing_else(seller, log_in):
    request = await seller.asked(await seller.open_shop("shopee"))
    screen = await log_in("fulfilment")
    await expect(screen.menu.get_by_role("link")).to_have_count(1)
    field = screen.page.get_by_role("textbox", name="Order ref or barcode")
    await expect(field).to_be_focused()
    await field.press_sequentially(request["order_ref"].lower())
    await field.press("Enter")
    await expect(screen.page.get_by_text("Hold it", exact=True)).to_be_visible()
    await expect(screen.page.get_by_text("nobody has decided yet")).to_be_visible()
    await seller.zetpy.reject(request)
    await seller.becomes(request, state="rejected", sync="confirmed")

    async def may_ship() -> bool:
        if await screen.page.get_by_text("May ship", exact=True).is_visible():  # what was asked for the last time
            return True
        await field.press("Enter")
        return False

    await until(may_ship, seconds=30, every=0.5)


async def test_a_token_logs_in_where_there_is_no_demo(window, system, seller):
    """The log-in of a service without demo users, told by the same answer with nobody in it."""
    own = await window()
    own.expect("status of 401 .*/v1/session")

    async def nobody(route) -> None:
        if route.request.method == "GET":
            answer = await route.fetch()
            await route.fulfill(response=answer, json=await answer.json() | {"demo": []})
        else:
            await route.continue_()

    await own.context.route("**/v1/session", nobody)
    screen = await Screen.open(own)
    await screen.page.get_by_label("Access token").fill("not-a-token")
    await screen.page.get_by_role("button", name="Log in").click()
    await expect(screen.page.get_by_role("alert")).to_be_visible()
    await screen.page.get_by_label("Access token").fill(seller.token())
    await screen.page.get_by_role("button", name="Log in").click()
    await expect(screen.tab("To decide")).to_be_visible()


async def test_what_came_of_connecting_a_shop_is_told_once(seller, log_in):
    shop = await seller.open_shop("shopee", name="Aster New")
    screen = await log_in("admin", path=f"/?connected=shopee:{shop['shop_id']}&connected=shopee:1234")
    for shop_id in (shop["shop_id"], "1234"):
        await expect(screen.says(f"Shopee shop {shop_id} is connected")).to_be_visible()
    await expect(screen.page.get_by_role("heading", level=1)).to_have_text("Shops")
    await expect(screen.page).to_have_url(re.compile(r"/\?view=shops$"))
    await screen.page.goto("/?connect_error=other-shop")
    await expect(screen.says("No shop was connected")).to_be_visible()
    await expect(screen.says(re.compile("You gave access to another shop"))).to_be_visible()
    await screen.page.goto("/?connect_error=something-new")
    await expect(screen.says(re.compile("Something is wrong on our side"))).to_be_visible()
