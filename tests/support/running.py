"""The programs of a running stack: their processes, to kill, to stop in order and to start again."""

import os
import signal
import time
from dataclasses import dataclass

import psutil
from tests.support.waiting import until

from local_stack import control, state
from local_stack.settings import Stack


def pid_of(stack: Stack, name: str) -> int:
    """0 while it is not ready."""
    entry = state.read(stack)["programs"][name]
    return int(entry["pid"]) if entry["status"] == "ready" else 0


async def kill(stack: Stack, name: str) -> int:
    """SIGKILL, wherever it stands. The supervisor starts it again; the pid that died."""
    pid = await until(lambda: pid_of(stack, name), seconds=30, what=f"{name} runs")
    os.kill(pid, signal.SIGKILL)
    return pid


async def is_back(stack: Stack, name: str, *, after: int) -> None:
    """Ready again as another process."""
    await until(lambda: pid_of(stack, name) not in {0, after}, seconds=30, every=0.05, what=f"{name} is back")


@dataclass(frozen=True, slots=True)
class Stopped:
    seconds: float
    why: str
    """The supervisor's words: `ended with 0`."""


def _ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def terminate(stack: Stack, name: str) -> Stopped:
    """SIGTERM to the process itself; the supervisor says with which code it ended and starts it again."""
    pid = await until(lambda: pid_of(stack, name), seconds=30, what=f"{name} runs")
    began = time.monotonic()
    os.kill(pid, signal.SIGTERM)
    await until(lambda: _ended(pid), seconds=30, what=f"{name} ends")
    took = time.monotonic() - began
    reason = await until(lambda: state.read(stack)["programs"][name].get("reason"), seconds=30, every=0.005, what=f"why {name} ended")
    return Stopped(took, reason)


def stop(stack: Stack, name: str) -> None:
    """It stays down until `start`."""
    control.service(stack, name, run=False, progress=_silent)


def start(stack: Stack, name: str) -> None:
    """Returns when it answers."""
    control.service(stack, name, run=True, progress=_silent)


def _silent(_: str) -> None:
    """Tests need no progress."""
