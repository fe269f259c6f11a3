"""Times as operators say them: `2026-05-04T12:00Z`, or how long ago: `90s`, `15m`, `2h`, `3d`."""

import re
from datetime import UTC, datetime, timedelta

import typer

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def moment(text: str | None, *, now: datetime | None = None) -> datetime | None:
    """An aware time; raises typer.BadParameter."""
    if text is None:
        return None
    if match := _AGO.fullmatch(text.strip()):
        return (now or datetime.now(UTC)) - timedelta(**{_UNITS[match[2]]: float(match[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time: say 2026-05-04T12:00Z, or 90s, 15m, 2h, 3d ago") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
