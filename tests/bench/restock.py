"""How fast decisions become stock, beside the fastest that Kafka and Postgres allow: `python -m tests.bench.restock`.

raw      aiokafka getmany, COPY into a table without an index, commit, commit the offsets: nothing is decoded or decided
ours     the service as it runs: chassis consumer and relay, inbox, orders, levels, ledger, outbox
single   the same, one message = one transaction

The clock starts before anything is fetched: consumers are assigned, and held while the topic is filled. Else aiokafka would by then have
up to 1 MiB of each of the 12 partitions in memory, a third of it all, and raw would measure that memory as much as Kafka.

50,000 decisions (5 % of them sent twice, every fifth with two lines), in interleaved runs: the median run is told, ratios are of one run.
"""

import argparse
import asyncio
import json
import logging
import random
import statistics
import sys
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from tests.support import databases, stack
from tests.support.stock import NOW, a_line, an_order, approved, broken_laws
from tests.support.waiting import until

from chassis import kafka
from chassis.app import App
from chassis.lifecycle import calm_collector
from contracts import topics
from contracts.event import encode
from inventory.api.posting import post_movements
from inventory.app import make_app
from inventory.domain.postings import Posting
from inventory.settings import Settings

RESULTS = Path(__file__).resolve().parents[2] / ".local" / "bench.json"
DUPLICATES = 0.05
SELLERS, SKUS = 20, 250
BATCH = 1000

Message = tuple[bytes, bytes]


def decisions(number: int, *, seed: int = 7) -> list[Message]:
    """Key and value of `number` messages, duplicates included."""
    chance = random.Random(seed)
    again = int(number * DUPLICATES)
    messages = []
    for i in range(number - again):
        seller = f"seller-{chance.randrange(SELLERS)}"
        order = an_order(f"{chance.randrange(10**13):014}-{i}", seller=seller, shop=f"shop-{seller}")
        lines = [a_line(f"SKU-{chance.randrange(SKUS):05}", 1, line="1")]
        if i % 5 == 0:
            lines.append(a_line(f"SKU-{chance.randrange(SKUS):05}", 2, line="2"))
        messages.append((order.key.encode(), encode(approved(order, *lines))))
    messages += [messages[chance.randrange(len(messages))] for _ in range(again)]
    chance.shuffle(messages)
    return messages


