"""What the marketplaces part is told from outside: addresses, the apps' keys, the accounts database, the pace of calls."""

from typing import Annotated, Self

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Seconds = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]
PerSecond = Annotated[float, Field(gt=0)]

LONGEST_CALL_SECONDS = 15


class MarketplaceSettings(BaseSettings):
    """Shared by ingestor and sync-back, hence without a service's prefix."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    accounts_database_url: SecretStr
    accounts_key: SecretStr
    """Base64 of 32 bytes; kept outside the database."""
    accounts_key_id: str = "1"
    accounts_old_keys: dict[str, SecretStr] = {}
    """Key id → key, for what was sealed before the key was changed."""

    shopee_url: str
    shopee_partner_id: int
    shopee_partner_key: SecretStr
    shopee_push_key: SecretStr
    shopee_push_key_hex: bool = False
    """Take pushes signed with the hex-decoded push key too."""
    shopee_callback_url: str
    """As registered in Shopee's console, character for character: pushes are signed over it."""

    shopee_consent_url: str = "https://open.shopee.com/auth"
    """Where sellers let the app into their shops."""

    tiktok_url: str
    tiktok_auth_url: str
    tiktok_app_key: SecretStr
    tiktok_app_secret: SecretStr
    tiktok_locale: str = "en-US"
    tiktok_consent_url: str = "https://services.tiktokshop.com/open/authorize"
    tiktok_service_id: str = ""
    """Names the app on the consent page; without it no TikTok shop can be connected there."""

    shopee_calls_per_second: PerSecond = 5
    """Per shop, over all services (no figure is published)."""
    tiktok_calls_per_second: PerSecond = 5
    """Per shop, over all services (published starting points are 3-10 reads a second)."""
    marketplace_reading_share: Share = 0.7
    """What part of a shop's pace the ingestor uses; sync-back has the rest."""
    marketplace_timeout_seconds: Annotated[float, Field(gt=0, lt=LONGEST_CALL_SECONDS)] = 8
    """Of one call as a whole. Shorter than the lease (`…_LEASE_SECONDS`) that work on a shop is done under; better under half of it."""
    token_refresh_ahead_seconds: Seconds = 1800

    def under_lease(self, name: str, seconds: float) -> Self:
        """These settings, if a call ends before the lease it is made under; else ValueError: another process would call meanwhile."""
        if self.marketplace_timeout_seconds >= seconds:
            raise ValueError(
                f"MARKETPLACE_TIMEOUT_SECONDS={self.marketplace_timeout_seconds:g} must be shorter than {name}={seconds:g}: "
                "a call that outlives its lease is made a second time by another process"
            )
        return self
