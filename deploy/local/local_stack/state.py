"""What the supervisor and the commands tell each other: files in the stack's folder."""

import fcntl
import json
import os
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from local_stack.failures import Unmet
from local_stack.settings import Stack

ALREADY = "This stack is already running: `make down` stops it"


class Board:
    """The supervisor's notice board: one entry per program, readable at any time."""

    def __init__(self, stack: Stack, names: Iterable[str]) -> None:
        self._file = _board(stack)
        self._content: dict[str, Any] = {
            "pid": os.getpid(),
            "failed": None,
            "programs": {n: {"status": "stopped", "starts": 0} for n in names},
        }
        self._write()

    def set(self, name: str, status: str, **facts: Any) -> None:
        """Replaces a program's status and what is known about this run of it."""
        self._content["programs"][name] = {"status": status, "starts": self._content["programs"][name]["starts"]} | facts
        self._write()

    def begin(self, name: str) -> None:
        """A new start: whoever waits can tell this run's failure from the last one's."""
        self._content["programs"][name]["starts"] += 1
        self.set(name, "starting")

    def close(self, reason: Unmet | None) -> None:
        """The last word: nothing runs any more, and why if it wasn't asked for."""
        self._content |= {"pid": None, "failed": str(reason) if reason else None}
        self._write()

    def _write(self) -> None:
        _replace(self._file, self._content)


def read(stack: Stack) -> dict[str, Any]:
    """The board as last written; empty when there is none."""
    try:
        content: dict[str, Any] = json.loads(_board(stack).read_text())
    except FileNotFoundError:
        return {}
    return content


def wipe_board(stack: Stack) -> None:
    """What an earlier supervisor said must not be taken for the next one's words."""
    _board(stack).unlink(missing_ok=True)


def wanted(stack: Stack) -> list[str]:
    """Names of the programs that should run."""
    try:
        names: list[str] = json.loads((stack.home / "wanted.json").read_text())
    except FileNotFoundError:
        return []
    return names


def want(stack: Stack, names: Iterable[str]) -> None:
    _replace(stack.home / "wanted.json", list(names))


def hold(stack: Stack) -> IO[str]:
    """Takes the stack for this process until it ends or closes the file. Raises `Unmet` when another process has it.

    The file must be opened only once in the process: closing any other handle on it would let the stack go.
    """
    stack.home.mkdir(parents=True, exist_ok=True)
    file = (stack.home / "lock").open("w")
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise Unmet(ALREADY) from None
    return file


def supervisor(stack: Stack) -> int | None:
    """The pid of the supervisor that holds the stack. The kernel says it, so it is never the pid of one that died."""
    try:
        with (stack.home / "lock").open("r+") as file:
            return _holder(file)
    except FileNotFoundError:
        return None


def is_running(stack: Stack) -> bool:
    """Whether a supervisor holds the stack."""
    return supervisor(stack) is not None


def _holder(file: IO[str]) -> int | None:
    """Asks `fcntl` for the lock without taking it; `struct flock` differs between systems."""
    if sys.platform == "darwin":
        answer = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack("qqihh", 0, 0, 0, fcntl.F_WRLCK, 0))
        _, _, pid, kind, _ = struct.unpack("qqihh", answer)
    else:
        answer = fcntl.fcntl(file, fcntl.F_GETLK, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
        kind, _, _, _, pid = struct.unpack("hhqqi4x", answer)
    return None if kind == fcntl.F_UNLCK else pid


def _board(stack: Stack) -> Path:
    return stack.home / "state.json"


def _replace(file: Path, content: Any) -> None:
    """Readers see the old or the new content, never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    unfinished.write_text(json.dumps(content, indent=2))
    unfinished.rename(file)
