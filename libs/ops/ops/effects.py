"""What handling an event now would do: judged from what its consumer knows, without doing it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import msgspec

from contracts.cancel_decisions import CancelApproved, CancelledElsewhere, CancelRejected, SyncRetryRequested
from contracts.cancel_requests import RequestFacts
from contracts.event import Event

Effect = Literal["changes stock", "calls a marketplace", "changes a request", "may change something", "nothing"]
Standing = Literal["new", "dead", "handled"]
"""What the consumer's inbox says: never seen, dead-lettered, handled."""

Given: TypeAlias = Mapping[tuple[str, str, str], int]
"""Units by line, SKU and condition."""


class StockWord(msgspec.Struct, frozen=True):
    """What inventory remembers of a request: the revision of its newest word, and what that gives back."""

    revision: int
    given: Given
    waiting: frozenset[str] = frozenset()
    """Lines that wait for a level: the same word again leaves them waiting."""


@dataclass(slots=True)
class Stock:
    """Inventory's knowledge, moved on by each event as handling it would."""

    words: dict[str, StockWord] = field(default_factory=dict)
    skus: set[tuple[str, str]] = field(default_factory=set)
    """Seller and SKU of the levels there are."""
    matched: dict[tuple[str, str], str] = field(default_factory=dict)
    """Order key and line → the SKU that a person named."""

    def judge(self, event: Event[Any]) -> Effect:
        data = event.data
        if isinstance(data, SyncRetryRequested):
            return "nothing"
        known = self.words.get(data.request_id)
        if known and data.revision < known.revision:
            return "nothing"
        same = known is not None and data.revision == known.revision
        given = self._given(data, known.waiting if known and same else frozenset())
        before = known.given if known else {}
        self.words[data.request_id] = StockWord(data.revision, given, known.waiting if known and same else frozenset())
        return "changes stock" if given != before else "nothing"

    def _given(self, data: Any, waiting: frozenset[str]) -> Given:
        units: Counter[tuple[str, str, str]] = Counter()
        for line in data.lines if isinstance(data, CancelApproved | CancelledElsewhere) else ():
            sku = self.matched.get((data.order.key, line.line_id), line.sku)
            if line.stock != "none" and sku and (data.order.seller_id, sku) in self.skus and line.line_id not in waiting:
                units[line.line_id, sku, line.stock] += line.quantity
        return units


@dataclass(slots=True)
class Answers:
    """Sync-back's knowledge: the newest revision heard of each request, and what became of each answer."""

    revisions: dict[str, int] = field(default_factory=dict)
    states: dict[tuple[str, int], str] = field(default_factory=dict)
    """Request and revision → the delivery's state."""
    channels: frozenset[str] = frozenset({"shopee", "tiktok"})
    call_again: bool = False
    owed: set[str] = field(default_factory=set)
    """Requests whose answer would be sent: a newer word in the same replay takes the place of an older one."""

    def judge(self, event: Event[Any]) -> Effect:
        data = event.data
        if data.order.channel not in self.channels:
            return "nothing"
        if isinstance(data, SyncRetryRequested):
            waits = self.states.get((data.request_id, data.revision)) in {"queued", "retrying", "blocked", "failed"}
            return "calls a marketplace" if waits else "nothing"
        known = self.revisions.get(data.request_id, 0)
        if data.revision < known:
            return "nothing"
        self.revisions[data.request_id] = data.revision
        state = self.states.get((data.request_id, data.revision))
        is_answer = isinstance(data, CancelApproved | CancelRejected)
        calls = is_answer and (state is None or (self.call_again and state in {"synced", "refused", "failed"}))
        if data.revision > known:
            self.owed.discard(data.request_id)
        if calls:
            self.owed.add(data.request_id)
        return "calls a marketplace" if calls else "nothing"


@dataclass(slots=True)
class Requests:
    """Decision's knowledge: the newest observation of each request."""

    observations: dict[str, int] = field(default_factory=dict)

    def judge(self, event: Event[Any]) -> Effect:
        data = event.data
        if not isinstance(data, RequestFacts):
            return "may change something"
        if data.observation <= self.observations.get(data.request_id, 0):
            return "nothing"
        self.observations[data.request_id] = data.observation
        return "changes a request"


class Anything:
    """A consumer of which only the inbox is known."""

    def judge(self, _: Event[Any]) -> Effect:
        return "may change something"


Knowledge: TypeAlias = Stock | Answers | Requests | Anything


@dataclass(slots=True)
class Plan:
    """What a replay would come to, counted."""

    reprocess: bool
    events: int = 0
    """Chosen and readable."""
    unreadable: int = 0
    """Not sent: they can't be handled, whoever sends them."""
    standing: Counter[Standing] = field(default_factory=Counter)
    effects: Counter[Effect] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)

    def count(self, events: Sequence[tuple[Event[Any], Standing]], knowledge: Knowledge) -> None:
        for event, standing in events:
            self.events += 1
            self.standing[standing] += 1
            self.types[event.kind.slug] += 1
            effect: Effect = knowledge.judge(event) if standing != "handled" or self.reprocess else "nothing"
            self.effects[effect] += 1

    @property
    def would_handle(self) -> int:
        return self.events if self.reprocess else self.events - self.standing["handled"]

    def document(self, knowledge: Knowledge) -> dict[str, Any]:
        """As it is shown and stored."""
        effects = {name.replace(" ", "_"): self.effects[name] for name in sorted(self.effects) if name != "nothing"}
        if isinstance(knowledge, Answers):
            effects["calls_a_marketplace"] = len(knowledge.owed)
        return {
            "events": self.events,
            "unreadable": self.unreadable,
            "new": self.standing["new"],
            "dead": self.standing["dead"],
            "already_handled": self.standing["handled"],
            "would_be_handled": self.would_handle,
            "would_change_stock": effects.get("changes_stock", 0),
            "would_call_a_marketplace": effects.get("calls_a_marketplace", 0),
            "effects": effects,
            "types": dict(sorted(self.types.items())),
        }
