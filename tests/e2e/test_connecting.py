"""A seller connects a shop, loses it, and connects it again: through decision, ingestor and the marketplace's consent page."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.e2e.conftest import OPENING, SELLER, Shop, new_shop_id
from tests.support import running
from tests.support.waiting import until
from tests.support.wire import readable

from contracts import topics
from local_stack.demo.zetpy import Zetpy

ANSWERS = {"shopee": ["handle_buyer_cancellation"], "tiktok": ["approve"]}


async def alarmed(order) -> bool:
    return "shop_disconnected" in (await order.request())["alerts"]


async def solved(order) -> bool:
    return not await alarmed(order)


class Newcomer(Shop):
    """A shop that the marketplace knows and Zetpy doesn't, until its seller connects it."""

    async def appear(self) -> "Newcomer":
        shop = {"channel": self.channel, "shop_id": self.shop_id, "name": f"Shop {self.shop_id}", "region": "MY", "seller": SELLER}
        await self.market.ask("POST", "/shops", shop)
        items = [{"sku": sku, "set_to": OPENING, "reason": "opening", "reference": "test"} for sku in self.skus]
        await self.seller.post_stock(items, key=f"open-{self.shop_id}")
        return self

    async def connect(self, **wanted) -> list[tuple[str, str]]:
        """What the seller does in the browser; what the page is told."""
        made = await self.seller.decision.post("/shops/connect-links", json={"channel": self.channel, **wanted})
        assert made.status_code == 201, made.text
        async with httpx.AsyncClient(trust_env=False, timeout=20) as browser:
            chosen = {"shop_id": self.shop_id, "answer": "allow"}
            back = await browser.get(httpx.URL(made.json()["url"]).copy_merge_params(chosen))
            page = httpx.URL((await browser.get(back.headers["location"])).headers["location"])
        assert page.port == self.system.decision_port
        return page.params.multi_items()

    async def listed(self) -> dict | None:
        """The shop as the seller's list shows it."""
        items = (await self.seller.decision.get("/shops")).raise_for_status().json()["items"]
        return next((item for item in items if item["shop_id"] == self.shop_id), None)

    async def is_state(self, state: str) -> None:
        async def so():
            shop = await self.listed()
            return shop is not None and shop["state"] == state

        await until(so, seconds=30, every=0.1, what=f"the shop is {state}")

    async def states(self) -> list[str]:
        """What was announced of the shop, repeats left out."""
        records = await self.wire.read(topics.SHOP_STATUS.name)
        said = [event.data.state for event in readable(records, topics.SHOP_STATUS) if event.data.shop_id == self.shop_id]
        return [state for number, state in enumerate(said) if number == 0 or said[number - 1] != state]


@pytest.fixture(params=["shopee", "tiktok"])
async def newcomer(system, market, seller, request):
    return await Newcomer(system, market, seller, request.param, new_shop_id(request.param)).appear()


async def test_history_gives_no_stock_back_and_what_waits_is_there_at_once(newcomer):
    """Both happened while nobody had connected the shop; the stock on hand was counted after that."""
    status = "new" if newcomer.channel == "shopee" else "ready_to_ship"
    gone = await newcomer.ordered(status=status)
    await gone.act("instant-cancel", by="buyer")
    waits = await newcomer.ordered()
    await waits.act("request-cancel")

    async def over():
        truth = await gone.truth()
        # Marketplaces tell whole seconds, and what was cancelled in the second of connecting counts as ours.
        second_after = datetime.fromisoformat(truth["updated_at"]) + timedelta(seconds=1)
        return truth["marketplace_status"] == "CANCELLED" and datetime.now(UTC) >= second_after

    await until(over, every=0.05, what="the cancellation is over")
    assert await newcomer.connect() == [("connected", f"{newcomer.channel}:{newcomer.shop_id}")]
    await waits.becomes(state="pending", status="cancel_requested")
    await gone.becomes(state="cancelled_elsewhere", stock="none")
    sold = (OPENING - 4, OPENING - 2)
    await newcomer.stock_is(*sold)
    await waits.approve()
    await waits.becomes(state="approved", sync="confirmed", stock="returned")
    await newcomer.stock_is(OPENING - 2, OPENING - 1)


