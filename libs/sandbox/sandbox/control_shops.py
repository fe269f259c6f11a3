"""What the control API shows of a shop, its first tokens, and what can happen to its authorisation."""

from typing import Any

from sandbox.clock import iso
from sandbox.config import Channel, ShopSpec
from sandbox.desk import Desk
from sandbox.grants import Shop
from sandbox.world import World


def shop_shown(world: World, shop: Shop) -> dict[str, Any]:
    spec, grant, clock = shop.spec, shop.grant, world.clock
    return {
        "channel": spec.channel,
        "shop_id": spec.shop_id,
        "name": spec.name,
        "region": spec.region,
        "seller": spec.seller,
        "cipher": shop.cipher if spec.channel is Channel.TIKTOK else None,
        "authorised": grant.usable(clock.now()),
        "authorised_until": iso(clock.to_real(grant.authorised_until)),
        "access_token_valid": grant.usable(clock.now()) and clock.now() < grant.access_until,
        "reject_reasons": shop.reject_reasons if spec.channel is Channel.TIKTOK else [],
    }


def shops_added(world: World, body: dict[str, Any]) -> tuple[Shop, bool]:
    """Add a shop and authorise it; one that is there is authorised again, and its former tokens stop working."""
    channel, shop_id = Channel(body["channel"]), str(body["shop_id"])
    if channel is Channel.SHOPEE and not shop_id.isdecimal():
        raise ValueError("a Shopee shop_id is a whole number")
    if channel is Channel.SHOPEE and not str(body.get("account") or 0).isdecimal():
        raise ValueError("a Shopee main account is a whole number")
    shop = world.shops.get((channel, shop_id))
    if shop is not None:
        world.grants.authorise(shop.grant)
        return shop, False
    spec = ShopSpec(
        channel=channel,
        shop_id=shop_id,
        name=str(body.get("name", f"Shop {shop_id}")),
        region=str(body.get("region", "MY")),
        seller=str(body.get("seller", "seller-a")),
        account=str(body["account"]) if body.get("account") else None,
    )
    return world.add_shop(spec), True


def shop_tokens(world: World, shop: Shop) -> dict[str, Any]:
    """The shop with the tokens an app would have got; expiries as real time."""
    clock, grant = world.clock, shop.grant
    return {
        **shop_shown(world, shop),
        "access_token": grant.access,
        "access_token_expires_at": iso(clock.to_real(grant.access_until)),
        "refresh_token": grant.refresh,
        "refresh_token_expires_at": iso(clock.to_real(grant.refresh_until)),
        "open_id": grant.open_id,
    }


def shop_event(desk: Desk, shop: Shop, event: str, body: dict[str, Any]) -> bool:
    """`revoke` · `expire-token` {refresh_too?} · `restore` (the same tokens work again) · `expiring` {in_s?}; False: no such event."""
    world, grant = desk.world, shop.grant
    if event == "revoke":
        desk.revoke(shop)
    elif event == "expire-token":
        world.grants.expire_token(grant, refresh_too=bool(body.get("refresh_too", False)))
    elif event == "restore":
        world.grants.restore(grant)
    elif event == "expiring":
        grant.authorised_until = world.clock.now() + float(body.get("in_s", 3 * 86_400))
        desk.watch_authorisation(shop)
    else:
        return False
    return True
