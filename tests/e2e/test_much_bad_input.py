"""A small campaign of generated bad input; `make bad-input` is the large one."""

from tests.bad_input.campaign import Campaign
from tests.e2e.conftest import OPENING, SELLER


async def test_generated_bad_input_is_refused_or_set_aside_and_good_input_behind_it_is_handled(system, open_shop):
    shops = [await open_shop(channel) for channel in ("shopee", "tiktok")]
    named = {shop.channel: shop.shop_id for shop in shops}
    campaign = Campaign(system, seed=1, shops=named, seller=SELLER, say=lambda _: None)
    report = await campaign.run(pushes=300, records=300)
    assert report.wrong == []
    assert {200, 400, 401} <= report.answers.keys()
    assert {"undecodable", "permanent", "unknown-type", "tombstone"} <= report.reasons.keys()
    for shop in shops:
        order = await shop.asked()
        await order.approve()
        await order.becomes(state="approved", sync="confirmed", stock="returned")
        await shop.stock_is(OPENING, OPENING)
