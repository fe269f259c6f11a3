"""Services as real processes that a test can kill, freeze, thaw and stop."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
from tests.support.waiting import until_sync

from local_stack.children import before_exec
from local_stack.ports import free_ports

RUNNING: list["ServiceProcess"] = []
FROM_THE_MACHINE = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")


class ServiceProcess:
    """`python -m <module>` with the given settings.

    It dies with the thread that started it (so with pytest, however that ends): start it from the main thread.
    """

    def __init__(
        self, name: str, env: Mapping[str, str], *, log_folder: Path, argv: Sequence[str] = (), ready_path: str = "/health/ready"
    ) -> None:
        """`name` as the service is called (`sync-back`). `<NAME>_PORT` is chosen unless `env` sets it. `argv` replaces `-m <module>`."""
        self.name = name
        variable = f"{name.upper().replace('-', '_')}_PORT"
        self.env = {variable: str(free_ports(1)[0])} | dict(env)
        self.port = int(self.env[variable])
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log_folder / f"{name}-{self.port}.log"
        self._argv = [sys.executable, *(argv or ("-m", name.replace("-", "_")))]
        self._ready_path = ready_path
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll() if self._process else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def launch(self) -> "ServiceProcess":
        """Starts it without waiting; again after it ended, with the same settings and the same port."""
        assert not self.alive, f"{self.name} runs already"
        machine = {name: os.environ[name] for name in FROM_THE_MACHINE if name in os.environ}
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._argv,
                env=machine | {"PYTHONUNBUFFERED": "1"} | self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=before_exec("own", signal.SIGKILL),
            )
        if self not in RUNNING:
            RUNNING.append(self)
        return self

    def start(self, *, seconds: float = 30) -> "ServiceProcess":
        """Starts it and waits until it says it is ready."""
        self.launch()
        self.wait_ready(seconds=seconds)
        return self

    def wait_ready(self, *, seconds: float = 30) -> None:
        until_sync(self._ready_or_gone, seconds=seconds, every=0.05, what=f"{self.name} is ready; its log:\n{self.tail()}")
        assert self.alive, f"{self.name} ended with {self.returncode} before it was ready; its log:\n{self.tail()}"

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}{self._ready_path}", timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def kill(self) -> None:
        """SIGKILL, and gone when this returns."""
        self._signal(signal.SIGKILL)
        self.wait()

    def pause(self) -> None:
        """SIGSTOP: frozen, its connections open."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self, *, seconds: float = 15) -> float:
        """SIGTERM; returns how many seconds it took. `AssertionError` after `seconds`, and it is killed."""
        began = time.monotonic()
        self._signal(signal.SIGTERM)
        try:
            self.wait(seconds=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} had not stopped after {seconds:g} s; its log:\n{self.tail()}") from None
        return time.monotonic() - began

    def wait(self, *, seconds: float = 15) -> int:
        """The exit code."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.wait(seconds)

    def close(self) -> None:
        """Whatever state it is in: gone."""
        if self.alive:
            self.kill()
        with contextlib.suppress(ValueError):
            RUNNING.remove(self)

    def tail(self, lines: int = 60) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.is_file() else ""

    def _ready_or_gone(self) -> bool:
        return self.is_ready() or not self.alive

    def _signal(self, number: int) -> None:
        assert self._process is not None, f"{self.name} was never started"
        self._process.send_signal(number)
