"""The faults themselves: what is killed, stopped, frozen, cut, bent or sent twice, and put right again."""

import asyncio
import contextlib
import os
import random
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

import asyncpg
import httpx
import psutil
from aiokafka.errors import KafkaError
from tests.chaos.plan import WEATHER, Strike
from tests.chaos.world import World
from tests.support import running
from tests.support.processes import ServiceProcess
from tests.support.waiting import until
from tests.support.wire import Wire

from contracts import topics
from local_stack.programs import service_environment

CUT_EVERY_SECONDS = 0.05
STARTS_WITHIN_SECONDS = 150.0
ECHOED = 80
"""Records of each topic that are sent again."""
REPEATABLE = [topic for topic in topics.TOPICS if not topic.compacted]
"""A relay may repeat events; states in compacted topics are fenced against it."""

_RELAY_LEADS = re.compile(r'^relay_leader\{relay="([^"]+)"\} 1\.0$', re.MULTILINE)


class Faults:
    """Strikes as drawn; everything is put right again when a strike is over, or cancelled."""

    def __init__(self, world: World, *, folder: Path) -> None:
        """`folder`: where second instances write their logs."""
        self._world, self._stack, self._folder = world, world.stack, folder
        self._switch = asyncio.Lock()

    async def strike(self, strike: Strike) -> float:
        """Returns when the fault is over, and gives that moment (monotonic): from then on nothing is in the system's way.

        A process that was killed is still down then: starting again is part of recovering. Kafka and Postgres are there again.
        """
        await asyncio.sleep(strike.after)
        await _STRIKES.get(strike.kind, Faults._weather)(self, strike)
        return time.monotonic()

    async def _kill(self, strike: Strike) -> None:
        await running.kill(self._stack, strike.target)

    async def _kill_kafka(self, _: Strike) -> None:
        killed = await running.kill(self._stack, "kafka")
        await until(
            lambda: running.pid_of(self._stack, "kafka") not in {0, killed}, seconds=STARTS_WITHIN_SECONDS, every=0.05, what="Kafka is back"
        )

    async def _restart(self, strike: Strike) -> None:
        """As a deployment does it."""
        await running.terminate(self._stack, strike.target)

    async def _away(self, name: str, strike: Strike) -> None:
        try:
            await self._switched(running.stop, name)
            await asyncio.sleep(strike.seconds)
        finally:
            await asyncio.shield(self._switched(running.start, name))

    async def _switched(self, switch: Callable[..., None], name: str) -> None:
        """One at a time: the list of what should run is read and written as a whole."""
        async with self._switch:
            await asyncio.to_thread(switch, self._stack, name)

    async def _freeze(self, name: str, strike: Strike) -> None:
        pid = await until(lambda: running.pid_of(self._stack, name), seconds=STARTS_WITHIN_SECONDS, what=f"{name} runs")
        await self._frozen(pid, strike.seconds)

    async def _frozen(self, pid: int, seconds: float) -> None:
        """SIGSTOP, children too: behind a frozen Postgres its sessions would still answer."""
        processes = [psutil.Process(pid)]
        processes += processes[0].children(recursive=True)
        try:
            _signal(processes, signal.SIGSTOP)
            await asyncio.sleep(seconds)
        finally:
            _signal(processes, signal.SIGCONT)

    async def _cut(self, strike: Strike) -> None:
        """Sessions end again and again, those in the middle of a transaction first. `details.of`: only this service's."""
        dice = random.Random(strike.details["seed"])
        deadline = time.monotonic() + strike.seconds
        async with self._superuser() as connection:
            while time.monotonic() < deadline:
                sessions = await connection.fetch(_SESSIONS, strike.details.get("of"))
                share = {True: 0.7, False: 0.05}
                doomed = [row["pid"] for row in sessions if dice.random() < share[row["busy"]]]
                await connection.execute("select pg_terminate_backend(pid) from unnest($1::int[]) as pid", doomed)
                await asyncio.sleep(CUT_EVERY_SECONDS)

    @contextlib.asynccontextmanager
    async def _superuser(self) -> AsyncIterator[asyncpg.Connection]:
        connection = await asyncpg.connect(self._stack.database_url, timeout=30)
        try:
            yield connection
        finally:
            await connection.close(timeout=5)

    async def _rebalance(self, strike: Strike) -> None:
        async with self._second(strike.target) as second:
            await asyncio.sleep(strike.seconds)
            if strike.details["leaves"] == "killed":
                second.kill()

    async def _kill_leader(self, strike: Strike) -> None:
        async with self._second(strike.target) as second:
            if await self._leads(strike.target, second):
                second.kill()
            else:
                await running.kill(self._stack, strike.target)
            await asyncio.sleep(strike.seconds)

    async def _freeze_leader(self, strike: Strike) -> None:
        """Until its sessions are cut and the other has taken over; then it wakes up."""
        async with self._second(strike.target) as second:
            leads = await self._leads(strike.target, second)
            pid = second.pid if leads else await until(lambda: running.pid_of(self._stack, strike.target), seconds=30)
            await self._frozen(pid, strike.seconds)

    async def _leads(self, name: str, second: ServiceProcess) -> bool:
        """Whether the second instance publishes the outbox by now; while nobody says so, the first one counts as the leader."""
        with contextlib.suppress(httpx.HTTPError):
            async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
                return name in _RELAY_LEADS.findall((await client.get(f"{second.url}/metrics")).text)
        return False

    @contextlib.asynccontextmanager
    async def _second(self, name: str) -> AsyncIterator[ServiceProcess]:
        """Another instance of the service, on a port of its own; it leaves in order unless it was killed."""
        port = f"{name.upper().replace('-', '_')}_PORT"
        environment = {key: value for key, value in service_environment(self._stack, name).items() if key != port}
        second = ServiceProcess(name, environment, log_folder=self._folder).launch()
        try:
            await until(
                lambda: asyncio.to_thread(second.is_ready), seconds=STARTS_WITHIN_SECONDS, every=0.1, what=f"a second {name} is ready"
            )
            yield second
            if second.alive:
                await asyncio.to_thread(second.stop, seconds=30)
        finally:
            second.close()

    async def _weather(self, strike: Strike) -> None:
        try:
            await self._world.market.ask("PUT", "/faults", {**WEATHER[strike.kind], **strike.details})
            await asyncio.sleep(strike.seconds)
        finally:
            await asyncio.shield(self._world.market.ask("DELETE", "/faults"))

    async def _expire_tokens(self, strike: Strike) -> None:
        for shop in random.Random(strike.details["seed"]).sample(self._world.shops, 4):
            await self._world.market.ask("POST", f"/shops/{shop.channel}/{shop.shop_id}/expire-token")

    async def _revoke(self, strike: Strike) -> None:
        """A seller takes the permission away, and gives it again."""
        shop = random.Random(strike.details["seed"]).choice(self._world.shops)
        try:
            await self._world.market.ask("POST", f"/shops/{shop.channel}/{shop.shop_id}/revoke")
            await asyncio.sleep(strike.seconds)
        finally:
            await asyncio.shield(_until_it_works(lambda: self._world.reconnect(shop)))

    async def _step_clock(self, strike: Strike) -> None:
        await self._world.market.ask("PUT", "/clock", {"advance_s": strike.details["advance_s"]})

    async def _echo(self, strike: Strike) -> None:
        """Old records once more, in any order: what a relay's hand-over may do, and worse."""
        dice = random.Random(strike.details["seed"])
        await _until_it_works(lambda: self._send_again(dice, strike.details.get("share")), seconds=STARTS_WITHIN_SECONDS)

    async def _send_again(self, dice: random.Random, share: float | None) -> None:
        wire = Wire(self._stack.kafka_url, "")
        async with asyncio.timeout(60):
            for topic in REPEATABLE:
                records = await wire.read(topic.name)
                number = len(records) if share else min(ECHOED, len(records))
                again = dice.sample(records, number)
                by_partition: dict[int, list[tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]]] = {}
                for record in again:
                    by_partition.setdefault(record.partition, []).append((topic.name, record.key, record.value, record.headers))
                for partition, theirs in by_partition.items():
                    await wire.send_raw(theirs, partition=partition)


