"""What the control API shows of an order, and the events it can cause."""

from collections.abc import Callable
from typing import Any

from sandbox import moves
from sandbox.clock import iso
from sandbox.config import Channel
from sandbox.desk import Desk
from sandbox.placing import a_request
from sandbox.shopee import announce as shopee
from sandbox.tiktok import announce as tiktok
from sandbox.truth import Line, Order, Request
from sandbox.world import World

Event = Callable[[Desk, Order, dict[str, Any]], None]


def marketplace_status(order: Order) -> str:
    return shopee.order_status(order) if order.channel is Channel.SHOPEE else tiktok.order_status(order)


def order_shown(order: Order, world: World | None = None) -> dict[str, Any]:
    """The truth; with `world` also the calls that asked to change the order (`calls`) and that looked at it (`reads`)."""
    shown = {
        "seq": order.seq,
        "channel": order.channel,
        "shop_id": order.shop_id,
        "seller": order.seller,
        "region": order.region,
        "order_ref": order.ref,
        "status": order.word,
        "marketplace_status": marketplace_status(order),
        "created_at": iso(order.created_at),
        "updated_at": iso(order.updated_at),
        "paid": order.paid_at is not None,
        "fulfilled_by": "marketplace" if order.by_marketplace else "seller",
        "currency": order.currency,
        "total": str(order.total),
        "cancelled_by": order.cancelled_by,
        "lines": [_line_shown(order, line) for line in order.lines],
        "requests": [_request_shown(request, world) for request in order.requests],
    }
    if world is not None:
        key = (order.channel, order.ref)
        shown["calls"] = [call.shown() for call in world.calls.writes.get(key, ())]
        shown["reads"] = [call.shown() for call in world.calls.reads.get(key, ())]
    return shown


def _line_shown(order: Order, line: Line) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "item_id": str(line.item_id),
        "model_id": str(line.model_id),
        "name": line.name,
        "variant": line.variant,
        "quantity": len(line.units),
        "cancelled_quantity": sum(unit in order.cancelled for unit in line.units),
        "price": str(line.price),
        "is_gift": line.is_gift,
    }


def _request_shown(request: Request, world: World | None) -> dict[str, Any]:
    deadline = iso(world.clock.to_real(request.deadline)) if world and request.deadline is not None else None
    return {
        "ref": request.ref,
        "asked": request.asked,
        "role": request.role,
        "state": request.state,
        "ended_by": request.ended_by,
        "reason": request.reason,
        "requested_at": iso(request.opened_at),
        "respond_by": deadline,
        "units": len(request.units),
    }


def _request_cancel(desk: Desk, order: Order, body: dict[str, Any]) -> None:
    desk.open_request(order, a_request(desk.world, order, body, asked=True), again=bool(body.get("again")))


def _instant_cancel(desk: Desk, order: Order, body: dict[str, Any]) -> None:
    desk.cancel_now(order, a_request(desk.world, order, body, asked=False))


CONTROL_EVENTS: dict[str, Event] = {
    "request-cancel": _request_cancel,
    "withdraw": lambda desk, order, _body: desk.close(order, "buyer"),
    "ship": lambda desk, order, _body: desk.move(order, moves.ship),
    "expire": lambda desk, order, _body: desk.expire(order),
    "seller-center-approve": lambda desk, order, _body: desk.grant(order, "seller"),
    "seller-center-reject": lambda desk, order, _body: desk.close(order, "seller"),
    "instant-cancel": _instant_cancel,
    "pay": lambda desk, order, _body: desk.move(order, moves.pay),
    "arrange": lambda desk, order, _body: desk.move(order, moves.arrange),
    "deliver": lambda desk, order, _body: desk.move(order, moves.deliver),
}
