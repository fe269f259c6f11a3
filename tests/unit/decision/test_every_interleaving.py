"""Every interleaving of one order, over the real domain code, ends where the marketplace ends."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.support.one_order import rules
from tests.support.one_order.exploring import Wrong, explore, quiet, wander
from tests.support.one_order.rules import Decisions
from tests.support.one_order.world import Bounds, World

from decision.domain import orders, requests
from decision.domain.alerts import Rules
from decision.domain.requests import Request
from decision.domain.settle import Standing, settle
from decision.domain.sync import TAKEN

CANCELLED = {"approved", "cancelled_elsewhere"}
GOES_ON = {"lapsed", "rejected"}


def fault(world: World, decisions: Decisions) -> str | None:
    """What is wrong with this state of the world, if anything is."""
    held = decisions.requests(world)
    if not held:
        return None if not quiet(world, decisions) or world.market.status != "cancelled" else "a cancelled order that nobody heard of"
    return _gate_fault(held, decisions, world) or (_end_fault(held, decisions, world) if quiet(world, decisions) else None)


def _gate_fault(held: tuple[Request, ...], decisions: Decisions, world: World) -> str | None:
    order = decisions.order(world)
    for each in held:
        if bool(each.given) != (each.state in CANCELLED):
            return f"{each.state} gives {each.given}"
    if not order.shippable:
        return None
    if any(each.state in {"pending", "approved"} for each in held):
        return "shippable while a request waits or is approved"
    if any(each.state == "rejected" and each.sync.state not in TAKEN for each in held):
        return "shippable before the rejection is taken"
    return "shippable though cancelled" if any(each.facts.shows == "cancelled" for each in held) else None


def _end_fault(held: tuple[Request, ...], decisions: Decisions, world: World) -> str | None:
    order, last, status = decisions.order(world), held[-1], world.market.status
    if any(each.sync.state in {"queued", "retrying", "blocked"} for each in held):
        return "the answer is never sent"
    gives = any(each.given for each in held)
    match status:
        case "cancelled":
            right = last.state in CANCELLED and order.status == "cancelled" and gives
        case "shipped":
            right = last.state in GOES_ON and order.status == "shipped" and not gives
        case "going":
            right = last.state in GOES_ON and order.shippable and not gives
        case _:
            given_up = last.sync.state == "failed" and last.decision is not None and gives == (last.state == "approved")
            right = (last.state == "pending" and order.status == "cancel_requested" and not gives) or given_up
    if order.shippable and status != "going":
        return f"shippable while the marketplace has it {status}"
    return None if right else f"the marketplace has it {status}, we have {last.state} and the order {order}, stock {gives}"


@pytest.mark.parametrize(
    ("bounds", "at_least"),
    [
        (Bounds(asks=1, decisions=2), 50_000),
        (Bounds(asks=2, decisions=1), 200_000),
        (Bounds(asks=1, decisions=1, looks=2), 70_000),
    ],
    ids=["decided twice", "asked twice", "looks overlap"],
)
def test_every_interleaving_ends_where_the_marketplace_ends(bounds: Bounds, at_least: int):
    assert explore(fault, bounds) > at_least


@pytest.mark.parametrize("seed", range(3))
def test_long_histories_end_where_the_marketplace_ends(seed: int):
    """Four requests on one order, five decisions, overlapping looks: too many states to visit, so at random."""
    assert wander(fault, Bounds(asks=4, decisions=5, looks=2), seed=seed, steps=150_000) > 10_000


def test_a_refusal_that_reports_a_state_ends_wrong(monkeypatch: pytest.MonkeyPatch):
    reports = {"already_cancelled": "cancelled_elsewhere", "request_ended": "lapsed", "shipped": "lapsed"}

    def reporting(facts: Any, decision: Any, sync: Any, **options: Any) -> Standing:
        if decision is not None and sync.state == "refused" and sync.cause in reports:
            return Standing(reports[sync.cause], "refused")  # type: ignore[arg-type] # a literal
        return settle(facts, decision, sync, **options)

    monkeypatch.setattr(requests, "settle", reporting)
    with pytest.raises(Wrong, match="the marketplace has it"):
        explore(fault, Bounds(asks=1, decisions=1))


def test_an_answer_that_stands_for_ever_ends_wrong(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rules, "RULES", Rules(not_taken_after=timedelta(days=999)))
    with pytest.raises(Wrong, match="marketplace has it open"):
        explore(fault, Bounds(asks=1, decisions=1))


def test_a_refusal_that_is_not_heard_ends_wrong(monkeypatch: pytest.MonkeyPatch):
    def deaf(facts: Any, decision: Any, sync: Any, **options: Any) -> Standing:
        standing = settle(facts, decision, sync, **options)
        return Standing(decision.state) if standing.broken == "refused" else standing

    monkeypatch.setattr(requests, "settle", deaf)
    with pytest.raises(Wrong, match="marketplace has it open"):
        explore(fault, Bounds(asks=1, decisions=1))


def test_a_gate_that_opens_before_the_rejection_is_taken_is_seen(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(orders, "TAKEN", frozenset({"queued", "synced", "confirmed"}))
    with pytest.raises(Wrong, match="before the rejection is taken"):
        explore(fault, Bounds(asks=1, decisions=1))


def test_an_older_observation_that_wins_ends_wrong(monkeypatch: pytest.MonkeyPatch):
    observe = requests.observe

    def forgetful(request: Request | None, seen: Any, **options: Any) -> Any:
        return observe(request and _unseen(request), seen, **options)

    monkeypatch.setattr(requests, "observe", forgetful)
    with pytest.raises((Wrong, AssertionError)):
        explore(fault, Bounds(asks=1, decisions=1))


def _unseen(request: Request) -> Request:
    return msgspec.structs.replace(request, facts=msgspec.structs.replace(request.facts, observation=0))
