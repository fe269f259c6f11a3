"""`ops lag`, `ops topics`, `ops peek`: what there is, and what changes nothing (but `topics --apply`)."""

from collections import deque
from typing import Annotated, Any

import typer

from ops import declared, lag
from ops.commands.asking import (
    ConsumerOption,
    Events,
    KeyOption,
    OrderOption,
    RequestOption,
    SellerOption,
    ShopOption,
    Since,
    TypeOption,
    Until,
)
from ops.desk import AsJson, Desk, desk_of, run
from ops.events import Seen, see, topic_named
from ops.selection import Selection
from ops.store import opened
from ops.times import moment
from ops.wire import Ranges, Wire, partition_of


def show_lag(
    context: typer.Context,
    *,
    consumer: ConsumerOption = None,
    partitions: Annotated[bool, typer.Option("--partitions", help="Each partition, not only sums.")] = False,
    max_seconds: Annotated[float | None, typer.Option(help="Exit with 1 when a consumer is older behind than this.", min=0)] = None,
    as_json: AsJson = False,
) -> int:
    """How far consumers are behind, in events and in seconds.

    Examples: `ops lag` · `ops lag --consumer inventory --partitions` · `ops lag --max-seconds 60 --json`
    """
    desk = desk_of(context)
    lags, members = run(_lags(desk, consumer))
    sums = lag.summed(lags, members)
    if as_json:
        desk.json({"consumers": sums, "partitions": lags})
    elif partitions:
        rows = [(each.consumer, each.topic, each.partition, each.position, each.end, each.events, each.seconds) for each in lags]
        desk.table(("consumer", "topic", "partition", "position", "end", "events", "seconds"), rows)
    else:
        rows_of_sums = [(each.consumer, each.topic, each.events, each.seconds, each.partitions_behind, _remark(each)) for each in sums]
        desk.table(("consumer", "topic", "events", "seconds", "partitions behind", ""), rows_of_sums)
    return int(max_seconds is not None and any(each.seconds > max_seconds for each in sums))


def _remark(of: lag.Summary) -> str | None:
    if not of.members:
        return f"no {of.consumer} runs"
    return "never read" if of.events and not of.read_before else None


async def _lags(desk: Desk, consumer: str | None) -> tuple[list[lag.Lag], dict[str, int]]:
    async with Wire(desk.settings) as wire:
        lags = await lag.measure(wire, consumer=consumer)
        return lags, {name: await wire.members(name) for name in {each.consumer for each in lags}}


def show_topics(
    context: typer.Context,
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Create what is missing, set retention and clean-up as declared.")] = False,
    as_json: AsJson = False,
) -> int:
    """Topics as the map declares them, beside those that exist; exit code 1 when something differs.

    The number of partitions is never changed: it decides where the events of an order go.

    Examples: `ops topics` · `ops topics --apply`
    """
    desk = desk_of(context)
    verdicts, done = run(_compare(desk, apply=apply))
    wrong = [each for each in verdicts if each.judgement in {"missing", "drift"}]
    if as_json:
        desk.json({"topics": verdicts, "done": done})
    else:
        rows = [(each.topic, each.judgement, "; ".join(each.differences), None if each.mendable else "by hand") for each in verdicts]
        desk.table(("topic", "", "differs", "mended"), rows)
        for line in done:
            desk.say(line)
        if wrong and not apply:
            desk.say("`ops topics --apply` mends what can be mended")
    return int(bool(wrong))


async def _compare(desk: Desk, *, apply: bool) -> tuple[list[declared.Verdict], list[str]]:
    replication = desk.settings.topic_replication
    async with Wire(desk.settings) as wire:
        verdicts = await declared.compare(wire, replication=replication)
        if not apply:
            return verdicts, []
        done = await declared.apply(wire, verdicts, replication=replication)
        async with opened(desk.settings) as store:
            await store.act("topics --apply", who=desk.who, why=None, done=done)
        return await declared.applied(wire, replication=replication), done


def peek(
    context: typer.Context,
    topic: Annotated[
        str, typer.Argument(help="`cancel-decisions`, `cancel-decisions-inventory-dlq`, …", autocompletion=lambda: list(Events.names()))
    ],
    *,
    key: KeyOption = None,
    order: OrderOption = None,
    request: RequestOption = None,
    seller: SellerOption = None,
    shop: ShopOption = None,
    type_: TypeOption = None,
    since: Since = "24h",
    until: Until = None,
    limit: Annotated[int, typer.Option(help="The newest so many.", min=1)] = 20,
    as_json: AsJson = False,
) -> int:
    """Events of a topic, decoded, with personal data masked; the newest last.

    Examples: `ops peek cancel-decisions --order 230405PN7VWT3K` · `ops peek sync-outcomes --type outcome-failed --since 2h --json`
    """
    desk = desk_of(context)
    selection = Selection(seller=seller, shop=shop, order=order, request=request, types=tuple(type_ or ()), key=key)
    seen = run(_peek(desk, topic, selection, since=since, until=until, limit=limit))
    documents = [each.document() for each in seen]
    if as_json:
        desk.json({"items": documents})
    else:
        rows = [(each.published_at, f"{each.partition}/{each.offset}", each.key, *_kind(each)) for each in seen]
        desk.table(("published", "at", "key", "type", "says"), rows)
    return 0


def _kind(seen: Seen) -> tuple[str, Any]:
    if seen.event is None:
        return "unreadable", seen.problem
    data = seen.document()["data"]
    return seen.event.kind.slug, {name: value for name, value in data.items() if name not in {"order", "lines", "parcel"}}


async def _peek(desk: Desk, name: str, selection: Selection, *, since: str | None, until: str | None, limit: int) -> list[Seen]:
    topic = topic_named(name)
    newest: deque[Seen] = deque(maxlen=limit) if selection.takes_all else deque()
    async with Wire(desk.settings) as wire:
        ranges: Ranges = await wire.between(name, moment(since), moment(until))
        key = selection.key or (selection.order if selection.order and ":" in selection.order and topic.name != "stock-movements" else None)
        if key:
            home = partition_of(key.encode(), len(ranges))
            ranges = {home: ranges[home]}
        async for records, _ in wire.read(name, ranges):
            for record in (record for of_partition in records.values() for record in of_partition):
                seen = see(record, topic, name=name)
                if selection.takes_all or (seen.event and selection.takes(seen.event)):
                    newest.append(seen)
    return sorted(newest, key=lambda each: each.published_at)[-limit:]
