"""Where operators find Kafka, the services' databases and their own: the same variables as the services'."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from ops.failures import Unreachable


class Settings(BaseSettings):
    """`<SERVICE>_DATABASE_URL` is the service's database, entered as role `ops`: its owner's views are all that is seen there."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    kafka_url: str = "127.0.0.1:19092"
    topic_prefix: str = ""
    topic_replication: int = 1

    ops_database_url: SecretStr | None = None
    """What was done, by whom and why; made and migrated by the first command that needs it."""
    ingestor_database_url: SecretStr | None = None
    decision_database_url: SecretStr | None = None
    inventory_database_url: SecretStr | None = None
    sync_back_database_url: SecretStr | None = None
    accounts_database_url: SecretStr | None = None

    ingestor_url: str = "http://127.0.0.1:8001"
    auth_key: SecretStr | None = None
    """Signs the token with which services are asked over HTTP (`ops verify`)."""
    auth_issuer: str = "zetpy"
    auth_audience: str = "zetpy-cancellations"

    who: str | None = Field(default=None, validation_alias="OPS_USER")
    """Who acts, as it is stored with every action; absent: the account of the machine."""

    def database_url(self, name: str) -> str:
        """Of the database `name`: `ops`, `accounts` or a service's (`sync-back`)."""
        field = f"{name.replace('-', '_')}_database_url"
        url: SecretStr | None = getattr(self, field)
        if url is None:
            raise Unreachable(f"nobody said where the database of {name} is: set {field.upper()}, or use `make ops` on a local stack")
        return url.get_secret_value()
