"""CONTRACTS E3 over HTTP, on real Postgres."""

import itertools

import httpx
import pytest
from tests.support.stock import NOW, a_line, a_request_id, an_order, approved, levels, reverted

from chassis import tokens
from inventory.app import make_app
from inventory.settings import Settings

KEY = "k" * 32
KEYS = itertools.count()


def settings(url: str) -> Settings:
    return Settings(database_url=url, auth_key=KEY, kafka_url="127.0.0.1:1")


@pytest.fixture
async def url(database):
    return await database("inventory", packages=("chassis", "inventory"))


@pytest.fixture
async def app(url):
    app = make_app(settings(url), now=lambda: NOW)
    await app.open_database()
    yield app
    await app.pool.close()


@pytest.fixture
async def pool(app):
    return app.pool


def client(app, *roles: str, seller: str | None = "seller-a") -> httpx.AsyncClient:
    token = tokens.mint(KEY, sub="u1", name="Siti", seller_id=seller, roles=roles, ttl_seconds=600)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app.http), base_url="http://inventory", headers={"Authorization": f"Bearer {token}"}
    )


@pytest.fixture
async def admin(app):
    async with client(app, "admin") as http:
        yield http


@pytest.fixture
async def viewer(app):
    async with client(app, "viewer") as http:
        yield http


@pytest.fixture
async def stranger(app):
    async with client(app, "admin", seller="seller-b") as http:
        yield http


def item(sku="TEE", reason="opening", reference="count-1", **units):
    return {"sku": sku, "reason": reason, "reference": reference, **(units or {"set_to": 10})}


async def post(http, *items, key=None, path="/v1/stock-movements"):
    return await http.post(path, json={"items": list(items)}, headers={"Idempotency-Key": key or f"key-{next(KEYS)}"})


def problem(response):
    assert response.headers["content-type"] == "application/problem+json"
    return response.status_code, response.json()["type"].removeprefix("/problems/")


# -- Posting


async def test_items_are_posted_and_answered_in_their_order(admin, pool):
    answer = await post(
        admin,
        item("TEE", set_to=10),
        item("TEE", "sale", "order-1", delta=-3),
        item("MUG", "sale", "order-1", delta=-1),
        item("TEE", "correction", "broken", delta=-1),
        item("TEE", "correction", "count-2", set_to=8),
    )
    assert answer.status_code == 207
    body = answer.json()
    assert (body["done"], body["unchanged"], body["failed"]) == (4, 0, 1)
    assert [each["status"] for each in body["items"]] == ["done", "done", "failed", "done", "done"]
    assert [each["movement"]["quantity"] for each in body["items"] if "movement" in each] == [10, -3, -1, 2]
    assert [each["movement"]["level_version"] for each in body["items"] if "movement" in each] == [1, 2, 3, 4]
    assert body["items"][2]["problem"] == {
        "type": "/problems/unknown-sku",
        "title": "This SKU has no level: post its opening stock first",
        "status": 422,
    }
    assert await levels(pool) == {"TEE": (8, 0)}


async def test_the_outbox_says_what_was_posted(admin, pool):
    await post(admin, item("TEE", set_to=10))
    (row,) = await pool.fetch("select topic, convert_from(key, 'UTF8') as key from outbox")
    assert tuple(row) == ("stock-movements", "seller-a:TEE")


async def test_a_name_is_used_once_for_ever_whatever_the_key(admin, pool):
    await post(admin, item("TEE", set_to=10), item("TEE", "sale", "order-1", delta=-3))
    answer = await post(
        admin, item("TEE", "sale", "order-1", delta=-3), item("TEE", "sale", "order-1", delta=-4), item("TEE", set_to=10), item(delta=10)
    )
    assert [(each["status"], each.get("problem", {}).get("type")) for each in answer.json()["items"]] == [
        ("unchanged", None),
        ("failed", "/problems/posted-differently"),
        ("unchanged", None),
        ("failed", "/problems/posted-differently"),
    ]
    assert answer.json()["items"][0]["movement"]["quantity"] == -3
    assert await levels(pool) == {"TEE": (7, 0)}


async def test_the_database_itself_refuses_a_name_twice(admin, pool):
    await post(admin, item("TEE"))
    with pytest.raises(Exception, match="posted_once"):
        await pool.execute(
            """insert into movements (movement_id, seller_id, sku, level_version, quantity, condition, available_after, moved_at,
                                      reason, reference)
               select gen_random_uuid(), seller_id, sku, 2, 1, condition, 1, moved_at, reason, reference from movements"""
        )


async def test_the_same_name_of_another_seller_is_another(admin, stranger, app):
    for http in (admin, stranger):
        assert (await post(http, item("TEE", set_to=10))).json()["done"] == 1
    assert (await levels(app.pool), await levels(app.pool, "seller-b")) == ({"TEE": (10, 0)}, {"TEE": (10, 0)})


async def test_a_repeated_request_gets_the_first_answer(admin, pool):
    first = await post(admin, item("TEE", set_to=10), key="k")
    again = await post(admin, item("TEE", set_to=10), key="k")
    assert (again.status_code, again.json()) == (207, first.json())
    assert again.headers["Idempotency-Replayed"] == "true"
    assert problem(await post(admin, item("TEE", set_to=11), key="k")) == (422, "idempotency-key-reused")


