"""A short run in which nothing may be wrong, and runs with one guard taken out in which the checker must find what it kept away."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator

import pytest
from tests.chaos.plan import Round, Strike
from tests.chaos.run import Report, run, summary
from tests.chaos.sabotage import SCRIPT
from tests.support import running
from tests.support.processes import ServiceProcess
from tests.support.stack import whole_system
from tests.support.waiting import until

from local_stack.programs import service_environment
from local_stack.settings import Stack

SHOPS = itertools.count(1, 100)
"""First shop of each world: they never meet."""


@pytest.fixture(scope="module")
def system() -> Iterator[Stack]:
    with whole_system("chaos-test-stack") as stack:
        yield stack


@contextlib.asynccontextmanager
async def without(guard: str, stack: Stack, service: str) -> AsyncIterator[None]:
    """The service runs without this guard as long as the block."""
    await asyncio.to_thread(running.stop, stack, service)
    weak = ServiceProcess(service, service_environment(stack, service), log_folder=stack.log, argv=(str(SCRIPT), guard, service)).launch()
    try:
        await until(lambda: asyncio.to_thread(weak.is_ready), seconds=60, every=0.1, what=f"{service} without its {guard} is ready")
        yield
    finally:
        weak.close()
        await asyncio.to_thread(running.start, stack, service)


async def a_run(stack: Stack, *strikes: Strike, seconds: float = 10, settles_within: float = 5) -> Report:
    """Only these faults, one round after the other."""
    return await run(
        stack,
        seed=1,
        seconds=seconds,
        say=lambda _: None,
        first=[Round(number, (strike,), 0.0) for number, strike in enumerate(strikes, 1)],
        planned=False,
        first_shop=next(SHOPS),
        recovers_within=20,
        settles_within=settles_within,
    )


def said(report: Report) -> str:
    return "\n".join(summary(report, log=""))


ECHO = Strike(kind="echo", details={"seed": 1, "share": 1.0})
CUT = Strike(kind="connections-cut", seconds=6, details={"seed": 1, "of": "decision"})
ANSWERS = ("handle_buyer_cancellation", "approve", "reject")
TIME_OUTS = Strike(
    kind="time-outs-after", seconds=10, details={"seed": 1, "endpoints": {each: {"timeout_after": 1, "hang_s": 12} for each in ANSWERS}}
)
"""Every answer of these seconds takes effect and is never confirmed: not by chance, as the test without the guard needs one."""


@pytest.mark.timeout(300)
async def test_short_run_loses_nothing_and_does_nothing_twice(system):
    """First the faults under which a service without one of its guards is found out, below."""
    told: list[str] = []
    report = await run(system, seed=20, seconds=40, say=told.append, first=[Round(0, (ECHO, CUT, TIME_OUTS), 0.0)], first_shop=next(SHOPS))
    assert report.findings == [], "\n".join([*told, said(report)])
    assert report.requests >= 60
    assert report.faults.total() >= 3


async def test_without_the_inbox_an_event_that_comes_again_is_answered_twice(system):
    async with without("inbox", system, "inventory"):
        report = await a_run(system, ECHO, ECHO)  # before the second one, two approvals have gone the whole way
    assert report.figures()["duplicated"] > 0, said(report)


async def test_events_published_before_the_commit_tell_what_never_happened(system):
    async with without("outbox", system, "decision"):
        report = await a_run(system, CUT)
    assert report.figures()["duplicated"] > 0, said(report)


async def test_without_the_read_before_a_retry_a_marketplace_is_told_twice(system):
    async with without("read-before-retry", system, "sync-back"):
        report = await a_run(system, TIME_OUTS, seconds=14, settles_within=20)  # until the retry of the last one that timed out
    assert report.figures()["duplicated"] > 0, said(report)
