"""The operator's command on the whole system, as the role that the stack gives it."""

import asyncio
import json
import os
import sys
from datetime import datetime

import asyncpg
import pytest
from tests.support.waiting import until

from local_stack import secrets
from local_stack.programs import database_url
from local_stack.settings import Stack


async def ops(system: Stack, *words: str, code: int = 0):
    """`make ops ARGS=…`, its JSON."""
    machine = {name: value for name, value in os.environ.items() if name not in {"KAFKA_URL", "DATABASE_URL"}}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local_stack", "ops", *words, "--json"),
        env=machine | system.environment(),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == code, (out.decode(), err.decode())
    return json.loads(out)


async def test_one_request_is_told_from_the_push_to_the_marketplaces_answer(system, shop):
    order = await shop.asked()
    request = await order.approve()
    await order.becomes(sync="confirmed", stock="returned")
    story = await ops(system, "trace", request["id"])
    assert story["missing"] == []
    assert story["request"]["order_key"] == order.key
    told = [(step["where"], step["what"]) for step in story["steps"]]
    for step in [
        ("cancel-requests", "cancel-requested.v1"),
        ("decision: timeline", "requested"),
        ("cancel-decisions", "cancel-approved.v1"),
        ("order-status", "order-status-changed.v1"),
        ("inventory: ledger", "movement"),
        ("stock-movements", "stock-settled.v1"),
        ("sync-back: marketplace call", "begun"),
        ("sync-back: marketplace call", "ended"),
        ("sync-outcomes", "outcome-synced.v1"),
        ("ingestor: newest look", "read"),
    ]:
        assert step in told
    times = [datetime.fromisoformat(step["at"]) for step in story["steps"]]
    assert times == sorted(times)
    assert "Demo admin" not in json.dumps(story)
    planned = await ops(system, "replay", "plan", "--consumer", "sync-back", "--topic", "cancel-decisions", "--order", order.key)
    assert (planned["already_handled"], planned["would_call_a_marketplace"]) == (planned["events"], 0)
    again = ("--consumer", "sync-back", "--topic", "cancel-decisions", "--order", order.key, "--reprocess")
    assert (await ops(system, "replay", "plan", *again))["would_call_a_marketplace"] == 0
    calls = await order.calls()
    done = await ops(system, "replay", "run", *again, "--why", "a test", "--yes")
    assert (done["state"], await order.calls()) == ("done", calls)


async def test_shops_levels_topics_and_lag_are_seen(system, shop):
    accounts = {each["shop_id"]: each for each in (await ops(system, "accounts"))["items"]}
    assert (accounts[shop.shop_id]["state"], accounts[shop.shop_id]["blocked"]) == ("connected", 0)
    assert accounts[shop.shop_id]["token_hours"] > 0
    assert (await ops(system, "rebuild", "inventory-levels"))["differences"] == []
    assert {each["judgement"] for each in (await ops(system, "topics"))["topics"]} == {"ok"}
    consumers = {each["consumer"] for each in (await ops(system, "lag"))["consumers"]}
    assert consumers == {"decision", "inventory", "sync-back", "ingestor"}


@pytest.mark.parametrize(
    ("database", "statement"),
    [
        ("accounts", "select access_token from public.authorisations"),
        ("accounts", "select * from public.shops"),
        ("decision", "select body from public.requests"),
        ("inventory", "update public.levels set available = 0"),
        ("inventory", "update ops.levels set available = 0"),
        ("sync_back", "delete from public.deliveries"),
        ("ingestor", "select seen from public.orders"),
    ],
)
async def test_operators_see_what_the_owner_shows_and_change_nothing(system, database, statement):
    connection = await asyncpg.connect(database_url(system, database, role="ops"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_no_service_enters_the_operators_database(system):
    for role in ("decision", "sync_back"):
        with pytest.raises(asyncpg.PostgresError):
            await asyncpg.connect(database_url(system, "ops", role=role))
    assert "PASSWORD_OPS" in secrets.of(system)


async def test_requests_are_compared_with_the_marketplaces_and_nothing_is_changed(system, shop):
    waits, rejected, withdrawn = await shop.asked(), await shop.asked(), await shop.asked()
    await rejected.reject()
    await rejected.becomes(state="rejected", sync="confirmed")
    await withdrawn.act("withdraw")
    await withdrawn.becomes(state="lapsed")
    owner = await asyncpg.connect(database_url(system, "decision"))
    named = ("verify", "--shop", f"{shop.channel}:{shop.shop_id}")

    async def all_agree() -> bool:
        """As if half a minute had gone by: what moved just now is left out."""
        await owner.execute("update requests set updated_at = now() - interval '1 minute' where shop_id = $1", shop.shop_id)
        return await ops(system, *named) == {"compared": 3, "differences": [], "not_read": []}

    try:
        await until(all_agree, seconds=30)
        await owner.execute("update requests set state = 'pending' where request_id = $1", (await withdrawn.request())["id"])
        rows = "select request_id, state, version, updated_at from requests where shop_id = $1 order by request_id"
        before, calls = await owner.fetch(rows, shop.shop_id), await waits.calls()
        found = await ops(system, *named, code=1)
        (difference,) = found["differences"]
        assert (difference["order"], difference["here"], difference["there"]) == (withdrawn.key, "pending", "goes on")
        assert (await owner.fetch(rows, shop.shop_id), await waits.calls()) == (before, calls)
    finally:
        await owner.close()
