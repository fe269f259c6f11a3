"""Zetpy as a seller and the order import see it: the public HTTP of decision and inventory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from chassis import tokens
from local_stack import secrets
from local_stack.demo.market import KEPT
from local_stack.demo.people import NO_SELLERS, SELLERS
from local_stack.settings import Stack

JSON = dict[str, Any]
TOKEN_SECONDS = 7 * 24 * 3600.0
POSTINGS_AT_ONCE = 1000


def token(stack: Stack, *, seller_id: str | None = "seller-a", role: str = "admin", name: str | None = None) -> str:
    """A bearer token of the demo, good for a week. `ops` and `service` belong to no seller."""
    seller = None if role in NO_SELLERS else seller_id
    who = name or f"Demo {role}"
    key = secrets.of(stack)["AUTH_KEY"]
    named = SELLERS.get(seller) if seller else None
    return tokens.mint(key, sub=f"demo-{role}", name=who, seller_id=seller, seller_name=named, roles=[role], ttl_seconds=TOKEN_SECONDS)


class Zetpy:
    """One seller's view."""

    def __init__(self, stack: Stack, seller_id: str, *, role: str = "admin", name: str | None = None) -> None:
        self.seller_id = seller_id
        headers = {"Authorization": f"Bearer {token(stack, seller_id=seller_id, role=role, name=name)}"}
        self.decision = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{stack.decision_port}/v1", headers=headers, timeout=30, trust_env=False, limits=KEPT
        )
        self.inventory = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{stack.inventory_port}/v1", headers=headers, timeout=30, trust_env=False, limits=KEPT
        )

    async def close(self) -> None:
        await self.decision.aclose()
        await self.inventory.aclose()

    async def requests(self, **filters: Any) -> list[JSON]:
        """The first page (at most 200) of cancel requests that fit."""
        answer = await self.decision.get("/cancel-requests", params={"limit": 200, **filters})
        return list(answer.raise_for_status().json()["items"])

    async def request_of(self, order: Mapping[str, Any], **filters: Any) -> JSON | None:
        """The newest cancel request of a marketplace's order, once it is listed."""
        rows = await self.requests(order_ref=order["order_ref"], tab="all", **filters)
        return rows[0] if rows else None

    async def approve(self, request: Mapping[str, Any], **body: Any) -> JSON:
        answer = await self.decision.post(f"/cancel-requests/{request['id']}/approve", json={"revision": request["revision"], **body})
        return dict(answer.raise_for_status().json())

    async def reject(self, request: Mapping[str, Any], **body: Any) -> JSON:
        """With the first reason that the marketplace offers, unless `reason` is given."""
        if "reason" not in body and (reason := await self.first_reason(request)):
            body["reason"] = reason
        answer = await self.decision.post(f"/cancel-requests/{request['id']}/reject", json={"revision": request["revision"], **body})
        return dict(answer.raise_for_status().json())

    async def first_reason(self, request: Mapping[str, Any]) -> JSON | None:
        answer = await self.decision.get(f"/cancel-requests/{request['id']}/reject-reasons")
        items = answer.raise_for_status().json()["items"]
        return {"name": items[0]["name"]} if items else None

    async def post_stock(self, items: Sequence[Mapping[str, Any]], *, key: str) -> list[JSON]:
        """Stock movements: opening stock, sales, corrections. One result per item."""
        results: list[JSON] = []
        for start in range(0, len(items), POSTINGS_AT_ONCE):
            part = list(items[start : start + POSTINGS_AT_ONCE])
            answer = await self.inventory.post("/stock-movements", json={"items": part}, headers={"Idempotency-Key": f"{key}-{start}"})
            results += answer.raise_for_status().json()["items"]
        return results

    async def post_sale(self, order: Mapping[str, Any]) -> None:
        """What order import does for each order that a shop sells: take its units from stock."""
        reference = f"{order['channel']}:{order['shop_id']}:{order['order_ref']}"
        sold: Counter[str] = Counter()
        for line in order["lines"]:
            if line["sku"]:
                sold[line["sku"]] += line["quantity"]
        items = [{"sku": sku, "delta": -quantity, "reason": "sale", "reference": reference} for sku, quantity in sorted(sold.items())]
        if items:
            await self.post_stock(items, key=f"sale-{reference}")
