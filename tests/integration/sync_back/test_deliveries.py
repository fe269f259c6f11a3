"""Each answer is given once, noted before it is tried, and nobody waits for an answer that is not owed any more."""

from datetime import UTC, datetime

import pytest
from tests.integration.sync_back.conftest import ACTOR, shop_status
from tests.support.waiting import until

from contracts.cancel_decisions import Answer
from contracts.sync_outcomes import OutcomeDelayed, OutcomeRefused, OutcomeSynced
from contracts.values import DelayCause, RefusedBecause

PACKED = "seller_reject_apply_product_has_been_packed"


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_an_approval_reaches_the_marketplace_once(world, channel):
    asked = await world.asked(channel)
    await asked.say(asked.approved(), asked.approved())
    synced = await world.outcome(asked, OutcomeSynced)
    assert (synced.revision, synced.action, synced.attempt, synced.already) == (2, "approve", 1, False)
    assert synced.call_id
    assert len(await asked.answers()) == 1
    await asked.becomes("cancelled")


@pytest.mark.parametrize(("channel", "reason"), [("shopee", None), ("tiktok", PACKED)])
async def test_a_rejection_reaches_the_marketplace_once(world, channel, reason):
    asked = await world.asked(channel)
    await asked.say(asked.rejected(reason=reason))
    assert (await world.outcome(asked, OutcomeSynced)).action == "reject"
    assert len(await asked.answers()) == 1
    await asked.becomes("ready_to_ship" if channel == "shopee" else "new")


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_a_call_whose_answer_was_lost_is_not_repeated_when_it_had_its_effect(world, channel):
    asked = await world.asked(channel)
    endpoint = "handle_buyer_cancellation" if channel == "shopee" else "approve"
    await world.script("timeout_after", endpoint=endpoint, order_ref=asked.order.order_ref)
    await asked.say(asked.approved())
    delayed = await world.outcome(asked, OutcomeDelayed)
    assert delayed.cause == DelayCause.TIMEOUT
    assert delayed.next_attempt_at
    synced = await world.outcome(asked, OutcomeSynced)
    assert synced.already
    assert len(await asked.answers()) == 1


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_a_call_that_had_no_effect_is_repeated_after_reading(world, channel):
    asked = await world.asked(channel)
    endpoint = "handle_buyer_cancellation" if channel == "shopee" else "approve"
    await world.script("timeout_before", endpoint=endpoint, order_ref=asked.order.order_ref)
    await asked.say(asked.approved())
    assert not (await world.outcome(asked, OutcomeSynced)).already
    await asked.becomes("cancelled")


async def test_killed_while_the_call_travels_it_reads_first_and_answers_once(world):
    asked = await world.asked("shopee")
    await world.script("slow", endpoint="handle_buyer_cancellation", order_ref=asked.order.order_ref, seconds=1.5)
    await asked.say(asked.approved())

    async def under_way():
        page = (await world.ops("")).json()
        return page["items"] and page["items"][0]["attempt"] == 1

    await until(under_way, what="the attempt is noted")
    world.service.kill()
    await asked.becomes("cancelled")
    world.service.start()
    assert (await world.outcome(asked, OutcomeSynced, seconds=25)).already
    assert len(await asked.answers()) == 1


async def test_an_answer_that_came_too_late_is_refused_and_says_why(world):
    asked = await world.asked("tiktok")
    await world.control("POST", f"/orders/tiktok/{asked.order.order_ref}/ship", {})
    await asked.say(asked.approved())
    refused = await world.outcome(asked, OutcomeRefused)
    assert refused.because in {RefusedBecause.SHIPPED, RefusedBecause.REQUEST_ENDED}
    assert refused.code


async def test_a_reason_that_is_not_offered_is_refused(world):
    asked = await world.asked("tiktok")
    await asked.say(asked.rejected(reason="not_a_reason_of_theirs"))
    assert (await world.outcome(asked, OutcomeRefused)).because == RefusedBecause.REASON_NOT_OFFERED


async def test_an_answer_overtaken_by_a_newer_word_is_not_given(world):
    asked = await world.asked("shopee")
    await asked.say(asked.approved(2), asked.lapsed(3))
    other = await world.asked("shopee")
    await other.say(other.approved())
    await world.outcome(other, OutcomeSynced)
    await asked.say(asked.approved(2))
    await world.outcome(other, OutcomeSynced)
    assert await asked.answers() == []
    assert await world.outcomes(asked) == []


async def test_a_throttled_shop_waits_and_is_answered_in_the_end(world):
    asked = await world.asked("shopee")
    await world.script("throttle", endpoint="handle_buyer_cancellation", order_ref=asked.order.order_ref, times=2)
    await asked.say(asked.approved())
    assert (await world.outcome(asked, OutcomeDelayed)).cause == DelayCause.THROTTLED
    await world.outcome(asked, OutcomeSynced, seconds=25)


