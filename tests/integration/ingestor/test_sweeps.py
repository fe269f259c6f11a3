"""What no push told is found by sweeps, for shops that are just connected too."""

import pytest
from tests.support.waiting import until

from contracts.cancel_requests import CancelRequestClosed, CancelRequested, OrderCancelled


@pytest.fixture(scope="module")
def swept(make_shared):
    """An ingestor that sweeps every second, and a marketplace that pushes nothing."""
    made = make_shared(INGESTOR_SWEEP_INTERVAL_SECONDS="1")
    made.drop_pushes(times=100_000)
    return made.begin()


@pytest.mark.parametrize(("channel", "status"), [("shopee", "ready_to_ship"), ("tiktok", "new")])
async def test_dropped_pushes_are_found_by_the_next_sweep(swept, channel, status):
    order = swept.order(channel, status=status)
    order.event("request-cancel")
    said = await swept.heard(order.ref, CancelRequested)
    assert said.found_by == "sweep"
    order.event("withdraw")
    closed = await swept.heard(order.ref, CancelRequestClosed)
    assert (closed.found_by, closed.outcome) == ("sweep", "order_continues")
    order.event("ship")
    left = await swept.heard(order.ref, CancelRequestClosed, count=2)
    assert left.order_status_now == "shipped"


@pytest.mark.parametrize(("channel", "status"), [("shopee", "new"), ("tiktok", "ready_to_ship")])
async def test_cancellations_that_nobody_asked_about_are_found_too(swept, channel, status):
    order = swept.order(channel, status=status)
    order.event("instant-cancel", by="buyer")
    assert (await swept.heard(order.ref, OrderCancelled)).found_by == "sweep"


async def test_what_sweeps_had_to_find_is_counted_as_a_gap(swept):
    order = swept.order("shopee")
    order.event("request-cancel")
    await swept.heard(order.ref, CancelRequested)
    answer = await swept.get("/v1/gaps", roles=["ops"])
    (gap,) = [gap for gap in answer.json()["items"] if gap["channel"] == "shopee"]
    assert (gap["found_by"], gap["shop_id"]) == ("sweep", "200001")
    assert gap["count"] >= 1
    assert 0 <= gap["worst_delay_s"] < 60


async def test_sweeps_that_show_nothing_new_lead_to_no_look(swept):
    order = swept.order("shopee")
    order.event("request-cancel")
    await swept.heard(order.ref, CancelRequested)
    reads = len(order.truth()["reads"])
    before = await swept.metric('sweeps_total{channel="shopee"')

    async def swept_again():
        return await swept.metric('sweeps_total{channel="shopee"') >= before + 2

    await until(swept_again, what="two more sweeps")
    detail = [read for read in order.truth()["reads"] if read["endpoint"] == "get_order_detail"]
    assert len(detail) == 1, (reads, detail)


async def test_the_first_sweep_of_a_shop_finds_what_was_open_before_it_was_connected(swept):
    order = swept.order("shopee", shop_id="200003", created_ago_s=7200)
    order.event("request-cancel", requested_ago_s=3600)
    await swept.connect("shopee", "200003")
    said = await swept.heard(order.ref, CancelRequested)
    assert (said.found_by, said.shop_name) == ("sweep", "Aster Home SG")
    gaps = (await swept.get("/v1/gaps", roles=["ops"])).json()["items"]
    assert "200003" not in {gap["shop_id"] for gap in gaps}, "nobody could have pushed it"


async def test_a_shop_that_was_swept_is_announced_as_read(swept):
    from contracts import event as on_the_wire
    from contracts import topics

    async def announced():
        records = await swept.wire.read("shop-status")
        return [on_the_wire.decode(record.value, topics.SHOP_STATUS).data for record in records]

    shops = await until(announced, what="shop-status")
    assert {shop.state for shop in shops} == {"connected"}
    read = await swept.rows("select last_read_at from shops where shop_id = '200001'", url=swept.accounts_url)
    assert read[0]["last_read_at"] is not None


async def test_a_request_that_no_list_shows_any_more_is_looked_at(swept):
    order = swept.order("shopee")
    order.event("request-cancel")
    await swept.heard(order.ref, CancelRequested)
    # As after a clock that went wrong: the list of changes begins after this change.
    await swept.rows("update shops set swept_until = now() + interval '1 hour' where shop = 'shopee:200001'")
    order.event("withdraw")
    assert (await swept.heard(order.ref, CancelRequestClosed)).outcome == "order_continues"
    await swept.rows("update shops set swept_until = now() where shop = 'shopee:200001'")
