"""The list, its counts, one request, its timeline."""

from fastapi import APIRouter, Response

from chassis.app import App
from decision.api import reading
from decision.api.callers import RequestKey, Viewer
from decision.api.filters import Narrowed, Paged
from decision.api.shapes import RequestOut, RequestPage, Summary, Timeline


def routes(app: App) -> APIRouter:
    router = APIRouter(prefix="/v1/cancel-requests", tags=["cancel requests"])

    @router.get("")
    async def list_cancel_requests(caller: Viewer, filters: Paged) -> RequestPage:
        """Cancel requests of the seller; `tab` is `to_decide` unless given."""
        return await reading.page(app.pool, caller.seller, filters)

    @router.get("/summary")
    async def summarise_cancel_requests(caller: Viewer, filters: Narrowed) -> Summary:
        """Counts for the badge and the tabs, under the same filters as the list."""
        return await reading.summary(app.pool, caller.seller, filters, now=app.now())

    @router.get("/{request_id}")
    async def get_cancel_request(caller: Viewer, request_id: RequestKey, response: Response) -> RequestOut:
        """One request, whole."""
        seen = await reading.find(app.pool, caller.seller, request_id)
        response.headers["ETag"] = f'"{seen.request.version}"'
        return await reading.whole(app.pool, caller.seller, seen.request, seen.order)

    @router.get("/{request_id}/timeline")
    async def get_timeline(caller: Viewer, request_id: RequestKey) -> Timeline:
        """Everything that happened to it and who did it, oldest first."""
        await reading.find(app.pool, caller.seller, request_id)
        return Timeline(items=await reading.timeline(app.pool, caller.seller, request_id))

    return router
