"""The small interface that every channel implements: read, list changes, approve, reject, tokens, pushes."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from pydantic import SecretStr

from contracts.values import RejectReason, RejectReasonNeed
from marketplaces.seen import Change, Reading

ChannelName = Literal["shopee", "tiktok"]
PushKind = Literal["order", "cancellation", "authorised", "revoked", "expiring", "other"]


@dataclass(frozen=True, slots=True)
class Access:
    """A shop, and what is needed to call the marketplace for it."""

    channel: str
    shop_id: str
    region: str
    token: SecretStr
    cipher: str | None = field(default=None, repr=False)
    generation: int = 0
    """Which pair of the shop's tokens this is of."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """Both tokens of an authorisation, with the times at which they end."""

    access_token: SecretStr
    refresh_token: SecretStr
    access_until: datetime
    refresh_until: datetime | None = None
    shop_ids: tuple[str, ...] = ()
    """Shopee: the shops that the authorisation covers. TikTok tells them by `authorised_shops`."""
    owner: str | None = None
    """TikTok `open_id`: shops of one authorisation share one pair."""
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """What a seller's browser brings back from a consent page: a code that works once, and Shopee's word for what it is of."""

    code: str = field(repr=False)
    shop_id: str | None = None
    main_account_id: str | None = None
    """Shopee: the code is of a main account and all its shops, instead of one shop."""


@dataclass(frozen=True, slots=True)
class ShopSeen:
    """A shop as the marketplace describes it."""

    shop_id: str
    name: str
    region: str
    cipher: str | None = field(default=None, repr=False)
    authorised_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The marketplace took the answer. Both channels act on it afterwards: the state is seen by reading."""

    call_id: str | None


@dataclass(frozen=True, slots=True)
class RejectReasons:
    required: bool
    items: tuple[RejectReason, ...]
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class PushHint:
    """What a push says is worth a look: never a fact."""

    channel: str
    kind: PushKind
    shop_id: str | None = None
    order_ref: str | None = None
    native_id: str | None = None
    marketplace_status: str | None = None
    push_id: str | None = None
    """The marketplace's id of the notification; absent where it has none."""
    update_time: datetime | None = None
    authorised_until: datetime | None = None
    """Only for `expiring`, where the push tells it."""
    text: str | None = None
    """The marketplace's own words, for people (why an authorisation ended)."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A genuine push, and the hints it holds (none for topics that are of no interest here)."""

    hints: tuple[PushHint, ...]
    signed_with: str


@dataclass(frozen=True, slots=True)
class Ping:
    """Shopee's verification of a callback address, unsigned and without content: answer 2xx and do nothing."""


@dataclass(frozen=True, slots=True)
class Unverified:
    """The signature is missing or wrong: answer 401 and store nothing."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Signed, but not a push that can be read: answer 400."""

    why: str


Received = Pushed | Ping | Unverified | Malformed


@dataclass(frozen=True, slots=True)
class LostPushes:
    """A page of Shopee's lost pushes. Confirm `last_message_id` only after the hints are stored."""

    hints: tuple[PushHint, ...]
    last_message_id: int | None
    has_more: bool
    count: int
    """Messages of the page, of whatever topic."""
    unreadable: int = 0


class Channel(Protocol):
    """One marketplace. Every call raises a `MarketplaceFailure` where it can't do what it promises."""

    @property
    def name(self) -> ChannelName: ...

    @property
    def reject_reason(self) -> RejectReasonNeed: ...

    async def read_orders(self, access: Access, order_refs: Sequence[str]) -> Reading:
        """Read orders with their requests, any number of refs, in the channel's bulk calls (50 a call)."""

    def list_changes(self, access: Access, *, since: datetime, until: datetime) -> AsyncIterator[Change]:
        """Orders and requests whose `update_time` is in [since, until), oldest window first; an order may come more than once."""

    def list_open(self, access: Access) -> AsyncIterator[Change]:
        """Every order with a request that is open now."""

    async def approve(self, access: Access, *, order_ref: str, native_id: str, idempotency_key: str) -> Answered:
        """Accept the cancel request. `Stale` and `Refused` say that it is not open any more."""

    async def reject(
        self, access: Access, *, order_ref: str, native_id: str, idempotency_key: str, reason: str | None, comment: str | None
    ) -> Answered:
        """Turn the cancel request down. `reason` is a name of `reject_reasons`; channels without reasons ignore it and the comment."""

    async def reject_reasons(self, access: Access, *, native_id: str, locale: str) -> RejectReasons:
        """The reasons offered for this request, to be shown and used as they are."""

    async def read_shops(self, access: Access) -> tuple[ShopSeen, ...]:
        """The shops that this authorisation covers, as the marketplace describes them now."""

    def consent_link(self, *, state: str, back_to: str) -> str:
        """Where a seller lets our app into a shop; the browser comes back to `back_to` with `state`. `Misconfigured` without an app."""

    def consent_given(self, query: Mapping[str, str]) -> Consent | None:
        """What the browser came back with; None: the seller did not agree."""

    async def exchange_code(self, code: str, *, shop_id: str | None, main_account_id: str | None = None) -> TokenPair:
        """The first pair of an authorisation; a code works once. It replaces the tokens that the shops had before."""

    async def refresh(self, refresh_token: SecretStr, *, shop_id: str) -> TokenPair:
        """A new pair. Shopee's refresh token works once: store the pair before using it. `Reauthorise`: it is not taken (any more)."""

    def receive(self, body: bytes, *, authorization: str | None) -> Received:
        """Verify and parse a push, in that order, without I/O."""
