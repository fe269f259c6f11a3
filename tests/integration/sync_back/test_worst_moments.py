"""Words, shops and results that come at the worst moment: no answer is forgotten, none is given against the newest word."""

import asyncio
import contextlib
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import httpx
import msgspec
import pytest
from tests.integration.sync_back.conftest import AUTH_KEY, Asked, decision, shop_status
from tests.support.waiting import until

from chassis import tokens, work
from chassis.app import App
from chassis.http import encode_cursor
from chassis.work import Turn, Workers
from contracts import event as on_the_wire
from contracts import topics
from contracts.sync_outcomes import OutcomeDelayed, OutcomeFailed, OutcomeSynced
from contracts.values import Order
from marketplaces.accounts import UnknownShop
from marketplaces.failures import Permanent, Unavailable
from marketplaces.interface import Access, Answered, Reading
from marketplaces.seen import OrderSeen, RequestSeen
from sync_back import api, handlers, store
from sync_back.deliveries import Deliverer
from sync_back.settings import Settings


class Shopee:
    """The other side of the calls, so that a test can hold one of them: `on[order_ref]` is what a call does."""

    def __init__(self):
        self.calls, self.on, self.missing = Counter(), {}, set()
        self.asked_at = datetime(2026, 1, 1, tzinfo=UTC)

    async def approve(self, _access, *, order_ref, **_):
        return await self._answer("approve", order_ref)

    async def reject(self, _access, *, order_ref, **_):
        return await self._answer("reject", order_ref)

    async def _answer(self, verb, order_ref):
        self.calls[verb, order_ref] += 1
        if act := self.on.get(order_ref):
            await act()
        return Answered(call_id="c1")

    async def read_orders(self, _access, order_refs):
        self.calls["read", order_refs[0]] += 1
        now = datetime.now(UTC)
        facts = {"channel": "shopee", "shop_id": "1", "region": "MY", "marketplace_status": "IN_CANCEL", "update_time": self.asked_at}
        requests = [RequestSeen(native_id=ref, state="open", asks_seller=True, update_time=self.asked_at) for ref in order_refs]
        orders = {
            ref: OrderSeen(
                **facts,
                order_ref=ref,
                status="cancel_requested",
                status_alone="cancel_requested",
                read_started_at=now,
                read_ended_at=now,
                requests=(request,),
            )
            for ref, request in zip(order_refs, requests, strict=True)
        }
        found = {ref: seen for ref, seen in orders.items() if ref not in self.missing}
        return Reading(orders=found, missing=tuple(self.missing), call_ids=())


class Book:
    """The accounts of shops, all of which have a token that works, or are `unknown`."""

    def __init__(self):
        self.unknown = set()

    async def call(self, channel, shop_id, use):
        if shop_id in self.unknown:
            raise UnknownShop(f"{channel}:{shop_id}")
        return await use(Access(channel=channel, shop_id=shop_id, region="MY", token=None))


class Desk:
    """Sync-back's parts over a real database, with hands to hear words and to read what was said."""

    def __init__(self, app):
        self.app, self.shopee, self.book = app, Shopee(), Book()
        self.deliverer = Deliverer(app, self.book, {"shopee": self.shopee}, misconfigured_delay_seconds=300)
        self.numbers = iter(range(1, 1000))

    def asked(self, shop_id="1"):
        order_ref = f"2604{next(self.numbers):06}"
        order = Order(seller_id="seller-a", channel="shopee", shop_id=shop_id, order_ref=order_ref, region="MY")
        return Asked(SimpleNamespace(), order, order_ref)

    async def hear(self, *words):
        async with self.app.transaction() as tx:
            heard = await handlers.on_cancel_decisions(tx, [decision(word) for word in words], now=self.app.now())
            await self.app.announce(tx, heard)

    async def hear_shop(self, state, revision, order):
        async with self.app.transaction() as tx:
            heard = await handlers.on_shop_status(tx, [shop_status(state, revision, order)], now=self.app.now())
            await self.app.announce(tx, heard)

    async def said(self, asked, kind=object):
        rows = await self.app.pool.fetch("select value from outbox order by id")
        said = [on_the_wire.decode(row["value"], topics.SYNC_OUTCOMES).data for row in rows]
        return [each for each in said if each.request_id == asked.request_id and isinstance(each, kind)]

    async def says(self, asked, kind):
        return (await until(lambda: self.said(asked, kind), what=f"{kind.__name__}"))[0]

    async def state(self, asked, revision=2):
        return await self.app.pool.fetchval(
            "select state from deliveries where request_id = $1::text::uuid and revision = $2", asked.request_id, revision
        )

    @contextlib.asynccontextmanager
    async def working(self, *, workers=2):
        task = asyncio.create_task(Workers(self.app, self.deliverer.serve_turn, workers=workers, per_turn=10).run())
        try:
            yield
        finally:
            self.app.stop.set()
            await task
            self.app.stop.clear()


