"""First tokens and refreshes; answers stand at top level, without `response`."""

from typing import Any

from sandbox.config import Channel
from sandbox.grants import Grant, RefreshState
from sandbox.shopee.gate import Api, Refused, ShopeeCall

_REFRESH_ERRORS: dict[RefreshState, tuple[str, str]] = {
    "unknown": ("error_auth", "Invalid refresh_token."),
    "expired": ("refresh_token_expired", "Your refresh_token expired."),
    "revoked": ("shop_no_linked", "This shop has not linked with the partner."),
    "authorisation_expired": ("shop_access_expired", "The shop's authorization has expired."),
}


def first_token(call: ShopeeCall) -> dict[str, Any]:
    """POST /api/v2/auth/token/get: the code works once and for ten minutes."""
    body = call.body
    _check_partner(call)
    known = call.world.grants.codes.get(str(body.get("code")))
    if known and "shop_id" in body and str(body["shop_id"]) != known[1]:
        raise Refused("invalid_shop_id", "Invalid shop_id.")
    if "main_account_id" in body:
        return _first_of_main_account(call, str(body["main_account_id"]))
    if "shop_id" not in body:
        raise Refused("error_param", "There is no shop_id or main_account_id in body.")
    used = call.world.grants.use_code(Channel.SHOPEE, str(body.get("code")))
    if used is None:
        raise Refused("error_auth", "Invalid code")
    grant, shop_id = used
    return {**_pair(call, grant), "shop_id_list": [int(shop_id)], "merchant_id_list": []}


def _first_of_main_account(call: ShopeeCall, account: str) -> dict[str, Any]:
    grants = call.world.grants.use_main_code(account, str(call.body.get("code")))
    if grants is None:
        raise Refused("error_auth", "Invalid code")
    shops = [int(shop_id) for grant in grants for shop_id in grant.shop_ids]
    return {**_pair(call, grants[0]), "shop_id_list": shops, "merchant_id_list": []}


def refresh(call: ShopeeCall) -> dict[str, Any]:
    """POST /api/v2/auth/access_token/get: a refresh token works once."""
    body = call.body
    _check_partner(call)
    if "shop_id" not in body:
        raise Refused("error_param", "There is no shop_id in body.")
    shop = call.world.shops.get((Channel.SHOPEE, str(body["shop_id"])))
    if shop is None:
        raise Refused("invalid_shop_id", "Invalid shop_id.")
    state = call.world.grants.refresh(shop.grant, str(body.get("refresh_token")))
    if state != "refreshed":
        raise Refused(*_REFRESH_ERRORS[state])
    return {**_pair(call, shop.grant), "partner_id": call.world.config.partner_id, "shop_id": int(shop.spec.shop_id)}


def _check_partner(call: ShopeeCall) -> None:
    if call.body.get("partner_id") != call.world.config.partner_id:
        raise Refused("error_param", "partner_id in body is missing or differs from the one in query.")


def _pair(call: ShopeeCall, grant: Grant) -> dict[str, Any]:
    clock = call.world.clock
    lives = clock.to_real(grant.access_until) - clock.real()
    return {"access_token": grant.access, "refresh_token": grant.refresh, "expire_in": max(0, int(lives))}


APIS = (
    Api(method="POST", path="/api/v2/auth/token/get", handler=first_token, of_shop=False, wrapped=False),
    Api(method="POST", path="/api/v2/auth/access_token/get", handler=refresh, of_shop=False, wrapped=False),
)
