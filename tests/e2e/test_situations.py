"""The situation table on the running system: every row of it that begins with A or C, all at once, each in a shop of its own."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
import pytest
from tests.e2e.conftest import OPENING, SELLER, Order, Shop, new_shop_id, shown
from tests.support.situations import Row, by_id, rows_of, seen, situation
from tests.support.waiting import until

from local_stack.demo.market import Market
from local_stack.demo.shops import connect_shops
from local_stack.demo.zetpy import Zetpy, token
from local_stack.settings import Stack

AT_ONCE = 12
PATIENCE_SECONDS = 90
TRIES = 5
SOLD = (OPENING - 2, OPENING - 1)
WHOLE = (OPENING, OPENING)
ANSWERS = {"ACCEPT": "approve", "REJECT": "reject"}
SLOW_SECONDS = 2.5


class Overtaken(Exception):
    """What was to come second came first (a sweep saw it, a call was quicker): no fault, but not this row. Again."""


class Play:
    """One row on the stage: its shop, and hands to act with."""

    def __init__(self, shop: Shop, row: Row) -> None:
        self.row = row
        self.endpoint = {"approve": "approve", "reject": "reject"}
        if row.channel == "shopee":
            self.endpoint = dict.fromkeys(self.endpoint, "handle_buyer_cancellation")
        self.begin(shop)

    def begin(self, shop: Shop) -> None:
        """With nothing played yet."""
        self.shop = shop
        self.watched: str | None = None
        """The request that the row is about, where its order has several."""
        self.ended: tuple[Order, dict[str, str]] | None = None
        """What was seen to be right."""

    async def asked(self, *, ask: dict[str, Any] | None = None, **more: Any) -> Order:
        """An order whose buyer asked to cancel, listed as pending."""
        order = await self.shop.ordered(**more)
        await order.act("request-cancel", **(ask or {}))
        await order.becomes(seconds=PATIENCE_SECONDS, state="pending")
        return order

    async def request(self, order: Order) -> dict[str, Any] | None:
        rows = await order.rows()
        watched = self.watched or (rows[0]["id"] if rows else None)
        if watched is None:
            return None
        return dict((await self.shop.seller.decision.get(f"/cancel-requests/{watched}")).raise_for_status().json())

    async def script(self, fault: str, order: Order, **more: Any) -> None:
        await self.shop.market.ask("POST", "/faults/script", {"script": [{"fault": fault, "order_ref": order.ref, **more}]})

    async def unheard(self, order: Order) -> None:
        """From now on no push tells of this order."""
        await self.script("drop", order, endpoint="push", times=1000)

    async def act(self, order: Order, event: str, **body: Any) -> None:
        try:
            await order.act(event, **body)
        except httpx.HTTPStatusError as impossible:
            if impossible.response.status_code == 409:
                raise Overtaken(str(impossible)) from None
            raise

    async def click(self, request: dict[str, Any], answer: str, *, reason: Any = None, **body: Any) -> None:
        if answer == "reject":
            body["reason"] = reason or await self.reason(request)
        try:
            await getattr(self.shop.seller, answer)(request, **body)
        except httpx.HTTPStatusError as refused:
            if refused.response.status_code == 409:
                raise Overtaken(refused.response.text) from None
            raise

    async def reason(self, request: dict[str, Any]) -> Any:
        return await self.shop.seller.first_reason(request) if self.row.channel == "tiktok" else None

    async def ends(self, order: Order, **expects: str) -> dict[str, Any]:
        """The newest request shows the row's outcome (`expects`: instead of single cells)."""
        wanted = self.row.expects() | expects
        self.ended = order, wanted
        differs: dict[str, Any] = {}

        async def right() -> bool:
            differs.clear()
            differs.update(await self.differs(order, wanted))
            return not differs

        try:
            await until(right, seconds=PATIENCE_SECONDS, every=0.3, what=str(self.row))
        except AssertionError:
            raise AssertionError(f"{self.row} shows (what, instead of): {differs}; truth {await order.truth()}") from None
        return await self.request(order) or {}

    async def differs(self, order: Order, wanted: Mapping[str, str]) -> dict[str, Any]:
        """What is shown, and what should be; empty: all is as wanted."""
        request = await self.request(order)
        have = seen(**shown(request)) | {"called": await called(order)} if request else {}
        return {head: (have.get(head), cell) for head, cell in wanted.items() if have.get(head) != cell}

    async def stays(self) -> None:
        """It is still so when the others have played."""
        assert self.ended
        order, wanted = self.ended
        assert not (differs := await self.differs(order, wanted)), f"{self.row} did not stay so: {differs}"

    async def settles(self, order: Order, **expects: str) -> dict[str, Any]:
        """The row's outcome, with the level of stock and the gate that follow from it."""
        request = await self.ends(order, **expects)
        await self.stock_is(*(WHOLE if request["stock"]["state"] == "returned" else SOLD))
        await self.gate_agrees(order)
        return request

    async def stock_is(self, first: int, second: int) -> None:
        wanted = dict(zip(self.shop.skus, (first, second), strict=True))
        last: dict[str, int] = {}

        async def right() -> bool:
            last.update(await self.shop.available())
            return last == wanted

        try:
            await until(right, seconds=PATIENCE_SECONDS, every=0.3)
        except AssertionError:
            raise AssertionError(f"{self.row}: stock is {last}, not {wanted}") from None

    async def gate_agrees(self, order: Order) -> None:
        gate = await order.may_ship()
        request = await self.request(order)
        hold = request["order"].get("hold") if request else None
        assert (gate["known"], gate["may_ship"], gate["hold"]) == (True, hold is None, hold), f"{self.row}: the gate says {gate}"


