"""Postgres: the pool, the migrations, the named queries."""

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Transaction: TypeAlias = PoolConnectionProxy | asyncpg.Connection


async def open_pool(url: str, *, name: str, min_size: int = 1, max_size: int = 8) -> asyncpg.Pool:
    """Open a pool whose connections speak jsonb as Python values (decoded and encoded by msgspec)."""
    raise NotImplementedError


async def migrate(url: str, *packages: str) -> None:
    """Bring the tables of these packages up to date; several processes may try at once, one does it."""
    raise NotImplementedError


class Queries:
    """The named queries of `<package>/queries.sql`: `QUERIES["claim_due_deliveries"]` or `QUERIES.claim_due_deliveries`."""

    def __init__(self, package: str) -> None:
        raise NotImplementedError

    def __getitem__(self, name: str) -> str:
        raise NotImplementedError

    def __getattr__(self, name: str) -> str:
        raise NotImplementedError
