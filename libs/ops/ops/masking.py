"""Personal data is not shown: what names a buyer or a member of the staff, and what people wrote."""

from collections.abc import Mapping
from typing import Any

MASK = "•••"
HIDDEN = frozenset({"buyer_id", "tracking_no", "other_tracking_nos", "note", "comment"})
HIDDEN_INSIDE = {
    "decided_by": frozenset({"id", "name"}),
    "requested_by": frozenset({"id", "name"}),
    "actor": frozenset({"id", "name"}),
    "reason": frozenset({"text"}),
}


def masked(value: Any, *, hidden: frozenset[str] = frozenset()) -> Any:
    """The same document with personal data replaced; absent stays absent."""
    match value:
        case Mapping():
            return {name: _member(name, each, hidden) for name, each in value.items()}
        case list() | tuple():
            return [masked(each, hidden=hidden) for each in value]
        case _:
            return value


def _member(name: str, value: Any, hidden: frozenset[str]) -> Any:
    if (name in HIDDEN or name in hidden) and value is not None:
        return MASK
    return masked(value, hidden=HIDDEN_INSIDE.get(name, frozenset()))