async def called(order: Order) -> str:
    calls = (await order.truth())["calls"]
    return ", ".join(ANSWERS.get(call["request"].get("operation"), call["endpoint"]) for call in calls) or "-"


async def race(play: Play) -> Order:
    """Rows A: somebody ends the request before our answer travels, while it does, or after it was taken and not yet in effect."""
    cells = play.row.cells
    answer, then, when = cells["we"], cells["then"], cells["when"]
    order = await play.asked()
    request = await order.request()
    reason = await play.reason(request) if answer == "reject" else None
    match when:
        case "before":
            await play.unheard(order)
            await play.act(order, then)
            await play.click(request, answer, reason=reason)
        case "while":
            await play.script("slow", order, endpoint=play.endpoint[answer], seconds=SLOW_SECONDS)
            await play.click(request, answer, reason=reason)
            await until(lambda: calls_made(order, 1), seconds=PATIENCE_SECONDS, every=0.1)
            await play.act(order, then, **({"by": "system"} if then == "instant-cancel" else {}))
        case "taken":
            await play.script("no_effect", order, endpoint=play.endpoint[answer])
            await play.click(request, answer, reason=reason)
            await order.becomes(seconds=PATIENCE_SECONDS, sync="synced")
            await play.act(order, then, **({"by": "system"} if then == "instant-cancel" else {}))
    await play.settles(order)
    return order


async def calls_made(order: Order, number: int) -> bool:
    return len((await order.truth())["calls"]) >= number


@situation("C1")
async def shipped_after_the_rejection(play: Play) -> Order:
    order = await rejected(play)
    await play.act(order, "ship")
    await play.settles(order)
    return order


@situation("C2")
async def cancelled_by_the_platform_after_the_rejection(play: Play) -> Order:
    order = await rejected(play)
    await play.act(order, "instant-cancel", by="system")
    await play.settles(order)
    return order


@situation("C3", "C4")
async def asked_again_after_the_rejection(play: Play) -> Order:
    """C3 answers the second request, C4 leaves it to be seen that the first answer does not reach it."""
    order = await rejected(play)
    first = await order.request()
    second = await asked_again(play, order, first)
    assert play.row.channel != "shopee" or second["native_id"] == f"{order.ref}#2"
    if play.row.id == "C3":
        await play.click(second, "approve")
    await play.settles(order)
    return order


