"""Lists, counts, the export and the gate: every filter, sort and tab against a plain model of the same rows."""

import asyncio
import csv
import io
import itertools
import random
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.decision_api import Asked, Seller, bearer, now, recent
from tests.support.requests import a_line, cancelled, closed, delayed, failed, requested, synced
from tests.support.waiting import until

from chassis.database import open_pool
from chassis.http import encode_cursor
from contracts import event as on_the_wire
from contracts import topics
from contracts.event import announce
from contracts.stock_movements import StockAdjusted, StockRestored
from contracts.values import AdjustedBecause, Money, Order, Parcel, Reason

SORTS = ("respond_by", "-requested_at", "-updated_at", "-order_total")
TABS = ("to_decide", "cancelled", "rejected", "ended", "attention")
LAST = datetime.max.replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def many(running) -> "Many":
    """A seller with some 70 requests of all kinds; many ties in everything that can be sorted by."""
    return asyncio.run(_made(running.url, running.database_url))


class Many:
    def __init__(self, url: str, seller_id: str) -> None:
        self.url, self.seller_id = url, seller_id
        self.http = httpx.Client(trust_env=False, timeout=30, headers=bearer("viewer", seller=seller_id))
        self.rows = self.all(tab="all", limit=200)

    def ask(self, path: str = "", **params: Any) -> httpx.Response:
        return self.http.get(f"{self.url}/v1/cancel-requests{path}", params=params)

    def all(self, **params: Any) -> list[dict[str, Any]]:
        """Every page, one after the other."""
        found: list[dict[str, Any]] = []
        cursor = None
        for _ in range(200):
            answer = self.ask(**params, **({"cursor": cursor} if cursor else {}))
            assert answer.status_code == 200, answer.text
            page = answer.json()
            assert len(page["items"]) <= params.get("limit", 50)
            assert page["items"] or not cursor, "no page after the last"
            found += page["items"]
            cursor = page["next_cursor"]
            if not cursor:
                return found
        raise AssertionError("it does not end")


async def _made(url: str, database_url: str) -> Many:
    chance = random.Random(7)
    async with await open_pool(database_url, name="test", max_size=2) as pool, httpx.AsyncClient(trust_env=False) as http:
        seller = Seller(url, pool, http)
        base = now().replace(microsecond=123456)
        for number in range(70):
            channel, region = chance.choice([("shopee", "MY"), ("tiktok", "PH"), ("tiktok", "SG")])
            order = seller.order(
                f"{chance.choice(['AB', 'ab_%', 'CD'])}{number:03}", channel=channel, shop=chance.choice("12"), region=region
            )
            total = chance.choice(
                [None, Money(amount="10.00", currency="MYR"), Money(amount="10", currency="PHP"), Money(amount="250.5", currency="MYR")]
            )
            facts = recent(
                requested_at=base - timedelta(hours=chance.randrange(4)),
                respond_by=chance.choice([None, base + timedelta(hours=2), base + timedelta(hours=30), base - timedelta(hours=1)]),
                reason=chance.choice([Reason(text="Change of mind"), Reason(code="NEED_100%_OFF"), Reason()]),
                order_total=total,
                parcel=Parcel(state=chance.choice(["not_arranged", "arranged"])),
                lines=(
                    a_line(
                        sku=chance.choice(["MUG-1", "TEE-2"]),
                        name=chance.choice(["Blue Mug", "T-shirt", "Kopi Tarik"]),
                        quantity=chance.choice([1, 3]),
                    ),
                ),
            )
            at = base - timedelta(seconds=chance.randrange(3))
            if number % 7 == 0:
                facts.pop("respond_by")
                await seller.hear(cancelled(order, was_ready_to_ship=number % 2 == 0, **facts), at=at)
                continue
            await seller.hear(requested(order, **facts), at=at)
            asked = Asked(seller, order)
            verb = chance.choice(["approve", "reject", "", "", "end"])
            if verb == "end":
                await seller.hear(closed(order, chance.choice(["order_continues", "order_cancelled", "order_shipped"]), **facts), at=at)
            elif verb:
                assert (await (asked.approve() if verb == "approve" else asked.reject())).status_code == 200
                outcome = chance.choice([None, synced, delayed, failed])
                if outcome:
                    await seller.hear(outcome(order, verb), at=at)
        return Many(url, seller.id)


