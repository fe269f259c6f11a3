"""Many at once: each with a result of its own, and what failed can be tried again."""

from playwright.async_api import expect

MANY = 200
TAKEN = 7


async def test_two_hundred_are_decided_at_once_and_the_failed_ones_are_named(seller, log_in):
    """The line is cut, so that the page still shows as open what a colleague has decided meanwhile."""
    shops = [await seller.open_shop(channel) for channel in ("shopee", "shopee", "shopee", "tiktok")]
    requests = [request for shop in shops for request in await seller.asked_often(shop, MANY // len(shops))]
    screen = await log_in()
    await screen.count_of("To decide", MANY)
    await screen.window.context.route("**/stream", lambda route: route.abort())
    await screen.page.reload()
    screen.window.expect("/stream")
    await screen.count_of("To decide", MANY)
    await screen.read_all(MANY)
    await screen.everything().check()
    await screen.selection.get_by_role("button", name=f"Select {MANY}").or_(screen.selection.get_by_text(f"{MANY} selected")).first.click()
    await expect(screen.selection).to_contain_text(f"{MANY} selected")
    taken = requests[:TAKEN]
    for request in taken:
        await seller.zetpy.reject(request)

    await screen.selection.get_by_role("button", name="Approve…").click()
    await expect(screen.dialog).to_contain_text(f"Cancels {MANY} orders")
    await screen.button(f"Cancel {MANY} orders").click()
    await expect(screen.dialog).to_contain_text(f"{MANY - TAKEN} orders cancelled")
    failed = screen.dialog.get_by_role("region", name=f"{TAKEN} were not decided")
    for request in taken:
        await expect(failed).to_contain_text(request["order_ref"])
    await expect(failed).to_contain_text("Somebody decided otherwise first.")
    await screen.dialog.get_by_role("button", name="Close").last.click()
    await screen.count_of("To decide", 0)
    await screen.count_of("Cancelled", MANY - TAKEN)
    await screen.window.context.unroute("**/stream")
    states = [(await seller.now(request))["state"] for request in requests]
    assert states == ["rejected"] * TAKEN + ["approved"] * (MANY - TAKEN)


async def test_what_failed_because_it_changed_is_tried_again(seller, log_in):
    """The line is cut; the requests changed since they were read, and are still open."""
    requests = await seller.asked_often(await seller.open_shop("shopee"), 3)
    screen = await log_in()
    await screen.window.context.route("**/bulk-decisions", lambda route: route.abort())
    screen.window.expect("/bulk-decisions")
    await screen.count_of("To decide", 3)
    await screen.everything().check()
    await screen.selection.get_by_role("button", name="Approve…").click()
    await screen.button("Cancel 3 orders").click()
    await expect(screen.dialog.get_by_role("alert")).to_contain_text("The service did not answer")
    assert {(await seller.now(request))["state"] for request in requests} == {"pending"}
    await screen.window.context.unroute("**/bulk-decisions")
    await screen.button("Cancel 3 orders").click()
    await expect(screen.dialog).to_contain_text("3 orders cancelled")


async def test_a_mixed_rejection_asks_the_reason_for_tiktok_alone(seller, log_in):
    ours, theirs = await seller.open_shop("shopee"), await seller.open_shop("tiktok")
    requests = [*await seller.asked_often(ours, 2), *await seller.asked_often(theirs, 2)]
    offered = (await seller.zetpy.decision.get(f"/cancel-requests/{requests[2]['id']}/reject-reasons")).json()["items"]
    screen = await log_in()
    await screen.count_of("To decide", 4)
    await screen.everything().check()
    await screen.selection.get_by_role("button", name="Reject…").click()
    await expect(screen.dialog).to_contain_text("TikTok Shop wants a reason for 2 of them; the others need none.")
    await expect(screen.button("Reject 4 requests")).to_be_disabled()
    await screen.dialog.get_by_role("radio", name=offered[0]["text"]).check()
    await screen.button("Reject 4 requests").click()
    await expect(screen.dialog).to_contain_text("4 requests rejected")
    for request in requests:
        await seller.becomes(request, state="rejected", sync="confirmed")