@situation("C5")
async def asked_again_after_a_withdrawal(play: Play) -> Order:
    order = await play.asked()
    first = await order.request()
    await play.act(order, "withdraw")
    await order.becomes(seconds=PATIENCE_SECONDS, state="lapsed")
    await play.click(await asked_again(play, order, first), "reject")
    await play.settles(order)
    return order


@situation("C6")
async def an_old_rejection_does_not_meet_the_next_request(play: Play) -> Order:
    order = await play.asked()
    first = await order.request()
    await play.script("unavailable", order, endpoint=play.endpoint["reject"], times=1000)
    await play.click(first, "reject")
    await order.becomes(seconds=PATIENCE_SECONDS, sync="retrying")
    await play.act(order, "withdraw")
    await order.becomes(seconds=PATIENCE_SECONDS, state="rejected", sync="confirmed")
    # Let go, or found to be so already by the read before the next try.
    await until(lambda: owed_as(play, order, {"superseded", "synced"}), seconds=PATIENCE_SECONDS, every=0.2)
    tried = await called(order)
    await asked_again(play, order, first)
    await play.settles(order, called=tried)
    assert set(tried.split(", ")) == {play.row.cells["called"]}
    return order


@situation("C7")
async def the_deadline_passes_while_the_approval_is_tried_again(play: Play) -> Order:
    order = await play.asked()
    await play.script("unavailable", order, endpoint=play.endpoint["approve"], times=2)
    await play.click(await order.request(), "approve")
    await until(lambda: calls_made(order, 1), seconds=PATIENCE_SECONDS, every=0.1)
    await play.act(order, "expire")
    await play.settles(order, called=await at_rest(order))
    return order


@situation("C8")
async def a_split_order_is_asked_back_in_part(play: Play) -> Order:
    order = await play.asked(ask={"lines": [{"sku": play.shop.skus[0], "quantity": 2}]})
    request = await order.request()
    assert {line["sku"] for line in request["lines"]} == {play.shop.skus[0]}
    await play.click(request, "approve")
    await play.ends(order)
    await play.stock_is(OPENING, OPENING - 1)
    await play.gate_agrees(order)
    return order


@situation("C9")
async def a_part_is_cancelled_directly(play: Play) -> Order:
    order = await play.shop.ordered()
    await play.act(order, "instant-cancel", by="system", lines=[{"sku": play.shop.skus[0], "quantity": 2}])
    await play.ends(order)
    await play.stock_is(OPENING, OPENING - 1)
    await play.gate_agrees(order)
    return order


@situation("C10")
async def the_parts_are_cancelled_one_after_the_other(play: Play) -> Order:
    order = await play.asked(ask={"lines": [{"sku": play.shop.skus[0], "quantity": 1}]})
    await play.click(await order.request(), "approve")
    await order.becomes(seconds=PATIENCE_SECONDS, state="approved", sync="confirmed", status="new")
    await until(lambda: has_no_open(order), seconds=PATIENCE_SECONDS, every=0.2)
    await play.act(order, "instant-cancel", by="seller")

    async def listed() -> Any:
        return next((row["id"] for row in await order.rows() if row["state"] == "cancelled_elsewhere"), None)

    play.watched = await until(listed, seconds=PATIENCE_SECONDS, every=0.2, what="the cancellation of the rest is listed")
    await play.ends(order)
    await play.stock_is(OPENING, OPENING)
    return order


@situation("C11")
async def units_cancelled_before_are_not_given_back(play: Play) -> Order:
    lines = [{"sku": play.shop.skus[0], "quantity": 3, "price": "10.00", "cancelled_quantity": 1}]
    order = await play.asked(lines=lines)
    request = await order.request()
    assert [(line["quantity"], line["cancelled_before"]) for line in request["lines"]] in ([(2, 1)], [(1, 0), (1, 0)])
    await play.click(request, "approve")
    await play.ends(order)
    await play.stock_is(OPENING - 1, OPENING)
    return order


