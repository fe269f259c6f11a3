"""Authorisations of shops: codes, access tokens, and refresh tokens that work once."""

from dataclasses import dataclass, field
from typing import Literal

from sandbox.clock import Clock
from sandbox.config import Channel, Config, ShopSpec
from sandbox.ids import Ids

PREVIOUS_ACCESS_S = 300  # Shopee: after a refresh the former access token works five more minutes
CODE_LIFE_S = {Channel.SHOPEE: 600, Channel.TIKTOK: 1800}

TokenState = Literal["valid", "expired", "unknown"]
RefreshState = Literal["refreshed", "unknown", "expired", "revoked", "authorisation_expired"]


@dataclass(slots=True, kw_only=True)
class Grant:
    """What one seller account allowed; moments are on the sandbox's clock."""

    channel: Channel
    account: str
    shop_ids: tuple[str, ...]
    open_id: str
    access: str = ""
    access_until: float = 0.0
    former: dict[str, float] = field(default_factory=dict)  # earlier access tokens and how long they work
    refresh: str = ""
    refresh_until: float = 0.0
    authorised_at: float = 0.0
    authorised_until: float = 0.0
    revoked: bool = False

    def usable(self, now: float) -> bool:
        return not self.revoked and now < self.authorised_until


@dataclass(slots=True)
class Shop:
    spec: ShopSpec
    cipher: str
    grant: Grant
    reject_reasons: list[dict[str, str]] = field(default_factory=list)
    webhooks: dict[str, dict[str, object]] = field(default_factory=dict)


@dataclass(slots=True)
class Grants:
    """Issues and checks tokens of every account."""

    config: Config
    clock: Clock
    ids: Ids
    by_account: dict[tuple[Channel, str], Grant] = field(default_factory=dict)
    codes: dict[str, tuple[Grant, str, float]] = field(default_factory=dict)  # code → grant, shop, until when
    main_accounts: dict[str, list[Grant]] = field(default_factory=dict)  # Shopee: main account → the grants of its shops
    main_codes: dict[str, tuple[str, float]] = field(default_factory=dict)  # code → main account, until when

    def add_shop(self, spec: ShopSpec) -> Grant:
        """TikTok: shops of an account share one grant. Shopee: each shop has its own, and a main account has several shops."""
        if spec.channel is Channel.SHOPEE:
            grant = self._grant(spec.channel, spec.shop_id)
            if spec.account:
                self.main_accounts.setdefault(spec.account, []).append(grant)
        else:
            grant = self._grant(spec.channel, spec.account or spec.shop_id)
        grant.shop_ids = (*grant.shop_ids, spec.shop_id)
        return grant

    def _grant(self, channel: Channel, account: str) -> Grant:
        key = (channel, account)
        grant = self.by_account.get(key)
        if grant is None:
            grant = Grant(channel=channel, account=account, shop_ids=(), open_id=self.ids.token(20))
            self.by_account[key] = grant
            self.authorise(grant)
        return grant

    def authorise(self, grant: Grant) -> None:
        """Consent (again): the period starts anew and both tokens are replaced."""
        grant.authorised_at = self.clock.now()
        grant.authorised_until = grant.authorised_at + self.config.authorisation_s
        grant.revoked = False
        grant.former = dict.fromkeys([*grant.former, grant.access], 0.0)
        self._new_tokens(grant)

    def _new_tokens(self, grant: Grant) -> None:
        grant.access, grant.refresh = self.ids.token(), self.ids.token(48)
        self._lives(grant)

    def _lives(self, grant: Grant) -> None:
        now = self.clock.now()
        shopee = grant.channel is Channel.SHOPEE
        grant.access_until = min(now + (self.config.shopee_access_s if shopee else self.config.tiktok_access_s), grant.authorised_until)
        grant.refresh_until = min(now + self.config.shopee_refresh_s, grant.authorised_until) if shopee else grant.authorised_until

    def new_code(self, grant: Grant, shop_id: str) -> str:
        code = self.ids.token(32)
        self.codes[code] = (grant, shop_id, self.clock.now() + CODE_LIFE_S[grant.channel])
        return code

    def use_code(self, channel: Channel, code: str) -> tuple[Grant, str] | None:
        """The grant behind a code, once and in time; the tokens are new."""
        known = self.codes.get(code)
        if known is None or known[0].channel is not channel:
            return None
        grant, shop_id, until = self.codes.pop(code)
        if self.clock.now() >= until:
            return None
        self.authorise(grant)
        return grant, shop_id

    def new_main_code(self, account: str) -> str:
        code = self.ids.token(32)
        self.main_codes[code] = (account, self.clock.now() + CODE_LIFE_S[Channel.SHOPEE])
        return code

    def use_main_code(self, account: str, code: str) -> list[Grant] | None:
        """All shops of a main account begin with one pair; each shop may refresh with it once and goes its own way from there."""
        known = self.main_codes.get(code)
        if known is None or known[0] != account:
            return None
        if self.clock.now() >= self.main_codes.pop(code)[1]:
            return None
        grants = self.main_accounts[account]
        for grant in grants:
            self.authorise(grant)
            grant.access, grant.refresh = grants[0].access, grants[0].refresh
        return grants

    def refresh(self, grant: Grant, token: str) -> RefreshState:
        """Swap the refresh token for a new pair; it never works twice."""
        now = self.clock.now()
        if grant.revoked:
            return "revoked"
        if token != grant.refresh:
            return "unknown"
        if now >= grant.authorised_until:
            return "authorisation_expired"
        if now >= grant.refresh_until:
            return "expired"
        overlap = min(now + PREVIOUS_ACCESS_S, grant.access_until) if grant.channel is Channel.SHOPEE else 0.0
        grant.former = {**grant.former, grant.access: overlap}
        self._new_tokens(grant)
        return "refreshed"

    def check(self, grant: Grant, token: str) -> TokenState:
        until = grant.access_until if token == grant.access else grant.former.get(token)
        if until is None:
            return "unknown"
        return "valid" if grant.usable(self.clock.now()) and self.clock.now() < until else "expired"

    def expire_token(self, grant: Grant, *, refresh_too: bool = False) -> None:
        grant.access_until = self.clock.now()
        grant.former = dict.fromkeys(grant.former, 0.0)
        if refresh_too:
            grant.refresh_until = self.clock.now()

    def restore(self, grant: Grant) -> None:
        """As if it had never been revoked or expired: the newest pair works again."""
        if self.clock.now() >= grant.authorised_until:
            grant.authorised_until = self.clock.now() + self.config.authorisation_s
        self._lives(grant)
        grant.revoked = False

    def by_token(self, channel: Channel, token: str) -> Grant | None:
        found = (
            grant for grant in self.by_account.values() if grant.channel is channel and (token == grant.access or token in grant.former)
        )
        return next(found, None)

    def by_refresh(self, channel: Channel, token: str) -> Grant | None:
        return next((grant for grant in self.by_account.values() if grant.channel is channel and grant.refresh == token), None)
