"""What decision is told from outside."""

from datetime import timedelta

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from decision.domain.alerts import Rules


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="DECISION_")

    port: int = 8000
    ingestor_url: str = Field(default="http://127.0.0.1:8001", validation_alias="INGESTOR_URL")
    """Where reject reasons and connect links come from."""
    not_taken_after_seconds: float = Field(default=600, gt=0)
    """A synced answer stands until a read that started so long after it still shows the request open."""
    due_soon_before_seconds: float = Field(default=4 * 3600, gt=0)
    unconfirmed_after_seconds: float = Field(default=720, gt=0)
    """Longer than `not_taken_after_seconds`: the ingestor looks then, and that look should have confirmed the answer."""
    clock_seconds: float = Field(default=1.0, gt=0)

    @property
    def rules(self) -> Rules:
        return Rules(
            not_taken_after=timedelta(seconds=self.not_taken_after_seconds),
            due_soon_before=timedelta(seconds=self.due_soon_before_seconds),
            unconfirmed_after=timedelta(seconds=self.unconfirmed_after_seconds),
        )
