"""Renewing tokens: once over all processes, never lost silently, whoever dies on the way."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.waiting import until

from marketplaces.accounts import store
from marketplaces.accounts.connecting import connect_with_tokens
from marketplaces.failures import Misconfigured, Reauthorise, Throttled, TokenExpired, Unavailable

ENDPOINT = {"shopee": "access_token/get", "tiktok": "token/refresh"}


def key(one):
    return one.at["channel"], one.at["shop_id"]


def later(**ahead) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + timedelta(**ahead)


async def refreshes(sandbox, one):
    """How often this channel was asked for new tokens, by anybody."""
    return await sandbox.calls(ENDPOINT[one.at["channel"]])


class Between:
    """A channel whose refresh waits on its way back."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel
        self.answered = asyncio.Event()
        self.go_on = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    async def refresh(self, *args: Any, **more: Any) -> Any:
        pair = await self._channel.refresh(*args, **more)
        self.answered.set()
        await self.go_on.wait()
        return pair


async def test_a_fresh_token_is_used_as_it_is(sandbox, book, connected):
    before = await refreshes(sandbox, connected)
    access = await book.accounts.access(*key(connected))
    assert access.token.get_secret_value() == connected.at["access_token"]
    assert access.cipher == connected.at["cipher"]
    assert await refreshes(sandbox, connected) == before


async def test_a_token_that_is_over_is_renewed_before_it_is_used(sandbox, book, connected):
    before = await refreshes(sandbox, connected)
    await book.pool.execute(
        "update authorisations set obtained_at = now() - interval '4 hours', access_until = now() + interval '5 seconds'"
    )
    access = await book.accounts.access(*key(connected))
    assert access.generation == 2
    assert await connected.channel.read_shops(access)
    assert await refreshes(sandbox, connected) - before == 1


async def test_a_token_that_ages_is_renewed_behind_its_users_back(sandbox, open_book, connected):
    left = datetime.fromisoformat(connected.at["access_token_expires_at"]) - datetime.now(UTC)
    book = await open_book(now=later(seconds=left.total_seconds() - 300))
    access = await book.accounts.access(*key(connected))
    assert access.token.get_secret_value() == connected.at["access_token"]
    await until(lambda: _generation_is(book, 2))
    assert (await book.accounts.access(*key(connected))).generation == 2


async def _generation_is(book, generation):
    return await book.pool.fetchval("select generation from authorisations") == generation


async def test_a_call_whose_token_ended_is_made_once_more_with_a_new_one(sandbox, book, connected):
    order_ref = await sandbox.requested(connected.at)
    await sandbox.shop_event(connected.at, "expire-token")
    used = []

    async def read(access):
        used.append(access.token)
        return await connected.channel.read_orders(access, [order_ref])

    reading = await book.accounts.call(*key(connected), read)
    assert order_ref in reading.orders
    assert len(set(used)) == 2
    assert (await book.accounts.get(*key(connected))).state == "connected"


async def test_a_call_is_not_made_a_third_time(sandbox, book, connected):
    before = await refreshes(sandbox, connected)
    calls = []

    async def refuse(access):
        calls.append(access.token)
        raise TokenExpired("never good enough", code="x")

    with pytest.raises(Unavailable):
        await book.accounts.call(*key(connected), refuse)
    assert len(set(calls)) == 2
    assert await refreshes(sandbox, connected) - before == 1
    assert (await book.accounts.get(*key(connected))).state == "connected"


@pytest.mark.parametrize("failure", [Throttled("x"), Misconfigured("x"), Unavailable("x")])
async def test_other_failures_are_passed_on_at_once(book, connected, failure):
    calls = []

    async def fail(access):
        calls.append(access)
        raise failure

    with pytest.raises(type(failure)):
        await book.accounts.call(*key(connected), fail)
    assert len(calls) == 1
    assert (await book.accounts.get(*key(connected))).state == "connected"


async def test_a_shop_that_must_be_connected_again_is_marked_so(book, connected):
    async def fail(access):
        raise Reauthorise("the scope is missing", code="105005")

    with pytest.raises(Reauthorise):
        await book.accounts.call(*key(connected), fail)
    shop = await book.accounts.get(*key(connected))
    assert (shop.state, shop.why) == ("disconnected", "105005: the scope is missing")


