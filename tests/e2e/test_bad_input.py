"""Bad input at every door of the whole system: refused with the right word, nothing kept of it, and everybody else goes on."""

import json
import uuid

import asyncpg
import httpx
import msgspec
import pytest
from tests.e2e.conftest import OPENING, SELLER
from tests.support.crowd import dead_letters
from tests.support.pushes import Pusher, about_order
from tests.support.requests import an_order, requested
from tests.support.waiting import until
from tests.support.wire import Wire

from contracts import topics
from contracts.event import announce, encode
from local_stack.demo.shops import connect_shops
from local_stack.demo.zetpy import Zetpy, token
from local_stack.programs import database_url

JSON_TYPE = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
MAX_BODY_BYTES = 1024 * 1024
KEPT_PUSHES = 50


@pytest.fixture
async def pusher(system):
    pusher = Pusher(system)
    yield pusher
    await pusher.close()


@pytest.fixture
async def ingestor(system):
    """The ingestor's database, to see what was kept."""
    connection = await asyncpg.connect(database_url(system, "ingestor"))
    yield connection
    await connection.close()


@pytest.fixture
async def other_seller(system):
    zetpy = Zetpy(system, "seller-b")
    yield zetpy
    await zetpy.close()


async def hints(ingestor, order_ref):
    return await ingestor.fetchval("select count(*) from work where key like $1", f"{order_ref}/%")


async def kept(ingestor, shop_id):
    return await ingestor.fetchval("select count(*) from unknown_pushes where shop_id = $1", shop_id)


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
@pytest.mark.parametrize("signature", ["missing", "empty", "wrong", "of another body", "not ascii"])
async def test_push_without_a_right_signature_is_refused_and_nothing_of_it_is_kept(pusher, ingestor, channel, signature):
    ref = f"F{uuid.uuid4().hex[:12]}"
    body = about_order(channel, "900000000", ref)
    other = pusher.signature(channel, body + b" ")
    given = {"missing": None, "empty": "", "wrong": "0" * 64, "of another body": other, "not ascii": "é"}[signature]
    answer = await pusher.send(channel, body, authorization=given.encode() if signature == "not ascii" else given)
    assert (answer.status_code, answer.content) == (401, b"")
    assert await hints(ingestor, ref) == 0
    assert await kept(ingestor, "900000000") == 0


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_push_that_is_too_large_or_makes_no_sense_is_refused(pusher, channel):
    assert (await pusher.signed(channel, b"x" * (MAX_BODY_BYTES + 1))).status_code == 413
    for body in (b"{", b"[]", b'"text"', b"\xff\xfe", b"[" * 100_000):
        answer = await pusher.signed(channel, body)
        assert (answer.status_code, answer.content) == (400, b""), body[:10]


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_push_of_an_unknown_shop_is_taken_counted_and_kept_within_a_bound(system, pusher, ingestor, channel):
    shop_id = str(10**9 + uuid.uuid4().int % 10**8)
    before = await metric(system, channel)
    for number in range(3):
        assert (await pusher.signed(channel, about_order(channel, shop_id, f"U{number}"))).status_code == 200

    async def all_kept():
        return await kept(ingestor, shop_id) == 3

    await until(all_kept, what="the pushes are kept")
    assert await metric(system, channel) == before + 3
    for number in range(KEPT_PUSHES + 5):
        assert (await pusher.signed(channel, about_order(channel, str(int(shop_id) + 1), f"V{number}"))).status_code == 200

    async def newest_kept():
        return await kept(ingestor, shop_id) == 0

    await until(newest_kept, what="the oldest make room")
    assert await ingestor.fetchval("select count(*) from unknown_pushes") <= KEPT_PUSHES


async def metric(system, channel):
    async with httpx.AsyncClient(trust_env=False) as client:
        text = (await client.get(f"http://127.0.0.1:{system.ingestor_port}/metrics")).text
    name = f'unknown_shop_pushes_total{{channel="{channel}"}} '
    return sum(float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name))


