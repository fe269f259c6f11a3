"""`ops trace`, `ops rebuild`, `ops accounts`, `ops verify`, `ops actions`."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
import typer

from ops import shops, stock, story, verifying
from ops.desk import AsJson, Desk, desk_of, run
from ops.failures import Refused
from ops.knowledge import open_database
from ops.store import opened

BRIEF = 200
RequestId = Annotated[str, typer.Argument(help="A cancel request.", show_default=False)]
COMPARED = ("available", "ledger_available", "damaged", "ledger_damaged", "level_version", "ledger_version")


class Rebuilt(StrEnum):
    INVENTORY_LEVELS = "inventory-levels"


def trace(context: typer.Context, request_id: RequestId, *, as_json: AsJson = False) -> int:
    """One request's whole story across topics, tables and marketplace calls, in order of time. What can't be asked is named.

    Example: `ops trace 5f0c7f0e-7d0f-5b8e-9d53-1d1d6f2f7a10`
    """
    desk = desk_of(context)
    told = run(story.tell(desk.settings, request_id))
    if as_json:
        desk.json(told)
        return int(bool(told.missing))
    if told.request:
        desk.facts({name: value for name, value in told.request.items() if value is not None})
    rows = [(step.at, step.where, step.what, step.place, step.details) for step in told.steps]
    desk.table(("at", "where", "what", "place", "says"), rows)
    for line in told.missing:
        desk.say(f"not asked: {line}")
    return int(bool(told.missing))


def rebuild(
    context: typer.Context,
    what: Annotated[Rebuilt, typer.Argument(help="What to count again.")],
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Mend what differs; without it only compare.")] = False,
    why: Annotated[str | None, typer.Option("--why", help="The reason, with --apply; it is stored with what was done.")] = None,
    as_json: AsJson = False,
) -> int:
    """Count the levels from the ledger again, compare, and with --apply make them so; exit code 1 when some differ.

    Booking goes on meanwhile: the comparison is one snapshot, and only levels that differ are locked, one after the other.

    Examples: `ops rebuild inventory-levels` · `ops rebuild inventory-levels --apply --why INC-12`
    """
    desk = desk_of(context)
    if apply and not (why and why.strip()):
        raise Refused("--apply needs --why: it is what proves later why this was done")
    count, differing, mended = run(_rebuild(desk, what, why if apply else None))
    if as_json:
        desk.json({"levels": count, "differences": differing, "mended": mended})
    else:
        names = (
            "seller_id",
            "sku",
            "location",
            "available",
            "ledger_available",
            "damaged",
            "ledger_damaged",
            "level_version",
            "ledger_version",
        )
        desk.table(names, [[row[name] for name in names] for row in (mended if apply else differing)])
        desk.say(f"{count} levels, {len(differing)} differ, {len(mended)} were mended")
    return int(bool(differing) and not apply)


async def _rebuild(desk: Desk, what: Rebuilt, why: str | None) -> tuple[int, list[dict[str, Any]], list[dict[str, Any]]]:
    async with await open_database(desk.settings, "inventory") as pool:
        count, differing = await stock.differences(pool)
        if why is None:
            return count, differing, []
        async with opened(desk.settings) as store:
            # Before and after: whatever happens between, it is known that it was begun.
            action = await store.act(f"rebuild {what}", who=desk.who, why=why, differences=differing)
            mended = await stock.rebuild(pool)
            await store.act(f"rebuild {what} done", who=desk.who, why=why, action=action, mended=mended)
        return count, differing, mended


def show_accounts(
    context: typer.Context,
    *,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when a shop needs somebody.")] = False,
    as_json: AsJson = False,
) -> int:
    """Connected shops: state, days left, and answers and looks that do not get through.

    Example: `ops accounts --check`
    """
    desk = desk_of(context)
    found, missing = run(shops.accounts(desk.settings))
    if as_json:
        desk.json({"items": found, "missing": missing})
    else:
        names = ("channel", "shop_id", "seller_id", "state", "days_left", "token_hours", "last_read_at")
        more = ("retrying", "blocked", "failed", "failing_looks", "why", "latest")
        desk.table([*names, *more], [[getattr(each, name) for name in (*names, *more)] for each in found])
        for line in missing:
            desk.say(f"not asked: {line}")
    return int(check and any(each.is_wrong for each in found))


def verify(
    context: typer.Context,
    *,
    days: Annotated[float, typer.Option(min=0, help="Besides what waits: what moved within so many days.")] = 7.0,
    shop: Annotated[str | None, typer.Option(help="`shop_id` or `channel:shop_id`.")] = None,
    seller: Annotated[str | None, typer.Option(help="One seller's requests.")] = None,
    order: Annotated[str | None, typer.Option(help="One `order_ref`.")] = None,
    as_json: AsJson = False,
) -> int:
    """Compare requests with what the marketplaces show now, and print where they differ (exit code 1). Nothing is changed.

    What moved in the last half minute is left out: it may be on its way. The ingestor reads, each shop at its own pace.

    Examples: `ops verify` · `ops verify --shop shopee:200001 --days 1` · `ops verify --order 230405PN7VWT3K`
    """
    desk = desk_of(context)
    found = run(verifying.verify(desk.settings, days=days, shop=shop, seller=seller, order=order))
    if as_json:
        desk.json(found)
    else:
        names = ("request_id", "order", "here", "sync", "there", "order_there", "updated_at")
        if found.differences:
            desk.table(names, [[getattr(each, name) for name in names] for each in found.differences])
        for line in found.not_read:
            desk.say(f"not read: {line}")
        desk.say(f"{found.compared} compared, {len(found.differences)} differ, {len(found.not_read)} orders could not be read")
    return int(bool(found.differences or found.not_read))


def show_actions(context: typer.Context, *, limit: Annotated[int, typer.Option(min=1)] = 20, as_json: AsJson = False) -> None:
    """What operators did: when, who, what and why; the newest first.

    Example: `ops actions --limit 50`
    """
    desk = desk_of(context)
    found = run(_actions(desk, limit))
    if as_json:
        desk.json({"items": found})
    else:
        rows = [(row["id"], row["at"], row["who"], row["what"], row["why"], _brief(row["details"])) for row in found]
        desk.table(("", "at", "who", "what", "why", "about"), rows)


async def _actions(desk: Desk, limit: int) -> list[dict[str, Any]]:
    async with opened(desk.settings) as store:
        return await store.actions(limit)


def _brief(details: Any) -> str:
    text = msgspec.json.encode(details).decode()
    return text if len(text) <= BRIEF else f"{text[:BRIEF]}…"
