"""What the commands do: start a supervisor, wait for it, tell it what should run, stop it."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import psutil

from local_stack import containers, state
from local_stack.children import before_exec
from local_stack.failures import Unmet
from local_stack.settings import Stack

POLL_SECONDS = 0.05
STOP_SECONDS = 60
type_of_progress = Callable[[str], None]


def up(stack: Stack, names: Sequence[str], *, progress: type_of_progress = print, stays: bool = True) -> None:
    """Returns when all `names` are ready, started in the background if need be. Raises `Unmet` when one can't be, and leaves nothing new behind.

    With `stays=False` the stack stops by itself when the calling process ends, however it ends.
    """
    if state.is_running(stack):
        state.want(stack, [*state.wanted(stack), *(name for name in names if name not in state.wanted(stack))])
        supervisor = None
    else:
        state.want(stack, names)
        supervisor = _start_supervisor(stack, stays=stays)
    _wait_until_ready(stack, names, supervisor, progress)


def down(stack: Stack) -> bool:
    """Stops everything of this stack, data kept; False when nothing ran."""
    if not state.is_running(stack):
        return False
    pid = state.read(stack).get("pid")
    if pid:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while state.is_running(stack):
        if time.monotonic() > deadline:
            raise Unmet(f"The stack did not stop within {STOP_SECONDS} s: see {stack.log}")
        time.sleep(POLL_SECONDS)
    return True


def reset(stack: Stack) -> None:
    """Stops the stack and wipes data, logs and secrets; downloads stay."""
    down(stack)
    if stack.engine != "native" and containers.engine_answers():
        containers.remove(stack)
    for folder in (stack.data, stack.log):
        shutil.rmtree(folder, ignore_errors=True)
    for file in ("secrets.json", "state.json", "wanted.json"):
        (stack.home / file).unlink(missing_ok=True)


def service(stack: Stack, name: str, *, run: bool, progress: type_of_progress = print) -> None:
    """Stops or starts one program of a running stack and waits until that is so."""
    if not state.is_running(stack):
        raise Unmet("No stack is running: `make up` starts it")
    known = state.read(stack)["programs"]
    if name not in known:
        raise Unmet(f"There is no {name} in this stack: it has {', '.join(known)}")
    if run:
        up(stack, [name], progress=progress)
        return
    state.want(stack, [each for each in state.wanted(stack) if each != name])
    while state.read(stack)["programs"][name]["status"] != "stopped" and state.is_running(stack):
        time.sleep(POLL_SECONDS)
    progress(f"{name} stopped")


@contextlib.contextmanager
def running(stack: Stack, names: Sequence[str], *, progress: type_of_progress = print) -> Iterator[Stack]:
    """The stack for the length of a `with` block; it ends with the block or with this process, whichever comes first."""
    if state.is_running(stack):
        raise Unmet("This stack is already running: `make down` stops it")
    try:
        up(stack, names, progress=progress, stays=False)
        yield stack
    finally:
        down(stack)


def _start_supervisor(stack: Stack, *, stays: bool) -> subprocess.Popen[bytes]:
    """In a session of its own, so that Ctrl-C reaches only us and we stop it in order."""
    stack.log.mkdir(parents=True, exist_ok=True)
    argv = [sys.executable, "-m", "local_stack", "supervise"]
    environment = {name: value for name, value in os.environ.items() if name not in {"KAFKA_URL", "DATABASE_URL"}} | stack.environment()
    with (stack.log / "supervisor.log").open("ab") as log:
        return subprocess.Popen(  # noqa: S603 -- our own arguments
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=None if stays else before_exec("own", signal.SIGTERM),  # noqa: PLW1509 -- callers have no threads that hold locks we need
        )


def _wait_until_ready(stack: Stack, names: Sequence[str], supervisor: subprocess.Popen[bytes] | None, progress: type_of_progress) -> None:
    told: dict[str, str] = {}
    began = time.monotonic()
    ours = supervisor.pid if supervisor else None
    while True:
        board = state.read(stack)
        gone = supervisor.poll() is not None if supervisor else not state.is_running(stack)
        if gone:
            raise Unmet(board.get("failed") or f"The supervisor ended: see {stack.log / 'supervisor.log'}")
        current = board.get("programs", {}) if ours is None or board.get("pid") == ours else {}
        statuses = {name: current.get(name, {}).get("status", "waiting") for name in names}
        for name, status in statuses.items():
            if status != told.get(name) and status != "waiting":
                progress(f"{time.monotonic() - began:5.1f} s  {name} {status}")
                told[name] = status
        if current and all(statuses[name] == "ready" for name in names if name in current):
            return
        time.sleep(POLL_SECONDS)


def orphans(stack: Stack) -> list[psutil.Process]:
    """Processes of this stack that run although no supervisor does; for systems where children can't be told to die with their parent."""
    if state.is_running(stack):
        return []
    pids = [entry.get("pid") for entry in state.read(stack).get("programs", {}).values()]
    alive = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if str(stack.home) in " ".join(process.cmdline()):
                alive.append(process)
    return alive
