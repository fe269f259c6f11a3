"""Pushes as the marketplaces sign them, made by hand, so that they can be spoiled."""

import json
import time

import httpx

from local_stack import secrets
from local_stack.settings import Stack
from sandbox.shopee.signing import sign_push as sign_shopee
from sandbox.tiktok.signing import sign_push as sign_tiktok


class Pusher:
    """Whoever can reach the webhooks of a running stack."""

    def __init__(self, stack: Stack) -> None:
        self._secrets, self._url = secrets.of(stack), f"http://127.0.0.1:{stack.ingestor_port}"
        self._http = httpx.AsyncClient(base_url=self._url, trust_env=False, timeout=10)

    async def close(self) -> None:
        await self._http.aclose()

    def signature(self, channel: str, body: bytes) -> str:
        if channel == "shopee":
            return sign_shopee(self._secrets["SHOPEE_PUSH_KEY"], url=f"{self._url}/webhooks/shopee", body=body)
        return sign_tiktok(self._secrets["TIKTOK_APP_SECRET"], app_key=self._secrets["TIKTOK_APP_KEY"], body=body)

    async def send(self, channel: str, body: bytes, *, authorization: str | bytes | None) -> httpx.Response:
        headers = {"content-type": "application/json"} | ({"authorization": authorization} if authorization is not None else {})
        return await self._http.post(f"/webhooks/{channel}", content=body, headers=headers)

    async def signed(self, channel: str, body: bytes) -> httpx.Response:
        return await self.send(channel, body, authorization=self.signature(channel, body))


def about_order(channel: str, shop_id: str, order_ref: str) -> bytes:
    """The push with which a marketplace says that an order changed."""
    now = int(time.time())
    shopee = {
        "data": {"items": [], "ordersn": order_ref, "status": "IN_CANCEL", "completed_scenario": "", "update_time": now},
        "shop_id": int(shop_id),
        "code": 3,
        "timestamp": now,
    }
    tiktok = {
        "type": 1,
        "tts_notification_id": f"test-{order_ref}",
        "shop_id": shop_id,
        "timestamp": now,
        "data": {"order_id": order_ref, "order_status": "AWAITING_SHIPMENT", "is_on_hold_order": False, "update_time": now},
    }
    return json.dumps(shopee if channel == "shopee" else tiktok).encode()
