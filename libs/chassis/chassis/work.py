"""Durable work: rows with a due time, leased by a shop's turn, tried until done."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something to do for a shop: `due_at` None = now; smaller `rank` first, then the earlier `deadline`."""

    shop: str
    key: str
    due_at: datetime | None = None
    rank: int = 0
    deadline: datetime | None = None
    payload: Any = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row in hand: `attempts` counts this one too."""

    key: str
    attempts: int
    hints: int
    payload: Any = None


async def add(tx: Transaction, items: Sequence[Item]) -> None:
    """Hint that there is work: coalesces on (shop, key), brings `due_at` forward, never touches a lease."""
    raise NotImplementedError


async def pause(tx: Transaction, shop: str, until: datetime | None) -> None:
    """Give the shop no turn before `until`; None = until `resume`."""
    raise NotImplementedError


async def resume(tx: Transaction, shop: str) -> None:
    """Give the shop turns again, now."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Turn:
    """A shop's turn: its rows are leased to us until `lease_until`."""

    shop: str
    lease: UUID
    items: Sequence[Claimed]
    lease_until: datetime

    async def done(self, tx: Transaction, key: str) -> bool:
        """Finish a row. False: the lease was lost (what was read must be thrown away). A hint that came meanwhile makes it run again."""
        raise NotImplementedError

    async def again(self, tx: Transaction, key: str, due_at: datetime) -> bool:
        """Keep the row and try later; attempts are kept. False: the lease was lost."""
        raise NotImplementedError

    async def release(self, tx: Transaction, key: str) -> bool:
        """Give the row back without counting this attempt. False: the lease was lost."""
        raise NotImplementedError


class Workers:
    """Background tasks that serve shops in turn: `app.background("lookups", Workers(app, handle).run)`."""

    def __init__(
        self, app: Any, handle: Callable[[Turn], Awaitable[None]], *, workers: int = 4, per_turn: int = 50, lease_seconds: float = 30
    ) -> None:
        raise NotImplementedError

    def wake(self) -> None:
        """Look for due rows now (call it after the commit that added some)."""
        raise NotImplementedError

    async def run(self) -> None:
        """Serve until the service stops."""
        raise NotImplementedError
