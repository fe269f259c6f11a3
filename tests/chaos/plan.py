"""What is going to happen, all of it drawn from the seed: what buyers and sellers want, and which faults strike when.

The same seed gives the same stories in the same order at the same seconds, the same rounds of faults with the same lengths, and the same
dice at the marketplaces. What can't follow from a seed: how two processes interleave, at which instruction a signal finds one, which call
the n-th throw of the marketplaces' dice meets, the marketplaces' order references, and how many rounds fit into the minutes: a round ends
when the system has recovered from it.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_stack.settings import SERVICES

ORDERS_PER_SECOND = 1.9
SHOPS_PER_CHANNEL = 4
CHANNELS = ("shopee", "tiktok")

STORIES: Mapping[str, Mapping[str, int]] = {
    "shopee": {
        "approve": 30,
        "reject": 18,
        "withdraw": 4,
        "approve-there": 4,
        "reject-there": 3,
        "ship": 4,
        "expire": 3,
        "instant": 4,
        "approve-or-withdraw": 5,
        "reject-or-approve-there": 5,
        "approve-or-reject-there": 4,
        "approve-or-ship": 4,
        "two-people": 4,
        "double-click": 4,
        "short-deadline": 4,
        "reject-then-instant": 3,
    },
    "tiktok": {
        "approve": 30,
        "reject": 18,
        "withdraw": 4,
        "approve-there": 4,
        "reject-there": 3,
        "expire": 3,
        "instant": 4,
        "approve-or-withdraw": 5,
        "reject-or-approve-there": 5,
        "approve-or-reject-there": 4,
        "two-people": 4,
        "double-click": 4,
        "short-deadline": 4,
        "reject-then-ask-again": 6,
        "part-then-rest": 4,
    },
}
"""What becomes of an order, by weight. `a-or-b`: both at the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One order and what its buyer and its sellers will do. `at`: seconds after the beginning; `pauses`: how long people think."""

    number: int
    at: float
    shop: int
    kind: str
    quantities: tuple[int, ...]
    pauses: tuple[float, ...]

    @property
    def channel(self) -> str:
        return CHANNELS[self.shop % 2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One fault: begins `after` seconds into its round, lasts `seconds` (0: it is over at once)."""

    kind: str
    after: float = 0.0
    seconds: float = 0.0
    target: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        name = f"{self.kind} {self.target}".strip()
        return f"{name} {self.seconds:.1f} s" if self.seconds else name


@dataclass(frozen=True, slots=True)
class Round:
    """Faults at the same time, and then quiet until all has recovered."""

    number: int
    strikes: tuple[Strike, ...]
    quiet_seconds: float

    def __str__(self) -> str:
        return " + ".join(map(str, self.strikes))


def stories(seed: int, *, seconds: float) -> list[Story]:
    """All orders of a run so long, by the time they are placed."""
    dice = random.Random(f"stories:{seed}")
    found, at = [], 0.0
    while (at := at + dice.expovariate(ORDERS_PER_SECOND)) < seconds:
        found.append(a_story(dice, number=len(found), at=at))
    return found


def a_story(dice: random.Random, *, number: int, at: float = 0.0, shop: int | None = None, kind: str | None = None) -> Story:
    shop = dice.randrange(2 * SHOPS_PER_CHANNEL) if shop is None else shop
    weights = STORIES[CHANNELS[shop % 2]]
    drawn = dice.choices(list(weights), list(weights.values()))[0]
    return Story(
        number=number,
        at=at,
        shop=shop,
        kind=kind or drawn,
        quantities=tuple(dice.randint(1, 3) for _ in range(dice.randint(1, 2))),
        pauses=tuple(dice.choice((0.0, 0.0, dice.uniform(0, 0.3), dice.uniform(0, 2))) for _ in range(4)),
    )


def rounds(seed: int) -> Iterator[Round]:
    """For ever: every kind of fault once, in an order drawn anew each time, most with a second one of the marketplaces beside it."""
    dice = random.Random(f"rounds:{seed}")
    number = 0
    while True:
        heavy = _dealt(dice, HEAVY)
        light = _dealt(dice, LIGHT)
        for kind in heavy:
            strikes = [_strike(dice, kind)]
            strikes += [_strike(dice, light.pop())] if light and dice.random() < 0.75 else []
            second = _strike(dice, dice.choice(HEAVY))
            if dice.random() < 0.25 and not _touched(second) & _touched(strikes[0]):
                strikes.append(second)
            number += 1
            yield Round(number, tuple(strikes), round(dice.uniform(0.0, 1.5), 2))
        for kind in light:
            number += 1
            yield Round(number, (_strike(dice, kind),), round(dice.uniform(0.0, 1.5), 2))


