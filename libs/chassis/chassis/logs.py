"""JSON logs, one line per event or call; libraries' own lines take the same shape."""

import logging
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import msgspec
import structlog

from chassis.failures import quote_no_values

_QUIET = {
    "aiokafka": logging.WARNING,
    "aiokafka.cluster": logging.CRITICAL,  # a missing topic ten times a second; the relay says it once
    "chassis.faststream": logging.ERROR,  # its warning at each start says only that topics are not made by themselves
    "uvicorn.access": logging.WARNING,
    "uvicorn.error": logging.WARNING,
}


SELDOM_SECONDS = 5.0
"""While Kafka is away, each of a dozen clients says so ten times a second: enough to fill a disk, and to slow Kafka's start."""


@dataclass(slots=True)
class Seldom(logging.Filter):
    """Lets each of aiokafka's messages through once in a while, with the number of those `left_out` since."""

    _said: dict[object, tuple[float, int]] = field(default_factory=dict)

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("aiokafka"):
            return True
        at, left_out = self._said.get(record.msg, (-SELDOM_SECONDS, 0))
        now = monotonic()
        if now - at < SELDOM_SECONDS:
            self._said[record.msg] = at, left_out + 1
            return False
        self._said[record.msg] = now, 0
        if left_out:
            record.left_out = left_out
        return True


class Lines(str):
    """Lines of JSON that need no more rendering."""

    __slots__ = ()


class _Formatter(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return record.msg if isinstance(record.msg, Lines) else super().format(record)


_SERVICE: dict[str, str] = {}
"""Set by `configure`."""


def configure(service: str, level: str = "INFO") -> None:
    """Log JSON lines on standard output; `service` is in each of them. No line quotes the rows that Postgres refuses."""
    quote_no_values()
    _SERVICE["service"] = service
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        lambda _logger, _name, line: {"service": service, **line},
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(level.upper()),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(Seldom())
    handler.setFormatter(
        _Formatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(serializer=_render),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, logging.getLevelName(level.upper())))


def logger(name: str) -> Any:
    """Make a logger: `LOG.info("event-handled", action="restock", order=key, duration_ms=3)`."""
    return structlog.stdlib.get_logger(name)


def lines(name: str, event: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """As `logger(name).info(event, **row)` for each row, in one write and at a tenth of the cost.

    For what happens thousands of times a second. Values must be such that JSON knows them.
    """
    log = logging.getLogger(name)
    if not log.isEnabledFor(logging.INFO):
        return
    same = _SERVICE | {"event": event, "level": "info", "logger": name, "time": datetime.now(UTC).isoformat().replace("+00:00", "Z")}
    if text := b"\n".join(msgspec.json.encode(same | row) for row in map(dict, rows)).decode():
        log.info(Lines(text))


def _render(line: dict[str, Any], **_: Any) -> str:
    return msgspec.json.encode(line, enc_hook=repr).decode()
