"""A world with one order, as a tuple of small values: what the marketplace, the ingestor, sync-back and the topics are at."""

from typing import NamedTuple


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
