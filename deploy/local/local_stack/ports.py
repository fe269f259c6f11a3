"""Ports: finding free ones, and saying who has the one that is taken."""

import contextlib
import socket
from collections.abc import Mapping

import psutil

from local_stack.failures import Unmet


def free_ports(count: int) -> list[int]:
    """`count` different ports that were free a moment ago."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def require_free(wanted: Mapping[str, int]) -> None:
    """`wanted`: setting (`kafka_port`) to port. Raises `Unmet` in one line, naming every port that is taken and by whom."""
    taken = {setting: port for setting, port in wanted.items() if not _is_free(port)}
    if taken:
        whose = ", ".join(
            f"{'port' if i else 'Port'} {port} ({_program(setting)}) is taken{_by(port)}" for i, (setting, port) in enumerate(taken.items())
        )
        settings = " ".join(f"LOCAL_STACK_{setting.upper()}=…" for setting in taken)
        raise Unmet(f"{whose}: stop {'it' if len(taken) == 1 else 'them'}, or choose other ports with {settings}")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _program(setting: str) -> str:
    return setting.removesuffix("_port").replace("_", "-")


def _by(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""
