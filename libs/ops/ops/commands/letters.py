"""`ops dlq list|show|retry|edit|discard`."""

import asyncio
import os
import shlex
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from contracts import topics
from ops import letters, replays
from ops.commands.asking import ConsumerOption, Events, OrderOption, RequestOption, SellerOption, ShopOption, TypeOption
from ops.desk import AsJson, Desk, Why, desk_of, run
from ops.failures import NotFound, Refused
from ops.letters import Letter
from ops.selection import Selection
from ops.sending import Sender
from ops.store import Store, opened
from ops.wire import Wire, partition_of

app = typer.Typer(help="Dead letters: see, mend, send again, discard.", no_args_is_help=True, rich_markup_mode="markdown")

Ids = Annotated[list[str] | None, typer.Argument(help="Letters: `<topic>/<partition>/<offset>`, as `list --letters` shows them.")]
Id = Annotated[str, typer.Argument(help="A letter: `<topic>/<partition>/<offset>`.", show_default=False)]
TopicOption = Annotated[str | None, typer.Option("--topic", help="Only events of this topic.", autocompletion=Events.topics)]
Class = Annotated[
    str | None, typer.Option("--class", help="Only this failure class: `permanent`, `bug`, `undecodable`, `unknown-type`, `tombstone`.")
]
Message = Annotated[str | None, typer.Option("--message", help="Only where the message contains this.")]
Everything = Annotated[bool, typer.Option("--all", help="All that wait.")]


@app.command("list")
def list_letters(
    context: typer.Context,
    *,
    consumer: ConsumerOption = None,
    topic: TopicOption = None,
    each: Annotated[bool, typer.Option("--letters", help="Each letter, not only groups.")] = False,
    done: Annotated[bool, typer.Option("--done", help="Also those that were dealt with.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with 1 when letters wait.")] = False,
    as_json: AsJson = False,
) -> int:
    """Letters by what they died of: how many wait, first, last, an example, and how many come back after a retry.

    Examples: `ops dlq list` · `ops dlq list --consumer inventory --letters`
    """
    desk = desk_of(context)
    found = run(_read(desk, consumer, topic))
    groups = [group for group in letters.grouped(found) if done or group.waiting]
    shown = [letter.row() for letter in found if done or letter.dealt is None]
    if as_json:
        desk.json({"groups": groups, **({"letters": shown} if each else {})})
    elif each:
        names = ("letter", "class", "message", "type", "request_id", "last_at", "attempts", "times", "done")
        desk.table(names, [[row[name] for name in names] for row in shown])
    else:
        columns = ("consumer", "topic", "class", "message", "waiting", "coming back", "retried", "discarded", "first", "last", "example")
        rows = [
            (g.consumer, g.topic, g.reason, g.message, g.waiting, g.coming_back, g.retried, g.discarded, g.first_at, g.last_at, g.example)
            for g in groups
        ]
        desk.table(columns, rows)
    return int(check and any(group.waiting for group in groups))


@app.command()
def show(context: typer.Context, letter: Id, *, as_json: AsJson = False) -> None:
    """One letter: why it died, what it says (personal data masked), what was done, what was edited, and its other letters.

    Example: `ops dlq show cancel-decisions-inventory-dlq/3/17`
    """
    desk = desk_of(context)
    document = run(_show(desk, letter))
    desk.json(document) if as_json else desk.facts(document)


@app.command()
def retry(
    context: typer.Context,
    ids: Ids = None,
    *,
    why: Why,
    consumer: ConsumerOption = None,
    topic: TopicOption = None,
    class_: Class = None,
    message: Message = None,
    seller: SellerOption = None,
    shop: ShopOption = None,
    order: OrderOption = None,
    request: RequestOption = None,
    type_: TypeOption = None,
    everything: Everything = False,
    rate: Annotated[float | None, typer.Option(help="At most so many letters a second.", min=0.1)] = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Stay until the consumer has handled them.")] = True,
    as_json: AsJson = False,
) -> int:
    """Send letters again to their consumer alone, as they stand now; exit code 1 when one died again.

    Examples: `ops dlq retry cancel-decisions-inventory-dlq/3/17 --why "fixed in 1.4.2"` ·
    `ops dlq retry --class bug --consumer inventory --rate 50 --why INC-12`
    """
    desk = desk_of(context)
    selection = Selection(seller=seller, shop=shop, order=order, request=request, types=tuple(type_ or ()))
    wanted = _Wanted(ids or [], consumer, topic, class_, message, everything, selection)
    result = run(_retry(desk, wanted, why=why, rate=rate, wait=wait))
    desk.json(result) if as_json else desk.facts(result)
    return int(bool(result["died_again"]))


