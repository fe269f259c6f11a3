"""How an order may change: each move checks that it is possible, changes the truth and says what changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.config import Channel
from sandbox.truth import CANCELLABLE, SHIPPABLE, Order, Party, Request, RequestState, Stage


class Impossible(Exception):
    """The order's state does not allow this now."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a marketplace would announce: the order's own status, a request, or both."""

    order: bool = False
    request: Request | None = None


def _require(condition: bool, why: str) -> None:  # noqa: FBT001 (reads as a sentence)
    if not condition:
        raise Impossible(why)


def _require_none_under_way(order: Order) -> None:
    """Between approval and completion (TikTok) the order must not move in another way."""
    _require(all(was.state is not RequestState.APPROVED for was in order.requests), "a cancellation is being carried out")


def _enter(order: Order, stage: Stage, now: int) -> None:
    order.stage, order.native = stage, None
    order.updated_at = max(order.updated_at, now)


def pay(order: Order, now: int) -> Sequence[Change]:
    _require(order.stage in {Stage.UNPAID, Stage.ON_HOLD}, "the order is paid already")
    order.paid_at = order.paid_at or now
    _enter(order, Stage.NEW, now)
    return [Change(order=True)]


def arrange(order: Order, now: int) -> Sequence[Change]:
    """The seller arranges shipment: both marketplaces refuse it while a request is open."""
    _require(order.open_request is None, "a cancel request is open")
    _require_none_under_way(order)
    _require(order.stage is Stage.NEW, "only a new order can be arranged")
    order.arranged_at = now
    _enter(order, Stage.READY_TO_SHIP, now)
    return [Change(order=True)]


def ship(order: Order, now: int) -> Sequence[Change]:
    """The courier collects, also while a request is open: the request ends."""
    _require(order.stage in SHIPPABLE, "only an order that may be shipped can be collected")
    _require_none_under_way(order)
    request = order.open_request
    order.arranged_at = order.arranged_at or now
    _enter(order, Stage.SHIPPED, now)
    if request is None:
        return [Change(order=True)]
    _end(request, RequestState.CLOSED, "system", now)
    return [Change(order=True, request=request)]


def deliver(order: Order, now: int) -> Sequence[Change]:
    _require(order.stage is Stage.SHIPPED, "only a shipped order can be delivered")
    _enter(order, Stage.DELIVERED, now)
    return [Change(order=True)]


def ask(order: Order, request: Request, now: int, *, again: bool = False) -> Sequence[Change]:
    """The buyer asks. Shopee takes one request per order, for ever, say its help pages; its API does not: `again` lets it take another."""
    _require(order.stage in CANCELLABLE, f"an order that is {order.stage} can't be cancelled")
    _require(order.open_request is None, "a cancel request is open already")
    _require_none_under_way(order)
    once = again or order.channel is not Channel.SHOPEE or not any(was.asked for was in order.requests)
    _require(once, "Shopee takes one request per order")
    order.requests.append(request)
    if order.channel is Channel.SHOPEE:  # the request is the order's status there; TikTok's order does not move
        order.updated_at = max(order.updated_at, now)
        request.updated_at = order.updated_at
    return [Change(order=order.channel is Channel.SHOPEE, request=request)]


def _end(request: Request, state: RequestState, by: Party, now: int) -> None:
    request.state, request.ended_by, request.answering = state, by, None
    request.updated_at = max(request.updated_at, now)


def close(order: Order, *, by: Party, now: int) -> Sequence[Change]:
    """The request ends and the order goes on as before."""
    request = order.open_request
    if request is None:
        raise Impossible("no cancel request is open")
    _end(request, RequestState.CLOSED, by, now)
    if order.channel is Channel.SHOPEE:
        order.updated_at = max(order.updated_at, now)
    return [Change(order=order.channel is Channel.SHOPEE, request=request)]


def approve(order: Order, *, by: Party, now: int) -> Sequence[Change]:
    """The request is granted. Shopee cancels at once; TikTok's order follows when the money is back (`complete`)."""
    request = order.open_request
    if request is None:
        raise Impossible("no cancel request is open")
    _end(request, RequestState.APPROVED, by, now)
    if order.channel is Channel.SHOPEE:
        return complete(order, request, now)
    return [Change(request=request)]


def complete(order: Order, request: Request, now: int) -> Sequence[Change]:
    """The units are cancelled; the order too once none is left."""
    _require(request.state is RequestState.APPROVED, "the request is not approved")
    request.state, request.updated_at = RequestState.COMPLETE, max(request.updated_at, now)
    order.cancelled.update(request.units)
    order.cancel_reason = request.reason
    if order.units_left:
        return [Change(order=order.channel is Channel.SHOPEE, request=request)]
    order.cancelled_by = (request.ended_by if request.ended_by == "system" else request.role) if request.asked else request.role
    order.cancelled_at = now
    _enter(order, Stage.CANCELLED, now)
    return [Change(order=True, request=request)]


def cancel(order: Order, request: Request, now: int) -> Sequence[Change]:
    """Cancelled directly, nobody asks the seller; an open request is granted by it."""
    if order.open_request is not None:
        return approve(order, by=request.role, now=now)
    _require(order.stage in CANCELLABLE, f"an order that is {order.stage} can't be cancelled")
    _require_none_under_way(order)
    request.state, request.ended_by = RequestState.APPROVED, request.role
    order.requests.append(request)
    if order.channel is Channel.SHOPEE:
        return complete(order, request, now)
    return [Change(request=request)]
