"""`python -m tests.bad_input --help`: thousands of generated bad inputs at every door of the whole system."""

import argparse
import asyncio
import json
import logging
import random
import sys
import time

from tests.bad_input.campaign import Campaign, Report
from tests.e2e.conftest import SELLER, Shop
from tests.support.stack import whole_system

from local_stack.demo.market import Market
from local_stack.demo.zetpy import Zetpy
from local_stack.settings import REPOSITORY, Stack

REPORT = REPOSITORY / ".local" / "bad_input.json"
SHOPS = {"shopee": "700001", "tiktok": "7490000000000700001"}

EXAMPLES = """examples:
  make bad-input                        6000 pushes and 6000 records with a seed of its own, which is printed
  make bad-input ARGS="--seed 7"        the same again
  make bad-input ARGS="--pushes 0 --records 20000"

Writes .local/bad_input.json; ends with 1 if a process died, an answer was a wrong one or 5xx, a partition is stuck,
an event is neither handled nor in the dead letters, or good input afterwards is not handled."""


def main() -> None:
    arguments = _arguments()
    began = time.monotonic()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

    def say(line: str) -> None:
        _write(f"{time.monotonic() - began:6.1f} s  {line}")

    say(f"seed {arguments.seed}: starting Kafka, Postgres, the sandbox and all services")
    with whole_system("bad-input-stack") as stack:
        report = asyncio.run(_run(stack, arguments, say))
    REPORT.write_text(json.dumps(report.figures(), indent=2) + "\n")
    _write(json.dumps(report.figures(), indent=2), "all right" if report.right else f"{len(report.wrong)} things are wrong, see above")
    sys.exit(not report.right)


async def _run(stack: Stack, arguments: argparse.Namespace, say: object) -> Report:
    market, seller = Market(f"http://127.0.0.1:{stack.sandbox_port}"), Zetpy(stack, SELLER)
    try:
        shops = [await Shop(stack, market, seller, channel, shop_id).open() for channel, shop_id in SHOPS.items()]
        campaign = Campaign(stack, seed=arguments.seed, shops=SHOPS, seller=SELLER, say=say)  # type: ignore[arg-type]
        report = await campaign.run(pushes=arguments.pushes, records=arguments.records)
        for shop in shops:
            await good_story(shop, report)
        return report
    finally:
        await market.close()
        await seller.close()


async def good_story(shop: Shop, report: Report) -> None:
    """A buyer asks, the seller approves, the marketplace takes it, the stock is back."""
    try:
        order = await shop.asked()
        await order.approve()
        await order.becomes(state="approved", sync="confirmed", stock="returned", seconds=60)
    except AssertionError as late:
        report.wrong.append(f"good story: {late}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bad_input", description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=None, help="all cases follow from it; default: a new one")
    parser.add_argument("--pushes", type=int, default=6000, help="requests at the two webhooks")
    parser.add_argument("--records", type=int, default=6000, help="records on the topics that services consume")
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = random.SystemRandom().randrange(1_000_000)
    return arguments


def _write(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