@app.command()
def edit(
    context: typer.Context,
    letter: Id,
    *,
    why: Why,
    file: Annotated[Path | None, typer.Option(help="The whole event as it should be, as JSON.", exists=True, dir_okay=False)] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help='`data.lines.0.sku="TEE"`: set one member; may be repeated.')] = None,
    as_json: AsJson = False,
) -> None:
    """Change what a letter says: checked against its schema, before and after kept, sent by `retry`. Without --file and --set: $EDITOR.

    Example: `ops dlq edit cancel-decisions-inventory-dlq/3/17 --set data.lines.0.quantity=1 --why "INC-12: a quantity of 0"`
    """
    desk = desk_of(context)
    document = run(_edit(desk, letter, file=file, assignments=set_ or [], why=why))
    desk.json(document) if as_json else desk.facts(document)


@app.command()
def discard(
    context: typer.Context,
    ids: Ids = None,
    *,
    why: Why,
    consumer: ConsumerOption = None,
    topic: TopicOption = None,
    class_: Class = None,
    message: Message = None,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """Say that letters need no handling; they stay on their topic until it forgets them, and the reason stays here.

    Example: `ops dlq discard --class tombstone --why "sent by a test tool, INC-13"`
    """
    desk = desk_of(context)
    wanted = _Wanted(ids or [], consumer, topic, class_, message, everything, Selection())
    result = run(_discard(desk, wanted, why=why))
    desk.json(result) if as_json else desk.facts(result)


class _Wanted(msgspec.Struct, frozen=True):
    ids: list[str]
    consumer: str | None
    topic: str | None
    reason: str | None
    message: str | None
    everything: bool
    selection: Selection

    def among(self, found: Sequence[Letter]) -> list[Letter]:
        return letters.chosen(
            found, self.ids, reason=self.reason, message=self.message, everything=self.everything, selection=self.selection
        )


async def _read(desk: Desk, consumer: str | None, topic: str | None) -> list[Letter]:
    async with opened(desk.settings) as store, Wire(desk.settings) as wire:
        return await letters.read_letters(wire, store, consumer=consumer, topic=topic)


async def _show(desk: Desk, letter_id: str) -> dict[str, Any]:
    async with opened(desk.settings) as store, Wire(desk.settings) as wire:
        found, letter = await _one(wire, store, letter_id)
        others = [other for other in found if (other.topic, other.origin) == (letter.topic, letter.origin)]
        return letters.document(letter, await store.edits_of(letter.place), others)


async def _one(wire: Wire, store: Store, letter_id: str) -> tuple[list[Letter], Letter]:
    found = await letters.read_letters(wire, store)
    letter = next((each for each in found if each.id == letter_id), None)
    if letter is None:
        raise NotFound(f"there is no letter {letter_id}: `ops dlq list --letters` shows them")
    return found, letter


async def _retry(desk: Desk, wanted: _Wanted, *, why: str, rate: float | None, wait: bool) -> dict[str, Any]:
    async with opened(desk.settings) as store, Wire(desk.settings) as wire:
        found = wanted.among(await letters.read_letters(wire, store, consumer=wanted.consumer, topic=wanted.topic))
        chosen = [letters.sendable(letter) for letter in found]
        if not chosen:
            return {"sent": 0, "died_again": 0}
        action = await store.act("dlq retry", who=desk.who, why=_reason(why), letters=[letter.id for letter in chosen])
        replay_id = f"dlq-{action}"
        targets = dict.fromkeys((letter.consumer, letter.source) for letter in chosen)
        for consumer, source in targets:
            await _send(
                wire, store, [each for each in chosen if (each.consumer, each.source) == (consumer, source)], action, replay_id, rate
            )
        died = await _taken(wire, list(targets), replay_id) if wait else None
        return {"action": action, "sent": len(chosen), "died_again": died or 0, "waited": wait}


async def _send(wire: Wire, store: Store, chosen: Sequence[Letter], action: int, replay_id: str, rate: float | None) -> None:
    """One by one if there is a rate; what was acknowledged is remembered before the next is sent."""
    target = topics.replay(letters.topic_of(chosen[0]), chosen[0].consumer)
    partitions = len(await wire.partitions(target))
    chunk = len(chosen) if rate is None else max(1, int(rate / replays.CHUNKS_PER_SECOND))
    began = time.monotonic()
    async with Sender(wire, target) as sender:
        for begin in range(0, len(chosen), chunk):
            some = chosen[begin : begin + chunk]
            outgoing: dict[int, list[Any]] = {}
            for letter in some:
                home = partition_of(letter.key, partitions) if letter.key else letter.partition
                outgoing.setdefault(home, []).append(letters.outgoing(letter, replay_id=replay_id))
            await sender.send(outgoing)
            await store.deal_with([letter.place for letter in some], "retried", action=action)
            if rate:
                await asyncio.sleep(max(0.0, began + (begin + len(some)) / rate - time.monotonic()))


async def _taken(wire: Wire, targets: Sequence[tuple[str, str]], replay_id: str) -> int:
    died = 0
    for consumer, source in targets:
        topic = next(each for each in topics.TOPICS if each.name == source)
        await replays.until_taken(wire, topic, consumer)
        died += await replays.died_again(wire, topic, consumer, replay_id)
    return died


async def _edit(desk: Desk, letter_id: str, *, file: Path | None, assignments: Sequence[str], why: str) -> dict[str, Any]:
    async with opened(desk.settings) as store, Wire(desk.settings) as wire:
        _, letter = await _one(wire, store, letter_id)
        after = _edited_text(letter, file, assignments)
        event = letters.edited(letter, after)
        key = event.key.encode()
        async with store.pool.acquire() as tx, tx.transaction():
            action = await store.act("dlq edit", who=desk.who, why=_reason(why), tx=tx, letter=letter.id)
            await store.edit(letter.place, before=letter.value, after=after, key=key, action=action, tx=tx)
        _, now = await _one(wire, store, letter_id)
        return letters.document(now, await store.edits_of(letter.place), [])


def _edited_text(letter: Letter, file: Path | None, assignments: Sequence[str]) -> bytes:
    before = letter.value or b""
    if file:
        return file.read_bytes()
    if assignments:
        return letters.with_values(before, dict(map(_assignment, assignments)))
    pretty = msgspec.json.format(before, indent=2).decode() if letter.event else before.decode("utf-8", "replace")
    after = _in_editor(pretty)
    if after == pretty:
        raise Refused("nothing was changed")
    return after.encode()


def _in_editor(text: str) -> str:
    """What the operator makes of it; the file holds personal data, so only its owner may read it, and it is gone afterwards."""
    with tempfile.NamedTemporaryFile("w+", suffix=".json") as file:
        file.write(text)
        file.flush()
        subprocess.run([*shlex.split(os.environ.get("EDITOR", "vi")), file.name], check=True)  # noqa: S603 - the operator's own editor
        return Path(file.name).read_text()


def _assignment(text: str) -> tuple[str, Any]:
    path, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} sets nothing: say path=value")
    try:
        return path, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return path, value


async def _discard(desk: Desk, wanted: _Wanted, *, why: str) -> dict[str, Any]:
    async with opened(desk.settings) as store, Wire(desk.settings) as wire:
        chosen = wanted.among(await letters.read_letters(wire, store, consumer=wanted.consumer, topic=wanted.topic))
        async with store.pool.acquire() as tx, tx.transaction():
            action = await store.act("dlq discard", who=desk.who, why=_reason(why), tx=tx, letters=[letter.id for letter in chosen])
            await store.deal_with([letter.place for letter in chosen], "discarded", action=action, tx=tx)
        return {"action": action, "discarded": len(chosen)}


def _reason(why: str) -> str:
    if not why.strip():
        raise Refused("--why may not be empty: it is what proves later why this was done")
    return why
