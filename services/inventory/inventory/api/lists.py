"""What the lists share: fields, limits, cursors."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query
from pydantic import StringConstraints

from chassis.http import Problem, decode_cursor, encode_cursor

T = TypeVar("T")

Text = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
"""Postgres can't store a NUL."""

Limit = Annotated[int, Query(ge=1, le=200, description="Items per page.")]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before, with the same filters.", max_length=2000)]

PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"description": "`invalid-cursor`, `malformed-request`"},
    401: {"description": "`not-signed-in`"},
    403: {"description": "`role-required`"},
    422: {"description": "`invalid-field`"},
}


def position(cursor: str | None, type_: type[T], *, filters: Any) -> T | None:
    """Where the page before ended; None: begin. A forged position is refused."""
    if cursor is None:
        return None
    try:
        return msgspec.convert(decode_cursor(cursor, filters=filters), type_)
    except msgspec.ValidationError as error:
        raise Problem(400, "invalid-cursor", "The cursor can't be read") from error


def page(rows: Sequence[Any], limit: int, last: Any, *, filters: Any) -> tuple[Sequence[Any], str | None]:
    """The rows of this page and the cursor of the next, given one row more than the limit; `last(row)` is a row's position."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode_cursor(last(rows[limit - 1]), filters=filters)
