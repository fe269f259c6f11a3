"""What an operator asks of a replay: headers that only the subscriber of a replay topic reads."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

REPLAY_ID = "replay-id"
REPROCESS = "reprocess"
CALL_AGAIN = "call-again"

_calling_again: ContextVar[bool] = ContextVar("calling_again", default=False)


def calling_again() -> bool:
    """Whether the events in hand were sent to have a marketplace told again what it has taken already. False outside a replay."""
    return _calling_again.get()


@contextmanager
def handling(*, call_again: bool) -> Iterator[None]:
    """What `calling_again` answers meanwhile."""
    before = _calling_again.set(call_again)
    try:
        yield
    finally:
        _calling_again.reset(before)


def wish(headers: Sequence[tuple[str, bytes | None]]) -> tuple[str | None, bool]:
    """Give the replay that wants this event handled again although it was handled before (None: no replay does), and `call-again`."""
    found: dict[str, Any] = dict(headers)
    replay_id = found.get(REPLAY_ID)
    if not replay_id or found.get(REPROCESS) != b"1":
        return None, False
    return replay_id.decode("utf-8", "replace"), found.get(CALL_AGAIN) == b"1"
