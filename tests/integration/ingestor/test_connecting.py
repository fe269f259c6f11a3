"""Sellers connect shops: link, the marketplace's consent page, callback; and everything that may go wrong between."""

import asyncio
import itertools
import os
from collections import Counter

import httpx
import pytest
from tests.integration.ingestor.conftest import PAGE
from tests.support.waiting import until

from contracts.cancel_requests import CancelRequested

CHANNELS = ["shopee", "tiktok"]
STATUS = {"shopee": "ready_to_ship", "tiktok": "new"}
NUMBERS = itertools.count(int.from_bytes(os.urandom(2)) * 1000)


def a_shop(world, channel, **more):
    """A shop of the marketplace that nobody has connected."""
    number = next(NUMBERS)
    shop_id = str(300_000_000 + number) if channel == "shopee" else f"7490{number:015}"
    return world.control("POST", "/shops", {"channel": channel, "shop_id": shop_id, "name": f"Shop {number}", "region": "MY", **more})


async def link(world, channel, *, seller="seller-a", **more):
    answer = await world.ask("POST", "/v1/connect-links", roles=["service"], json={"channel": channel, "seller_id": seller, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["url"]


async def follow(url, **params):
    """What a browser does: it goes there, and is told to go on to the address that comes back."""
    async with httpx.AsyncClient(trust_env=False, timeout=20) as browser:
        answer = await browser.get(httpx.URL(url).copy_merge_params(params))
    assert answer.has_redirect_location, answer.text
    return answer.headers["location"]


async def consent(url, shop, **more):
    """The seller chooses the shop and agrees; the callback's address."""
    return await follow(url, **({"shop_id": shop["shop_id"], "answer": "allow"} | more))


async def result(callback):
    """What the page is told."""
    location = await follow(callback)
    assert location.startswith(f"{PAGE}/?")
    return httpx.URL(location).params.multi_items()


async def connect(world, shop, *, seller="seller-a", **more):
    return await result(await consent(await link(world, shop["channel"], seller=seller, **more), shop))


async def stored(world, shop):
    rows = await world.rows(
        "select s.*, a.generation from shops s join authorisations a on a.id = s.authorisation where s.channel = $1 and s.shop_id = $2",
        shop["channel"],
        shop["shop_id"],
        url=world.accounts_url,
    )
    return rows[0] if rows else None


def exchanges(world):
    items = world.control("GET", "/calls")["items"]
    return sum(item["count"] for item in items if item["endpoint"] == "token/get")


async def is_read(world, shop):
    """A request of the shop is heard of: its tokens work."""
    order = world.order(shop["channel"], shop_id=shop["shop_id"], status=STATUS[shop["channel"]])
    order.event("request-cancel")
    return await world.heard(order.ref, CancelRequested)


@pytest.fixture(params=CHANNELS)
def shop(world, request):
    return a_shop(world, request.param)


async def test_what_waits_for_an_answer_is_read_as_soon_as_the_shop_is_connected(world, shop):
    """This ingestor sweeps once an hour."""
    order = world.order(shop["channel"], shop_id=shop["shop_id"], status=STATUS[shop["channel"]], created_ago_s=7200)
    order.event("request-cancel", requested_ago_s=3600)
    assert await connect(world, shop) == [("connected", f"{shop['channel']}:{shop['shop_id']}")]
    said = await world.heard(order.ref, CancelRequested)
    assert (said.order.seller_id, said.shop_name, said.found_by) == ("seller-a", shop["name"], "sweep")
    assert said.stock_from > said.requested_at
    assert (await is_read(world, shop)).found_by == "push"


async def test_connected_again_the_shop_has_new_tokens_and_is_there_once(world, shop):
    await connect(world, shop)
    first = await stored(world, shop)
    assert await connect(world, shop) == [("connected", f"{shop['channel']}:{shop['shop_id']}")]
    again = await stored(world, shop)
    assert again["generation"] > first["generation"]
    assert (again["stock_from"], again["state"]) == (first["stock_from"], "connected")
    assert again["shop_revision"] > first["shop_revision"]
    await is_read(world, shop)


async def test_a_state_works_once(world, shop):
    callback = await consent(await link(world, shop["channel"]), shop)
    assert (await result(callback))[0][0] == "connected"
    before = exchanges(world)
    assert await result(callback) == [("connect_error", "link-used")]
    assert exchanges(world) == before


async def test_of_two_browsers_with_the_same_state_one_connects(world, shop):
    callback = await consent(await link(world, shop["channel"]), shop)
    results = await asyncio.gather(*(result(callback) for _ in range(4)))
    key = f"{shop['channel']}:{shop['shop_id']}"
    assert Counter(map(tuple, results)) == {(("connected", key),): 1, (("connect_error", "link-used"),): 3}
    await is_read(world, shop)


async def test_of_two_consents_at_once_the_pair_that_works_is_kept(world, shop):
    callbacks = [await consent(await link(world, shop["channel"]), shop) for _ in range(3)]
    results = await asyncio.gather(*(result(callback) for callback in callbacks))
    assert {name for ((name, _),) in results} == {"connected"}
    await is_read(world, shop)
    assert (await stored(world, shop))["state"] == "connected"


@pytest.mark.parametrize("damage", ["absent", "made up", "of the other channel", "too long"])
async def test_a_state_that_we_did_not_give_connects_nothing(world, shop, damage):
    other = CHANNELS[1 - CHANNELS.index(shop["channel"])]
    state = {
        "absent": "",
        "made up": "guessed",
        "of the other channel": httpx.URL(await link(world, other)).params["state"],
        "too long": "x" * 5000,
    }[damage]
    callback = httpx.URL(await consent(await link(world, shop["channel"]), shop)).copy_set_param("state", state)
    before = exchanges(world)
    assert await result(callback) == [("connect_error", "link-unknown")]
    assert exchanges(world) == before
    assert await stored(world, shop) is None


async def test_a_link_does_not_hold_for_long(world, shop):
    callback = await consent(await link(world, shop["channel"]), shop)
    await world.rows("update connect_links set expires_at = now() - interval '1 second' where used_at is null")
    before = exchanges(world)
    assert await result(callback) == [("connect_error", "link-expired")]
    assert exchanges(world) == before


async def test_what_is_kept_of_a_link_does_not_open_anything(world, shop):
    state = httpx.URL(await link(world, shop["channel"])).params["state"]
    rows = await world.rows("select l::text as line from connect_links l")
    assert len(state) >= 40
    assert not any(state in row["line"] or state.encode().hex() in row["line"] for row in rows)
    await connect(world, shop)
    assert state not in world.service.tail(2000)


async def test_a_seller_who_does_not_agree_is_told_so(world, shop):
    url = await link(world, shop["channel"])
    if shop["channel"] == "tiktok":
        callback = await consent(url, shop, answer="deny")
    else:
        params = httpx.URL(url).params
        callback = httpx.URL(params["redirect_uri"]).copy_merge_params({"state": params["state"]})
    assert await result(callback) == [("connect_error", "declined")]
    assert await result(callback) == [("connect_error", "link-used")]
    assert await stored(world, shop) is None


async def test_a_shop_of_another_seller_stays_his_and_goes_on_working(world, shop):
    await connect(world, shop)
    before = exchanges(world)
    assert await connect(world, shop, seller="seller-b") == [("connect_error", "other-seller")]
    assert exchanges(world) == before + (shop["channel"] == "tiktok"), "Shopee's redirect names the shop: the code is not even used"
    after = await stored(world, shop)
    assert (after["seller_id"], after["state"]) == ("seller-a", "connected")
    await world.rows("delete from work where key = '@sweep' and shop = $1", f"{shop['channel']}:{shop['shop_id']}")
    await is_read(world, shop)
    assert (await stored(world, shop))["state"] == "connected"


async def test_another_shop_than_the_one_to_be_connected_again_changes_nothing(world, shop):
    other = a_shop(world, shop["channel"])
    await connect(world, shop)
    await connect(world, other)
    before = exchanges(world)
    callback = await consent(await link(world, shop["channel"], shop_id=shop["shop_id"]), other)
    assert await result(callback) == [("connect_error", "other-shop")]
    assert exchanges(world) == before + (shop["channel"] == "tiktok"), "as above"
    for each in (shop, other):
        await is_read(world, each)
        assert (await stored(world, each))["state"] == "connected"
    stranger = a_shop(world, shop["channel"])
    callback = await consent(await link(world, shop["channel"], shop_id=shop["shop_id"]), stranger)
    assert await result(callback) == [("connect_error", "other-shop")]
    assert await stored(world, stranger) is None


async def test_a_revoked_shop_goes_on_by_itself_once_it_is_connected_again(world, shop):
    await connect(world, shop)
    order = world.order(shop["channel"], shop_id=shop["shop_id"], status=STATUS[shop["channel"]])
    await world.known(order)
    world.control("POST", f"/shops/{shop['channel']}/{shop['shop_id']}/revoke", {})

    async def disconnected():
        return (await stored(world, shop))["state"] == "disconnected"

    await until(disconnected, what="the shop is disconnected")
    order.event("request-cancel")
    assert (await world.push(shop["channel"], order.push("IN_CANCEL" if shop["channel"] == "shopee" else "CANCEL"))).status_code == 200
    assert await world.said(order.ref) == []
    callback = await consent(await link(world, shop["channel"], shop_id=shop["shop_id"]), shop)
    assert (await result(callback))[0][0] == "connected"
    await world.heard(order.ref, CancelRequested)


async def test_a_shopee_main_account_connects_all_its_shops_and_each_goes_its_own_way(world):
    account = str(next(NUMBERS) + 70_000_000)
    shops = [a_shop(world, "shopee", account=account) for _ in range(3)]
    callback = await follow(await link(world, "shopee"), main_account_id=account)
    assert sorted(await result(callback)) == sorted(("connected", f"shopee:{shop['shop_id']}") for shop in shops)
    for shop in shops:
        await is_read(world, shop)
    for shop in shops:
        world.control("POST", f"/shops/shopee/{shop['shop_id']}/expire-token", {})
        await is_read(world, shop)
    assert [(await stored(world, shop))["state"] for shop in shops] == ["connected"] * 3
    assert len({(await stored(world, shop))["authorisation"] for shop in shops}) == 3


async def test_a_main_account_with_a_shop_of_another_seller_connects_none_and_costs_none(world):
    account = str(next(NUMBERS) + 80_000_000)
    theirs, ours = a_shop(world, "shopee", account=account), a_shop(world, "shopee", account=account)
    await connect(world, theirs, seller="seller-b")
    callback = await follow(await link(world, "shopee"), main_account_id=account)
    assert await result(callback) == [("connect_error", "other-seller")]
    assert await stored(world, ours) is None
    assert (await is_read(world, theirs)).order.seller_id == "seller-b"


async def test_one_tiktok_account_connects_all_its_shops(world):
    account = f"cross-border-{next(NUMBERS)}"
    shops = [a_shop(world, "tiktok", account=account, region=region) for region in ("MY", "SG")]
    connected = await connect(world, shops[0])
    assert sorted(connected) == sorted(("connected", f"tiktok:{shop['shop_id']}") for shop in shops)
    for shop in shops:
        await is_read(world, shop)


async def test_a_marketplace_that_is_down_is_told_and_the_next_link_connects(world, shop):
    world.script("unavailable", channel=shop["channel"], endpoint="token/get")
    assert await connect(world, shop) == [("connect_error", "marketplace-unavailable")]
    assert (await connect(world, shop))[0][0] == "connected"


async def test_the_answer_to_a_second_consent_that_is_lost_half_way_costs_the_shop_nothing(world, shop):
    """The code was exchanged, so the former tokens are void; then the marketplace fails."""
    await connect(world, shop)
    endpoint = "get_shop_info" if shop["channel"] == "shopee" else "authorization/shops"
    world.script("unavailable", channel=shop["channel"], endpoint=endpoint)
    assert await connect(world, shop) == [("connect_error", "marketplace-unavailable")]
    await is_read(world, shop)
    assert (await stored(world, shop))["state"] == "connected"


async def test_a_code_that_is_not_taken_is_told(world, shop):
    callback = httpx.URL(await consent(await link(world, shop["channel"]), shop)).copy_set_param("code", "stale")
    assert await result(callback) == [("connect_error", "code-refused")]


@pytest.mark.parametrize("roles", [["viewer"], ["admin"], ["ops"], []])
async def test_only_services_make_links(world, roles):
    wanted = {"channel": "shopee", "seller_id": "seller-a"}
    assert (await world.ask("POST", "/v1/connect-links", roles=roles, json=wanted)).status_code == 403


async def test_links_for_what_is_not_there_are_refused(world):
    async def made(**wanted):
        answer = await world.ask("POST", "/v1/connect-links", roles=["service"], json={"seller_id": "seller-b", **wanted})
        return answer.status_code

    assert await made(channel="shopee", shop_id="200001") == 404
    assert await made(channel="shopee", shop_id="1") == 404
    assert await made(channel="lazada") == 422
    assert await made(channel="shopee", seller_id="") == 422


async def test_nothing_on_the_way_back_is_kept_by_the_browser_or_passed_on(world, shop):
    callback = await consent(await link(world, shop["channel"]), shop)
    async with httpx.AsyncClient(trust_env=False) as browser:
        answer = await browser.get(callback)
    assert (answer.status_code, answer.headers["cache-control"], answer.headers["referrer-policy"]) == (303, "no-store", "no-referrer")
    assert answer.content == b""
