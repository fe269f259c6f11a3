"""A world with one order: marketplace, ingestor, seller and sync-back move as they like, decision's part is the real domain code.

A state of the world is a tuple of small values; `explore` visits every state that any interleaving of moves can reach.
"""

import gc
import random
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

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
WANTS = {"approve": "cancelled", "reject": "going"}
BECAUSE = {"going": "request_ended", "cancelled": "already_cancelled", "shipped": "shipped"}


class Market(NamedTuple):
    """The truth. `updates` counts its changes; `effect` is an accepted call that has not worked yet."""

    status: str = "going"
    asks: int = 0
    updates: int = 0
    effect: str | None = None
    lost: int = 0


class Snapshot(NamedTuple):
    """What a look read, and when (in steps of 10 minutes); `forced`: caused by an outcome, published even when nothing changed."""

    status: str
    updates: int
    clock: int
    forced: bool


class Ingestor(NamedTuple):
    stored: tuple[int, int] = (0, 0)
    open: bool = False
    counters: tuple[int, ...] = ()
    looks: tuple[Snapshot, ...] = ()
    owed: bool = False
    late: int | None = None
    """When to look again after a synced answer."""


class Shown(NamedTuple):
    """A message on cancel-requests."""

    n: int
    observation: int
    status: str
    updates: int
    clock: int
    direct: bool


class Told(NamedTuple):
    """A message on sync-outcomes."""

    n: int
    revision: int
    verdict: str
    attempt: int
    kind: str
    because: str
    clock: int


class Delivery(NamedTuple):
    """What sync-back knows of a request."""

    revision: int = 0
    verdict: str | None = None
    phase: str = "done"
    attempt: int = 0


class World(NamedTuple):
    market: Market = Market()
    ingestor: Ingestor = Ingestor()
    order: int = 0
    flying: frozenset[Shown | Told] = frozenset()
    deliveries: tuple[Delivery, ...] = ()
    clock: int = 0
    decisions: int = 0


class Bounds(NamedTuple):
    asks: int = 2
    decisions: int = 2
    looks: int = 0
    """In hand at once. 0: a look publishes what it reads at once, and only its message is late, which is the same to decision; with more
    than one, looks overlap and publish in either order.
    """


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
        held = tuple(by_id[key] for key in sorted(by_id, key=_IDS.index))
        order, _ = orders.changed(order, held, cause=after, now=START)
        return self.number(held, order), after.word != (before.word if before else 0)

    def requests(self, world: World) -> tuple[Request, ...]:
        return self.states[world.order][0]

    def order(self, world: World) -> OrderState:
        return self.states[world.order][1]


_IDS = [request_id("shopee", "1", name) for name in ("SN1", "SN1#2", "SN1#3", "SN1#4")]


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
    word = min(request.word, 1)
    return msgspec.structs.replace(
        request,
        facts=facts,
        decision=decision,
        sync=sync,
        word=word,
        revision=1,
        version=0,
        revert=None,
        created_at=START,
        updated_at=START,
    )


def _request_id(n: int) -> str:
    return _IDS[n]


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


def market_moves(world: World, bounds: Bounds) -> Iterator[World]:
    """The buyer asks or withdraws, the courier collects, the deadline passes, the seller answers in Seller Center, our call works."""
    market = world.market

    def becomes(status: str, **changes: Any) -> World:
        return world._replace(market=market._replace(status=status, updates=market.updates + 1, **changes))

    if market.status == "going":
        if market.asks < bounds.asks:
            yield becomes("open", asks=market.asks + 1)
        yield becomes("cancelled")  # by the seller, the platform, or the buyer at once
        yield becomes("shipped")
    if market.status == "open":
        yield becomes("going")  # withdrawn, or rejected in Seller Center
        yield becomes("cancelled")  # the deadline passed, or approved in Seller Center
        yield becomes("shipped")
    if market.effect:
        if market.status == "open":
            yield becomes(WANTS[market.effect], effect=None)
        if market.status != "open" or market.lost == 0:
            yield world._replace(market=market._replace(effect=None, lost=1))  # accepted, and never done


def ingestor_moves(world: World, bounds: Bounds) -> Iterator[World]:
    """A look reads now and publishes later."""
    it, market = world.ingestor, world.market
    due = it.late is not None and world.clock >= it.late
    look = Snapshot(market.status, market.updates, world.clock, forced=it.owed or due)
    if look not in it.looks and len(it.looks) < max(bounds.looks, 1) and (market.updates > it.stored[0] or look.forced):
        looking = world._replace(ingestor=it._replace(looks=(*it.looks, look), owed=False, late=None if due else it.late))
        yield looking if bounds.looks else _publish(looking, look)
    for look in it.looks:
        yield _publish(world, look)
    if it.late is not None and world.clock < it.late:
        yield world._replace(clock=world.clock + 1)


