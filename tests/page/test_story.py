"""The seller's story on both channels: a buyer asks, the seller answers, the marketplace and the shelf follow."""

import re

import pytest
from playwright.async_api import expect
from tests.support.page.seller import OPENING


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_approving_cancels_the_order_and_gives_the_stock_back(seller, log_in, channel):
    shop = await seller.open_shop(channel, name="Aster Home")
    screen = await log_in()
    await expect(screen.page.get_by_text("All decided")).to_be_visible()
    request = await seller.asked(shop)
    ref, name = request["order_ref"], {"shopee": "Shopee", "tiktok": "TikTok Shop"}[channel]
    row = screen.row(ref)
    for text in ("Aster Home", "Malaysia", "Cotton T-shirt", "TS-BLU-M", "RM\u00a045.90", "Cancel requested"):
        await expect(row).to_contain_text(text)
    await expect(screen.page).to_have_title("(1) Cancel Requests · Zetpy")
    await expect(screen.menu.get_by_role("link", name=re.compile("Cancel Requests"))).to_contain_text("(1)")

    await screen.ask("Approve", ref).click()
    await expect(screen.dialog).to_contain_text(f"Cancels {ref} on {name}")
    await expect(screen.dialog).to_contain_text("Refunds RM\u00a045.90 to the buyer")
    await expect(screen.dialog).to_contain_text(re.compile("[12] \u00d7 TS-BLU-M"))  # TikTok Shop: a line per unit
    assert (await seller.now(request))["state"] == "pending", "nothing happens before it is confirmed"
    await screen.button("Cancel the order").click()
    await expect(screen.says(f"Cancelled {ref}")).to_be_visible()
    await screen.count_of("To decide", 0)

    await screen.show("Cancelled")
    await expect(screen.row(ref)).to_contain_text(f"Confirmed by {name}")
    await expect(screen.row(ref)).to_contain_text("Test decider")
    detail = await screen.detail(ref)
    for text in ("The buyer asked to cancel", "Approved by Test decider", f"{name} took the answer", f"Confirmed: {name} shows it"):
        await expect(detail).to_contain_text(text)
    await expect(detail).to_contain_text("Stock given back")
    assert (await seller.truth(request))["status"] == "cancelled"
    assert await seller.available() == OPENING
    await expect(screen.page).to_have_title("Cancel Requests · Zetpy")


async def test_rejecting_on_shopee_needs_no_reason_and_waits_until_it_is_taken(seller, log_in):
    request = await seller.asked(await seller.open_shop("shopee"))
    ref = request["order_ref"]
    screen = await log_in()
    await screen.ask("Reject", ref).click()
    await expect(screen.dialog).to_contain_text(f"{ref} goes on: back to Ready to Ship")
    await expect(screen.dialog).to_contain_text("Don't ship before Shopee has taken the answer")
    await expect(screen.dialog.get_by_role("radio")).to_have_count(0)
    await screen.button("Reject the request").click()
    await screen.show("Rejected")
    await expect(screen.row(ref)).to_contain_text("Ready to Ship")
    await expect(screen.row(ref)).to_contain_text("Confirmed by Shopee")
    assert await seller.available() == OPENING - 2


async def test_rejecting_on_tiktok_takes_one_of_its_own_reasons(seller, log_in):
    request = await seller.asked(await seller.open_shop("tiktok"))
    ref = request["order_ref"]
    offered = (await seller.zetpy.decision.get(f"/cancel-requests/{request['id']}/reject-reasons")).json()["items"]
    screen = await log_in()
    await screen.ask("Reject", ref).click()
    for reason in offered:
        await expect(screen.dialog.get_by_role("radio", name=reason["text"])).to_be_visible()
    await expect(screen.button("Reject the request")).to_be_disabled()
    await screen.dialog.get_by_role("radio", name=offered[0]["text"]).check()
    await screen.dialog.get_by_label("Comment (optional)").fill("Parcel is sealed already")
    await screen.button("Reject the request").click()
    await screen.show("Rejected")
    await expect(screen.row(ref)).to_contain_text("Ready to Ship")
    detail = await screen.detail(ref)
    await expect(detail).to_contain_text("Parcel is sealed already")
    assert "reject" in [call["endpoint"].rsplit("/", 1)[-1] for call in (await seller.truth(request))["calls"]]


async def test_a_parcel_already_with_the_courier_is_confirmed_twice(seller, log_in):
    shop = await seller.open_shop("tiktok")
    request = await seller.asked(shop, status="ready_to_ship")
    handed = await seller.now(request)
    ref = request["order_ref"]
    screen = await log_in()
    await screen.ask("Approve", ref).click()
    if handed["parcel"]["state"] != "handed_over":
        await screen.button("Cancel the order").click()
    else:
        await expect(screen.button("Cancel the order")).to_be_disabled()
        await screen.dialog.get_by_role("checkbox").check()
        await screen.button("Cancel the order").click()
    await screen.show("Cancelled")
    await expect(screen.row(ref)).to_be_visible()
    await screen.go("Parcels to stop")
    await expect(screen.page.get_by_role("listitem").filter(has_text=ref)).to_be_visible()
    await screen.page.get_by_role("button", name="Pulled out").click()
    await expect(screen.page.get_by_text("No parcel to stop")).to_be_visible()


async def test_a_search_by_many_refs_and_the_filters_are_in_the_address(seller, log_in):
    first, second = await seller.open_shop("shopee", name="Aster One"), await seller.open_shop("tiktok", name="Aster Two")
    ones, twos = await seller.asked_often(first, 3), await seller.asked_often(second, 2)
    screen = await log_in()
    await screen.count_of("To decide", 5)
    await screen.search.fill(f"{ones[0]['order_ref']} {twos[0]['order_ref']}")
    await screen.count_of("To decide", 2)
    await expect(screen.ref(ones[1]["order_ref"])).to_have_count(0)
    await screen.search.fill("")
    await screen.count_of("To decide", 5)
    await screen.channel("Shopee").click()
    await screen.count_of("To decide", 3)
    await screen.page.reload()
    await screen.count_of("To decide", 3)
    await expect(screen.channel("Shopee")).to_have_attribute("aria-pressed", "true")
    await screen.page.go_back()
    await screen.count_of("To decide", 5)
    await screen.search.fill("TS-BLU")
    await screen.count_of("To decide", 5)
    await screen.search.fill("no such thing")
    await expect(screen.page.get_by_text("Nothing fits these filters")).to_be_visible()
    await screen.page.get_by_role("tabpanel").get_by_role("button", name="Clear filters").click()
    await screen.count_of("To decide", 5)


async def test_the_list_of_what_was_cancelled_adds_up_and_downloads(seller, log_in):
    shop = await seller.open_shop("shopee")
    requests = await seller.asked_often(shop, 3)
    for request in requests:
        await seller.zetpy.approve(request)
    screen = await log_in("viewer")
    await screen.show("Cancelled")
    await expect(screen.page.get_by_role("tabpanel").or_(screen.page.get_by_role("main"))).to_contain_text(["RM\u00a0137.70"])
    async with screen.page.expect_download() as coming:
        await screen.page.get_by_role("link", name="Download CSV").click()
    path = await (await coming.value).path()
    content = path.read_text(encoding="utf-8-sig")
    assert content.splitlines()[0].startswith("order_ref,")
    assert all(request["order_ref"] in content for request in requests)