async def test_only_who_may_decide_decides_and_only_its_own(system, shop, other_seller):
    order = await shop.asked()
    request = await order.request()
    path = f"/cancel-requests/{request['id']}/approve"
    refused = await shop.seller.decision.post(path, headers={"Authorization": f"Bearer {token(system, role='viewer')}"}, json={})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/role-required")
    assert "decider" in refused.text
    for answer in (
        await other_seller.decision.post(path, json={}),
        await other_seller.decision.get(f"/cancel-requests/{request['id']}"),
        await other_seller.decision.get(f"/cancel-requests/{request['id']}/timeline"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
        assert order.ref not in answer.text
    nobody = await shop.seller.decision.post(path, headers={"Authorization": "Bearer no.such.token"}, json={})
    assert (nobody.status_code, nobody.json()["type"]) == (401, "/problems/not-signed-in")
    assert (await order.request())["state"] == "pending"


async def test_decision_after_the_end_is_told_what_happened(shop):
    order = await shop.asked()
    pending = await order.request()
    await order.act("withdraw")
    await order.becomes(state="lapsed")
    for verb in ("approve", "reject"):
        answer = await shop.seller.decision.post(f"/cancel-requests/{pending['id']}/{verb}", json={})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/request-ended")
        assert answer.json()["request"]["state"] == "lapsed"
        assert answer.json()["detail"]
    stale = await shop.seller.decision.post(f"/cancel-requests/{pending['id']}/approve", json={"revision": pending["revision"]})
    assert (stale.status_code, stale.json()["request"]["state"]) == (409, "lapsed")
    assert await order.calls() == []


async def test_disconnected_shop_takes_no_rejection_but_an_approval_and_goes_on_by_itself(system, market, shop):
    to_approve, to_reject = await shop.asked(), await shop.asked()
    reason = await shop.seller.first_reason(await to_reject.request())
    await market.ask("POST", f"/shops/{shop.channel}/{shop.shop_id}/revoke")

    async def disconnected():
        shops = (await shop.seller.decision.get("/shops")).raise_for_status().json()["items"]
        return next(each for each in shops if each["shop_id"] == shop.shop_id)["state"] == "disconnected"

    await until(disconnected, what="the seller sees it")
    refused = await shop.seller.decision.post(f"/cancel-requests/{(await to_reject.request())['id']}/reject", json={"reason": reason})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/not-answerable")
    assert (await to_approve.approve())["state"] == "approved"
    blocked = await to_approve.becomes(state="approved", sync="blocked", stock="returned")
    assert "shop_disconnected" in blocked["alerts"]

    async def says_why():
        return (await to_approve.request())["sync"].get("message")

    await until(says_why, what="why it is blocked")
    assert await to_approve.calls() == []
    owned = {"channel": shop.channel, "shop_id": shop.shop_id, "name": "Again", "region": "MY", "seller": SELLER}
    await connect_shops(system, market, [owned])
    await to_approve.becomes(state="approved", sync="confirmed", stock="returned")
    await until(lambda: rejected(to_reject, reason), seconds=30, what="it can be rejected")
    await to_reject.becomes(state="rejected", sync="confirmed", shippable=True)


async def rejected(order, reason):
    request = await order.request()
    answer = await order.shop.seller.decision.post(f"/cancel-requests/{request['id']}/reject", json={"reason": reason})
    return answer.status_code == 200


async def test_garbage_on_every_topic_is_set_aside_with_its_reason_and_the_rest_goes_on(system, open_shop):
    shop = await open_shop("shopee")
    before = set(await dead_letters(shop.wire))
    envelope = {"specversion": "1.0", "id": str(uuid.uuid4()), "source": "/elsewhere", "time": "2026-11-20T08:00:00Z", "data": {}}
    garbage = {
        "undecodable": [b"not json", b"\xff\x00", b"", json.dumps(envelope | {"type": "com.zetpy.cancel-approved.v1"}).encode()[:40]],
        "tombstone": [None],
        "unknown-type": [json.dumps(envelope | {"type": "com.zetpy.no-such-thing.v1"}).encode()],
    }
    consumed = [topic for topic in topics.TOPICS if topic.consumers]
    records = [
        (topic.name, key, value, [*JSON_TYPE, ("odd", None), ("bytes", b"\xff\xfe")])
        for topic in consumed
        for values in garbage.values()
        for value in values
        for key in (b"garbage", None)
        # The broker refuses a record without a key on a compacted topic, and every client one without key and value.
        if key or not (topic.compacted or value is None)
    ]
    await shop.wire.send_raw(records)
    readers = {topic.name: len(topic.consumers) for topic in consumed}
    wanted = {reason: sum(readers[name] for name, _, value, _ in records if value in values) for reason, values in garbage.items()}

    async def all_set_aside():
        fresh = [letter for letter in await dead_letters(shop.wire) if letter not in before]
        counts = {reason: sum(f"'dead-letter-class': '{reason}'" in letter for letter in fresh) for reason in garbage}
        return counts == wanted and fresh

    letters = await until(all_set_aside, seconds=30, every=0.5, what="all garbage is in the dead letters")
    assert all("dead-letter-message" in letter and "dead-letter-offset" in letter for letter in letters)
    order = await shop.asked()
    await order.approve()
    await order.becomes(state="approved", sync="confirmed", stock="returned")
    await shop.stock_is(OPENING, OPENING)


async def test_request_of_a_channel_that_is_not_here_is_listed_decided_and_left_to_its_own_service(system, seller, market):
    """Lazada's service produces and consumes on its own: here only the list, the decision and the stock are kept."""
    wire, ref = Wire(system.kafka_url, ""), f"LZ{uuid.uuid4().hex[:10]}"
    sku, order = f"lazada-{ref}", an_order(ref, seller=SELLER, channel="lazada", shop="lz-1")
    await seller.post_stock([{"sku": sku, "set_to": 5, "reason": "opening", "reference": "test"}], key=f"open-{ref}")
    data = requested(order)
    data = msgspec.structs.replace(data, lines=tuple(msgspec.structs.replace(line, sku=sku) for line in data.lines))
    event = announce(data, source="/zetpy/lazada-ingestor", time=data.observed_at)
    foreign = json.loads(encode(event)) | {"id": f"lazada-{uuid.uuid4()}", "extra": "unknown"}
    foreign["data"]["mood"] = "new fields are no reason to stumble"
    before = set(await dead_letters(wire))
    await wire.send_raw([(topics.CANCEL_REQUESTS.name, order.key.encode(), json.dumps(foreign).encode(), JSON_TYPE)])

    async def listed():
        return await seller.requests(order_ref=ref, tab="all")

    (row,) = await until(listed, what="it is listed")
    assert (row["channel"], row["state"]) == ("lazada", "pending")
    approved = await seller.approve(row)
    assert (approved["state"], approved["sync"]["state"]) == ("approved", "queued")

    async def returned():
        return (await seller.requests(order_ref=ref, tab="all"))[0]["stock"]["state"] == "returned"

    await until(returned, what="its stock is back")

    async def heard_by_sync_back():
        ends = {record.partition: record.offset + 1 for record in await wire.read(topics.CANCEL_DECISIONS.name)}
        committed = await wire.committed("sync-back", topics.CANCEL_DECISIONS.name)
        return all(committed.get(partition, 0) >= end for partition, end in ends.items())

    await until(heard_by_sync_back, every=0.2, what="sync-back has read the decision")
    headers = {"Authorization": f"Bearer {token(system, role='ops')}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{system.sync_back_port}/v1", headers=headers, trust_env=False) as ops:
        assert (await ops.get("/deliveries", params={"shop_id": "lazada:lz-1"})).json()["items"] == []
    assert set(await dead_letters(wire)) == before