def _publish(world: World, look: Snapshot) -> World:
    it = world.ingestor
    it = it._replace(looks=tuple(each for each in it.looks if each != look))
    if (look.updates, look.clock) < it.stored:  # overtaken: never publish an older state
        return world._replace(ingestor=it._replace(owed=it.owed or look.forced))
    news = look.updates > it.stored[0]
    it = it._replace(stored=(look.updates, look.clock))
    counters = list(it.counters)
    direct = not counters
    if (look.status == "open" and not it.open) or (not counters and look.status == "cancelled"):
        counters.append(0)
    if not counters or not (news or look.forced):
        return world._replace(ingestor=it)
    counters[-1] += 1
    shown = Shown(len(counters) - 1, counters[-1], look.status, look.updates, look.clock, direct and look.status == "cancelled")
    it = it._replace(open=look.status == "open", counters=tuple(counters))
    return world._replace(ingestor=it, flying=world.flying | {shown})


def seller_moves(world: World, bounds: Bounds, decisions: Decisions) -> Iterator[World]:
    if world.decisions >= bounds.decisions:
        return
    for request in decisions.requests(world):
        if request.state == "pending":
            n = _IDS.index(request.request_id)
            for verdict in ("approve", "reject"):
                order, _ = decisions.after(world.order, (verdict, n))
                flying = _with_news(order, world.flying, n, decisions)
                deliveries = _outdated(world.deliveries, n)
                yield world._replace(order=order, flying=flying, deliveries=deliveries, decisions=world.decisions + 1)


def topic_moves(world: World, decisions: Decisions) -> Iterator[World]:
    """Messages of both topics arrive in any order; one that comes twice does nothing the second time."""
    for message in world.flying:
        yield _delivered(world, message, decisions)


def _delivered(world: World, message: Shown | Told, decisions: Decisions) -> World:
    key = world.order, world.flying, message
    arrived = decisions.arrivals.get(key)
    if arrived is None:
        arrived = decisions.arrivals[key] = _arrival(world.order, world.flying, message, decisions)
    order, flying, passed, reworded = arrived
    ingestor, deliveries = world.ingestor, world.deliveries
    if passed:
        counters = list(ingestor.counters)
        counters[message.n] -= passed
        ingestor = ingestor._replace(counters=tuple(counters))
    if reworded:
        deliveries = _outdated(deliveries, message.n)
    return World(world.market, ingestor, order, flying, deliveries, world.clock, world.decisions)


def _arrival(
    before: int, flying: frozenset[Shown | Told], message: Shown | Told, decisions: Decisions
) -> tuple[int, frozenset[Shown | Told], int, bool]:
    """The order and the messages after one of them arrived; how far the counter of its request moved; whether there is a new word."""
    order, reworded = decisions.after(before, message)
    rest = flying - {message}
    passed = 0
    if isinstance(message, Shown):
        passed = message.observation - 1
        rest = frozenset(
            each._replace(observation=each.observation - passed) if isinstance(each, Shown) and each.n == message.n else each
            for each in rest
        )
    return order, _with_news(order, rest, message.n if reworded else None, decisions), passed, reworded


def _with_news(order: int, flying: frozenset[Shown | Told], reworded: int | None, decisions: Decisions) -> frozenset[Shown | Told]:
    """Without the messages that change nothing now and never will: their counters are passed, or they answer an older word."""
    return frozenset(each for each in flying if not (isinstance(each, Told) and each.n == reworded) and _news(order, each, decisions))


def _news(order: int, message: Shown | Told, decisions: Decisions) -> bool:
    if isinstance(message, Told):
        return decisions.after(order, message)[0] != order
    return message.observation > 1 or not any(each.request_id == _IDS[message.n] for each in decisions.states[order][0])


def _outdated(deliveries: tuple[Delivery, ...], n: int) -> tuple[Delivery, ...]:
    """There is a new word: what sync-back knows of the request is an older one now."""
    return tuple(each._replace(revision=0) if i == n else each for i, each in enumerate(deliveries))


def sync_moves(world: World, decisions: Decisions) -> Iterator[World]:
    """One live delivery per request, the newest word wins; after a time-out it reads before it repeats."""
    for request in decisions.requests(world):
        n = _IDS.index(request.request_id)
        known = world.deliveries[n] if n < len(world.deliveries) else Delivery()
        if request.word > known.revision:
            fresh = Delivery(1, request.decision.verdict, "call") if request.decision else Delivery(1)
            yield _delivering(world, n, fresh)
        if known.verdict and known.phase != "done":
            yield from _delivery_moves(world, n, known, known.verdict)


