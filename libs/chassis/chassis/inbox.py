"""Which events were handled here before: claimed in the handler's own transaction, so that nothing happens twice."""

import asyncio
from collections.abc import Collection
from uuid import UUID

import asyncpg

from chassis import metrics
from chassis.database import Transaction, affected

# Sorted by the caller: two batches that meet wait for each other in one direction only, and never deadlock.
# The old ones are told, not the new ones: mostly there are none, and 1000 rows less come back.
_CLAIM = """with new as (insert into inbox(id) select unnest($1::uuid[]) on conflict do nothing returning id)
            select id from unnest($1::uuid[]) as id except all select id from new"""
_CLAIM_DEAD_TOO = """with new as (insert into inbox(id) select unnest($1::uuid[]) on conflict (id) do update set dead = false
                                 where inbox.dead returning id)
                     select id from unnest($1::uuid[]) as id except all select id from new"""
_BURY = "update inbox set dead = true where id = any($1::uuid[])"
_CLEAN = """delete from inbox where ctid = any(array(
              select ctid from inbox where seen_at < now() - make_interval(secs => $1) limit $2 for update skip locked))"""

CLEAN_BATCH = 2000
CLEAN_EVERY_SECONDS = 600.0


def clean_every(retention_seconds: float) -> float:
    """Seconds between clean-ups: rows stay a tenth longer than they must at most."""
    return min(CLEAN_EVERY_SECONDS, retention_seconds / 10)


async def claim(tx: Transaction, ids: Collection[UUID], *, dead_too: bool = False) -> set[UUID]:
    """Claim these ids and say which were claimed before; waits for a concurrent transaction that claims one of them.

    `dead_too`: what died before may be claimed again (the replay consumer).
    """
    rows = await tx.fetch(_CLAIM_DEAD_TOO if dead_too else _CLAIM, sorted(ids))
    return {row[0] for row in rows}


async def bury(tx: Transaction, ids: Collection[UUID]) -> None:
    """Mark claimed ids as dead: only a replay may claim them again."""
    await tx.execute(_BURY, list(ids))


async def clean(pool: asyncpg.Pool, *, retention_seconds: float) -> int:
    """Remove what is older than any topic keeps its events, in small transactions; gives the number of rows."""
    total = 0
    while True:
        removed = affected(await pool.execute(_CLEAN, retention_seconds, CLEAN_BATCH))
        metrics.INBOX_CLEANED.inc(removed)
        total += removed
        if removed < CLEAN_BATCH:
            return total
        await asyncio.sleep(0)