@pytest.fixture
async def desk(database, kafka_url):
    url = await database("sync_back", packages=("chassis", "sync_back"))
    settings = Settings(database_url=url, AUTH_KEY=AUTH_KEY, KAFKA_URL=kafka_url, TOPIC_PREFIX=f"t{os.urandom(5).hex()}-")
    app = App("sync-back", settings, packages=("chassis", "sync_back"))
    await app.open_database()
    app.http.include_router(api.routes(app))
    yield Desk(app)
    await app.pool.close()


async def test_a_shop_nobody_knew_is_answered_once_connected_though_the_answer_that_found_out_is_not_owed_any_more(desk):
    first, second = desk.asked(), desk.asked()
    desk.book.unknown.add("1")
    async with desk.working():
        await desk.hear(first.approved())
        await desk.says(first, OutcomeDelayed)
        await desk.hear(first.lapsed(3))
        desk.book.unknown.clear()
        await desk.hear_shop("connected", 1, first.order)
        await desk.hear(second.approved())
        await desk.says(second, OutcomeSynced)
    assert not desk.shopee.calls["approve", first.order.order_ref]


async def test_a_shop_that_is_told_to_be_connected_goes_on_waiting_where_it_was_throttled(desk):
    asked = desk.asked()
    until_then = datetime(2100, 1, 1, tzinfo=UTC)
    async with desk.app.transaction() as tx:
        await work.pause(tx, asked.order.shop_key, until_then)
    await desk.hear_shop("connected", 1, asked.order)
    assert await desk.app.pool.fetchval("select not_before from work_shops") == until_then


async def test_an_answer_that_was_given_up_is_not_sent_again_after_a_newer_word(desk):
    asked = desk.asked()

    async def never():
        raise Permanent("no such field", code="bad")

    desk.shopee.on[asked.order.order_ref] = never
    async with desk.working():
        await desk.hear(asked.approved())
        await desk.says(asked, OutcomeFailed)
        await desk.hear(asked.lapsed(3))
        await desk.hear(asked.again(2, 1))
        async with desk.app.transaction() as tx:
            assert not await store.retry_delivery(tx, asked.request_id, 2, now=desk.app.now())
    assert await desk.state(asked) == "failed"
    assert desk.shopee.calls["approve", asked.order.order_ref] == 1


async def test_an_answer_that_meets_a_bug_does_not_hold_up_the_others_of_its_shop(desk):
    poisoned, others = desk.asked(), [desk.asked() for _ in range(3)]

    async def bug():
        raise KeyError("a mistake of ours")

    desk.shopee.on[poisoned.order.order_ref] = bug
    await desk.hear(poisoned.rejected(), *(other.approved() for other in others))
    async with desk.working():
        for other in others:
            await desk.says(other, OutcomeSynced)
        delayed = await desk.says(poisoned, OutcomeDelayed)
    assert delayed.next_attempt_at
    assert "mistake" not in delayed.message


async def test_the_opposite_answer_reads_first_where_an_earlier_one_may_have_reached_the_marketplace(desk):
    asked, under_way, go_on = desk.asked(), asyncio.Event(), asyncio.Event()

    async def slow():
        under_way.set()
        await go_on.wait()

    desk.shopee.on[asked.order.order_ref] = slow
    async with desk.working():
        await desk.hear(asked.approved())
        await under_way.wait()
        await desk.hear(asked.rejected(4))
        go_on.set()
        await until(lambda: desk.shopee.calls["reject", asked.order.order_ref])
        assert desk.shopee.calls["read", asked.order.order_ref] == 1
        await until(lambda: _are(desk.said(asked, OutcomeSynced), 2))


@pytest.mark.parametrize("answer", ["approved", "rejected"])
async def test_an_answer_that_waited_does_not_meet_the_next_request_of_its_order(desk, answer):
    """The shop was away, the buyer took the request back and asked again, and the shop is connected before the ingestor has looked."""
    asked = desk.asked()
    word = getattr(asked, answer)()
    word = msgspec.structs.replace(word, decided_at=desk.app.now() - timedelta(hours=1))
    desk.shopee.asked_at = desk.app.now()
    await desk.hear(word)
    async with desk.working():
        delayed = await desk.says(asked, OutcomeDelayed)
        await desk.hear(asked.lapsed(3))
    assert delayed.cause == "locked"
    assert await desk.app.pool.fetchval("select failures from deliveries") == 0
    assert await desk.state(asked) == "superseded"
    assert [verb for verb, _ in desk.shopee.calls] == ["read"]


