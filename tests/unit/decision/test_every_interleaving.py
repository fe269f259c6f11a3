"""Every interleaving of one order, over the real domain code, ends where the marketplace ends."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.support.one_order import looking, rules
from tests.support.one_order.exploring import Wrong, explore, quiet, wander
from tests.support.one_order.rules import Decisions
from tests.support.one_order.world import Bounds, World

from contracts.sync_outcomes import OutcomeDelayed
from decision.domain import orders, requests
from decision.domain import sync as syncs
from decision.domain.alerts import Rules
from decision.domain.orders import OrderState
from decision.domain.requests import Request
from decision.domain.settle import Standing, settle
from decision.domain.sync import TAKEN, Sync
from ingestor.domain import identity, newest
from ingestor.domain import observe as observing
from ingestor.domain.known import OrderKnown

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
    order, status = decisions.order(world), world.market.status
    if any(each.sync.state in {"queued", "retrying", "blocked"} for each in held):
        return "the answer is never sent"
    gives = any(each.given for each in held)
    if order.shippable and status != "going":
        return f"shippable while the marketplace has it {status}"
    if _as_the_marketplace_has_it(held, order, status, gives=gives):
        return None
    return f"the marketplace has it {status}, we have {[each.state for each in held]} and the order {order}, stock {gives}"


def _as_the_marketplace_has_it(held: tuple[Request, ...], order: OrderState, status: str, *, gives: bool) -> bool:
    asked = next((each for each in held if each.facts.shows == "open"), held[-1])
    others_go_on = all(each.state in GOES_ON for each in held if each is not asked)
    match status:
        case "cancelled":
            return any(each.state in CANCELLED for each in held) and order.status == "cancelled" and gives
        case "shipped":
            return others_go_on and asked.state in GOES_ON and order.status == "shipped" and not gives
        case "going":
            return others_go_on and asked.state in GOES_ON and order.shippable and not gives
        case _:
            given_up = asked.sync.state == "failed" and asked.decision is not None and gives == (asked.state == "approved")
            waits = asked.state == "pending" and order.status == "cancel_requested" and not gives
            return others_go_on and (waits or given_up)


@pytest.mark.parametrize(
    ("bounds", "at_least"),
    [
        pytest.param(Bounds(asks=1, decisions=2), 80_000, id="decided twice"),
        pytest.param(Bounds(asks=2, decisions=1, calls_fail=False), 50_000, id="asked twice, Shopee"),
        pytest.param(Bounds("tiktok", asks=2, decisions=1, calls_fail=False), 60_000, id="asked twice, TikTok"),
        pytest.param(Bounds("tiktok", asks=1, decisions=2, undone=1, calls_fail=False), 50_000, id="opened again by the marketplace"),
        pytest.param(Bounds(asks=1, decisions=1, repeats=1), 80_000, id="an event handled again"),
        pytest.param(Bounds("tiktok", asks=1, decisions=1, looks=1), 80_000, id="a look that takes its time"),
        pytest.param(Bounds(asks=1, decisions=1, looks=2, calls_fail=False), 20_000, id="looks overlap"),
        pytest.param(Bounds(asks=2, decisions=0, looks=2, ties=1), 80_000, id="looks overlap within a second, Shopee"),
        pytest.param(Bounds("tiktok", asks=2, decisions=0, looks=2), 20_000, id="looks overlap over two requests, TikTok"),
        pytest.param(Bounds("tiktok", asks=1, decisions=0, looks=2, ties=1), 5_000, id="looks overlap within a second, TikTok"),
    ],
)
def test_every_interleaving_ends_where_the_marketplace_ends(bounds: Bounds, at_least: int):
    assert explore(fault, bounds) > at_least


@pytest.mark.parametrize(
    ("bounds", "seed"),
    [
        (Bounds(asks=4, decisions=5, looks=2, ties=1, repeats=2), 0),
        (Bounds("tiktok", asks=4, decisions=5, looks=2, ties=1, repeats=2), 1),
        (Bounds("tiktok", asks=3, decisions=5, looks=0, undone=2, repeats=1), 2),
    ],
)
def test_long_histories_end_where_the_marketplace_ends(bounds: Bounds, seed: int):
    """Four requests on one order, five decisions, overlapping looks, events sent again: too many states to visit, so at random."""
    assert wander(fault, bounds, seed=seed, steps=100_000) > 2_000


def test_a_decision_is_undone_for_each_reason_that_there_is():
    seen: set[tuple[str, str, str]] = set()

    def watch(world: World, decisions: Decisions) -> None:
        seen.update(decisions.undone)

    explore(watch, Bounds("tiktok", asks=1, decisions=1))
    explore(watch, Bounds("tiktok", asks=1, decisions=1, undone=1, calls_fail=False))
    assert seen == {
        *((verdict, why, "pending") for verdict in ("approved", "rejected") for why in ("refused", "not_taken")),
        ("rejected", "undone", "pending"),
        ("approved", "undone", "lapsed"),
        ("rejected", "undone", "cancelled_elsewhere"),
    }


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


def test_a_second_request_that_is_taken_for_the_first_ends_wrong(monkeypatch: pytest.MonkeyPatch):
    """TikTok: only the first request holds the order."""
    monkeypatch.setattr(orders, "order_state", lambda held, *args, _of=orders.order_state, **options: _of(held[:1], *args, **options))
    with pytest.raises(Wrong):
        explore(fault, Bounds("tiktok", asks=2, decisions=0))


def test_a_shopee_request_that_gets_a_new_number_at_each_look_ends_wrong(monkeypatch: pytest.MonkeyPatch):
    numbered = identity._numbered

    def anew(known: OrderKnown, *seen: Any) -> Any:
        ended = (replace(each, seen=replace(each.seen, state="closed")) for each in known.requests)
        return numbered(replace(known, requests=tuple(ended)), *seen)

    monkeypatch.setattr(identity, "_numbered", anew)
    monkeypatch.setattr(identity, "_native_id", lambda _ref, number: looking.NATIVE["shopee"][min(number, 4) - 1])
    with pytest.raises(Wrong, match="marketplace has it"):
        explore(fault, Bounds(asks=1, decisions=1, calls_fail=False))


def test_an_outcome_handled_again_after_the_answer_was_confirmed_that_counts_ends_wrong(monkeypatch: pytest.MonkeyPatch):
    hear = syncs.hear

    def credulous(sync: Sync, outcome: Any) -> Sync:
        again = sync.state == "confirmed" and isinstance(outcome, OutcomeDelayed)
        return hear(msgspec.structs.replace(sync, state="queued") if again else sync, outcome)

    monkeypatch.setattr(syncs, "hear", credulous)
    with pytest.raises(Wrong, match="never sent"):
        explore(fault, Bounds(asks=1, decisions=1, repeats=1))


def test_a_decision_that_stands_though_its_request_opens_again_ends_wrong(monkeypatch: pytest.MonkeyPatch):
    def stubborn(facts: Any, decision: Any, sync: Any, **options: Any) -> Standing:
        standing = settle(facts, decision, sync, **options)
        return Standing(decision.state) if standing.broken == "undone" and facts.shows == "open" else standing

    monkeypatch.setattr(requests, "settle", stubborn)
    with pytest.raises(Wrong, match="marketplace has it open"):
        explore(fault, Bounds("tiktok", asks=1, decisions=1, undone=1, calls_fail=False))


def test_the_later_stored_of_two_overlapping_looks_that_wins_ends_wrong(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(observing, "compare", lambda *views: {"overlap": "newer"}.get(verdict := newest.compare(*views), verdict))
    with pytest.raises(Wrong, match="marketplace has it"):
        explore(fault, Bounds(asks=1, decisions=0, looks=2, ties=1))


def test_a_newer_word_that_claims_an_older_time_ends_wrong(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(observing, "_as_of", lambda _known, read: read)
    with pytest.raises(Wrong, match="marketplace has it"):
        explore(fault, Bounds("tiktok", asks=2, decisions=0, looks=2))
