"""All of TikTok Shop's paths that the sandbox answers."""

from http import HTTPStatus

from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.desk import Desk
from sandbox.tiktok import cancellations, inventory, orders, seller_cancel, tokens, webhooks
from sandbox.tiktok.gate import envelope, route
from sandbox.world import World

APIS = (*tokens.APIS, *cancellations.APIS, *orders.APIS, *webhooks.APIS, *seller_cancel.APIS, *inventory.APIS)
PREFIXES = ("return_refund", "order", "authorization", "event", "product")
METHODS = ["GET", "POST", "PUT", "DELETE"]


def routes(world: World, desk: Desk) -> list[Route]:
    """Known paths first; the same path with another method, then anything else below the known prefixes, as TikTok refuses them."""

    async def wrong_method(_request: HttpRequest) -> Response:
        return JSONResponse(envelope(world, 36_009_010, "The request method is wrong.").body, HTTPStatus.METHOD_NOT_ALLOWED)

    async def wrong_path(_request: HttpRequest) -> Response:
        return JSONResponse(envelope(world, 36_009_009, "The request path is wrong.").body, HTTPStatus.NOT_FOUND)

    known = [route(world, desk, api) for api in APIS]
    others = [Route(path, wrong_method, methods=METHODS) for path in dict.fromkeys(api.path for api in APIS)]
    rest = [Route(f"/{prefix}/{{rest:path}}", wrong_path, methods=METHODS) for prefix in PREFIXES]
    return [*known, *others, *rest]
