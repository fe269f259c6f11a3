"""Orders in hand: what happens to their requests is taken in, and what follows is saved and announced."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis import tracing
from chassis.database import Transaction
from chassis.failures import Permanent
from contracts.event import Event, announce
from contracts.values import Order, Value
from decision import changes, store
from decision.domain import alerts, follow_up, orders
from decision.domain.alerts import Rules
from decision.domain.orders import OrderState
from decision.domain.requests import Change, Request, let_go
from decision.store import Held

SOURCE = "/zetpy/decision"


@dataclass(slots=True)
class Cases:
    """The unit of work of every handler and use case: locked orders go in, saved rows and events come out.

    Events stand in the order in which things happened: a request's word before what it means for the order.
    """

    held: Held
    now: datetime
    rules: Rules
    events: list[Event[Any]] = field(default_factory=list)
    _before: dict[str, int] = field(default_factory=dict)
    _requests: set[str] = field(default_factory=set)
    _orders: dict[str, Request] = field(default_factory=dict)
    _traces: dict[str, str] = field(default_factory=dict)
    _entries: list[tuple[Any, str | None]] = field(default_factory=list)

    def request(self, request_id: str) -> Request | None:
        """The request as it is now, its shop's state included."""
        request = self.held.requests.get(request_id)
        return self._with_shop(request) if request else None

    def order(self, request: Request) -> OrderState:
        return self.held.orders[request.order.key]

    def disconnected(self, channel: str, shop_id: str) -> bool:
        return (channel, shop_id) in self.held.disconnected

    def check_owner(self, order: Order) -> None:
        """Raise Permanent when the order, or its shop, is another seller's: whoever says so can't move it, nor see it."""
        for owner in (self.held.owners.get(order.key), self.held.shop_owners.get((order.channel, order.shop_id))):
            if owner not in {None, order.seller_id}:
                raise Permanent(f"order {order.key} belongs to another seller")

    def touch(self, request_id: str) -> None:
        """Let time, and the shop's state, do to the request what they do."""
        request = self.request(request_id)
        if request is not None:
            self.take(Change(request))
            # Saved even when nothing changed: the clock must not find it again at once.
            self._before.setdefault(request_id, request.version)
            self._requests.add(request_id)

    def take(self, change: Change, *, cause: Event[Any] | None = None) -> None:
        """What became of a request, and because of which event."""
        request = change.request
        self._entries += [(entry, cause.id if cause else None) for entry in change.entries]
        self.events += [self._announce(said, cause) for said in change.says]
        known = self.held.requests.get(request.request_id)
        if known is None and cause and cause.traceparent and tracing.on():
            self._traces[request.request_id] = cause.traceparent
        if change.request is known and not self._due(request):
            return
        request = alerts.refresh(request, now=self.now, rules=self.rules)
        self._before.setdefault(request.request_id, known.version if known else 0)
        self._requests.add(request.request_id)
        self._put(request)
        self._let_go(request, cause)
        self._take_order(request, cause)

    async def save(self, tx: Transaction) -> list[Event[Any]]:
        """Write what changed; gives the events to announce in the same transaction."""
        touched = {request_id: self.held.requests[request_id] for request_id in self._requests}
        await store.save_requests(
            tx,
            {key: (each, alerts.next_change(each, now=self.now, rules=self.rules)) for key, each in touched.items()},
        )
        await store.save_traces(tx, self._traces)
        await store.save_orders(tx, {key: (self.held.orders[key], cause) for key, cause in self._orders.items()})
        await store.add_entries(tx, self._entries)
        seen = [each for key, each in touched.items() if each.version != self._before[key]]
        await store.tell_listeners(tx, changes.payloads(seen))
        return self.events

    def _due(self, request: Request) -> bool:
        return alerts.conditions(request, now=self.now, rules=self.rules) != request.alerts.keys()

    def _with_shop(self, request: Request) -> Request:
        order = request.order
        return follow_up.shop_became(request, disconnected=self.disconnected(order.channel, order.shop_id), now=self.now).request

    def _put(self, request: Request) -> None:
        if request.request_id not in self.held.requests:
            self.held.of_order[request.order.key].append(request.request_id)
        self.held.requests[request.request_id] = request

    def _let_go(self, request: Request, cause: Event[Any] | None) -> None:
        """What is owed to the order's earlier requests must not meet this one."""
        siblings = [self.held.requests[each] for each in self.held.of_order[request.order.key]]
        for change in (let_go(each, siblings, now=self.now) for each in siblings):
            if change.says:
                self._before.setdefault(change.request.request_id, self.held.requests[change.request.request_id].version)
                self._requests.add(change.request.request_id)
                self._put(change.request)
                self.events += [self._announce(said, cause) for said in change.says]

    def _take_order(self, request: Request, cause: Event[Any] | None) -> None:
        key = request.order.key
        before = self.held.orders[key]
        siblings = [self.held.requests[each] for each in self.held.of_order[key]]
        state, said = orders.changed(before, siblings, cause=request, now=self.now)
        if said:
            self.events.append(self._announce(said, cause))
        if state != before:
            self.held.orders[key] = state
            self._orders[key] = request

    def _announce(self, said: Value, cause: Event[Any] | None) -> Event[Any]:
        return announce(said, source=SOURCE, time=self.now, cause=cause, traceparent=tracing.current())


async def of_orders(
    tx: Transaction, keys: Collection[str], *, now: datetime, rules: Rules, shops: Collection[store.Shop] = (), only_free: bool = False
) -> Cases:
    """Take these orders in hand: locked first, then read."""
    return Cases(await store.hold_orders(tx, keys, shops=shops, only_free=only_free), now, rules)
