"""What the figures of a long run say: whether anything grows that must not."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

MIB = 1 << 20
MORE_MEMORY = 16 * MIB
MORE_MEMORY_SHARE = 0.10
"""A process may end up with so much more than it had after a third of the run, whichever is more."""
ALLOWED_LATE_SECONDS = 30.0
"""A clean-up may begin so much later than its interval says, on a busy machine."""
DEAD_SHARE, DEAD_ROWS = 0.2, 2_000
"""Autovacuum begins at a fifth of a table's rows. What is less right after it has been there does not pile up."""
MORE_BYTES, MORE_BYTES_SHARE = 4 * MIB, 0.2
PASSING = frozenset({"inbox", "outbox", "work", "work_shops"})
"""Tables whose rows come and go, in any database."""


@dataclass(frozen=True, slots=True)
class Table:
    live: int
    dead: int
    size: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One look. `seconds` since the beginning; memory in bytes by service; tables by `database.table`; inbox rows and age by database."""

    seconds: float
    memory: Mapping[str, int]
    inbox_rows: Mapping[str, int]
    inbox_age: Mapping[str, float]
    outbox_rows: Mapping[str, int]
    tables: Mapping[str, Table] = field(default_factory=dict)


def growth(samples: Iterable[tuple[float, float]]) -> float:
    """How much the straight line through the points rises from the first to the last of them."""
    points = list(samples)
    if len(points) < 2:
        return 0.0
    at, value = zip(*points, strict=True)
    return statistics.linear_regression(at, value).slope * (max(at) - min(at))


def judge(samples: Sequence[Sample], *, retention: float, interval: float) -> list[str]:
    """What is wrong, in words; nothing: all is flat. The first third is not looked at: caches fill, plans are made."""
    third = len(samples) // 3
    steady, last = samples[third:], samples[2 * third :]
    return [*_memory(steady), *_inbox(samples, retention=retention + interval + ALLOWED_LATE_SECONDS), *_tables(steady, last)]


def _memory(steady: Sequence[Sample]) -> Iterable[str]:
    for name in steady[0].memory:
        grown = growth((each.seconds, each.memory[name]) for each in steady)
        mean = statistics.fmean(each.memory[name] for each in steady)
        if grown > max(MORE_MEMORY, MORE_MEMORY_SHARE * mean):
            yield f"memory of {name} grows: by {grown / MIB:.1f} MiB of {mean / MIB:.0f}"


def _inbox(samples: Sequence[Sample], *, retention: float) -> Iterable[str]:
    for name in samples[0].inbox_age:
        oldest = max(each.inbox_age[name] for each in samples)
        if oldest > retention:
            yield f"inbox of {name} keeps rows for {oldest:.0f} s, not {retention:.0f}"


def _tables(steady: Sequence[Sample], last: Sequence[Sample]) -> Iterable[str]:
    for name, table in last[-1].tables.items():
        least = min(each.tables[name].dead for each in last)
        if least > DEAD_ROWS + DEAD_SHARE * table.live:
            yield f"dead rows of {name} pile up: never fewer than {least:,} beside {table.live:,} live ones"
        if name.partition(".")[2] in PASSING:
            before, after = (max(each.tables[name].size for each in some) for some in (steady[: len(steady) // 2], last))
            if after > before * (1 + MORE_BYTES_SHARE) + MORE_BYTES:
                yield f"{name} swells: from {before / MIB:.1f} to {after / MIB:.1f} MiB"