class Bench:
    def __init__(self, addresses: stack.Addresses) -> None:
        self.kafka_url, self.postgres_url = addresses.kafka_url, addresses.postgres_url

    async def create(self, prefix: str) -> None:
        wanted = kafka.wanted_topics("inventory", [topics.CANCEL_DECISIONS], prefix=prefix, replication=1)
        await kafka.create_topics(self.kafka_url, wanted)

    async def fill(self, prefix: str, messages: Sequence[Message]) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.kafka_url, max_batch_size=131_072, linger_ms=5) as producer:
            for key, value in messages:
                await producer.send(prefix + topics.CANCEL_DECISIONS.name, value, key=key)
            await producer.flush()

    async def raw(self, messages: Sequence[Message]) -> float:
        """Events per second."""
        prefix = _prefix()
        await self.create(prefix)
        url = await databases.create(self.postgres_url, "bench_raw")
        connection = await asyncpg.connect(url)
        await connection.execute("create table raw (part int, place bigint, key bytea, value bytea)")
        consumer = AIOKafkaConsumer(
            prefix + topics.CANCEL_DECISIONS.name,
            bootstrap_servers=self.kafka_url,
            group_id=f"{prefix}raw",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        await consumer.start()
        await until(consumer.assignment)
        await _hold(consumer)
        await self.fill(prefix, messages)
        consumer.resume(*consumer.assignment())
        seen, began = 0, time.perf_counter()
        while seen < len(messages):
            got = await consumer.getmany(timeout_ms=10, max_records=BATCH)
            rows = [(record.partition, record.offset, record.key, record.value) for records in got.values() for record in records]
            if rows:
                async with connection.transaction():
                    await connection.copy_records_to_table("raw", records=rows)
                await consumer.commit()
                seen += len(rows)
        seconds = time.perf_counter() - began
        await consumer.stop()
        await connection.close()
        await databases.drop(self.postgres_url, url)
        return seen / seconds

    async def ours(self, messages: Sequence[Message], *, batch: int | None = None) -> dict[str, float]:
        """Events per second until all stock is back, and until all of it is announced; `batch`: another size than the service's own."""
        prefix = _prefix()
        url = await databases.create(self.postgres_url, "bench_inventory", "chassis", "inventory")
        app = make_app(Settings(database_url=url, kafka_url=self.kafka_url, auth_key="x" * 32, topic_prefix=prefix, log_level="WARNING"))
        await app.open_database()
        await _open_stock(app)
        watch = Stopwatch(app, len(messages), batch=batch)
        relay = asyncio.create_task(app.relay.run())
        await app.consumer.start(app.pool)
        consumers = [each.subscriber.consumer for each in app.consumer.subscriptions]
        await until(lambda: _settled(consumers), seconds=30)
        for consumer in consumers:
            await _hold(consumer)
        await self.fill(prefix, messages)
        for consumer in consumers:
            consumer.resume(*consumer.assignment())
        watch.start()
        await watch.done.wait()
        booked = len(messages) / (watch.ended - watch.began)
        await until(lambda: app.pool.fetchval("select not exists (select from outbox)"), seconds=120)
        announced = len(messages) / (time.perf_counter() - watch.began)
        assert not await broken_laws(app.pool)
        assert await app.pool.fetchval("select count(*) from orders") == len({key for key, _ in messages})
        await app.consumer.stop()
        app.relay_stop.set()
        app.relay.wake()
        await relay
        await app.pool.close()
        await databases.drop(self.postgres_url, url)
        return {"booked": booked, "announced": announced}


class Stopwatch:
    """From the start to the commit of the last batch; until it is started, batches wait, as the group may still be forming."""

    def __init__(self, app: App, total: int, *, batch: int | None) -> None:
        self.began, self.ended, self.left = 0.0, 0.0, total
        self.started, self.done = asyncio.Event(), asyncio.Event()
        options = app.consumer._options
        options[:] = [(reads, batch or its_own, subscription) for reads, its_own, subscription in options]
        for _, _, subscription in options:
            subscription.on_batch = self._timed(subscription.on_batch)

    def start(self) -> None:
        self.began = time.perf_counter()
        self.started.set()

    def _timed(self, on_batch: Any) -> Any:
        async def timed(records: Any) -> None:
            await self.started.wait()
            await on_batch(records)
            self.ended = time.perf_counter()
            self.left -= len(records)
            if self.left <= 0:
                self.done.set()

        return timed


def _settled(consumers: Sequence[AIOKafkaConsumer]) -> bool:
    """The group has formed: everybody reads something, and nothing is read by two."""
    assigned = [consumer.assignment() for consumer in consumers]
    return all(assigned) and len(frozenset().union(*assigned)) == sum(map(len, assigned))


async def _hold(consumer: AIOKafkaConsumer) -> None:
    """Fetch nothing from now on, and wait for what was asked before."""
    consumer.pause(*consumer.assignment())
    await until(lambda: not consumer._fetcher._in_flight)


async def _open_stock(app: App) -> None:
    for seller in range(SELLERS):
        postings = [Posting(f"SKU-{sku:05}", "opening", "count", set_to=100) for sku in range(SKUS)]
        async with app.pool.acquire() as connection, connection.transaction():
            await post_movements(connection, f"seller-{seller}", postings, now=NOW)


def _prefix() -> str:
    return f"bench-{uuid.uuid4().hex[:8]}-"


async def run(addresses: stack.Addresses, *, number: int, single_number: int, runs: int) -> dict[str, Any]:
    """All figures are events per second."""
    bench = Bench(addresses)
    many, few = decisions(number), decisions(single_number)
    raw, ours, single = [], [], []
    for i in range(runs):
        raw.append(await bench.raw(many))
        ours.append(await bench.ours(many))
        single.append((await bench.ours(few, batch=1))["booked"])
        say(
            f"run {i + 1}: raw {raw[-1]:8,.0f}/s   ours {ours[-1]['booked']:8,.0f}/s, announced {ours[-1]['announced']:8,.0f}/s   "
            f"single {single[-1]:6,.0f}/s   ratio {ours[-1]['booked'] / raw[-1]:.2f}"
        )
    booked = [each["booked"] for each in ours]
    return {
        "events": number,
        "runs": runs,
        "raw_per_second": round(statistics.median(raw)),
        "ours_per_second": round(statistics.median(booked)),
        "ours_announced_per_second": round(statistics.median(each["announced"] for each in ours)),
        "single_per_second": round(statistics.median(single)),
        "ours_to_raw": round(statistics.median(a / b for a, b in zip(booked, raw, strict=True)), 3),
        "ours_to_single": round(statistics.median(a / b for a, b in zip(booked, single, strict=True)), 1),
    }


def save(name: str, figures: dict[str, Any]) -> None:
    """Beside what other benchmarks measured."""
    RESULTS.parent.mkdir(exist_ok=True)
    before = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    RESULTS.write_text(json.dumps({**before, name: figures}, indent=2, sort_keys=True) + "\n")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(argv: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--events", type=int, default=50_000)
    parser.add_argument("--single", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args(argv)
    calm_collector()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # new topics have no leader for a moment, and it says so often
    with stack.session() as addresses:
        figures = uvloop.run(run(addresses, number=asked.events, single_number=asked.single, runs=asked.runs))
    save("restock", figures)
    say(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])
