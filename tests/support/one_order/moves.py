"""The moves of all who take part in the world with one order."""

from collections.abc import Iterator
from typing import Any

from tests.support.one_order.rules import IDS, Decisions
from tests.support.one_order.world import Bounds, Delivery, Shown, Snapshot, Told, World

WANTS = {"approve": "cancelled", "reject": "going"}
BECAUSE = {"going": "request_ended", "cancelled": "already_cancelled", "shipped": "shipped"}


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
            n = IDS.index(request.request_id)
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
    return message.observation > 1 or not any(each.request_id == IDS[message.n] for each in decisions.states[order][0])


def _outdated(deliveries: tuple[Delivery, ...], n: int) -> tuple[Delivery, ...]:
    """There is a new word: what sync-back knows of the request is an older one now."""
    return tuple(each._replace(revision=0) if i == n else each for i, each in enumerate(deliveries))


def sync_moves(world: World, decisions: Decisions) -> Iterator[World]:
    """One live delivery per request, the newest word wins; after a time-out it reads before it repeats."""
    for request in decisions.requests(world):
        n = IDS.index(request.request_id)
        known = world.deliveries[n] if n < len(world.deliveries) else Delivery()
        if request.word and not known.revision:
            stands = request.decision is not None and request.word == request.decision.revision
            fresh = Delivery(1, request.decision.verdict, "call") if request.decision and stands else Delivery(1)
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


def moves(world: World, bounds: Bounds, decisions: Decisions) -> Iterator[World]:
    yield from market_moves(world, bounds)
    yield from ingestor_moves(world, bounds)
    yield from topic_moves(world, decisions)
    yield from seller_moves(world, bounds, decisions)
    yield from sync_moves(world, decisions)
