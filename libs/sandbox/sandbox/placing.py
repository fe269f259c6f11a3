"""Builds orders and cancel requests from the control API's bodies."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.config import Channel
from sandbox.grants import Shop
from sandbox.ids import stable_number
from sandbox.truth import Line, Order, Party, Request, Stage
from sandbox.world import World

SHOPEE_REASON = "Need to change delivery address"
TIKTOK_REASON = "ecom_order_to_ship_canceled_reason_better_price"
PARTIES: Mapping[str, Party] = {"buyer": "buyer", "seller": "seller", "system": "system"}


class BadOrder(ValueError):
    """The body can't become an order or a request."""


def an_order(world: World, shop: Shop, body: Mapping[str, Any]) -> Order:
    """Body as in the README; lines are [{sku, quantity, price, name?, variant?, item_id?, model_id?, is_gift?, cancelled_quantity?}]."""
    now = world.clock.stamp() - int(body.get("created_ago_s", 0))
    stage = _one_of(Stage, body.get("status", "new"), "status")
    channel, spec = shop.spec.channel, shop.spec
    lines = _lines(world, shop, body.get("lines"))
    cod = bool(body.get("cod", False))
    paid = bool(body.get("paid", stage is not Stage.UNPAID and not cod))
    buyer = str(body.get("buyer_id") or stable_number("buyer", len(world.created), digits=9))
    arranged = stage in {Stage.READY_TO_SHIP, Stage.SHIPPED, Stage.DELIVERED}
    return Order(
        seq=len(world.created) + 1,
        channel=channel,
        shop_id=spec.shop_id,
        seller=spec.seller,
        region=spec.region,
        ref=_order_ref(world, channel, now),
        stage=stage,
        lines=lines,
        created_at=now,
        updated_at=now,
        paid_at=now if paid else None,
        buyer_id=buyer,
        buyer_name=str(body.get("buyer_name", f"buyer_{buyer}")),
        package_ref=f"OFG{world.ids.long_id('1')}" if channel is Channel.SHOPEE else world.ids.long_id("115"),
        cod=cod,
        pre_order=bool(body.get("pre_order", False)),
        by_marketplace=body.get("fulfilled_by", "seller") == "marketplace",
        replenish=body.get("should_replenish_stock"),
        shipping_fee=_money(body.get("shipping_fee", "0")),
        native=body.get("marketplace_status"),
        arranged_at=now if arranged else None,
        cancelled=_cancelled(lines, body["lines"]),
    )


def a_request(world: World, order: Order, body: Mapping[str, Any], *, asked: bool) -> Request:
    """`{reason?, respond_in_s?, requested_ago_s?, by?, lines?: [{sku, quantity}]}`; without lines, everything that is left."""
    real = world.clock.stamp()
    ago = int(body.get("requested_ago_s", 0))
    opened = real - ago
    order.created_at = min(order.created_at, opened)
    default = SHOPEE_REASON if order.channel is Channel.SHOPEE else TIKTOK_REASON
    units = _asked_units(order, body.get("lines"))
    return Request(
        ref=order.ref if order.channel is Channel.SHOPEE else world.ids.long_id("403"),
        asked=asked,
        role=PARTIES.get(str(body.get("by", "buyer")), "buyer"),
        reason=str(body.get("reason") or default),
        opened_at=opened,
        updated_at=max(opened, order.updated_at) if order.channel is Channel.SHOPEE else opened,
        deadline=_deadline(world, order, body, ago) if asked else None,
        units=units,
        unit_refs=tuple(world.ids.long_id("403") for _ in units),
    )


def _deadline(world: World, order: Order, body: Mapping[str, Any], ago: int) -> float:
    now = world.clock.now()
    if body.get("respond_in_s") is not None:
        return now + float(body["respond_in_s"])
    return now - ago + world.config.respond_window(order.channel, order.region)


def _order_ref(world: World, channel: Channel, now: int) -> str:
    while True:
        ref = world.ids.order_sn(now) if channel is Channel.SHOPEE else world.ids.long_id("576")
        if (channel, ref) not in world.orders:
            return ref


def _lines(world: World, shop: Shop, raw: Any) -> tuple[Line, ...]:
    if not isinstance(raw, list) or not raw:
        raise BadOrder("lines: at least one of {sku, quantity, price}")
    return tuple(_line(world, shop, entry, number) for number, entry in enumerate(raw))


def _line(world: World, shop: Shop, entry: Any, number: int) -> Line:
    if not isinstance(entry, dict):
        raise BadOrder("a line is an object {sku, quantity, price}")
    sku = entry.get("sku") or None
    quantity = int(entry.get("quantity", 1))
    if not 1 <= quantity <= 1000:  # noqa: PLR2004 (a limit of ours, named in the message)
        raise BadOrder("quantity is 1 to 1000")
    product = next((one for one in world.config.products if one.seller == shop.spec.seller and one.sku == sku), None)
    digits = 10 if shop.spec.channel is Channel.SHOPEE else 19
    name = entry.get("name") or (product.name if product else sku) or f"Article {number + 1}"
    variant = entry.get("variant", product.variant if product else None)
    article = stable_number("item", shop.spec.channel, shop.spec.shop_id, name, digits=digits)
    model = stable_number("model", shop.spec.channel, shop.spec.shop_id, name, variant, sku, digits=digits)
    no_model = shop.spec.channel is Channel.SHOPEE and variant is None
    return Line(
        item_id=int(entry.get("item_id", article)),
        model_id=int(entry.get("model_id", 0 if no_model else model)),
        sku=sku,
        name=str(name),
        variant=variant,
        price=_money(entry.get("price", product.price if product else "10.00")),
        image_url=entry.get("image_url"),
        is_gift=bool(entry.get("is_gift", False)),
        units=tuple(world.ids.long_id("576") for _ in range(quantity)),
    )


def _cancelled(lines: Sequence[Line], raw: Sequence[Mapping[str, Any]]) -> set[str]:
    """Units that were cancelled before, from `cancelled_quantity`."""
    return {unit for line, entry in zip(lines, raw, strict=True) for unit in line.units[: int(entry.get("cancelled_quantity", 0))]}


def _asked_units(order: Order, raw: Any) -> tuple[str, ...]:
    left = order.units_left
    if not raw:
        return left
    chosen: list[str] = []
    for entry in raw:
        free = [unit for line in order.lines if line.sku == entry.get("sku") for unit in line.units if unit in left and unit not in chosen]
        if len(free) < int(entry["quantity"]):
            raise BadOrder(f"not that many of {entry.get('sku')} are left")
        chosen += free[: int(entry["quantity"])]
    return tuple(chosen)


def _money(raw: Any) -> Decimal:
    try:
        return Decimal(str(raw)).quantize(Decimal("0.01"))
    except InvalidOperation as error:
        raise BadOrder(f"not an amount: {raw!r}") from error


def _one_of(kind: type[Stage], raw: Any, name: str) -> Stage:
    try:
        return kind(raw)
    except ValueError as error:
        raise BadOrder(f"{name} is one of {', '.join(kind)}") from error
