"""The programs of a stack: how each is prepared, started, and known to be ready."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import httpx

from local_stack import containers, kafka, postgres, secrets
from local_stack.children import Command
from local_stack.settings import INFRASTRUCTURE, SERVICES, Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One supervised process. `prepare` may block and runs before each start; `settle` runs once ready, before others start."""

    name: str
    ports: Sequence[int]
    prepare: Callable[[], None]
    command: Callable[[], Command]
    ready: Callable[[], Awaitable[bool]]
    settle: Callable[[], Awaitable[None]] | None = None
    ready_seconds: float = 60.0

    @property
    def is_infrastructure(self) -> bool:
        return self.name in INFRASTRUCTURE


def programs(stack: Stack) -> dict[str, Program]:
    """Every program that this stack has, in the order of starting. Kafka or Postgres given from outside is none of them."""
    own: list[Program] = []
    if stack.given_kafka_url is None:
        own.append(_kafka(stack))
    if stack.given_database_url is None:
        own.append(_postgres(stack))
    own += [_python(stack, name) for name in ("sandbox", *SERVICES)]
    return {program.name: program for program in own}


def install(stack: Stack, names: Iterable[str], *, progress: Callable[[str], None]) -> None:
    """What may take long or be missing, before anything is started. Raises `Unmet`."""
    if stack.given_kafka_url is None and "kafka" in names and not containers.chosen(stack):
        if not kafka.is_installed(stack):
            progress("fetching Kafka (once)")
        kafka.install(stack)


def _kafka(stack: Stack) -> Program:
    async def ready() -> bool:
        return await asyncio.to_thread(kafka.answers, stack.kafka_url)

    if containers.chosen(stack):
        return Program(
            name="kafka", ports=(stack.kafka_port,), prepare=lambda: None, command=lambda: containers.command(stack, "kafka"), ready=ready
        )

    return Program(
        name="kafka",
        ports=(stack.kafka_port, stack.kafka_controller_port),
        prepare=lambda: kafka.prepare(stack),
        command=lambda: kafka.command(stack),
        ready=ready,
    )


def _postgres(stack: Stack) -> Program:
    async def ready() -> bool:
        return await postgres.answers(stack.database_url)

    async def settle() -> None:
        await create_databases(stack)

    if containers.chosen(stack):
        return Program(
            name="postgres",
            ports=(stack.postgres_port,),
            prepare=lambda: None,
            command=lambda: containers.command(stack, "postgres"),
            ready=ready,
            settle=settle,
        )
    return Program(
        name="postgres",
        ports=(stack.postgres_port,),
        prepare=lambda: postgres.prepare(stack),
        command=lambda: postgres.command(stack),
        ready=ready,
        settle=settle,
    )


async def create_databases(stack: Stack) -> None:
    """Roles and databases of all services, with the stack's passwords."""
    made_up = secrets.of(stack)
    await postgres.create_databases(stack.database_url, {name: secrets.password(made_up, name) for name in secrets.DATABASES})


def _python(stack: Stack, name: str) -> Program:
    port = stack.port(name)
    path = "/" if name == "sandbox" else "/health/ready"

    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
                answer = await client.get(f"http://127.0.0.1:{port}{path}")
        except httpx.HTTPError:
            return False
        return answer.is_success

    def command() -> Command:
        return Command(argv=[sys.executable, "-m", name.replace("-", "_")], env=service_environment(stack), grace_seconds=12)

    return Program(name=name, ports=(port,), prepare=lambda: None, command=command, ready=ready)


def service_environment(stack: Stack) -> dict[str, str]:
    """The settings of all services and the sandbox in this stack; each program reads its own."""
    made_up = secrets.of(stack)
    keys = {name: value for name, value in made_up.items() if not name.startswith("PASSWORD_")}
    sandbox = f"http://127.0.0.1:{stack.sandbox_port}"
    addresses = {
        "KAFKA_URL": stack.kafka_url,
        "ACCOUNTS_KEY_ID": "1",
        "INGESTOR_URL": f"http://127.0.0.1:{stack.ingestor_port}",
        "SHOPEE_URL": sandbox,
        "SHOPEE_CALLBACK_URL": f"http://127.0.0.1:{stack.ingestor_port}/webhooks/shopee",
        "TIKTOK_URL": sandbox,
        "TIKTOK_AUTH_URL": sandbox,
        "SANDBOX_PORT": str(stack.sandbox_port),
    }
    for name in SERVICES:
        prefix = name.upper().replace("-", "_")
        addresses[f"{prefix}_PORT"] = str(stack.port(name))
        addresses[f"{prefix}_DATABASE_URL"] = database_url(stack, prefix.lower())
    # Each service enters `accounts` as itself: the ingestor owns it, sync-back is granted what it needs.
    machine = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LOG_LEVEL", "PYTHONPATH") if key in os.environ}
    return machine | {"PYTHONUNBUFFERED": "1"} | addresses | {"ACCOUNTS_DATABASE_URL": database_url(stack, "accounts")} | keys


def database_url(stack: Stack, database: str) -> str:
    """The URL with which the role of that name enters the database of that name."""
    server = urlsplit(stack.database_url)
    host = server.netloc.rpartition("@")[2]
    return urlunsplit(
        (server.scheme, f"{database}:{secrets.password(secrets.of(stack), database)}@{host}", f"/{database}", server.query, "")
    )
