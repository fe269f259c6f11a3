"""When a token is used as it is, renewed behind the back of its user, or waited for."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import SecretStr

from marketplaces.accounts.sealing import Sealed, Sealer
from marketplaces.interface import TokenPair

Freshness = Literal["fresh", "ageing", "over"]

_NOT_USED_IN_THE_LAST = timedelta(seconds=20)
"""A call takes up to half of this."""
_SMALLEST_PART = 4
"""A token is renewed in the last quarter of its life at the earliest, however early renewing is set to begin."""


def freshness(*, obtained_at: datetime, until: datetime, now: datetime, ahead: timedelta) -> Freshness:
    """`fresh`: use it; `ageing`: use it and renew it; `over`: renew it first."""
    if now >= until - min(_NOT_USED_IN_THE_LAST, (until - obtained_at) / _SMALLEST_PART):
        return "over"
    return "ageing" if now >= until - min(ahead, (until - obtained_at) / _SMALLEST_PART) else "fresh"


def authorisation_id(channel: str, *, owner: str | None, shop_id: str) -> str:
    """Whose tokens these are: TikTok's by the account (`open_id`), which may have several shops; else the shop's own."""
    return f"{channel}:account:{owner}" if owner else f"{channel}:{shop_id}"


@dataclass(frozen=True, slots=True)
class SealedPair:
    """A pair as it is stored: both with one key, each bound to its authorisation and its use."""

    key_id: str
    access_token: bytes
    refresh_token: bytes


def seal_pair(sealer: Sealer, pair: TokenPair, *, authorisation: str) -> SealedPair:
    access = sealer.seal(pair.access_token, about=f"{authorisation} access")
    refresh = sealer.seal(pair.refresh_token, about=f"{authorisation} refresh")
    return SealedPair(key_id=access.key_id, access_token=access.content, refresh_token=refresh.content)


def open_access(sealer: Sealer, row: Any, *, authorisation: str) -> SecretStr:
    return sealer.open(Sealed(row["key_id"], row["access_token"]), about=f"{authorisation} access")


def open_refresh(sealer: Sealer, row: Any, *, authorisation: str) -> SecretStr:
    return sealer.open(Sealed(row["key_id"], row["refresh_token"]), about=f"{authorisation} refresh")


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to ask for the next pair, and what to ask with."""

    id: UUID
    authorisation: str
    channel: str
    shop_id: str
    generation: int
    unsettled: bool
    """An earlier refresh of this very pair was cut off: its answer may be lost."""
    refresh_token: SecretStr