@situation("C12")
async def what_the_marketplace_ships_is_not_given_back(play: Play) -> Order:
    order = await play.asked(fulfilled_by="marketplace")
    await play.click(await order.request(), "approve")
    await play.settles(order)
    return order


@situation("C13")
async def what_should_not_be_replenished_is_not_given_back(play: Play) -> Order:
    order = await play.asked(should_replenish_stock=False)
    await play.act(order, "seller-center-approve")
    await play.settles(order)
    return order


@situation("C14")
async def a_gift_comes_back_like_what_it_came_with(play: Play) -> Order:
    lines = [{"sku": play.shop.skus[0], "quantity": 2, "price": "10.00"}, {"sku": play.shop.skus[1], "quantity": 1, "is_gift": True}]
    order = await play.asked(lines=lines)
    request = await order.request()
    assert [line["sku"] for line in request["lines"] if line["is_gift"]] == [play.shop.skus[1]]
    await play.click(request, "approve")
    await play.settles(order)
    return order


@situation("C15")
async def the_same_item_twice_is_given_back_whole(play: Play) -> Order:
    item = {"sku": play.shop.skus[0], "price": "10.00", "name": f"Tee {play.shop.shop_id}"}
    order = await play.asked(lines=[item | {"quantity": 2}, item | {"quantity": 3, "price": "9.00"}])
    request = await order.request()
    assert sum(line["quantity"] for line in request["lines"]) == 5
    assert len(request["lines"]) == (1 if play.row.channel == "shopee" else 5)
    await play.click(request, "approve")
    await play.ends(order)
    await play.stock_is(OPENING, OPENING)
    return order


@situation("C16")
async def a_line_without_a_sku_waits_for_a_person(play: Play) -> Order:
    order = await unmatched(play)
    await play.ends(order)
    await play.stock_is(OPENING, OPENING)
    return order


@situation("C17")
async def a_line_is_matched_by_hand(play: Play) -> Order:
    order = await unmatched(play)
    line = await until(lambda: waiting_line(order), seconds=PATIENCE_SECONDS, every=0.2)
    matched = {"sku": play.shop.skus[1], "delta": line["quantity"], "reason": "matched", "reference": line["reference"]}
    (done,) = await play.shop.seller.post_stock([matched], key=f"match-{play.shop.shop_id}")
    assert done["status"] == "done", done
    await play.ends(order)
    await play.stock_is(OPENING, OPENING + 1)
    return order


@situation("C18", "C19")
async def sold_again_before_it_is_taken_back(play: Play) -> Order:
    """Everything that was given back is sold again, and more; C19: then somebody counts the shelf."""
    order = await play.asked()
    await play.script("no_effect", order, endpoint=play.endpoint["approve"])
    await play.click(await order.request(), "approve")
    await order.becomes(seconds=PATIENCE_SECONDS, sync="synced", stock="returned")
    await play.stock_is(*WHOLE)
    sold_out = {"sku": play.shop.skus[0], "delta": -OPENING, "reason": "sale", "reference": f"rush-{play.shop.shop_id}"}
    await play.shop.seller.post_stock([sold_out], key=f"rush-{play.shop.shop_id}")
    await play.act(order, "withdraw")
    await order.becomes(seconds=PATIENCE_SECONDS, state="lapsed", stock="reversed")
    await play.stock_is(-2, OPENING - 1)
    low = (await play.shop.seller.inventory.get("/stock-levels", params={"low": -1, "limit": 200})).raise_for_status().json()
    assert play.shop.skus[0] in {item["sku"] for item in low["items"]}
    moved = (await play.shop.seller.inventory.get("/stock-movements", params={"sku": play.shop.skus[0]})).raise_for_status().json()
    assert next(item for item in moved["items"] if item["kind"] == "reversed")["oversold"] is True
    if play.row.id == "C19":
        await play.ends(order, **{"seller reads": "Ended refused, and why: refused, oversold"})
        count = {"sku": play.shop.skus[0], "set_to": 0, "reason": "correction", "reference": f"count-{play.shop.shop_id}"}
        await play.shop.seller.post_stock([count], key=f"count-{play.shop.shop_id}")
    await play.ends(order)
    return order


