"""Shopee's pushes as hints (Push Mechanism, codes as of 2026-05; the odd shapes of code 2 are documented ones)."""

import re
from collections.abc import Sequence
from typing import Any

from marketplaces import loose
from marketplaces.interface import Malformed, Ping, Pushed, PushHint, PushKind, Received, Unverified
from marketplaces.shopee.orders import status_of
from marketplaces.shopee.signing import verify_push

_VERIFICATION, _AUTHORISED, _REVOKED, _EXPIRING = 0, 1, 2, 12
_SHOP_IN_TEXT = re.compile(r"shop\D{0,12}?([0-9]{3,19})", re.IGNORECASE)


def receive(body: bytes, *, authorization: str | None, push_key: str, url: str, hex_key_too: bool) -> Received:
    """Verify, then parse. The only unsigned body that is not refused is the verification of the callback address."""
    signed_with = verify_push(push_key, url=url, body=body, authorization=authorization, hex_key_too=hex_key_too)
    try:
        push = loose.decode(body)
    except loose.NotJson as error:
        return Malformed(why=str(error)) if signed_with else Unverified()
    if signed_with is None:
        return Ping() if _is_verification(push) else Unverified()
    if not isinstance(push, dict):
        return Malformed(why="not a JSON object")
    return Pushed(hints=hints(push), signed_with=signed_with)


def _is_verification(push: Any) -> bool:
    """Sent before a push key is known, so nothing can verify it: it names no shop and no order."""
    data = loose.record(loose.record(push).get("data"))
    return (
        loose.integer(loose.record(push).get("code")) == _VERIFICATION
        and set(push) <= {"code", "data", "timestamp"}
        and set(data) <= {"verify_info"}
    )


def hints(push: dict[str, Any], *, shop_id: str | None = None) -> tuple[PushHint, ...]:
    """What this push says is worth a look. `shop_id`: where the push's surroundings name the shop (lost pushes)."""
    code, data = loose.integer(push.get("code")), loose.record(push.get("data"))
    if code in {_AUTHORISED, _REVOKED}:
        kind: PushKind = "revoked" if code == _REVOKED else "authorised"
        text = loose.text(data.get("extra")) or loose.text(data.get("authorize_type"))
        return tuple(PushHint(channel="shopee", kind=kind, shop_id=shop, text=text) for shop in _shops(push, data) or (shop_id,))
    if code == _EXPIRING:
        until = loose.moment(data.get("expire_before"))
        return tuple(PushHint(channel="shopee", kind="expiring", shop_id=shop, authorised_until=until) for shop in _expiring(data))
    return (_about_order(push, data, shop_id=loose.text(push.get("shop_id")) or loose.text(data.get("shop_id")) or shop_id),)


def _about_order(push: dict[str, Any], data: dict[str, Any], *, shop_id: str | None) -> PushHint:
    order_sn = loose.text(data.get("ordersn")) or loose.text(data.get("order_sn"))
    if order_sn is None or shop_id is None:
        return PushHint(channel="shopee", kind="other", shop_id=shop_id, text=loose.text(push.get("code")))
    status = loose.text(data.get("status"))
    cancelling = status_of(status) in {"cancel_requested", "cancelled"} or loose.text(data.get("action")) == "cancel_order"
    return PushHint(
        channel="shopee",
        kind="cancellation" if cancelling else "order",
        shop_id=shop_id,
        order_ref=order_sn,
        marketplace_status=status,
        update_time=loose.moment(data.get("update_time")),
    )


def _shops(push: dict[str, Any], data: dict[str, Any]) -> Sequence[str]:
    """The shops that a push of code 1 or 2 names: in one of four fields, or only inside its `extra` text."""
    for value in (data.get("shop_id_list"), data.get("shop_id"), data.get("shopid"), push.get("shop_id")):
        if found := loose.texts(value):
            return found
    return tuple(dict.fromkeys(_SHOP_IN_TEXT.findall(loose.text(data.get("extra")) or "")))


def _expiring(data: dict[str, Any]) -> Sequence[str]:
    """Ids, or objects that hold one."""
    shops = data.get("shop_expire_soon")
    named = tuple(found for shop in loose.records(shops) if (found := loose.text(shop.get("shop_id")) or loose.text(shop.get("id"))))
    return loose.texts(shops) + named


def lost_hints(message: dict[str, Any]) -> Sequence[PushHint]:
    """The hints of one lost push: `data` is the whole push as JSON text (a sample shows an object)."""
    data = message.get("data")
    if isinstance(data, str):
        try:
            data = loose.decode(data.encode("utf-8", "replace"))
        except loose.NotJson:
            return ()
    push = loose.record(data)
    code, shop_id = loose.integer(message.get("code")), loose.text(message.get("shop_id"))
    return hints(push if "code" in push else {"code": code, "data": push}, shop_id=shop_id)
