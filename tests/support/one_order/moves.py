"""The moves of all who take part in the world with one order."""

from collections.abc import Iterator
from typing import Any

from tests.support.one_order.rules import Decisions, Reworded
from tests.support.one_order.world import Ask, Bounds, Delivery, Ingestor, Look, Market, Message, Moment, Shown, Told, World

WANTS = {"approve": "cancelled", "reject": "going"}
BECAUSE = {"going": "request_ended", "cancelled": "already_cancelled", "shipped": "shipped"}


def market_moves(world: World, bounds: Bounds) -> Iterator[World]:
    """The buyer asks or withdraws, the courier collects, the deadline passes, the seller answers in Seller Center, our call works."""
    market = world.market
    if market.status == "going":
        if len(market.asks) < bounds.asks:
            yield from _changes(world, bounds, "open", ask=Ask("new"))
        yield from _changes(world, bounds, "cancelled")  # by the seller, the platform, or the buyer at once
        yield from _changes(world, bounds, "shipped")
        if market.undone < bounds.undone and market.asks:
            yield from _changes(world, bounds, "open", ask=Ask("open"), undone=market.undone + 1)  # ended by mistake
    if market.status == "open":
        yield from _changes(world, bounds, "going", ask=Ask("closed"))  # withdrawn, or rejected in Seller Center
        yield from _changes(world, bounds, "cancelled", ask=Ask("accepted"))  # the deadline passed, or approved in Seller Center
        yield from _changes(world, bounds, "shipped", ask=Ask("closed"))
    if market.effect:
        if _asked(market, market.effect[1], bounds) == "open":
            becomes = WANTS[market.effect[0]]
            ask = Ask("accepted" if becomes == "cancelled" else "closed")
            yield from _changes(world, bounds, becomes, ask=ask, effect=None)
        if market.status != "open" or (market.lost == 0 and bounds.calls_fail):
            yield world._replace(market=market._replace(effect=None, lost=1))  # accepted, and never done


def _changes(world: World, bounds: Bounds, status: str, *, ask: Ask | None = None, **changes: Any) -> Iterator[World]:
    """The truth changes, and a push or a sweep hints at it; within the same second as before or later."""
    market = world.market
    for tie in (0, 1) if market.version and market.ties < bounds.ties else (0,):
        second = market.second + 1 - tie
        asks = market.asks
        if ask is not None:
            kept = asks if ask.state == "new" else asks[:-1]
            asks = (*kept, Ask("open" if ask.state == "new" else ask.state, second if bounds.channel == "tiktok" else 0))
        changed = market._replace(status=status, asks=asks, version=market.version + 1, second=second, ties=market.ties + tie, **changes)
        yield world._replace(market=changed, ingestor=world.ingestor._replace(hinted=True))


def _asked(market: Market, n: int, bounds: Bounds) -> str:
    """What the marketplace has for who answers request `n`: Shopee's calls name the order, whatever is asked about it now."""
    if bounds.channel == "shopee" or market.status in {"cancelled", "shipped"}:
        return market.status
    ask = market.asks[n].state if n < len(market.asks) else "closed"
    return "open" if ask == "open" else "going"


def ingestor_moves(world: World, bounds: Bounds, decisions: Decisions) -> Iterator[World]:
    """A look starts, reads the order, then its requests, and publishes later."""
    it = world.ingestor
    due = frozenset(n for n, at in it.late if world.clock >= at)
    if (it.hinted or it.owed or due) and len(it.looks) < max(bounds.looks, 1):
        look = Look(_now(world, bounds, after_all=not it.looks), found=it.hinted, tell=it.owed | due)
        late = frozenset(each for each in it.late if each[1] > world.clock)
        begun = it._replace(hinted=False, owed=frozenset(), late=late)
        # Only between two changes of one second does it matter how long a look waits before it reads.
        look = look if bounds.ties else _order_read(look, world.market)
        if not bounds.looks:
            yield _published(world._replace(ingestor=begun), _asks_read(look, world.market), bounds, decisions)
        elif bounds.channel == "shopee" and not bounds.ties:
            yield world._replace(ingestor=begun._replace(looks=it.looks | {_asks_read(look, world.market)}))
        else:
            yield world._replace(ingestor=begun._replace(looks=it.looks | {look}))
    for look in it.looks:
        if look.order is None:
            read = _order_read(look, world.market)
            yield _swapped(world, look, read if bounds.channel == "tiktok" else _asks_read(read, world.market))
        elif look.asks is None:
            yield _swapped(world, look, _asks_read(look, world.market))
        else:
            yield _published(_swapped(world, look, None), look, bounds, decisions)
    if any(world.clock < at for _, at in it.late):
        yield world._replace(clock=world.clock + 1)