HEAVY: tuple[str, ...] = (
    *(f"kill {name}" for name in SERVICES),
    "kafka-stopped",
    "kafka-killed",
    "kafka-frozen",
    "postgres-stopped",
    "postgres-frozen",
    "connections-cut",
    "connections-cut",
    "frozen",
    "restarted",
    "rebalance",
    "rebalance",
    "leader-killed",
    "leader-frozen",
)
"""Faults of our own parts."""
LIGHT: tuple[str, ...] = (
    "slow",
    "time-outs-before",
    "time-outs-after",
    "time-outs-after",
    "throttle-storm",
    "outage",
    "pushes-jumbled",
    "pushes-dropped",
    "pushes-late",
    "pushes-lost",
    "tokens-expired",
    "revoked",
    "clock-step",
    "clock-step",
    "marketplace-frozen",
    "echo",
    "echo",
)
"""Faults of the marketplaces and of the wire."""

_TOUCHES = {
    "kafka-stopped": {"kafka"},
    "kafka-killed": {"kafka"},
    "kafka-frozen": {"kafka"},
    "postgres-stopped": {"postgres"},
    "postgres-frozen": {"postgres"},
    "connections-cut": {"postgres"},
}
_OF_A_SERVICE = frozenset({"frozen", "restarted", "rebalance", "leader-killed", "leader-frozen"})


def _dealt(dice: random.Random, kinds: Sequence[str]) -> list[str]:
    return dice.sample(kinds, len(kinds))


def _touched(strike: Strike) -> set[str]:
    return _TOUCHES.get(strike.kind, {strike.target})


def _strike(dice: random.Random, kind: str) -> Strike:
    """With a target and a length. All is drawn whether it is used or not: one kind's needs must not shift the next one's dice."""
    service, after, portion = dice.choice(SERVICES), round(dice.uniform(0, 3), 2), dice.random()
    number = dice.randrange(1_000_000)
    kind, _, target = kind.partition(" ")
    low, high = _SECONDS.get(kind, (0.0, 0.0))
    seconds = round(low + (high - low) * portion, 1)
    target = target or (service if kind in _OF_A_SERVICE else "")
    return Strike(kind=kind, after=after, seconds=seconds, target=target, details={"seed": number, **_details(kind, portion)})


_SECONDS = {
    "kafka-stopped": (2.0, 8.0),
    "kafka-frozen": (2.0, 12.0),
    "postgres-stopped": (1.0, 8.0),
    "postgres-frozen": (2.0, 12.0),
    "connections-cut": (1.0, 4.0),
    "frozen": (2.0, 14.0),
    "rebalance": (2.0, 8.0),
    "leader-killed": (1.0, 4.0),
    "leader-frozen": (33.0, 38.0),
    "slow": (4.0, 10.0),
    "time-outs-before": (4.0, 10.0),
    "time-outs-after": (4.0, 10.0),
    "throttle-storm": (4.0, 10.0),
    "outage": (3.0, 8.0),
    "pushes-jumbled": (5.0, 12.0),
    "pushes-dropped": (4.0, 10.0),
    "pushes-late": (4.0, 10.0),
    "pushes-lost": (4.0, 10.0),
    "revoked": (3.0, 8.0),
    "marketplace-frozen": (2.0, 12.0),
}
WEATHER: Mapping[str, Mapping[str, float]] = {
    "slow": {"slow": 0.6, "slow_s": 2.0},
    "time-outs-before": {"timeout_before": 0.25, "hang_s": 12.0},
    "time-outs-after": {"timeout_after": 0.25, "hang_s": 12.0},
    "throttle-storm": {"throttle": 0.7},
    "outage": {"error_rate": 0.9},
    "pushes-jumbled": {"duplicate_pushes": 0.5, "reorder_pushes": 0.5},
    "pushes-dropped": {"drop_pushes": 0.7},
    "pushes-late": {"delay_pushes_s": 3.0, "reorder_pushes": 0.3},
    "pushes-lost": {"lose_pushes": 0.7},
}
"""What the sandbox's faults are set to."""
CLOCK_STEPS = (600.0, 4.2 * 3600, 25 * 3600)
"""A little; past every Shopee token's life; past the deadlines of Malaysian Shopee orders."""


def _details(kind: str, portion: float) -> dict[str, Any]:
    match kind:
        case "clock-step":
            return {"advance_s": CLOCK_STEPS[int(portion * len(CLOCK_STEPS))]}
        case "rebalance":
            return {"leaves": "killed" if portion < 0.5 else "stopped"}
        case _:
            return {}
