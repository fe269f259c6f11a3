"""Decisions over HTTP: who may, what is refused and why, once only, many at once."""

import asyncio
import uuid

import pytest
from tests.support.decision_api import Asked, bearer
from tests.support.requests import cancelled, delayed, failed, synced
from tests.support.waiting import until

from contracts import event as on_the_wire
from contracts import topics
from contracts.cancel_decisions import CancelApproved, SyncRetryRequested

UNKNOWN = str(uuid.uuid4())
ALL = ("viewer", "decider", "admin", "fulfilment", "ops", "service")
READERS, DECIDERS = ("viewer", "decider", "admin"), ("decider", "admin")
ROUTES = [
    ("GET", "/me", ALL),
    ("GET", "/cancel-requests", READERS),
    ("GET", "/cancel-requests/summary", READERS),
    ("GET", "/cancel-requests/export", READERS),
    ("GET", f"/cancel-requests/{UNKNOWN}", READERS),
    ("GET", f"/cancel-requests/{UNKNOWN}/timeline", READERS),
    ("GET", f"/cancel-requests/{UNKNOWN}/reject-reasons", DECIDERS),
    ("POST", f"/cancel-requests/{UNKNOWN}/approve", DECIDERS),
    ("POST", f"/cancel-requests/{UNKNOWN}/reject", DECIDERS),
    ("POST", f"/cancel-requests/{UNKNOWN}/retry-sync", DECIDERS),
    ("POST", f"/cancel-requests/{UNKNOWN}/acknowledge", DECIDERS),
    ("POST", "/cancel-requests/bulk-decisions", DECIDERS),
    ("GET", "/shops", ("fulfilment", *READERS)),
    ("POST", "/shops/connect-links", ("admin",)),
    ("GET", "/orders/shopee/1/SN1/fulfilment", ("fulfilment", *READERS)),
    ("GET", "/parcels/SPX1/orders", ("fulfilment", *READERS)),
    ("POST", "/fulfilment-checks", ("fulfilment", *READERS)),
]
BODIES = {
    "/cancel-requests/bulk-decisions": {"decision": "approve", "items": [{"id": UNKNOWN}]},
    f"/cancel-requests/{UNKNOWN}/acknowledge": {"alert": "refused"},
    "/shops/connect-links": {"channel": "shopee"},
    "/fulfilment-checks": {"orders": [{"channel": "shopee", "shop_id": "1", "order_ref": "SN1"}]},
}


def problem(answer):
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    return answer.status_code, body["type"].removeprefix("/problems/")


async def events_of(running, asked: Asked, kind: type) -> list:
    records = await running.wire.read("cancel-decisions")
    found = [on_the_wire.decode(record.value, topics.CANCEL_DECISIONS).data for record in records]
    return [each for each in found if isinstance(each, kind) and each.request_id == asked.id]


@pytest.mark.parametrize(
    ("method", "path", "allowed"), ROUTES, ids=[f"{method} {path}".replace(UNKNOWN, "ID") for method, path, _ in ROUTES]
)
async def test_each_route_is_open_to_its_roles_alone(running, http, seller, method, path, allowed):
    for role in ALL:
        headers = bearer(role, seller=seller.id)
        answer = await http.request(method, f"{running.url}/v1{path}", json=BODIES.get(path), headers=headers)
        if role in allowed:
            assert answer.status_code not in {401, 403}, (role, answer.text)
            assert UNKNOWN not in path or answer.status_code == 404, answer.text
        else:
            assert problem(answer) == (403, "role-required")
            assert answer.json()["role"] in allowed
    answer = await http.request(method, f"{running.url}/v1{path}", json=BODIES.get(path))
    assert problem(answer) == (401, "not-signed-in")
    if path != "/me" and "fulfilment" not in allowed:
        sellerless = await http.request(method, f"{running.url}/v1{path}", json=BODIES.get(path), headers=bearer("admin", seller=None))
        assert problem(sellerless) == (403, "role-required")