async def test_without_an_idempotency_key_nothing_is_posted(admin, pool):
    answer = await admin.post("/v1/stock-movements", json={"items": [item()]})
    assert problem(answer) == (400, "malformed-request")
    assert await levels(pool) == {}


async def test_a_level_stays_a_number_that_the_contract_can_carry(admin, pool):
    await post(admin, item("TEE", set_to=2**31 - 1))
    answer = await post(admin, item("TEE", "correction", "more", delta=1))
    assert answer.json()["items"][0]["problem"]["type"] == "/problems/out-of-range"


async def test_a_count_that_finds_what_was_known_is_a_movement_of_nothing(admin, pool):
    answer = await post(admin, item("TEE", set_to=0))
    assert answer.json()["items"][0]["movement"]["quantity"] == 0
    assert await levels(pool) == {"TEE": (0, 0)}


@pytest.mark.parametrize(
    "wrong",
    [
        item(delta=1, set_to=1),
        {"sku": "TEE", "reason": "opening", "reference": "x"},
        item(delta=0),
        item(delta="5"),
        item(delta=True),
        item(delta=2**31),
        item(set_to=-1),
        item(reason="sale", delta=1),
        item(reason="sale", set_to=1),
        item(reason="opening", delta=-1),
        item(reason="matched", set_to=1),
        item(reason="gift", delta=1),
        item(sku="", delta=1),
        item(sku="a\x00b", delta=1),
        item(reference="", delta=1),
        item(reference="x" * 201, delta=1),
        item(colour="red", delta=1),
    ],
)
async def test_an_item_that_makes_no_sense_is_refused_before_anything_is_posted(admin, pool, wrong):
    answer = await post(admin, item("GOOD"), wrong)
    assert problem(answer) == (422, "invalid-field")
    assert answer.json()["errors"][0]["pointer"].startswith("/items/1")
    assert await levels(pool) == {}


async def test_a_thousand_items_and_no_more(admin, pool):
    many = [item(f"SKU-{number}", set_to=1) for number in range(1001)]
    assert problem(await post(admin, *many)) == (413, "too-many-items")
    assert (await post(admin, *many[:1000])).json()["done"] == 1000
    assert problem(await post(admin)) == (422, "invalid-field")


async def test_a_body_that_is_too_large_is_refused_however_it_comes(admin):
    async def chunks():
        for _ in range(3):
            yield b" " * 500_000

    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    for content in (b" " * (1024 * 1024 + 1), chunks()):
        answer = await admin.post("/v1/stock-movements", content=content, headers=headers)
        assert problem(answer) == (413, "too-large")
    assert problem(await admin.post("/v1/stock-movements", content=b"{", headers=headers)) == (400, "malformed-request")


# -- Who may


@pytest.mark.parametrize("roles", [("viewer",), ("decider",), ("fulfilment",), ()])
async def test_only_an_admin_posts(app, pool, roles):
    async with client(app, *roles) as http:
        assert problem(await post(http, item())) == (403, "role-required")
    assert await levels(pool) == {}


@pytest.mark.parametrize("path", ["/v1/stock-levels", "/v1/stock-movements", "/v1/unmatched-lines"])
async def test_reading_needs_a_viewer_of_a_seller(app, path):
    async with client(app, "viewer") as http:
        assert (await http.get(path)).json() == {"items": []}
        assert problem(await http.get(path, headers={"Authorization": ""})) == (401, "not-signed-in")
    for roles, seller in ((("fulfilment",), "seller-a"), (("viewer",), None), (("ops",), None)):
        async with client(app, *roles, seller=seller) as http:
            assert problem(await http.get(path)) == (403, "role-required")


async def test_a_seller_sees_only_its_own(admin, stranger, hear):
    await post(admin, item("TEE", set_to=10))
    await hear(approved(an_order(), a_line("TEE"), a_line(None, line="2")))
    for path in ("/v1/stock-levels", "/v1/stock-movements", "/v1/unmatched-lines"):
        assert (await admin.get(path)).json()["items"]
        assert (await stranger.get(path)).json() == {"items": []}
    for filters in ({"sku": "TEE"}, {"order_ref": an_order().order_ref}, {"request_id": a_request_id(an_order())}):
        assert (await stranger.get("/v1/stock-movements", params=filters)).json() == {"items": []}
    reference = (await admin.get("/v1/unmatched-lines")).json()["items"][0]["reference"]
    await post(stranger, item("TEE", set_to=10))
    answer = await post(stranger, item("TEE", "matched", reference, delta=1))
    assert answer.json()["items"][0]["problem"]["type"] == "/problems/not-unmatched"


# -- Reading


