"""Sorted pages with an opaque token, and strict reading of query and body."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.tiktok.gate import Refused

T = TypeVar("T")
SORT_FIELDS = ("create_time", "update_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How one search pages; `bad` is the code for parameters that are wrong."""

    default_size: int
    max_size: int
    default_order: str
    bad: int
    size_required: bool = False


def page(
    found: Iterable[T],
    *,
    query: Mapping[str, str],
    paging: Paging,
    moment: Mapping[str, Callable[[T], int]],
    ref: Callable[[T], str],
    filters: Mapping[str, Any],
) -> tuple[Sequence[T], int, str]:
    """The page asked for, the number of all, and the token of the next page (empty at the end)."""
    field = query.get("sort_field", "create_time")
    order = query.get("sort_order", paging.default_order)
    if field not in SORT_FIELDS or order not in {"ASC", "DESC"}:
        raise Refused(paging.bad, "sort_field is create_time or update_time, sort_order ASC or DESC.")
    size = _size(query, paging)
    rows = sorted(found, key=lambda row: (moment[field](row), ref(row)), reverse=order == "DESC")
    asked = hashlib.sha256(repr((field, order, sorted(filters.items()))).encode()).hexdigest()[:12]
    after = _after(query.get("page_token", ""), asked, paging.bad)
    keys = [(moment[field](row), ref(row)) for row in rows]
    start = 0 if after is None else sum((key <= after) if order == "ASC" else (key >= after) for key in keys)
    chosen = rows[start : start + size]
    more = start + size < len(rows)
    token = _token(asked, keys[start + size - 1]) if more else ""
    return chosen, len(rows), token


def _size(query: Mapping[str, str], paging: Paging) -> int:
    raw = query.get("page_size")
    if raw is None and not paging.size_required:
        return paging.default_size
    if raw is None or not raw.isdecimal() or not 1 <= int(raw) <= paging.max_size:
        raise Refused(paging.bad, f"page_size must be between 1 and {paging.max_size}.")
    return int(raw)


def _token(asked: str, key: tuple[int, str]) -> str:
    return base64.urlsafe_b64encode(f"{asked}:{key[0]}:{key[1]}".encode()).decode()


def _after(raw: str, asked: str, bad: int) -> tuple[int, str] | None:
    if not raw:
        return None
    try:
        for_what, moment, ref = base64.urlsafe_b64decode(raw).decode().split(":")
        key = int(moment), ref
    except (binascii.Error, ValueError) as error:
        raise Refused(bad, "page_token is invalid.") from error
    if for_what != asked:
        raise Refused(bad, "page_token belongs to another search.")
    return key


def strings(body: Mapping[str, Any], name: str, *, bad: int, allowed: Iterable[str] | None = None) -> frozenset[str] | None:
    """A list of strings from the body, None when absent; wrong types and unknown values are refused."""
    raw = body.get(name)
    if raw is None:
        return None
    known = None if allowed is None else frozenset(allowed)
    if not isinstance(raw, list) or not all(isinstance(entry, str) and (known is None or entry in known) for entry in raw):
        raise Refused(bad, f"{name} must be a list of strings" + (f" from {', '.join(sorted(known))}." if known else "."))
    return frozenset(raw) or None


def within(body: Mapping[str, Any], *, bad: int) -> Callable[[int, int], bool]:
    """A test for (create_time, update_time) against `create_time_ge/lt` and `update_time_ge/lt`."""
    bounds: dict[str, int] = {}
    for name in ("create_time_ge", "create_time_lt", "update_time_ge", "update_time_lt"):
        raw = body.get(name)
        if raw is not None and (not isinstance(raw, int) or isinstance(raw, bool)):
            raise Refused(bad, f"{name} must be Unix seconds.")
        if raw is not None:
            bounds[name] = raw

    def test(created: int, updated: int) -> bool:
        moments = {"create_time": created, "update_time": updated}
        return all(moments[name[:-3]] >= bound if name.endswith("_ge") else moments[name[:-3]] < bound for name, bound in bounds.items())

    return test