def _now(world: World, bounds: Bounds, *, after_all: bool) -> Moment:
    """With nothing else in hand a look starts after all that was stored; else it may have started before the other's end."""
    return 2 * world.market.version + after_all if bounds.ties else world.market.version, world.clock


def _order_read(look: Look, market: Market) -> Look:
    return look._replace(order=(market.status, market.second))


def _asks_read(look: Look, market: Market) -> Look:
    return look._replace(asks=market.asks)


def _swapped(world: World, look: Look, by: Look | None) -> World:
    looks = world.ingestor.looks - {look} | ({by} if by else frozenset())
    return world._replace(ingestor=world.ingestor._replace(looks=looks))


def _published(world: World, look: Look, bounds: Bounds, decisions: Decisions) -> World:
    """Stored under the order's lock, and what is said flies."""
    it = world.ingestor
    known, said, again = decisions.looking.after(it.known, look, _now(world, bounds, after_all=True))
    counters = list(it.counters)
    shown: list[Message] = []
    for n, fact, read in said:
        counters += [0] * (n + 1 - len(counters))
        counters[n] += 1
        shown.append(Shown(n, counters[n], fact, read))
    it = it._replace(known=known, counters=tuple(counters))
    if again:
        it = it._replace(hinted=it.hinted or look.found or not look.tell, owed=it.owed | look.tell)
    return world._replace(ingestor=it, flying=world.flying.union(shown))


def seller_moves(world: World, bounds: Bounds, decisions: Decisions) -> Iterator[World]:
    if world.decisions >= bounds.decisions:
        return
    for request in decisions.requests(world):
        if request.state == "pending":
            n = decisions.ids.index(request.request_id)
            for verdict in ("approve", "reject"):
                order, reworded = decisions.after(world.order, (verdict, n))
                yield world._replace(
                    order=order,
                    flying=_with_news(order, world.flying, reworded, decisions),
                    kept=_outworded(world.kept, reworded),
                    deliveries=_outdated(world.deliveries, reworded),
                    decisions=world.decisions + 1,
                )


def topic_moves(world: World, bounds: Bounds, decisions: Decisions) -> Iterator[World]:
    """Messages of both topics arrive in any order; one that comes twice does nothing the second time, be it much later."""
    for message in world.flying:
        delivered = _delivered(world, message, decisions)
        yield delivered
        if world.repeats < bounds.repeats:
            yield _kept(delivered, message)
    for message in world.kept:
        yield _repeated(world, message, decisions)


def _kept(delivered: World, message: Message) -> World:
    """It was taken in: what it says of counters is relative to that."""
    again = message._replace(observation=1) if isinstance(message, Shown) else message
    return delivered._replace(kept=delivered.kept | {again}, repeats=delivered.repeats + 1)


def _repeated(world: World, message: Message, decisions: Decisions) -> World:
    """An operator sends it again: the inbox lets it through, and the rules have to know it."""
    order, reworded = decisions.after(world.order, message)
    world = world._replace(kept=world.kept - {message})
    if isinstance(message, Told):
        world = world._replace(ingestor=world.ingestor._replace(owed=world.ingestor.owed | {message.n}))
    if order == world.order:
        return world
    deliveries, kept = _outdated(world.deliveries, reworded), _outworded(world.kept, reworded)
    return world._replace(order=order, deliveries=deliveries, kept=kept, flying=_with_news(order, world.flying, reworded, decisions))


def _delivered(world: World, message: Message, decisions: Decisions) -> World:
    key = world.order, world.flying, message
    arrived = decisions.arrivals.get(key)
    if arrived is None:
        arrived = decisions.arrivals[key] = _arrival(world.order, world.flying, message, decisions)
    order, flying, passed, reworded = arrived
    ingestor, deliveries, kept = world.ingestor, world.deliveries, world.kept
    if passed:
        counters = list(ingestor.counters)
        counters[message.n] -= passed
        ingestor = ingestor._replace(counters=tuple(counters))
        kept = _passed(kept, message.n, passed)
    if reworded:
        deliveries = _outdated(deliveries, reworded)
        kept = _outworded(kept, reworded)
    return World(world.market, ingestor, order, flying, deliveries, world.clock, world.decisions, kept, world.repeats)


