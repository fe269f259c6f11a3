"""How fast events that were handled already are replayed, as an operator does it: `python -m tests.bench.replay`.

100,000 decisions are handled by inventory; then they are planned, and replayed while the service runs in a process of its own. The clock
of the replay runs from `ops replay run`'s first read to the consumer's last commit, so reading, sending and the inbox are all in it.
"""

import argparse
import asyncio
import contextlib
import json
import logging
import sys
import time
import uuid
from collections.abc import Sequence
from typing import Any

import uvloop
from tests.bench.restock import Bench, decisions, save, say
from tests.conftest import LOGS
from tests.support import databases, stack
from tests.support.processes import ServiceProcess
from tests.support.waiting import until

from chassis.app import App
from chassis.database import open_pool
from chassis.lifecycle import calm_collector
from contracts import topics
from inventory.settings import Settings as InventorySettings
from ops import replays
from ops.lag import measure
from ops.selection import Selection
from ops.settings import Settings
from ops.store import opened
from ops.wire import Wire


async def run(addresses: stack.Addresses, *, number: int, service: ServiceProcess, settings: Settings, prefix: str) -> dict[str, Any]:
    """Figures in events per second."""
    messages = decisions(number)
    await Bench(addresses).fill(prefix, messages)
    async with Wire(settings) as wire:

        async def all_handled() -> bool:
            assert service.alive, service.tail()
            return not sum(lag.events for lag in await measure(wire, consumer="inventory"))

        await until(all_handled, seconds=300, every=0.5, what="everything is handled for the first time")
        request = replays.Request(consumer="inventory", topic=topics.CANCEL_DECISIONS, selection=Selection())
        async with opened(settings) as store:
            began = time.perf_counter()
            planned = await replays.plan(settings, wire, request)
            planning = time.perf_counter() - began
            assert (planned["already_handled"], planned["would_change_stock"]) == (number, 0)
            replay = await replays.begin(settings, store, wire, request, who="bench", why="bench", rate=None)
            before = await _movements(settings)
            began = time.perf_counter()
            await replays.go_on(store, wire, replay.id, wait=False)
            sending = time.perf_counter() - began
            done = await replays.go_on(store, wire, replay.id, wait=True)
            whole = time.perf_counter() - began
            assert done.sent == number
            assert await _movements(settings) == before
    return {
        "events": number,
        "planned_per_second": round(number / planning),
        "sent_per_second": round(number / sending),
        "replayed_per_second": round(number / whole),
    }


async def _movements(settings: Settings) -> int:
    async with await open_pool(settings.database_url("inventory"), name="bench") as pool:
        count: int = await pool.fetchval("select count(*) from movements")
        return count


async def _prepare(addresses: stack.Addresses, prefix: str, url: str) -> None:
    await Bench(addresses).create(prefix)
    app = App("inventory", InventorySettings(database_url=url, auth_key="x" * 32), packages=("chassis", "inventory"))
    await app.open_database()
    from tests.bench import restock

    await restock._open_stock(app)
    await app.pool.close()


def main(argv: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=100_000)
    asked = parser.parse_args(argv)
    calm_collector()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    prefix = f"bench-{uuid.uuid4().hex[:8]}-"
    with stack.session() as addresses, contextlib.ExitStack() as made:
        url = asyncio.run(databases.create(addresses.postgres_url, "bench_inventory", "chassis", "inventory"))
        made.callback(lambda: asyncio.run(databases.drop(addresses.postgres_url, url)))
        ops_url = asyncio.run(databases.create(addresses.postgres_url, "bench_ops", "ops"))
        made.callback(lambda: asyncio.run(databases.drop(addresses.postgres_url, ops_url)))
        asyncio.run(_prepare(addresses, prefix, url))
        environment = {"INVENTORY_DATABASE_URL": url, "KAFKA_URL": addresses.kafka_url, "TOPIC_PREFIX": prefix, "AUTH_KEY": "x" * 32}
        service = made.enter_context(contextlib.closing(ServiceProcess("inventory", environment, log_folder=LOGS))).start()
        settings = Settings(kafka_url=addresses.kafka_url, topic_prefix=prefix, ops_database_url=ops_url, inventory_database_url=url)
        figures = uvloop.run(run(addresses, number=asked.events, service=service, settings=settings, prefix=prefix))
    save("replay", figures)
    say(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
