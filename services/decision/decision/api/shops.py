"""The seller's shops, and links with which to connect more."""

from typing import Annotated, Literal, NoReturn

from fastapi import APIRouter
from pydantic import BaseModel, Field

from chassis.app import App
from chassis.http import Problem
from decision.api.callers import Admin, Viewer
from decision.api.reading import QUERIES, Reader
from decision.api.shapes import ShopOut, Shops


class ConnectIn(BaseModel):
    channel: Annotated[Literal["shopee", "tiktok"], Field()]


async def list_shops(reader: Reader, seller_id: str, keys: list[str] | None = None) -> list[ShopOut]:
    """The seller's shops; `keys`: only these, `<channel>:<shop_id>`."""
    return [ShopOut(**dict(record)) for record in await reader.fetch(QUERIES.list_shops, seller_id, keys)]


def routes(app: App) -> APIRouter:
    router = APIRouter(prefix="/v1/shops", tags=["shops"])

    @router.get("")
    async def get_shops(caller: Viewer) -> Shops:
        """Connected shops, when they were last heard of, and how many requests wait in each."""
        return Shops(items=await list_shops(app.pool, caller.seller))

    @router.post("/connect-links", status_code=201, response_model=None)
    async def make_connect_link(_: Admin, wanted: ConnectIn) -> NoReturn:
        """Where a seller lets Zetpy into a shop."""
        raise Problem(503, "unavailable", "Shops can't be connected here yet", f"Ask support to connect your {wanted.channel} shop.")

    return router
