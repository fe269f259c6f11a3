"""The programs of a stack: how each is prepared, started, and known to be ready."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
from aiokafka.errors import KafkaError

from chassis.kafka import create_topics, wanted_topics
from contracts import topics
from local_stack import containers, kafka, ports, postgres, secrets, state
from local_stack.children import Command
from local_stack.demo import people
from local_stack.settings import INFRASTRUCTURE, SERVICES, Stack

COORDINATORS_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One supervised process. `prepare` may block and runs before each start; `settle` runs once ready, before others start.

    `ports`: the settings that say them.
    """

    name: str
    ports: Sequence[str]
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
    own += [_sandbox(stack), *(_service(stack, name) for name in SERVICES)]
    return {program.name: program for program in own}


def require_free_ports(stack: Stack, names: Iterable[str]) -> None:
    """All ports of these programs, before anything is started or wiped. Raises `Unmet`."""
    ports.require_free(
        {setting: getattr(stack, setting) for name, program in programs(stack).items() if name in names for setting in program.ports}
    )


def install(stack: Stack, names: Iterable[str], *, progress: Callable[[str], None]) -> None:
    """What may take long or be missing, before anything is started. Raises `Unmet`."""
    if stack.given_kafka_url is None and "kafka" in names and not containers.chosen(stack):
        if not kafka.is_installed(stack):
            progress("fetching Kafka (once)")
        kafka.install(stack)


def _kafka(stack: Stack) -> Program:
    async def ready() -> bool:
        return await asyncio.to_thread(kafka.answers, stack.kafka_url)

    async def settle() -> None:
        await _furnish_kafka(stack)

    if containers.chosen(stack):
        return Program(
            name="kafka",
            ports=("kafka_port",),
            prepare=_nothing,
            command=lambda: containers.command(stack, "kafka"),
            ready=ready,
            settle=settle,
        )

    return Program(
        name="kafka",
        ports=("kafka_port", "kafka_controller_port"),
        prepare=lambda: kafka.prepare(stack),
        command=lambda: kafka.command(stack),
        ready=ready,
        settle=settle,
    )


async def _furnish_kafka(stack: Stack) -> None:
    """Topics and coordinators before anybody needs them: a new broker takes seconds for them, in which services would only complain."""
    services = [name for name in SERVICES if name in state.wanted(stack)]
    consumed = {name: [topic for topic in topics.TOPICS if name in topic.consumers] for name in services}
    wanted = {topic.name: topic for name in services for topic in wanted_topics(name, consumed[name])}
    if wanted:
        with contextlib.suppress(KafkaError, TimeoutError):  # a service makes what is missing, and says why it can't
            await create_topics(stack.kafka_url, list(wanted.values()))
    limit = time.monotonic() + COORDINATORS_SECONDS
    while time.monotonic() < limit:
        if await asyncio.to_thread(kafka.coordinates, stack.kafka_url):
            return
        await asyncio.sleep(0.05)


def _postgres(stack: Stack) -> Program:
    async def ready() -> bool:
        return await postgres.answers(stack.database_url)

    async def settle() -> None:
        await create_databases(stack)

    if containers.chosen(stack):
        return Program(
            name="postgres",
            ports=("postgres_port",),
            prepare=_nothing,
            command=lambda: containers.command(stack, "postgres"),
            ready=ready,
            settle=settle,
        )
    return Program(
        name="postgres",
        ports=("postgres_port",),
        prepare=lambda: postgres.prepare(stack),
        command=lambda: postgres.command(stack),
        ready=ready,
        settle=settle,
    )


async def create_databases(stack: Stack) -> None:
    """Roles and databases of all services, with the stack's passwords."""
    made_up = secrets.of(stack)
    passwords = {name: secrets.password(made_up, name) for name in secrets.DATABASES}
    await postgres.create_databases(stack.database_url, passwords, guests=secrets.GUESTS)


def _service(stack: Stack, name: str) -> Program:
    def command() -> Command:
        environment = _of_the_machine() | service_environment(stack, name)
        return Command(argv=[sys.executable, "-m", name.replace("-", "_")], env=environment, grace_seconds=12)

    return Program(
        name=name,
        ports=(f"{name.replace('-', '_')}_port",),
        prepare=_nothing,
        command=command,
        ready=_answering(stack.port(name), "/health/ready"),
    )


def _sandbox(stack: Stack) -> Program:
    """Both marketplaces; its pushes go to the ingestor, and it knows our apps by the stack's secrets."""

    def command() -> Command:
        options = {
            "port": str(stack.sandbox_port),
            "shopee-push-url": f"{stack.url('ingestor')}/webhooks/shopee",
            "tiktok-push-url": f"{stack.url('ingestor')}/webhooks/tiktok",
            "tiktok-redirect-url": f"{stack.url('ingestor')}/connect/tiktok/callback",
        }
        arguments = [f"--{name}={value}" for name, value in options.items()]
        return Command(argv=[sys.executable, "-m", "sandbox", *arguments], env=_of_the_machine() | _apps(stack), grace_seconds=5)

    port = stack.sandbox_port
    return Program(name="sandbox", ports=("sandbox_port",), prepare=_nothing, command=command, ready=_answering(port, "/_sandbox/shops"))


