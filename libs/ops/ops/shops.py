"""Shops as operators worry about them: how long their authorisations live, and whose answers do not get through."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from ops.failures import Unreachable
from ops.knowledge import open_database
from ops.settings import Settings

DAY_SECONDS = 86_400
SOON_DAYS = 7.0

_SHOPS = "select * from ops.shops order by channel, shop_id"
_FAILING = """select shop, count(*) filter (where state = 'retrying')::int as retrying,
                     count(*) filter (where state = 'blocked')::int as blocked,
                     count(*) filter (where state = 'failed')::int as failed, min(created_at) as oldest,
                     (array_agg(concat_ws(' ', cause, code, message) order by updated_at desc))[1] as latest
              from ops.deliveries where state in ('retrying', 'blocked', 'failed') group by shop"""
_LOOKS = "select shop, count(*)::int as failing_looks from ops.work where attempts > 1 group by shop"


class Account(msgspec.Struct, frozen=True):
    channel: str
    shop_id: str
    seller_id: str
    name: str
    state: str
    why: str | None
    days_left: float | None
    """Until a person has to connect it again; None: the marketplace names no end."""
    token_hours: float
    """Until the access token ends; it is renewed before."""
    unsettled: bool
    """A renewal was cut off: the next one may find its refresh token used up."""
    last_read_at: datetime | None
    retrying: int
    blocked: int
    failed: int
    failing_looks: int
    latest: str | None
    """What the marketplace said last about an answer that does not get through."""

    @property
    def is_wrong(self) -> bool:
        ends_soon = self.days_left is not None and self.days_left < SOON_DAYS
        return self.state != "connected" or ends_soon or bool(self.blocked or self.failed)


async def accounts(settings: Settings, *, now: datetime | None = None) -> tuple[list[Account], list[str]]:
    """All connected shops, and what could not be asked; raises Unreachable without the accounts themselves."""
    async with await open_database(settings, "accounts") as pool:
        rows = await pool.fetch(_SHOPS)
    missing: list[str] = []
    answers = await _by_shop(settings, "sync-back", _FAILING, missing)
    looks = await _by_shop(settings, "ingestor", _LOOKS, missing)
    return [_account(row, answers, looks, now or datetime.now(UTC)) for row in rows], missing


async def _by_shop(settings: Settings, service: str, query: str, missing: list[str]) -> dict[str, Any]:
    try:
        async with await open_database(settings, service) as pool:
            return {row["shop"]: row for row in await pool.fetch(query)}
    except (Unreachable, OSError) as error:
        missing.append(f"{service}: {error}")
        return {}


def _account(row: Any, answers: Mapping[str, Any], looks: Mapping[str, Any], now: datetime) -> Account:
    shop = f"{row['channel']}:{row['shop_id']}"
    ends = [at for at in (row["authorised_until"], row["refresh_until"]) if at]
    failing = answers.get(shop)
    return Account(
        **{name: row[name] for name in ("channel", "shop_id", "seller_id", "name", "state", "why", "unsettled", "last_read_at")},
        days_left=round((min(ends) - now).total_seconds() / DAY_SECONDS, 1) if ends else None,
        token_hours=round((row["access_until"] - now).total_seconds() / 3600, 1),
        retrying=failing["retrying"] if failing else 0,
        blocked=failing["blocked"] if failing else 0,
        failed=failing["failed"] if failing else 0,
        failing_looks=looks[shop]["failing_looks"] if shop in looks else 0,
        latest=failing["latest"] if failing else None,
    )
