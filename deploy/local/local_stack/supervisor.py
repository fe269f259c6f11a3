"""Keeps the wanted programs running: starts them in order, restarts what exits by itself, stops them in reverse."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from local_stack import children, ports, postgres, state
from local_stack.failures import Unmet
from local_stack.programs import Program, create_databases, programs
from local_stack.settings import Stack

TICK_SECONDS = 0.1
PROBE_SECONDS = 0.05
RESTART_SECONDS = (0.2, 0.5, 1, 2, 5, 10)
STEADY_SECONDS = 30
FIRST_STARTS = 3


class Supervised:
    """One program and the task that keeps it alive."""

    def __init__(self, stack: Stack, program: Program, board: state.Board) -> None:
        self.program = program
        self.ready = asyncio.Event()
        self.failed: Unmet | None = None
        self._stack = stack
        self._board = board
        self._was_ready = False
        self._command: children.Command | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._task = asyncio.create_task(self._keep_alive(), name=program.name)

    async def stop(self) -> None:
        """Ends the task and the process; returns when nothing of it runs."""
        self._task.cancel()
        await asyncio.wait([self._task])
        self._board.set(self.program.name, "stopping")
        if self._process is not None and self._command is not None:
            await children.stop(self._process, self._command)
        self._board.set(self.program.name, "stopped")

    async def _keep_alive(self) -> None:
        """What has worked once is started again for ever; what never has, a few times."""
        exits = 0
        self._board.begin(self.program.name)
        while self.failed is None:
            began = time.monotonic()
            reason = await self._why_it_ended()
            exits = 1 if time.monotonic() - began > STEADY_SECONDS else exits + 1
            if self._was_ready or (exits < FIRST_STARTS and not isinstance(reason, Unmet)):
                self._board.set(self.program.name, "restarting", restarts=exits, reason=str(reason))
                await asyncio.sleep(RESTART_SECONDS[min(exits, len(RESTART_SECONDS)) - 1])
            else:
                self.failed = reason if isinstance(reason, Unmet) else Unmet(f"{self.program.name} does not start: {self._last_words()}")

    async def _why_it_ended(self) -> str | Unmet:
        try:
            code = await self._run_once()
        except Unmet as reason:
            return reason
        return f"ended with {code}"

    async def _run_once(self) -> int:
        """From start to exit; the exit code."""
        program = self.program
        self.ready.clear()
        ports.require_free({setting: getattr(self._stack, setting) for setting in program.ports})
        await asyncio.to_thread(program.prepare)
        self._command = program.command()
        self._process = await children.spawn(self._command, log=self._log)
        self._board.set(program.name, "starting", pid=self._process.pid)
        exit_of = asyncio.create_task(self._process.wait())
        getting_ready = asyncio.create_task(self._get_ready())
        try:
            await asyncio.wait([exit_of, getting_ready], return_when=asyncio.FIRST_COMPLETED)
            if getting_ready.done():
                getting_ready.result()
            return await exit_of
        finally:
            for task in (getting_ready, exit_of):
                task.cancel()
            await asyncio.wait([getting_ready, exit_of])

    async def _get_ready(self) -> None:
        limit = time.monotonic() + self.program.ready_seconds
        while not await self.program.ready():
            if time.monotonic() > limit and not self._was_ready:
                raise Unmet(f"{self.program.name} was not ready after {self.program.ready_seconds:.0f} s: {self._last_words()}")
            await asyncio.sleep(PROBE_SECONDS)
        if self.program.settle is not None:
            await self.program.settle()
        self._was_ready = True
        self.ready.set()
        self._board.set(self.program.name, "ready", pid=self._process.pid if self._process else None)

    @property
    def _log(self) -> Path:
        return self._stack.log / f"{self.program.name}.log"

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.is_file() else []
        last = next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
        return f"{last[:200]} (all of it: {self._log})"


class Supervisor:
    """Runs until told to stop; what should run is read from the stack's `wanted` file again and again."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._programs = programs(stack)
        self._board = state.Board(stack, self._programs)
        self._running: dict[str, Supervised] = {}
        self._stop = asyncio.Event()
        self._came_up = False

    async def run(self) -> Unmet | None:
        """Returns after everything has stopped: None when asked to stop, else why the stack could not come up."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        reason: Unmet | None = None
        try:
            reason = await self._furnish_given_database()
            while not self._stop.is_set() and reason is None:
                reason = await self._reconcile()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), TICK_SECONDS)
        finally:
            await self._stop_all(list(self._running))
            self._board.close(reason)
        return reason

    async def _furnish_given_database(self) -> Unmet | None:
        """A Postgres of our own gets its databases when it is ready; one that was given, now."""
        if self._stack.given_database_url is None:
            return None
        if not await postgres.answers(self._stack.database_url):
            return Unmet("Nothing answers at DATABASE_URL: start it, or unset DATABASE_URL to have a Postgres started here")
        await create_databases(self._stack)
        return None

    async def _reconcile(self) -> Unmet | None:
        """Makes what runs what is wanted. A program that can't start ends a stack that is coming up; later it only ends itself."""
        wanted = [name for name in self._programs if name in state.wanted(self._stack)]
        await self._stop_all([name for name in self._running if name not in wanted])
        for name in wanted:
            if name not in self._running and self._may_start(self._programs[name], wanted):
                self._running[name] = Supervised(self._stack, self._programs[name], self._board)
        for name, each in list(self._running.items()):
            if each.failed and not self._came_up:
                return each.failed
            if each.failed:
                await self._give_up(name, each.failed)
        self._came_up = self._came_up or all(name in self._running and self._running[name].ready.is_set() for name in wanted)
        return None

    async def _give_up(self, name: str, reason: Unmet) -> None:
        state.want(self._stack, [each for each in state.wanted(self._stack) if each != name])
        await self._stop_all([name])
        self._board.set(name, "failed", reason=str(reason))

    def _may_start(self, program: Program, wanted: Iterable[str]) -> bool:
        """Kafka and Postgres first, together; then the rest, together."""
        first = [name for name in wanted if self._programs[name].is_infrastructure]
        return program.is_infrastructure or all(name in self._running and self._running[name].ready.is_set() for name in first)

    async def _stop_all(self, names: list[str]) -> None:
        """In reverse: services, then what they stand on."""
        for infrastructure in (False, True):
            batch = [name for name in names if self._programs[name].is_infrastructure is infrastructure]
            await asyncio.gather(*(self._running[name].stop() for name in batch))
            for name in batch:
                del self._running[name]
