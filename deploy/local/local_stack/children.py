"""Child processes that can't outlive the process that started them."""

import asyncio
import contextlib
import ctypes
import os
import pwd
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = "nobody"

Account = Literal["own", "nobody", "namespace"]
LOG_BYTES = 20_000_000
LIBC = ctypes.CDLL(None, use_errno=True)  # loaded before any fork: the child must not take the loader's lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How one process is started and asked to stop.

    `account`: `own`; `nobody` (only as root); `namespace`: the process sees itself as `nobody` in a user namespace while its files
    stay ours, for folders that `nobody` can't reach.
    `orphan_signal` reaches the process if we die without stopping it.
    """

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    account: Account = "own"
    stop_signal: int = signal.SIGTERM
    orphan_signal: int = signal.SIGKILL
    grace_seconds: float = 15.0


async def spawn(command: Command, *, log: Path) -> asyncio.subprocess.Process:
    """Starts the process in a session of its own, both outputs appended to `log`."""
    with _opened(log) as output:
        return await asyncio.create_subprocess_exec(
            *command.argv,
            env=dict(command.env) if command.env else None,
            cwd=command.cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=before_exec(command.account, command.orphan_signal),
        )


def _opened(log: Path) -> BinaryIO:
    """An old log that has grown long makes room."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.is_file() and log.stat().st_size > LOG_BYTES:
        log.rename(log.with_suffix(".old.log"))
    return log.open("ab")


async def stop(process: asyncio.subprocess.Process, command: Command) -> None:
    """Asks, waits `grace_seconds`, then kills; nothing of the process's session is left."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(command.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), command.grace_seconds)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def before_exec(account: Account, orphan_signal: int) -> Callable[[], None]:
    """What the child does to itself between fork and exec."""
    parent = os.getpid()
    nobody = pwd.getpwnam(NOBODY) if account != "own" else None
    own_uid, own_gid = os.getuid(), os.getgid()

    def prepare() -> None:
        if nobody and account == "nobody":
            os.setgroups([])
            os.setgid(nobody.pw_gid)
            os.setuid(nobody.pw_uid)
        elif nobody:
            _enter_user_namespace(nobody, own_uid, own_gid)
        # Only now: a change of user clears the wish to die with the parent.
        die_with(parent, orphan_signal)

    return prepare


def die_with(parent: int, orphan_signal: int = signal.SIGKILL) -> None:
    """Asks the kernel for a signal when the thread that started us ends. Elsewhere than on Linux nothing asks, and `down` cleans up."""
    if sys.platform != "linux":
        return
    LIBC.prctl(PR_SET_PDEATHSIG, orphan_signal, 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), orphan_signal)


def _enter_user_namespace(nobody: pwd.struct_passwd, own_uid: int, own_gid: int) -> None:
    if LIBC.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} {own_uid} 1")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} {own_gid} 1")
