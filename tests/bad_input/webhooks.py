"""Bad input at the marketplaces' webhooks: generated requests, and what each may be answered."""

import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bad_input import odd
from tests.support.pushes import Pusher

CHANNELS = ("shopee", "tiktok")
MOST_BYTES = 1024 * 1024
_SIGNED = (200, 400)
_HEADERS: Sequence[tuple[str, bytes]] = (
    ("content-type", b"text/plain"), ("content-type", b"application/json; charset=utf-16"), ("content-type", b"multipart/form-data"),
    ("content-type", b"\xff\xfe"), ("content-type", b""), ("content-encoding", b"gzip"), ("content-encoding", b"no-such"),
    ("accept", b"\xe9"),
    ("cookie", b"session=\x80; ="), ("x-forwarded-for", b"a" * 4000), ("traceparent", b"00-\xff-1-1"),
    ("traceparent", b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"),
    ("host", b"elsewhere.example"), ("expect", b"200-maybe"), ("te", b"trailers"), ("x-requested-with", b"\xc3\x28"),
)  # fmt: skip
RAW: Sequence[bytes] = (
    b"\x00\x01\x02\x03\r\n\r\n",
    b"POST /webhooks/shopee\r\n\r\n",
    b"POST /webhooks/shopee HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
    b"POST /webhooks/shopee HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /webhooks/tiktok HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\n0123456789",
    b"POST /webhooks/tiktok HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n",
    b"POST /webhooks/tiktok HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    b"POST /webhooks/shopee HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{",
    b"POST /webhooks/shopee HTTP/1.1\r\nHost: x\r\nAuthorization: \x00\xff\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /webhooks/shopee HTTP/1.1\r\nHost: x\r\nA\xff\xfe: b\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /webhooks/%00%ff HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /webhooks/\xc3\x28 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"POST http://[::1/webhooks/shopee HTTP/1.1\r\nHost: [\r\nContent-Length: 2\r\n\r\n{}",
    b"GET /webhooks/shopee HTTP/1.1\r\nHost: x\r\n\r\n",
    b"BREW /webhooks/shopee HTTP/1.1\r\nHost: x\r\n\r\n",
    b"POST /webhooks/shopee HTTP/9.9\r\nHost: x\r\n\r\n",
    b"POST /webhooks/shopee?" + b"q" * 20_000 + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /webhooks/shopee HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\n{}",
)  # fmt: skip
"""What no HTTP client sends."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request and the answers that are right."""

    channel: str
    body: bytes
    headers: tuple[tuple[str, bytes], ...]
    allowed: frozenset[int]
    signature: str


def case(chance: random.Random, pusher: Pusher, shops: dict[str, str]) -> Case:
    """`shops`: a connected shop of each channel, which every third push is about."""
    channel = chance.choice(CHANNELS)
    if chance.random() < 0.01:
        body = b"{" + b" " * (MOST_BYTES + chance.randint(0, 9)) + b"}"
    else:
        document = _push(chance, channel, shops[channel] if chance.random() < 0.34 else str(chance.randrange(10**9, 10**10)))
        body = odd.written(chance, odd.spoil(chance, document) if chance.random() < 0.9 else document, broken=0.25)
    signature = chance.choices(("right", "none", "wrong", "of another body", "odd"), weights=(6, 1, 1, 1, 1))[0]
    signed = _authorization(chance, pusher, channel, body, signature)
    headers = [("content-type", b"application/json"), *((("authorization", signed),) if signed is not None else ())]
    if chance.random() < 0.3:
        headers = [*headers[1:], chance.choice(_HEADERS)] if chance.random() < 0.5 else [*headers, chance.choice(_HEADERS)]
        if signature == "right" and all(name != "authorization" for name, _ in headers):
            headers.append(("authorization", signed or b""))
    allowed = frozenset({413}) if len(body) > MOST_BYTES else frozenset(_SIGNED) if signature == "right" else _unsigned(channel, body)
    return Case(channel, body, tuple(headers), allowed, signature)


def _authorization(chance: random.Random, pusher: Pusher, channel: str, body: bytes, signature: str) -> bytes | None:
    match signature:
        case "right":
            return pusher.signature(channel, body).encode()
        case "wrong":
            return bytes(chance.choices(b"0123456789abcdef", k=64))
        case "of another body":
            return pusher.signature(channel, body + b" ").encode()
        case "odd":
            return chance.choice((b"", b"Bearer x", b"\xff\xfe", b"\xc3\xa9" * 32, b"0" * 5000, b"null", b"0" * 63))
        case _:
            return None


def _unsigned(channel: str, body: bytes) -> frozenset[int]:
    """Shopee checks a callback address with a push that it signs with nothing: it names no shop and no order."""
    try:
        push = json.loads(body)
    except (ValueError, RecursionError):
        return frozenset({401})
    is_ping = channel == "shopee" and isinstance(push, dict) and "shop_id" not in push
    return frozenset({200, 401}) if is_ping else frozenset({401})


def _push(chance: random.Random, channel: str, shop_id: str) -> dict[str, Any]:
    now, ref = int(time.time()), f"BAD{chance.randrange(10**8)}"
    if channel == "shopee":
        data = chance.choice(
            (
                {"items": [], "ordersn": ref, "status": "IN_CANCEL", "completed_scenario": "", "update_time": now},
                {"ordersn": ref, "tracking_no": "T1", "forder_id": "1", "package_number": "P1"},
                {"verify_info": "hello"},
                {"shop_id_list": [int(shop_id)], "extra": f"shop id {shop_id} is deauthorized", "authorize_type": "shop"},
                {"shop_expire_soon": [{"shop_id": int(shop_id)}], "expire_before": now + 86_400, "page_no": 1, "total_page": 1},
            )
        )
        return {"data": data, "shop_id": int(shop_id), "code": chance.choice((0, 1, 2, 3, 4, 5, 8, 12, 15, 99, -1)), "timestamp": now}
    data = chance.choice(
        (
            {"order_id": ref, "order_status": "AWAITING_SHIPMENT", "is_on_hold_order": False, "update_time": now},
            {"order_id": ref, "cancel_id": f"C{ref}", "cancel_status": "CANCELLATION_REQUEST_PENDING", "create_time": now},
            {"message": "deauthorized", "expiration_time": now + 86_400},
            {"order_id": ref, "return_id": "R1", "return_status": "RETURN_OR_REFUND_REQUEST_PENDING"},
        )
    )
    kind = chance.choice((1, 2, 3, 6, 7, 11, 12, 99, -1))
    return {"type": kind, "tts_notification_id": f"bad-{ref}", "shop_id": shop_id, "timestamp": now, "data": data}
