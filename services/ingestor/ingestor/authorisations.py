"""What pushes say of a shop's authorisation: hints as well, so the shop is tried before it is called lost."""

from datetime import datetime

from chassis.app import App
from chassis.logs import logger
from chassis.work import Claimed, Turn
from ingestor.hints import EXPIRING
from ingestor.reading import Reading
from ingestor.shops import Shops
from marketplaces.accounts import Shop
from marketplaces.failures import Reauthorise

LOG = logger(__name__)


class Authorisations:
    """Marks shops in the accounts as expiring, connected or disconnected."""

    def __init__(self, app: App, reading: Reading, shops: Shops) -> None:
        self._app, self._reading, self._shops = app, reading, shops

    async def look(self, turn: Turn, shop: Shop) -> None:
        """Answer the rows of a shop's authorisation lane."""
        for row in turn.items:
            if row.key == EXPIRING:
                await self._expiring(shop, row)
            else:
                await self._probe(shop)
            async with self._app.transaction() as tx:
                await turn.done(tx, row.key)

    async def _expiring(self, shop: Shop, row: Claimed) -> None:
        told = row.payload or {}
        until = datetime.fromisoformat(told["until"]) if told.get("until") else None
        await self._reading.accounts.mark_expiring(shop.channel, shop.shop_id, authorised_until=until, why=told.get("why"))

    async def _probe(self, shop: Shop) -> None:
        """Try the shop: the answer, not the push, is the truth."""
        try:
            await self._reading.accounts.probe(shop.channel, shop.shop_id)
        except Reauthorise as failure:
            LOG.warning("shop-lost", shop=shop.key, why=str(failure))
        await self._shops.look_again(shop.channel, shop.shop_id)
