"""What every test can ask for: real Kafka, real Postgres, fresh databases, names of its own, processes."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support import databases, processes, stack, workers

TESTS = Path(__file__).resolve().parent
LOGS = TESTS.parent / ".local" / "test-log"


@pytest.fixture(scope="session")
def addresses() -> Iterator[stack.Addresses]:
    with stack.session() as found:
        yield found


@pytest.fixture(scope="session")
def kafka_url(addresses: stack.Addresses) -> str:
    """Bootstrap servers of a real Kafka."""
    return addresses.kafka_url


@pytest.fixture(scope="session")
def postgres_url(addresses: stack.Addresses) -> str:
    """The superuser's URL of a real Postgres."""
    return addresses.postgres_url


@pytest.fixture(scope="session")
def _breakable() -> Iterator[stack.Breakable]:
    with stack.breakable() as own:
        yield own


@pytest.fixture
def breakable_stack(_breakable: stack.Breakable) -> Iterator[stack.Breakable]:
    """A Kafka and a Postgres to stop, kill and freeze; whole again before the next test."""
    yield _breakable
    _breakable.heal()


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """`await database("inventory", packages=("chassis", "inventory"))` is the URL of a fresh, migrated database."""
    made: list[str] = []

    async def make(name: str, packages: Sequence[str] = ()) -> str:
        made.append(await databases.create(postgres_url, name, *packages))
        return made[-1]

    yield make
    for url in made:
        await databases.drop(postgres_url, url)


@pytest.fixture
def topic_prefix() -> str:
    """Before every topic, group and transactional id of one test, so that tests on one broker never meet."""
    return f"t{uuid.uuid4().hex[:10]}-"


@pytest.fixture
def service() -> Iterator[Callable[..., processes.ServiceProcess]]:
    """`service("decision", env)` gives a process, not yet started; it is gone after the test."""
    with contextlib.ExitStack() as made:

        def make(name: str, env: Mapping[str, str], **more: Any) -> processes.ServiceProcess:
            return made.enter_context(contextlib.closing(processes.ServiceProcess(name, env, log_folder=LOGS, **more)))

        yield make


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> workers.ByFolder:
    """How tests are shared out with `--numprocesses`."""
    return workers.ByFolder(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failure shows the end of the log of every process that runs."""
    report = yield
    if call.when != "teardown" and report.failed:
        report.sections += [(f"log of {process.name} (pid {process.pid})", process.tail()) for process in processes.RUNNING]
    return report
