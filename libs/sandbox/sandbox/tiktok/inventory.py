"""Inventory of an article: absolute numbers in, and what the shop shows."""

from typing import Any

from sandbox.tiktok.gate import Api, Refused, TikTokCall
from sandbox.tiktok.paging import strings

BAD = 98_001_004
WAREHOUSE = "7060000000000000001"
MAX_QUANTITY = 99_999
MAX_PRODUCTS, MAX_SKUS = 100, 600


def update(call: TikTokCall) -> dict[str, Any]:
    """POST /product/202309/products/{product_id}/inventory/update: sets, never adds; a success may hold errors of single SKUs."""
    product, skus = call.incoming.path_ids["product_id"], call.body.get("skus")
    if not isinstance(skus, list) or not skus:
        raise Refused(12_052_902, "The SKU list is empty.")
    known = _skus(call)
    if product not in {of for _, of in known.values()}:
        raise Refused(12_052_032, "The product does not exist.")
    errors = [error for entry in skus if (error := _set(call, entry, product, known))]
    return {"errors": errors} if errors else {}


def search(call: TikTokCall) -> dict[str, Any]:
    """POST /product/202309/inventory/search: up to 100 products or 600 SKUs."""
    products, skus = strings(call.body, "product_ids", bad=BAD), strings(call.body, "sku_ids", bad=BAD)
    if (products is None) == (skus is None) or len(products or ()) > MAX_PRODUCTS or len(skus or ()) > MAX_SKUS:
        raise Refused(BAD, "Give up to 100 product_ids or up to 600 sku_ids.")
    found: dict[str, list[dict[str, Any]]] = {}
    for sku, (seller_sku, product) in _skus(call).items():
        if product in (products or ()) or sku in (skus or ()):
            found.setdefault(product, []).append(_shown(call, sku, seller_sku))
    return {"inventory": [{"product_id": product, "skus": rows} for product, rows in found.items()]}


def _set(call: TikTokCall, entry: Any, product: str, known: dict[str, tuple[str, str]]) -> dict[str, Any] | None:
    """Take one SKU's number, or say what is wrong with it."""
    sku = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(sku, str):
        raise Refused(12_052_036, "A SKU id is missing.")
    if sku not in known or known[sku][1] != product:
        return _error(12_052_556, "The SKU does not exist.", sku)
    places = entry.get("inventory")
    if not isinstance(places, list) or len(places) != 1 or places[0].get("warehouse_id", WAREHOUSE) != WAREHOUSE:
        return _error(12_052_097, "There is no such warehouse.", sku)
    quantity = places[0].get("quantity")
    if not isinstance(quantity, int) or not 0 <= quantity <= MAX_QUANTITY:
        return _error(12_019_024, "The quantity is out of range.", sku)
    call.world.stock["tiktok", call.owner.spec.shop_id, sku] = quantity
    return None


def _error(code: int, message: str, sku: str) -> dict[str, Any]:
    return {"code": code, "message": message, "detail": {"sku_id": sku, "extra_errors": []}}


def _shown(call: TikTokCall, sku: str, seller_sku: str) -> dict[str, Any]:
    world, shop_id = call.world, call.owner.spec.shop_id
    available = world.stock.get(("tiktok", shop_id, sku), 0)
    place = {"warehouse_id": WAREHOUSE, "available_quantity": available, "committed_quantity": 0}
    return {
        "id": sku,
        "seller_sku": seller_sku,
        "total_available_quantity": available,
        "total_committed_quantity": 0,
        "warehouse_inventory": [place],
    }


def _skus(call: TikTokCall) -> dict[str, tuple[str, str]]:
    """The shop's SKUs are those that were ever ordered: sku id → (seller's SKU, product id)."""
    orders = call.world.by_shop[call.owner.spec.channel, call.owner.spec.shop_id]
    return {str(line.model_id): (line.sku or "", str(line.item_id)) for order in orders for line in order.lines}


APIS = (
    Api(method="POST", path="/product/202309/products/{product_id}/inventory/update", name="inventory/update", handler=update, writes=True),
    Api(method="POST", path="/product/202309/inventory/search", name="inventory/search", handler=search),
)