@pytest.mark.parametrize("channel", ["shopee", "tiktok"])
async def test_a_shop_in_a_throttle_storm_does_not_slow_the_answers_of_another(world, channel):
    ill, well = await world.asked(channel), await world.shop(channel)
    await world.script("throttle", channel=channel, shop_id=ill.order.shop_id, times=100_000)
    await ill.say(ill.approved())
    delayed = await world.outcome(ill, OutcomeDelayed)
    assert delayed.cause == DelayCause.THROTTLED
    assert (delayed.next_attempt_at - delayed.at).total_seconds() >= 0.7
    for _ in range(5):
        other = await world.asked(channel, well)
        await other.say(other.approved())
        await world.outcome(other, OutcomeSynced)
    assert {type(outcome) for outcome in await world.outcomes(ill)} == {OutcomeDelayed}
    await world.control("DELETE", "/faults")
    await world.outcome(ill, OutcomeSynced, seconds=60)


async def test_a_disconnected_shop_blocks_its_answers_without_calls_and_lets_them_go(world):
    asked = await world.asked("shopee")
    await world.wire.send([shop_status("disconnected", 50, asked.order)])
    await until(lambda: world.knows(asked.order.shop_key), every=0.1, what="the shop's state was heard")
    await asked.say(asked.approved())
    delayed = await world.outcome(asked, OutcomeDelayed)
    assert (delayed.cause, delayed.next_attempt_at, delayed.attempt) == (DelayCause.SHOP_DISCONNECTED, None, 1)
    assert await asked.answers() == []
    await world.wire.send([shop_status("connected", 51, asked.order)])
    assert not (await world.outcome(asked, OutcomeSynced)).already


async def test_a_shop_that_turns_out_to_be_revoked_blocks_with_no_further_calls(world):
    first = await world.asked("tiktok")
    shop = first.order.shop_id
    second = await world.asked("tiktok", shop)
    await world.control("POST", f"/shops/tiktok/{shop}/revoke", {})
    await first.say(first.approved())
    blocked = await world.outcome(first, OutcomeDelayed)
    assert (blocked.cause, blocked.next_attempt_at) == (DelayCause.SHOP_DISCONNECTED, None)
    await second.say(second.approved())
    page = (await world.ops("", state="blocked")).json()
    assert first.request_id in {item["request_id"] for item in page["items"]}
    assert await second.answers() == []


async def test_a_retry_by_hand_makes_a_waiting_answer_due_now(world):
    asked = await world.asked("shopee")
    await world.script("unavailable", endpoint="handle_buyer_cancellation", order_ref=asked.order.order_ref, times=4)
    await asked.say(asked.approved())
    await world.outcome(asked, OutcomeDelayed)
    for attempt in range(1, 8):
        await asked.say(asked.again(2, attempt))
    await world.outcome(asked, OutcomeSynced, seconds=30)
    assert (await asked.answers()).count("handle_buyer_cancellation") >= 1


@pytest.mark.parametrize(("action", "status"), [("approve", "cancelled"), ("reject", "ready_to_ship")])
async def test_a_decision_that_never_got_here_is_told_from_its_retry(world, action, status):
    """It was dead-lettered, say. A replay that comes after all changes nothing."""
    asked = await world.asked("shopee")
    answer = Answer(action=action, decided_by=ACTOR, decided_at=datetime.now(UTC))
    await asked.say(asked.again(2, 1, answer))
    assert (await world.outcome(asked, OutcomeSynced)).revision == 2
    await asked.becomes(status)
    await asked.say(asked.approved() if action == "approve" else asked.rejected())
    other = await world.asked("shopee", asked.order.shop_id)
    await other.say(other.approved())
    await world.outcome(other, OutcomeSynced)
    assert await asked.answers() == ["handle_buyer_cancellation"]


async def test_a_retry_of_a_word_that_was_overtaken_tells_nothing(world):
    asked = await world.asked("shopee")
    await asked.say(asked.lapsed(3))
    await asked.say(asked.again(2, 1, Answer(action="approve", decided_by=ACTOR, decided_at=datetime.now(UTC))))
    other = await world.asked("shopee", asked.order.shop_id)
    await other.say(other.approved())
    await world.outcome(other, OutcomeSynced)
    assert await asked.answers() == []


async def test_operators_see_attempts_and_nothing_is_retried_that_is_done(world):
    asked = await world.asked("shopee")
    await asked.say(asked.approved())
    await world.outcome(asked, OutcomeSynced)
    delivery = f"/{asked.request_id}:2"

    async def settled():
        answer = (await world.ops(delivery)).json()
        return answer if answer["state"] == "synced" else None

    shown = await until(settled)
    assert [attempt["result"] for attempt in shown["attempts"]] == ["synced"]
    assert (await world.ops(f"{delivery}/retry", method="POST")).status_code == 409
    assert (await world.ops("/nonsense")).status_code == 404
    assert (await world.http.get(f"{world.service.url}/v1/deliveries")).status_code == 401
    page = (await world.ops("", limit=1)).json()
    assert page["items"][0]["id"] == delivery[1:]