async def test_many_callers_in_many_processes_refresh_once(sandbox, open_book, connected):
    books = [await open_book() for _ in range(3)]
    before = await refreshes(sandbox, connected)
    old = (await books[0].accounts.access(*key(connected))).token
    found = await asyncio.gather(*(book.accounts.access(*key(connected), refused=old) for book in books for _ in range(10)))
    assert len({access.token for access in found}) == 1
    assert found[0].token != old
    assert await refreshes(sandbox, connected) - before == 1


@pytest.fixture
async def probe(accounts_url, environment):
    """`await probe(one, "hang")`: another process, ready to renew. Gone after the test."""
    started = []

    async def start(one, *argv):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.support.token_probe", *key(one), *argv,
            env={**environment, "ACCOUNTS_DATABASE_URL": accounts_url, "PATH": "/usr/bin:/bin"},
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        assert await said(process, "ready")
        return process

    yield start
    for process in started:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def said(process, word):
    """The next line that begins with this word; logs are passed over."""
    async with asyncio.timeout(20):
        while line := (await process.stdout.readline()).decode():
            if line.startswith(word):
                return line.strip()
    raise AssertionError(f"it ended without saying {word}")


async def test_processes_that_refresh_at_once_call_once(sandbox, connected, probe):
    before = await refreshes(sandbox, connected)
    processes = await asyncio.gather(*(probe(connected) for _ in range(3)))
    for process in processes:
        process.stdin.write(b"go\n")
    assert [await said(process, "generation") for process in processes] == ["generation 2"] * 3
    assert await refreshes(sandbox, connected) - before == 1


async def test_killed_between_the_call_and_the_store_the_shop_is_disconnected_and_says_why(sandbox, open_book, connected, probe):
    book = await open_book(refresh_lease_seconds=1)
    old = (await book.accounts.access(*key(connected))).token
    process = await probe(connected, "hang")
    process.stdin.write(b"go\n")
    await said(process, "answered")
    process.kill()
    await process.wait()
    before = await refreshes(sandbox, connected)
    with pytest.raises(Reauthorise, match="lost"):
        await book.accounts.access(*key(connected), refused=old)
    assert await refreshes(sandbox, connected) - before == 1
    shop = await book.accounts.get(*key(connected))
    assert shop.state == "disconnected"
    assert "Connect the shop again" in shop.why
    assert [event.state for event in await book.announced()] == ["connected", "disconnected"]
    with pytest.raises(Reauthorise):
        await book.accounts.access(*key(connected))
    assert await refreshes(sandbox, connected) - before == 1

    again = await sandbox.authorise_again(connected.at)
    await connect_with_tokens(book.accounts, connected.channel, again, shop_id=again["shop_id"], seller_id="seller-a")
    assert await connected.channel.read_shops(await book.accounts.access(*key(connected)))


async def test_killed_before_the_call_the_old_token_still_works(open_book, connected):
    """The lease was committed and nothing came of it."""
    book = await open_book()
    await book.pool.execute("update authorisations set lease = gen_random_uuid(), lease_until = now() - interval '1 second'")
    old = (await book.accounts.access(*key(connected))).token
    assert (await book.accounts.access(*key(connected), refused=old)).generation == 2
    assert await book.pool.fetchval("select unsettled from authorisations") is False


async def test_a_caller_that_gives_up_does_not_stop_the_refresh(open_book, connected):
    slow = Between(connected.channel)
    book = await open_book(channels={connected.at["channel"]: slow})
    old = (await book.accounts.access(*key(connected))).token
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await book.accounts.access(*key(connected), refused=old)
    slow.go_on.set()
    await book.accounts.close()
    assert await _generation_is(book, 2)
    assert await connected.channel.read_shops(await book.accounts.access(*key(connected)))


