"""Ports: finding free ones, and saying who has the one that is taken."""

import contextlib
import socket

import psutil

from local_stack.failures import Unmet


def free_ports(count: int) -> list[int]:
    """`count` different ports that were free a moment ago."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def require_free(port: int, *, program: str, setting: str) -> None:
    """Raises `Unmet`, naming the process that listens there, if `port` is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Unmet(
                f"Port {port} ({program}) is taken{_by(port)}: stop it, or choose another port with LOCAL_STACK_{setting.upper()}=…"
            ) from None


def _by(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""
