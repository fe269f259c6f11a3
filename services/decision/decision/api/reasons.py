"""The reasons a marketplace offers for a rejection, asked of the ingestor and remembered for the decision."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query

from chassis.app import App
from contracts.values import RejectReason
from decision import store
from decision.api import reading
from decision.api.callers import Decider, RequestKey
from decision.api.ingestor import Ingestor
from decision.api.shapes import OfferedReason, OfferedReasons


class _Offered(msgspec.Struct):
    required: bool
    items: list[RejectReason]


def routes(app: App, ingestor: Ingestor) -> APIRouter:
    router = APIRouter(prefix="/v1/cancel-requests", tags=["decisions"])

    @router.get("/{request_id}/reject-reasons")
    async def get_reject_reasons(
        caller: Decider, request_id: RequestKey, locale: Annotated[str, Query(max_length=20, pattern=r"^[A-Za-z-]+$")] = "en-US"
    ) -> OfferedReasons:
        """The marketplace's own reasons for this request, as offered now. Shopee has none."""
        facts = (await reading.find(app.pool, caller.seller, request_id)).request.facts
        if facts.reject_reason == "none":
            return OfferedReasons(required=False, items=[], fetched_at=app.now())
        order = facts.order
        asked = {"channel": order.channel, "shop_id": order.shop_id, "native_id": facts.native_id, "locale": locale}
        found = await ingestor.ask("GET", "/v1/reject-reasons", params=asked, gives=_Offered)
        now = app.now()
        await store.save_reject_reasons(app.pool, request_id, locale=locale, required=found.required, items=found.items, fetched_at=now)
        items = [OfferedReason(name=item.name, text=item.text) for item in found.items]
        return OfferedReasons(required=found.required, items=items, fetched_at=now)

    return router
