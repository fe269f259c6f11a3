"""`python -m marketplaces`: connect shops by hand, and look at those that are connected."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from chassis.database import open_pool
from marketplaces.accounts import Accounts, Sealer, prepare
from marketplaces.accounts.connecting import connect_with_code, connect_with_tokens
from marketplaces.channels import Channels, open_channels
from marketplaces.failures import MarketplaceFailure
from marketplaces.interface import ChannelName
from marketplaces.settings import MarketplaceSettings

T = TypeVar("T")
cli = typer.Typer(no_args_is_help=True, help="Shops and their tokens. Settings come from the environment, as for the services.")


@cli.command()
def connect(
    channel: Annotated[ChannelName, typer.Option()],
    seller: Annotated[str, typer.Option(help="The seller that the shop belongs to.")],
    shop_id: Annotated[str | None, typer.Option(help="Needed for Shopee, and for tokens.")] = None,
    code: Annotated[
        str | None, typer.Option(help="From the redirect after the seller's consent; without it tokens are read as JSON.")
    ] = None,
) -> None:
    """Connect a shop with a code, or with tokens given as JSON on standard input (they don't belong on a command line)."""
    given = {} if code else json.load(sys.stdin)

    async def run(accounts: Accounts, channels: Channels) -> None:
        at = channels.by_name[channel]
        if code:
            shops = await connect_with_code(accounts, at, code=code, shop_id=shop_id, seller_id=seller)
        else:
            shops = (await connect_with_tokens(accounts, at, given, shop_id=shop_id or "", seller_id=seller),)
        for shop in shops:
            typer.echo(f"{shop.key} {shop.name} ({shop.region}) {shop.state}")

    _with_accounts(run)


@cli.command()
def shops() -> None:
    """List the shops that are or were connected."""

    async def run(accounts: Accounts, _: Channels) -> None:
        for shop in await accounts.shops():
            typer.echo(f"{shop.key} {shop.seller_id} {shop.name} ({shop.region}) {shop.state} {shop.why or ''}".rstrip())

    _with_accounts(run)


def _with_accounts(run: Callable[[Accounts, Channels], Awaitable[None]]) -> None:
    try:
        asyncio.run(_run(run))
    except (MarketplaceFailure, ValueError) as error:
        typer.echo(f"{type(error).__name__}: {error}", err=True)
        raise typer.Exit(1) from None


async def _run(run: Callable[[Accounts, Channels], Awaitable[None]]) -> None:
    settings = MarketplaceSettings()
    url = settings.accounts_database_url.get_secret_value()
    await prepare(url)
    channels = open_channels(settings, purpose="reading")
    try:
        async with await open_pool(url, name="marketplaces-cli", max_size=2) as pool:
            await run(Accounts(pool, channels.by_name, Sealer.from_settings(settings)), channels)
    finally:
        await channels.close()


if __name__ == "__main__":
    cli()
