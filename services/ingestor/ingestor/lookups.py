"""Look-ups: a shop's turn is read in bulk; what can't be read now waits, and nobody waits for it."""

from collections.abc import Sequence
from datetime import timedelta

from chassis import tracing, work
from chassis.app import App
from chassis.logs import logger
from chassis.waiting import backoff_seconds
from chassis.work import Turn
from ingestor import metrics, store
from ingestor.authorisations import Authorisations
from ingestor.circuits import Circuits
from ingestor.domain.timing import missing_again_at
from ingestor.hints import AUTHORISATION_LANE, LOST_PUSHES_LANE, SWEEP, Wanted, wanted
from ingestor.lost_pushes import LostPushQueue
from ingestor.reading import Reading
from ingestor.settings import Settings
from ingestor.shops import Shops
from ingestor.storing import LeaseLost, Storing
from ingestor.sweeps import Sweeps
from marketplaces.accounts import Shop
from marketplaces.failures import MarketplaceFailure, Misconfigured, Permanent, Reauthorise, Throttled

LOG = logger(__name__)

QUOTA_WAIT_SECONDS = 900.0


class Lookups:
    """`serve_turn` handles the turns of the chassis' workers."""

    def __init__(
        self,
        app: App,
        reading: Reading,
        *,
        shops: Shops,
        sweeps: Sweeps,
        authorisations: Authorisations,
        lost_pushes: LostPushQueue,
        circuits: Circuits,
        settings: Settings,
    ) -> None:
        self._app, self._reading, self._shops = app, reading, shops
        self._sweeps, self._authorisations, self._lost_pushes, self._settings = sweeps, authorisations, lost_pushes, settings
        self._circuits = circuits
        self._storing = Storing(app, settings)

    async def serve_turn(self, turn: Turn) -> None:
        """Look at what the turn asks for, then sweep if that is due. A failure of the marketplace makes this shop wait, no other."""
        try:
            await self._serve(turn)
            await self._circuits.worked(turn.shop)
        except LeaseLost:
            LOG.warning("lease-lost", shop=turn.shop, rows=len(turn.items))
        except MarketplaceFailure as failure:
            await self._failed(turn, failure)

    async def _serve(self, turn: Turn) -> None:
        if turn.shop == LOST_PUSHES_LANE:
            await self._lost_pushes.drain(turn)
            return
        channel, shop_id = _named(turn)
        shop = await self._shops.get(channel, shop_id) if channel in self._reading.channels else None
        if shop is None:
            await self._unknown(turn, channel, shop_id)
        elif turn.shop.endswith(AUTHORISATION_LANE):
            await self._authorisations.look(turn, shop)
        else:
            await self._look(turn, shop)
            if any(row.key == SWEEP for row in turn.items):
                await self._sweeps.sweep(turn, shop)

    async def _unknown(self, turn: Turn, channel: str, shop_id: str) -> None:
        """Nobody connected this shop here: kept for operations, within a bound."""
        metrics.UNKNOWN_SHOP_PUSHES.labels(channel).inc(sum(row.hints for row in turn.items))
        async with self._app.transaction() as tx:
            keys = [row.key for row in turn.items]
            await store.keep_unknown_pushes(tx, channel, shop_id, keys, kept=self._settings.unknown_pushes_kept)
            for key in keys:
                await turn.done(tx, key)

    async def _failed(self, turn: Turn, failure: MarketplaceFailure) -> None:
        channel, shop_id = _named(turn)
        metrics.SHOP_FAILURES.labels(channel, type(failure).__name__).inc()
        LOG.warning("shop-not-read", shop=turn.shop, failure=type(failure).__name__, message=str(failure), call_id=failure.call_id)
        if isinstance(failure, Reauthorise) and turn.shop != LOST_PUSHES_LANE:
            await self._shops.lost(channel, shop_id)
        if isinstance(failure, Permanent):
            return  # about these rows, not about the shop: they come back, the later the more often they were tried
        async with self._app.transaction() as tx:
            held = [await turn.release(tx, row.key) for row in turn.items]
            if any(held) and (turn.shop == LOST_PUSHES_LANE or not isinstance(failure, Reauthorise)):
                until = self._app.now() + timedelta(seconds=self._wait_seconds(turn.shop, failure))
                await work.pause(tx, turn.shop, until)
                await self._circuits.opened(tx, turn.shop, failure, until=until)

    def _wait_seconds(self, shop: str, failure: MarketplaceFailure) -> float:
        wait = backoff_seconds(
            self._circuits.failures(shop), first=self._settings.first_backoff_seconds, cap=self._settings.max_backoff_seconds
        )
        if isinstance(failure, Misconfigured):
            return max(wait, self._settings.misconfigured_delay_seconds)
        if not isinstance(failure, Throttled) or failure.retry_after is None:
            return wait
        # When a day's quota begins anew is reckoned, not told: look now and then whether it has.
        return max(wait, min(failure.retry_after, QUOTA_WAIT_SECONDS) if failure.quota else failure.retry_after)

    async def _look(self, turn: Turn, shop: Shop) -> None:
        looks = {look.order_ref: look for look in wanted(turn.items)}
        if not looks:
            return
        channel = self._reading.channel(shop.channel)
        with tracing.spans("look", {ref: look.traceparent for ref, look in looks.items()}, shop=turn.shop, orders=len(looks)) as traces:
            read = await self._reading.accounts.call(shop.channel, shop.shop_id, lambda access: channel.read_orders(access, list(looks)))
        metrics.READ_ORDERS.labels(shop.channel, "found").inc(len(read.orders))
        metrics.READ_ORDERS.labels(shop.channel, "missing").inc(len(read.missing))
        await self._put_off_missing(turn, [looks[ref] for ref in read.missing])
        found = [(looks[ref], seen) for ref, seen in read.orders.items()]
        await self._storing.store(turn, self._shops.facts(shop), found, traces=traces)

    async def _put_off_missing(self, turn: Turn, looks: Sequence[Wanted]) -> None:
        """A push may be faster than the marketplace's own lists."""
        if not looks:
            return
        LOG.warning("orders-missing", shop=turn.shop, orders=[look.order_ref for look in looks][:10], count=len(looks))
        async with self._app.transaction() as tx:
            for look in looks:
                due_at = missing_again_at(attempts=look.attempts, now=self._app.now())
                for row in look.rows:
                    await (turn.done(tx, row.key) if due_at is None else turn.again(tx, row.key, due_at))


def _named(turn: Turn) -> tuple[str, str]:
    channel, _, shop_id = turn.shop.removesuffix(AUTHORISATION_LANE).partition(":")
    return channel, shop_id
