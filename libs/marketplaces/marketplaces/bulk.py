"""Reading many orders in bulk calls, where one order that the marketplace doesn't know may spoil its whole call."""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from marketplaces.failures import Permanent
from marketplaces.seen import OrderSeen, Reading
from marketplaces.windows import chunks

ORDERS_A_CALL = 50
"""Both channels' limit."""

_REF = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(slots=True)
class Found:
    """What the calls so far have shown."""

    orders: dict[str, OrderSeen] = field(default_factory=dict)
    call_ids: list[str] = field(default_factory=list)


async def read_in_bulk(
    order_refs: Sequence[str], read: Callable[[Sequence[str], Found], Awaitable[None]], *, unknown_order: Callable[[Permanent], bool]
) -> Reading:
    """Read in calls of 50. A call that is refused for an unknown order is halved until that order is alone: it is `missing`.

    So is, without being asked for, what can't be an order's ref: refs travel joined by commas, and an odd one would spoil its call.
    """
    found = Found()
    for refs in chunks([ref for ref in order_refs if _REF.fullmatch(ref)], ORDERS_A_CALL):
        await _read(refs, found, read, unknown_order)
    missing = tuple(ref for ref in dict.fromkeys(order_refs) if ref not in found.orders)
    return Reading(orders=found.orders, missing=missing, call_ids=tuple(found.call_ids))


async def _read(
    refs: Sequence[str],
    found: Found,
    read: Callable[[Sequence[str], Found], Awaitable[None]],
    unknown_order: Callable[[Permanent], bool],
) -> None:
    try:
        await read(refs, found)
    except Permanent as failure:
        if not unknown_order(failure):
            raise
        half = len(refs) // 2
        for part in (refs[:half], refs[half:]) if half else ():
            await _read(part, found, read, unknown_order)
