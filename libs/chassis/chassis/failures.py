"""The two kinds of failure that we raise; anything else is a bug."""

from typing import Literal

import asyncpg
from asyncpg.exceptions import _base

Verdict = Literal["transient", "permanent", "bug"]


class Transient(Exception):
    """Wait and try again; the order of events is kept."""


class Permanent(Exception):
    """It can never work: the event goes to the dead letters."""


# Connection, rollback (deadlock, serialization), resources, locks and timeouts, operator, system, internal.
_PASSING_CLASSES = frozenset({"08", "40", "53", "55", "57", "58", "XX"})
_PASSING_STATES = frozenset({"25006", "25P03"})  # a standby after a failover; our transaction was cut for idling
_TOO_LARGE = "54"
"""Program limits: a ref that no index can hold, say. What was sent does not become smaller."""


def judge(error: BaseException) -> Verdict:
    """Say what an exception means for the events in hand."""
    match error:
        case Transient():
            return "transient"
        # A time or a number beyond what can be counted with: whoever sent it, trying again does not make it smaller.
        case Permanent() | asyncpg.DataError() | asyncpg.IntegrityConstraintViolationError() | OverflowError():
            return "permanent"
        case asyncpg.InterfaceError():
            return _judge_driver(error)
        case asyncpg.InternalClientError():  # "cannot switch to state": the connection was cut in the middle of an answer
            return "transient"
        case asyncpg.PostgresError():
            state = str(error.sqlstate or "XX000")
            if state[:2] == _TOO_LARGE:
                return "permanent"
            return "transient" if state[:2] in _PASSING_CLASSES or state in _PASSING_STATES else "bug"
        case OSError():  # TimeoutError too
            return "transient"
        case _:
            return "bug"


def without_values(error: BaseException) -> str:
    """What an error says, for logs: not the rows and arguments that Postgres and its driver quote, which are buyers' and sellers' data."""
    match error:
        case asyncpg.PostgresError():
            return str(error.args[0]) if error.args else ""
        case asyncpg.InterfaceError() if isinstance(error, ValueError):
            return str(error.args[0]).partition(": ")[0] if error.args else ""
        case _:
            return str(error)


def quote_no_values() -> None:
    """From now on these errors say no more in any log, message or traceback of this process; `detail` still has the rest."""
    asyncpg.PostgresError.__str__ = without_values  # type: ignore[method-assign]  # wherever the text ends up, it comes from here
    _base.DataError.__str__ = without_values  # type: ignore[method-assign]


def _judge_driver(error: asyncpg.InterfaceError) -> Verdict:
    if isinstance(error, ValueError):  # asyncpg's own refusal of an argument: it can never be stored
        return "permanent"
    # Two queries at once on one connection is a mistake in a handler; anything else is a connection or pool that has gone.
    return "bug" if "another operation is in progress" in str(error) else "transient"