async def pages(http, path, **params):
    found, cursor = [], None
    while True:
        answer = await http.get(path, params=params | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        cursor = answer.json().get("next_cursor")
        if cursor is None:
            return found


async def test_levels_by_sku_page_by_page(admin, viewer):
    await post(admin, *(item(f"SKU-{number}", set_to=number) for number in range(5)))
    found = await pages(viewer, "/v1/stock-levels", limit=2)
    assert [[level["sku"] for level in page] for page in found] == [["SKU-0", "SKU-1"], ["SKU-2", "SKU-3"], ["SKU-4"]]
    (level,) = (await viewer.get("/v1/stock-levels", params={"sku": "SKU-3"})).json()["items"]
    assert level == {
        "sku": "SKU-3",
        "location": "main",
        "available": 3,
        "damaged": 0,
        "level_version": 1,
        "updated_at": "2026-03-02T09:30:00Z",
    }
    low = (await viewer.get("/v1/stock-levels", params=[("low", 1), ("sku", "SKU-1"), ("sku", "SKU-4")])).json()["items"]
    assert [level["sku"] for level in low] == ["SKU-1"]


async def test_the_ledger_newest_first_with_its_filters(admin, viewer, hear):
    await post(admin, item("TEE", set_to=10), item("MUG", set_to=10))
    await hear(approved(an_order(), a_line("TEE", 2)))
    await hear(reverted(an_order(), a_line("TEE", 2)))
    found = await pages(viewer, "/v1/stock-movements", limit=3)
    assert [[(row["kind"], row["sku"], row["quantity"]) for row in page] for page in found] == [
        [("reversed", "TEE", -2), ("restored", "TEE", 2), ("adjusted", "MUG", 10)],
        [("adjusted", "TEE", 10)],
    ]
    for filters, number in (
        ({"sku": "TEE"}, 3),
        ({"order_ref": an_order().order_ref}, 2),
        ({"request_id": a_request_id(an_order())}, 2),
        ({"sku": "MUG", "order_ref": an_order().order_ref}, 0),
        ({"from": "2026-03-02T09:30:00Z"}, 4),
        ({"from": "2026-03-02T09:30:01Z"}, 0),
    ):
        assert len((await viewer.get("/v1/stock-movements", params=filters)).json()["items"]) == number, filters
    restored = found[0][1]
    assert restored["order"] == {"channel": "shopee", "shop_id": "700001", "order_ref": "230405PN7VWT3K", "region": "MY"}
    assert (restored["request_id"], restored["revision"], restored["line_id"]) == (a_request_id(an_order()), 2, "1")


async def test_lines_that_wait_oldest_first(admin, viewer, hear):
    await hear(*(approved(an_order(f"order-{number}"), a_line(None, 2)) for number in range(3)))
    found = await pages(viewer, "/v1/unmatched-lines", limit=2)
    assert [len(page) for page in found] == [2, 1]
    line = found[0][0]
    assert (line["why"], line["quantity"], "sku" in line) == ("no_sku", 2, False)
    await post(admin, item("TEE", set_to=10))
    matched = await post(admin, item("TEE", "matched", line["reference"], delta=2))
    assert matched.json()["items"][0]["movement"]["order"]["order_ref"] == line["order_ref"]
    assert line["reference"] not in str((await viewer.get("/v1/unmatched-lines")).json())


@pytest.mark.parametrize("path", ["/v1/stock-levels", "/v1/stock-movements", "/v1/unmatched-lines"])
async def test_a_cursor_belongs_to_its_filters_and_its_seller(admin, stranger, hear, path):
    await post(admin, item("TEE"), item("MUG"))
    await hear(*(approved(an_order(f"order-{number}"), a_line(None)) for number in range(2)))
    cursor = (await admin.get(path, params={"limit": 1})).json()["next_cursor"]
    assert problem(await stranger.get(path, params={"cursor": cursor})) == (400, "invalid-cursor")
    assert problem(await admin.get(path, params={"cursor": "nonsense"})) == (400, "invalid-cursor")
    if path != "/v1/unmatched-lines":
        assert problem(await admin.get(path, params={"cursor": cursor, "sku": "TEE"})) == (400, "invalid-cursor")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/stock-levels", {"limit": 0}),
        ("/v1/stock-levels", {"limit": 201}),
        ("/v1/stock-levels", {"low": 2**31}),
        ("/v1/stock-levels", {"sku": "a\x00b"}),
        ("/v1/stock-movements", {"request_id": "nonsense"}),
        ("/v1/stock-movements", {"from": "yesterday"}),
        ("/v1/stock-movements", {"from": "2026-03-02T09:30:00"}),
    ],
)
async def test_filters_that_make_no_sense_are_refused(viewer, path, params):
    assert problem(await viewer.get(path, params=params)) == (422, "invalid-field")


def test_every_route_is_described_with_examples(app):
    document = app.http.openapi()
    routes = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert routes == {
        ("/v1/stock-levels", "get"),
        ("/v1/stock-movements", "get"),
        ("/v1/stock-movements", "post"),
        ("/v1/unmatched-lines", "get"),
    }
    for path, method in routes:
        assert document["paths"][path][method]["description"]
    assert document["components"]["schemas"]["PostMovements"]["examples"]
    (header,) = [each for each in document["paths"]["/v1/stock-movements"]["post"]["parameters"] if each["in"] == "header"]
    assert (header["name"], header["required"]) == ("Idempotency-Key", True)
