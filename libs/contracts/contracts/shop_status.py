"""Whether a shop can be read and answered."""

from typing import Annotated, ClassVar

import msgspec

from contracts.values import Counter, Instant, KeyPart, Ref, ShopState, Value, shop_key


class ShopStatusChanged(Value, frozen=True, kw_only=True):
    """The shop's newest state; repeated every 5 minutes after a successful sweep, so that consumers know it is fresh."""

    TYPE: ClassVar[str] = "com.zetpy.shop-status-changed.v1"
    shop_revision: Counter
    seller_id: Ref
    channel: KeyPart
    shop_id: KeyPart
    name: str
    region: Annotated[str, msgspec.Meta(min_length=2, max_length=2)]
    state: ShopState
    authorised_until: Instant | None = None
    why: str | None = None
    last_read_at: Instant | None = None
    """When a sweep last read it to its end; absent: never."""
    changed_at: Instant

    @property
    def key(self) -> str:
        return shop_key(self.channel, self.shop_id)
