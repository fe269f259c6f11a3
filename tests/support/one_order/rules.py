"""Decision's part of the world with one order: the real domain code, its states numbered."""

from datetime import datetime
from typing import Any

import msgspec
from tests.support.one_order.looking import START, STEP, VERSION, Looking, moment
from tests.support.one_order.world import Bounds, Message, Shown, Told, World

from contracts.cancel_decisions import CancelReverted
from contracts.cancel_requests import CancelRequestEvent
from contracts.sync_outcomes import OutcomeDelayed, OutcomeFailed, OutcomeRefused, OutcomeSynced, SyncOutcome
from contracts.values import Actor, Order
from decision.domain import orders, requests
from decision.domain.alerts import Rules
from decision.domain.decide import Decided, Wish, decide
from decision.domain.orders import OrderState
from decision.domain.requests import Change, Request
from decision.domain.sync import Sync

RULES = Rules()
SELLER = Actor(kind="person", id="u1")

Reworded = frozenset[int]
Step = Message | tuple[str, int]
"""A message, or the verdict on a request."""


class Decisions:
    """Decision's part: the real domain code, its states numbered so that the world stays small."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.looking = Looking(bounds)
        self.ids = self.looking.ids
        self.states: list[tuple[tuple[Request, ...], OrderState]] = []
        self.numbers: dict[bytes, int] = {}
        self.known: dict[tuple[Any, ...], tuple[int, Reworded]] = {}
        self.arrivals: dict[tuple[Any, ...], tuple[int, frozenset[Message], int, Reworded]] = {}
        self.undone: set[tuple[str, str, str]] = set()
        """What was reverted, why, and where the request went."""
        self.start = self.number((), OrderState())

    def number(self, held: tuple[Request, ...], order: OrderState) -> int:
        """The number of this state; states that differ in nothing but counters, times of display and history are one."""
        held = tuple(_bare(each) for each in held)
        order = msgspec.structs.replace(order, revision=min(order.revision, 1), changed_at=None)
        key = msgspec.json.encode((held, order))
        if key not in self.numbers:
            self.numbers[key] = len(self.states)
            self.states.append((held, order))
        return self.numbers[key]

    def after(self, number: int, step: Step) -> tuple[int, Reworded]:
        """The state after a step, and the requests about which a new word was said."""
        if (number, step) not in self.known:
            self.known[number, step] = self._after(number, step)
        return self.known[number, step]

    def _after(self, number: int, step: Step) -> tuple[int, Reworded]:
        held, order = self.states[number]
        by_id = {each.request_id: each for each in held}
        n = step.n if isinstance(step, (Shown, Told)) else step[1]
        before = by_id.get(self.ids[n])
        if before is not None:
            read = moment(*step.read) if isinstance(step, Shown) else before.facts.read_started_at
            before = by_id[self.ids[n]] = _timed(before, read)
        if before is None and isinstance(step, Told):
            return number, frozenset()
        change = self._take(before, step)
        after = change.request
        _check_words(before, change)
        if after is before:
            return number, frozenset()
        if after.revert is not None and (before is None or after.revert is not before.revert):
            self.undone.add((after.revert.decision.state, after.revert.why, after.state))
        if isinstance(step, (Shown, Told)):
            assert self._take(after, step).request is after, f"twice is not once: {step}"
        by_id[after.request_id] = after
        held = tuple(by_id[key] for key in sorted(by_id, key=self.ids.index))
        held = tuple(requests.let_go(each, held, now=START).request for each in held)
        words = {each.request_id: each.word for each in self.states[number][0]}
        reworded = frozenset(self.ids.index(each.request_id) for each in held if each.word != words.get(each.request_id, 0))
        order, _ = orders.changed(order, held, cause=after, now=START)
        return self.number(held, order), reworded

    def requests(self, world: World) -> tuple[Request, ...]:
        return self.states[world.order][0]

    def order(self, world: World) -> OrderState:
        return self.states[world.order][1]

    def _take(self, before: Request | None, step: Step) -> Change:
        match step:
            case Shown():
                return requests.observe(before, self._seen(step), now=START, rules=RULES)
            case Told():
                assert before is not None
                return requests.hear_outcome(before, self._outcome(step, before.facts.read_started_at), now=START, rules=RULES)
            case (verdict, _):
                assert before is not None
                outcome = decide(before, Wish(verdict), by=SELLER, now=START)
                assert isinstance(outcome, Decided)
                return outcome.change

    def _seen(self, shown: Shown) -> CancelRequestEvent:
        at = moment(*shown.read)
        return msgspec.structs.replace(self.looking.facts[shown.fact], observation=shown.observation, read_started_at=at, observed_at=at)

    def _outcome(self, told: Told, read: datetime) -> SyncOutcome:
        shared: dict[str, Any] = {
            "request_id": self.ids[told.n],
            "revision": told.revision,
            "order": Order(seller_id="A", channel=self.bounds.channel, shop_id="1", order_ref="SN1", region="MY"),
            "action": told.verdict,
            "attempt": told.attempt,
            "at": _version_of(read) + told.clock * STEP,
        }
        match told.kind:
            case "synced":
                return OutcomeSynced(**shared, already=False)
            case "delayed":
                return OutcomeDelayed(**shared, cause="timeout", message="", next_attempt_at=START)  # type: ignore[arg-type] # an open list
            case "refused":
                return OutcomeRefused(**shared, code="no", message="", because=told.because)  # type: ignore[arg-type] # an open list
            case _:
                return OutcomeFailed(**shared, code="no", message="")


def _check_words(before: Request | None, change: Change) -> None:
    """What is said is what became of the request: one standing word, numbered one on; a reversal names what it reverses."""
    after = change.request
    assert after.revision - (before.revision if before else 0) in {0, 1}
    if before and after.state != before.state:
        assert after.revision == before.revision + 1, "a new state with an old number"
    reworded = after.word != (before.word if before else 0)
    assert [said.revision for said in change.says] == ([after.revision] if reworded else [])
    assert after.word == (after.revision if reworded else before.word if before else 0)
    for said in change.says:
        if isinstance(said, CancelReverted):
            assert before is not None
            assert before.decision is not None
            assert (said.reverts_revision, said.reverts) == (before.decision.revision, before.decision.state)
            assert said.lines == before.given


def _version_of(read: datetime) -> datetime:
    return read - (read - START) % VERSION


def _timed(request: Request, read: datetime) -> Request:
    """The request with the times of outcomes as far from those of the reads as they are on the clock."""
    sync, at = request.sync, _version_of(read)
    heard = sync.heard and (*sync.heard[:2], at + (sync.heard[2] - START) % VERSION)
    sync = msgspec.structs.replace(sync, at=sync.at and at + (sync.at - START) % VERSION, heard=heard)
    return msgspec.structs.replace(request, sync=sync)


def _bare(request: Request) -> Request:
    """The request with its counters moved down as far as their order allows: 1 for the known observation and for the standing word."""
    facts = request.facts
    read = facts.read_started_at
    if facts.shows != "open":  # only compared with other reads: the version of the truth does for that
        read = _version_of(read)
    facts = msgspec.structs.replace(facts, observation=1, observed_at=START, read_started_at=read)
    decision = request.decision and msgspec.structs.replace(request.decision, revision=1)
    sync = _timed(request, START).sync
    # A confirmed one is asked no more than whether it was delivered at all.
    at = sync.at if sync.state == "synced" else sync.at and START if sync.state == "confirmed" else None
    sync = Sync(state=sync.state, heard=sync.heard, at=at)
    let_go = request.decision is not None and request.word > request.decision.revision
    word = 2 if let_go else min(request.word, 1)
    return msgspec.structs.replace(
        request,
        facts=facts,
        decision=decision,
        sync=sync,
        word=word,
        revision=word or 1,
        version=0,
        revert=None,
        created_at=START,
        updated_at=START,
    )
