"""The reasons a marketplace offers for a rejection, asked of the ingestor and remembered for the decision."""

from typing import Annotated

import httpx
import msgspec
from fastapi import APIRouter, Query

from chassis import tokens
from chassis.app import App
from chassis.http import Problem
from contracts.values import RejectReason
from decision import store
from decision.api import reading
from decision.api.callers import Decider, RequestKey
from decision.api.shapes import OfferedReason, OfferedReasons
from decision.domain.facts import Facts
from decision.settings import Settings

TIMEOUT_SECONDS = 12.0
TOKEN_SECONDS = 60.0
RETRY_AFTER = {"Retry-After": "10"}


class _Offered(msgspec.Struct):
    required: bool
    items: list[RejectReason]


def routes(app: App, settings: Settings) -> APIRouter:
    router = APIRouter(prefix="/v1/cancel-requests", tags=["decisions"])
    ingestor = httpx.AsyncClient(base_url=settings.ingestor_url, timeout=TIMEOUT_SECONDS, trust_env=False)

    async def offered(facts: Facts, locale: str) -> _Offered:
        token = tokens.mint(
            settings.auth_key.get_secret_value(),
            sub="decision",
            name="decision",
            seller_id=None,
            roles=["service"],
            ttl_seconds=TOKEN_SECONDS,
            issuer=settings.auth_issuer,
            audience=settings.auth_audience,
        )
        order = facts.order
        params = {"channel": order.channel, "shop_id": order.shop_id, "native_id": facts.native_id, "locale": locale}
        try:
            answer = await ingestor.get("/v1/reject-reasons", params=params, headers={"Authorization": f"Bearer {token}"})
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=_Offered)
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            detail = "The reasons could not be fetched just now; try again in a moment."
            raise Problem(503, "marketplace-unavailable", "The marketplace does not answer", detail, headers=RETRY_AFTER) from error

    @router.get("/{request_id}/reject-reasons")
    async def get_reject_reasons(
        caller: Decider, request_id: RequestKey, locale: Annotated[str, Query(max_length=20, pattern=r"^[A-Za-z-]+$")] = "en-US"
    ) -> OfferedReasons:
        """The marketplace's own reasons for this request, as offered now. Shopee has none."""
        facts = (await reading.find(app.pool, caller.seller, request_id)).request.facts
        if facts.reject_reason == "none":
            return OfferedReasons(required=False, items=[], fetched_at=app.now())
        now = app.now()
        found = await offered(facts, locale)
        await store.save_reject_reasons(app.pool, request_id, locale=locale, required=found.required, items=found.items, fetched_at=now)
        items = [OfferedReason(name=item.name, text=item.text) for item in found.items]
        return OfferedReasons(required=found.required, items=items, fetched_at=now)

    return router
