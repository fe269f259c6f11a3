"""One run: stories and rounds of faults for some minutes, then quiet, then the checker."""

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.chaos import plan
from tests.chaos.checker import Finding, check
from tests.chaos.faults import Faults
from tests.chaos.history import dead_letters, gather, lag, told_about
from tests.chaos.plan import Round, Strike
from tests.chaos.world import PROBES, World
from tests.support.waiting import until
from tests.support.wire import Wire

from local_stack.settings import Stack

RECOVERS_WITHIN_SECONDS = 30.0
GIVES_UP_AFTER_SECONDS = 120.0
LOOK_SECONDS = 0.5
CALM_SECONDS = 3.0
"""Before the first fault: something has to be under way."""
SETTLES_WITHIN_SECONDS = 120.0
SHOWN = 50
"""Findings in the summary."""

Say = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Report:
    seed: int
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    recoveries: list[tuple[float, Round]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    """All that is known about what the findings name."""

    @property
    def longest_recovery(self) -> float:
        return max((seconds for seconds, _ in self.recoveries), default=0.0)

    @property
    def late(self) -> list[tuple[float, Round]]:
        return [each for each in self.recoveries if each[0] > RECOVERS_WITHIN_SECONDS]

    @property
    def right(self) -> bool:
        return not self.findings and not self.late

    def figures(self) -> dict[str, Any]:
        """What `.local/chaos.json` holds."""
        found = Counter(finding.kind for finding in self.findings)
        kinds = ("lost", "duplicated", "stock_errors", "stuck", "disordered")
        return {
            "seed": self.seed,
            "requests": self.requests,
            "faults": self.faults.total(),
            **{kind: found[kind] for kind in kinds},  # type: ignore[index] # the kinds of findings
            "longest_recovery_s": round(self.longest_recovery, 1),
            "faults_by_kind": dict(sorted(self.faults.items())),
        }


async def run(
    stack: Stack,
    *,
    seed: int,
    seconds: float,
    say: Say,
    first: Sequence[Round] = (),
    planned: bool = True,
    first_shop: int = 1,
    recovers_within: float = GIVES_UP_AFTER_SECONDS,
    settles_within: float = SETTLES_WITHIN_SECONDS,
) -> Report:
    """Let buyers, sellers and faults loose for so long; returns after everything had time to come right, with what did not.

    Recovery: the time from the end of a round's last fault until a cancellation per channel, asked for after it, was listed, approved,
    taken by its marketplace and given back to stock, and everything that was asked for before it is settled as well: answered, booked, and
    as the marketplace says. Buyers go on meanwhile. The next round waits for it, but no longer than `recovers_within`; at the end all of it
    may take `settles_within` to come to rest. The rounds in `first` are run whole, however long they take; after them, unless they are not
    `planned`, those that follow from the seed, until the seconds are over.
    """
    report = Report(seed=seed)
    wire = Wire(stack.kafka_url, "")
    dead_before = await dead_letters(wire)
    world = await World(stack, seed, first_shop).open()
    faults = Faults(world, folder=stack.log)
    stories = plan.stories(seed, seconds=seconds)
    say(f"seed {seed}: {len(stories)} orders in {seconds:.0f} s, faults meanwhile")
    seller = asyncio.create_task(world.decide_for_ever())
    ends = time.monotonic() + seconds
    more = itertools.takewhile(lambda _: time.monotonic() < ends, plan.rounds(seed)) if planned else ()
    try:
        buyers = asyncio.create_task(world.live(stories))
        await _rounds(world, faults, report, itertools.chain(first, more), patience=recovers_within, say=say)
        await buyers
        say(f"quiet: {world.requests} requests so far, waiting until all is settled")
        await _settle(world, seller, seconds=settles_within)
        history = await gather(world, dead_before=dead_before)
        report.findings = check(history)
        report.evidence = told_about(history, report.findings)
        report.requests = world.requests
    finally:
        seller.cancel()
        await asyncio.wait([seller])
        await world.close()
    return report


async def _rounds(world: World, faults: Faults, report: Report, rounds: Iterable[Round], *, patience: float, say: Say) -> None:
    await asyncio.sleep(CALM_SECONDS)
    for each in rounds:
        say(f"round {each.number}: {each}")
        over = await asyncio.gather(*(_strike(world, faults, strike) for strike in each.strikes))
        report.faults.update(strike.kind for strike in each.strikes)
        took, waiting = await _recovered(world, since=max(over), patience=patience)
        report.recoveries.append((took, each))
        late = f"  LATE: {list(waiting.items())[:3]}" if took > RECOVERS_WITHIN_SECONDS else ""
        say(f"         recovered in {took:.1f} s, {world.requests} requests, {len(world.open_orders)} under way{late}")
        if world.unanswered:
            say(f"         clients gave up waiting: {dict(Counter(world.unanswered))}")
            world.unanswered.clear()
        await asyncio.sleep(each.quiet_seconds)


async def _strike(world: World, faults: Faults, strike: Strike) -> float:
    try:
        return await faults.strike(strike)
    except Exception as error:  # noqa: BLE001 - told at the end: the run goes on
        world.stumbles.append(f"the fault {strike} itself stumbled: {type(error).__name__}: {error}"[:500])
        return time.monotonic()


async def _recovered(world: World, *, since: float, patience: float) -> tuple[float, dict[str, str]]:
    """Seconds until probes went through and all orders of before are settled; and what the last one waited for when it was late."""
    owed = dict(world.open_orders)
    probe = asyncio.create_task(world.probe())
    why: dict[str, str] = {}
    late: dict[str, str] = {}
    while time.monotonic() - since < patience:
        if probe.done():
            owed |= {ref: placed for ref, placed in world.open_orders.items() if placed.story.number >= PROBES}
        why = await world.unsettled(owed.values())
        if probe.done() and not why:
            break
        if time.monotonic() - since > RECOVERS_WITHIN_SECONDS and not late:
            late = dict(why) or {"probe": "on its way"}
        await asyncio.sleep(LOOK_SECONDS)
    await asyncio.wait([probe], timeout=max(0.0, patience - (time.monotonic() - since)))
    return time.monotonic() - since, late or why


async def _settle(world: World, seller: "asyncio.Task[None]", *, seconds: float) -> None:
    """Until nothing is under way any more, or the patience ends: then the checker tells what is stuck."""
    deadline = time.monotonic() + seconds
    await world.finished(seconds=seconds)

    async def all_settled() -> bool:
        return not await world.unsettled(list(world.open_orders.values()))

    async def all_handled() -> bool:
        return not await lag(world.stack)

    with contextlib.suppress(AssertionError):
        await until(all_settled, seconds=deadline - time.monotonic(), every=LOOK_SECONDS)
        await until(all_handled, seconds=deadline - time.monotonic(), every=LOOK_SECONDS)
    if seller.done():
        with contextlib.suppress(asyncio.CancelledError):
            world.stumbles.append(f"the seller stumbled: {seller.exception()!r}")


def summary(report: Report, *, log: str) -> Sequence[str]:
    """For people: the figures, and what to look at when something is wrong."""
    figures = report.figures()
    by_kind = ", ".join(f"{kind} {count}" for kind, count in figures.pop("faults_by_kind").items())
    lines = ["  ".join(f"{name} {value}" for name, value in figures.items()), f"faults: {by_kind}"]
    lines += [f"late: {seconds:.1f} s after round {each.number} ({each})" for seconds, each in report.late]
    lines += [str(finding) for finding in report.findings[:SHOWN]]
    lines += [f"and {len(report.findings) - SHOWN} more"] if len(report.findings) > SHOWN else []
    if not report.right:
        lines.append(f"logs: {log}; what is known: .local/chaos-evidence.txt; the same run again: make chaos SEED={report.seed}")
    return lines