def moment(text: str | None) -> datetime:
    return datetime.fromisoformat(text) if text else LAST


def total(row: dict[str, Any]) -> Decimal:
    return Decimal(row["order_total"]["amount"]) if row["order_total"] else Decimal(-1)


def in_tab(tab: str):
    return {"all": lambda _: True, "attention": lambda row: bool(row["alerts"])}.get(tab, lambda row: row["tab"] == tab)


def ordered(rows: list[dict[str, Any]], sort: str) -> list[str]:
    keys = {
        "respond_by": lambda row: moment(row["respond_by"]),
        "-requested_at": lambda row: moment(row["requested_at"]),
        "-updated_at": lambda row: moment(row["updated_at"]),
        "-order_total": total,
    }
    return [row["id"] for row in sorted(rows, key=lambda row: (keys[sort](row), row["id"]), reverse=sort.startswith("-"))]


def reason(row: dict[str, Any]) -> str:
    return (row["reason"]["code"] or row["reason"]["text"] or "").lower()


def found_by(text: str):
    words = text.lower().split()

    def found(row: dict[str, Any]) -> bool:
        line = row["first_line"]
        known = " ".join(filter(None, (line["sku"], line["name"]))).lower().replace("-", " ").split()
        return row["order_ref"].upper().startswith(text.upper()) or (
            bool(words) and all(any(k.startswith(w) for k in known) for w in words)
        )

    return found


BASE = now()
FILTERS: list[tuple[dict[str, Any], Any]] = [
    ({}, lambda _: True),
    ({"channel": "tiktok"}, lambda row: row["channel"] == "tiktok"),
    ({"region": ["PH", "SG"]}, lambda row: row["shop"]["region"] in {"PH", "SG"}),
    ({"state": ["approved", "lapsed"]}, lambda row: row["state"] in {"approved", "lapsed"}),
    ({"sync": ["queued", "retrying", "failed"]}, lambda row: row["sync"]["state"] in {"queued", "retrying", "failed"}),
    ({"reason": "100%_off"}, lambda row: "100%_off" in reason(row)),
    ({"reason": "mind"}, lambda row: "mind" in reason(row)),
    ({"alert": ["overdue", "stop_parcel"]}, lambda row: bool({"overdue", "stop_parcel"} & set(row["alerts"]))),
    ({"parcel_state": ["arranged"]}, lambda row: row["parcel"]["state"] == "arranged"),
    ({"requested_from": (BASE - timedelta(hours=2, minutes=30)).isoformat()},
     lambda row: moment(row["requested_at"]) >= BASE - timedelta(hours=2, minutes=30)),
    ({"requested_to": (BASE - timedelta(minutes=30)).isoformat()}, lambda row: moment(row["requested_at"]) < BASE - timedelta(minutes=30)),
    ({"respond_from": BASE.isoformat()}, lambda row: row["respond_by"] is not None and moment(row["respond_by"]) >= BASE),
    ({"respond_to": (BASE + timedelta(hours=5)).isoformat()},
     lambda row: row["respond_by"] is not None and moment(row["respond_by"]) < BASE + timedelta(hours=5)),
    ({"amount_from": "10.00"}, lambda row: total(row) >= 10),
    ({"amount_from": "5", "amount_to": "10", "currency": "myr"},
     lambda row: row["order_total"] is not None and row["order_total"]["currency"] == "MYR" and 5 <= total(row) <= 10),
    ({"order_ref": ["AB001", "cd002", "nothing"]}, lambda row: row["order_ref"].upper() in {"AB001", "CD002"}),
    ({"q": "ab"}, found_by("ab")),
    ({"q": "ab_%0"}, found_by("ab_%0")),
    ({"q": "mug"}, found_by("mug")),
    ({"q": "blue mug-1"}, found_by("blue mug 1")),
    ({"q": "kop"}, found_by("kop")),
    ({"q": "'; drop table requests; --"}, lambda _: False),
    ({"q": "  "}, lambda _: True),
]  # fmt: skip


