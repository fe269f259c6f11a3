"""Shops as the other services see them."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.shop_status import ShopStatusChanged
from contracts.values import ShopState


class UnknownShop(LookupError):
    """No shop of this channel and id was ever connected."""


class OwnedByAnotherSeller(ValueError):
    """The shop is connected for another seller: a person has to sort that out."""


class WrongShop(ValueError):
    """The seller let us into other shops than the one that was to be connected again."""


class NoShop(ValueError):
    """The seller's authorisation covers no shop that can be read."""


@dataclass(frozen=True, slots=True)
class NewShop:
    """A shop to be connected."""

    channel: str
    shop_id: str
    seller_id: str
    name: str
    region: str
    cipher: str | None = field(default=None, repr=False)
    authorised_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that is or was connected."""

    channel: str
    shop_id: str
    seller_id: str
    name: str
    region: str
    state: ShopState
    stock_from: datetime
    """When it was first connected: cancellations before that give no stock back."""
    shop_revision: int
    changed_at: datetime
    announced_at: datetime
    why: str | None = None
    authorised_until: datetime | None = None
    last_read_at: datetime | None = None

    @property
    def key(self) -> str:
        return f"{self.channel}:{self.shop_id}"

    def status(self) -> ShopStatusChanged:
        """The event that says how the shop is now."""
        return ShopStatusChanged(
            shop_revision=self.shop_revision,
            seller_id=self.seller_id,
            channel=self.channel,
            shop_id=self.shop_id,
            name=self.name,
            region=self.region,
            state=self.state,
            authorised_until=self.authorised_until,
            why=self.why,
            last_read_at=self.last_read_at,
            changed_at=self.changed_at,
        )


def shop_from(row: Any) -> Shop:
    return Shop(**{name: row[name] for name in Shop.__dataclass_fields__})
