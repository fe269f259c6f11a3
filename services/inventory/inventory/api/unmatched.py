"""GET /v1/unmatched-lines."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from chassis.app import App
from chassis.http import Caller, require
from inventory import store
from inventory.api.lists import PROBLEMS, Cursor, Limit, page, position


class UnmatchedLine(BaseModel):
    reference: str = Field(
        description="Names the line when it is matched by hand.", examples=["4be0643f-1d98-573b-97cd-ca98a65347dd:2:577459012345"]
    )
    request_id: str
    revision: int
    channel: str = Field(examples=["tiktok"])
    shop_id: str
    order_ref: str
    region: str = Field(examples=["MY"])
    line_id: str
    sku: str | None = Field(default=None, examples=["TEE-RED-M"])
    item_id: str
    variant_id: str | None = None
    quantity: int = Field(description="Units that were not given back.", examples=[1])
    why: Literal["no_sku", "unknown_sku"] = Field(description="The order's line has no SKU, or one that has no level.")
    at: datetime


class UnmatchedLines(BaseModel):
    items: list[UnmatchedLine]
    next_cursor: str | None = None


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["stock"])

    @routes.get("/unmatched-lines", responses=PROBLEMS, response_model_exclude_none=True, summary="Lines that were not restocked")
    async def list_unmatched_lines(
        caller: Annotated[Caller, Depends(require("viewer"))], limit: Limit = 50, cursor: Cursor = None
    ) -> UnmatchedLines:
        """Oldest first: cancelled lines whose stock was not given back, because their SKU has no level.

        A line does not match itself when its SKU gets a level: whoever counts the opening stock counts what has come back before, so
        it would be there twice. If it was *not* counted, post it with reason `matched`. A line leaves the list when it is matched, or
        when its request is decided anew.
        """
        filters = ["unmatched-lines", caller.seller]
        after = position(cursor, tuple[datetime, str], filters=filters)
        rows = await store.list_unmatched_lines(app.pool, caller.seller, after=after, limit=limit + 1)
        items, following = page(rows, limit, lambda row: (row["at"], row["reference"]), filters=filters)
        return UnmatchedLines(
            items=[UnmatchedLine(**{**row, "request_id": str(row["request_id"])}) for row in items], next_cursor=following
        )

    return routes
