"""Whether a browser that comes back from a consent page may connect a shop, and for whom."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

NotConnected = Literal[
    "declined",
    "link-unknown",
    "link-used",
    "link-expired",
    "other-seller",
    "other-shop",
    "no-shop",
    "code-refused",
    "marketplace-unavailable",
    "unavailable",
]
"""What the page is told when nothing was connected: `/?connect_error=<slug>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectLink:
    """What was promised when the link was made."""

    seller_id: str
    shop_id: str | None
    """The shop that is to be connected again; None: any."""
    expires_at: datetime
    used_at: datetime | None


def why_not(link: ConnectLink | None, *, now: datetime) -> NotConnected | None:
    """None: the link holds. It does so once, and not for long: whoever has it connects a shop to the seller who asked for it."""
    if link is None:
        return "link-unknown"
    if link.used_at is not None:
        return "link-used"
    return "link-expired" if now >= link.expires_at else None