@pytest.mark.parametrize(("params", "matches"), FILTERS, ids=[f"{at} {' '.join(params)}" for at, (params, _) in enumerate(FILTERS)])
def test_each_filter_means_what_it_says(many, params, matches):
    assert {row["id"] for row in many.all(tab="all", **params)} == {row["id"] for row in many.rows if matches(row)}


def test_the_filters_are_no_empty_words(many):
    for params, matches in FILTERS[1:]:
        hits = sum(map(matches, many.rows))
        assert hits < len(many.rows) or params == {"q": "  "}, params
        assert hits or "drop" in str(params), params


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tab=st.sampled_from(("all", *TABS)),
    sort=st.sampled_from(SORTS),
    limit=st.integers(1, 30),
    chosen=st.lists(st.sampled_from(FILTERS), max_size=2, unique_by=lambda each: tuple(each[0])),
)
def test_paging_shows_every_matching_row_once_and_in_order(many, tab, sort, limit, chosen):
    params: dict[str, Any] = {}
    rows = [row for row in many.rows if in_tab(tab)(row)]
    for more, matches in chosen:
        if not more.keys() & params.keys():
            params |= more
            rows = [row for row in rows if matches(row)]
    assert [row["id"] for row in many.all(tab=tab, sort=sort, limit=limit, **params)] == ordered(rows, sort)


def test_each_tab_has_an_order_of_its_own(many):
    expected = {"to_decide": "respond_by", "cancelled": "-updated_at", "rejected": "-updated_at", "ended": "-updated_at"}
    for tab, sort in expected.items():
        rows = [row for row in many.rows if row["tab"] == tab]
        assert len(rows) >= 3
        assert [row["id"] for row in many.all(tab=tab, limit=2)] == ordered(rows, sort)
    assert many.ask().json() == many.ask(tab="to_decide").json()
    attention = many.all(tab="attention", limit=2)
    assert {row["id"] for row in attention} == {row["id"] for row in many.rows if row["alerts"]}


async def test_the_oldest_alert_comes_first(many, pool):
    since = {str(r["request_id"]): r["attention_since"] for r in await pool.fetch("select request_id, attention_since from requests")}
    shown = [since[row["id"]] for row in many.all(tab="attention", limit=3)]
    assert shown == sorted(shown)
    assert len(shown) > 5


def test_a_cursor_belongs_to_its_filters_and_its_order(many):
    cursor = many.ask(tab="all", limit=2).json()["next_cursor"]
    for params in ({}, {"tab": "cancelled"}, {"tab": "all", "sort": "respond_by"}, {"tab": "all", "channel": "shopee"}):
        answer = many.ask(cursor=cursor, **params)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-cursor"), params
    assert many.ask(tab="all", cursor=cursor, limit=7).status_code == 200, "the size of a page may change"


def test_a_made_up_cursor_is_no_cursor(many):
    for sort in SORTS:
        identity = _identity(sort)
        key = "2026-11-20T00:00:00+00:00" if sort != "-order_total" else "10"
        good = encode_cursor([key, str(uuid.uuid4())], filters=identity)
        assert many.ask(tab="all", sort=sort, cursor=good).status_code == 200
        bad: list[Any] = [
            [key, "no-uuid"], [key, "\x00"], [key], [key, 1], [], None, 7, {"a": 1, "b": 2}, "ab",
            ["9" * 400, str(uuid.uuid4())], ["1e999999", str(uuid.uuid4())], ["NaN", str(uuid.uuid4())], ["-Infinity", str(uuid.uuid4())],
            ["2026-11-20T00:00:00", "x"], ["0001-01-01T00:00:00+14:00", str(uuid.uuid4())], [None, str(uuid.uuid4())], [[], {}],
        ]  # fmt: skip
        for position in bad:
            answer = many.ask(tab="all", sort=sort, cursor=encode_cursor(position, filters=identity))
            assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-cursor"), (sort, position)
    for garbage in ("x", "%%%", "é", "e30", "bnVsbA", "WzEsMl0", "\x00"):
        answer = many.ask(tab="all", cursor=garbage)
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-cursor"), garbage


