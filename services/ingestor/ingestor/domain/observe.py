"""From what is known and what a read showed to what is known now and what is said of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from contracts.cancel_requests import CancelRequestEvent
from contracts.values import OrderStatus
from ingestor.domain.facts import View, happened_at, says_the_same, snapshot
from ingestor.domain.identity import CANCELLED_STATES, requests_shown
from ingestor.domain.known import Look, OrderKnown, Read, RequestKnown, Rules, ShopFacts
from ingestor.domain.newest import Verdict, alone, compare, later
from marketplaces.seen import OrderSeen, RequestSeen

_PART_OF_CANCELLING = frozenset({"cancel_requested", "cancelled", "unknown"})


@dataclass(frozen=True, slots=True)
class Said:
    """Something to publish, and when it happened by the marketplace's clock."""

    data: CancelRequestEvent
    at: datetime
    found: bool
    """By a push or a sweep; else by a look that we had planned ourselves."""

    @property
    def delay_s(self) -> float:
        """How long after it happened it was read."""
        return max(0.0, (self.data.observed_at - self.at).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What is known after a look, what is said, and whether to look once more."""

    known: OrderKnown
    said: tuple[Said, ...] = ()
    look_again: Literal["soon", "later"] | None = None
    """`soon`: two reads overlapped, or an answer is owed and this one is stale. `later`: the marketplace has not told everything yet."""


def observe(known: OrderKnown, seen: OrderSeen, *, shop: ShopFacts, look: Look, rules: Rules) -> Observed:
    """Take a read in. In whatever order the reads come, what is known ends as the newest shows, and nothing is said twice."""
    read = Read(seen.read_started_at, seen.read_ended_at)
    order, verdict = _newest_order(known.order, seen, read)
    current = verdict in {"newer", "same"}
    listed = seen.requests if current or seen.channel != "shopee" else ()
    shown = requests_shown(known, order, listed) if current or listed else ()
    unexplained = _unexplained(order, shown, rules, read)
    requests, verdicts = _newest_requests(known.requests, [] if unexplained else shown, read)
    view = View(
        order=order,
        status=status_now(order, [request.seen for request in requests]),
        former_status=_former(known.former_status, order),
        shop=shop,
        look=look,
        rules=rules,
        read=_as_of(known, read),
    )
    told = [_tell(view, request, requests, own=verdicts.get(request.seen.native_id), order=verdict) for request in requests]
    return Observed(
        known=OrderKnown(order=order, former_status=view.former_status, requests=tuple(request for request, _, _ in told)),
        said=tuple(said for _, said, _ in told if said),
        look_again=_again(
            verdict, verdicts, owed=any(owed for _, _, owed in told), unexplained=unexplained, silent=_speechless(view, told)
        ),
    )


def _as_of(known: OrderKnown, read: Read) -> Read:
    """Since when it is true what is said: what proved newer than the view of a read that had started later was seen after that start."""
    former = [known.order.read_started_at] if known.order else []
    return replace(read, started=max([read.started, *former, *(request.read.started for request in known.requests)]))


def status_now(order: OrderSeen, requests: Sequence[RequestSeen]) -> OrderStatus:
    """CONTRACTS A3: cancelled only when the cancelled lines cover all units; a parcel that left stays shipped; open requests hold."""
    if order.status_alone == "cancelled" or (order.status_alone != "cancel_requested" and _covered(order, requests)):
        return "cancelled"
    if order.status_alone != "shipped" and any(request.state == "open" for request in requests):
        return "cancel_requested"
    return order.status_alone


def _covered(order: OrderSeen, requests: Sequence[RequestSeen]) -> bool:
    accepted = [line for request in requests if request.state in CANCELLED_STATES for line in request.lines]
    units = {line.line_id: line.cancelled_quantity for line in order.lines}
    for line in accepted:
        units[line.line_id] = max(units.get(line.line_id, 0), line.quantity)
    return bool(accepted) and bool(order.lines) and all(units[line.line_id] >= line.ordered_quantity for line in order.lines)


def _newest_order(known: OrderSeen | None, seen: OrderSeen, read: Read) -> tuple[OrderSeen, Verdict]:
    if known is None:
        return alone(seen, read), "newer"
    known_read = Read(known.read_started_at, known.read_ended_at)
    verdict = compare(known, known_read, alone(seen, known_read), read)
    match verdict:
        case "newer":
            return alone(seen, read), verdict
        case "same":
            return alone(known, later(known_read, read)), verdict
        case _:
            return known, verdict


def _newest_requests(
    known: Sequence[RequestKnown], shown: Sequence[RequestSeen], read: Read
) -> tuple[Sequence[RequestKnown], dict[str, Verdict]]:
    requests = {request.seen.native_id: request for request in known}
    verdicts: dict[str, Verdict] = {}
    for seen in shown:
        former = requests.get(seen.native_id)
        if seen.state == "unknown":
            continue  # a word that no reference knows says nothing
        if former is None:
            requests[seen.native_id], verdicts[seen.native_id] = RequestKnown(seen=seen, read=read), "newer"
            continue
        verdict = verdicts[seen.native_id] = compare(former.seen, former.read, seen, read)
        if verdict == "newer":
            requests[seen.native_id] = replace(former, seen=seen, read=read)
        elif verdict == "same":
            requests[seen.native_id] = replace(former, read=later(former.read, read))
    return list(requests.values()), verdicts


def _former(known: OrderStatus | None, order: OrderSeen) -> OrderStatus | None:
    return known if order.status_alone in _PART_OF_CANCELLING else order.status_alone


def _unexplained(order: OrderSeen, shown: Sequence[RequestSeen], rules: Rules, read: Read) -> bool:
    """A TikTok order that was cancelled a moment ago, and the search does not yet show by what."""
    if order.channel == "shopee" or not any(request.native_id == order.order_ref for request in shown):
        return False
    return read.ended - order.update_time < rules.patience


Told = tuple[RequestKnown, Said | None, bool]


def _tell(view: View, request: RequestKnown, others: Sequence[RequestKnown], *, own: Verdict | None, order: Verdict) -> Told:
    """The request with what is now said of it, what to publish, and whether something is still owed to somebody who waits.

    `own` and `order`: how new this read is, of the request (None: it was not listed) and of the order.
    """
    new = snapshot(view, request.seen, request.published)
    if new is None or (request.published is None and _told_by_order(view.order, request, others)):
        return request, None, False
    asked = request.published is not None and new.request_id in view.look.tell
    if asked and (own or order) not in {"newer", "same"}:
        return request, None, True
    quiet = says_the_same(request.published, new) or (own != "newer" and _superseded(request, others))
    if quiet and not asked:
        return request, None, False
    return replace(request, published=new), Said(new, happened_at(view, request.seen), found=view.look.found_by is not None), False


def _superseded(request: RequestKnown, others: Sequence[RequestKnown]) -> bool:
    """It ended and a newer one was told: from then on that one tells what becomes of the order."""
    later = others[others.index(request) + 1 :]
    return request.seen.state != "open" and any(other.published or other.seen.state != "closed" for other in later)


def _told_by_order(order: OrderSeen, request: RequestKnown, others: Sequence[RequestKnown]) -> bool:
    """The order's cancellation was told before this request showed itself as its cause."""
    return request.seen.state != "open" and any(
        other.is_cancellation and other.seen.native_id == order.order_ref != request.seen.native_id for other in others
    )


def _speechless(view: View, told: Sequence[Told]) -> bool:
    """Something is to be said, but the order came without lines."""
    return not view.order.lines and any(request.published is None and request.seen.state != "closed" for request, _, _ in told)


def _again(
    verdict: Verdict, verdicts: dict[str, Verdict], *, owed: bool, unexplained: bool, silent: bool
) -> Literal["soon", "later"] | None:
    if verdict == "overlap" or "overlap" in verdicts.values() or owed:
        return "soon"
    return "later" if unexplained or silent else None
