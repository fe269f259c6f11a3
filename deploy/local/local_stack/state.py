"""What the supervisor and the commands tell each other: files in the stack's folder."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from local_stack.failures import Unmet
from local_stack.settings import Stack

__all__ = ["Board", "Path", "hold", "is_running", "read", "want", "wanted"]


class Board:
    """The supervisor's notice board: one entry per program, readable at any time."""

    def __init__(self, stack: Stack, names: Iterable[str]) -> None:
        self._file = stack.home / "state.json"
        self._content: dict[str, Any] = {"pid": os.getpid(), "failed": None, "programs": {name: {"status": "stopped"} for name in names}}
        self._write()

    def set(self, name: str, status: str, **more: Any) -> None:
        """Replaces a program's status; facts like its pid stay until it stops."""
        before = self._content["programs"][name] if status != "stopped" else {}
        self._content["programs"][name] = before | {"status": status} | more
        self._write()

    def close(self, reason: Unmet | None) -> None:
        """The last word: nothing runs any more, and why if it wasn't asked for."""
        self._content |= {"pid": None, "failed": str(reason) if reason else None}
        self._write()

    def _write(self) -> None:
        _replace(self._file, self._content)


def read(stack: Stack) -> dict[str, Any]:
    """The board as last written; empty when there was no stack yet."""
    try:
        content: dict[str, Any] = json.loads((stack.home / "state.json").read_text())
    except FileNotFoundError:
        return {}
    return content


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
    """Takes the stack for this process until the file is closed or the process ends. Raises `Unmet` when another has it."""
    stack.home.mkdir(parents=True, exist_ok=True)
    file = (stack.home / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Unmet("This stack is already running: `make down` stops it") from None
    return file


def is_running(stack: Stack) -> bool:
    """Whether a supervisor holds the stack."""
    try:
        hold(stack).close()
    except Unmet:
        return True
    return False


def _replace(file: Path, content: Any) -> None:
    """Readers see the old or the new content, never half of it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".unfinished")
    unfinished.write_text(json.dumps(content, indent=2))
    unfinished.rename(file)
