"""`python -m tests.chaos --help`: a seeded run of buyers, sellers and faults over the whole system, judged afterwards."""

import argparse
import asyncio
import json
import logging
import random
import sys
import time
from collections import Counter
from itertools import islice

from tests.chaos import plan
from tests.chaos.run import run, summary
from tests.support.stack import whole_system

from local_stack.settings import REPOSITORY

REPORT = REPOSITORY / ".local" / "chaos.json"
EVIDENCE = REPORT.with_name("chaos-evidence.txt")
MOST_MINUTES = 15.0

EXAMPLES = """examples:
  make chaos                        three minutes with a seed of its own, which is printed
  make chaos SEED=7                 the same faults and the same buyers again
  make chaos SEED=7 MINUTES=10
  python -m tests.chaos --seed 7 --plan   only say what would happen

Writes .local/chaos.json, and to .local/chaos-evidence.txt all that is known about what went wrong; ends with 1
if anything was lost, happened twice, is stuck, or recovered late."""


def main() -> None:
    arguments = _arguments()
    if arguments.plan:
        _show_plan(arguments.seed, arguments.minutes)
        return
    began = time.monotonic()
    for name in ("aiokafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # Kafka is away on purpose

    def say(line: str) -> None:
        _write(f"{time.monotonic() - began:6.1f} s  {line}")

    say("starting Kafka, Postgres, the sandbox and all services")
    with whole_system("chaos-stack") as stack:
        report = asyncio.run(run(stack, seed=arguments.seed, seconds=60 * arguments.minutes, say=say))
        lines = summary(report, log=str(stack.log.relative_to(REPOSITORY)))
    REPORT.write_text(json.dumps(report.figures(), indent=2) + "\n")
    EVIDENCE.write_text("".join(f"{line}\n" for line in report.evidence))
    _write(*lines)
    sys.exit(not report.right)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=None, help="all choices follow from it; default: a new one")
    parser.add_argument("--minutes", type=float, default=3.0, help=f"how long buyers buy and faults strike, at most {MOST_MINUTES:.0f}")
    parser.add_argument("--plan", action="store_true", help="print what would happen, and do nothing")
    arguments = parser.parse_args()
    if not 0 < arguments.minutes <= MOST_MINUTES:
        parser.error(f"--minutes is above 0 and at most {MOST_MINUTES:.0f}")
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randrange(1_000_000)
    return arguments


def _show_plan(seed: int, minutes: float) -> None:
    stories = plan.stories(seed, seconds=60 * minutes)
    _write(f"{len(stories)} orders: {dict(Counter(story.kind for story in stories))}")
    _write(*(f"round {each.number}: {each}" for each in islice(plan.rounds(seed), int(6 * minutes))))


def _write(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
