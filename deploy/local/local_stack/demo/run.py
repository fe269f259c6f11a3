"""`make run`: everything from a fresh state, told as it comes up, until Ctrl-C."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

import httpx
import typer

from local_stack import control, state
from local_stack.demo import scripted
from local_stack.demo.market import Market
from local_stack.demo.people import SELLERS
from local_stack.demo.shops import connect_shops
from local_stack.demo.stock import Sales, post_opening
from local_stack.demo.story import Story
from local_stack.demo.zetpy import Zetpy, token
from local_stack.failures import Unmet
from local_stack.programs import require_free_ports
from local_stack.settings import INFRASTRUCTURE, SERVICES, Stack

EVERYTHING = (*INFRASTRUCTURE, "sandbox", *SERVICES)
DEFAULT_RATE = 6.0
"""New orders a minute."""


def run(stack: Stack, *, rate: float) -> None:
    """Run the demo until Ctrl-C; `rate` new orders a minute, 0: no buyers and no requests made beforehand."""
    if not state.is_running(stack):  # before anything is wiped; a stack of ours that runs has our ports, and is stopped
        require_free_ports(stack, EVERYTHING)
    control.reset(stack)
    progress = control.clocked(typer.echo)
    with control.running(stack, EVERYTHING, progress=progress):
        asyncio.run(_demo(stack, rate, progress))


async def _demo(stack: Stack, rate: float, progress: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    story = asyncio.create_task(_tell(stack, rate, progress))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({story, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if story.done():
            await story
    finally:
        stopping.cancel()
        story.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await story
        typer.echo("stopping")


async def _tell(stack: Stack, rate: float, progress: Callable[[str], None]) -> None:
    market = Market(f"http://127.0.0.1:{stack.sandbox_port}")
    sellers = {seller_id: Zetpy(stack, seller_id, name="Demo colleague") for seller_id in SELLERS}
    try:
        await _prepare(stack, market, sellers, progress)
        sales = Sales(market, sellers)
        if rate > 0:
            await Story(market, sales, sellers["seller-a"]).tell(progress)
            await market.ask("PUT", "/buyers", {"rate": rate})
            progress(f"buyers: about {rate:g} orders a minute; seller B answers by himself")
        typer.echo(_guide(stack))
        async with asyncio.TaskGroup() as group:
            group.create_task(_keep(sales.follow))
            group.create_task(scripted.answer_for_ever(sellers["seller-b"]))
    finally:
        for zetpy in sellers.values():
            await zetpy.close()
        await market.close()


async def _keep(task: Callable[[], object]) -> None:
    """A service that is stopped for a try is no reason to end the demo."""
    while True:
        with contextlib.suppress(httpx.HTTPError):
            await task()  # type: ignore[misc] # never returns
        await asyncio.sleep(1)


async def _prepare(stack: Stack, market: Market, sellers: dict[str, Zetpy], progress: Callable[[str], None]) -> None:
    shops = await market.shops()
    await connect_shops(stack, market, shops)
    progress(f"{len(shops)} shops connected")
    progress(f"{await post_opening(market, sellers)} SKUs with opening stock")


def demo_rate() -> float:
    """`RATE=` of the environment, in orders a minute."""
    given = os.environ.get("RATE") or str(DEFAULT_RATE)
    try:
        rate = float(given)
    except ValueError:
        rate = -1
    if not 0 <= rate <= 600:  # noqa: PLR2004 -- ten orders a second, said in the message
        raise Unmet(f"RATE={given} makes no sense: it is orders a minute, from 0 to 600")
    return rate


def _guide(stack: Stack) -> str:
    decision, sandbox = f"http://127.0.0.1:{stack.decision_port}", f"http://127.0.0.1:{stack.sandbox_port}"
    return f"""
Running. Seller A's requests wait for you; Ctrl-C ends everything and leaves nothing behind.

  Zetpy         {decision}/          API: {decision}/docs
  Marketplaces  {sandbox}/          both Seller Centers, and the calls they received
  Stock         http://127.0.0.1:{stack.inventory_port}/v1/stock-levels

Log in: open {decision}/ and choose a seller and a role; no password here.
Calls need a token. This one is seller A's admin (`make token SELLER=seller-b ROLE=viewer` prints others):

  export TOKEN={token(stack)}

Four things to try, on the page or by calls:

  1. Approve the most urgent request, and see stock and marketplace follow:
       ID=$(curl -s -H "Authorization: Bearer $TOKEN" '{decision}/v1/cancel-requests?limit=1' \\
         | python3 -c 'import json, sys; print(json.load(sys.stdin)["items"][0]["id"])')
       curl -s -X POST -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{}}' \\
         {decision}/v1/cancel-requests/$ID/approve
       curl -s -H "Authorization: Bearer $TOKEN" {decision}/v1/cancel-requests/$ID/timeline
  2. Watch the marketplaces being told: {sandbox}/
  3. Withdraw a request there while you look at it here: it ends as "lapsed", and the order goes on.
  4. `make stop SERVICE=sync-back`, approve one, `make start SERVICE=sync-back`: the answer was owed, and is given.
"""
