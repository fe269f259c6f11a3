"""What sync-back is told from outside."""

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """`SYNC_BACK_…`; how to reach the marketplaces and `accounts` is in `MarketplaceSettings`."""

    model_config = SettingsConfigDict(env_prefix="SYNC_BACK_")

    port: int = 8003
    workers: int = 8
    """Shops that are answered at the same time."""
    deliveries_per_turn: int = 10
    lease_seconds: float = 18
    """So long a shop waits when the process that had it in hand was killed. More than twice the time of a call."""
    misconfigured_delay_seconds: float = 300
    """How often an answer is tried that waits for our own configuration to be mended."""
