"""A real Chromium before the whole real system: nothing of the API is mocked, and what a page complains of fails its test."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from tests.support.browser import executable
from tests.support.page.screen import Screen
from tests.support.page.seller import Seller
from tests.support.page.window import Window, opened
from tests.support.stack import QUICK, whole_system

from decision.settings import PAGE
from local_stack.demo.market import Market
from local_stack.settings import Stack

SHOTS = Path(__file__).resolve().parents[2] / ".local" / "page-failures"
FAILED = pytest.StashKey[bool]()
Log_in = Callable[..., Awaitable[Screen]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One loop for all of them: the browser lives in it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """So that a window knows whether its test failed."""
    report = yield
    item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def system() -> Iterator[Stack]:
    """Everything that `make up` starts, with the page as it was built."""
    assert (PAGE / "index.html").is_file(), "the page is not built: `make web`"
    with whole_system("page-stack", QUICK) as stack:
        yield stack


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    program = executable()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def market(system: Stack) -> AsyncIterator[Market]:
    market = Market(f"http://127.0.0.1:{system.sandbox_port}")
    yield market
    await market.close()


@pytest_asyncio.fixture(loop_scope="session")
async def seller(system: Stack, market: Market) -> AsyncIterator[Seller]:
    """A seller whom no other test knows."""
    seller = Seller(system, market)
    yield seller
    await seller.close()


@pytest_asyncio.fixture(loop_scope="session")
async def window(system: Stack, browser: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Callable[..., Awaitable[Window]]]:
    """`await window(width=360)`: a browser of one's own, closed after the test and then asked what its pages complained of."""
    url, node = f"http://127.0.0.1:{system.decision_port}", request.node
    async with opened(browser, url, shots=SHOTS / node.name, failed=lambda: node.stash.get(FAILED, False)) as make:
        yield make


@pytest_asyncio.fixture(loop_scope="session")
async def log_in(window: Callable[..., Awaitable[Window]], seller: Seller) -> Log_in:
    """`await log_in("viewer")`: the page as somebody of this test's seller sees it."""

    async def make(role: str = "decider", *, path: str = "/", **more: object) -> Screen:
        own = await window(**more)
        await own.session(seller.token(role))
        return await Screen.open(own, path)

    return make
