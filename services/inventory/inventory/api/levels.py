"""GET /v1/stock-levels."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from chassis.app import App
from chassis.http import Caller, require
from inventory import store
from inventory.api.lists import PROBLEMS, Cursor, Limit, Text, page, position
from inventory.domain.levels import HIGHEST, LOWEST


class StockLevel(BaseModel):
    sku: str = Field(examples=["TEE-RED-M"])
    location: str = Field(examples=["main"])
    available: int = Field(description="Units that can be sold. Negative: more was sold than there is.", examples=[12])
    damaged: int = Field(description="Units that came back but can't be sold.", examples=[1])
    level_version: int = Field(description="Counts the movements of this level, without gaps.", examples=[7])
    updated_at: datetime


class StockLevels(BaseModel):
    items: list[StockLevel]
    next_cursor: str | None = None


def router(app: App) -> APIRouter:
    routes = APIRouter(tags=["stock"])

    @routes.get("/stock-levels", responses=PROBLEMS, response_model_exclude_none=True, summary="What there is of each SKU")
    async def list_stock_levels(
        caller: Annotated[Caller, Depends(require("viewer"))],
        sku: Annotated[list[Text] | None, Query(description="Only these; repeatable.", max_length=200)] = None,
        low: Annotated[int | None, Query(description="Only SKUs with so many units or fewer.", ge=LOWEST, le=HIGHEST)] = None,
        limit: Limit = 50,
        cursor: Cursor = None,
    ) -> StockLevels:
        """By SKU. A SKU that is not listed has no level: what decisions give back of it waits among the unmatched lines."""
        filters = ["stock-levels", caller.seller, sku, low]
        after = position(cursor, tuple[str, str], filters=filters)
        rows = await store.list_levels(app.pool, caller.seller, skus=sku, low=low, after=after, limit=limit + 1)
        items, following = page(rows, limit, lambda row: (row["sku"], row["location"]), filters=filters)
        return StockLevels(items=[StockLevel(**row) for row in items], next_cursor=following)

    return routes