_STRIKES: Mapping[str, Callable[[Faults, Strike], Awaitable[None]]] = {
    "kill": Faults._kill,
    "restarted": Faults._restart,
    "kafka-stopped": lambda faults, strike: faults._away("kafka", strike),
    "postgres-stopped": lambda faults, strike: faults._away("postgres", strike),
    "kafka-killed": Faults._kill_kafka,
    "kafka-frozen": lambda faults, strike: faults._freeze("kafka", strike),
    "postgres-frozen": lambda faults, strike: faults._freeze("postgres", strike),
    "frozen": lambda faults, strike: faults._freeze(strike.target, strike),
    "marketplace-frozen": lambda faults, strike: faults._freeze("sandbox", strike),
    "connections-cut": Faults._cut,
    "rebalance": Faults._rebalance,
    "leader-killed": Faults._kill_leader,
    "leader-frozen": Faults._freeze_leader,
    "tokens-expired": Faults._expire_tokens,
    "revoked": Faults._revoke,
    "clock-step": Faults._step_clock,
    "echo": Faults._echo,
}
KINDS = _STRIKES.keys()
"""Those besides the marketplaces' weather."""

_SESSIONS = """select pid, coalesce(state like 'idle in transaction%' or (state = 'active' and xact_start is not null), false) as busy
               from pg_stat_activity where backend_type = 'client backend' and usename <> 'postgres'
               and ($1::text is null or application_name = $1)"""


def _signal(processes: Sequence[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
            os.kill(process.pid, number)


async def _until_it_works(act: Callable[[], Awaitable[None]], *, seconds: float = 60.0) -> None:
    """Another fault of the same round may be in the way."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            await act()
        except (OSError, TimeoutError, KafkaError, AssertionError, asyncpg.PostgresError, asyncpg.InterfaceError, httpx.HTTPError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.5)
        else:
            return
