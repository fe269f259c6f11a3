"""The event stream as a browser reads it: at once, in time, not too often, resumed, cut, ended."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from tests.support.decision_api import AUTH_KEY, Events, bearer, now, recent, token
from tests.support.requests import requested
from tests.support.waiting import until

from chassis.http import COOKIE
from decision.api import stream
from decision.app import make_app
from decision.changes import payloads
from decision.settings import Settings
from decision.store import _decode_request

PATH = "/v1/cancel-requests/stream"


@pytest.fixture
def listen(running, http, seller):
    """`async with listen() as events`"""

    @contextlib.asynccontextmanager
    async def do(headers: dict[str, str] | None = None, *, since: str | None = None, url: str = "") -> AsyncIterator[Events]:
        more = {"Last-Event-ID": since} if since else {}
        async with http.stream("GET", (url or running.url) + PATH, headers=(headers or seller.headers("viewer")) | more) as answer:
            assert answer.status_code == 200, await answer.aread()
            yield Events(answer)

    return do


async def bump(seller, *, like: str = "%", version: int = 1) -> None:
    """Every row of the seller changes, and says so."""
    async with seller.pool.acquire() as tx, tx.transaction():
        rows = await tx.fetch(
            """update requests set version = version + $3, updated_at = now(),
                      body = jsonb_set(body, '{version}', to_jsonb(version + $3))
               where seller_id = $1 and order_ref like $2 returning body::text""",
            seller.id,
            like,
            version,
        )
        changed = [_decode_request(row["body"]) for row in rows]
        await tx.execute("select pg_notify('decision_changes', told) from unnest($1::text[]) told", payloads(changed))


async def test_the_counts_come_at_once_and_a_change_within_a_second(seller, listen):
    await seller.asks()
    async with listen() as events:
        first = await events.next()
        assert (first["event"], first["data"]["to_decide"], first["retry"]) == ("summary", 1, "2000")
        took = []
        for number in range(3):
            asked = await seller.asks()
            began = time.monotonic()
            event = await events.until("request")
            took.append(time.monotonic() - began)
            assert (event["data"]["id"], event["data"]["state"]) == (asked.id, "pending")
            assert (await events.until("summary"))["data"]["to_decide"] == number + 2
        assert min(took) < 1, took
        await asked.approve()
        event = await events.until("request")
        assert (event["data"]["state"], event["data"]["version"]) == ("approved", 2)
        headers = events.response.headers
        assert headers["content-type"].startswith("text/event-stream")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")


async def test_a_shop_that_goes_is_told(seller, listen):
    async with listen() as events:
        await events.next()
        shop = await seller.shop("disconnected")
        event = await events.until("shop")
        assert (event["data"]["shop_id"], event["data"]["state"]) == (shop, "disconnected")


async def test_nobody_hears_of_another_sellers_rows(seller, other, listen):
    async with listen() as events:
        await events.next()
        await other.asks()
        await other.shop()
        mine = await seller.asks()
        event = await events.next()
        assert (event["event"], event["data"]["id"]) == ("request", mine.id)
        assert (await events.next())["data"]["to_decide"] == 1


async def test_a_storm_is_told_at_most_every_quarter_of_a_second(seller, listen):
    await seller.asks(seller.order("STORM"))
    async with listen() as events:
        await events.next()

        async def storm() -> None:
            until_when = time.monotonic() + 1.6
            while time.monotonic() < until_when:
                await bump(seller, like="STORM")

        raging = asyncio.create_task(storm())
        told = []
        with contextlib.suppress(TimeoutError):
            while event := await events.next(seconds=1.5):
                if event["event"] == "request":
                    told.append((time.monotonic(), event["data"]["version"]))
        await raging
        version = await seller.pool.fetchval("select version from requests where seller_id = $1", seller.id)
        assert told[-1][1] == version, "the last word is told"
        assert version > 3 * len(told), "it was a storm"
        assert [each for _, each in told] == sorted({each for _, each in told})
        assert 2 <= len(told) <= 1.6 / stream.GATHER_SECONDS + 3
        # Seen from here the first of two may come late: so pairs are looked at two by two.
        assert all(later - earlier > 0.4 for (earlier, _), (later, _) in zip(told, told[2:], strict=False)), told


async def test_more_than_five_hundred_at_once_are_a_reset(seller, listen):
    await seller.hear(*(requested(seller.order(f"A{number:03}"), **recent()) for number in range(501)))
    async with listen() as events:
        await events.next()
        await bump(seller)
        assert [(await events.next())["event"] for _ in range(2)] == ["reset", "summary"]
        await bump(seller, like="A00%")
        seen = [await events.next() for _ in range(11)]
        assert [event["event"] for event in seen] == ["request"] * 10 + ["summary"]


def event_id(ago: timedelta) -> str:
    return f"{int((now() - ago).timestamp() * 1000)}-7"


async def test_a_reader_that_was_away_hears_what_it_missed(seller, listen):
    async with listen() as events:
        last = (await events.next())["id"]
    asked = await seller.asks()
    shop = await seller.shop()
    async with listen(since=last) as events:
        seen = [await events.next() for _ in range(4)]
        assert [event["event"] for event in seen] == ["summary", "request", "shop", "summary"]
        assert (seen[1]["data"]["id"], seen[2]["data"]["shop_id"]) == (asked.id, shop)


async def test_a_reader_cut_off_while_it_catches_up_misses_nothing(seller, listen):
    orders = [seller.order() for _ in range(5)]
    await seller.hear(*(requested(order, **recent()) for order in orders), at=now() - timedelta(minutes=1))
    last = event_id(timedelta(minutes=2))
    heard: set[str] = set()
    for cut_after in (1, 2, 3):  # the counts only; one row; two rows
        async with listen(since=last) as events:
            for _ in range(cut_after):
                last = (await events.next())["id"]
    async with listen(since=last) as events:
        while (event := await events.next())["event"] != "summary" or not heard:
            if event["event"] == "request":
                heard.add(event["data"]["order_ref"])
    assert heard == {order.order_ref for order in orders}


async def test_ten_minutes_later_it_reads_everything_again(seller, listen):
    await seller.asks()
    for since, expected in (
        (event_id(timedelta(minutes=9)), "request"),
        (event_id(timedelta(minutes=11)), "reset"),
        (event_id(timedelta(hours=-1)), "reset"),
        ("garbage", "reset"),
        ("9" * 60, "reset"),
        ("-1", "reset"),
    ):
        async with listen(since=since) as events:
            assert [(await events.next())["event"] for _ in range(2)] == ["summary", expected], since


async def test_a_reader_that_missed_more_than_five_hundred_reads_everything_again(seller, listen):
    await seller.hear(*(requested(seller.order(), **recent()) for _ in range(501)))
    async with listen(since=event_id(timedelta(minutes=1))) as events:
        assert [(await events.next())["event"] for _ in range(3)] == ["summary", "reset", "summary"]


async def test_it_ends_when_the_token_does(seller, listen):
    began = time.monotonic()
    async with listen(seller.headers("viewer", ttl=1.5)) as events:
        await events.next()
        assert await events.next(seconds=8) is None
    assert 1 < time.monotonic() - began < 6


async def test_signing_out_ends_the_streams_of_this_session_and_no_others(running, http, seller, other, listen):
    mine, theirs = token("viewer", seller=seller.id), token("viewer", seller=other.id)
    cookie = {"Cookie": f"{COOKIE}={mine}"}
    async with listen(cookie) as by_cookie, listen(other.headers("viewer")) as foreign, listen({"Cookie": f"{COOKIE}={theirs}"}) as also:
        for events in (by_cookie, foreign, also):
            await events.next()
        assert (await http.delete(f"{running.url}/v1/session", headers=cookie)).status_code == 401
        out = await http.delete(f"{running.url}/v1/session", headers=cookie | {"X-Requested-With": "zetpy"})
        assert out.status_code == 204
        assert await by_cookie.next(seconds=5) is None
        out = await http.delete(f"{running.url}/v1/session", headers=bearer("viewer", seller=seller.id))
        assert out.status_code == 204
        asked = await other.asks()
        for events in (foreign, also):
            assert (await events.until("request"))["data"]["id"] == asked.id


@pytest.fixture
async def in_process(running, monkeypatch):
    """The same service in this process, so that its patience can be shortened; real sockets."""
    monkeypatch.setenv("DECISION_DATABASE_URL", running.database_url)
    monkeypatch.setenv("AUTH_KEY", AUTH_KEY)
    app = make_app(Settings(topic_prefix="never-"))
    await app.open_database()
    changes = asyncio.create_task(app.tasks["changes"]())
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app.http, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await until(lambda: server.started)
    yield app, f"http://127.0.0.1:{listener.getsockname()[1]}"
    app.stop.set()
    server.should_exit = True
    await serving
    changes.cancel()
    await asyncio.gather(changes, return_exceptions=True)
    await app.pool.close()


def subscribers(app: Any, seller_id: str) -> int:
    return len(app.http.state.changes._subscribers.get(seller_id, ()))


async def test_a_reader_who_does_not_read_is_cut(in_process, seller, monkeypatch, caplog):
    monkeypatch.setattr(stream, "SEND_SECONDS", 0.3)
    app, url = in_process
    await seller.hear(*(requested(seller.order(), **recent()) for _ in range(400)))
    port = int(url.rpartition(":")[2])
    with socket.socket() as idle:
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        idle.connect(("127.0.0.1", port))
        idle.sendall(f"GET {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token('viewer', seller=seller.id)}\r\n\r\n".encode())
        await until(lambda: subscribers(app, seller.id) == 1)

        async def cut() -> bool:
            await bump(seller)
            return subscribers(app, seller.id) == 0

        await until(cut, seconds=30, every=0.3, what="the reader is cut")
    assert not [each for each in caplog.records if each.levelname in {"ERROR", "CRITICAL"}], "an everyday thing is no error"


async def test_a_reader_who_leaves_is_forgotten(in_process, seller, listen):
    app, url = in_process
    async with listen(url=url) as events:
        await events.next()
        assert subscribers(app, seller.id) == 1
    await until(lambda: subscribers(app, seller.id) == 0, what="nobody listens any more")


async def test_a_stream_that_says_nothing_still_breathes(in_process, seller, listen, monkeypatch):
    monkeypatch.setattr(stream, "PING_SECONDS", 0.2)
    _, url = in_process
    async with httpx.AsyncClient(trust_env=False) as http, http.stream("GET", url + PATH, headers=seller.headers("viewer")) as answer:
        async with asyncio.timeout(5):
            async for line in answer.aiter_lines():
                if line.startswith(": ping"):
                    return
    raise AssertionError("no comment came")


async def test_a_service_that_stops_ends_its_streams(in_process, seller, listen):
    app, url = in_process
    async with listen(url=url) as events:
        await events.next()
        app.stop.set()
        while await events.next(seconds=5) is not None:
            """What was still to be told."""


async def test_a_seller_holds_open_no_more_streams_than_it_may_and_others_are_none_the_wiser(running, http, seller, other, listen):
    async with contextlib.AsyncExitStack() as opened:
        held = [await opened.enter_async_context(listen()) for _ in range(Settings.model_fields["streams_per_seller"].default)]
        for events in held:
            await events.next()
        refused = await http.get(running.url + PATH, headers=seller.headers("viewer"), timeout=5)
        assert (refused.status_code, refused.json()["type"], refused.headers["retry-after"]) == (429, "/problems/rate-limited", "30")
        async with listen(other.headers("viewer")) as events:
            await events.next()

    async def free():
        async with http.stream("GET", running.url + PATH, headers=seller.headers("viewer")) as answer:
            return answer.status_code == 200

    await until(free, every=0.1, what="a stream that ended makes room")