def _answering(port: int, path: str) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
                answer = await client.get(f"http://127.0.0.1:{port}{path}")
        except httpx.HTTPError:
            return False
        return answer.is_success

    return ready


def _nothing() -> None:
    """Most programs need no preparation."""


def service_environment(stack: Stack, name: str) -> dict[str, str]:
    """All that one service of this stack is told, and no other service's secrets."""
    made_up = secrets.of(stack)
    module = name.replace("-", "_")
    environment = {
        "KAFKA_URL": stack.kafka_url,
        "AUTH_KEY": made_up["AUTH_KEY"],
        f"{module.upper()}_PORT": str(stack.port(name)),
        f"{module.upper()}_DATABASE_URL": database_url(stack, module),
    }
    if name == "decision":
        environment["INGESTOR_URL"] = stack.url("ingestor")
        environment["DECISION_DEMO_USERS"] = people.log_ins()
        environment["DECISION_IMAGE_ORIGINS"] = f"http://127.0.0.1:{stack.sandbox_port}"  # as a browser reaches it
    if name in {"ingestor", "sync-back"}:
        # The ingestor owns `accounts`; sync-back is its guest.
        environment |= _marketplaces(stack) | {
            "ACCOUNTS_DATABASE_URL": database_url(stack, "accounts", role="accounts" if name == "ingestor" else module)
        }
    if name == "ingestor":
        # For sellers' browsers, which are on this machine whatever the programs run in.
        environment |= {
            "INGESTOR_PUBLIC_URL": f"http://127.0.0.1:{stack.ingestor_port}",
            "INGESTOR_PAGE_URL": f"http://127.0.0.1:{stack.decision_port}",
            "SHOPEE_CONSENT_URL": f"http://127.0.0.1:{stack.sandbox_port}/auth",
            "TIKTOK_CONSENT_URL": f"http://127.0.0.1:{stack.sandbox_port}/open/authorize",
        }
    return environment | stack.services


def ops_environment(stack: Stack) -> dict[str, str]:
    """What the operator's command is told: Kafka, its own database, and the services' as their guest."""
    databases = {f"{name.upper()}_DATABASE_URL": database_url(stack, name, role="ops") for name in secrets.DATABASES}
    urls = {f"{name.replace('-', '_').upper()}_URL": stack.url(name) for name in SERVICES}
    told = {"KAFKA_URL": stack.kafka_url, "AUTH_KEY": secrets.of(stack)["AUTH_KEY"]}
    return told | databases | urls | {name: value for name, value in stack.services.items() if name.startswith("TOPIC_")}


def _marketplaces(stack: Stack) -> dict[str, str]:
    """Both marketplaces are the sandbox."""
    sandbox = stack.url("sandbox")
    addresses = {
        "SHOPEE_URL": sandbox,
        "SHOPEE_CALLBACK_URL": f"{stack.url('ingestor')}/webhooks/shopee",
        "TIKTOK_URL": sandbox,
        "TIKTOK_AUTH_URL": sandbox,
    }
    return _apps(stack) | {"ACCOUNTS_KEY": secrets.of(stack)["ACCOUNTS_KEY"], "ACCOUNTS_KEY_ID": "1"} | addresses


def _apps(stack: Stack) -> dict[str, str]:
    """Our apps at both marketplaces: known to the two services that call them, and to the sandbox."""
    names = ("SHOPEE_PARTNER_ID", "SHOPEE_PARTNER_KEY", "SHOPEE_PUSH_KEY", "TIKTOK_APP_KEY", "TIKTOK_APP_SECRET", "TIKTOK_SERVICE_ID")
    made_up = secrets.of(stack)
    return {name: made_up[name] for name in names}


def _of_the_machine() -> dict[str, str]:
    """What a program may see of the environment it was started in; `LOG_LEVEL` and settings of one service pass through."""
    names = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LOG_LEVEL"}
    prefixes = tuple(f"{name.upper().replace('-', '_')}_" for name in SERVICES)
    passed = {name: value for name, value in os.environ.items() if name in names or name.startswith(prefixes)}
    return passed | {"PYTHONUNBUFFERED": "1"}


def container_environments(stack: Stack) -> dict[str, dict[str, str]]:
    """What each container of compose is told: the same stack, reached by name."""
    inside = stack.model_copy(
        update={"by_name": True, "given_kafka_url": "kafka:9092", "given_database_url": "postgresql://postgres@postgres:5432/postgres"}
    )
    passwords = {name: value for name, value in secrets.of(stack).items() if name.startswith("PASSWORD_")}
    return {"databases": passwords, "sandbox": _apps(stack)} | {name: service_environment(inside, name) for name in SERVICES}


def database_url(stack: Stack, database: str, *, role: str | None = None) -> str:
    """The URL with which a role enters a database: that of the same name, unless `role` says another."""
    server = urlsplit(stack.database_url)
    host = server.netloc.rpartition("@")[2]
    user = role or database
    password = quote(secrets.password(secrets.of(stack), user), safe="")
    return urlunsplit((server.scheme, f"{user}:{password}@{host}", f"/{database}", server.query, ""))