async def test_one_that_was_frozen_too_long_still_brings_the_only_pair_that_works(open_book, connected):
    slow = Between(connected.channel)
    frozen = await open_book(channels={connected.at["channel"]: slow}, refresh_lease_seconds=0.2)
    other = await open_book(refresh_lease_seconds=0.2)
    old = (await other.accounts.access(*key(connected))).token
    waiting = asyncio.create_task(frozen.accounts.access(*key(connected), refused=old))
    await slow.answered.wait()
    with pytest.raises(Reauthorise):
        await other.accounts.access(*key(connected), refused=old)
    assert (await other.accounts.get(*key(connected))).state == "disconnected"
    slow.go_on.set()
    access = await waiting
    assert await connected.channel.read_shops(access)
    assert (await other.accounts.get(*key(connected))).state == "connected"
    assert [event.state for event in await other.announced()] == ["connected", "disconnected", "connected"]


async def test_tokens_of_a_new_consent_are_not_overwritten_by_a_late_refresh(sandbox, open_book, connected):
    slow = Between(connected.channel)
    book = await open_book(channels={connected.at["channel"]: slow})
    old = (await book.accounts.access(*key(connected))).token
    waiting = asyncio.create_task(book.accounts.access(*key(connected), refused=old))
    await slow.answered.wait()
    again = await sandbox.authorise_again(connected.at)
    await connect_with_tokens(book.accounts, connected.channel, again, shop_id=again["shop_id"], seller_id="seller-a")
    slow.go_on.set()
    assert (await waiting).token.get_secret_value() == again["access_token"]


async def test_a_refusal_that_comes_after_a_new_consent_disconnects_nothing(sandbox, open_book, connected):
    class Refusing(Between):
        async def refresh(self, *_, **__):
            self.answered.set()
            await self.go_on.wait()
            raise Reauthorise("Invalid refresh_token.", code="error_auth")

    refusing = Refusing(connected.channel)
    book = await open_book(channels={connected.at["channel"]: refusing})
    old = (await book.accounts.access(*key(connected))).token
    waiting = asyncio.create_task(book.accounts.access(*key(connected), refused=old))
    await refusing.answered.wait()
    again = await sandbox.authorise_again(connected.at)
    await connect_with_tokens(book.accounts, connected.channel, again, shop_id=again["shop_id"], seller_id="seller-a")
    refusing.go_on.set()
    assert (await waiting).token.get_secret_value() == again["access_token"]
    assert (await book.accounts.get(*key(connected))).state == "connected"


async def test_an_answer_that_was_lost_on_the_way_is_told_as_such(sandbox, book, connected, settings):
    """The marketplace renewed, the answer never came: the next try is refused, and that is why."""
    from marketplaces.channels import open_channels

    hasty = open_channels(settings.model_copy(update={"marketplace_timeout_seconds": 0.5}), purpose="reading")
    old = (await book.accounts.access(*key(connected))).token
    await sandbox.do(
        "POST",
        "/faults/script",
        {
            "script": [
                {"channel": connected.at["channel"], "endpoint": ENDPOINT[connected.at["channel"]], "fault": "timeout_after", "seconds": 20}
            ]
        },
    )
    book.accounts._refresher._channels = hasty.by_name
    with pytest.raises(Unavailable):
        await book.accounts.access(*key(connected), refused=old)
    assert (await book.accounts.get(*key(connected))).state == "connected"
    assert await book.pool.fetchval("select unsettled from authorisations") is True
    with pytest.raises(Reauthorise, match="lost"):
        await book.accounts.access(*key(connected), refused=old)
    await hasty.close()


@pytest.mark.parametrize("fault", [{"fault": "unavailable"}, {"fault": "throttle"}])
async def test_a_marketplace_that_is_down_costs_nothing(sandbox, book, connected, fault):
    old = (await book.accounts.access(*key(connected))).token
    script = [{"channel": connected.at["channel"], "endpoint": ENDPOINT[connected.at["channel"]], **fault}]
    await sandbox.do("POST", "/faults/script", {"script": script})
    with pytest.raises((Unavailable, Throttled)):
        await book.accounts.access(*key(connected), refused=old)
    assert (await book.accounts.access(*key(connected), refused=old)).generation == 2
    assert await book.pool.fetchval("select unsettled from authorisations") is False


