"""What a consumer knows, read from its owner's views."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from chassis.database import open_pool
from chassis.incoming import event_identity
from contracts.event import Event
from ops.effects import Answers, Anything, Knowledge, Plan, Requests, Standing, Stock, StockWord
from ops.settings import Settings

_INBOX = "select id, dead from ops.inbox where id = any($1::uuid[])"
_ORDERS = "select order_key, stock from ops.orders where order_key = any($1::text[])"
_LEVELS = "select seller_id, sku from ops.levels where (seller_id, sku) in (select * from unnest($1::text[], $2::text[]))"
_REVISIONS = "select request_id::text, revision from ops.requests where request_id = any($1::uuid[])"
_DELIVERIES = "select request_id::text, revision, state from ops.deliveries where request_id = any($1::uuid[])"
_OBSERVATIONS = "select request_id::text, observation from ops.requests where request_id = any($1::uuid[])"


async def open_database(settings: Settings, service: str) -> asyncpg.Pool:
    """A service's database, where nothing can be changed but by the functions that its owner offers."""
    return await open_pool(settings.database_url(service), name="ops", max_size=3)


async def standings(pool: asyncpg.Pool, events: Sequence[Event[Any]]) -> list[Standing]:
    """What the inbox says about each."""
    ids = [event_identity(event.source, event.id) for event in events]
    known = {row["id"]: row["dead"] for row in await pool.fetch(_INBOX, ids)}
    return ["new" if id_ not in known else "dead" if known[id_] else "handled" for id_ in ids]


class Planner:
    """Counts what events would do to one consumer of one topic, chunk by chunk."""

    def __init__(self, pool: asyncpg.Pool, *, consumer: str, topic: str, reprocess: bool, call_again: bool) -> None:
        self._pool = pool
        self.plan = Plan(reprocess=reprocess)
        self._knowledge = _empty(consumer, topic, call_again=call_again)
        self._asked: set[str] = set()

    async def count(self, events: Sequence[Event[Any]]) -> None:
        standing = await standings(self._pool, events)
        told = [event for event, each in zip(events, standing, strict=True) if each != "handled" or self.plan.reprocess]
        await self._learn(told)
        self.plan.count(list(zip(events, standing, strict=True)), self._knowledge)

    def document(self) -> dict[str, Any]:
        return self.plan.document(self._knowledge)

    async def _learn(self, events: Sequence[Event[Any]]) -> None:
        match self._knowledge:
            case Stock() as stock:
                await self._learn_stock(stock, events)
            case Answers() as answers:
                ids = self._new([event.data.request_id for event in events])
                answers.revisions |= {row[0]: row[1] for row in await self._pool.fetch(_REVISIONS, ids)}
                answers.states |= {(row[0], row[1]): row[2] for row in await self._pool.fetch(_DELIVERIES, ids)}
            case Requests() as requests:
                ids = self._new([event.data.request_id for event in events if hasattr(event.data, "observation")])
                requests.observations |= {row[0]: row[1] for row in await self._pool.fetch(_OBSERVATIONS, ids)}
            case Anything():
                pass

    async def _learn_stock(self, stock: Stock, events: Sequence[Event[Any]]) -> None:
        for row in await self._pool.fetch(_ORDERS, self._new([event.data.order.key for event in events])):
            stock.words |= {request_id: _word(word) for request_id, word in row["stock"].get("words", {}).items()}
            stock.matched |= {(row["order_key"], line): sku for line, sku in row["stock"].get("matched", {}).items()}
        named = {(event.data.order.seller_id, line.sku) for event in events for line in getattr(event.data, "lines", ()) if line.sku}
        sellers = {event.data.order.key: event.data.order.seller_id for event in events}
        named |= {(sellers[key], sku) for (key, _), sku in stock.matched.items() if key in sellers}
        named -= stock.skus
        rows = await self._pool.fetch(_LEVELS, [seller for seller, _ in named], [sku for _, sku in named])
        stock.skus |= {(row["seller_id"], row["sku"]) for row in rows}

    def _new(self, keys: Sequence[str]) -> list[str]:
        """Those not asked for before: what an earlier chunk came to must not be forgotten."""
        new = [key for key in dict.fromkeys(keys) if key not in self._asked]
        self._asked.update(new)
        return new


def _empty(consumer: str, topic: str, *, call_again: bool) -> Knowledge:
    match consumer, topic:
        case "inventory", "cancel-decisions":
            return Stock()
        case "sync-back", "cancel-decisions":
            return Answers(call_again=call_again)
        case "decision", "cancel-requests":
            return Requests()
        case _:
            return Anything()


def _word(word: Mapping[str, Any]) -> StockWord:
    given: dict[tuple[str, str, str], int] = {}
    claims = word.get("claims", [])
    for claim in claims:
        if claim.get("unmatched") is None and claim["sku"] is not None:
            key = (claim["line_id"], claim["sku"], claim["condition"])
            given[key] = given.get(key, 0) + claim["quantity"]
    return StockWord(word["revision"], given, frozenset(claim["line_id"] for claim in claims if claim.get("unmatched")))
