"""A request that things happen to, one after the other."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.support.requests import NOW, SELLER, an_order

from contracts.cancel_requests import CancelRequestClosed, CancelRequested, OrderCancelled
from contracts.stock_movements import StockAdjusted, StockReversed, StockSettled, StockUnmatched
from decision.domain import orders
from decision.domain.alerts import Rules, refresh
from decision.domain.decide import Decided, Outcome, Wish, decide
from decision.domain.orders import OrderState
from decision.domain.requests import Change, Request, hear_outcome, hear_stock, observe

SHOWN = (CancelRequested, CancelRequestClosed, OrderCancelled)


class Told:
    """A request with all that was said about it; `minutes` is the clock, counted from NOW."""

    def __init__(self, *happenings: Any) -> None:
        self.order_seen = an_order()
        self.request: Request = None  # type: ignore[assignment] # the first happening makes it
        self.says: list[Any] = []
        self.minutes = 0.0
        self.outcome: Outcome | None = None
        for happening in happenings:
            self.hear(happening)

    @property
    def now(self) -> datetime:
        return NOW + timedelta(minutes=self.minutes)

    def hear(self, happening: Any) -> Change:
        rules = Rules()
        if isinstance(happening, SHOWN):
            change = observe(self.request, happening, now=self.now, rules=rules)
        elif isinstance(happening, (StockSettled, StockUnmatched, StockReversed, StockAdjusted)):
            change = hear_stock(self.request, happening, now=self.now)
        elif isinstance(happening, Change):
            change = happening
        else:
            change = hear_outcome(self.request, happening, now=self.now, rules=rules)
        self.request = refresh(change.request, now=self.now, rules=rules)
        self.says += change.says
        return change

    def wish(self, verdict: Any, *, offered: Any = None, **more: Any) -> Outcome:
        self.outcome = decide(self.request, Wish(verdict, **more), by=SELLER, now=self.now, offered=offered)
        if isinstance(self.outcome, Decided):
            self.hear(self.outcome.change)
        return self.outcome

    def tick(self, minutes: float) -> None:
        self.minutes = minutes
        self.request = refresh(self.request, now=self.now, rules=Rules())

    @property
    def order(self) -> OrderState:
        return orders.order_state([self.request])


@pytest.fixture
def told() -> Callable[..., Told]:
    """`told(requested(order), …)`"""
    return Told
