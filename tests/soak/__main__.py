"""`python -m tests.soak --help`: many requests for a long time, with an inbox that forgets after two minutes; judged afterwards."""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Any

from tests.soak.load import Load
from tests.soak.looks import Looks, looking_at
from tests.soak.verdict import MIB, Sample, growth, judge
from tests.support.stack import QUICK, whole_system
from tests.support.waiting import until

from chassis.inbox import clean_every
from local_stack.settings import REPOSITORY, Stack

REPORT = REPOSITORY / ".local" / "soak.json"
RETENTION_SECONDS = 120.0
EVERY_SECONDS = 5.0
TELL_SECONDS = 60.0
SETTLES_WITHIN_SECONDS = 120.0
QUIET_LOOKS = 5
"""A marketplace carries answers out a moment later, and tells of it then."""
EXAMPLES = """examples:
  make soak                     20 requests a second for 15 minutes
  make soak MINUTES=3 RATE=10

Writes .local/soak.json; ends with 1 if memory, the inbox, dead rows or a queue grows, if anything is not settled at the end,
if stock is not exact, or if fewer requests were made than wanted."""


def main() -> None:
    asked = _arguments()
    _say("starting Kafka, Postgres, the sandbox and all services")
    with whole_system("soak-stack", QUICK | {"INBOX_RETENTION_SECONDS": f"{RETENTION_SECONDS:.0f}"}) as stack:
        figures = asyncio.run(_run(stack, seconds=60 * asked.minutes, rate=asked.rate))
    REPORT.write_text(json.dumps(figures, indent=2) + "\n")
    _say(json.dumps(figures, indent=2))
    sys.exit(bool(figures["findings"]))


async def _run(stack: Stack, *, seconds: float, rate: float) -> dict[str, Any]:
    load = Load(stack, rate=rate)
    async with looking_at(stack) as looks:
        await load.open()
        seller = asyncio.create_task(load.answer_for_ever())
        buyers = asyncio.create_task(load.buy(seconds=seconds))
        try:
            samples = await _look_until(buyers, looks, load)
            await buyers
            left = await _settled(looks)
            missing = await looks.missing_stock()
        finally:
            seller.cancel()
            await asyncio.wait([seller])
            await load.close()
    return _figures(samples, load, left=left, missing=missing, wanted=int(rate * seconds))


async def _look_until(buyers: "asyncio.Task[None]", looks: Looks, load: Load) -> list[Sample]:
    samples: list[Sample] = []
    began, tell_at = time.monotonic(), 0.0
    while not buyers.done():
        samples.append(await looks.sample(time.monotonic() - began))
        if samples[-1].seconds >= tell_at:
            _say(_line(samples[-1], load))
            tell_at += TELL_SECONDS
        await asyncio.wait([buyers], timeout=EVERY_SECONDS)
    return samples


async def _settled(looks: Looks) -> dict[str, int]:
    """What is left when the patience ends; nothing, if nothing was under way at several looks one after the other."""
    quiet = 0

    async def still_quiet() -> bool:
        nonlocal quiet
        quiet = 0 if await looks.unsettled() else quiet + 1
        return quiet == QUIET_LOOKS

    try:
        await until(still_quiet, seconds=SETTLES_WITHIN_SECONDS, every=1)
    except AssertionError:
        return await looks.unsettled()
    return {}


def _figures(samples: Sequence[Sample], load: Load, *, left: dict[str, int], missing: int, wanted: int) -> dict[str, Any]:
    steady = samples[len(samples) // 3 :]
    findings = judge(samples, retention=RETENTION_SECONDS, interval=clean_every(RETENTION_SECONDS))
    findings += [f"not settled: {left}"] * bool(left)
    findings += [f"stock is wrong: {missing} units are missing"] * bool(missing)
    findings += [f"only {load.requests} of {wanted} requests were made"] * (load.requests < wanted)
    return {
        "minutes": round(samples[-1].seconds / 60, 1),
        "requests": load.requests,
        "decided": load.decided,
        "memory_mib": {
            name: {
                "mean": round(statistics.fmean(each.memory[name] for each in steady) / MIB, 1),
                "growth": round(growth((each.seconds, each.memory[name]) for each in steady) / MIB, 1),
            }
            for name in samples[-1].memory
        },
        "inbox_oldest_seconds": {name: round(max(each.inbox_age[name] for each in samples)) for name in samples[-1].inbox_age},
        "inbox_most_rows": {name: max(each.inbox_rows[name] for each in samples) for name in samples[-1].inbox_rows},
        "outbox_most_rows": {name: max(each.outbox_rows[name] for each in steady) for name in samples[-1].outbox_rows},
        "dead_rows_least_most": {
            name: [min(dead), max(dead)] for name in samples[-1].tables if max(dead := [each.tables[name].dead for each in steady]) > 500
        },
        "stumbles": load.stumbles[:10],
        "findings": findings,
    }


def _line(sample: Sample, load: Load) -> str:
    memory = "  ".join(f"{name} {value / MIB:.0f}" for name, value in sample.memory.items())
    inbox = "  ".join(f"{name} {rows:,}" for name, rows in sample.inbox_rows.items())
    return f"{sample.seconds / 60:5.1f} min  {load.requests:,} asked, {load.decided:,} decided   MiB: {memory}   inbox: {inbox}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second")
    asked = parser.parse_args()
    if asked.minutes <= 0 or asked.rate <= 0:
        parser.error("--minutes and --rate are above 0")
    return asked


if __name__ == "__main__":
    main()
