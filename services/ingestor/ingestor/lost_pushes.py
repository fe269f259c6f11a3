"""Shopee's queue of pushes that never arrived: drained by one process at a time, confirmed only after the durable write."""

from datetime import timedelta

from chassis import work
from chassis.app import App
from chassis.logs import logger
from chassis.work import Item, Turn
from ingestor import metrics
from ingestor.hints import LOST_PUSHES, LOST_PUSHES_LANE, item_of
from ingestor.reading import Reading
from ingestor.settings import Settings
from ingestor.storing import LeaseLost
from marketplaces.interface import LostPushes

LOG = logger(__name__)


class LostPushQueue:
    """The queue is the app's, not a shop's: a row of durable work in a lane of its own, so its lease makes one process drain it."""

    def __init__(self, app: App, reading: Reading, settings: Settings) -> None:
        self._app, self._reading = app, reading
        self._interval = timedelta(seconds=settings.lost_pushes_interval_seconds)

    async def begin(self) -> None:
        """See to it that there is the row; a process that starts drains at once."""
        async with self._app.transaction() as tx:
            await work.add(tx, [Item(shop=LOST_PUSHES_LANE, key=LOST_PUSHES)])

    async def drain(self, turn: Turn) -> None:
        """Take page by page: store its hints, then confirm it. What was stored and not confirmed comes again, and says nothing new."""
        shopee, confirmed = self._reading.shopee, None
        while (page := await shopee.lost_pushes()).count and page.last_message_id is not None:
            await self._store(turn, page)
            await shopee.confirm_lost_pushes(page.last_message_id)
            if not page.has_more or page.last_message_id == confirmed or self._app.stop.is_set():
                break
            confirmed = page.last_message_id
        async with self._app.transaction() as tx:
            if not await turn.done(tx, LOST_PUSHES):
                raise LeaseLost(LOST_PUSHES)
            await work.add(tx, [Item(shop=turn.shop, key=LOST_PUSHES, due_at=self._app.now() + self._interval)])

    async def _store(self, turn: Turn, page: LostPushes) -> None:
        items = [item for hint in page.hints if (item := item_of(hint, "lost_push")) is not None]
        async with self._app.transaction() as tx:
            if not await turn.holds(tx, LOST_PUSHES):
                raise LeaseLost(LOST_PUSHES)
            await work.add(tx, items)
        metrics.LOST_PUSHES.labels("hint").inc(len(items))
        metrics.LOST_PUSHES.labels("unreadable").inc(page.unreadable)
        LOG.warning("lost-pushes", count=page.count, hints=len(items), unreadable=page.unreadable, last_message_id=page.last_message_id)
