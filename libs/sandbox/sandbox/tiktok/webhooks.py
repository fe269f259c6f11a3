"""Where a shop's webhooks go: its own addresses beat the app's."""

from typing import Any

from sandbox.tiktok.announce import TOPICS
from sandbox.tiktok.gate import Api, Refused, TikTokCall

BAD = 98_001_004
MAX_ADDRESS = 255
EVENT_TYPES = frozenset({*TOPICS.values(), "REVERSE_STATUS_UPDATE", "RECIPIENT_ADDRESS_UPDATE", "PACKAGE_UPDATE", "RETURN_STATUS_CHANGE"})


def register(call: TikTokCall) -> dict[str, Any]:
    address, event_type = call.body.get("address"), call.body.get("event_type")
    if event_type not in EVENT_TYPES or not isinstance(event_type, str):
        raise Refused(BAD, "Unknown event_type.")
    if not isinstance(address, str) or not address.startswith(("http://", "https://")) or len(address) > MAX_ADDRESS:
        raise Refused(BAD, "address must be a URL of at most 255 characters.")
    now = call.world.clock.stamp()
    created = call.owner.webhooks.get(event_type, {}).get("create_time", now)
    call.owner.webhooks[event_type] = {"event_type": event_type, "address": address, "create_time": created, "update_time": now}
    return {}


def registered(call: TikTokCall) -> dict[str, Any]:
    hooks = list(call.owner.webhooks.values())
    return {"webhooks": hooks, "total_count": len(hooks)}


def forget(call: TikTokCall) -> dict[str, Any]:
    """Always a success, also when there was none."""
    call.owner.webhooks.pop(str(call.body.get("event_type")), None)
    return {}


APIS = tuple(
    Api(method=method, path="/event/202309/webhooks", name="webhooks", handler=handler)
    for method, handler in (("PUT", register), ("GET", registered), ("DELETE", forget))
)