async def test_a_shop_that_was_revoked_waits_and_goes_on_by_itself_once_connected_again(newcomer):
    await newcomer.connect()
    waits, asks = await newcomer.asked(), await newcomer.asked()
    await newcomer.market.ask("POST", f"/shops/{newcomer.channel}/{newcomer.shop_id}/revoke", {})
    await newcomer.is_state("disconnected")
    await until(lambda: alarmed(asks), every=0.1, what="the alert")
    answer = await waits.approve()
    assert answer["sync"]["state"] == "blocked"
    await waits.becomes(state="approved", sync="blocked", stock="returned")
    assert await alarmed(waits)
    pending = await asks.request()
    refused = await newcomer.seller.decision.post(f"/cancel-requests/{pending['id']}/reject", json={"revision": pending["revision"]})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-answerable")
    assert await waits.calls() == []

    assert await newcomer.connect(shop_id=newcomer.shop_id) == [("connected", f"{newcomer.channel}:{newcomer.shop_id}")]
    await waits.becomes(state="approved", sync="confirmed", stock="returned")
    assert await waits.calls() == ANSWERS[newcomer.channel]
    await until(lambda: solved(asks), every=0.1, what="the alert is solved")
    answered = await asks.approve()
    assert answered["sync"]["state"] == "queued"
    await asks.becomes(sync="confirmed")
    assert await newcomer.states() == ["connected", "disconnected", "connected"]
    outcomes = await waits.events(topics.SYNC_OUTCOMES)
    assert [event.next_attempt_at for event in outcomes if type(event).__name__ == "OutcomeDelayed"] == [None]


async def test_an_answer_that_finds_the_shop_revoked_waits_for_it_without_burning_tries(system, newcomer):
    """No push and no sweep was told before: the call itself is."""
    await newcomer.connect()
    order = await newcomer.asked()
    await asyncio.to_thread(running.stop, system, "ingestor")
    try:
        await newcomer.market.ask("POST", f"/shops/{newcomer.channel}/{newcomer.shop_id}/revoke", {})
        await order.approve()
        await order.becomes(state="approved", sync="blocked", stock="returned")
        assert await order.calls() == ANSWERS[newcomer.channel], "the one that found out"
    finally:
        await asyncio.to_thread(running.start, system, "ingestor")
    await newcomer.connect(shop_id=newcomer.shop_id)
    await order.becomes(sync="confirmed")
    assert await order.calls() == 2 * ANSWERS[newcomer.channel]


async def test_a_consent_that_ends_soon_is_told_and_renewed_by_connecting_again(newcomer):
    await newcomer.connect()
    await newcomer.market.ask("POST", f"/shops/{newcomer.channel}/{newcomer.shop_id}/expiring", {"in_s": 86_400})
    await newcomer.is_state("expiring")
    before = await newcomer.listed()
    order = await newcomer.asked()
    await order.approve()
    await order.becomes(sync="confirmed")
    await newcomer.connect(shop_id=newcomer.shop_id)
    await newcomer.is_state("connected")
    after = await newcomer.listed()
    assert before is not None
    assert after is not None
    assert after["authorised_until"] > before["authorised_until"]


async def test_only_an_administrator_connects_and_only_shops_of_his_own(system, newcomer):
    await newcomer.connect()
    await newcomer.is_state("connected")
    wanted = {"channel": newcomer.channel, "shop_id": newcomer.shop_id}
    for seller, role, status in (("seller-a", "decider", 403), ("seller-a", "viewer", 403), ("seller-b", "admin", 404)):
        somebody = Zetpy(system, seller, role=role)
        answer = await somebody.decision.post("/shops/connect-links", json=wanted)
        await somebody.close()
        assert answer.status_code == status
    other = Zetpy(system, "seller-b")
    stranger = Newcomer(system, newcomer.market, other, newcomer.channel, newcomer.shop_id)
    assert await stranger.connect() == [("connect_error", "other-seller")]
    assert await stranger.listed() is None
    await other.close()
    order = await newcomer.asked()
    await order.approve()
    await order.becomes(sync="confirmed")
