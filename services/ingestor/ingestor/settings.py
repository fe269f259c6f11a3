"""What the ingestor is told from outside."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from ingestor.domain.known import Rules

Seconds = Annotated[float, Field(gt=0)]


class Settings(ServiceSettings):
    """Settings of the ingestor, prefix `INGESTOR_`."""

    model_config = SettingsConfigDict(env_prefix="INGESTOR_")

    port: int = 8001

    public_url: str = "http://127.0.0.1:8001"
    """Where sellers' browsers reach the ingestor: consent pages send them back there, `/connect/{channel}/callback`."""
    page_url: str = "http://127.0.0.1:8000"
    """Where the seller page is: the callback ends there."""
    connect_link_seconds: Seconds = 900
    """How long a link to a consent page holds."""

    webhook_timeout_seconds: Seconds = 2.5
    """Both marketplaces wait 3 s for an answer."""
    unknown_pushes_kept: Annotated[int, Field(ge=1)] = 1000

    lookup_workers: Annotated[int, Field(ge=1)] = 8
    """Shops that are read at the same time: one that hangs takes one of them for a call's time."""
    orders_per_turn: Annotated[int, Field(ge=1)] = 50
    lease_seconds: Seconds = 18
    """So long a shop waits when the process that had it in hand was killed. More than twice the time of a call."""
    deadline_grace_seconds: Seconds = 2
    """How long after a deadline the marketplace is looked at: it acts on its own clock."""
    confirm_after_seconds: Seconds = 600
    """How long after an answer was taken the marketplace must show it (CONTRACTS A2)."""
    first_backoff_seconds: Seconds = 1
    max_backoff_seconds: Seconds = 300
    misconfigured_delay_seconds: Seconds = 60

    sweep_interval_seconds: Seconds = 60
    sweep_overlap_seconds: Seconds = 300
    """Lists lag behind: so much of the time swept before is swept again."""
    sweep_window_seconds: Seconds = 6 * 3600
    """So much time at once, when a lot has to be caught up."""
    sweep_timeout_seconds: Seconds = 60
    lost_pushes_interval_seconds: Seconds = 60
    """How often Shopee's queue of lost pushes is asked for."""
    shops_interval_seconds: Seconds = 5
    """How soon a newly connected shop is seen."""
    orders_kept_days: Annotated[float, Field(gt=0)] = 120

    shopee_respond_within_seconds: dict[str, Seconds] = Field(default_factory=dict)
    """Per region; Shopee tells no deadline."""
    shopee_respond_within_default_seconds: Seconds = 24 * 3600
    patience_seconds: Annotated[float, Field(ge=0)] = 30

    def rules(self) -> Rules:
        """Figures that the rules are given."""
        return Rules(
            respond_within={region: timedelta(seconds=seconds) for region, seconds in self.shopee_respond_within_seconds.items()},
            respond_within_default=timedelta(seconds=self.shopee_respond_within_default_seconds),
            patience=timedelta(seconds=self.patience_seconds),
        )
