"""One request's whole story: what was published, stored, tried and answered about it, in order of time."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from contracts import topics
from contracts.topics import Topic
from ops.events import decoded
from ops.failures import NotFound, Unreachable
from ops.knowledge import open_database
from ops.lag import consumed
from ops.masking import masked
from ops.settings import Settings
from ops.wire import Ranges, Wire, partition_of, published_at

BEFORE = timedelta(days=1)
"""An event may have been published a little before the time that it tells."""
PLAIN = frozenset({"request_id", "order", "lines", "parcel", "native_id"})


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    at: datetime
    where: str
    what: str
    details: dict[str, Any] = {}
    place: str | None = None
    """For an event: partition and offset."""


class Story(msgspec.Struct, frozen=True):
    request_id: str
    request: dict[str, Any] | None
    """As decision has it now."""
    steps: list[Step]
    missing: list[str]
    """What could not be asked."""


async def tell(settings: Settings, request_id: str) -> Story:
    """Whatever can be reached is told; raises NotFound when nobody knows the request."""
    missing: list[str] = []
    request = await _asked(settings, "decision", missing, lambda pool: _request(pool, request_id)) or None
    steps: list[Step] = []
    for service, ask in _TABLES.items():
        steps += await _asked(settings, service, missing, lambda pool, ask=ask: ask(pool, request_id, request)) or []  # type: ignore[misc]
    try:
        async with Wire(settings) as wire:
            steps += await _published(wire, request_id, request)
    except Unreachable as error:
        missing.append(str(error))
    if not steps and not missing:
        raise NotFound(f"nobody knows a request {request_id}")
    return Story(request_id, request, sorted(steps, key=lambda step: step.at), missing)


async def _asked(settings: Settings, service: str, missing: list[str], ask: Callable[[asyncpg.Pool], Awaitable[Any]]) -> Any:
    try:
        async with await open_database(settings, service) as pool:
            return await ask(pool)
    except (Unreachable, OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InvalidCatalogNameError) as error:
        missing.append(f"{service}: {str(error) or type(error).__name__}")
        return None


async def _request(pool: asyncpg.Pool, request_id: str) -> dict[str, Any] | None:
    row = await pool.fetchrow("select * from ops.requests where request_id = $1::text::uuid", request_id)
    return _plain(row) if row else None


async def _timeline(pool: asyncpg.Pool, request_id: str, _: Any) -> list[Step]:
    rows = await pool.fetch("select * from ops.timeline where request_id = $1::text::uuid order by id", request_id)
    return [Step(row["at"], "decision: timeline", row["kind"], _some(masked(row["params"]) | {"actor": row["actor"]})) for row in rows]


async def _movements(pool: asyncpg.Pool, request_id: str, _: Any) -> list[Step]:
    rows = await pool.fetch("select * from ops.movements where request_id = $1::text::uuid order by id", request_id)
    names = ("sku", "quantity", "condition", "available_after", "level_version", "revision", "line_id", "reason")
    return [Step(row["moved_at"], "inventory: ledger", "movement", _some({name: row[name] for name in names})) for row in rows]


async def _answers(pool: asyncpg.Pool, request_id: str, _: Any) -> list[Step]:
    deliveries = await pool.fetch("select * from ops.deliveries where request_id = $1::text::uuid order by revision", request_id)
    attempts = await pool.fetch("select * from ops.attempts where request_id = $1::text::uuid order by revision, attempt", request_id)
    about = ("revision", "action", "state", "attempt", "failures", "next_attempt_at", "cause", "code", "message", "call_id")
    owed = [Step(row["created_at"], "sync-back: delivery", "owed", _some({name: row[name] for name in about})) for row in deliveries]
    for row in attempts:
        call = {name: row[name] for name in ("revision", "attempt")}
        owed.append(Step(row["started_at"], "sync-back: marketplace call", "begun", call))
        if row["ended_at"]:
            came = {**call, **{name: row[name] for name in ("result", "code", "message", "call_id")}}
            owed.append(Step(row["ended_at"], "sync-back: marketplace call", "ended", _some(came)))
    return owed


async def _looks(pool: asyncpg.Pool, _: str, request: Mapping[str, Any] | None) -> list[Step]:
    if request is None:
        return []
    rows = await pool.fetch(
        "select * from ops.requests where shop = $1 and order_ref = $2 order by read_ended_at",
        f"{request['channel']}:{request['shop_id']}",
        request["order_ref"],
    )
    names = ("native_id", "marketplace_status", "is_open", "published_as", "observation", "read_started_at")
    return [Step(row["read_ended_at"], "ingestor: newest look", "read", _some({name: row[name] for name in names})) for row in rows]


_TABLES: Mapping[str, Callable[[asyncpg.Pool, str, Any], Awaitable[list[Step]]]] = {
    "ingestor": _looks,
    "decision": _timeline,
    "inventory": _movements,
    "sync-back": _answers,
}


async def _published(wire: Wire, request_id: str, request: Mapping[str, Any] | None) -> list[Step]:
    """Of the order's partition alone where the order is known; stock's keys are others."""
    since = datetime.fromisoformat(request["requested_at"]) - BEFORE if request else None
    existing = await wire.existing()
    steps: list[Step] = []
    sources = [(topic, topic.name) for topic in topics.TOPICS]
    sources += [(topic, topics.dlq(topic, consumer)) for consumer, topic in consumed()]
    for topic, name in sources:
        if name not in existing or topic is topics.SHOP_STATUS:
            continue
        ranges = await wire.between(name, since, None)
        if request and topic is not topics.STOCK_MOVEMENTS:
            home = partition_of(request["order_key"].encode(), len(ranges))
            ranges = {home: ranges[home]}
        steps += await _about(wire, topic, name, ranges, request_id)
    return steps


async def _about(wire: Wire, topic: Topic, name: str, ranges: Ranges, request_id: str) -> list[Step]:
    found = []
    needle = request_id.encode()
    async for records, _ in wire.read(name, ranges):
        for record in (record for of_partition in records.values() for record in of_partition):
            if not record.value or needle not in record.value:
                continue
            event, problem = decoded(record.value, topic)
            place = f"{record.partition}/{record.offset}"
            if event is None:
                found.append(Step(published_at(record), name, "unreadable", {"problem": problem}, place))
                continue
            data = masked(msgspec.to_builtins(event.data))
            details = {"published_at": published_at(record), **{key: value for key, value in data.items() if key not in PLAIN}}
            found.append(Step(event.time, name, event.kind.slug, details, place))
    return found


def _some(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _plain(row: Any) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(dict(row))
    return values
