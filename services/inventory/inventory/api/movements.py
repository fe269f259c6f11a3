"""GET and POST /v1/stock-movements: the ledger."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt, model_validator

from chassis import idempotency
from chassis.app import App
from chassis.database import Transaction
from chassis.http import Caller, Problem, require
from inventory import store
from inventory.api.lists import PROBLEMS, Cursor, Limit, Text, page, position
from inventory.api.posting import Posted, post_movements
from inventory.domain.levels import HIGHEST, LOWEST
from inventory.domain.postings import Posting, Reason, Refused

MAX_ITEMS = 1000

IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key gives the same answer for 24 hours.",
    "example": "opening-2026-01",
}

REFUSALS: dict[Refused, tuple[HTTPStatus, str]] = {
    "unknown-sku": (HTTPStatus.UNPROCESSABLE_ENTITY, "This SKU has no level: post its opening stock first"),
    "posted-differently": (HTTPStatus.CONFLICT, "Something else was posted under this reason, reference and SKU"),
    "out-of-range": (HTTPStatus.UNPROCESSABLE_ENTITY, "The level would be out of range"),
    "not-unmatched": (HTTPStatus.CONFLICT, "No unmatched line has this reference"),
    "other-quantity": (HTTPStatus.CONFLICT, "The unmatched line has another quantity"),
}


class OrderRef(BaseModel):
    channel: str = Field(examples=["shopee"])
    shop_id: str = Field(examples=["700001"])
    order_ref: str = Field(examples=["230405PN7VWT3K"])
    region: str = Field(examples=["MY"])


class Movement(BaseModel):
    movement_id: str
    kind: Literal["restored", "reversed", "adjusted"] = Field(description="A decision gave back or took back; somebody posted.")
    sku: str = Field(examples=["TEE-RED-M"])
    location: str = Field(examples=["main"])
    quantity: int = Field(description="Signed.", examples=[2])
    condition: Literal["sellable", "damaged"]
    available_after: int = Field(examples=[12])
    level_version: int = Field(examples=[7])
    moved_at: datetime
    oversold: bool = Field(description="Taken back although it was sold again meanwhile.")
    reason: Reason | None = None
    reference: str | None = None
    request_id: str | None = None
    revision: int | None = None
    order: OrderRef | None = None
    line_id: str | None = None


class Movements(BaseModel):
    items: list[Movement]
    next_cursor: str | None = None


class PostItem(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: Text = Field(examples=["TEE-RED-M"])
    delta: Annotated[StrictInt, Field(ge=LOWEST, le=HIGHEST)] | None = Field(
        default=None, description="Units more or fewer.", examples=[-1]
    )
    set_to: Annotated[StrictInt, Field(ge=0, le=HIGHEST)] | None = Field(default=None, description="Units that somebody counted.")
    reason: Reason = Field(examples=["sale"])
    reference: Text = Field(description="What it is known by where it comes from: an order, a count. With `matched`: the line's.")

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> Self:
        if (self.delta is None) == (self.set_to is None):
            raise ValueError("give delta or set_to, not both")
        if self.delta == 0:
            raise ValueError("a delta of 0 moves nothing")
        return self

    @model_validator(mode="after")
    def _fits_its_reason(self) -> Self:
        if self.reason in {"sale", "matched"} and self.delta is None:
            raise ValueError(f"{self.reason} needs a delta")
        if self.delta is not None and self.reason == "sale" and self.delta > 0:
            raise ValueError("a sale takes units away: its delta is negative")
        if self.delta is not None and self.reason in {"opening", "matched"} and self.delta < 0:
            raise ValueError(f"{self.reason} brings units: its delta is positive")
        return self

    def posting(self) -> Posting:
        return Posting(self.sku, self.reason, self.reference, self.delta, self.set_to)


class PostMovements(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"sku": "TEE-RED-M", "set_to": 25, "reason": "opening", "reference": "2026-01-count"},
                        {"sku": "MUG-BLUE", "delta": -2, "reason": "sale", "reference": "shopee:700001:230405PN7VWT3K"},
                    ]
                }
            ]
        },
    )

    items: list[PostItem] = Field(min_length=1, description=f"At most {MAX_ITEMS}.")


class PostResult(BaseModel):
    sku: str
    reason: Reason
    reference: str
    status: Literal["done", "unchanged", "failed"] = Field(description="`unchanged`: it was posted before.")
    movement: Movement | None = Field(default=None, description="What was posted, now or before.")
    problem: dict[str, Any] | None = None


class PostResults(BaseModel):
    done: int
    unchanged: int
    failed: int
    items: list[PostResult] = Field(description="In the order asked.")


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["stock"])

    @routes.get("/stock-movements", responses=PROBLEMS, response_model_exclude_none=True, summary="The ledger, newest first")
    async def list_stock_movements(
        caller: Annotated[Caller, Depends(require("viewer"))],
        sku: Text | None = None,
        order_ref: Text | None = None,
        request_id: UUID | None = None,
        since: Annotated[AwareDatetime | None, Query(alias="from", description="Moved then or later.")] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> Movements:
        """Every change of a level, for ever: nothing is updated or deleted, a mistake is corrected by another movement."""
        filters = ["stock-movements", caller.seller, sku, order_ref, request_id, since]
        before = position(cursor, int, filters=filters)
        rows = await store.list_movements(
            app.pool,
            caller.seller,
            sku=sku,
            order_ref=order_ref,
            request_id=str(request_id) if request_id else None,
            since=since,
            before=before,
            limit=limit + 1,
        )
        items, following = page(rows, limit, lambda row: row["id"], filters=filters)
        return Movements(items=[_movement(row) for row in items], next_cursor=following)

    @routes.post(
        "/stock-movements",
        status_code=HTTPStatus.MULTI_STATUS,
        response_model=PostResults,
        responses={**PROBLEMS, 409: {"description": "`idempotency-in-progress`"}, 413: {"description": "`too-many-items`, `too-large`"}},
        summary="Post opening stock, sales, corrections",
        openapi_extra={"parameters": [IDEMPOTENCY_KEY]},
    )
    async def post_stock_movements(
        request: Request,
        body: PostMovements,
        caller: Annotated[Caller, Depends(require("admin"))],
    ) -> Response:
        """The only way stock gets in. Each item is its own success; the answers stand in the order asked.

        - `opening` makes a SKU known (what the shelf holds, units that came back earlier included); the other reasons need a known SKU.
        - `sale` takes units away; `correction` does what it says.
        - `matched` books a line of `GET /v1/unmatched-lines` to a SKU: `reference` is the line's, `delta` its quantity. Do it only for
          units that no count has included. From then on the order's line belongs to that SKU.

        An item is posted once for ever per reason, reference and SKU, whatever its `Idempotency-Key`: the same again is `unchanged`,
        another quantity under the same name is `failed` (`posted-differently`).
        """
        if len(body.items) > MAX_ITEMS:
            raise Problem(413, "too-many-items", f"At most {MAX_ITEMS} items", f"{len(body.items)} were sent")
        postings = [item.posting() for item in body.items]

        async def act(tx: Transaction) -> Response:
            answers, events = await post_movements(tx, caller.seller, postings, now=app.now())
            await app.announce(tx, events)
            return _results(postings, answers)

        return await idempotency.once(app, request, caller, act, required=True)

    return routes


def _results(postings: Sequence[Posting], answers: Sequence[Posted]) -> Response:
    statuses = [answer.status for answer in answers]
    results = PostResults(
        done=statuses.count("done"),
        unchanged=statuses.count("unchanged"),
        failed=statuses.count("failed"),
        items=[
            PostResult(
                sku=posting.sku,
                reason=posting.reason,
                reference=posting.reference,
                status=answer.status,
                movement=_movement(answer.movement) if answer.movement else None,
                problem=_problem(answer.refused) if answer.refused else None,
            )
            for posting, answer in zip(postings, answers, strict=True)
        ],
    )
    return Response(results.model_dump_json(exclude_none=True), HTTPStatus.MULTI_STATUS, media_type="application/json")


def _problem(refused: Refused) -> dict[str, Any]:
    status, title = REFUSALS[refused]
    return Problem(status, refused, title).body()


def _movement(row: Mapping[str, Any]) -> Movement:
    adjusted = row["reason"] is not None
    back = row["quantity"] > 0
    return Movement(
        movement_id=str(row["movement_id"]),
        kind="adjusted" if adjusted else "restored" if back else "reversed",
        sku=row["sku"],
        location=row["location"],
        quantity=row["quantity"],
        condition=row["condition"],
        available_after=row["available_after"],
        level_version=row["level_version"],
        moved_at=row["moved_at"],
        oversold=not adjusted and not back and row["condition"] == "sellable" and row["available_after"] < 0,
        reason=row["reason"],
        reference=row["reference"],
        request_id=str(row["request_id"]) if row["request_id"] else None,
        revision=row["revision"],
        order=OrderRef(channel=row["channel"], shop_id=row["shop_id"], order_ref=row["order_ref"], region=row["region"])
        if row["order_ref"]
        else None,
        line_id=row["line_id"],
    )
