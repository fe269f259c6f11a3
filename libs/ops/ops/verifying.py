"""Requests compared with what the marketplaces show of them now: read through the ingestor, nothing is changed anywhere."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx
import msgspec

from chassis.tokens import mint
from ops.failures import Refused, Unreachable
from ops.knowledge import open_database
from ops.settings import Settings

AT_ONCE = 50
"""Orders per question; each shop is read at its own pace, so an answer may take a while."""
PATIENCE_SECONDS = 120.0
TOKEN_SECONDS = 3600.0
ON_ITS_WAY = timedelta(seconds=30)
"""What moved so lately may not have been read yet."""

There = Literal["open", "cancelled", "goes on", "not shown"]
_WANTED: Mapping[str, There] = {
    "pending": "open",
    "approved": "cancelled",
    "rejected": "goes on",
    "lapsed": "goes on",
    "cancelled_elsewhere": "cancelled",
}
_DECIDED = {"approved", "rejected"}
_REQUESTS = """select request_id::text, channel, shop_id, order_ref, native_id, state, sync, requested_at, updated_at from ops.requests
               where (state = 'pending' or updated_at > $1) and updated_at < $2
                 and ($3::text is null or shop_id = $3 or channel || ':' || shop_id = $3)
                 and ($4::text is null or seller_id = $4) and ($5::text is null or order_ref = $5)
               order by channel, shop_id, order_ref, requested_at, request_id"""


class Difference(msgspec.Struct, frozen=True):
    request_id: str
    order: str
    here: str
    sync: str
    there: There
    order_there: str | None
    """The order's status at the marketplace."""
    updated_at: datetime


class Verified(msgspec.Struct, frozen=True):
    compared: int
    differences: list[Difference]
    not_read: list[str]
    """Orders that could not be read, each with why."""


async def verify(
    settings: Settings, *, days: float, shop: str | None = None, seller: str | None = None, order: str | None = None
) -> Verified:
    """Compare what waits, and what moved within `days`. Raises Unreachable, or Refused without the key that signs the question."""
    if settings.auth_key is None:
        raise Refused("the ingestor wants to know who asks: set AUTH_KEY, or use `make ops` on a local stack")
    now = datetime.now(UTC)
    async with await open_database(settings, "decision") as pool:
        rows = await pool.fetch(_REQUESTS, now - timedelta(days=days), now - ON_ITS_WAY, shop, seller, order)
    readings, not_read = await _read(settings, list(dict.fromkeys(_order(row) for row in rows)))
    compared, differences = 0, []
    for row in _newest_of_shopee(rows):
        reading = readings.get(_order(row))
        if reading is None:
            continue
        compared += 1
        there = _there(row, reading)
        if not _agree(row, there):
            differences.append(
                Difference(
                    request_id=row["request_id"],
                    order=":".join(_order(row)),
                    here=row["state"],
                    sync=row["sync"],
                    there=there,
                    order_there=reading["status"],
                    updated_at=row["updated_at"],
                )
            )
    return Verified(compared, differences, not_read)


async def _read(settings: Settings, orders: Sequence[tuple[str, str, str]]) -> tuple[dict[tuple[str, ...], Mapping[str, Any]], list[str]]:
    readings: dict[tuple[str, ...], Mapping[str, Any]] = {}
    not_read: list[str] = []
    async with httpx.AsyncClient(
        base_url=settings.ingestor_url, timeout=PATIENCE_SECONDS, headers=_headers(settings), trust_env=False
    ) as http:
        for start in range(0, len(orders), AT_ONCE):
            wanted = [dict(zip(("channel", "shop_id", "order_ref"), each, strict=True)) for each in orders[start : start + AT_ONCE]]
            try:
                answer = await http.post("/v1/order-readings", json={"orders": wanted})
            except httpx.TransportError as error:
                raise Unreachable(f"the ingestor at {settings.ingestor_url} does not answer: {type(error).__name__}") from None
            if answer.is_error:
                raise Unreachable(f"the ingestor at {settings.ingestor_url} refuses: {answer.status_code} {answer.text[:200]}")
            for item in answer.json()["items"]:
                at = (item["channel"], item["shop_id"], item["order_ref"])
                if item["failure"]:
                    not_read.append(f"{':'.join(at)}: {item['failure']}")
                else:
                    readings[at] = item
    return readings, not_read


def _headers(settings: Settings) -> dict[str, str]:
    key = settings.auth_key.get_secret_value() if settings.auth_key else ""
    token = mint(
        key,
        sub="ops-verify",
        name="ops verify",
        seller_id=None,
        roles=["ops"],
        ttl_seconds=TOKEN_SECONDS,
        issuer=settings.auth_issuer,
        audience=settings.auth_audience,
    )
    return {"Authorization": f"Bearer {token}"}


def _order(row: Any) -> tuple[str, str, str]:
    return row["channel"], row["shop_id"], row["order_ref"]


def _newest_of_shopee(rows: Sequence[Any]) -> Sequence[Any]:
    """Shopee has no requests, only orders: of an order's several, the newest is what the order shows. They come in the order of time."""
    newest = {_order(row): row for row in rows if row["channel"] == "shopee"}
    return [row for row in rows if row["channel"] != "shopee" or newest[_order(row)] is row]


def _there(row: Any, reading: Mapping[str, Any]) -> There:
    """What became of this request at the marketplace."""
    if not reading["found"]:
        return "not shown"
    states = {each["native_id"]: each["state"] for each in reading["requests"]}
    if row["channel"] == "shopee":
        if "open" in states.values():
            return "open"
        return "cancelled" if reading["status"] == "cancelled" else "goes on"
    match states.get(row["native_id"]):
        case "open":
            return "open"
        case "accepted" | "completed":
            return "cancelled"
        case "closed":
            return "cancelled" if reading["status"] == "cancelled" else "goes on"
        case _:
            return "cancelled" if reading["status"] == "cancelled" else "not shown"


def _agree(row: Any, there: There) -> bool:
    """An answer that the marketplace has not carried out yet is no difference until we have seen it carried out."""
    return there == _WANTED.get(row["state"]) or (row["state"] in _DECIDED and there == "open" and row["sync"] != "confirmed")