@situation("C20")
async def told_again_after_the_end(play: Play) -> Order:
    """Every push comes twice and late."""
    order = await play.shop.ordered()
    await play.script("delay", order, endpoint="push", times=1, seconds=1.5)
    await play.script("duplicate", order, endpoint="push", times=1000)
    await order.act("request-cancel")
    await order.becomes(seconds=PATIENCE_SECONDS, state="pending")
    await play.click(await order.request(), "approve")
    await play.settles(order)
    assert len(await order.rows()) == 1
    return order


@situation("C21")
async def answered_in_time_and_never_heard(play: Play) -> Order:
    """The answer takes effect, its answer is lost."""
    order = await play.asked()
    await play.script("timeout_after", order, endpoint=play.endpoint["approve"], seconds=1)
    await play.click(await order.request(), "approve")
    await play.settles(order)
    return order


@situation("C22")
async def the_platform_cancels_while_nobody_has_answered(play: Play) -> Order:
    order = await play.asked()
    await play.act(order, "instant-cancel", by="system")
    await play.settles(order)
    return order


@situation("C23")
async def withdrawn_and_asked_again_while_the_shop_is_away(play: Play) -> Order:
    """The row is about the first request."""
    order = await play.asked()
    first = await order.request()
    play.watched = first["id"]
    shop = play.shop
    await shop.market.ask("POST", f"/shops/{shop.channel}/{shop.shop_id}/revoke")
    await order.becomes(seconds=PATIENCE_SECONDS, alerts=["shop_disconnected"])
    await play.click(await order.request(), "approve")
    await order.becomes(seconds=PATIENCE_SECONDS, sync="blocked")
    await until(lambda: owed_as(play, order, {"blocked"}), seconds=PATIENCE_SECONDS, every=0.2)
    await play.act(order, "withdraw")
    await play.act(order, "request-cancel", again=True)
    body = {"channel": shop.channel, "shop_id": shop.shop_id, "name": f"Shop {shop.shop_id}", "region": "MY", "seller": SELLER}
    await connect_shops(shop.system, shop.market, [body])
    await play.settles(order)
    return order


async def rejected(play: Play) -> Order:
    order = await play.asked()
    await play.click(await order.request(), "reject")
    await order.becomes(seconds=PATIENCE_SECONDS, state="rejected", sync="confirmed")
    return order


async def asked_again(play: Play, order: Order, first: dict[str, Any]) -> dict[str, Any]:
    """A second request on the order, listed."""
    await play.act(order, "request-cancel", again=True)

    async def listed() -> Any:
        rows = [row for row in await order.rows() if row["id"] != first["id"]]
        return (await play.shop.seller.decision.get(f"/cancel-requests/{rows[0]['id']}")).raise_for_status().json() if rows else None

    second = dict(await until(listed, seconds=PATIENCE_SECONDS, every=0.2, what="the second request is listed"))
    play.watched = second["id"]
    return second


async def unmatched(play: Play) -> Order:
    lines = [{"sku": play.shop.skus[0], "quantity": 2, "price": "10.00"}, {"sku": None, "name": "Nameless", "quantity": 1, "price": "3.00"}]
    order = await play.asked(lines=lines)
    await play.click(await order.request(), "approve")
    return order


async def waiting_line(order: Order) -> Any:
    answer = (await order.shop.seller.inventory.get("/unmatched-lines", params={"limit": 200})).raise_for_status().json()
    return next((item for item in answer["items"] if item["order_ref"] == order.ref), None)


