"""Pushes that were lost, and where pushes go: public APIs of the app."""

from typing import Any

from sandbox.shopee.gate import Api, Refused, ShopeeCall


def get_lost_push_message(call: ShopeeCall) -> dict[str, Any]:
    """GET /api/v2/push/get_lost_push_message: the earliest 100 unconfirmed of three days; `data` is the whole push as text."""
    page, more = call.world.lost.page()
    messages = [
        {"shop_id": int(lost.push.shop_id), "code": int(lost.push.topic), "timestamp": lost.stamp, "data": lost.push.body.decode()}
        for lost in page
    ]
    return {"push_message_list": messages, "has_next_page": more, "last_message_id": page[-1].number if page else 0}


def confirm(call: ShopeeCall) -> dict[str, Any]:
    last = call.body.get("last_message_id")
    if not isinstance(last, int):
        raise Refused("error_param", "last_message_id is required and must be a whole number.")
    call.world.lost.confirm(last)
    return {}


def get_app_push_config(call: ShopeeCall) -> dict[str, Any]:
    url = call.world.config.shopee_push_url
    return {"callback_url": url or "", "live_push_status": "Normal", "push_config_on_list": [2, 3, 12], "blocked_shop_id_list": []}


def set_app_push_config(call: ShopeeCall) -> dict[str, Any]:
    url = call.body.get("callback_url")
    if url is not None:
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise Refused("error_param", "Invalid callback_url.")
        call.world.config.shopee_push_url = url
    return {"result": "success"}


APIS = tuple(
    Api(method=method, path=f"/api/v2/push/{name}", handler=handler, of_shop=False)
    for method, name, handler in (
        ("GET", "get_lost_push_message", get_lost_push_message),
        ("POST", "confirm_consumed_lost_push_message", confirm),
        ("GET", "get_app_push_config", get_app_push_config),
        ("POST", "set_app_push_config", set_app_push_config),
    )
)
