"""The sandbox's truth, clock, limits, faults and configuration, without a server."""

import asyncio
import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import moves
from sandbox.clock import Clock
from sandbox.config import Channel, Config, load
from sandbox.faults import Faults
from sandbox.grants import Grants
from sandbox.ids import Ids, stable_number
from sandbox.limits import Limits
from sandbox.moves import Impossible
from sandbox.truth import Line, Order, Request, RequestState, Stage


def an_order(channel: Channel, stage: Stage = Stage.NEW) -> Order:
    line = Line(item_id=1, model_id=0, sku="A", name="A", variant=None, price=Decimal(5), image_url=None, is_gift=False, units=("1", "2"))
    return Order(
        seq=1, channel=channel, shop_id="1", seller="s", region="MY", ref="R", stage=stage, lines=(line,), created_at=0, updated_at=0,
        paid_at=0, buyer_id="9", buyer_name="b", package_ref="P",
    )  # fmt: skip


def a_request(order: Order, number: int, *, asked: bool) -> Request:
    return Request(
        ref=f"C{number}",
        asked=asked,
        role="buyer",
        reason="",
        opened_at=0,
        updated_at=0,
        deadline=None,
        units=order.units_left,
        unit_refs=(),
    )


MOVES = ("ask", "withdraw", "approve", "complete", "cancel", "ship", "arrange", "deliver")


def play(order: Order, move: str, now: int) -> bool:
    """Try one move; False when it is impossible."""
    approved = next((request for request in order.requests if request.state is RequestState.APPROVED), None)
    try:
        match move:
            case "ask":
                moves.ask(order, a_request(order, now, asked=True), now)
            case "cancel":
                moves.cancel(order, a_request(order, now, asked=False), now)
            case "withdraw":
                moves.close(order, by="buyer", now=now)
            case "approve":
                moves.approve(order, by="seller", now=now)
            case "complete":
                if approved is None:
                    return False
                moves.complete(order, approved, now)
            case _:
                getattr(moves, move)(order, now)
    except Impossible:
        return False
    return True


@settings(max_examples=1000, deadline=None)
@given(st.sampled_from(Channel), st.lists(st.sampled_from(MOVES), max_size=12))
def test_no_course_of_events_contradicts_itself(channel: Channel, course: list[str]) -> None:
    order = an_order(channel)
    for now, move in enumerate(course, start=1):
        before, was_open = order.stage, order.open_request
        happened = play(order, move, now)
        open_requests = [request for request in order.requests if request.state is RequestState.OPEN]
        assert len(open_requests) <= 1
        assert not (open_requests and order.stage in {Stage.SHIPPED, Stage.DELIVERED, Stage.CANCELLED})
        assert (order.stage is Stage.CANCELLED) == (not order.units_left)
        if before is Stage.CANCELLED:
            assert order.stage is Stage.CANCELLED
        if before is Stage.SHIPPED:
            assert order.stage in {Stage.SHIPPED, Stage.DELIVERED}
        if not happened:
            assert (order.stage, order.open_request) == (before, was_open)
    if channel is Channel.SHOPEE:
        assert sum(request.asked for request in order.requests) <= 1


class Time:
    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


def test_the_scaled_clock_bends_and_real_time_does_not() -> None:
    time = Time()
    clock = Clock(real=time)
    clock.bend(scale=60)
    time.at += 10
    assert (clock.now(), clock.stamp()) == (1_000_600.0, 1_000_010)
    clock.bend(advance_s=100)
    assert (clock.now(), clock.scale) == (1_000_700.0, 60)
    assert clock.to_real(clock.now() + 600) == time.at + 10
    clock.bend(scale=1)
    time.at += 1
    assert clock.now() == 1_000_701.0


async def test_timers_fire_in_order_once_the_clock_is_moved() -> None:
    clock, fired, second = Clock(), [], asyncio.Event()
    for seconds in (300, 100, 200):
        clock.at(clock.now() + seconds, lambda seconds=seconds: fired.append(seconds))
    clock.at(clock.now() + 200, second.set)
    runner = asyncio.create_task(clock.run())
    await asyncio.sleep(0)  # one turn of the loop: the runner looks at its timers
    assert fired == []
    clock.bend(advance_s=250)
    async with asyncio.timeout(5):
        await second.wait()
    assert fired == [100, 200]
    runner.cancel()


def test_a_limit_counts_each_key_for_itself_and_forgets_after_a_second() -> None:
    limits = Limits()
    assert [limits.take("a", per_s=2, now=0.1 * n) for n in range(3)] == [True, True, False]
    assert limits.take("b", per_s=2, now=0.3)
    assert limits.take("a", per_s=2, now=1.05)
    assert not limits.take("a", per_s=2, now=1.06)


def test_a_limit_below_one_per_second_is_kept() -> None:
    limits = Limits()
    assert [limits.take("a", per_s=0.5, now=now) for now in (0, 1, 1.9, 2.1)] == [True, False, False, True]


def test_the_same_seed_gives_the_same_ids() -> None:
    one, two, other = Ids(1), Ids(1), Ids(2)
    made = [(ids.order_sn(1_700_000_000), ids.long_id("576"), ids.token()) for ids in (one, two, other)]
    assert made[0] == made[1] != made[2]
    assert (made[0][0][:6], len(made[0][0]), len(made[0][1])) == ("231114", 14, 19)
    assert stable_number("a", digits=10) == stable_number("a", digits=10)


def test_a_refresh_keeps_the_former_shopee_token_for_five_minutes_but_not_beyond_its_own_life() -> None:
    time = Time()
    clock = Clock(real=time)
    config = Config(seed=1, shopee_access_s=600)
    grants = Grants(config, clock, Ids(1))
    grant = grants.add_shop(config.shops[0])
    first = grant.access
    time.at += 500
    assert grants.refresh(grant, grant.refresh) == "refreshed"
    time.at += 99
    assert grants.check(grant, first) == "valid"
    time.at += 2
    assert grants.check(grant, first) == "expired"
    assert grants.check(grant, "guess") == "unknown"


def test_scripts_come_before_chances_and_end() -> None:
    faults = Faults(1)
    faults.set({"error_rate": 1, "script": [{"fault": "slow", "endpoint": "approve", "times": 2, "skip": 1}]})
    kinds = [fault.kind for _ in range(4) if (fault := faults.of_call(Channel.TIKTOK, "approve", "1"))]
    assert kinds == ["error", "slow", "slow", "error"]


def test_a_config_file_is_read_and_unknown_names_are_refused(tmp_path) -> None:
    file = tmp_path / "sandbox.json"
    shop = {"channel": "tiktok", "shop_id": 5, "name": "N", "region": "SG", "seller": "s"}
    file.write_text(json.dumps({"seed": 4, "shops": [shop], "effect_delay_s": 0}))
    config = load(file, seed=9, partner_key=None)
    assert (config.seed, config.shops[0].shop_id, config.effect_delay_s, config.partner_key) == (9, "5", 0, "sandbox-partner-key")
    file.write_text('{"sead": 4}')
    with pytest.raises(ValueError, match="sead"):
        load(file)
