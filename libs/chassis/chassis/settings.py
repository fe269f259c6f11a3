"""What every service is told from outside; nothing else reads the environment."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

DAY_SECONDS = 86_400


class ServiceSettings(BaseSettings):
    """Subclass it with `model_config = SettingsConfigDict(env_prefix="DECISION_")`; the fields with an alias have no prefix."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    database_url: SecretStr
    host: str = "127.0.0.1"
    port: int = 8000

    kafka_url: str = Field(default="127.0.0.1:19092", validation_alias="KAFKA_URL")
    auth_key: SecretStr = Field(validation_alias="AUTH_KEY")
    auth_issuer: str = Field(default="zetpy", validation_alias="AUTH_ISSUER")
    auth_audience: str = Field(default="zetpy-cancellations", validation_alias="AUTH_AUDIENCE")
    log_level: str = Field(default="INFO", validation_alias="LOG_LEVEL")
    otlp_url: str | None = Field(default=None, validation_alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    trace_ratio: float = Field(default=1.0, ge=0, le=1, validation_alias="TRACE_RATIO")
    topic_prefix: str = Field(default="", validation_alias="TOPIC_PREFIX")
    topic_replication: int = Field(default=1, validation_alias="TOPIC_REPLICATION")
    inbox_retention_seconds: float = Field(default=40 * DAY_SECONDS, validation_alias="INBOX_RETENTION_SECONDS")

    bug_patience_seconds: float = Field(default=600, validation_alias="BUG_PATIENCE_SECONDS")
    bugs_in_a_row: int = Field(default=20, validation_alias="BUGS_IN_A_ROW")
    backoff_cap_seconds: float = Field(default=30, validation_alias="BACKOFF_CAP_SECONDS")
    max_poll_interval_seconds: float = Field(default=300, validation_alias="MAX_POLL_INTERVAL_SECONDS")
    session_timeout_seconds: float = Field(default=10, validation_alias="SESSION_TIMEOUT_SECONDS")
    handler_hang_seconds: float = Field(default=120, validation_alias="HANDLER_HANG_SECONDS")
    fetch_stall_seconds: float = Field(default=30, validation_alias="FETCH_STALL_SECONDS")
    pool_max_size: int = Field(default=8, validation_alias="POOL_MAX_SIZE")