def _identity(sort: str) -> Any:
    from decision.api.filters import Filters

    return Filters(tab="all", sort=sort).identity()  # type: ignore[arg-type]


def test_the_counts_are_those_of_the_lists(many):
    for params, matches in [FILTERS[0], *FILTERS[1:9], FILTERS[16]]:
        rows = [row for row in many.rows if matches(row)]
        for tab in ("to_decide", "cancelled", "attention"):
            counts = many.ask("/summary", tab=tab, **params).json()
            waiting = [row for row in rows if row["tab"] == "to_decide"]
            assert counts["to_decide"] == len(waiting)
            assert counts["by_tab"] == {each: sum(map(in_tab(each), rows)) for each in TABS}
            assert counts["due_soon"] == sum("due_soon" in row["alerts"] for row in rows)
            assert counts["overdue"] == sum("overdue" in row["alerts"] for row in rows)
            kinds = [kind for row in rows for kind in row["alerts"]]
            assert counts["alerts"] == {kind: kinds.count(kind) for kind in set(kinds)}
            for column, value in (("by_channel", lambda row: row["channel"]), ("by_shop", lambda row: row["shop"]["id"])):
                got = counts[column] if column == "by_channel" else {each["shop_id"]: each["to_decide"] for each in counts[column]}
                assert got == {key: sum(value(row) == key for row in waiting) for key in {value(row) for row in rows}}
            chosen = [row for row in rows if in_tab(tab)(row)]
            assert counts["units"] == sum(row["unit_count"] for row in chosen)
            money = {each["currency"]: Decimal(each["amount"]) for each in counts["totals"]}
            assert money == {
                currency: sum(total(row) for row in chosen if row["order_total"] and row["order_total"]["currency"] == currency)
                for currency in {row["order_total"]["currency"] for row in chosen if row["order_total"]}
            }


def test_the_export_is_the_list_as_a_file(many):
    answer = many.ask("/export", tab="all")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "transfer-encoding" in answer.headers, "streamed: nobody knows its length beforehand"
    assert answer.content.startswith(b"\xef\xbb\xbforder_ref,")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert sorted(row["order_ref"] for row in rows) == sorted(row["order_ref"] for row in many.rows)
    assert all(row["request_date"].endswith("Z") for row in rows)
    few = many.ask("/export", tab="rejected", channel="tiktok").content.decode("utf-8-sig").splitlines()
    assert len(few) - 1 == sum(row["tab"] == "rejected" and row["channel"] == "tiktok" for row in many.rows)
    assert many.ask("/export", requested_from="yesterday").status_code == 422