async def test_approving_cancels_the_order_and_says_who_did_it(running, seller):
    asked = await seller.asks()
    answer = await asked.approve({"revision": 1, "note": "rang the buyer"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["state"], body["sync"]["state"], body["tab"], body["order"]["status"]) == ("approved", "queued", "cancelled", "cancelled")
    assert (body["note"], body["decided_by"], body["revision"]) == ("rang the buyer", {"kind": "person", "id": "u1", "name": "Aina"}, 2)
    assert (body["order"]["shippable"], body["order"]["hold"], body["stock"]["state"]) == (False, "cancelled", "expected")
    again = await asked.now()
    assert again == body | {"updated_at": again["updated_at"]}


async def test_rejecting_holds_the_order_until_the_marketplace_has_heard(seller):
    asked = await seller.asks()
    body = (await asked.reject({"comment": "packed"})).json()
    assert (body["state"], body["order"]["shippable"], body["order"]["hold"]) == ("rejected", False, "rejection_not_taken")
    await seller.hear(synced(asked.order, "reject"))
    body = await asked.now()
    assert (body["sync"]["state"], body["order"]["shippable"], body["order"].get("hold"), body["comment"]) == (
        "synced",
        True,
        None,
        "packed",
    )


async def test_the_same_again_is_fine_and_the_opposite_is_not(seller):
    asked = await seller.asks()
    first = await asked.approve({"revision": 1})
    again = await asked.approve({"revision": 1})
    assert (again.status_code, again.json()["version"]) == (200, first.json()["version"])
    opposite = await asked.reject()
    assert problem(opposite) == (409, "already-decided")
    shown = opposite.json()["request"]
    assert (shown["id"], shown["state"], shown["revision"], shown["decided_by"]["name"]) == (asked.id, "approved", 2, "Aina")


async def test_what_was_seen_is_what_is_decided(seller):
    asked = await seller.asks()
    answer = await asked.approve({"revision": 7})
    assert problem(answer) == (409, "stale-revision")
    assert answer.json()["request"]["revision"] == 1
    assert (await asked.now())["state"] == "pending"
    assert (await asked.approve({"revision": 1})).status_code == 200


async def test_a_request_that_ended_is_not_decided(seller):
    asked = await seller.asks()
    await asked.ends()
    for answer in (await asked.approve(), await asked.reject()):
        assert problem(answer) == (409, "request-ended")
        now = answer.json()["request"]
        assert (now["state"], now["lapsed_because"]) == ("lapsed", "unknown")


async def test_a_disconnected_shop_takes_approvals_only(seller):
    asked = await seller.asks()
    await seller.shop("disconnected")
    row = await asked.now()
    assert problem(await asked.reject()) == (409, "not-answerable")
    answer = await asked.approve()
    assert (answer.status_code, answer.json()["sync"]["state"], answer.json()["alerts"]) == (200, "blocked", ["shop_disconnected"])
    assert row["state"] == "pending"


async def test_what_waits_for_somebody_else_is_not_decided(seller):
    asked = await seller.asks(answerable=False)
    row = await asked.now()
    assert (row["answerable"], row["not_answerable_because"]) == (False, "marketplace_waits_for_others")
    for answer in (await asked.approve(), await asked.reject()):
        assert problem(answer) == (409, "not-answerable")


async def test_another_sellers_request_does_not_exist(seller, other):
    asked = await seller.asks()
    before = await asked.now()
    for path in ("approve", "reject", "retry-sync"):
        assert problem(await other.post(f"{asked.path}/{path}")) == (404, "not-found")
    assert problem(await other.post(f"{asked.path}/acknowledge", {"alert": "refused"})) == (404, "not-found")
    for path in ("", "/timeline", "/reject-reasons"):
        assert problem(await other.get(asked.path + path)) == (404, "not-found")
    bulk = await other.post("/cancel-requests/bulk-decisions", {"decision": "approve", "items": [{"id": asked.id}]})
    assert [item["problem"]["type"] for item in bulk.json()["items"]] == ["/problems/not-found"]
    assert "request" not in bulk.json()["items"][0]["problem"]
    assert await other.list(tab="all") == []
    assert await asked.now() == before
    assert problem(await seller.get("/cancel-requests/no-uuid")) == (404, "not-found")


async def test_a_marketplace_that_wants_a_reason_gets_one_of_its_own(seller, ingestor):
    asked = await seller.asks(seller.order(channel="tiktok"), native_id=None, reject_reason="required")
    assert problem(await asked.reject()) == (422, "reason-required")
    ingestor.answers = (200, {}, {"required": True, "items": [{"name": "packed", "text": "Packed already"}], "fetched_at": "x"})
    offered = await seller.get(f"{asked.path}/reject-reasons", locale="ms-MY")
    assert (offered.json()["required"], offered.json()["items"]) == (True, [{"name": "packed", "text": "Packed already"}])
    path, authorization, _ = ingestor.asked[-1]
    assert f"native_id={asked.native_id}" in path
    assert "locale=ms-MY" in path
    assert authorization.startswith("Bearer ")
    assert problem(await asked.reject({"reason": {"name": "made_up"}})) == (422, "reason-not-offered")
    done = await asked.reject({"reason": {"name": "packed"}})
    assert (done.status_code, done.json()["state"]) == (200, "rejected")


async def test_with_no_list_kept_the_marketplace_judges(seller):
    asked = await seller.asks(seller.order(channel="tiktok"), reject_reason="required")
    assert (await asked.reject({"reason": {"name": "whatever"}})).status_code == 200


async def test_reasons_are_not_to_be_had_while_the_marketplace_is_down(seller, ingestor):
    asked = await seller.asks(seller.order(channel="tiktok"), reject_reason="required")
    down = [(503, {"Retry-After": "7"}, {}, "7"), (500, {}, {}, "10"), (200, {}, {"items": "nonsense"}, "10"), (404, {}, {}, "10")]
    for status, headers, body, wait in down:
        ingestor.answers = (status, headers, body)
        answer = await seller.get(f"{asked.path}/reject-reasons")
        assert problem(answer) == (503, "marketplace-unavailable")
        assert answer.headers["retry-after"] == wait
    ingestor.answers = (409, {}, {"type": "/problems/not-answerable", "title": "The shop has to be connected again", "status": 409})
    assert problem(await seller.get(f"{asked.path}/reject-reasons")) == (409, "not-answerable")


async def test_shopee_has_no_reasons_and_is_not_asked(seller, ingestor):
    asked = await seller.asks()
    answer = await seller.get(f"{asked.path}/reject-reasons")
    assert (answer.json()["required"], answer.json()["items"], ingestor.asked) == (False, [], [])
    assert problem(await seller.get(f"{asked.path}/reject-reasons", role="viewer")) == (403, "role-required")


async def test_an_answer_is_sent_again_only_from_where_it_waits(running, seller):
    asked = await seller.asks()
    assert problem(await seller.post(f"{asked.path}/retry-sync")) == (409, "nothing-to-retry")
    await asked.approve()
    assert problem(await seller.post(f"{asked.path}/retry-sync")) == (409, "nothing-to-retry")
    for attempt, outcome in enumerate(
        (delayed(asked.order), delayed(asked.order, attempt=2, blocked=True), failed(asked.order, attempt=3)), 1
    ):
        await seller.hear(outcome)
        again = await seller.post(f"{asked.path}/retry-sync", key=f"k{attempt}")
        assert (again.status_code, again.json()["sync"]["state"]) == (202, "queued")
        replayed = await seller.post(f"{asked.path}/retry-sync", key=f"k{attempt}")
        assert (replayed.status_code, replayed.headers["idempotency-replayed"]) == (202, "true")
    await seller.hear(synced(asked.order, attempt=4))
    assert problem(await seller.post(f"{asked.path}/retry-sync")) == (409, "nothing-to-retry")

    async def published() -> list:
        return await events_of(running, asked, SyncRetryRequested)

    events = await until(published, seconds=30, every=0.1)
    assert [event.attempt for event in events] == [1, 2, 3]


async def test_an_alert_is_acknowledged_once_and_for_all(seller):
    order = seller.order()
    await seller.hear(cancelled(order, was_ready_to_ship=True))
    asked = Asked(seller, order)
    assert (await asked.now())["alerts"] == ["stop_parcel"]
    assert len(await seller.list(tab="attention")) == 1
    for _ in range(2):
        answer = await seller.post(f"{asked.path}/acknowledge", {"alert": "stop_parcel", "note": "on the shelf"})
        assert (answer.status_code, answer.json()["alerts"], answer.json()["order"]["recall"]) == (200, [], False)
    assert await seller.list(tab="attention") == []
    assert problem(await seller.post(f"{asked.path}/acknowledge", {"alert": "overdue"})) == (409, "nothing-to-acknowledge")
    entries = (await seller.get(f"{asked.path}/timeline")).json()["items"]
    assert [
        (each["kind"], (each["actor"] or {}).get("name"), each["params"].get("note")) for each in entries if each["kind"] == "acknowledged"
    ] == [("acknowledged", "Aina", "on the shelf")]


async def test_the_approver_knows_better_what_becomes_of_the_goods(seller):
    asked = await seller.asks()
    assert problem(await asked.approve({"lines": [{"line_id": "L9", "stock": "none"}]})) == (422, "invalid-field")
    assert (await asked.approve({"lines": [{"line_id": "L1", "stock": "damaged"}]})).json()["lines"][0]["stock"] == "damaged"


async def test_a_key_makes_each_write_happen_once(seller, ingestor):
    asked = await seller.asks()
    stop = seller.order()
    await seller.hear(cancelled(stop, was_ready_to_ship=True))
    ingestor.answers = (201, {}, {"url": "https://marketplace.example/auth", "expires_at": "2026-11-24T00:00:00Z"})
    rejected = await seller.asks()
    writes = [
        (f"{asked.path}/approve", {"revision": 1}, {"revision": 2}, 200),
        (f"{rejected.path}/reject", {"comment": "no"}, {"comment": "yes"}, 200),
        (f"{Asked(seller, stop).path}/acknowledge", {"alert": "stop_parcel"}, {"alert": "refused"}, 200),
        ("/cancel-requests/bulk-decisions", {"decision": "approve", "items": [{"id": asked.id}]},
         {"decision": "reject", "items": [{"id": asked.id}]}, 207),
        ("/shops/connect-links", {"channel": "shopee"}, {"channel": "tiktok"}, 201),
    ]  # fmt: skip
    for path, body, different, status in writes:
        role = "admin" if "shops" in path else "decider"
        first, again = [await seller.post(path, body, key="one", role=role) for _ in range(2)]
        assert (first.status_code, again.status_code) == (status, status), (path, first.text)
        assert (again.content, again.headers["content-type"]) == (first.content, first.headers["content-type"])
        assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
        assert problem(await seller.post(path, different, key="one", role=role)) == (422, "idempotency-key-reused")
        assert problem(await seller.post(path, body, key="k" * 256, role=role)) == (400, "malformed-request")
    assert len([path for path, *_ in ingestor.asked if "connect-links" in path]) == 1


async def test_connect_links_come_from_the_ingestor(seller, ingestor):
    ingestor.answers = (503, {}, {})
    answer = await seller.post("/shops/connect-links", {"channel": "shopee"}, role="admin")
    assert problem(answer)[0] == 503
    assert answer.headers["retry-after"]
    ingestor.answers = (201, {}, {"url": "https://marketplace.example/auth", "expires_at": "2026-11-24T00:00:00Z"})
    answer = await seller.post("/shops/connect-links", {"channel": "tiktok"}, role="admin")
    assert (answer.status_code, answer.json()["url"]) == (201, "https://marketplace.example/auth")
    assert seller.id in ingestor.asked[-1][2]


async def test_approving_twenty_times_at_once_is_one_approval(running, seller):
    asked = await seller.asks()
    answers = await asyncio.gather(*(asked.approve() for _ in range(20)))
    assert {(answer.status_code, answer.json()["state"], answer.json()["revision"]) for answer in answers} == {(200, "approved", 2)}

    async def published() -> list:
        return await events_of(running, asked, CancelApproved)

    assert len(await until(published, seconds=30, every=0.1)) == 1
    await until(lambda: seller.pool.fetchval("select count(*) = 0 from outbox"), what="nothing is left to publish")
    assert len(await published()) == 1


@pytest.mark.parametrize("_", range(4))
async def test_approving_against_rejecting_at_once_has_one_winner(seller, pool, _):
    asked = await seller.asks()
    async with pool.acquire() as holder, holder.transaction():
        # Nobody gets past the order until both wait for it.
        await holder.execute("select from orders where order_key = $1 for update", asked.order.key)
        racing = asyncio.gather(asked.approve(), asked.reject())
        waiting = "select count(*) >= 2 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        await until(lambda: pool.fetchval(waiting), what="both wait")
    approved, rejected = await racing
    assert {approved.status_code, rejected.status_code} == {200, 409}
    winner, loser = (approved, rejected) if approved.status_code == 200 else (rejected, approved)
    assert problem(loser) == (409, "already-decided")
    assert loser.json()["request"]["state"] == winner.json()["state"] == (await asked.now())["state"]


async def test_many_are_decided_each_with_an_outcome_of_its_own(seller, other):
    asked = [await seller.asks(reject_reason="none") for _ in range(12)]
    await asked[1].ends()
    await asked[2].approve()
    await asked[3].reject()
    foreign = await other.asks()
    ids = [each.id for each in asked] + [foreign.id, "nonsense", UNKNOWN]
    items = [{"id": request_id} for request_id in ids * 14][:200]
    items[4] |= {"revision": 9}
    answer = await seller.post("/cancel-requests/bulk-decisions", {"decision": "approve", "items": items, "note": "all of them"})
    body = answer.json()
    assert answer.status_code == 207
    assert [item["id"] for item in body["items"]] == [item["id"] for item in items]
    first = body["items"][:15]
    assert [item["status"] for item in first] == [
        "done", "failed", "unchanged", "failed", "failed", *["done"] * 7, "failed", "failed", "failed",
    ]  # fmt: skip
    why = {at: item["problem"]["type"].removeprefix("/problems/") for at, item in enumerate(first) if item["status"] == "failed"}
    assert why == {1: "request-ended", 3: "already-decided", 4: "stale-revision", 12: "not-found", 13: "not-found", 14: "not-found"}
    assert all(item["problem"]["request"]["id"] == item["id"] for item in (first[1], first[3], first[4]))
    assert all(item["request"]["state"] == "approved" for item in body["items"] if item["status"] != "failed")
    assert body["items"][19]["status"] == "done", "without the stale revision"
    counts = {status: sum(item["status"] == status for item in body["items"]) for status in ("done", "unchanged", "failed")}
    assert counts == {status: body[status] for status in counts}
    assert sum(counts.values()) == 200
    assert counts["done"] == 9
    assert (await foreign.now())["state"] == "pending"
    assert (await asked[0].now())["note"] == "all of them"


async def test_many_are_rejected_with_reasons_of_their_own_or_one_for_all(seller):
    asked = [await seller.asks(seller.order(channel="tiktok"), reject_reason="required") for _ in range(3)]
    items = [{"id": asked[0].id, "reason": {"name": "own"}}, {"id": asked[1].id}]
    body = {"decision": "reject", "items": items, "reason": {"name": "shared"}, "comment": "sorry"}
    assert (await seller.post("/cancel-requests/bulk-decisions", body)).json()["done"] == 2
    alone = await seller.post("/cancel-requests/bulk-decisions", {"decision": "reject", "items": [{"id": asked[2].id}]})
    assert alone.json()["items"][0]["problem"]["type"] == "/problems/reason-required"
    reasons = [
        entry["params"]["reason"]
        for each in asked[:2]
        for entry in (await seller.get(f"{each.path}/timeline")).json()["items"]
        if entry["kind"] == "rejected"
    ]
    assert reasons == ["own", "shared"]


async def test_more_than_five_hundred_are_too_many_whatever_they_are(seller):
    for path, name, item, most in (
        ("/cancel-requests/bulk-decisions", "items", {"id": UNKNOWN}, 207),
        ("/fulfilment-checks", "orders", {"channel": "shopee", "shop_id": "1", "order_ref": "SN1"}, 200),
    ):
        body = {"decision": "approve"} if name == "items" else {}
        assert (await seller.post(path, body | {name: [item] * 500})).status_code == most
        assert problem(await seller.post(path, body | {name: [item] * 501})) == (413, "too-many-items")
        assert problem(await seller.post(path, body | {name: [7] * 501})) == (413, "too-many-items")
        assert problem(await seller.post(path, body | {name: [7]})) == (422, "invalid-field")
