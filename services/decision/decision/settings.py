"""What decision is told from outside."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from chassis.settings import ServiceSettings
from decision.domain.alerts import Rules

PAGE = Path(__file__).resolve().parents[1] / "web" / "dist"


class DemoUser(BaseModel):
    """Somebody whom the demo's log-in page offers."""

    user: str
    name: str
    seller_id: str
    seller_name: str
    roles: tuple[Literal["viewer", "decider", "admin", "fulfilment"], ...]


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="DECISION_")

    port: int = 8000
    ingestor_url: str = Field(default="http://127.0.0.1:8001", validation_alias="INGESTOR_URL")
    """Where reject reasons and connect links come from."""
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins, with commas between, whose pages may call the API: Zetpy's own UI."""
    page_folder: Path = PAGE
    """The seller page as built."""
    image_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """Origins, with commas between, of product pictures beside all that have https: a marketplace on this machine."""
    demo_users: tuple[DemoUser, ...] = ()
    """A list as JSON, for demos alone: whoever reaches the page may log in as any of them."""
    session_seconds: float = Field(default=12 * 3600, gt=0)
    """How long somebody of `demo_users` stays logged in; every other session lives as long as its token."""
    not_taken_after_seconds: float = Field(default=600, gt=0)
    """A synced answer stands until a read that started so long after it still shows the request open."""
    due_soon_before_seconds: float = Field(default=4 * 3600, gt=0)
    unconfirmed_after_seconds: float = Field(default=720, gt=0)
    """Longer than `not_taken_after_seconds`: the ingestor looks then, and that look should have confirmed the answer."""
    owed_too_long_seconds: float = Field(default=900, gt=0)
    """An answer that has been on its way for so long needs a person."""
    streams_per_seller: int = Field(default=50, gt=0)
    """Streams of changes that a seller may hold open at one instance; a browser holds one."""
    streams: int = Field(default=2000, gt=0)
    """Streams that an instance holds open: each costs it memory, and a file."""
    clock_seconds: float = Field(default=1.0, gt=0)

    @field_validator("allowed_origins", "image_origins", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(origin.strip() for origin in value.split(",") if origin.strip()) if isinstance(value, str) else value

    @property
    def rules(self) -> Rules:
        return Rules(
            not_taken_after=timedelta(seconds=self.not_taken_after_seconds),
            due_soon_before=timedelta(seconds=self.due_soon_before_seconds),
            unconfirmed_after=timedelta(seconds=self.unconfirmed_after_seconds),
            owed_too_long_after=timedelta(seconds=self.owed_too_long_seconds),
        )
