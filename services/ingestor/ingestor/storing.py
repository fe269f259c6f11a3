"""What a read showed is stored under the orders' locks, and said in the same transaction."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from time import monotonic

from chassis import work
from chassis.app import App
from chassis.database import Transaction
from chassis.logs import logger
from chassis.work import Turn
from contracts.event import announce
from contracts.values import FoundBy
from ingestor import metrics, store
from ingestor.domain.known import ShopFacts
from ingestor.domain.observe import Observed, Said, observe
from ingestor.domain.timing import deadlines, look_again_at
from ingestor.hints import Wanted, look_at
from ingestor.settings import Settings
from marketplaces.seen import OrderSeen

LOG = logger(__name__)

SOURCE = "/zetpy/ingestor"

Found = Sequence[tuple[Wanted, OrderSeen]]
Traces = Mapping[str, str | None]
"""The trace of each look, by order ref."""


class LeaseLost(Exception):
    """Somebody else may have read since: what was read is thrown away."""


class Storing:
    """Takes reads in, all orders of a turn together."""

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._rules = settings.rules()
        self._grace = timedelta(seconds=settings.deadline_grace_seconds)

    async def store(self, turn: Turn, shop: ShopFacts, found: Found, *, traces: Traces) -> None:
        """Store what was found and answer the turn's rows; `LeaseLost` stores nothing.

        One order that can't be stored does not hold up the others: its rows come back later by themselves.
        """
        if not found:
            return
        try:
            await self._store(turn, shop, found, traces)
        except LeaseLost:
            raise
        except Exception:
            LOG.exception("not-stored", shop=turn.shop, orders=[look.order_ref for look, _ in found])
            if len(found) > 1:
                for each in found:
                    await self.store(turn, shop, [each], traces=traces)

    async def _store(self, turn: Turn, shop: ShopFacts, found: Found, traces: Traces) -> None:
        began = monotonic()
        async with self._app.transaction() as tx:
            known = await store.lock_orders(tx, turn.shop, [look.order_ref for look, _ in found])
            observed = {
                look.order_ref: observe(known[look.order_ref], seen, shop=shop, look=look.look(), rules=self._rules) for look, seen in found
            }
            await store.save_orders(tx, turn.shop, {ref: each.known for ref, each in observed.items()})
            await self._say(tx, turn.shop, observed, traces)
            for look, _ in found:
                await self._answer(tx, turn, look, observed[look.order_ref])
        self._show(turn, observed, duration_ms=round((monotonic() - began) * 1000))

    async def _say(self, tx: Transaction, shop: str, observed: Mapping[str, Observed], traces: Traces) -> None:
        said = [(said, traces.get(ref)) for ref, each in sorted(observed.items()) for said in each.said]
        await self._app.announce(tx, [announce(each.data, source=SOURCE, time=each.at, traceparent=trace) for each, trace in said])
        due = [(ref, at + self._grace) for ref, each in observed.items() for at in deadlines(each)]
        await work.add(tx, [look_at(shop, ref, "deadline", due_at=at, traceparent=traces.get(ref)) for ref, at in due])
        for found_by, late in _gaps([each for each, _ in said]):
            await store.count_gaps(tx, shop, found_by, late)

    async def _answer(self, tx: Transaction, turn: Turn, look: Wanted, observed: Observed) -> None:
        for row in look.rows:
            due_at = look_again_at(
                observed, attempts=row.attempts, for_deadline=row.key.endswith("/deadline"), now=self._app.now(), grace=self._grace
            )
            if not await (turn.done(tx, row.key) if due_at is None else turn.again(tx, row.key, due_at)):
                raise LeaseLost(row.key)

    def _show(self, turn: Turn, observed: Mapping[str, Observed], *, duration_ms: int) -> None:
        channel = turn.shop.partition(":")[0]
        for found_by, late in _gaps([said for each in observed.values() for said in each.said]):
            for delay_s in late:
                metrics.GAPS.labels(channel, found_by.value).observe(delay_s)
        for ref, each in observed.items():
            for said in each.said:
                metrics.SAID.labels(channel, said.data.found_by.value).inc()
                if said.found:
                    metrics.FACT_AGE.labels(channel, said.data.found_by.value).observe(said.delay_s)
                LOG.info(
                    "observed",
                    action=type(said.data).__name__,
                    shop=turn.shop,
                    order=ref,
                    request_id=said.data.request_id,
                    observation=said.data.observation,
                    found_by=said.data.found_by.value,
                    duration_ms=duration_ms,
                )


def _gaps(said: Sequence[Said]) -> Sequence[tuple[FoundBy, Sequence[float]]]:
    """What a push should have told and did not, by what found it: how late each was."""
    missed = [each for each in said if each.found and _was_pushable(each)]
    by = {way: [each.delay_s for each in missed if each.data.found_by == way] for way in (FoundBy.LOST_PUSH, FoundBy.SWEEP)}
    return [(way, late) for way, late in by.items() if late]


def _was_pushable(said: Said) -> bool:
    """What happened before the shop was connected was nobody's to push."""
    return said.data.stock_from is None or said.at >= said.data.stock_from
