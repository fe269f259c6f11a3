"""One shop in a storm, another beside it: the whole way from the buyer's wish to the confirmed answer."""

import pytest
from tests.support.waiting import until

from contracts import topics

AT_EACH_STEP = 4


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_a_shop_in_a_throttle_storm_slows_no_other_and_gets_through_when_it_is_over(open_shop, market, channel):
    """Four requests of the healthy shop are found, answered and confirmed one after the other, while nothing of the other's moves."""
    ill, well = await open_shop(channel), await open_shop(channel)
    for shop in (ill, well):
        await until(shop.swept, seconds=30, every=0.1, what="the first sweep")
    owed, unseen = await ill.asked(), await ill.ordered()
    storm = {"fault": "throttle", "channel": channel, "shop_id": ill.shop_id, "times": 100_000}
    await market.ask("POST", "/faults/script", {"script": [storm]})
    await owed.approve()
    await unseen.act("request-cancel")
    await owed.becomes(state="approved", sync="retrying")
    for _ in range(AT_EACH_STEP):
        order = await well.asked()
        await order.approve()
        await order.becomes(state="approved", sync="confirmed", stock="returned")
    assert (await owed.request())["sync"]["state"] == "retrying"
    assert await unseen.rows() == []
    assert set(await owed.words(topics.SYNC_OUTCOMES)) == {"OutcomeDelayed"}
    counts = (await market.ask("GET", "/calls"))["items"]
    calls = {shop: sum(each["count"] for each in counts if each["shop_id"] == shop.shop_id) for shop in (ill, well)}
    assert calls[ill] < calls[well], "who is throttled asks less, not more"
    await market.ask("DELETE", "/faults")
    await owed.becomes(seconds=60, state="approved", sync="confirmed", stock="returned")
    await unseen.becomes(seconds=60, state="pending")
