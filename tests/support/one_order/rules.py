"""Decision's part of the world with one order: the real domain code, its states numbered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from tests.support.one_order.world import Shown, Told, World

from contracts.cancel_requests import CancelRequestClosed, CancelRequested, CancelRequestEvent, OrderCancelled, request_id
from contracts.sync_outcomes import OutcomeDelayed, OutcomeFailed, OutcomeRefused, OutcomeSynced, SyncOutcome
from contracts.values import Actor, Line, Money, Order, Parcel, Reason
from decision.domain import orders, requests
from decision.domain.alerts import Rules
from decision.domain.decide import Decided, Wish, decide
from decision.domain.orders import OrderState
from decision.domain.requests import Request
from decision.domain.sync import Sync

START = datetime(2026, 11, 1, tzinfo=UTC)
RULES = Rules()
SELLER = Actor(kind="person", id="u1")
ORDER = Order(seller_id="A", channel="shopee", shop_id="1", order_ref="SN1", region="MY")
LINES = (
    Line(line_id="L1", sku="S1", item_id="1", name="Shirt", quantity=2, ordered_quantity=2),
    Line(line_id="L2", sku="S2", item_id="2", name="Cap", quantity=1, ordered_quantity=1),
)

STATUS_NOW = {"going": "ready_to_ship", "cancelled": "cancelled", "shipped": "shipped"}
OUTCOME = {"going": "order_continues", "cancelled": "order_cancelled", "shipped": "order_shipped"}

IDS = [request_id("shopee", "1", name) for name in ("SN1", "SN1#2", "SN1#3", "SN1#4")]


class Decisions:
    """Decision's part: the real domain code, its states numbered so that the world stays small."""

    def __init__(self) -> None:
        self.states: list[tuple[tuple[Request, ...], OrderState]] = []
        self.numbers: dict[bytes, int] = {}
        self.known: dict[tuple[Any, ...], tuple[int, bool]] = {}
        self.arrivals: dict[tuple[Any, ...], tuple[int, frozenset[Shown | Told], int, bool]] = {}
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

    def after(self, number: int, step: Shown | Told | tuple[str, int]) -> tuple[int, bool]:
        """The state after a step, and whether a new word was said."""
        if (number, step) not in self.known:
            self.known[number, step] = self._after(number, step)
        return self.known[number, step]

    def _after(self, number: int, step: Shown | Told | tuple[str, int]) -> tuple[int, bool]:
        held, order = self.states[number]
        by_id = {each.request_id: each for each in held}
        n = step.n if isinstance(step, (Shown, Told)) else step[1]
        before = by_id.get(_request_id(n))
        after = _take(before, step)
        if after is before:
            return number, False
        if isinstance(step, (Shown, Told)):
            again = _take(after, step)
            assert again is after, f"twice is not once: {step}"
        by_id[after.request_id] = after
        held = tuple(by_id[key] for key in sorted(by_id, key=IDS.index))
        held = tuple(requests.let_go(each, held, now=START).request for each in held)
        order, _ = orders.changed(order, held, cause=after, now=START)
        return self.number(held, order), after.word != (before.word if before else 0)

    def requests(self, world: World) -> tuple[Request, ...]:
        return self.states[world.order][0]

    def order(self, world: World) -> OrderState:
        return self.states[world.order][1]


def _take(before: Request | None, step: Shown | Told | tuple[str, int]) -> Request:
    match step:
        case Shown():
            return requests.observe(before, _seen(step), now=START, rules=RULES).request
        case Told():
            assert before is not None
            return requests.hear_outcome(before, _outcome(step), now=START, rules=RULES).request
        case (verdict, _):
            assert before is not None
            outcome = decide(before, Wish(verdict), by=SELLER, now=START)
            assert isinstance(outcome, Decided)
            return outcome.change.request


def _bare(request: Request) -> Request:
    """The request with its counters moved down as far as their order allows: 1 for the known observation and for the standing word."""
    facts = request.facts
    read = facts.read_started_at if facts.shows == "open" else START
    facts = msgspec.structs.replace(facts, observation=1, read_started_at=read, observed_at=START, ended_at=facts.ended_at and START)
    decision = request.decision and msgspec.structs.replace(request.decision, revision=1)
    sync = request.sync
    sync = Sync(state=sync.state, heard=sync.heard, at=sync.at if sync.state == "synced" else None)
    let_go = decision is not None and request.decision is not None and request.word > request.decision.revision
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


def _request_id(n: int) -> str:
    return IDS[n]


def _seen(shown: Shown) -> CancelRequestEvent:
    at = START + timedelta(minutes=10 * shown.clock, seconds=shown.updates)
    shared: dict[str, Any] = {
        "request_id": _request_id(shown.n),
        "observation": shown.observation,
        "order": ORDER,
        "native_id": "SN1",
        "shop_name": "Shop",
        "order_status_before": "ready_to_ship",
        "marketplace_status": shown.status,
        "ordered_at": START,
        "requested_at": START + timedelta(hours=shown.n),
        "requested_at_source": "first_seen",
        "reason": Reason(text="changed my mind"),
        "order_total": Money(amount="10.00", currency="MYR"),
        "fulfilled_by": "seller",
        "lines": LINES,
        "parcel": Parcel(state="not_arranged"),
        "read_started_at": at,
        "observed_at": at,
        "found_by": "push",
    }
    if shown.direct:
        return OrderCancelled(**shared, cancelled_by="buyer", cancelled_at=at)
    if shown.status == "open":
        return CancelRequested(**shared, reject_reason="none")
    return CancelRequestClosed(
        **shared,
        reject_reason="none",
        ended_at=at,
        outcome=OUTCOME[shown.status],  # type: ignore[arg-type] # a literal of the contract
        ended_by="unknown",
        order_status_now=STATUS_NOW[shown.status],  # type: ignore[arg-type] # as above
    )


def _outcome(told: Told) -> SyncOutcome:
    shared: dict[str, Any] = {
        "request_id": _request_id(told.n),
        "revision": told.revision,
        "order": ORDER,
        "action": told.verdict,
        "attempt": told.attempt,
        "at": START + timedelta(minutes=10 * told.clock),
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
