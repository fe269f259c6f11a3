"""Bringing the accounts database up to date: the ingestor does it at its start."""

import asyncpg

from chassis.database import Queries, migrate

QUERIES = Queries("marketplaces", "accounts/queries.sql")

_ANSWERING_ROLE = "sync_back"
_LOCK = 0x6772616E74  # two that grant at once fail with "tuple concurrently updated"


async def prepare(url: str) -> None:
    """Migrate, and grant sync-back's role what it needs, if there is such a role; may run again at any time."""
    await migrate(url, "chassis", "marketplaces")
    connection = await asyncpg.connect(url, timeout=10)
    try:
        async with connection.transaction():
            await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
            if await connection.fetchval("select true from pg_roles where rolname = $1", _ANSWERING_ROLE):
                await connection.execute(QUERIES.grant_answering)
                await connection.execute(QUERIES.grant_announcing)
    finally:
        await connection.close()
