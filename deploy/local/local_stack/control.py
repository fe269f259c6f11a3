"""What the commands do: start a supervisor, wait for it, tell it what should run, stop it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from local_stack import containers, programs, state
from local_stack.children import before_exec
from local_stack.failures import Unmet
from local_stack.settings import Stack

POLL_SECONDS = 0.05
STOP_SECONDS = 60
Progress = Callable[[str], None]


def up(stack: Stack, names: Sequence[str], *, progress: Progress = print, stays: bool = True) -> None:
    """Returns when all `names` are ready, started in the background if need be. Raises `Unmet` when one can't be.

    A stack that it started itself and could not bring up, or was interrupted at, is stopped again. With `stays=False` the stack stops by
    itself when the calling process ends, however it ends.
    """
    programs.install(stack, names, progress=progress)
    if state.is_running(stack):
        starts = {name: entry["starts"] for name, entry in state.read(stack).get("programs", {}).items() if entry["status"] == "failed"}
        state.want(stack, [*state.wanted(stack), *(name for name in names if name not in state.wanted(stack))])
        _wait_until_ready(stack, names, progress, failed_before=starts)
        return
    programs.require_free_ports(stack, names)
    state.wipe_board(stack)
    state.want(stack, names)
    supervisor = _start_supervisor(stack, stays=stays)
    try:
        _wait_until_ready(stack, names, progress, supervisor=supervisor)
    except BaseException:
        _end(supervisor)
        raise


def clocked(write: Progress) -> Progress:
    """Each line after the seconds since now."""
    began = time.monotonic()
    return lambda line: write(f"{time.monotonic() - began:5.1f} s  {line}")


def down(stack: Stack) -> bool:
    """Stops everything of this stack, data kept; False when nothing ran."""
    if not state.is_running(stack):
        return False
    deadline = time.monotonic() + STOP_SECONDS
    asked = None
    while pid := state.supervisor(stack):
        if pid != asked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            asked = pid
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


def service(stack: Stack, name: str, *, run: bool, progress: Progress = print) -> None:
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
def running(stack: Stack, names: Sequence[str], *, progress: Progress = print) -> Iterator[Stack]:
    """The stack for the length of a `with` block; it ends with the block or with this process, whichever comes first."""
    if state.is_running(stack):
        raise Unmet(state.ALREADY)
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
        return subprocess.Popen(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=None if stays else before_exec("own", signal.SIGTERM),
        )


def _end(supervisor: subprocess.Popen[bytes]) -> None:
    supervisor.terminate()
    try:
        supervisor.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()


def _wait_until_ready(
    stack: Stack,
    names: Sequence[str],
    progress: Progress,
    *,
    supervisor: subprocess.Popen[bytes] | None = None,
    failed_before: Mapping[str, int] | None = None,
) -> None:
    told: dict[str, str] = {}
    while True:
        gone = supervisor.poll() is not None if supervisor else not state.is_running(stack)
        board = state.read(stack)
        if gone:
            raise Unmet(board.get("failed") or f"The supervisor ended: see {stack.log / 'supervisor.log'}")
        current = {name: entry for name, entry in board.get("programs", {}).items() if name in names}
        for name, entry in current.items():
            if entry["status"] == "failed" and (failed_before or {}).get(name) != entry["starts"]:
                raise Unmet(entry["reason"])
            if entry["status"] not in {told.get(name), "stopped", "failed"}:
                told[name] = entry["status"]
                progress(f"{name} {entry['status']}")
        if current and all(entry["status"] == "ready" for entry in current.values()):
            return
        time.sleep(POLL_SECONDS)