async def test_the_export_of_many_pages_holds_each_row_once_and_runs_no_formula(seller, monkeypatch):
    orders = [seller.order() for _ in range(450)]
    evil = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "plain, with comma", 'a "quote"\nand a line']
    names = itertools.cycle(evil)
    await seller.hear(*(requested(order, **recent(lines=(a_line(name=next(names), sku=None),))) for order in orders))
    text = (await seller.get("/cancel-requests/export")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert sorted(row["order_ref"] for row in rows) == sorted(order.order_ref for order in orders)
    assert {row["first_item"] for row in rows} == {f"'{name}" if name[0] in "=+-@\t" else name for name in evil}


async def test_a_row_says_all_that_the_page_shows(seller):
    asked = await seller.asks(
        reason=Reason(text="Too slow"), lines=(a_line("L1"), a_line("L2", name="Mug", quantity=3, ordered_quantity=4))
    )
    (row,) = await seller.list()
    assert (row["id"], row["version"], row["revision"], row["state"], row["tab"]) == (asked.id, 1, 1, "pending", "to_decide")
    assert row["shop"] == {"id": asked.order.shop_id, "name": "Kedai Satu", "region": "MY"}
    assert row["order"] == {"status": "cancel_requested", "shippable": False, "hold": "cancel_requested", "recall": False}
    assert (row["line_count"], row["unit_count"], row["first_line"]["name"]) == (2, 5, "T-shirt")
    assert (row["reason"]["text"], row["order_total"], row["answerable"]) == ("Too slow", {"amount": "45.90", "currency": "MYR"}, True)
    assert asked.order.order_ref in row["seller_center_url"]
    assert row["requested_at"].endswith("Z")


async def test_one_request_comes_with_its_version_its_stock_and_its_story(seller):
    asked = await seller.asks()
    await asked.approve()
    level = {"seller_id": seller.id, "sku": "TS-BLU-M", "condition": "sellable", "moved_at": now()}
    await seller.hear(
        StockAdjusted(**level, movement_id=str(uuid.uuid4()), quantity=5, available_after=5, level_version=1,
                      reason=AdjustedBecause.OPENING),
        StockRestored(
            **level, movement_id=str(uuid.uuid4()), quantity=2, available_after=7, level_version=2, request_id=asked.id, revision=2,
            order=asked.order, line_id="L1",
        ),
    )  # fmt: skip
    answer = await seller.get(asked.path)
    body = answer.json()
    assert answer.headers["etag"] == f'"{body["version"]}"'
    assert (body["lines"][0]["available_now"], body["lines"][0]["stock"]) == (7, "sellable")
    assert [(each["sku"], each["quantity"]) for each in body["stock"]["movements"]] == [("TS-BLU-M", 2)]
    story = (await seller.get(f"{asked.path}/timeline")).json()["items"]
    assert [each["kind"] for each in story] == ["requested", "approved", "stock_restored"]
    assert (story[1]["actor"]["name"], story[1]["text_key"], story[1]["at"] >= story[0]["at"]) == ("Aina", "timeline.approved", True)
    assert story[0]["event_id"]


async def test_what_comes_by_kafka_is_listed(running, seller):
    order = seller.order()
    await running.wire.send([announce(requested(order, **recent()), source="/zetpy/ingestor", time=now())])
    rows = await until(seller.list, seconds=30, every=0.05)
    assert [row["order_ref"] for row in rows] == [order.order_ref]

    async def told() -> list[Any]:
        records = await running.wire.read("order-status")
        return [each for record in records if (each := on_the_wire.decode(record.value, topics.ORDER_STATUS)).data.order == order]

    assert [event.data.hold for event in await until(told, seconds=30, every=0.1)] == ["cancel_requested"]


async def test_shops_say_when_they_were_heard_of_and_how_many_wait(seller, other):
    await seller.shop(shop="1", read=timedelta(minutes=3))
    await seller.shop("disconnected", shop="2")
    await other.shop(shop="1")
    for _ in range(2):
        await seller.asks()
    shops = (await seller.get("/shops")).json()["items"]
    assert [(each["shop_id"], each["state"], each["to_decide"]) for each in shops] == [
        (f"1-{seller.id}", "connected", 2), (f"2-{seller.id}", "disconnected", 0),
    ]  # fmt: skip
    assert timedelta(minutes=2) < now() - moment(shops[0]["last_heard_at"]) < timedelta(minutes=5)


async def gate(seller: Seller, order: Order, **headers: Any) -> dict[str, Any]:
    path = f"{seller.url}/v1/orders/{order.channel}/{order.shop_id}/{order.order_ref}/fulfilment"
    answer = await seller.http.get(path, headers=headers or seller.headers("fulfilment"))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_gate_lets_an_order_pass_that_nobody_asked_to_cancel(seller):
    await seller.shop()
    answer = await gate(seller, seller.order("FREE"))
    assert (answer["may_ship"], answer["known"], answer["fresh"], answer["hold"], answer["status"]) == (True, False, True, None, None)
    nowhere = await gate(seller, seller.order("FREE", shop="never-heard-of"))
    assert (nowhere["may_ship"], nowhere["known"], nowhere["fresh"]) == (True, False, False)


async def test_the_gate_holds_an_order_from_the_request_until_it_is_settled(seller):
    await seller.shop()
    asked = await seller.asks()

    async def seen() -> tuple[Any, ...]:
        answer = await gate(seller, asked.order)
        assert answer["request_id"] == asked.id
        return answer["may_ship"], answer["hold"], answer["status"], answer["known"], answer["fresh"]

    assert await seen() == (False, "cancel_requested", "cancel_requested", True, True)
    await asked.reject()
    assert await seen() == (False, "rejection_not_taken", "ready_to_ship", True, True)
    await seller.hear(synced(asked.order, "reject"))
    assert await seen() == (True, None, "ready_to_ship", True, True)
    approved = await seller.asks()
    await approved.approve()
    assert [(each["may_ship"], each["hold"]) for each in [await gate(seller, approved.order)]] == [(False, "cancelled")]


async def test_what_the_gate_says_is_fresh_for_fifteen_minutes_after_the_marketplace_was_read(seller):
    order = seller.order()
    for revision, (state, read, fresh) in enumerate(
        [
            ("connected", timedelta(minutes=14), True),
            ("connected", timedelta(minutes=16), False),  # told just now, read long ago
            ("expiring", timedelta(), True),
            ("disconnected", timedelta(), False),
        ],
        1,
    ):
        await seller.shop(state, revision=revision, read=read)
        assert (await gate(seller, order))["fresh"] is fresh, (state, read)


async def test_the_gate_of_another_seller_knows_nothing_of_ours(seller, other):
    await seller.shop()
    asked = await seller.asks()
    answer = await gate(other, asked.order)
    assert (answer["may_ship"], answer["known"], answer["fresh"], answer["hold"], answer["request_id"]) == (True, False, False, None, None)
    warehouse = await gate(seller, asked.order, **bearer("fulfilment", seller=None))
    assert (warehouse["may_ship"], warehouse["known"], warehouse["fresh"]) == (False, True, True)
    path = f"{seller.url}/v1/orders/shopee/{asked.order.shop_id}/{asked.order.order_ref}/fulfilment"
    assert (await seller.http.get(path, headers=bearer("viewer", seller=None))).status_code == 403


async def test_a_parcel_is_found_by_the_tracking_number_that_a_scanner_reads(seller, other):
    number = f"SPX{uuid.uuid4().hex}"
    asked = [await seller.asks(parcel=Parcel(state="arranged", tracking_no=number, carrier="SPX Express")) for _ in range(2)]

    async def found(whose: Seller, code: str, **headers: Any) -> list[str]:
        path = f"{whose.url}/v1/parcels/{code}/orders"
        answer = await whose.http.get(path, headers=headers or whose.headers("fulfilment"))
        assert answer.status_code == 200, answer.text
        return [each["order_ref"] for each in answer.json()["items"]]

    refs = sorted(each.order.order_ref for each in asked)
    assert await found(seller, number.lower()) == refs
    assert await found(seller, number, **bearer("fulfilment", seller=None)) == refs
    split = await seller.asks(parcel=Parcel(state="arranged", tracking_no=f"{number}-1", other_tracking_nos=(f"{number}-2".upper(), "X")))
    for package in ("1", "2"):
        assert await found(seller, f"{number}-{package}".lower()) == [split.order.order_ref]
        assert await found(other, f"{number}-{package}") == []
    assert await found(seller, "SPX0") == []
    assert await found(other, number) == []


async def test_many_orders_are_checked_in_the_order_asked(seller):
    await seller.shop()
    asked = [await seller.asks() for _ in range(3)]
    orders = [
        {"channel": "shopee", "shop_id": f"1-{seller.id}", "order_ref": ref}
        for ref in ("X1", *(each.order.order_ref for each in asked), "X2")
    ]
    orders += orders[:2]
    answer = await seller.post("/fulfilment-checks", {"orders": orders}, role="fulfilment")
    items = answer.json()["items"]
    assert [item["order_ref"] for item in items] == [order["order_ref"] for order in orders]
    assert [item["may_ship"] for item in items] == [True, False, False, False, True, True, False]
