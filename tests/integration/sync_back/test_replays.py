"""What a replay does to answers: nothing that the marketplace took is told again, unless an operator says so."""

import asyncpg
from tests.integration.sync_back.conftest import decision, shop_status
from tests.support.waiting import until

from contracts.event import encode
from contracts.sync_outcomes import OutcomeSynced

REPLAY = "cancel-decisions-sync-back-replay"


async def replayed(world, asked, word, **headers):
    event = decision(word)
    raw = [(name.replace("_", "-"), value) for name, value in headers.items()]
    await world.wire.send_raw([(REPLAY, event.key.encode(), encode(event), raw)])
    end = {record.partition: record.offset + 1 for record in await world.wire.read(REPLAY)}

    async def handled():
        committed = await world.wire.committed("sync-back", REPLAY)
        return all(committed.get(number, 0) >= last for number, last in end.items())

    await until(handled, seconds=30, every=0.1, what="the replay was handled")


async def state_of(world, asked):
    answer = await world.ops(f"/{asked.request_id}:2")
    return answer.json()["state"]


async def test_an_answer_that_was_taken_is_told_again_only_when_an_operator_says_so(world):
    """A bug took it for given although the marketplace never heard of it."""
    asked = await world.asked("shopee")
    await world.wire.send([shop_status("disconnected", 1, asked.order)])
    await until(lambda: world.knows(asked.order.shop_key), what="the shop is known to be disconnected")
    word = asked.approved()
    await asked.say(word)
    await until(lambda: _is(world, asked, "blocked"), what="it waits for the shop")
    await execute(world, "update deliveries set state = 'synced' where request_id = $1::text::uuid", asked)
    await execute(world, "delete from work where key = $1", asked)
    await world.wire.send([shop_status("connected", 2, asked.order)])
    await replayed(world, asked, word, replay_id=b"r1", reprocess=b"1")
    await replayed(world, asked, word, replay_id=b"r1", call_again=b"1")
    assert (await state_of(world, asked), await asked.answers()) == ("synced", [])
    await replayed(world, asked, word, replay_id=b"r2", reprocess=b"1", call_again=b"1")
    await asked.becomes("cancelled")
    assert len(await asked.answers()) == 1
    await until(lambda: _is(world, asked, "synced"), what="it is given")
    await replayed(world, asked, word, replay_id=b"r3", reprocess=b"1", call_again=b"1")
    await until(lambda: _synced(world, asked, 2), what="it was read that nothing has to be told")
    assert len(await asked.answers()) == 1


async def test_an_answer_that_a_bug_has_lost_is_owed_after_reprocessing(world):
    asked = await world.asked("shopee")
    word = asked.approved()
    await asked.say(word)
    await world.outcome(asked, OutcomeSynced)
    for table in ("attempts", "deliveries"):
        await execute(world, f"delete from {table} where request_id = $1::text::uuid", asked)
    await replayed(world, asked, word, replay_id=b"r4", reprocess=b"1")
    await until(lambda: _is(world, asked, "synced"), what="it is owed, and read to be given already")
    assert len(await asked.answers()) == 2  # a call of which nobody knew: the marketplace takes it once and says so


async def execute(world, statement, asked):
    connection = await asyncpg.connect(world.service.env["SYNC_BACK_DATABASE_URL"])
    try:
        await connection.execute(statement, asked.request_id)
    finally:
        await connection.close()


async def _is(world, asked, state):
    answer = await world.ops(f"/{asked.request_id}:2")
    return answer.is_success and answer.json()["state"] == state


async def _synced(world, asked, count):
    return len([each for each in await world.outcomes(asked) if isinstance(each, OutcomeSynced)]) >= count
