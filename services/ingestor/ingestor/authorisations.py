"""What pushes say of a shop's authorisation: hints as well, so the shop is tried before it is called lost."""

from datetime import datetime

from chassis.app import App
from chassis.logs import logger
from chassis.work import Claimed, Item, Turn
from contracts.values import shop_key
from ingestor.hints import AUTHORISATION_LANE, EXPIRING, PROBE
from ingestor.reading import Reading
from ingestor.shops import Shops
from marketplaces.accounts import Shop
from marketplaces.failures import Reauthorise
from marketplaces.interface import PushHint

LOG = logger(__name__)


def about_authorisation(hint: PushHint) -> Item | None:
    """The row that a push about an authorisation becomes: in a lane of its own, since the shop's look-ups may be paused."""
    if hint.shop_id is None or hint.kind not in {"revoked", "authorised", "expiring"}:
        return None
    until = hint.authorised_until.isoformat() if hint.authorised_until else None
    return Item(
        shop=shop_key(hint.channel, hint.shop_id) + AUTHORISATION_LANE,
        key=EXPIRING if hint.kind == "expiring" else PROBE,
        payload={"until": until, "why": hint.text},
    )


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
