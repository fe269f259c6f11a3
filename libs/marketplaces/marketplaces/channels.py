"""Both channels, built from the settings, for reading or for answering."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import httpx

from marketplaces.interface import Channel
from marketplaces.pace import Pace
from marketplaces.settings import MarketplaceSettings
from marketplaces.shopee.calls import ShopeeApp, ShopeeCalls
from marketplaces.shopee.channel import Shopee
from marketplaces.tiktok.calls import TikTokApp, TikTokCalls
from marketplaces.tiktok.channel import TikTok
from marketplaces.wire import Wire

Purpose = Literal["reading", "answering"]

_CONNECTIONS = 100


def utcnow() -> datetime:
    """Now, as an aware UTC datetime."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of one process, and the HTTP client they share. Close it at the end."""

    shopee: Shopee
    tiktok: TikTok
    client: httpx.AsyncClient
    paces: Mapping[str, Pace]

    @property
    def by_name(self) -> Mapping[str, Channel]:
        return {"shopee": self.shopee, "tiktok": self.tiktok}

    async def close(self) -> None:
        await self.client.aclose()


def open_channels(
    settings: MarketplaceSettings, *, purpose: Purpose, client: httpx.AsyncClient | None = None, now: Callable[[], datetime] = utcnow
) -> Channels:
    """Both channels with the part of each shop's pace that `purpose` has. `client`: tests bring their own transport."""
    timeout = settings.marketplace_timeout_seconds
    limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    client = client or httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False)
    wire = Wire(client, timeout_seconds=timeout)
    share = settings.marketplace_reading_share
    part = max(share if purpose == "reading" else 1 - share, 0.05)
    shopee, tiktok = Pace(per_second=settings.shopee_calls_per_second * part), Pace(per_second=settings.tiktok_calls_per_second * part)
    return Channels(
        shopee=_shopee(settings, wire, client, shopee, now),
        tiktok=_tiktok(settings, wire, client, tiktok, now),
        client=client,
        paces={"shopee": shopee, "tiktok": tiktok},
    )


def _shopee(settings: MarketplaceSettings, wire: Wire, client: httpx.AsyncClient, pace: Pace, now: Callable[[], datetime]) -> Shopee:
    app = ShopeeApp(url=settings.shopee_url, partner_id=settings.shopee_partner_id, partner_key=settings.shopee_partner_key)
    return Shopee(
        ShopeeCalls(wire, client, app, pace=pace, now=now),
        push_key=settings.shopee_push_key,
        callback_url=settings.shopee_callback_url,
        hex_key_too=settings.shopee_push_key_hex,
        consent_url=settings.shopee_consent_url,
        now=now,
    )


def _tiktok(settings: MarketplaceSettings, wire: Wire, client: httpx.AsyncClient, pace: Pace, now: Callable[[], datetime]) -> TikTok:
    key, secret = settings.tiktok_app_key, settings.tiktok_app_secret
    app = TikTokApp(url=settings.tiktok_url, auth_url=settings.tiktok_auth_url, app_key=key, app_secret=secret)
    calls = TikTokCalls(wire, client, app, pace=pace, now=now)
    consent = (settings.tiktok_consent_url, settings.tiktok_service_id)
    return TikTok(calls, app_key=key, app_secret=secret, consent=consent, locale=settings.tiktok_locale, now=now)
