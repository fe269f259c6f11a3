"""Answers on their way: a shop's turn, one answer after the other, each noted before it is tried."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from chassis import tracing, work
from chassis.app import App
from chassis.database import Transaction
from chassis.logs import logger
from contracts.values import DelayCause
from marketplaces.accounts import Accounts, UnknownShop
from marketplaces.failures import MarketplaceFailure, Stale, Unavailable
from marketplaces.interface import Access, Answered, Channel
from marketplaces.seen import OrderSeen
from sync_back import store
from sync_back.announcements import outcome
from sync_back.domain import Delivery, Result, Took, Wait, after_failure, back_off, read_before_call, reads_first, wait_if_changed

LOG = logger(__name__)


class Deliverer:
    """Serves the shops' turns: `Workers(app, deliverer.serve_turn)`."""

    def __init__(self, app: App, accounts: Accounts, channels: Mapping[str, Channel], *, misconfigured_delay_seconds: float) -> None:
        self.app, self.accounts, self.channels = app, accounts, channels
        self.misconfigured_delay = timedelta(seconds=misconfigured_delay_seconds)

    async def serve_turn(self, turn: work.Turn) -> None:
        """Give the shop's answers one after the other; when the turn ends before them, the rest goes back untouched."""
        for position, item in enumerate(turn.items):
            if self.app.stop.is_set() or await self._deliver(turn, item):
                await self._release(turn, turn.items[position:] if self.app.stop.is_set() else turn.items[position + 1 :])
                return

    async def _deliver(self, turn: work.Turn, item: work.Claimed) -> bool:
        with tracing.span("deliver", parent=item.traceparent, request_id=item.key, shop=turn.shop, attempts=item.attempts):
            return await self.deliver(turn, item.key)

    async def deliver(self, turn: work.Turn, request_id: str) -> bool:
        """Give one answer. True: the turn ends here. The shop has to wait, takes too long, or is in other hands by now."""
        async with self.app.transaction() as tx:
            if not await turn.holds(tx, request_id):
                LOG.warning("lease-lost", shop=turn.shop, request_id=request_id)
                return True
            owed = await store.select_live_delivery(tx, request_id)
            begun = await store.begin_attempt(tx, owed, now=self.app.now()) if owed else None
            if owed is None or begun is None:
                await turn.done(tx, request_id)
                return False
        started = self.app.now()
        result = await self._answer(begun, read_first=reads_first(owed, now=started))
        LOG.info(
            "answer",
            request_id=begun.request_id,
            revision=begun.revision,
            answer=begun.action,
            attempt=begun.attempt,
            result=type(result).__name__,
            code=None if isinstance(result, Took) else result.code,
            call_id=result.call_id,
            duration_ms=round((self.app.now() - started).total_seconds() * 1000),
        )
        return await self._record(turn, owed, begun, result)

    async def _answer(self, delivery: Delivery, *, read_first: bool) -> Result:
        """Tell the marketplace. A call whose result may be unknown is never repeated before reading."""
        order = delivery.order
        try:
            if read_first:
                seen = await self._read(delivery)
                if known := read_before_call(delivery, seen) or wait_if_changed(delivery, seen, now=self.app.now()):
                    return known
            try:
                answered = await self.accounts.call(order.channel, order.shop_id, lambda access: self._call(delivery, access))
            except Stale as stale:
                known = read_before_call(delivery, await self._read(delivery), was_stale=True)
                return known or after_failure(delivery, stale, now=self.app.now())
        except UnknownShop:
            return Wait(DelayCause.SHOP_DISCONNECTED, "The shop was never connected.", None, whole_shop=True)
        except MarketplaceFailure as failure:
            return after_failure(delivery, failure, now=self.app.now())
        except Exception:
            # Ours to mend; until then this answer waits alone, and not the shop's others behind it.
            LOG.exception("answer-failed", request_id=delivery.request_id, revision=delivery.revision)
            return Wait(DelayCause.UNAVAILABLE, "Something is wrong on our side.", self.app.now() + back_off(delivery))
        return Took(already=False, call_id=answered.call_id)

    async def _call(self, delivery: Delivery, access: Access) -> Answered:
        channel, ref = self.channels[delivery.order.channel], delivery.order.order_ref
        native_id, key = delivery.native_id.partition("#")[0], delivery.idempotency_key
        if delivery.action == "approve":
            return await channel.approve(access, order_ref=ref, native_id=native_id, idempotency_key=key)
        return await channel.reject(
            access, order_ref=ref, native_id=native_id, idempotency_key=key, reason=delivery.reason, comment=delivery.comment
        )

    async def _read(self, delivery: Delivery) -> OrderSeen:
        order = delivery.order
        channel = self.channels[order.channel]
        reading = await self.accounts.call(order.channel, order.shop_id, lambda access: channel.read_orders(access, [order.order_ref]))
        if (seen := reading.orders.get(order.order_ref)) is None:
            # It was there when the buyer asked: one read without it is no proof that it is gone.
            missing = Unavailable("the marketplace does not show this order", code="not-found")
            missing.few_tries = True
            raise missing
        return seen

    async def _record(self, turn: work.Turn, before: Delivery, delivery: Delivery, result: Result) -> bool:
        """Note the result, announce it, and say when to try again, all at once. A late success counts, whoever holds the lease by now."""
        now = self.app.now()
        async with self.app.transaction() as tx:
            attempt = await store.save_result(tx, delivery, result, now=now)
            if attempt and not _said_before(before, result):
                await self.app.announce(tx, [outcome(replace(delivery, attempt=attempt), result, at=now)])
            if not attempt or not isinstance(result, Wait):
                await turn.done(tx, delivery.request_id)
                return False
            return await self._wait(tx, turn, delivery, result)

    async def _wait(self, tx: Transaction, turn: work.Turn, delivery: Delivery, result: Wait) -> bool:
        if result.cause == DelayCause.SHOP_DISCONNECTED:
            await turn.release(tx, delivery.request_id)
            await work.pause(tx, turn.shop, None)
            return True
        due_at = result.until or self.app.now() + self.misconfigured_delay
        await turn.again(tx, delivery.request_id, due_at)
        if result.whole_shop:
            await work.pause(tx, turn.shop, due_at)
        # After a call that took all its time the other shops come first: a marketplace that hangs would hold every worker, call after call.
        return result.whole_shop or result.cause == DelayCause.TIMEOUT

    async def _release(self, turn: work.Turn, items: Sequence[work.Claimed]) -> None:
        async with self.app.transaction() as tx:
            for item in sorted(items, key=lambda each: each.key):  # as whoever hints at several
                await turn.release(tx, item.key)


def _said_before(before: Delivery, result: Result) -> bool:
    """Still waiting for a person, for the same reason: said once."""
    return before.state == "blocked" and isinstance(result, Wait) and result.until is None and before.cause == result.cause
