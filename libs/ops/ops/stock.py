"""Levels counted from the ledger again: compared in one snapshot, mended level by level under the lock that whoever books takes too."""

from typing import Any

import asyncpg

_DIFFERENCES = "select * from ops.level_differences order by seller_id, sku, location"
_COUNT = "select count(*) from ops.levels"
_REBUILD = "select * from ops.rebuild_levels()"


async def differences(pool: asyncpg.Pool) -> tuple[int, list[dict[str, Any]]]:
    """How many levels there are, and those that are not what the ledger says."""
    return await pool.fetchval(_COUNT), [dict(row) for row in await pool.fetch(_DIFFERENCES)]


async def rebuild(pool: asyncpg.Pool) -> list[dict[str, Any]]:
    """Make the levels what the ledger says; gives those that were not."""
    return [dict(row) for row in await pool.fetch(_REBUILD)]
