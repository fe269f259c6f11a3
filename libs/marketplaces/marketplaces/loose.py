"""Reading decoded JSON of which nothing is certain: ids may be numbers, lists may be absent, and no shape may crash the reader."""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from contracts.values import Money

_AMOUNT = re.compile(r"^-?[0-9]{1,15}(\.[0-9]{1,6})?$")
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_REGION = re.compile(r"^[A-Z]{2}$")
_MAX_TIME = 253_402_300_799  # the last second of the year 9999
_MAX_UNITS = 2**31 - 1


class NotJson(ValueError):
    """These bytes are not JSON."""


def decode(body: bytes) -> Any:
    """Any JSON; `NotJson` for everything else, however deep or broken."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotJson(str(error)) from None


def record(value: Any) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> Sequence[dict[str, Any]]:
    """The objects of a list; whatever else is in it is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts(value: Any) -> tuple[str, ...]:
    """The ids or words of a list (a single one counts as a list of one)."""
    items = value if isinstance(value, list) else [value]
    return tuple(found for found in map(text, items) if found is not None)


def text(value: Any) -> str | None:
    """Text or a number as text, stripped; None when empty, absent or anything else. Characters that Postgres can't store are dropped."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, float):
        value = int(value) if math.isfinite(value) and value == int(value) else value
    if not isinstance(value, str | int | float):
        return None
    return _storable(str(value)).strip() or None


def _storable(value: str) -> str:
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def integer(value: Any) -> int | None:
    """A whole number, also as text."""
    found = text(value)
    if found is None or not re.fullmatch(r"-?[0-9]{1,19}", found):
        return None
    return int(found)


def units(value: Any) -> int | None:
    """A number of pieces, zero or more."""
    found = integer(value)
    return found if found is not None and 0 <= found <= _MAX_UNITS else None


def boolean(value: Any) -> bool | None:
    """A truth value, also as the words and numbers that stand for it."""
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "false": False, "0": False}.get((text(value) or "").lower())


def moment(value: Any) -> datetime | None:
    """Unix seconds as an aware time; None for 0, absent and impossible ones."""
    seconds = integer(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None and 0 < seconds <= _MAX_TIME else None


def money(amount: Any, currency: Any) -> Money | None:
    """An amount with its currency; None when either can't be read. Floats are taken by their shortest text (Shopee's `total_amount`)."""
    found, unit = text(amount), text(currency)
    if found is None or unit is None or not _AMOUNT.fullmatch(found) or not _CURRENCY.fullmatch(unit):
        return None
    return Money(amount=found, currency=unit)


def region(value: Any) -> str | None:
    """A two-letter region."""
    found = (text(value) or "").upper()
    return found if _REGION.fullmatch(found) else None
