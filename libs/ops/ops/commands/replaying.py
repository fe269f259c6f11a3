"""`ops replay plan|run|status|pause|resume|stop`."""

import contextlib
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ops import replays
from ops.commands.asking import Events, OrderOption, RequestOption, SellerOption, ShopOption, Since, TypeOption, Until
from ops.desk import AsJson, Desk, Why, desk_of, run
from ops.events import topic_named
from ops.failures import Refused, Unfinished
from ops.selection import Selection
from ops.store import Replay, opened
from ops.times import moment
from ops.wire import Wire

app = typer.Typer(help="Send events of a topic again to one consumer.", no_args_is_help=True, rich_markup_mode="markdown")

Consumer = Annotated[
    str, typer.Option("--consumer", help="Who handles them: the service's name.", autocompletion=Events.consumers, show_default=False)
]
TopicName = Annotated[str, typer.Option("--topic", help="Whose events.", autocompletion=Events.topics, show_default=False)]
Offsets = Annotated[
    list[str] | None,
    typer.Option("--offsets", help="`3:100-200`: of partition 3 the offsets 100 to 199, instead of times; may be repeated."),
]
Reprocess = Annotated[bool, typer.Option("--reprocess", help="Handle again what was handled before: after a bug was fixed.")]
CallAgain = Annotated[bool, typer.Option("--call-again", help="With --reprocess: also answers that the marketplace took.")]
ReplayId = Annotated[str, typer.Argument(help="The replay's id, as `run` and `status` show it.", show_default=False)]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the consumer has handled everything.")]


@app.command()
def plan(
    context: typer.Context,
    *,
    consumer: Consumer,
    topic: TopicName,
    since: Since = None,
    until: Until = None,
    offsets: Offsets = None,
    seller: SellerOption = None,
    shop: ShopOption = None,
    order: OrderOption = None,
    request: RequestOption = None,
    type_: TypeOption = None,
    reprocess: Reprocess = False,
    call_again: CallAgain = False,
    as_json: AsJson = False,
) -> None:
    """Count what each event would do; nothing is changed.

    Example: `ops replay plan --consumer inventory --topic cancel-decisions --from 2h`
    """
    desk = desk_of(context)
    selection = Selection(seller=seller, shop=shop, order=order, request=request, types=tuple(type_ or ()))
    asked = _asked(consumer, topic, selection, since, until, offsets, reprocess=reprocess, call_again=call_again)
    planned = run(_plan(desk, asked))
    desk.json(planned) if as_json else _show_plan(desk, planned)


@app.command("run")
def run_replay(
    context: typer.Context,
    *,
    consumer: Consumer,
    topic: TopicName,
    why: Why,
    since: Since = None,
    until: Until = None,
    offsets: Offsets = None,
    seller: SellerOption = None,
    shop: ShopOption = None,
    order: OrderOption = None,
    request: RequestOption = None,
    type_: TypeOption = None,
    reprocess: Reprocess = False,
    call_again: CallAgain = False,
    rate: Annotated[float | None, typer.Option(help="At most so many events a second.", min=0.1)] = None,
    wait: Wait = True,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask after the plan.")] = False,
    as_json: AsJson = False,
) -> None:
    """Plan, ask, send, and wait until all is handled. Ended by force it goes on with `resume`, where it was.

    Example: `ops replay run --consumer inventory --topic cancel-decisions --from 2h --why "outage of 10:00, INC-12"`
    """
    desk = desk_of(context)
    selection = Selection(seller=seller, shop=shop, order=order, request=request, types=tuple(type_ or ()))
    asked = _asked(consumer, topic, selection, since, until, offsets, reprocess=reprocess, call_again=call_again)
    if not why.strip():
        raise Refused("--why may not be empty: it is what proves later why this was done")
    if not yes:
        planned = run(_plan(desk, asked))
        _show_plan(desk, planned)
        if not _agreed():
            raise Unfinished("nothing was sent")
    replay = run(_run(desk, asked, why=why, rate=rate, wait=wait))
    _show(desk, [replay], as_json=as_json)


def _agreed() -> bool:
    try:
        return typer.confirm("Send them?", err=True)
    except typer.Abort as nobody:
        raise Unfinished("nothing was sent: nobody answered; `--yes` sends without asking") from nobody


@app.command()
def status(
    context: typer.Context,
    replay_id: Annotated[str | None, typer.Argument(help="One replay; without it the newest ones.")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1)] = 20,
    as_json: AsJson = False,
) -> None:
    """Replays: who, why, how far, what came of them. `interrupted`: its process is gone, `resume` goes on.

    Example: `ops replay status r-0a1b2c3d4e`
    """
    desk = desk_of(context)
    found, held = run(_status(desk, replay_id, limit))
    _show(desk, found, as_json=as_json, held=held, whole=replay_id is not None)


@app.command()
def pause(context: typer.Context, replay_id: ReplayId) -> None:
    """Let its process end after the events in hand; `resume` goes on.

    Example: `ops replay pause r-0a1b2c3d4e`
    """
    run(_turn(desk_of(context), replay_id, "paused"))


@app.command()
def stop(context: typer.Context, replay_id: ReplayId, *, why: Why) -> None:
    """End it for good; what was sent is handled, the rest is not sent.

    Example: `ops replay stop r-0a1b2c3d4e --why "wrong shop"`
    """
    run(_turn(desk_of(context), replay_id, "stopped", why=why))


