"""Stock of an article: absolute numbers in, and what the shop shows."""

from typing import Any

from sandbox.shopee.gate import Api, Refused, ShopeeCall

MAX_MODELS = 50
MAX_ITEMS = 50


def update_stock(call: ShopeeCall) -> dict[str, Any]:
    """POST /api/v2/product/update_stock: sets, never adds; one item, 1 to 50 models, each a success or a failure of its own."""
    item, models = call.body.get("item_id"), call.body.get("stock_list")
    if not isinstance(item, int) or not isinstance(models, list) or not 1 <= len(models) <= MAX_MODELS:
        raise Refused("product.error_param", "item_id and a stock_list of 1 to 50 models are required.")
    known = _models(call, item)
    if not known:
        raise Refused("error_item_not_found", "Product not found.")
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for entry in models:
        model, stock = _entry(entry)
        if model in known and stock >= 0:
            call.world.stock["shopee", call.owner.spec.shop_id, f"{item}:{model}"] = stock
            done.append({"model_id": model, "location_id": "", "stock": stock})
        else:
            failed.append({"model_id": model, "failed_reason": "model not found" if model not in known else "stock must not be negative"})
    return {"success_list": done, "failure_list": failed}


def get_item_base_info(call: ShopeeCall) -> dict[str, Any]:
    """GET /api/v2/product/get_item_base_info: articles without variations carry their stock here."""
    raw = [part for part in call.query.get("item_id_list", "").split(",") if part]
    if not 1 <= len(raw) <= MAX_ITEMS or not all(part.isdecimal() for part in raw):
        raise Refused("product.error_param", "item_id_list must have 1 to 50 item ids.")
    known = [(item, models) for item in map(int, raw) if (models := _models(call, item))]
    return {"item_list": [_item(call, item, models) for item, models in known]}


def get_model_list(call: ShopeeCall) -> dict[str, Any]:
    """GET /api/v2/product/get_model_list: the variations of one article with their stock."""
    raw = call.query.get("item_id", "")
    known = _models(call, int(raw)) if raw.isdecimal() else {}
    if not known:
        raise Refused("error_item_not_found", "Product not found.")
    shown = [{"model_id": model, "model_sku": sku, **_stock(call, int(raw), model)} for model, sku in known.items() if model]
    return {"tier_variation": [], "model": shown}


def _item(call: ShopeeCall, item: int, models: dict[int, str]) -> dict[str, Any]:
    plain = 0 in models
    return {"item_id": item, "item_sku": models.get(0, ""), "has_model": not plain} | (_stock(call, item, 0) if plain else {})


def _stock(call: ShopeeCall, item: int, model: int) -> dict[str, Any]:
    number = call.world.stock.get(("shopee", call.owner.spec.shop_id, f"{item}:{model}"), 0)
    summary = {"total_reserved_stock": 0, "total_available_stock": number}
    return {"stock_info_v2": {"summary_info": summary, "seller_stock": [{"location_id": "", "stock": number}], "shopee_stock": []}}


def _models(call: ShopeeCall, item: int) -> dict[int, str]:
    """The shop's articles are those that were ever ordered: model id → SKU."""
    orders = call.world.by_shop[call.owner.spec.channel, call.owner.spec.shop_id]
    return {line.model_id: line.sku or "" for order in orders for line in order.lines if line.item_id == item}


def _entry(entry: Any) -> tuple[int, int]:
    try:
        return int(entry["model_id"]), int(entry["seller_stock"][0]["stock"])
    except (LookupError, TypeError, ValueError) as error:
        raise Refused("product.error_param", "stock_list has {model_id, seller_stock: [{stock}]}.") from error


APIS = (
    Api(method="POST", path="/api/v2/product/update_stock", handler=update_stock, writes=True),
    Api(method="GET", path="/api/v2/product/get_item_base_info", handler=get_item_base_info),
    Api(method="GET", path="/api/v2/product/get_model_list", handler=get_model_list),
)
