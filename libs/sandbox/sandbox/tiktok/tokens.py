"""Tokens and authorised shops: unsigned token calls, absolute expiry times."""

import hmac
from typing import Any

from sandbox.config import Channel
from sandbox.grants import Grant, Shop
from sandbox.tiktok.gate import Api, Refused, TikTokCall

SCOPES = ("seller.return_refund.basic", "seller.order.info", "seller.product.basic", "seller.product.write", "seller.authorization.info")


def first_token(call: TikTokCall) -> dict[str, Any]:
    """GET /api/v2/token/get: the code works once and for thirty minutes."""
    _check_app(call, "authorized_code")
    used = call.world.grants.use_code(Channel.TIKTOK, call.query.get("auth_code", ""))
    if used is None:
        raise Refused(36_004_004, "The auth code is invalid, used or expired.")
    return _pair(call, used[0])


def refresh(call: TikTokCall) -> dict[str, Any]:
    """GET /api/v2/token/refresh: both tokens are replaced, the old ones stop working."""
    _check_app(call, "refresh_token")
    token = call.query.get("refresh_token", "")
    grant = call.world.grants.by_refresh(Channel.TIKTOK, token)
    if grant is None or call.world.grants.refresh(grant, token) != "refreshed":
        raise Refused(36_004_001, "The refresh token is invalid or expired.")
    return _pair(call, grant)


def authorised_shops(call: TikTokCall) -> dict[str, Any]:
    """GET /authorization/202309/shops: every shop of the authorisation with its cipher."""
    grant = call.grant
    shops = [call.world.shops[Channel.TIKTOK, shop_id] for shop_id in grant.shop_ids] if grant else []
    return {"shops": [_listed(shop, cross_border=len(shops) > 1) for shop in shops]}


def _listed(shop: Shop, *, cross_border: bool) -> dict[str, Any]:
    spec = shop.spec
    return {
        "id": spec.shop_id,
        "name": spec.name,
        "region": spec.region,
        "seller_type": "CROSS_BORDER" if cross_border else "LOCAL",
        "cipher": shop.cipher,
        "code": f"{spec.region}LC{spec.shop_id[-6:]}",
    }


def _check_app(call: TikTokCall, grant_type: str) -> None:
    query, config = call.query, call.world.config
    secret = query.get("app_secret", "")
    if query.get("app_key") != config.app_key or not hmac.compare_digest(secret.encode(), config.app_secret.encode()):
        raise Refused(36_009_004, "Invalid app_key or app_secret.")
    if query.get("grant_type") != grant_type:
        raise Refused(36_009_004, "Invalid grant_type.")


def _pair(call: TikTokCall, grant: Grant) -> dict[str, Any]:
    clock = call.world.clock
    first = call.world.shops[Channel.TIKTOK, grant.shop_ids[0]].spec
    return {
        "access_token": grant.access,
        "access_token_expire_in": int(clock.to_real(grant.access_until)),
        "refresh_token": grant.refresh,
        "refresh_token_expire_in": int(clock.to_real(grant.refresh_until)),
        "open_id": grant.open_id,
        "seller_name": first.name,
        "seller_base_region": first.region,
        "user_type": 0,
        "granted_scopes": list(SCOPES),
    }


APIS = (
    Api(method="GET", path="/api/v2/token/get", name="token/get", handler=first_token, signed=False),
    Api(method="GET", path="/api/v2/token/refresh", name="token/refresh", handler=refresh, signed=False),
    Api(method="GET", path="/authorization/202309/shops", name="authorization/shops", handler=authorised_shops, of_shop=False),
)