def _delivery_moves(world: World, n: int, known: Delivery, verdict: str) -> Iterator[World]:
    market = world.market
    attempt = known.attempt + 1
    if known.phase == "unknown":
        yield _tell(world, n, known, "failed", attempt)  # given up
    if market.status != "open":
        if known.phase == "call" or market.status != WANTS[verdict]:
            yield _tell(world, n, known, "refused", attempt, BECAUSE[market.status])
        if market.status == WANTS[verdict]:
            yield _tell(world, n, known, "synced", attempt)  # read before it was repeated: so already
    else:
        accepted = world._replace(market=market._replace(effect=market.effect or verdict))
        yield _tell(accepted, n, known, "synced", attempt)
        if market.effect or market.asks > 1:
            yield _tell(world, n, known, "refused", attempt, "request_ended")
        if verdict == "reject":
            yield _tell(world, n, known, "refused", attempt, "reason_not_offered")
        if known.phase == "call":
            for after in (accepted, world):
                yield _tell(after, n, known, "delayed", attempt)


def _delivering(world: World, n: int, delivery: Delivery) -> World:
    deliveries = list(world.deliveries) + [Delivery()] * (n + 1 - len(world.deliveries))
    deliveries[n] = delivery
    return world._replace(deliveries=tuple(deliveries))


def _tell(world: World, n: int, known: Delivery, kind: str, attempt: int, because: str = "") -> World:
    """Publish an outcome; the ingestor hears it too, and looks at once, and after 10 minutes when it was synced."""
    told = Told(n, known.revision, known.verdict or "", attempt, kind, because, world.clock)
    world = _delivering(world, n, known._replace(phase="unknown", attempt=attempt) if kind == "delayed" else Delivery(known.revision))
    it = world.ingestor._replace(owed=True)
    if kind == "synced":
        it = it._replace(late=world.clock + 1)
    flying = world.flying | {told} if known.revision else world.flying
    return world._replace(ingestor=it, flying=flying)


def quiet(world: World, decisions: Decisions) -> bool:
    """Nothing is under way, and the ingestor looked last after all."""
    it = world.ingestor
    if world.flying or it.looks or it.owed or it.late is not None or world.market.effect or it.stored[0] != world.market.updates:
        return False
    return not any(True for _ in sync_moves(world, decisions))


class Wrong(AssertionError):
    """A state that must not be, and how the world came there."""


def explore(check: Callable[[World, Decisions], str | None], bounds: Bounds | None = None) -> int:
    """Visit every reachable state, breadth first; raise `Wrong` with the shortest story of the first one that `check` finds fault with."""
    collecting = gc.isenabled()
    gc.disable()  # nothing here is cyclic, and looking for cycles among a million tuples takes a third of the time
    try:
        return _explore(check, bounds or Bounds())
    finally:
        if collecting:
            gc.enable()


def _explore(check: Callable[[World, Decisions], str | None], bounds: Bounds) -> int:
    decisions = Decisions()
    start = World(order=decisions.start)
    came: dict[World, World | None] = {start: None}
    waiting = deque([start])
    while waiting:
        world = waiting.popleft()
        if fault := check(world, decisions):
            raise Wrong(fault + story(world, came, decisions))
        for after in moves(world, bounds, decisions):
            if after not in came:
                came[after] = world
                waiting.append(after)
    return len(came)


def wander(check: Callable[[World, Decisions], str | None], bounds: Bounds, *, seed: int, steps: int) -> int:
    """Walk at random where there are too many states to visit all; gives how often all was quiet."""
    pick = random.Random(seed)
    decisions = Decisions()
    start = World(order=decisions.start)
    came: dict[World, World | None] = {start: None}
    world, quiets = start, 0
    for _ in range(steps):
        if fault := check(world, decisions):
            raise Wrong(fault + story(world, came, decisions))
        quiets += quiet(world, decisions)
        after = list(moves(world, bounds, decisions))
        next_world = pick.choice(after) if after else start
        if next_world is start:
            came = {start: None}
        else:
            came.setdefault(next_world, world)
        world = next_world
    return quiets


def moves(world: World, bounds: Bounds, decisions: Decisions) -> Iterator[World]:
    yield from market_moves(world, bounds)
    yield from ingestor_moves(world, bounds)
    yield from topic_moves(world, decisions)
    yield from seller_moves(world, bounds, decisions)
    yield from sync_moves(world, decisions)


def story(world: World, came: dict[World, World | None], decisions: Decisions) -> str:
    steps: list[str] = []
    at: World | None = world
    while at is not None:
        states = [(each.state, each.sync.state, each.facts.shows) for each in decisions.requests(at)]
        steps.append(
            f"{at.market} | {at.ingestor} | {at.flying} | {at.deliveries} | clock {at.clock} | {states} {decisions.order(at).status}"
        )
        at = came[at]
    return "\n" + "\n".join(reversed(steps))
