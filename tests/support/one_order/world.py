"""A world with one order, as a tuple of small values: what the marketplace, the ingestor, sync-back and the topics are at."""

from typing import NamedTuple

Moment = tuple[int, int]
"""A moment between the changes of the truth, and on the clock (in steps of 10 minutes)."""


class Ask(NamedTuple):
    """as the marketplace has it: `open`, `accepted` (the order is cancelled), `closed` (it goes on); `second`: its update_time."""

    state: str = "open"
    second: int = 0


class Market(NamedTuple):
    """The truth. `version` counts its changes, `second` is the order's update_time; two changes may share one.

    `effect`: a call that was accepted and has not worked yet, with the request it is for.
    """

    status: str = "going"
    asks: tuple[Ask, ...] = ()
    version: int = 0
    second: int = 0
    effect: tuple[str, int] | None = None
    lost: int = 0
    ties: int = 0
    undone: int = 0


class Look(NamedTuple):
    """A look under way: when it started, what it read of the order and then of its requests, and who waits for it."""

    started: Moment
    found: bool = False
    tell: frozenset[int] = frozenset()
    order: tuple[str, int] | None = None
    asks: tuple[Ask, ...] | None = None


class Ingestor(NamedTuple):
    known: int = 0
    """The number of what the real rules know."""
    counters: tuple[int, ...] = ()
    looks: frozenset[Look] = frozenset()
    hinted: bool = False
    """The order is worth a look: a push came, or a sweep saw it."""
    owed: frozenset[int] = frozenset()
    """Requests of which an outcome was heard."""
    late: frozenset[tuple[int, int]] = frozenset()
    """Looks to come after synced answers: of which request, and at which step of the clock."""


class Shown(NamedTuple):
    """A message on cancel-requests."""

    n: int
    observation: int
    fact: int
    """The number of what it says."""
    read: Moment
    """Since when it is true at least."""


class Told(NamedTuple):
    """A message on sync-outcomes."""

    n: int
    revision: int
    verdict: str
    attempt: int
    kind: str
    because: str
    clock: int


Message = Shown | Told


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
    flying: frozenset[Message] = frozenset()
    deliveries: tuple[Delivery, ...] = ()
    clock: int = 0
    decisions: int = 0
    kept: frozenset[Message] = frozenset()
    """Handled, and to be handled again at some time."""
    repeats: int = 0


class Bounds(NamedTuple):
    channel: str = "shopee"
    asks: int = 2
    decisions: int = 2
    looks: int = 0
    """In hand at once. 0: a look publishes what it reads at once, and only its message is late, which is the same to decision; with more
    than one, looks overlap and publish in either order.
    """
    ties: int = 0
    """Changes within one second of the marketplace's clock: only the times of the reads tell which of two views is newer."""
    undone: int = 0
    """Requests that the marketplace opens again after it ended them."""
    calls_fail: bool = True
    """Calls time out, are given up, and are accepted without ever taking effect."""
    repeats: int = 0
    """Events that an operator sends again after they were handled."""
