"""Shopee's queue of lost pushes: drained by one process, confirmed after the durable write, told as a gap."""

import pytest
from tests.integration.ingestor.conftest import apart
from tests.support.waiting import until, until_sync

from contracts.cancel_requests import CancelRequested
from marketplaces.channels import open_channels
from marketplaces.settings import MarketplaceSettings

OFTEN = {"INGESTOR_LOST_PUSHES_INTERVAL_SECONDS": "0.3"}
GET, CONFIRM = "get_lost_push_message", "confirm_consumed_lost_push_message"


async def waiting(world):
    """What Shopee still holds."""
    settings = MarketplaceSettings(**{name.lower(): value for name, value in world.accounts_settings.items()})
    channels = open_channels(settings, purpose="reading")
    try:
        return (await channels.shopee.lost_pushes()).count
    finally:
        await channels.close()


async def drained(world):
    async def empty():
        return await waiting(world) == 0

    await until(empty, seconds=30, every=0.1, what="the queue is empty")


def lost_order(world):
    """An order whose buyer asked to cancel, and no push about it arrives."""
    order = world.order("shopee")
    order.event("request-cancel")
    return order


@pytest.fixture(scope="module")
def lossy(make_shared):
    """Asks for lost pushes often; it sweeps once an hour."""
    made = make_shared(**OFTEN).begin()
    until_sync(lambda: apart(made.rows("select 1 from shops where shop = 'shopee:200001' and swept_until is not null")), what="swept")
    return made


@pytest.fixture
def losing(lossy):
    lossy.script("lose", endpoint="push", channel="shopee", times=10_000)
    yield lossy
    lossy.heal()


async def test_what_was_lost_is_found_in_the_queue_and_told_as_a_gap(losing):
    order = lost_order(losing)
    assert (await losing.heard(order.ref, CancelRequested)).found_by == "lost_push"
    await drained(losing)
    answer = await losing.get("/v1/gaps", roles=["ops"])
    (gap,) = [gap for gap in answer.json()["items"] if gap["found_by"] == "lost_push"]
    assert (gap["channel"], gap["shop_id"]) == ("shopee", "200001")
    assert gap["count"] >= 1
    assert 0 <= gap["worst_delay_s"] < 60
    assert gap["since"]
    assert await losing.metric('gap_seconds_count{channel="shopee",found_by="lost_push"}') == gap["count"]
    assert await losing.metric('lost_pushes_total{outcome="hint"}') >= 1


async def test_what_a_push_told_first_is_no_gap(losing):
    before = (await losing.get("/v1/gaps", roles=["ops"])).json()
    losing.heal()
    order = losing.order("shopee")
    await losing.known(order)
    order.event("request-cancel")
    await losing.heard(order.ref, CancelRequested)
    losing.script("lose", endpoint="push", channel="shopee", times=1)
    order.event("withdraw")
    assert (await losing.push("shopee", order.push("PROCESSED"))).status_code == 200
    await losing.heard(order.ref, CancelRequested)
    await drained(losing)
    await losing.quiet()
    said = [event.data.found_by for event in await losing.said(order.ref)]
    assert said == ["push", "push"]
    assert (await losing.get("/v1/gaps", roles=["ops"])).json() == before


async def test_a_lost_word_about_the_authorisation_is_acted_on(losing):
    await losing.connect("shopee", "200003")
    losing.control("POST", "/shops/shopee/200003/revoke", {})
    lost = "select 1 from shops where shop_id = '200003' and state = 'disconnected'"
    await until(lambda: losing.rows(lost, url=losing.accounts_url), what="the shop is disconnected")


@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after"])
async def test_killed_between_the_write_and_the_confirmation_nothing_is_lost_and_nothing_told_twice(make_world, fault):
    """Shopee has not heard the confirmation; or it has, and we died before we knew."""
    world = make_world(**OFTEN, INGESTOR_LEASE_SECONDS="2", MARKETPLACE_TIMEOUT_SECONDS="1.9").begin()
    await world.quiet()
    world.script(fault, endpoint=CONFIRM, channel="shopee", times=1, seconds=30)
    world.script("throttle", endpoint="get_order_detail", channel="shopee", times=1)
    world.script("lose", endpoint="push", channel="shopee", times=2)
    order = lost_order(world)

    async def confirming():
        recent = world.control("GET", "/calls/recent")["items"]
        return any(call["endpoint"] == CONFIRM for call in recent)

    await until(confirming, every=0.02, what="the confirmation is on its way")
    world.service.kill()
    assert (await waiting(world) > 0) is (fault == "timeout_before")
    world.service.start()
    assert (await world.heard(order.ref, CancelRequested, seconds=30)).found_by == "lost_push"
    await drained(world)
    await world.quiet()
    assert len(await world.said(order.ref)) == 1
    assert len(await world.rows("select 1 from gaps where found_by = 'lost_push' and count = 1")) == 1


async def test_of_two_processes_one_drains_at_a_time_page_by_page(losing):
    """A page holds a hundred; while a confirmation travels nobody else asks, although it would be time to."""
    losing.another().start()
    losing.script("slow", endpoint=GET, channel="shopee", times=1, seconds=2)
    losing.script("slow", endpoint=CONFIRM, channel="shopee", times=2, seconds=1)
    orders = [lost_order(losing) for _ in range(51)]
    for order in orders[::25]:
        assert (await losing.heard(order.ref, CancelRequested, seconds=30)).found_by == "lost_push"
    await drained(losing)
    calls = [call for call in losing.control("GET", "/calls/recent")["items"] if call["endpoint"] in {GET, CONFIRM}]
    calls.sort(key=lambda call: call["at"])
    full = [number for number, call in enumerate(calls) if call["endpoint"] == CONFIRM]
    assert full
    assert all(calls[number - 1]["endpoint"] == GET for number in full)
    pages = [(call["answer"] or {}).get("response", {}).get("last_message_id", 0) for call in calls if call["endpoint"] == GET]
    confirmed = [call["request"]["last_message_id"] for call in calls if call["endpoint"] == CONFIRM]
    assert confirmed == sorted(set(confirmed)), "each page once, and none behind another's back"
    assert set(confirmed) <= set(pages)


async def test_a_queue_that_can_not_be_read_holds_up_nothing_and_is_asked_again(losing):
    losing.heal()
    losing.script("unavailable", endpoint=GET, channel="shopee", times=2)
    order = losing.order("shopee")
    order.event("request-cancel")
    assert (await losing.heard(order.ref, CancelRequested)).found_by == "push"
    losing.script("lose", endpoint="push", channel="shopee", times=2)
    lost = lost_order(losing)
    assert (await losing.heard(lost.ref, CancelRequested)).found_by == "lost_push"
