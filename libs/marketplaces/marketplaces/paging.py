"""Walking through pages whose tokens come from outside: it must end."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from marketplaces.failures import Unavailable

Page = dict[str, Any]


async def pages(read: Callable[[str], Awaitable[Page]], *, next_token: Callable[[Page], str | None]) -> AsyncIterator[Page]:
    """Every page, beginning with the empty token. A token that comes again ends it with `Unavailable`."""
    token, walked = "", {""}
    while True:
        page = await read(token)
        yield page
        following = next_token(page)
        if following is None:
            return
        if following in walked:
            raise Unavailable("paging does not advance")
        walked.add(following)
        token = following
