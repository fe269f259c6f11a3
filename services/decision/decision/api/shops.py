"""The seller's shops, and links with which to connect more."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from chassis import idempotency
from chassis.app import App
from chassis.http import Problem
from decision.api.callers import Admin, Gate
from decision.api.ingestor import Ingestor
from decision.api.reading import QUERIES, Reader
from decision.api.shapes import ShopOut, Shops


class ConnectIn(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"channel": "shopee"}]})

    channel: Literal["shopee", "tiktok"]
    shop_id: Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")] | None = None
    """The shop that is to be connected again; absent: any."""


class ConnectLink(BaseModel):
    url: str
    expires_at: datetime


class _Link(msgspec.Struct):
    url: str
    expires_at: datetime


async def list_shops(reader: Reader, seller_id: str, keys: list[str] | None = None) -> list[ShopOut]:
    """The seller's shops; `keys`: only these, `<channel>:<shop_id>`."""
    return [ShopOut(**dict(record)) for record in await reader.fetch(QUERIES.list_shops, seller_id, keys)]


async def _demand_shop(app: App, seller_id: str, key: str) -> None:
    if not await list_shops(app.pool, seller_id, [key]):
        raise Problem(404, "not-found", "There is no such shop")


def routes(app: App, ingestor: Ingestor) -> APIRouter:
    router = APIRouter(prefix="/v1/shops", tags=["shops"])

    @router.get("")
    async def get_shops(caller: Gate) -> Shops:
        """Connected shops, when they were last heard of, and how many requests wait in each.

        A packing bench asks too: it scans an order and must know which shops may have sold it.
        """
        return Shops(items=await list_shops(app.pool, caller.seller))

    @router.post("/connect-links", status_code=201, response_model=ConnectLink)
    async def make_connect_link(caller: Admin, wanted: ConnectIn, request: Request) -> Response:
        """Where a seller lets Zetpy into a shop."""

        async def act() -> Response:
            asked = {"channel": wanted.channel, "seller_id": caller.seller}
            if wanted.shop_id is not None:
                await _demand_shop(app, caller.seller, f"{wanted.channel}:{wanted.shop_id}")
                asked["shop_id"] = wanted.shop_id
            link = await ingestor.ask("POST", "/v1/connect-links", json=asked, gives=_Link)
            return Response(msgspec.json.encode(link), 201, media_type="application/json")

        return await idempotency.once_outside(app, request, caller, act)

    return router
