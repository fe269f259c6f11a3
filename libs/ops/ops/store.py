"""What was done, in the operators' own database: actions, letters dealt with, edits, replays."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Literal

import asyncpg
import msgspec

from chassis.database import Queries, connect, migrate, open_pool
from ops.failures import NotFound, Refused
from ops.selection import Selection
from ops.settings import Settings

_QUERIES = Queries("ops")

State = Literal["running", "paused", "stopped", "sent", "done"]
Done = Literal["retried", "discarded"]
Place = tuple[str, int, int]
"""Topic, partition and offset of a dead letter."""


class Range(msgspec.Struct, frozen=True):
    """A replay's part of one partition of its source."""

    partition: int
    first: int
    last: int
    next: int
    read: int = 0
    sent: int = 0
    unreadable: int = 0


class Replay(msgspec.Struct, frozen=True):
    """One run, as it is stored."""

    id: str
    topic: str
    consumer: str
    selection: Selection
    asked: dict[str, Any]
    reprocess: bool
    call_again: bool
    rate: float | None
    who: str
    why: str
    planned: dict[str, Any]
    state: State
    created_at: datetime
    ended_at: datetime | None
    result: dict[str, Any] | None
    ranges: tuple[Range, ...] = ()

    @property
    def total(self) -> int:
        """Offsets in its ranges; where the topic has gaps, fewer events."""
        return sum(each.last - each.first for each in self.ranges)

    @property
    def passed(self) -> int:
        return sum(each.next - each.first for each in self.ranges)

    @property
    def sent(self) -> int:
        return sum(each.sent for each in self.ranges)

    @property
    def unreadable(self) -> int:
        return sum(each.unreadable for each in self.ranges)


class Step(msgspec.Struct, frozen=True):
    """How far one partition came in one chunk."""

    partition: int
    next: int
    read: int
    sent: int
    unreadable: int


class Dealt(msgspec.Struct, frozen=True):
    """The latest thing done to a letter."""

    done: Done
    action: int
    at: datetime
    who: str
    why: str | None
    what: str


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator["Store"]:
    """The operators' database, up to date."""
    url = settings.database_url("ops")
    await migrate(url, "ops")
    async with await open_pool(url, name="ops", max_size=3) as pool:
        yield Store(pool, url)


class Store:
    def __init__(self, pool: asyncpg.Pool, url: str) -> None:
        self.pool, self._url = pool, url

    async def act(self, what: str, *, who: str, why: str | None, tx: Any = None, **details: Any) -> int:
        """Remember an action; gives its number."""
        number: int = await (tx or self.pool).fetchval(_QUERIES.act, who, why, what, msgspec.to_builtins(details))
        return number

    async def actions(self, limit: int) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(_QUERIES.list_actions, limit)]

    # Letters

    async def dealt_with(self, topics: Sequence[str]) -> dict[Place, Dealt]:
        rows = await self.pool.fetch(_QUERIES.actions_on_letters, list(topics))
        return {
            (row["topic"], row["partition"], row["position"]): Dealt(row["done"], row["id"], row["at"], row["who"], row["why"], row["what"])
            for row in rows
        }

    async def deal_with(self, places: Sequence[Place], done: Done, *, action: int, tx: Any = None) -> None:
        columns = [list(column) for column in zip(*places, strict=True)] or [[], [], []]
        await (tx or self.pool).execute(_QUERIES.deal_with_letters, *columns, done, action)

    async def edit(self, place: Place, *, before: bytes | None, after: bytes, key: bytes, action: int, tx: Any) -> None:
        await tx.execute(_QUERIES.edit_letter, *place, before, after, key, action)

    async def newest_edits(self, topics: Sequence[str]) -> dict[Place, tuple[bytes, bytes]]:
        """Key and value as edited last."""
        rows = await self.pool.fetch(_QUERIES.newest_edits, list(topics))
        return {(row["topic"], row["partition"], row["position"]): (row["key_after"], row["after"]) for row in rows}

    async def edits_of(self, place: Place) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(_QUERIES.edits_of_letter, *place)]

    # Replays

    async def create_replay(self, replay: Replay) -> None:
        async with self.pool.acquire() as tx, tx.transaction():
            await tx.execute(
                _QUERIES.create_replay,
                *(replay.id, replay.topic, replay.consumer, msgspec.to_builtins(replay.selection), msgspec.to_builtins(replay.asked)),
                *(replay.reprocess, replay.call_again, replay.rate, replay.who, replay.why, msgspec.to_builtins(replay.planned)),
            )
            columns = (
                [each.partition for each in replay.ranges],
                [each.first for each in replay.ranges],
                [each.last for each in replay.ranges],
            )
            await tx.execute(_QUERIES.create_ranges, replay.id, *columns)
            await self.act("replay run", who=replay.who, why=replay.why, tx=tx, replay=replay.id)

    async def replay(self, replay_id: str) -> Replay:
        """Raises NotFound."""
        row = await self.pool.fetchrow(_QUERIES.find_replay, replay_id)
        if row is None:
            raise NotFound(f"there is no replay {replay_id}: `ops replay status` lists them")
        return (await self._with_ranges([row]))[0]

    async def replays(self, limit: int) -> list[Replay]:
        """The newest first."""
        return await self._with_ranges(await self.pool.fetch(_QUERIES.list_replays, limit))

    async def _with_ranges(self, rows: Sequence[Any]) -> list[Replay]:
        parts = await self.pool.fetch(_QUERIES.find_ranges, [row["id"] for row in rows])
        ranges: dict[str, list[Range]] = {row["id"]: [] for row in rows}
        for part in parts:
            ranges[part["replay"]].append(msgspec.convert({**part}, Range))
        return [_replay(row, ranges[row["id"]]) for row in rows]

    async def save_progress(self, replay_id: str, steps: Sequence[Step]) -> None:
        columns = zip(*(msgspec.structs.astuple(step) for step in steps), strict=True)
        await self.pool.execute(_QUERIES.save_progress, replay_id, *map(list, columns))

    async def state_of(self, replay_id: str) -> State:
        state: State = await self.pool.fetchval(_QUERIES.replay_state, replay_id)
        return state

    async def turn(self, replay_id: str, to: State, *, among: Sequence[State], result: Mapping[str, Any] | None = None) -> bool:
        """Change its state; False: it was in none of these."""
        return bool(await self.pool.fetchval(_QUERIES.turn_replay, replay_id, to, list(among), result))

    @asynccontextmanager
    async def holding(self, replay_id: str) -> AsyncIterator[None]:
        """Be its only runner. Raises Refused when another process is."""
        connection = await connect(self._url, name="ops-replay")
        try:
            if not await connection.fetchval(_QUERIES.hold_replay, replay_id):
                raise Refused(f"replay {replay_id} runs in another process: `ops replay pause {replay_id}` ends that")
            yield
        finally:
            connection.terminate()

    async def held(self, replay_ids: Sequence[str]) -> set[str]:
        """Those that a process runs now."""
        return {row["id"] for row in await self.pool.fetch(_QUERIES.held_replays, list(replay_ids))}


def _replay(row: Any, ranges: Sequence[Range]) -> Replay:
    values = {name: row[name] for name in Replay.__struct_fields__ if name in row.keys() and name != "selection"}  # noqa: SIM118 - a record
    return Replay(**values, selection=msgspec.convert(row["selection"], Selection), ranges=tuple(ranges))