async def test_an_answer_does_not_meet_the_next_request_while_the_ingestor_leaves_the_shop_alone(desk, monkeypatch):
    """It could not read the shop for a while, so its look comes minutes after the outcome that asks for it."""
    monkeypatch.setattr("sync_back.domain.CHANGED_DELAYS_SECONDS", (0.05, 0.05, 60.0))
    asked = desk.asked()
    word = msgspec.structs.replace(asked.rejected(), decided_at=desk.app.now() - timedelta(hours=1))
    desk.shopee.asked_at = desk.app.now()
    await desk.hear(word)
    async with desk.working():
        await until(lambda: _are(desk.said(asked, OutcomeDelayed), 3))
        await desk.hear(asked.lapsed(3))
    assert not desk.shopee.calls["reject", asked.order.order_ref]
    assert await desk.state(asked) == "superseded"


async def _are(listing, number):
    return len(await listing) == number


async def test_what_a_call_came_to_outranks_the_disconnection_that_was_told_meanwhile(desk):
    asked, under_way, go_on = desk.asked(), asyncio.Event(), asyncio.Event()

    async def given_up():
        under_way.set()
        await go_on.wait()
        raise Permanent("no such field", code="bad")

    desk.shopee.on[asked.order.order_ref] = given_up
    async with desk.working():
        await desk.hear(asked.approved())
        await under_way.wait()
        await desk.hear_shop("disconnected", 1, asked.order)
        go_on.set()
        failed = await desk.says(asked, OutcomeFailed)
    assert failed.attempt > (await desk.said(asked, OutcomeDelayed))[0].attempt
    attempts = await desk.app.pool.fetch("select attempt, result from attempts")
    assert [(each["attempt"], each["result"]) for each in attempts] == [(1, "failed")]


async def test_whoever_lost_the_lease_begins_no_further_answer(desk):
    asked = desk.asked()
    await desk.hear(asked.approved())
    lost = Turn(asked.order.shop_key, uuid4(), [work.Claimed(asked.request_id, 1, 1)])
    await desk.deliverer.serve_turn(lost)
    assert not desk.shopee.calls
    assert await desk.state(asked) == "queued"


async def test_an_order_that_one_read_does_not_show_is_asked_for_again(desk):
    asked = desk.asked()

    async def lost():
        desk.shopee.on.clear()
        desk.shopee.missing.add(asked.order.order_ref)
        raise Unavailable("no answer", maybe_applied=True)

    desk.shopee.on[asked.order.order_ref] = lost
    async with desk.working():
        await desk.hear(asked.rejected())
        await until(lambda: _are(desk.said(asked, OutcomeDelayed), 2))
        desk.shopee.missing.clear()
        await desk.says(asked, OutcomeSynced)


async def test_a_shop_whose_calls_time_out_gives_way_after_each(desk):
    slow, fast = [desk.asked("1"), desk.asked("1")], desk.asked("2")
    order_of_calls = []

    async def too_slow():
        order_of_calls.append("slow")
        failure = Unavailable("no answer in time", maybe_applied=True)
        failure.cause = "timeout"
        if len(order_of_calls) == 1:
            await desk.hear(fast.rejected())
        raise failure

    async def at_once():
        order_of_calls.append("fast")

    desk.shopee.on = {each.order.order_ref: too_slow for each in slow} | {fast.order.order_ref: at_once}
    await desk.hear(*(each.approved() for each in slow))
    async with desk.working(workers=1):
        await until(lambda: len(order_of_calls) >= 3)
    assert order_of_calls[:3] == ["slow", "fast", "slow"]


@pytest.mark.parametrize(
    "path",
    [
        "/99999999999999999999",
        "?cursor=" + encode_cursor(["yesterday", "x", "y"], filters={"state": None, "shop_id": None, "due_before": None}),
        "?cursor=" + encode_cursor(7, filters={"state": None, "shop_id": None, "due_before": None}),
        "?cursor="
        + encode_cursor(["2026-01-01T00:00:00+00:00", str(uuid4()), 2**40], filters={"state": None, "shop_id": None, "due_before": None}),
        "?shop_id=%00",
        "?due_before=2026-01-01T00:00:00",
        "?due_before=0001-01-01T00:00:00%2B14:00",
    ],
)
async def test_what_no_delivery_can_match_is_the_callers_mistake_and_not_ours(desk, path):
    token = tokens.mint(AUTH_KEY, sub="o", name="Ops", seller_id=None, roles=["ops"], ttl_seconds=600)
    path = f"/{uuid4()}:{path[1:]}" if path.startswith("/") else path
    transport = httpx.ASGITransport(app=desk.app.http, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers={"Authorization": f"Bearer {token}"}) as http:
        assert (await http.get(f"/v1/deliveries{path}")).status_code in {400, 404, 422}
        if "?" not in path:
            assert (await http.post(f"/v1/deliveries{path}/retry")).status_code == 404
