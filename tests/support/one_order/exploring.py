"""Every history of one order: marketplace, ingestor, seller and sync-back move as they like, decision's part is the real domain code.

`explore` visits every state that any interleaving of moves can reach.
"""

import gc
import random
from collections import deque
from collections.abc import Callable

from tests.support.one_order.moves import moves, sync_moves
from tests.support.one_order.rules import Decisions
from tests.support.one_order.world import Bounds, World


def quiet(world: World, decisions: Decisions) -> bool:
    """Nothing is under way, and the ingestor looked last after all."""
    it = world.ingestor
    if world.flying or it.looks or it.owed or it.late or it.hinted or world.market.effect:
        return False
    return not any(True for _ in sync_moves(world, decisions.bounds, decisions))


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
    decisions = Decisions(bounds)
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
    decisions = Decisions(bounds)
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


def story(world: World, came: dict[World, World | None], decisions: Decisions) -> str:
    steps: list[str] = []
    at: World | None = world
    while at is not None:
        states = [(each.state, each.sync.state, each.facts.shows) for each in decisions.requests(at)]
        steps.append(
            f"{at.market} | {at.ingestor} | {set(at.flying)} | {at.deliveries} | clock {at.clock} | {states} {decisions.order(at).status}"
        )
        at = came[at]
    return "\n" + "\n".join(reversed(steps))
