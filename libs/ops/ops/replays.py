"""Replays: events of a topic sent again to one consumer, remembered so that a crash costs nothing and everything can be proved."""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from contracts import topics
from contracts.event import Event
from contracts.topics import Topic
from ops.events import decoded, text_headers
from ops.failures import Failed, Refused, Unfinished
from ops.knowledge import Planner, open_database
from ops.selection import Selection
from ops.sending import Outgoing, Sender, headers_for
from ops.settings import Settings
from ops.store import Range, Replay, Step, Store
from ops.wire import Ranges, Record, Wire

CHUNK = 5000
CHUNKS_PER_SECOND = 4
"""With a rate: so often it is looked whether somebody paused the replay."""
LOOK_SECONDS = 0.1

Progress = Callable[[int, int], None]
"""Passed and total offsets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A replay as it is asked for."""

    consumer: str
    topic: Topic
    selection: Selection
    since: datetime | None = None
    until: datetime | None = None
    offsets: Ranges | None = None
    """Instead of times."""
    reprocess: bool = False
    call_again: bool = False

    def __post_init__(self) -> None:
        if self.consumer not in self.topic.consumers:
            pairs = ", ".join(f"{each.name} → {name}" for each in topics.TOPICS for name in each.consumers)
            raise Failed(f"{self.consumer} does not consume {self.topic.name}: {pairs}")
        if self.call_again and not (self.reprocess and self.consumer == "sync-back"):
            raise Refused("--call-again repeats calls to marketplaces: it goes with --reprocess and --consumer sync-back alone")


def silent(_passed: int, _total: int) -> None:
    """Nobody watches."""


async def ranges_of(wire: Wire, request: Request) -> Ranges:
    """The part of each partition that is meant, as far as it is still there."""
    if request.offsets is None:
        return await wire.between(request.topic.name, request.since, request.until)
    bounds = await wire.bounds(request.topic.name)
    if unknown := request.offsets.keys() - bounds.keys():
        raise Failed(f"{request.topic.name} has no partition {min(unknown)}: it has 0 to {max(bounds)}")
    asked = {number: (max(first, bounds[number][0]), min(last, bounds[number][1])) for number, (first, last) in request.offsets.items()}
    return {number: (first, max(first, last)) for number, (first, last) in asked.items()}


async def plan(
    settings: Settings, wire: Wire, request: Request, ranges: Ranges | None = None, *, progress: Progress = silent
) -> dict[str, Any]:
    """Count what each event would do; nothing is changed."""
    ranges = await ranges_of(wire, request) if ranges is None else ranges
    total = sum(last - first for first, last in ranges.values())
    async with await open_database(settings, request.consumer) as pool:
        planner = Planner(
            pool, consumer=request.consumer, topic=request.topic.name, reprocess=request.reprocess, call_again=request.call_again
        )
        async for records, positions in wire.read(request.topic.name, ranges, at_most=CHUNK):
            chosen = [choose(record, request.topic, request.selection) for of_partition in records.values() for record in of_partition]
            planner.plan.unreadable += sum(each is None for each in chosen)
            await planner.count([event for event in chosen if event])
            progress(sum(positions[number] - ranges[number][0] for number in positions), total)
        return planner.document()


def choose(record: Record, topic: Topic, selection: Selection) -> Event[Any] | Literal[False] | None:
    """The event if it is meant; False: it is not; None: it can't be read (and is counted only where everything is meant)."""
    event, _ = decoded(record.value, topic)
    if event is None:
        return None if selection.takes_all else False
    return event if selection.takes(event) else False


async def begin(
    settings: Settings,
    store: Store,
    wire: Wire,
    request: Request,
    *,
    who: str,
    why: str,
    rate: float | None,
    progress: Progress = silent,
) -> Replay:
    """Plan it and remember it; nothing is sent yet."""
    await _same_partitions(wire, request)
    ranges = await ranges_of(wire, request)
    planned = await plan(settings, wire, request, ranges, progress=progress)
    replay = Replay(
        id=f"r-{uuid.uuid4().hex[:10]}",
        topic=request.topic.name,
        consumer=request.consumer,
        selection=request.selection,
        asked={
            "from": request.since,
            "to": request.until,
            "offsets": {str(number): each for number, each in (request.offsets or {}).items()},
        },
        reprocess=request.reprocess,
        call_again=request.call_again,
        rate=rate,
        who=who,
        why=why,
        planned=planned,
        state="running",
        created_at=datetime.now(UTC),
        ended_at=None,
        result=None,
        ranges=tuple(Range(number, first, last, first) for number, (first, last) in sorted(ranges.items())),
    )
    await store.create_replay(replay)
    return replay


async def _same_partitions(wire: Wire, request: Request) -> None:
    """A key goes to the partition of the same number: only so its events stay in order."""
    target = topics.replay(request.topic, request.consumer)
    if target not in await wire.existing():
        raise Refused(f"there is no topic {target}: `ops topics --apply` creates it")
    ours, theirs = len(await wire.partitions(request.topic.name)), len(await wire.partitions(target))
    if ours != theirs:
        raise Refused(f"{request.topic.name} has {ours} partitions and {target} {theirs}: events of an order would lose their order")


