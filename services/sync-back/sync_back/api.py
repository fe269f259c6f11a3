"""Deliveries as operators see them: which answers are owed, what was tried, what the marketplace said."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import asyncpg
import msgspec
from fastapi import APIRouter, Depends, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, StringConstraints

from chassis.app import App
from chassis.http import Caller, Problem, decode_cursor, encode_cursor, require
from sync_back import store

Ops = Annotated[Caller, Depends(require("ops"))]
PROBLEMS = {"nothing-to-retry": "Only an answer that waits or was given up can be tried again; `detail` says what became of this one."}
State = Literal["queued", "retrying", "blocked", "synced", "refused", "failed", "superseded"]
HIGHEST = 2**31 - 1
"""Of a revision."""
ShopId = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("beyond the calendar") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Revision = Annotated[int, msgspec.Meta(ge=0, le=HIGHEST)]
AwareInstant = Annotated[datetime, msgspec.Meta(tz=True)]


class DeliveryOut(BaseModel):
    id: str
    request_id: str
    revision: int
    action: Literal["approve", "reject"]
    channel: str
    shop_id: str
    order_ref: str
    native_id: str
    state: State
    attempt: int
    next_attempt_at: datetime | None
    respond_by: datetime | None
    cause: str | None
    code: str | None
    message: str | None
    call_id: str | None
    created_at: datetime
    updated_at: datetime


class AttemptOut(BaseModel):
    attempt: int
    started_at: datetime
    ended_at: datetime | None
    """None: the process died, or it is being made now."""
    result: str | None
    code: str | None
    message: str | None
    call_id: str | None


class DeliveryWithAttempts(DeliveryOut):
    attempts: list[AttemptOut]


class DeliveryPage(BaseModel):
    items: list[DeliveryOut]
    next_cursor: str | None = None


def routes(app: App) -> APIRouter:
    router = APIRouter(prefix="/v1/deliveries", tags=["deliveries"])

    @router.get("")
    async def list_deliveries(
        _: Ops,
        state: Annotated[list[State] | None, Query()] = None,
        shop_id: Annotated[list[ShopId] | None, Query(description="`<channel>:<shop_id>` or the bare id")] = None,
        due_before: Moment | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: str | None = None,
    ) -> DeliveryPage:
        """Answers owed to marketplaces, newest first."""
        filters = {"state": state, "shop_id": shop_id, "due_before": due_before.isoformat() if due_before else None}
        after = _place(decode_cursor(cursor, filters=filters)) if cursor else None
        async with app.pool.acquire() as con:
            rows = await store.list_deliveries(con, states=state, shops=shop_id, due_before=due_before, after=after, limit=limit + 1)
        more, rows = len(rows) > limit, rows[:limit]
        last = rows[-1] if more else None
        place = [last["created_at"].isoformat(), str(last["request_id"]), last["revision"]] if last else None
        return DeliveryPage(
            items=[DeliveryOut(**_facts(row)) for row in rows], next_cursor=encode_cursor(place, filters=filters) if place else None
        )

    @router.get("/{delivery_id}")
    async def get_delivery(_: Ops, delivery_id: str) -> DeliveryWithAttempts:
        """One answer with every try: times, call ids, what the marketplace said."""
        async with app.pool.acquire() as con:
            found = await store.select_delivery(con, *_identity(delivery_id))
        if found is None:
            raise _not_found(delivery_id)
        row, attempts = found
        return DeliveryWithAttempts(**_facts(row), attempts=[AttemptOut(**dict(each)) for each in attempts])

    @router.post("/{delivery_id}/retry", status_code=202)
    async def retry_delivery(_: Ops, delivery_id: str) -> DeliveryWithAttempts:
        """Try it again now. The marketplace is read first, so nothing is answered twice."""
        request_id, revision = _identity(delivery_id)
        async with app.transaction() as tx:
            if await store.select_delivery(tx, request_id, revision) is None:
                raise _not_found(delivery_id)
            if not await store.retry_delivery(tx, request_id, revision, now=app.now()):
                raise Problem(
                    409, "nothing-to-retry", "Nothing to retry", "This answer was delivered, refused or overtaken by a newer one."
                )
        return await get_delivery(_, delivery_id)

    return router


def _facts(row: asyncpg.Record) -> dict[str, Any]:
    order = row["order"]
    return {
        **{name: row[name] for name in DeliveryOut.model_fields if name in row},
        "id": f"{row['request_id']}:{row['revision']}",
        "request_id": str(row["request_id"]),
        "channel": order["channel"],
        "shop_id": order["shop_id"],
        "order_ref": order["order_ref"],
    }


def _identity(delivery_id: str) -> tuple[str, int]:
    request_id, _, revision = delivery_id.partition(":")
    try:
        identity = str(UUID(request_id)), int(revision)
    except ValueError:
        raise _not_found(delivery_id) from None
    if not 0 <= identity[1] <= HIGHEST:
        raise _not_found(delivery_id)
    return identity


def _not_found(delivery_id: str) -> Problem:
    return Problem(404, "not-found", "No such delivery", f"No delivery has the id {delivery_id!r}; ids read <request_id>:<revision>.")


def _place(position: Any) -> tuple[datetime, str, int]:
    """The cursor is the caller's word: only what the columns could hold."""
    try:
        created_at, request_id, revision = msgspec.convert(position, tuple[AwareInstant, UUID, Revision])
        return created_at.astimezone(UTC), str(request_id), revision
    except (msgspec.ValidationError, OverflowError) as error:
        raise Problem(400, "invalid-cursor", "The cursor can't be read") from error