def _arrival(
    before: int, flying: frozenset[Message], message: Message, decisions: Decisions
) -> tuple[int, frozenset[Message], int, Reworded]:
    """The order and the messages after one of them arrived; how far the counter of its request moved; about which there is a new word."""
    order, reworded = decisions.after(before, message)
    rest = flying - {message}
    passed = 0
    if isinstance(message, Shown):
        passed = message.observation - 1
        rest = _passed(rest, message.n, passed)
    return order, _with_news(order, rest, reworded, decisions), passed, reworded


def _passed(messages: frozenset[Message], n: int, passed: int) -> frozenset[Message]:
    """Counters start at the newest known observation; the ones before it are all history."""
    return frozenset(
        each._replace(observation=max(each.observation - passed, 0)) if isinstance(each, Shown) and each.n == n else each
        for each in messages
    )


def _with_news(order: int, flying: frozenset[Message], reworded: Reworded, decisions: Decisions) -> frozenset[Message]:
    """Without the messages that change nothing now and never will: their counters are passed, or they answer an older word."""
    return frozenset(each for each in flying if not (isinstance(each, Told) and each.n in reworded) and _news(order, each, decisions))


def _news(order: int, message: Message, decisions: Decisions) -> bool:
    if isinstance(message, Told):
        return decisions.after(order, message)[0] != order
    return message.observation > 1 or not any(each.request_id == decisions.ids[message.n] for each in decisions.states[order][0])


def _outworded(kept: frozenset[Message], reworded: Reworded) -> frozenset[Message]:
    return frozenset(each._replace(revision=0) if isinstance(each, Told) and each.n in reworded else each for each in kept)


def _outdated(deliveries: tuple[Delivery, ...], reworded: Reworded) -> tuple[Delivery, ...]:
    """There is a new word: what sync-back knows of the request is an older one now."""
    return tuple(each._replace(revision=0) if n in reworded else each for n, each in enumerate(deliveries))


def sync_moves(world: World, bounds: Bounds, decisions: Decisions) -> Iterator[World]:
    """One live delivery per request, the newest word wins; after a time-out it reads before it repeats."""
    for request in decisions.requests(world):
        n = decisions.ids.index(request.request_id)
        known = world.deliveries[n] if n < len(world.deliveries) else Delivery()
        if request.word and not known.revision:
            stands = request.decision is not None and request.word == request.decision.revision
            fresh = Delivery(1, request.decision.verdict, "call") if request.decision and stands else Delivery(1)
            yield _delivering(world, n, fresh)
        if known.verdict and known.phase != "done":
            yield from _delivery_moves(world, n, known, known.verdict, bounds)


def _delivery_moves(world: World, n: int, known: Delivery, verdict: str, bounds: Bounds) -> Iterator[World]:
    market = world.market
    asked = _asked(market, n, bounds)
    attempt = known.attempt + 1
    if known.phase == "unknown":
        yield _tell(world, n, known, "failed", attempt)  # given up
    if asked != "open":
        if known.phase == "call" or asked != WANTS[verdict]:
            yield _tell(world, n, known, "refused", attempt, BECAUSE[asked])
        if asked == WANTS[verdict]:
            yield _tell(world, n, known, "synced", attempt)  # read before it was repeated: so already
    else:
        accepted = world._replace(market=market._replace(effect=market.effect or (verdict, n)))
        yield _tell(accepted, n, known, "synced", attempt)
        if market.effect or len(market.asks) > 1:
            yield _tell(world, n, known, "refused", attempt, "request_ended")
        if verdict == "reject":
            yield _tell(world, n, known, "refused", attempt, "reason_not_offered")
        if known.phase == "call" and bounds.calls_fail:
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
    flying = world.flying | {told} if known.revision else world.flying
    return world._replace(ingestor=_heard(world.ingestor, n, late=world.clock + 1 if kind == "synced" else None), flying=flying)


def _heard(it: Ingestor, n: int, *, late: int | None) -> Ingestor:
    """The look now is one with the others that are owed; each synced decision gets a later look of its own."""
    return it._replace(owed=it.owed | {n}, late=it.late if late is None else it.late | {(n, late)})


def moves(world: World, bounds: Bounds, decisions: Decisions) -> Iterator[World]:
    yield from market_moves(world, bounds)
    yield from ingestor_moves(world, bounds, decisions)
    yield from topic_moves(world, bounds, decisions)
    yield from seller_moves(world, bounds, decisions)
    yield from sync_moves(world, bounds, decisions)
