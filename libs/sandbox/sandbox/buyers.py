"""Buyers who order, ask to cancel and change their mind, at a gentle rate and the same way for the same seed."""

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from sandbox import moves
from sandbox.config import Channel
from sandbox.desk import Desk
from sandbox.grants import Shop
from sandbox.moves import Impossible
from sandbox.placing import a_request, an_order
from sandbox.truth import Order

SHOPEE_REASONS = ("Need to change delivery address", "Found cheaper elsewhere", "Don't want to buy anymore", "Need to modify order")
TIKTOK_REASONS = tuple(
    f"ecom_order_to_ship_canceled_reason_{name}"
    for name in ("better_price", "wrong_delivery_info", "created_by_mistakes", "change_payment_method")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """`rate` in orders per minute over all shops; shares from 0 to 1; seconds are real."""

    rate: float = 0.0
    cancel_share: float = 0.5
    instant_share: float = 0.2
    withdraw_share: float = 0.15
    think_s: float = 20.0
    respond_in_s: float | None = None  # None: the marketplace's own window


class Buyers:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._random = random.Random(f"buyers:{desk.world.config.seed}")  # noqa: S311 (repeatable on purpose)
        self.habits = Habits()
        self._changed = asyncio.Event()

    def set(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Take on new habits at once; ValueError for unknown names."""
        unknown = body.keys() - {known.name for known in fields(Habits)}
        if unknown or float(body.get("rate", 0)) < 0:
            raise ValueError(f"buyers have {', '.join(known.name for known in fields(Habits))}; rate is not negative")
        self.habits = replace(self.habits, **body)
        self._changed.set()
        return self.shown()

    def shown(self) -> dict[str, Any]:
        return asdict(self.habits)

    async def run(self) -> None:
        while True:
            self._changed.clear()
            wait = self._random.expovariate(self.habits.rate / 60) if self.habits.rate > 0 else None
            try:
                async with asyncio.timeout(wait):
                    await self._changed.wait()
            except TimeoutError:
                self.order()

    def order(self) -> Order | None:
        """One buyer orders, and has made up their mind about what comes after."""
        world, dice = self._desk.world, self._random
        open_shops = [shop for shop in world.shops.values() if shop.grant.usable(world.clock.now())]
        if not open_shops:
            return None
        shop = dice.choice(open_shops)
        products = [product for product in world.config.products if product.seller == shop.spec.seller]
        if not products:
            return None
        chosen = dice.sample(products, k=min(len(products), dice.choice((1, 1, 1, 2, 3))))
        lines = [{"sku": one.sku, "quantity": dice.choice((1, 1, 2, 3)), "price": str(one.price)} for one in chosen]
        instant = dice.random() < self.habits.instant_share
        body = {"lines": lines, "status": _status(shop, instant=instant), "shipping_fee": "4.90", "cod": dice.random() < 0.15}  # noqa: PLR2004 (a share)
        order = an_order(world, shop, body)
        self._desk.placed(order)
        self._plan(order, instant=instant)
        return order

    def _plan(self, order: Order, *, instant: bool) -> None:
        dice, think = self._random, self.habits.think_s
        cancels, withdraws = dice.random() < self.habits.cancel_share, dice.random() < self.habits.withdraw_share
        reason = dice.choice(SHOPEE_REASONS if order.channel is Channel.SHOPEE else TIKTOK_REASONS)
        first, second = dice.uniform(0.5, 1.5) * think, dice.uniform(1.0, 3.0) * think
        if not cancels:
            self._after(first, lambda: self._desk.move(order, moves.arrange))
            self._after(first + second, lambda: self._desk.move(order, moves.ship))
        elif instant:
            self._after(first, lambda: self._desk.cancel_now(order, a_request(self._desk.world, order, {"reason": reason}, asked=False)))
        else:
            self._after(first, lambda: self._ask(order, reason))
            if withdraws:
                self._after(first + second, lambda: self._desk.close(order, "buyer"))

    def _ask(self, order: Order, reason: str) -> None:
        body = {"reason": reason, "respond_in_s": self.habits.respond_in_s}
        self._desk.open_request(order, a_request(self._desk.world, order, body, asked=True))

    def _after(self, seconds: float, action: Callable[[], None]) -> None:
        def act() -> None:
            with contextlib.suppress(Impossible):  # somebody else was faster
                action()

        asyncio.get_running_loop().call_later(seconds, act)


def _status(shop: Shop, *, instant: bool) -> str:
    """The channels ask sellers in opposite states: Shopee once shipment is arranged, TikTok before."""
    return "new" if instant == (shop.spec.channel is Channel.SHOPEE) else "ready_to_ship"