async def has_no_open(order: Order) -> bool:
    return all(each["state"] == "complete" for each in (await order.truth())["requests"])


async def at_rest(order: Order) -> str:
    """The calls made, once the answer is settled."""
    await order.becomes(seconds=PATIENCE_SECONDS, sync="confirmed")
    return await called(order)


async def owed_as(play: Play, order: Order, states: set[str]) -> bool:
    headers = {"Authorization": f"Bearer {token(play.shop.system, role='ops')}"}
    url = f"http://127.0.0.1:{play.shop.system.sync_back_port}/v1/deliveries"
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:
        answer = (await client.get(url, params={"shop_id": play.shop.shop_id})).raise_for_status().json()
    found = {item["state"] for item in answer["items"] if item["order_ref"] == order.ref}
    return bool(found) and found <= states


ROWS = [row for prefix in ("A", "C") for row in rows_of(prefix)]
PLAYS: dict[str, Callable[[Play], Awaitable[Order]]] = by_id(globals())


@pytest.fixture(scope="module")
def outcomes(system: Stack, request: pytest.FixtureRequest) -> dict[str, BaseException | None]:
    """What became of the rows that are asked for, all played together."""
    named = {str(item.callspec.params["row"]) for item in request.session.items if item.path == request.path}
    return asyncio.run(play_all(system, [row for row in ROWS if str(row) in named]))


async def play_all(system: Stack, rows: list[Row]) -> dict[str, BaseException | None]:
    """Shops are opened together, rows played `AT_ONCE`, and looked at once more when all have ended."""
    market, seller = Market(f"http://127.0.0.1:{system.sandbox_port}"), Zetpy(system, SELLER)
    places = asyncio.Semaphore(AT_ONCE)
    async with contextlib.aclosing(Closing(market, seller)):
        plays = [Play(Shop(system, market, seller, row.channel, new_shop_id(row.channel)), row) for row in rows]
        await open_all([play.shop for play in plays])

        async def one(play: Play) -> BaseException | None:
            async with places:
                return await played(play)

        failures = await asyncio.gather(*map(one, plays))
        late = await asyncio.gather(*(play.stays() for play in plays), return_exceptions=True)
        for play in plays:  # else they are swept as long as the system runs
            await market.ask("POST", f"/shops/{play.shop.channel}/{play.shop.shop_id}/revoke")
    return {str(row): failed or changed for row, failed, changed in zip(rows, failures, late, strict=True)}


async def open_all(shops: list[Shop]) -> None:
    first = shops[0]
    connected = [{"channel": s.channel, "shop_id": s.shop_id, "name": f"Shop {s.shop_id}", "region": "MY", "seller": SELLER} for s in shops]
    await connect_shops(first.system, first.market, connected)
    stock = [{"sku": sku, "set_to": OPENING, "reason": "opening", "reference": "test"} for shop in shops for sku in shop.skus]
    await first.seller.post_stock(stock, key=f"open-{first.shop_id}-{len(shops)}")


class Closing:
    def __init__(self, *each: Any) -> None:
        self.each = each

    async def aclose(self) -> None:
        for one in self.each:
            await one.close()


async def played(play: Play) -> BaseException | None:
    """None: as the table says. A row that was overtaken is played again, in another shop."""
    for _ in range(TRIES):
        try:
            await (PLAYS.get(play.row.id) or race)(play)
        except Overtaken:
            old = play.shop
            shop = Shop(old.system, old.market, old.seller, old.channel, new_shop_id(old.channel))
            play.begin(await shop.open())
            continue
        except Exception as failed:  # noqa: BLE001 - reported by the row's own test
            return failed
        return None
    return AssertionError(f"{play.row} was overtaken {TRIES} times")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_it_ends_as_the_table_says(row: Row, outcomes: dict[str, BaseException | None]):
    if (failed := outcomes[str(row)]) is not None:
        raise failed
