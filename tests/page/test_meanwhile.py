"""While the seller looks, the world goes on: others decide, requests end, the line is cut."""

import re

from playwright.async_api import expect
from tests.support.page.screen import Screen
from tests.support.waiting import until

from local_stack import control


async def test_a_request_that_ends_while_its_dialogue_is_open_is_not_decided(seller, log_in):
    request = await seller.asked(await seller.open_shop("tiktok"))
    ref = request["order_ref"]
    screen = await log_in()
    await screen.ask("Approve", ref).click()
    await expect(screen.button("Cancel the order")).to_be_enabled()
    await seller.act(request, "withdraw")
    await expect(screen.dialog.get_by_role("alert")).to_contain_text(f"Nothing to decide any more: {ref} is now")
    await expect(screen.button("Cancel the order")).to_have_count(0)
    await screen.dialog.get_by_role("button", name="Close").last.click()
    await screen.show("Ended")
    await expect(screen.row(ref)).to_contain_text("The order goes on")
    assert (await seller.now(request))["state"] == "lapsed"


async def test_of_two_browsers_the_first_decides_and_the_second_is_told(seller, log_in):
    request = await seller.asked(await seller.open_shop("shopee"))
    ref = request["order_ref"]
    first, second = await log_in(), await log_in("admin")
    for screen in (first, second):
        await expect(screen.row(ref)).to_be_visible()
    # The second one's line is slow: it still shows the request as it was.
    await second.window.context.route("**/stream", lambda route: route.abort())
    await second.page.reload()
    second.window.expect("/stream", "status of 409")
    await second.ask("Reject", ref).click()
    await expect(second.button("Reject the request")).to_be_enabled()
    await first.approve(ref)
    await expect(first.says(f"Cancelled {ref}")).to_be_visible()
    await second.button("Reject the request").click()
    await expect(second.says(f"{ref} was not decided")).to_be_visible()
    await expect(second.says("Somebody decided otherwise first.")).to_be_visible()
    await second.show("Cancelled")
    await expect(second.row(ref)).to_contain_text("Test decider")
    assert (await seller.becomes(request, sync="confirmed"))["decided_by"]["name"] == "Test decider"


async def test_both_browsers_show_a_decision_as_it_is_made(seller, log_in):
    request, other = await seller.asked_often(await seller.open_shop("shopee"), 2)
    first, second = await log_in(), await log_in("viewer")
    for screen in (first, second):
        await screen.count_of("To decide", 2)
    await first.approve(request["order_ref"])
    for screen in (first, second):
        await screen.count_of("To decide", 1)
        await expect(screen.row(request["order_ref"])).to_have_count(0)
        await expect(screen.row(other["order_ref"])).to_be_visible()


async def test_a_list_under_somebodys_hand_stands_still(seller, log_in):
    shop = await seller.open_shop("shopee")
    request = await seller.asked(shop, ask={"respond_in_s": 80_000})
    screen = await log_in()
    await screen.is_settled()
    await screen.row(request["order_ref"]).hover()
    newer = await seller.asked(shop, ask={"respond_in_s": 70_000})
    news = screen.page.get_by_role("button", name=re.compile("1 new"))
    await expect(news).to_be_visible()
    await expect(screen.row(newer["order_ref"])).to_have_count(0)
    await news.click()
    await expect(screen.row(newer["order_ref"])).to_be_visible()


async def test_a_cut_line_is_said_and_what_was_missed_is_caught_up(seller, log_in, system):
    shop = await seller.open_shop("shopee")
    request, other = await seller.asked_often(shop, 2)
    screen = await log_in()
    screen.window.expect(
        "ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_CONNECTION_RESET", "status of 503"
    )
    await screen.count_of("To decide", 2)
    await until(lambda: any("/ConfirmOne" in url for url in screen.window.reads), seconds=30, what="the dialogue is at hand")
    control.service(system, "decision", run=False, progress=lambda _: None)
    try:
        await expect(screen.says(re.compile("No connection"))).to_be_visible()
        await expect(screen.row(request["order_ref"])).to_be_visible()
        await screen.ask("Approve", request["order_ref"]).click()
        await screen.button("Cancel the order").click()
        await expect(screen.says(f"{request['order_ref']} was not decided")).to_be_visible()
        await seller.act(other, "withdraw")
    finally:
        control.service(system, "decision", run=True, progress=lambda _: None)
    await expect(screen.says(re.compile("No connection"))).to_be_hidden()
    await seller.becomes(other, state="lapsed")
    await screen.count_of("To decide", 1)
    await screen.approve(request["order_ref"])
    await expect(screen.says(f"Cancelled {request['order_ref']}")).to_be_visible()


async def test_code_that_could_not_be_fetched_is_fetched_when_it_is_asked_for_again(seller, log_in, window):
    request = await seller.asked(await seller.open_shop("shopee"))
    ref = request["order_ref"]
    own = await window()
    own.expect("ERR_FAILED")
    await own.session(seller.token())
    parts = re.compile("/assets/(Detail|Shops|Confirm)")
    await own.context.route(parts, lambda route: route.abort())
    screen = await Screen.open(own)
    await screen.ask("Approve", ref).click()
    await expect(screen.says(re.compile("could not be fetched"))).to_be_visible()
    await screen.ref(ref).click()
    await expect(screen.says(re.compile("could not be fetched"))).to_have_count(2)
    await own.context.unroute(parts)
    await screen.detail(ref)
    await screen.close()
    await own.context.route(parts, lambda route: route.abort())
    await screen.go("Shops")
    await expect(screen.page.get_by_role("main").get_by_text("could not be fetched")).to_be_visible()
    await own.context.unroute(parts)
    await screen.page.get_by_role("button", name="Try again").click()
    await expect(screen.page.get_by_role("heading", level=1)).to_have_text("Shops")
    await screen.go("Cancel Requests")
    await screen.approve(ref)
    await expect(screen.says(f"Cancelled {ref}")).to_be_visible()


async def test_a_browser_that_was_offline_catches_up(seller, log_in):
    request, other = await seller.asked_often(await seller.open_shop("shopee"), 2)
    screen = await log_in()
    screen.window.expect("ERR_INTERNET_DISCONNECTED")
    await screen.count_of("To decide", 2)
    await screen.window.context.set_offline(True)
    await seller.zetpy.approve(request)
    await screen.window.context.set_offline(False)
    await screen.count_of("To decide", 1)
    await expect(screen.row(other["order_ref"])).to_be_visible()


async def test_an_answer_that_the_marketplace_refuses_is_decided_again(seller, log_in):
    """Decided in Seller Center at the same moment: what the marketplace did is shown, and why."""
    request = await seller.asked(await seller.open_shop("tiktok"))
    ref = request["order_ref"]
    screen = await log_in()
    await expect(screen.row(ref)).to_be_visible()
    await seller.act(request, "seller-center-reject")
    await seller.becomes(request, state="lapsed")
    await screen.show("Ended")
    detail = await screen.detail(ref)
    await expect(detail).to_contain_text("Ended: withdrawn by the buyer or answered in Seller Center.")
