"""What Shopee says about a shop's authorisation."""

from typing import Any

from sandbox.config import Channel
from sandbox.grants import Shop
from sandbox.shopee.gate import Api, ShopeeCall


def get_shop_info(call: ShopeeCall) -> dict[str, Any]:
    """GET /api/v2/shop/get_shop_info: fields at top level."""
    shop = call.owner
    return {"shop_name": shop.spec.name, "status": "NORMAL", "is_cb": False, **_authorisation(call, shop)}


def get_shops_by_partner(call: ShopeeCall) -> dict[str, Any]:
    """GET /api/v2/public/get_shops_by_partner."""
    now = call.world.clock.now()
    linked = [shop for (channel, _), shop in call.world.shops.items() if channel is Channel.SHOPEE and shop.grant.usable(now)]
    return {"authed_shop_list": [{"shop_id": int(shop.spec.shop_id), **_authorisation(call, shop)} for shop in linked], "more": False}


def _authorisation(call: ShopeeCall, shop: Shop) -> dict[str, Any]:
    clock, grant = call.world.clock, shop.grant
    return {
        "region": shop.spec.region,
        "auth_time": int(clock.to_real(grant.authorised_at)),
        "expire_time": int(clock.to_real(grant.authorised_until)),
    }


APIS = (
    Api(method="GET", path="/api/v2/shop/get_shop_info", handler=get_shop_info, wrapped=False),
    Api(method="GET", path="/api/v2/public/get_shops_by_partner", handler=get_shops_by_partner, of_shop=False, wrapped=False),
)
