"""The book of shops: connecting, states and their events, sealed tokens, and who may do what."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from pydantic import SecretStr
from tests.support.waiting import until

from chassis import outbox
from marketplaces.accounts import Accounts, OwnedByAnotherSeller, Sealer, UnknownShop, prepare
from marketplaces.accounts.connecting import connect_with_code, connect_with_tokens
from marketplaces.failures import Permanent, Reauthorise, TokenExpired
from marketplaces.interface import TokenPair

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def timed(open_book, clock):
    return await open_book(now=clock)


def a_pair(name="1", **more):
    tokens = {"access_token": SecretStr(f"access-{name}"), "refresh_token": SecretStr(f"refresh-{name}")}
    return TokenPair(**{**tokens, "access_until": START + timedelta(hours=4), **more})


async def test_connecting_announces_the_shop(timed, new_shop):
    shop = await timed.accounts.connect(new_shop(authorised_until=START + timedelta(days=365)), a_pair())
    assert (shop.state, shop.stock_from, shop.shop_revision) == ("connected", START, 1)
    (event,) = await timed.announced()
    assert (event.seller_id, event.channel, event.shop_id, event.name, event.region) == ("seller-a", "shopee", "1", "A shop", "MY")
    assert (event.state, event.shop_revision, event.authorised_until) == ("connected", 1, START + timedelta(days=365))
    assert await timed.accounts.get("shopee", "1") == shop
    assert timed.woken == [None]


async def test_connecting_again_replaces_the_tokens_and_keeps_the_day_stock_counts_from(timed, new_shop, clock):
    await timed.accounts.connect(new_shop(), a_pair())
    await timed.accounts.mark_disconnected("shopee", "1", why="revoked")
    clock.now += timedelta(days=1)
    shop = await timed.accounts.connect(new_shop(name="New name"), a_pair("2", access_until=clock.now + timedelta(hours=4)))
    assert (shop.state, shop.why, shop.stock_from, shop.name) == ("connected", None, START, "New name")
    assert (await timed.accounts.access("shopee", "1")).token == SecretStr("access-2")
    assert [(event.shop_revision, event.state) for event in await timed.announced()] == [
        (1, "connected"),
        (2, "disconnected"),
        (3, "connected"),
    ]


async def test_a_shop_of_another_seller_is_not_taken_over(timed, new_shop):
    await timed.accounts.connect(new_shop(), a_pair())
    with pytest.raises(OwnedByAnotherSeller):
        await timed.accounts.connect(new_shop(seller_id="seller-b"), a_pair("2"))
    assert (await timed.accounts.access("shopee", "1")).token == SecretStr("access-1")


async def test_shops_are_listed_by_seller_and_channel(timed, new_shop):
    await timed.accounts.connect(new_shop("1"), a_pair())
    await timed.accounts.connect(new_shop("2", seller_id="seller-b"), a_pair())
    await timed.accounts.connect(new_shop("3", channel="tiktok", cipher="c"), a_pair())
    assert [shop.key for shop in await timed.accounts.shops()] == ["shopee:1", "shopee:2", "tiktok:3"]
    assert [shop.key for shop in await timed.accounts.shops(seller_id="seller-a")] == ["shopee:1", "tiktok:3"]
    assert [shop.key for shop in await timed.accounts.shops(channel="shopee")] == ["shopee:1", "shopee:2"]


async def test_tokens_are_sealed_at_rest(timed, new_shop):
    await timed.accounts.connect(new_shop(), a_pair())
    row = await timed.pool.fetchrow("select * from authorisations")
    assert row["key_id"] == "1"
    assert b"access-1" not in row["access_token"]
    assert b"refresh-1" not in row["refresh_token"]


async def test_tokens_moved_to_another_shop_do_not_open(timed, new_shop):
    from marketplaces.accounts.sealing import NotOpened

    await timed.accounts.connect(new_shop("1"), a_pair())
    await timed.accounts.connect(new_shop("2"), a_pair("2"))
    await timed.pool.execute(
        "update authorisations a set access_token = b.access_token from authorisations b where a.id = 'shopee:1' and b.id = 'shopee:2'"
    )
    with pytest.raises(NotOpened):
        await timed.accounts.access("shopee", "1")


async def test_a_shop_nobody_connected(timed):
    assert await timed.accounts.get("shopee", "9") is None
    with pytest.raises(UnknownShop):
        await timed.accounts.access("shopee", "9")
    with pytest.raises(UnknownShop):
        await timed.accounts.mark_disconnected("shopee", "9", why="?")


async def test_what_is_so_already_is_not_announced(timed, new_shop):
    await timed.accounts.connect(new_shop(), a_pair())
    await timed.accounts.mark_connected("shopee", "1")
    for _ in range(3):
        await timed.accounts.mark_disconnected("shopee", "1", why="revoked")
    await timed.accounts.mark_expiring("shopee", "1", authorised_until=START)  # news that a revoked shop is about to expire
    assert [event.state for event in await timed.announced()] == ["connected", "disconnected"]
    assert len(timed.woken) == 2


async def test_a_disconnected_shop_is_not_called(timed, new_shop):
    await timed.accounts.connect(new_shop(), a_pair())
    await timed.accounts.mark_disconnected("shopee", "1", why="the seller revoked it")
    with pytest.raises(Reauthorise, match="the seller revoked it"):
        await timed.accounts.access("shopee", "1")


async def test_expiring_stays_until_a_later_end_is_known(timed, new_shop):
    end = START + timedelta(days=3)
    await timed.accounts.connect(new_shop(authorised_until=START + timedelta(days=300)), a_pair())
    shop = await timed.accounts.mark_expiring("shopee", "1", authorised_until=end)
    assert (shop.state, shop.authorised_until) == ("expiring", end)
    assert (await timed.accounts.mark_expiring("shopee", "1", authorised_until=end)).shop_revision == shop.shop_revision
    assert (await timed.accounts.mark_connected("shopee", "1", authorised_until=end)).state == "expiring"
    assert (await timed.accounts.mark_connected("shopee", "1", authorised_until=end + timedelta(days=365))).state == "connected"
    assert (await timed.accounts.access("shopee", "1")).token == SecretStr("access-1")


async def test_a_shop_that_is_read_is_announced_every_five_minutes(timed, new_shop, clock):
    await timed.accounts.connect(new_shop(), a_pair())
    for _ in range(20):
        clock.now += timedelta(minutes=1)
        await timed.accounts.touched("shopee", "1", read_at=clock.now)
    events = await timed.announced()
    assert [event.last_read_at for event in events] == [None, *(START + timedelta(minutes=minute) for minute in (5, 10, 15, 20))]
    assert [event.shop_revision for event in events] == [1, 2, 3, 4, 5]
    assert {event.changed_at for event in events} == {START}


async def test_reading_never_goes_back_in_time(timed, new_shop, clock):
    await timed.accounts.connect(new_shop(), a_pair())
    await timed.accounts.touched("shopee", "1", read_at=START + timedelta(seconds=9))
    await timed.accounts.touched("shopee", "1", read_at=START)
    assert (await timed.accounts.get("shopee", "1")).last_read_at == START + timedelta(seconds=9)


async def test_a_disconnected_shop_is_not_announced_as_read(timed, new_shop, clock):
    await timed.accounts.connect(new_shop(), a_pair())
    await timed.accounts.mark_disconnected("shopee", "1", why="revoked")
    clock.now += timedelta(hours=1)
    await timed.accounts.touched("shopee", "1", read_at=clock.now)
    assert [event.state for event in await timed.announced()] == ["connected", "disconnected"]


async def test_a_change_that_cannot_be_announced_is_no_change(timed, new_shop, monkeypatch):
    await timed.accounts.connect(new_shop(), a_pair())

    async def fail(tx, events):
        raise ConnectionError("database went away")

    with monkeypatch.context() as broken:
        broken.setattr(outbox, "add", fail)
        with pytest.raises(ConnectionError):
            await timed.accounts.mark_disconnected("shopee", "1", why="revoked")
    assert (await timed.accounts.get("shopee", "1")).state == "connected"


async def test_changes_at_once_get_a_revision_each_in_the_order_of_the_outbox(timed, new_shop):
    await timed.accounts.connect(new_shop(), a_pair())
    ends = [START + timedelta(days=day) for day in range(1, 21)]
    await asyncio.gather(*(timed.accounts.mark_expiring("shopee", "1", authorised_until=end) for end in ends))
    assert [event.shop_revision for event in await timed.announced()] == list(range(1, 22))


async def test_what_many_notice_at_once_is_announced_once(timed, new_shop):
    await timed.accounts.connect(new_shop(), a_pair())
    await asyncio.gather(*(timed.accounts.mark_disconnected("shopee", "1", why=f"seen by {number}") for number in range(20)))
    assert [event.state for event in await timed.announced()] == ["connected", "disconnected"]


async def test_what_was_learnt_with_old_tokens_does_not_disconnect_a_shop_connected_since(timed, new_shop):
    await timed.accounts.connect(new_shop(), a_pair())
    access = await timed.accounts.access("shopee", "1")
    await timed.accounts.connect(new_shop(), a_pair("2"))
    await timed.accounts.mark_disconnected("shopee", "1", why="late news", generation=access.generation)
    assert (await timed.accounts.get("shopee", "1")).state == "connected"


async def test_nor_when_it_is_being_connected_at_that_very_moment(timed, new_shop):
    await timed.accounts.connect(new_shop(), a_pair())
    access = await timed.accounts.access("shopee", "1")
    async with timed.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("update authorisations set generation = generation + 1")
        await connection.execute("update shops set name = name")
        late = asyncio.create_task(timed.accounts.mark_disconnected("shopee", "1", why="late news", generation=access.generation))
        waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        await until(lambda: timed.pool.fetchval(waits))
        await transaction.commit()
    await late
    assert (await timed.accounts.get("shopee", "1")).state == "connected"


async def test_probing_finds_out_what_is_true(sandbox, book, connected):
    channel, shop_id = connected.at["channel"], connected.at["shop_id"]
    assert (await book.accounts.probe(channel, shop_id)).shop_id == shop_id
    await sandbox.shop_event(connected.at, "revoke")
    with pytest.raises(Reauthorise):
        await book.accounts.probe(channel, shop_id)
    assert (await book.accounts.get(channel, shop_id)).state == "disconnected"
    with pytest.raises(Reauthorise):
        await book.accounts.probe(channel, shop_id)
    await sandbox.shop_event(connected.at, "restore")
    await book.accounts.probe(channel, shop_id)
    assert (await book.accounts.get(channel, shop_id)).state == "connected"
    assert [event.state for event in await book.announced()] == ["connected", "disconnected", "connected"]


async def test_connecting_with_a_code(sandbox, book, one):
    query = (
        {"partner_id": "1000001", "auth_type": "seller", "redirect_uri": "http://127.0.0.1:1/back", "response_type": "code"}
        if one.at["channel"] == "shopee"
        else {"service_id": "7400000000000000001", "answer": "allow"}
    )
    page = "/auth" if one.at["channel"] == "shopee" else "/open/authorize"
    redirect = await sandbox.http.get(f"{sandbox.url}{page}", params={**query, "state": "s", "shop_id": one.at["shop_id"]})
    import httpx

    code = httpx.URL(redirect.headers["location"]).params["code"]
    (shop,) = await connect_with_code(book.accounts, one.channel, code=code, shop_id=one.at["shop_id"], seller_id="seller-a")
    assert (shop.shop_id, shop.state, shop.name, shop.region) == (one.at["shop_id"], "connected", one.at["name"], "MY")
    assert shop.authorised_until is not None
    access = await book.accounts.access(shop.channel, shop.shop_id)
    assert await one.channel.read_shops(access)
    with pytest.raises(Reauthorise):
        await connect_with_code(book.accounts, one.channel, code=code, shop_id=one.at["shop_id"], seller_id="seller-a")


async def test_one_tiktok_account_connects_all_its_shops(sandbox, book, channels):
    first = await sandbox.shop("tiktok", account="cross-border")
    second = await sandbox.shop("tiktok", account="cross-border", region="SG")
    answer = await sandbox.http.get(
        f"{sandbox.url}/open/authorize",
        params={"service_id": "7400000000000000001", "answer": "allow", "state": "s", "shop_id": first["shop_id"]},
    )
    import httpx

    code = httpx.URL(answer.headers["location"]).params["code"]
    shops = await connect_with_code(book.accounts, channels.tiktok, code=code, shop_id=None, seller_id="seller-a")
    assert {(shop.shop_id, shop.region) for shop in shops} == {(first["shop_id"], "MY"), (second["shop_id"], "SG")}
    assert await book.pool.fetchval("select count(*) from authorisations") == 1


async def test_tokens_of_another_shop_are_not_stored(sandbox, book, one):
    other = await sandbox.shop(one.at["channel"])
    with pytest.raises((Permanent, Reauthorise, TokenExpired)):
        await connect_with_tokens(book.accounts, one.channel, one.at, shop_id=other["shop_id"], seller_id="seller-a")
    assert await book.accounts.shops() == []


@pytest.mark.parametrize("missing", ["access_token", "refresh_token", "access_token_expires_at"])
async def test_tokens_that_are_incomplete_are_refused_by_name(book, one, missing):
    given = {name: value for name, value in one.at.items() if name != missing}
    with pytest.raises(ValueError, match=missing):
        await connect_with_tokens(book.accounts, one.channel, given, shop_id=one.at["shop_id"], seller_id="seller-a")


async def test_the_command_line_connects_a_shop(accounts_url, environment, one, book):
    async def run(*argv, given=""):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "marketplaces", *argv,
            env={**environment, "ACCOUNTS_DATABASE_URL": accounts_url, "PATH": "/usr/bin:/bin"},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(given.encode())
        return process.returncode, out.decode(), err.decode()

    at = ("--channel", one.at["channel"], "--shop-id", one.at["shop_id"], "--seller", "seller-a")
    code, out, err = await run("connect", *at, given=json.dumps(one.at))
    assert (code, err) == (0, ""), err
    assert f"{one.at['channel']}:{one.at['shop_id']} {one.at['name']} (MY) connected" in out
    assert one.at["access_token"] not in out
    code, _, err = await run("connect", *at, given=json.dumps({**one.at, "access_token": "wrong"}))
    assert code == 1
    assert "wrong" not in err
    assert len(err.splitlines()) == 1
    assert one.at["shop_id"] in (await run("shops"))[1]


async def test_sync_back_may_read_change_and_announce_and_nothing_else(book, connected, accounts_url, channels, settings, postgres_url):
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("do $$ begin create role sync_back login; exception when duplicate_object then null; end $$")
    await connection.close()
    await prepare(accounts_url)
    await asyncio.gather(*(prepare(accounts_url) for _ in range(4)))
    channel, shop_id = connected.at["channel"], connected.at["shop_id"]
    async with asyncpg.create_pool(accounts_url, min_size=1, max_size=2, server_settings={"role": "sync_back"}) as pool:
        accounts = Accounts(pool, channels.by_name, Sealer.from_settings(settings))
        access = await accounts.access(channel, shop_id)
        assert (await accounts.access(channel, shop_id, refused=access.token)).generation == 2
        await accounts.mark_disconnected(channel, shop_id, why="seen by sync-back")
        for forbidden in ("delete from shops", "select * from outbox", "insert into shops(channel) values ('x')", "select * from inbox"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(forbidden)
    assert [event.state for event in await book.announced()] == ["connected", "disconnected"]
