"""Where the stack keeps its files and which ports it answers on."""

import hashlib
import json
from pathlib import Path
from typing import Literal, Self

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

REPOSITORY = Path(__file__).resolve().parents[3]
POM = Path(__file__).resolve().parents[1] / "pom.xml"

INFRASTRUCTURE = ("kafka", "postgres")
SERVICES = ("ingestor", "decision", "inventory", "sync-back")


class Stack(BaseSettings):
    """One stack: a folder, ports, and what was given from outside. Two stacks with different folders and ports don't meet."""

    model_config = SettingsConfigDict(env_prefix="LOCAL_STACK_", populate_by_name=True, frozen=True)

    home: Path = Field(default=REPOSITORY / ".local", description="data, logs, secrets and state")
    software: Path = Field(default=REPOSITORY / ".local" / "software", description="downloads, shared by all stacks of a clone")
    engine: Literal["auto", "native", "docker"] = Field(default="auto", description="auto: containers if a Docker engine answers")
    durable: bool = Field(default=True, description="false: Postgres does not fsync (tests: a process may die, the machine won't)")

    kafka_port: int = 19092
    kafka_controller_port: int = 19093
    kafka_heap: str = "512m"
    postgres_port: int = 15432
    decision_port: int = 8000
    ingestor_port: int = 8001
    inventory_port: int = 8002
    sync_back_port: int = 8003
    sandbox_port: int = 8090

    services: dict[str, str] = Field(
        default={}, description="settings that every service of this stack is told besides, e.g. a shorter sweep"
    )

    given_kafka_url: str | None = Field(default=None, validation_alias="KAFKA_URL")
    given_database_url: str | None = Field(default=None, validation_alias="DATABASE_URL")

    by_name: bool = Field(default=False, description="programs reach each other by name, as containers do, not on the loopback")

    @property
    def kafka_url(self) -> str:
        """Bootstrap servers: `host:port`."""
        return self.given_kafka_url or f"127.0.0.1:{self.kafka_port}"

    @property
    def database_url(self) -> str:
        """The superuser's URL."""
        return self.given_database_url or f"postgresql://postgres@127.0.0.1:{self.postgres_port}/postgres"

    @property
    def kafka_jars(self) -> Path:
        """One folder per content of the pom, so that a new version never mixes with an old one."""
        return self.software / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def data(self) -> Path:
        return self.home / "stack"

    def port(self, name: str) -> int:
        """The port on which a program of this stack answers."""
        return int(getattr(self, f"{name.replace('-', '_')}_port"))

    def url(self, name: str) -> str:
        """Where another program of this stack finds this one's HTTP."""
        return f"http://{name if self.by_name else '127.0.0.1'}:{self.port(name)}"

    def with_free_ports(self) -> Self:
        """The same stack on ports that nobody uses now."""
        from local_stack.ports import free_ports

        names = [name for name in type(self).model_fields if name.endswith("_port")]
        return self.model_copy(update=dict(zip(names, free_ports(len(names)), strict=True)))

    def environment(self) -> dict[str, str]:
        """This stack as environment variables: what a child process needs to mean the same stack."""
        given = {"KAFKA_URL": self.given_kafka_url, "DATABASE_URL": self.given_database_url}
        own = {name: getattr(self, name) for name in type(self).model_fields if not name.startswith("given_")}
        texts = {name: json.dumps(value) if isinstance(value, dict) else str(value) for name, value in own.items()}
        return {f"LOCAL_STACK_{name.upper()}": value for name, value in texts.items()} | {k: v for k, v in given.items() if v}
