"""What a running system shows of itself: memory, tables, queues."""

import contextlib
from collections.abc import AsyncIterator

import asyncpg
import psutil
from tests.chaos.history import lag
from tests.soak.load import OPENING, SHOPS
from tests.soak.verdict import Sample, Table

from local_stack import state
from local_stack.programs import service_environment
from local_stack.settings import SERVICES, Stack

_TABLES = """select relname, n_live_tup, n_dead_tup, pg_total_relation_size(relid) from pg_stat_user_tables"""
_QUEUES = """select (select count(*) from inbox), (select coalesce(extract(epoch from now() - min(seen_at)), 0)::float8 from inbox),
                    (select count(*) from outbox)"""
_UNSETTLED = "select count(*) from requests where state in ('pending', 'approved', 'rejected') and sync not in ('confirmed', 'synced')"
_CANCELLED = "select count(*) from requests where state in ('approved', 'cancelled_elsewhere')"
_STOCK = "select sum(available) from levels where sku like 'soak-%'"


class Looks:
    """One connection per database, open as long as the run."""

    def __init__(self, stack: Stack, connections: dict[str, asyncpg.Connection]) -> None:
        self._stack, self._connections = stack, connections

    async def sample(self, seconds: float) -> Sample:
        memory = {name: psutil.Process(_pid(self._stack, name)).memory_info().rss for name in SERVICES}
        inbox_rows, inbox_age, outbox_rows, tables = {}, {}, {}, {}
        for name, connection in self._connections.items():
            inbox_rows[name], inbox_age[name], outbox_rows[name] = await connection.fetchrow(_QUEUES)
            tables |= {f"{name}.{table}": Table(*figures) for table, *figures in await connection.fetch(_TABLES)}
        return Sample(seconds, memory, inbox_rows, inbox_age, outbox_rows, tables)

    async def unsettled(self) -> dict[str, int]:
        """What is still under way, by where it is; empty: nothing."""
        found = await lag(self._stack)
        found["requests"] = await self._connections["decision"].fetchval(_UNSETTLED)
        for name, connection in self._connections.items():
            found[f"outbox of {name}"] = await connection.fetchval("select count(*) from outbox")
        return {name: number for name, number in found.items() if number}

    async def missing_stock(self) -> int:
        """Units that should be in stock and are not: each cancelled order gives one back, and none was taken."""
        cancelled = await self._connections["decision"].fetchval(_CANCELLED)
        return int(SHOPS * OPENING + cancelled - await self._connections["inventory"].fetchval(_STOCK))


@contextlib.asynccontextmanager
async def looking_at(stack: Stack) -> AsyncIterator[Looks]:
    async with contextlib.AsyncExitStack() as opened:
        connections = {}
        for name in SERVICES:
            environment = service_environment(stack, name)
            url = environment[f"{name.upper().replace('-', '_')}_DATABASE_URL"]
            connections[name] = await asyncpg.connect(url, server_settings={"application_name": "soak"})
            opened.push_async_callback(connections[name].close)
        yield Looks(stack, connections)


def _pid(stack: Stack, name: str) -> int:
    return int(state.read(stack)["programs"][name]["pid"])
