"""TikTok Shop's webhooks as hints (docv2 webhooks: 1, 6, 7, 11 and the rest)."""

from typing import Any

from marketplaces import loose
from marketplaces.interface import Malformed, Pushed, PushHint, Received, Unverified
from marketplaces.tiktok.orders import status_of
from marketplaces.tiktok.signing import verify_push

_ORDER_STATUS, _REVOKED, _EXPIRING, _CANCELLATION = 1, 6, 7, 11
_RETURN = 12


def receive(body: bytes, *, authorization: str | None, app_key: str, app_secret: str) -> Received:
    """Verify, then parse."""
    if not verify_push(app_secret, app_key=app_key, body=body, authorization=authorization):
        return Unverified()
    try:
        push = loose.decode(body)
    except loose.NotJson as error:
        return Malformed(why=str(error))
    if not isinstance(push, dict):
        return Malformed(why="not a JSON object")
    return Pushed(hints=(hint(push),), signed_with="app_secret")


def hint(push: dict[str, Any]) -> PushHint:
    """What this webhook says is worth a look."""
    kind, data = loose.integer(push.get("type")), loose.record(push.get("data"))
    shop_id, push_id = loose.text(push.get("shop_id")), loose.text(push.get("tts_notification_id"))
    text = loose.text(data.get("message"))
    if kind == _REVOKED:
        return PushHint(channel="tiktok", kind="revoked", shop_id=shop_id, push_id=push_id, text=text)
    if kind == _EXPIRING:
        until = loose.moment(data.get("expiration_time"))
        return PushHint(channel="tiktok", kind="expiring", shop_id=shop_id, push_id=push_id, authorised_until=until, text=text)
    order_id = loose.text(data.get("order_id"))
    if order_id is None or shop_id is None or kind == _RETURN:
        return PushHint(channel="tiktok", kind="other", shop_id=shop_id, push_id=push_id, text=loose.text(push.get("type")))
    status = loose.text(data.get("order_status")) or loose.text(data.get("cancel_status"))
    native_id = loose.text(data.get("cancel_id"))
    cancelling = kind == _CANCELLATION or native_id is not None or status_of(status) == "cancelled"
    return PushHint(
        channel="tiktok",
        kind="cancellation" if cancelling else "order",
        shop_id=shop_id,
        order_ref=order_id,
        native_id=native_id,
        marketplace_status=status,
        push_id=push_id,
        update_time=loose.moment(data.get("update_time")) if kind == _ORDER_STATUS else None,
    )
