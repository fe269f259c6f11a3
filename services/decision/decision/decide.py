"""The use cases of people and rules: decide, send again, acknowledge. Each locks the order first, then looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chassis import outbox, tracing
from chassis.database import Transaction
from contracts.values import Actor
from decision import cases, store
from decision.domain import follow_up
from decision.domain.alerts import Rules
from decision.domain.decide import Decided, Declined, Unchanged, Why, Wish
from decision.domain.decide import decide as decided
from decision.domain.orders import OrderState
from decision.domain.requests import Change, Request


@dataclass(frozen=True, slots=True)
class Person:
    """Who wants it, and of which seller: another seller's requests do not exist for him."""

    seller_id: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a wish, with the request and its order as they are now. `not-found`: there is no such request of this seller."""

    status: Literal["done", "unchanged", "failed"]
    why: Why | Literal["not-found", "nothing-to-retry", "not-open"] | None = None
    request: Request | None = None
    order: OrderState | None = None


NOT_FOUND = Answer("failed", "not-found")


async def decide(tx: Transaction, person: Person, request_id: str, wish: Wish, *, now: datetime, rules: Rules) -> Answer:
    """Decide one request. The first decision wins; of many at once one is done and the others are unchanged or fail."""
    return (await decide_all(tx, person, [(request_id, wish)], now=now, rules=rules))[0]


async def decide_all(tx: Transaction, person: Person, wishes: Sequence[tuple[str, Wish]], *, now: datetime, rules: Rules) -> list[Answer]:
    """Decide many requests, each with a success of its own; answers in the order asked."""
    held, ids = await _take(tx, person, [request_id for request_id, _ in wishes], now=now, rules=rules)
    offered = await store.find_reject_reasons(tx, [key for key, wish in wishes if wish.verdict == "reject" and key in ids])
    traces = await store.find_traces(tx, ids) if tracing.on() else {}
    answers = []
    for request_id, wish in wishes:
        # The request's own trace goes on; the click, which may decide five hundred, is linked.
        with tracing.span("decide", parent=traces.get(request_id), link=tracing.current(), request_id=request_id, verdict=wish.verdict):
            answers.append(_decide(held, person, request_id, wish, offered) if request_id in ids else NOT_FOUND)
    await outbox.add(tx, await held.save(tx))
    return answers


def _decide(held: cases.Cases, person: Person, request_id: str, wish: Wish, offered: Mapping[str, Mapping[str, str]]) -> Answer:
    request = held.request(request_id)
    if request is None:
        return NOT_FOUND
    match decided(request, wish, by=person.actor, now=held.now, offered=offered.get(request_id)):
        case Decided(change):
            held.take(change)
            return _answer(held, "done", request_id)
        case Unchanged():
            return _answer(held, "unchanged", request_id)
        case Declined(why):
            return _answer(held, "failed", request_id, why)


async def retry_sync(tx: Transaction, person: Person, request_id: str, *, now: datetime, rules: Rules) -> Answer:
    """Send the standing decision again."""
    held, ids = await _take(tx, person, [request_id], now=now, rules=rules)
    request = held.request(request_id) if request_id in ids else None
    if request is None:
        return NOT_FOUND
    return await _finish(tx, held, request_id, follow_up.retry_sync(request, by=person.actor, now=now))


async def acknowledge(
    tx: Transaction, person: Person, request_id: str, kind: str, *, now: datetime, rules: Rules, note: str | None = None
) -> Answer:
    """Somebody has seen to an alert; a second time is as good as the first."""
    held, ids = await _take(tx, person, [request_id], now=now, rules=rules)
    request = held.request(request_id) if request_id in ids else None
    if request is None:
        return NOT_FOUND
    return await _finish(tx, held, request_id, follow_up.acknowledge(request, kind, by=person.actor, now=now, note=note))


async def _take(
    tx: Transaction, person: Person, request_ids: Sequence[str], *, now: datetime, rules: Rules
) -> tuple[cases.Cases, set[str]]:
    keys = await store.find_order_keys(tx, request_ids, seller_id=person.seller_id)
    return await cases.of_orders(tx, set(keys.values()), now=now, rules=rules), set(keys)


async def _finish(tx: Transaction, held: cases.Cases, request_id: str, change: Change | Literal["nothing-to-retry", "not-open"]) -> Answer:
    if isinstance(change, str):
        return _answer(held, "failed", request_id, change)
    held.take(change)
    await outbox.add(tx, await held.save(tx))
    return _answer(held, "done", request_id)


def _answer(
    held: cases.Cases,
    status: Literal["done", "unchanged", "failed"],
    request_id: str,
    why: Why | Literal["nothing-to-retry", "not-open"] | None = None,
) -> Answer:
    request = held.held.requests[request_id]
    return Answer(status, why, request, held.order(request))
