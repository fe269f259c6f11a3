"""Which events are meant: by seller, shop, order, request, type and key; an empty selection means all."""

from typing import Any

import msgspec

from contracts.event import Event


class Selection(msgspec.Struct, frozen=True, omit_defaults=True):
    seller: str | None = None
    shop: str | None = None
    """`shop_id` or `channel:shop_id`."""
    order: str | None = None
    """`order_ref` or the order's key `channel:shop_id:order_ref`."""
    request: str | None = None
    types: tuple[str, ...] = ()
    """`CancelApproved`, `cancel-approved`, `cancel-approved.v1` or in full."""
    key: str | None = None

    @property
    def takes_all(self) -> bool:
        return self == Selection()

    def takes(self, event: Event[Any]) -> bool:
        return (
            self.seller in {None, event.seller_id}
            and self.key in {None, event.key}
            and (self.request is None or self.request == request_of(event))
            and (not self.types or any(is_type(event, name) for name in self.types))
            and self._takes_order(event)
        )

    def _takes_order(self, event: Event[Any]) -> bool:
        if self.shop is None and self.order is None:
            return True
        about = getattr(event.data, "order", None) or event.data
        shop_id, channel = getattr(about, "shop_id", None), getattr(about, "channel", None)
        order_ref = getattr(about, "order_ref", None)
        return self.shop in {None, shop_id, f"{channel}:{shop_id}"} and self.order in {None, order_ref, f"{channel}:{shop_id}:{order_ref}"}


def request_of(event: Event[Any]) -> str | None:
    """The request that an event is about; shops' events and adjustments of stock are about none."""
    request_id: str | None = getattr(event.data, "request_id", None)
    return request_id


def is_type(event: Event[Any], name: str) -> bool:
    return name in {event.type, event.kind.slug, event.kind.slug.rpartition(".")[0], type(event.data).__name__}
