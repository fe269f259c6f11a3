"""The ingestor's part of the world with one order: the real rules of looking, what they know numbered."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from tests.support.one_order.world import Ask, Bounds, Look, Moment

from contracts.cancel_requests import CancelRequestClosed, CancelRequestEvent, OrderCancelled, request_id
from contracts.values import FoundBy, Parcel, Reason
from ingestor.domain.known import NOTHING_KNOWN, OrderKnown, Rules, ShopFacts
from ingestor.domain.known import Look as Why
from ingestor.domain.observe import Observed, observe
from marketplaces.seen import CancelSeen, LineSeen, OrderSeen, RequestedLine, RequestSeen

START = datetime(2026, 11, 1, tzinfo=UTC)
STEP = timedelta(minutes=10)
"""Of the world's clock."""
VERSION = timedelta(days=10)
"""Moments between changes of the truth are this far apart, so that the later read is the one that saw more, whatever the clock says."""
NATIVE = {
    "shopee": ("SN1", "SN1#2", "SN1#3", "SN1#4"),
    "tiktok": ("C1", "C2", "C3", "C4", "SN1"),  # the last: a cancellation that no request tells
}
WORDS = {
    "shopee": {"going": "PROCESSED", "open": "IN_CANCEL", "cancelled": "CANCELLED", "shipped": "SHIPPED"},
    "tiktok": {"going": "AWAITING_COLLECTION", "open": "AWAITING_COLLECTION", "cancelled": "CANCELLED", "shipped": "IN_TRANSIT"},
}
ALONE = {"going": "ready_to_ship", "open": "cancel_requested", "cancelled": "cancelled", "shipped": "shipped"}
SHOP = ShopFacts(seller_id="A", name="Shop", region="MY", reject_reason="none")
RULES = Rules(patience=timedelta(0))
LINES = tuple(
    LineSeen(line_id=f"L{each}", item_id=f"I{each}", sku=f"S{each}", name="Cap", ordered_quantity=quantity)
    for each, quantity in ((1, 2), (2, 1))
)

Say = tuple[int, int, Moment]
"""Of which request, the number of what is said, and since when it is true at least."""


def moment(tick: int, clock: int) -> datetime:
    return START + tick * VERSION + clock * STEP


class Looking:
    """What the ingestor knows after each look; equal knowledge has one number, counters and times of reading apart."""

    def __init__(self, bounds: Bounds) -> None:
        self.channel = bounds.channel
        self.atomic = not bounds.looks
        self.ids = [request_id(bounds.channel, "1", native) for native in NATIVE[bounds.channel]]
        self.known: list[OrderKnown] = []
        self.numbers: dict[OrderKnown, int] = {}
        self.facts: list[CancelRequestEvent] = []
        self.fact_numbers: dict[bytes, int] = {}
        self.after_looks: dict[tuple[Any, ...], tuple[int, tuple[Say, ...], bool]] = {}
        assert self._number(NOTHING_KNOWN) == 0

    def after(self, number: int, look: Look, ended: Moment) -> tuple[int, tuple[Say, ...], bool]:
        """What is known after the look, what is said, and whether to look again."""
        clock = look.started[1]
        if self.atomic:  # each read shows the newest truth: the version of that is time enough
            look, ended = look._replace(started=(look.started[0], 0)), (ended[0], 0)
        key = (number, look, ended)
        if key not in self.after_looks:
            self.after_looks[key] = self._after(*key)
        known, said, again = self.after_looks[key]
        return known, tuple((n, fact, (read[0], clock) if self.atomic else read) for n, fact, read in said), again

    def _after(self, number: int, look: Look, ended: Moment) -> tuple[int, tuple[Say, ...], bool]:
        seen = self._seen(look, ended)
        why = Why(found_by=FoundBy.PUSH if look.found else None, tell=frozenset(self.ids[n] for n in look.tell))
        observed: Observed = observe(self.known[number], seen, shop=SHOP, look=why, rules=RULES)
        said = tuple(self._say(each.data) for each in observed.said)
        return self._number(observed.known), said, observed.look_again is not None

    def _number(self, known: OrderKnown) -> int:
        known = _unnumbered(known)
        if known not in self.numbers:
            self.numbers[known] = len(self.known)
            self.known.append(known)
        return self.numbers[known]

    def _say(self, said: CancelRequestEvent) -> Say:
        tick, clock = divmod(said.read_started_at - START, VERSION)
        return self.ids.index(said.request_id), self._fact(said), (tick, clock // STEP)

    def _fact(self, said: CancelRequestEvent) -> int:
        """Times of display are all alike: they decide nothing."""
        at = START + timedelta(hours=self.ids.index(said.request_id))
        said = msgspec.structs.replace(_uncounted(said), requested_at=at, found_by=FoundBy.PUSH)
        if isinstance(said, CancelRequestClosed):
            said = msgspec.structs.replace(said, ended_at=START)
        if isinstance(said, OrderCancelled):
            said = msgspec.structs.replace(said, cancelled_at=START)
        else:
            said = msgspec.structs.replace(said, respond_by=START + timedelta(days=2), respond_by_source="marketplace")
        key = msgspec.json.encode((type(said).__name__, said))
        if key not in self.fact_numbers:
            self.fact_numbers[key] = len(self.facts)
            self.facts.append(said)
        return self.fact_numbers[key]

    def _seen(self, look: Look, ended: Moment) -> OrderSeen:
        assert look.order is not None
        assert look.asks is not None
        status, second = look.order
        at = START + timedelta(seconds=second)
        alone = ALONE[status] if self.channel == "shopee" or status != "open" else "ready_to_ship"
        return OrderSeen(
            channel=self.channel,
            shop_id="1",
            order_ref="SN1",
            region="MY",
            marketplace_status=WORDS[self.channel][status],
            status=alone,  # type: ignore[arg-type] # a literal
            status_alone=alone,  # type: ignore[arg-type] # as above
            update_time=at,
            read_started_at=moment(*look.started),
            read_ended_at=moment(*ended),
            ordered_at=START,
            was_paid=True,
            lines=LINES,
            parcel=Parcel(state="not_arranged"),
            cancelled=CancelSeen(by="unknown", at=START) if status == "cancelled" else None,
            requests=self._requests(status, look.asks, at),
        )

    def _requests(self, status: str, asks: tuple[Ask, ...], at: datetime) -> tuple[RequestSeen, ...]:
        if self.channel == "shopee":
            return (_request("SN1", "open", at, None),) if status == "open" else ()
        return tuple(
            _request(NATIVE["tiktok"][n], ask.state, START + timedelta(seconds=ask.second), START + timedelta(hours=n))
            for n, ask in enumerate(asks)
        )


def _request(native_id: str, state: str, at: datetime, requested_at: datetime | None) -> RequestSeen:
    return RequestSeen(
        native_id=native_id,
        state=state,  # type: ignore[arg-type] # a literal
        asks_seller=state == "open",
        update_time=at,
        started_by="buyer",
        marketplace_type="BUYER_CANCEL",
        requested_at=requested_at,
        reason=Reason(text="changed my mind"),
        lines=tuple(RequestedLine(line_id=line.line_id, quantity=line.ordered_quantity) for line in LINES),
    )


def _uncounted(said: CancelRequestEvent) -> CancelRequestEvent:
    return msgspec.structs.replace(said, observation=1, read_started_at=START, observed_at=START)


def _unnumbered(known: OrderKnown) -> OrderKnown:
    """Without the counters of what was said: the world keeps them."""
    requests = tuple(replace(each, published=each.published and _uncounted(each.published)) for each in known.requests)
    return replace(known, requests=requests)