@app.command()
def resume(context: typer.Context, replay_id: ReplayId, *, wait: Wait = True, as_json: AsJson = False) -> None:
    """Go on where it was, after a pause, Ctrl-C or a crash.

    Example: `ops replay resume r-0a1b2c3d4e`
    """
    desk = desk_of(context)
    _show(desk, [run(_resume(desk, replay_id, wait=wait))], as_json=as_json)


def _asked(
    consumer: str,
    topic: str,
    selection: Selection,
    since: str | None,
    until: str | None,
    offsets: list[str] | None,
    *,
    reprocess: bool,
    call_again: bool,
) -> replays.Request:
    if offsets and (since or until):
        raise typer.BadParameter("say times or offsets, not both")
    return replays.Request(
        consumer=consumer,
        topic=topic_named(topic),
        selection=selection,
        since=moment(since),
        until=moment(until),
        offsets=dict(map(_offsets, offsets)) if offsets else None,
        reprocess=reprocess,
        call_again=call_again,
    )


def _offsets(text: str) -> tuple[int, tuple[int, int]]:
    partition, _, span = text.partition(":")
    first, _, last = span.partition("-")
    if not (partition.isdigit() and first.isdigit() and last.isdigit()):
        raise typer.BadParameter(f"{text!r} is no range of offsets: say 3:100-200")
    return int(partition), (int(first), int(last))


async def _plan(desk: Desk, asked: replays.Request) -> dict[str, Any]:
    async with Wire(desk.settings) as wire:
        with _bar(desk, "planning") as progress:
            return await replays.plan(desk.settings, wire, asked, progress=progress)


async def _run(desk: Desk, asked: replays.Request, *, why: str, rate: float | None, wait: bool) -> Replay:
    async with opened(desk.settings) as store, Wire(desk.settings) as wire:
        with _bar(desk, "planning") as progress:
            replay = await replays.begin(desk.settings, store, wire, asked, who=desk.who, why=why, rate=rate, progress=progress)
        desk.err.write(f"replay {replay.id}\n")
        desk.err.flush()
        with _bar(desk, "replaying") as progress:
            return await replays.go_on(store, wire, replay.id, wait=wait, progress=progress)


async def _resume(desk: Desk, replay_id: str, *, wait: bool) -> Replay:
    async with opened(desk.settings) as store, Wire(desk.settings) as wire:
        await store.replay(replay_id)
        await store.act("replay resume", who=desk.who, why=None, replay=replay_id)
        with _bar(desk, "replaying") as progress:
            return await replays.go_on(store, wire, replay_id, wait=wait, progress=progress)


async def _status(desk: Desk, replay_id: str | None, limit: int) -> tuple[list[Replay], set[str]]:
    async with opened(desk.settings) as store:
        found = [await store.replay(replay_id)] if replay_id else await store.replays(limit)
        return found, await store.held([each.id for each in found])


async def _turn(desk: Desk, replay_id: str, to: Any, *, why: str | None = None) -> None:
    async with opened(desk.settings) as store:
        replay = await store.replay(replay_id)
        among: tuple[Any, ...] = ("running",) if to == "paused" else ("running", "paused", "sent")
        if not await store.turn(replay_id, to, among=among):
            raise Refused(f"replay {replay_id} is {replay.state}: it can't be {to}")
        await store.act(f"replay {'pause' if to == 'paused' else 'stop'}", who=desk.who, why=why, replay=replay_id)
        desk.say(f"replay {replay_id} is {to}")


@contextlib.contextmanager
def _bar(desk: Desk, what: str) -> Iterator[replays.Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=desk.progress_console, transient=True, disable=not desk.err.isatty()) as bars:
        task = bars.add_task(what, total=None)
        yield lambda passed, total: bars.update(task, completed=passed, total=total)


def _show_plan(desk: Desk, planned: dict[str, Any]) -> None:
    desk.facts({name: value for name, value in planned.items() if value not in ({}, None)}, title="What these events would do")


def _show(desk: Desk, found: list[Replay], *, as_json: bool, held: set[str] | None = None, whole: bool = False) -> None:
    documents = [_document(each, held) for each in found]
    if as_json:
        desk.json(documents[0] if whole or held is None else {"items": documents})
    elif whole or held is None:
        desk.facts(documents[0])
    else:
        names = ("id", "state", "created_at", "who", "why", "consumer", "topic", "passed", "total", "sent")
        desk.table(names, [[document[name] for name in names] for document in documents])


def _document(replay: Replay, held: set[str] | None) -> dict[str, Any]:
    interrupted = replay.state in {"running", "sent"} and held is not None and replay.id not in held
    return {
        "id": replay.id,
        "state": "interrupted" if interrupted else replay.state,
        "who": replay.who,
        "why": replay.why,
        "created_at": replay.created_at,
        "ended_at": replay.ended_at,
        "consumer": replay.consumer,
        "topic": replay.topic,
        "selection": {
            name: value for name, value in ((n, getattr(replay.selection, n)) for n in replay.selection.__struct_fields__) if value
        },
        "asked": {name: value for name, value in replay.asked.items() if value},
        "reprocess": replay.reprocess,
        "call_again": replay.call_again,
        "rate": replay.rate,
        "passed": replay.passed,
        "total": replay.total,
        "sent": replay.sent,
        "unreadable": replay.unreadable,
        "planned": replay.planned,
        "result": replay.result,
    }
