"""One warm decision service per module: real Postgres, real Kafka, an ingestor that answers what the test says."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest
from tests.conftest import LOGS
from tests.support import databases
from tests.support.decision_api import Seller, Stub, environment, stub_ingestor
from tests.support.processes import ServiceProcess
from tests.support.wire import Wire

from chassis.database import open_pool

DEMO_USERS = [{"user": "ann", "name": "Ann", "seller_id": "seller-ann", "seller_name": "Ann's Shop", "roles": ["decider"]}]


@dataclass(frozen=True, slots=True)
class Running:
    url: str
    database_url: str
    wire: Wire
    ingestor: Stub
    page: Path
    """Where the service looks for the seller page: nothing is built there but what a test puts there."""


@pytest.fixture(scope="module")
def running(postgres_url: str, kafka_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    database_url = asyncio.run(databases.create(postgres_url, "decision", "chassis", "decision"))
    prefix = f"t{uuid.uuid4().hex[:10]}-"
    page = tmp_path_factory.mktemp("page")
    with stub_ingestor() as ingestor:
        env = environment(database_url=database_url, kafka_url=kafka_url, prefix=prefix, ingestor_url=ingestor.url)
        env |= {"DECISION_ALLOWED_ORIGINS": "https://app.zetpy.example", "DECISION_DEMO_USERS": json.dumps(DEMO_USERS)}
        env |= {"DECISION_PAGE_FOLDER": str(page), "DECISION_IMAGE_ORIGINS": "http://127.0.0.1:9"}
        with contextlib.closing(ServiceProcess("decision", env, log_folder=LOGS)) as process:
            process.start()
            yield Running(process.url, database_url, Wire(kafka_url, prefix), ingestor, page)
    asyncio.run(databases.drop(postgres_url, database_url))


@pytest.fixture
async def pool(running: Running) -> AsyncIterator[asyncpg.Pool]:
    async with await open_pool(running.database_url, name="test", max_size=6) as pool:
        yield pool


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        yield client


@pytest.fixture
def seller(running: Running, pool: asyncpg.Pool, http: httpx.AsyncClient) -> Seller:
    """A seller of this test alone."""
    return Seller(running.url, pool, http)


@pytest.fixture
def other(running: Running, pool: asyncpg.Pool, http: httpx.AsyncClient) -> Seller:
    """Another one."""
    return Seller(running.url, pool, http)


@pytest.fixture
def ingestor(running: Running) -> Iterator[Stub]:
    running.ingestor.asked.clear()
    was = running.ingestor.answers
    yield running.ingestor
    running.ingestor.answers = was
