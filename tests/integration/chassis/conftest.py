"""A probe service with a database, a broker and gates of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import structlog
from tests.support import probe
from tests.support.processes import ServiceProcess
from tests.support.waiting import until
from tests.support.wire import Wire

PROBE = str(Path(probe.__file__))


@pytest.fixture(autouse=True)
def plain_logs() -> None:
    """Without colours and frames: those would block the loop for longer than some tests wait."""
    structlog.configure(processors=[structlog.processors.add_log_level, structlog.processors.KeyValueRenderer()])


class Ground:
    """Everything one test plays on."""

    def __init__(
        self, *, url: str, con: asyncpg.Connection, wire: Wire, gates: probe.Gates, make_process: Callable[..., ServiceProcess]
    ) -> None:
        self.url, self.con, self.wire, self.gates, self._make = url, con, wire, gates, make_process

    def environment(self, **more: object) -> dict[str, str]:
        return probe.environment(
            database_url=self.url, kafka_url=self.wire.kafka_url, topic_prefix=self.wire.prefix, gates=self.gates.folder, **more
        )

    def process(self, **more: object) -> ServiceProcess:
        """A probe process, not started yet."""
        return self._make("probe", self.environment(**more), argv=(PROBE,))

    async def start(self, **more: object) -> ServiceProcess:
        """A probe process that consumes."""
        process = self.process(**more)
        process.launch()
        await self.consuming(process)
        return process

    async def consuming(self, process: ServiceProcess, *, seconds: float = 30) -> None:
        async def up() -> bool:
            assert process.alive, process.tail()
            return bool((await self.state(process)).get("kafka_up"))

        await until(up, seconds=seconds, every=0.05, what="the probe consumes")

    async def connect(self) -> None:
        """A new connection, after the database was away."""
        self.con = await asyncpg.connect(self.url)

    async def state(self, process: ServiceProcess) -> dict[str, Any]:
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            try:
                return (await client.get(f"{process.url}/state")).json()
            except (httpx.HTTPError, ValueError):
                return {}

    async def metric(self, process: ServiceProcess, line: str) -> float:
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            text = (await client.get(f"{process.url}/metrics")).text
        return sum(float(each.rsplit(" ", 1)[1]) for each in text.splitlines() if each.startswith(line))

    async def handled(self) -> list[tuple[str, int]]:
        """Which orders and revisions were handled, in order."""
        return [
            (row["order_ref"], row["revision"]) for row in await self.con.fetch("select order_ref, revision from handled order by number")
        ]

    async def handled_count(self, count: int, *, seconds: float = 30) -> None:
        await until(
            lambda: self.con.fetchval("select count(*) = $1 from handled", count),
            seconds=seconds,
            every=0.03,
            what=f"{count} events handled",
        )

    async def reached(self, point: str, *, seconds: float = 30) -> None:
        await until(lambda: self.gates.reached(point), seconds=seconds, what=f"the gate {point} was reached")

    async def caught_up(self, topic: str = "sync-outcomes", *, group: str = "probe", seconds: float = 30) -> None:
        """The group has committed everything that is on the topic."""
        ends: dict[int, int] = {}
        for record in await self.wire.read(topic):
            ends[record.partition] = record.offset + 1

        async def done() -> bool:
            committed = await self.wire.committed(group, topic)
            return all(committed.get(number, 0) >= end for number, end in ends.items())

        await until(done, seconds=seconds, every=0.1, what=f"{group} has committed {topic}")


@pytest.fixture
async def make_ground(
    database: Callable[..., Awaitable[str]],
    topic_prefix: str,
    tmp_path: Path,
    service: Callable[..., ServiceProcess],
) -> AsyncIterator[Callable[..., Awaitable[Ground]]]:
    async with AsyncExitStack() as stack:

        async def make(kafka_url: str, *, url: str | None = None, packages: Sequence[str] = ("chassis",)) -> Ground:
            url = url or await database("probe", packages=packages)
            con = await asyncpg.connect(url)

            await con.execute(probe.TABLES)
            gates = tmp_path / "gates"
            gates.mkdir()
            ground = Ground(url=url, con=con, wire=Wire(kafka_url, topic_prefix), gates=probe.Gates(gates), make_process=service)
            stack.push_async_callback(_close, ground)
            return ground

        yield make


async def _close(ground: Ground) -> None:
    await ground.con.close()


@pytest.fixture
async def ground(make_ground: Callable[..., Awaitable[Ground]], kafka_url: str) -> Ground:
    return await make_ground(kafka_url)
