"""Keeps the wanted programs running: starts them in order, restarts what exits by itself, stops them in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterable

from local_stack import children, ports, state
from local_stack.failures import Unmet
from local_stack.programs import Program, programs
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
        self._process: asyncio.subprocess.Process | None = None
        self._task = asyncio.create_task(self._keep_alive(), name=program.name)

    async def stop(self) -> None:
        """Ends the task and the process; returns when nothing of it runs."""
        self._task.cancel()
        await asyncio.wait([self._task])
        self._board.set(self.program.name, "stopping")
        if self._process is not None:
            await children.stop(self._process, self.program.command())
        self._board.set(self.program.name, "stopped")

    async def _keep_alive(self) -> None:
        exits = 0
        try:
            while True:
                began = time.monotonic()
                await self._run_once()
                exits = 1 if time.monotonic() - began > STEADY_SECONDS else exits + 1
                if not self._was_ready and exits >= FIRST_STARTS:
                    raise Unmet(f"{self.program.name} does not start: {self._last_words()}")
                self._board.set(self.program.name, "restarting", restarts=exits)
                await asyncio.sleep(RESTART_SECONDS[min(exits, len(RESTART_SECONDS)) - 1])
        except Unmet as reason:
            self.failed = reason
            self._board.set(self.program.name, "failed", reason=str(reason))

    async def _run_once(self) -> None:
        """From start to exit."""
        program = self.program
        self.ready.clear()
        self._board.set(program.name, "starting")
        for port in program.ports:
            ports.require_free(port, program=program.name, setting=f"{program.name.replace('-', '_')}_port")
        await asyncio.to_thread(program.prepare)
        self._process = await children.spawn(program.command(), log=self._log)
        self._board.set(program.name, "starting", pid=self._process.pid)
        exit_of = asyncio.create_task(self._process.wait())
        getting_ready = asyncio.create_task(self._get_ready())
        try:
            await asyncio.wait([exit_of, getting_ready], return_when=asyncio.FIRST_COMPLETED)
            if getting_ready.done():
                getting_ready.result()
            await exit_of
        finally:
            getting_ready.cancel()
            exit_of.cancel()

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
        self._board.set(self.program.name, "ready")

    @property
    def _log(self) -> state.Path:
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

    async def run(self) -> Unmet | None:
        """Returns after everything has stopped: None when asked to stop, else why the stack could not start."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        reason: Unmet | None = None
        try:
            while not self._stop.is_set() and reason is None:
                await self._reconcile()
                reason = next((each.failed for each in self._running.values() if each.failed), None)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), TICK_SECONDS)
        finally:
            await self._stop_all(list(self._running))
            self._board.close(reason)
        return reason

    async def _reconcile(self) -> None:
        wanted = [name for name in self._programs if name in state.wanted(self._stack)]
        await self._stop_all([name for name in self._running if name not in wanted])
        for name in wanted:
            if name not in self._running and self._may_start(self._programs[name], wanted):
                self._running[name] = Supervised(self._stack, self._programs[name], self._board)

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