async def go_on(store: Store, wire: Wire, replay_id: str, *, wait: bool, progress: Progress = silent) -> Replay:
    """Send what is left, then wait until the consumer has handled it. Raises Unfinished when it was paused meanwhile."""
    async with store.holding(replay_id):
        replay = await store.replay(replay_id)
        if replay.state in {"done", "stopped"}:
            raise Refused(f"replay {replay_id} is {replay.state}")
        await store.turn(replay_id, "running", among=("paused",))
        if replay.state != "sent":
            await _send(store, wire, replay, progress)
            if not await store.turn(replay_id, "sent", among=("running",)):
                state = await store.state_of(replay_id)
                fix = f": `ops replay resume {replay_id}` goes on" if state == "paused" else ""
                raise Unfinished(f"replay {replay_id} was {state}{fix}")
        if wait:
            await finish(store, wire, replay_id, progress=progress)
        return await store.replay(replay_id)


async def _send(store: Store, wire: Wire, replay: Replay, progress: Progress) -> None:
    topic = next(each for each in topics.TOPICS if each.name == replay.topic)
    left: Ranges = {each.partition: (each.next, each.last) for each in replay.ranges if each.next < each.last}
    places = {each.partition: each.next for each in replay.ranges}
    base = sum(each.first for each in replay.ranges)
    chunk = CHUNK if replay.rate is None else max(1, min(CHUNK, int(replay.rate / CHUNKS_PER_SECOND)))
    pace = _Pace(replay.rate)
    async with Sender(wire, topics.replay(topic, replay.consumer)) as sender:
        async for records, positions in wire.read(replay.topic, left, at_most=chunk):
            if await store.state_of(replay.id) != "running":
                return
            outgoing, steps = _chosen(replay, topic, records, positions, places)
            await sender.send(outgoing)
            await store.save_progress(replay.id, steps)
            places |= {step.partition: step.next for step in steps}
            progress(sum(places.values()) - base, replay.total)
            await pace.passed(sum(step.sent for step in steps))


def _chosen(
    replay: Replay, topic: Topic, records: Mapping[int, Sequence[Record]], positions: Mapping[int, int], places: Mapping[int, int]
) -> tuple[dict[int, list[Outgoing]], list[Step]]:
    outgoing: dict[int, list[Outgoing]] = {}
    steps = []
    for number, position in positions.items():
        if position == places[number]:
            continue
        of_partition = records.get(number, ())
        chosen = [(record, choose(record, topic, replay.selection)) for record in of_partition]
        outgoing[number] = [_outgoing(record, replay) for record, event in chosen if event]
        unreadable = sum(event is None for _, event in chosen)
        steps.append(Step(number, position, len(of_partition), len(outgoing[number]), unreadable))
    return outgoing, steps


def _outgoing(record: Record, replay: Replay) -> Outgoing:
    headers = headers_for(record.headers, replay_id=replay.id, reprocess=replay.reprocess, call_again=replay.call_again)
    return Outgoing(record.key, record.value, headers)


class _Pace:
    """So many events per second, over the whole run."""

    def __init__(self, rate: float | None) -> None:
        self._rate, self._began, self._sent = rate, time.monotonic(), 0

    async def passed(self, events: int) -> None:
        self._sent += events
        if self._rate:
            await asyncio.sleep(max(0.0, self._began + self._sent / self._rate - time.monotonic()))


async def finish(store: Store, wire: Wire, replay_id: str, *, progress: Progress = silent) -> None:
    """Wait until the consumer has taken all that was sent, and store what came of it."""
    replay = await store.replay(replay_id)
    topic = next(each for each in topics.TOPICS if each.name == replay.topic)
    await until_taken(wire, topic, replay.consumer, progress=progress)
    died = await died_again(wire, topic, replay.consumer, replay_id)
    result = {"sent": replay.sent, "unreadable": replay.unreadable, "dead_lettered": died, "handled_or_known": replay.sent - died}
    await store.turn(replay_id, "done", among=("sent",), result=result)


async def until_taken(wire: Wire, topic: Topic, consumer: str, *, progress: Progress = silent) -> None:
    """The consumer has committed all that is on its replay topic now."""
    name = topics.replay(topic, consumer)
    bounds = await wire.bounds(name)
    ends = {number: last for number, (first, last) in bounds.items() if first < last}
    before: int | None = None
    while True:
        committed = await wire.committed(consumer)
        left = sum(max(0, last - max(committed.get((name, number), 0), bounds[number][0])) for number, last in ends.items())
        before = left if before is None else before
        progress(before - left, before)
        if not left:
            return
        await asyncio.sleep(LOOK_SECONDS)


async def died_again(wire: Wire, topic: Topic, consumer: str, replay_id: str) -> int:
    """How many events of this replay are dead letters."""
    name = topics.dlq(topic, consumer)
    if name not in await wire.existing():
        return 0
    died = 0
    async for records, _ in wire.read(name, await wire.bounds(name)):
        died += sum(text_headers(record).get("replay-id") == replay_id for of_partition in records.values() for record in of_partition)
    return died
