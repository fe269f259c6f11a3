"""All of Shopee's paths that the sandbox answers."""

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.desk import Desk
from sandbox.shopee import cancellations, orders, push_queue, shops, stock, tokens
from sandbox.shopee.gate import not_found, route
from sandbox.world import World

APIS = (*tokens.APIS, *orders.APIS, *cancellations.APIS, *push_queue.APIS, *shops.APIS, *stock.APIS)


def routes(world: World, desk: Desk) -> list[Route]:
    refuse = not_found(world)

    async def unknown(request: HttpRequest) -> Response:
        return JSONResponse(refuse(request).body)

    return [*(route(world, desk, api) for api in APIS), Route("/api/v2/{rest:path}", unknown, methods=["GET", "POST"])]
