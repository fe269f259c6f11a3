"""A process that renews a shop's tokens when told to: `python -m tests.support.token_probe CHANNEL SHOP_ID [hang]`.

It says `ready`, waits for a line, renews, and says which generation it has then. With `hang` it gets the new pair, says `answered`, and
never stores it.
"""

import asyncio
import sys
from typing import Any

from chassis.database import open_pool
from marketplaces.accounts import Accounts, Sealer
from marketplaces.channels import open_channels
from marketplaces.settings import MarketplaceSettings


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class NeverStored:
    """A channel whose answer never reaches the one who asked."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    async def refresh(self, *args: Any, **more: Any) -> None:
        await self._channel.refresh(*args, **more)
        say("answered")
        await asyncio.Event().wait()


async def main(channel: str, shop_id: str, *, hang: bool) -> None:
    settings = MarketplaceSettings()
    channels = open_channels(settings, purpose="reading")
    by_name = {name: NeverStored(each) if hang else each for name, each in channels.by_name.items()}
    async with await open_pool(settings.accounts_database_url.get_secret_value(), name="token-probe", max_size=2) as pool:
        accounts = Accounts(pool, by_name, Sealer.from_settings(settings), refresh_lease_seconds=1)
        access = await accounts.access(channel, shop_id)
        say("ready")
        await asyncio.to_thread(sys.stdin.readline)
        access = await accounts.access(channel, shop_id, refused=access.token)
        say(f"generation {access.generation}")
    await channels.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], hang="hang" in sys.argv[3:]))
