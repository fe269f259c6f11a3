"""Connects the sandbox's shops to Zetpy: what the connect flow ends with, without clicking through eight consent pages."""

import asyncio
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from chassis.database import open_pool
from local_stack.demo.market import Market
from local_stack.programs import service_environment
from local_stack.settings import Stack
from marketplaces.accounts import Accounts, NewShop, Sealer
from marketplaces.channels import open_channels
from marketplaces.interface import TokenPair
from marketplaces.settings import MarketplaceSettings

JSON = dict[str, Any]


def marketplace_settings(stack: Stack) -> MarketplaceSettings:
    """As the services of this stack have them."""
    names = {name.upper(): name for name in MarketplaceSettings.model_fields}
    values = {names[name]: value for name, value in service_environment(stack, "ingestor").items() if name in names}
    return MarketplaceSettings(**values)  # type: ignore[arg-type] # text from the environment, converted by pydantic as in a service


async def connect_shops(stack: Stack, market: Market, shops: list[JSON]) -> None:
    """Authorise each shop at the sandbox and store its first pair of tokens; `shops` as `market.shops()` shows them."""
    settings = marketplace_settings(stack)
    pool = await open_pool(settings.accounts_database_url.get_secret_value(), name="connect", min_size=0, max_size=4)
    channels = open_channels(settings, purpose="reading")
    accounts = Accounts(pool, channels.by_name, Sealer.from_settings(settings))
    try:
        await asyncio.gather(*(_connect(accounts, market, shop) for shop in shops))
    finally:
        await accounts.close()
        await channels.close()
        await pool.close()


async def _connect(accounts: Accounts, market: Market, shop: JSON) -> None:
    body = {name: shop[name] for name in ("channel", "shop_id", "name", "region", "seller")}
    given = await market.ask("POST", "/shops", body)
    new = NewShop(
        channel=given["channel"],
        shop_id=given["shop_id"],
        seller_id=given["seller"],
        name=given["name"],
        region=given["region"],
        cipher=given["cipher"],
        authorised_until=datetime.fromisoformat(given["authorised_until"]),
    )
    pair = TokenPair(
        access_token=SecretStr(given["access_token"]),
        refresh_token=SecretStr(given["refresh_token"]),
        access_until=datetime.fromisoformat(given["access_token_expires_at"]),
        refresh_until=datetime.fromisoformat(given["refresh_token_expires_at"]),
        shop_ids=(given["shop_id"],),
        owner=given["open_id"] if given["channel"] == "tiktok" else None,
    )
    await accounts.connect(new, pair)
