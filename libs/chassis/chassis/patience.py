"""HTTP connections that say nothing, too little or too much are closed: each would hold a file and its memory for as long as it likes."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from chassis.bodies import MOST_BYTES as MOST_BODY_BYTES

HEAD_SECONDS = 10.0
HEAD_BYTES = 64 * 1024
REQUEST_BYTES = HEAD_BYTES + 4 * MOST_BODY_BYTES
"""Body, chunks and trailers included. More than a body may have, so that whoever sends too much is told before he is cut."""


class Patient(HttpToolsProtocol):
    """uvicorn's own, whose requests begin within `HEAD_SECONDS` and have an end. How long a body may take is said in `bodies`."""

    _too_late: asyncio.TimerHandle | None = None
    _in_head = True
    _bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._bytes > (HEAD_BYTES if self._in_head else REQUEST_BYTES):
            self.transport.abort()
        elif self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr]  # None before the first request
            self._wait()  # for the head of the next request: uvicorn waits no longer once anything has come

    def on_message_begin(self) -> None:
        if not self._in_head:  # else what is counted came before it, in the same bytes
            self._in_head, self._bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._arrived()
        super().on_headers_complete()

    def _wait(self) -> None:
        if self._too_late is None:
            self._too_late = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _arrived(self) -> None:
        if self._too_late is not None:
            self._too_late.cancel()
            self._too_late = None