async def test_a_refresh_that_fails_does_not_bother_those_whose_token_still_works(sandbox, open_book, connected):
    left = datetime.fromisoformat(connected.at["access_token_expires_at"]) - datetime.now(UTC)
    book = await open_book(now=later(seconds=left.total_seconds() - 300))
    before = await refreshes(sandbox, connected)
    script = [{"channel": connected.at["channel"], "endpoint": ENDPOINT[connected.at["channel"]], "fault": "unavailable"}]
    await sandbox.do("POST", "/faults/script", {"script": script})
    for _ in range(5):
        assert (await book.accounts.access(*key(connected))).token.get_secret_value() == connected.at["access_token"]
        await book.accounts.close()
    assert await refreshes(sandbox, connected) - before == 1  # and is not tried again at once


async def test_while_the_database_is_away_the_pair_is_kept(book, connected, monkeypatch):
    real, tries = store.store_pair, []

    async def away(*args, **more):
        tries.append(args)
        if len(tries) < 3:
            raise ConnectionResetError
        return await real(*args, **more)

    monkeypatch.setattr(store, "store_pair", away)
    old = (await book.accounts.access(*key(connected))).token
    access = await book.accounts.access(*key(connected), refused=old)
    assert (len(tries), access.generation) == (3, 2)
    assert await connected.channel.read_shops(access)


async def test_a_refused_refresh_token_disconnects_the_shop_once(sandbox, book, connected):
    await sandbox.shop_event(connected.at, "revoke")
    old = (await book.accounts.access(*key(connected))).token
    before = await refreshes(sandbox, connected)
    results = await asyncio.gather(*(book.accounts.access(*key(connected), refused=old) for _ in range(5)), return_exceptions=True)
    assert {type(result) for result in results} == {Reauthorise}
    assert await refreshes(sandbox, connected) - before == 1
    assert [event.state for event in await book.announced()] == ["connected", "disconnected"]


async def test_a_caller_who_read_the_shop_before_a_refusal_does_not_offer_the_token_again(sandbox, book, connected):
    """The race in slow motion: the shop was read as connected, another's refresh was refused, and only then ours begins."""
    row = await store.find_shop(book.pool, *key(connected))
    await sandbox.shop_event(connected.at, "revoke")
    with pytest.raises(Reauthorise):
        await book.accounts.call(*key(connected), connected.channel.read_shops)
    before = await refreshes(sandbox, connected)
    with pytest.raises(Reauthorise):
        await book.accounts._refresher.refresh(row["authorisation"], generation=row["generation"])
    assert await refreshes(sandbox, connected) == before


async def test_shops_of_one_tiktok_account_share_their_tokens(sandbox, book, channels):
    shops = [await sandbox.shop("tiktok", account="shared-account"), await sandbox.shop("tiktok", account="shared-account")]
    for shop in shops:
        # The second shop's consent answered with the tokens of both.
        await connect_with_tokens(
            book.accounts, channels.tiktok, {**shops[1], "cipher": shop["cipher"]}, shop_id=shop["shop_id"], seller_id="seller-a"
        )
    first, second = ("tiktok", shops[0]["shop_id"]), ("tiktok", shops[1]["shop_id"])
    old = (await book.accounts.access(*first)).token
    renewed = await book.accounts.access(*first, refused=old)
    assert (await book.accounts.access(*second, refused=old)).token == renewed.token
    await sandbox.shop_event(shops[0], "revoke")
    with pytest.raises(Reauthorise):
        await book.accounts.call(*first, channels.tiktok.read_shops)
    assert [shop.state for shop in await book.accounts.shops()] == ["disconnected", "disconnected"]


async def test_what_a_call_was_told_of_tokens_that_a_new_consent_replaced_meanwhile_disconnects_nothing(sandbox, book, connected):
    """The seller came back while the call was under way: it is tried again, not left waiting for him."""
    channel, shop_id = connected.at["channel"], connected.at["shop_id"]

    async def use(_):
        again = await sandbox.authorise_again(connected.at)
        await connect_with_tokens(book.accounts, connected.channel, again, shop_id=shop_id, seller_id="seller-a")
        raise Reauthorise("revoked")

    with pytest.raises(Unavailable):
        await book.accounts.call(channel, shop_id, use)
    assert (await book.accounts.get(channel, shop_id)).state == "connected"
    assert await book.accounts.call(channel, shop_id, connected.channel.read_shops)
