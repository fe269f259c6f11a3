"""What there is of a SKU, and how a movement changes it."""

from typing import TypeAlias
from uuid import UUID

import msgspec

from contracts.event import derived_id
from contracts.values import Condition

MAIN = "main"
NS_MOVEMENT = UUID("0f3c8f7e-5b0e-5d7c-9d5e-6f1d1f0d2a11")
LOWEST, HIGHEST = -(2**31), 2**31 - 1
"""What the contract and the database hold."""


LevelKey: TypeAlias = tuple[str, str]
"""Seller and SKU; the location is always `MAIN`."""


class Level:
    """A locked level while a transaction counts its movements; the only thing here that changes."""

    __slots__ = ("available", "damaged", "key", "version")

    def __init__(self, key: LevelKey, *, available: int = 0, damaged: int = 0, version: int = 0) -> None:
        self.key, self.available, self.damaged, self.version = key, available, damaged, version

    def move(self, quantity: int, condition: Condition) -> "Moved":
        """Count a movement: versions grow by one, so that nobody can miss any."""
        if condition == "sellable":
            self.available += quantity
        else:
            self.damaged += quantity
        self.version += 1
        seller_id, sku = self.key
        # Derived: the n-th movement of a level is one movement, whoever tells of it.
        movement_id = derived_id(NS_MOVEMENT, f"{seller_id}:{sku}:{MAIN}:{self.version}")
        return Moved(movement_id, seller_id, sku, quantity, condition, self.available, self.version)

    def holds(self, quantity: int) -> bool:
        """Whether the level would still be a number that the contract can carry."""
        return LOWEST <= self.available + quantity <= HIGHEST


class Moved(msgspec.Struct, frozen=True):
    """A movement that was counted."""

    movement_id: str
    seller_id: str
    sku: str
    quantity: int
    condition: Condition
    available_after: int
    level_version: int

    @property
    def oversold(self) -> bool:
        """More was sold than there is, because what had been given back was taken back."""
        return self.quantity < 0 and self.condition == "sellable" and self.available_after < 0
