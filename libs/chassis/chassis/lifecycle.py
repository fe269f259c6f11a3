"""The life of a service's process: HTTP at once, the database and Kafka when they answer, and a stop that ends in time."""

import asyncio
import contextlib
import gc
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING

import uvicorn
import uvloop

from chassis import health, logs, metrics, tracing
from chassis.database import MigrationChanged
from chassis.logs import logger
from chassis.patience import Patient
from chassis.waiting import backoff_seconds, pause

if TYPE_CHECKING:
    from chassis.app import App

LOG = logger(__name__)

STOP_SECONDS = 8.0
HTTP_DRAIN_SECONDS = 3
BACKGROUND_SECONDS = 5.0
RELAY_SECONDS = 1.5
QUIET_RESTART_SECONDS = 60.0


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are ours: HTTP is one of several things that stop."""
        yield


def run(app: "App") -> None:
    """Serve in an event loop of its own and exit hard afterwards."""
    logs.configure(app.name, app.settings.log_level)
    tracing.configure(app.name, endpoint=app.settings.otlp_url, ratio=app.settings.trace_ratio)
    calm_collector()
    code = 1
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_serve_and_exit(app))
        code = 0
    except BaseException:
        LOG.exception("service-failed")
        raise
    finally:
        os._exit(code)


def calm_collector() -> None:
    """Look for cycles less often.

    A batch allocates tens of thousands of objects that no cycle holds, and looking every 700 was a third of the time.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def _serve_and_exit(app: "App") -> None:
    await serve(app)
    tracing.flush()
    # Here and not after the runner: that would first wait for tasks and threads that nobody needs any more.
    os._exit(0)


async def serve(app: "App") -> None:
    """Serve until SIGTERM or SIGINT (or until `app.stop` is set), then stop within 8 s."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stop_soon, app)
    server = _Server(
        uvicorn.Config(
            app.http,
            host=app.settings.host,
            port=app.settings.port,
            http=Patient,
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=HTTP_DRAIN_SECONDS,
            server_header=False,
        )
    )
    http = asyncio.create_task(server.serve())
    work = asyncio.create_task(_work(app))
    stopping = asyncio.create_task(app.stop.wait())
    done, _ = await asyncio.wait({http, work, stopping}, return_when=asyncio.FIRST_COMPLETED)
    app.stop.set()
    began = time.monotonic()
    server.should_exit = True
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            await asyncio.gather(http, work, return_exceptions=True)
    LOG.info("stopped", seconds=round(time.monotonic() - began, 2))
    for task in done - {stopping}:
        task.result()


def _stop_soon(app: "App") -> None:
    app.stop.set()
    # The net below the net: a blocked event loop can't stop itself.
    timer = threading.Timer(STOP_SECONDS + 1, os._exit, (1,))
    timer.daemon = True
    timer.start()


async def _work(app: "App") -> None:
    """Everything but HTTP: begins when the database answers, ends in the order intake, work, relay."""
    if not await _until_done(app, "database", app.open_database):
        return
    LOG.info("database-ready")
    tasks = [asyncio.create_task(_keep(app, name, task), name=name) for name, task in app.tasks.items()]
    relay = asyncio.create_task(app.relay.run())
    watch = asyncio.create_task(health.watchdog(app))
    consuming = asyncio.create_task(_consume(app))
    await app.stop.wait()
    consuming.cancel()
    watch.cancel()
    await asyncio.gather(app.consumer.stop(), _finish(tasks, BACKGROUND_SECONDS))
    app.relay_stop.set()
    app.relay.wake()
    await _finish([relay], RELAY_SECONDS)


async def _consume(app: "App") -> None:
    async def start() -> None:
        await app.consumer.start(app.pool)
        app.kafka_up = True

    if await _until_done(app, "kafka", start):
        LOG.info("consuming", topics=[topic.name for topic in app.consumer.topics])


async def _until_done(app: "App", what: str, start: Callable[[], Awaitable[None]]) -> bool:
    failures = 0
    while not app.stop.is_set():
        try:
            await start()
        except MigrationChanged:
            raise  # waiting does not help: end, loudly
        except Exception as error:  # noqa: BLE001 - whatever it is, it may be better in a moment
            failures += 1
            LOG.warning("not-ready", what=what, failures=failures, error=f"{type(error).__name__}: {error}"[:500])
            await pause(app.stop, backoff_seconds(failures, first=0.2, cap=5))
        else:
            return True
    return False


async def _keep(app: "App", name: str, task: Callable[[], Awaitable[None]]) -> None:
    """A task that raises is begun again; one that returns is finished."""
    failures = 0
    while not app.stop.is_set():
        began = time.monotonic()
        try:
            await task()
        except Exception:
            failures = 1 if time.monotonic() - began > QUIET_RESTART_SECONDS else failures + 1
            metrics.BACKGROUND_FAILURES.labels(name).inc()
            LOG.exception("background-failed", task=name, failures=failures)
            await pause(app.stop, backoff_seconds(failures, first=0.2, cap=30))
        else:
            return


async def _finish(tasks: list[asyncio.Task[None]], seconds: float) -> None:
    """Let them end by themselves; then end them."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=0.5)
