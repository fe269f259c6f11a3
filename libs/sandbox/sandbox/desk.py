"""Carries moves out: changes the truth, tells the shops' app, and lets answers take effect later."""

import asyncio
from collections.abc import Callable, Sequence

from sandbox import moves
from sandbox.config import DAY, Channel
from sandbox.grants import Shop
from sandbox.moves import Change, Impossible
from sandbox.shopee import announce as shopee
from sandbox.tiktok import announce as tiktok
from sandbox.truth import Answer, Order, Party, Request, RequestState
from sandbox.world import World

_ANNOUNCE = {Channel.SHOPEE: shopee.announce, Channel.TIKTOK: tiktok.announce}
EXPIRING_BEFORE_S = {Channel.SHOPEE: 7 * DAY, Channel.TIKTOK: 30 * DAY}


class Desk:
    def __init__(self, world: World) -> None:
        self.world = world

    def tell(self, order: Order, changes: Sequence[Change]) -> None:
        """Push what changed; an app that the shop does not allow any more hears nothing."""
        if not self.world.shops[order.channel, order.shop_id].grant.usable(self.world.clock.now()):
            return
        for change in changes:
            _ANNOUNCE[order.channel](self.world, order, change)

    def placed(self, order: Order) -> None:
        """A new order enters the world."""
        self.world.add_order(order)
        self.tell(order, [Change(order=True)])

    def open_request(self, order: Order, request: Request, *, again: bool = False) -> None:
        """The buyer asks; at the deadline the marketplace grants it."""
        self.tell(order, moves.ask(order, request, max(order.updated_at, request.updated_at), again=again))
        self.world.add_request(order, request)
        if request.deadline is not None:
            self.world.clock.at(request.deadline, lambda: self._overdue(order, request))

    def cancel_now(self, order: Order, request: Request) -> None:
        open_request = order.open_request
        changes = moves.cancel(order, request, self.world.clock.stamp())
        if open_request is None:
            self.world.add_request(order, request)
        self.tell(order, changes)
        self._complete_later(order, open_request or request)

    def answer(self, order: Order, request: Request, answer: Answer) -> None:
        """Take a seller's answer: it takes effect after a moment, unless the request has ended by then."""
        request.answering = answer
        self._later(lambda: self._take_effect(order, request, answer))

    def grant(self, order: Order, by: Party) -> None:
        request = order.open_request
        self.tell(order, moves.approve(order, by=by, now=self.world.clock.stamp()))
        if request is not None:
            self._complete_later(order, request)

    def close(self, order: Order, by: Party) -> None:
        self.tell(order, moves.close(order, by=by, now=self.world.clock.stamp()))

    def move(self, order: Order, change: Callable[[Order, int], Sequence[Change]]) -> None:
        self.tell(order, change(order, self.world.clock.stamp()))

    def expire(self, order: Order) -> None:
        if order.open_request is None:
            raise Impossible("no cancel request is open")
        order.open_request.deadline = self.world.clock.now()
        self.grant(order, "system")

    def revoke(self, shop: Shop) -> None:
        """The seller takes the app's permission away."""
        shop.grant.revoked = True
        {Channel.SHOPEE: shopee.announce_revoked, Channel.TIKTOK: tiktok.announce_revoked}[shop.spec.channel](self.world, shop)

    def watch_authorisation(self, shop: Shop) -> None:
        """Warn before the authorisation ends: TikTok daily from 30 days before, Shopee from 7."""
        first = shop.grant.authorised_until - EXPIRING_BEFORE_S[shop.spec.channel]
        self.world.clock.at(max(first, self.world.clock.now()), lambda: self._warn(shop))

    def _warn(self, shop: Shop) -> None:
        now, grant = self.world.clock.now(), shop.grant
        if not grant.usable(now) or self.world.shops.get((shop.spec.channel, shop.spec.shop_id)) is not shop:
            return
        if now < grant.authorised_until - EXPIRING_BEFORE_S[shop.spec.channel]:  # authorised again meanwhile
            self.watch_authorisation(shop)
            return
        {Channel.SHOPEE: shopee.announce_expiring, Channel.TIKTOK: tiktok.announce_expiring}[shop.spec.channel](self.world, shop)
        self.world.clock.at(now + DAY, lambda: self._warn(shop))

    def _overdue(self, order: Order, request: Request) -> None:
        if order.open_request is request:
            self.grant(order, "system")

    def _take_effect(self, order: Order, request: Request, answer: Answer) -> None:
        if order.open_request is not request:
            return
        if answer == "approve":
            self.grant(order, "seller")
        else:
            self.close(order, "seller")

    def _complete_later(self, order: Order, request: Request) -> None:
        if request.state is RequestState.APPROVED:
            self._later(lambda: self.tell(order, moves.complete(order, request, self.world.clock.stamp())))

    def _later(self, action: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(self.world.config.effect_delay_s, action)
