"""Dead letters: what died, why, how often, and what was done about it."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from chassis.deadletters import PREFIX
from contracts import event as on_the_wire
from contracts import topics
from contracts.event import Event, Undecodable, UnknownType
from contracts.topics import Topic
from ops.events import decoded, described, text_headers
from ops.failures import NotFound, Refused
from ops.lag import consumed
from ops.masking import masked
from ops.selection import Selection
from ops.sending import Headers, Outgoing, headers_for
from ops.store import Dealt, Place, Store
from ops.wire import Record, Wire, published_at

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_WITH_DIGITS = re.compile(r"\S*\d\S*")


class Letter(msgspec.Struct, frozen=True):
    """One record of a dead letter topic, as it stands now (edited, if somebody did)."""

    topic: str
    partition: int
    offset: int
    at: datetime
    consumer: str
    source: str
    """The declared topic that it comes from."""
    reason: str
    message: str
    origin: str
    """Where the event lay when it died first; the same for every letter of it."""
    first_at: str
    last_at: str
    attempts: int
    cut: str | None
    key: bytes | None
    value: bytes | None
    headers: Headers
    event: Event[Any] | None
    problem: str | None
    edited: bool = False
    times: int = 1
    """The how-manieth letter of this event: 2 and more come back."""
    dealt: Dealt | None = None

    @property
    def id(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def place(self) -> Place:
        return self.topic, self.partition, self.offset

    @property
    def shape(self) -> str:
        """The message without what differs from event to event."""
        return shape_of(self.message)

    def row(self) -> dict[str, Any]:
        """What a list shows of it."""
        return {
            "letter": self.id,
            "class": self.reason,
            "message": self.message,
            "type": self.event.kind.slug if self.event else None,
            "request_id": getattr(self.event.data, "request_id", None) if self.event else None,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "attempts": self.attempts,
            "times": self.times,
            "edited": self.edited,
            "done": self.dealt.done if self.dealt else None,
        }


class Group(msgspec.Struct, frozen=True):
    """Letters of one consumer that died of the same thing."""

    consumer: str
    topic: str
    reason: str
    message: str
    waiting: int
    retried: int
    discarded: int
    coming_back: int
    """Waiting, although they were sent again before: sending again alone will not help."""
    first_at: str
    last_at: str
    example: str


def shape_of(message: str) -> str:
    first, _, _ = message.partition("\n")
    for pattern, instead in ((_QUOTED, "…"), (_WITH_DIGITS, "…")):
        first = pattern.sub(instead, first)
    return first[:200]


def places_to_look(consumer: str | None = None, topic: str | None = None) -> list[tuple[str, Topic]]:
    return [(name, each) for name, each in consumed(consumer) if topic in {None, each.name}]


async def read_letters(wire: Wire, store: Store, *, consumer: str | None = None, topic: str | None = None) -> list[Letter]:
    """All that are still there, oldest first, with what was done about them."""
    existing = await wire.existing()
    found: list[Letter] = []
    for name, source in places_to_look(consumer, topic):
        dlq = topics.dlq(source, name)
        if dlq not in existing:
            continue
        async for records, _ in wire.read(dlq, await wire.bounds(dlq)):
            found += [_letter(record, wire.prefix, dlq, name, source) for of_partition in records.values() for record in of_partition]
    return await _with_deeds(store, _counted(sorted(found, key=lambda each: (each.at, each.id))))


def _letter(record: Record, prefix: str, dlq: str, consumer: str, source: Topic) -> Letter:
    said = {name.removeprefix(PREFIX): text for name, text in text_headers(record).items() if name.startswith(PREFIX)}
    event, problem = decoded(record.value, source)
    attempts = said.get("attempts", "1")
    at = published_at(record)
    return Letter(
        topic=dlq,
        partition=record.partition,
        offset=record.offset,
        at=at,
        consumer=consumer,
        source=source.name,
        reason=said.get("class", "unknown"),
        message=said.get("message", ""),
        origin=f"{said.get('topic', dlq).removeprefix(prefix)}/{said.get('partition', '?')}/{said.get('offset', record.offset)}",
        first_at=said.get("first-at", at.isoformat()),
        last_at=said.get("last-at", at.isoformat()),
        attempts=int(attempts) if attempts.isdigit() else 1,
        cut=said.get("cut"),
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
        event=event,
        problem=problem,
    )


def _counted(letters: Iterable[Letter]) -> list[Letter]:
    seen: Counter[tuple[str, str]] = Counter()
    counted = []
    for letter in letters:
        seen[letter.topic, letter.origin] += 1
        counted.append(msgspec.structs.replace(letter, times=seen[letter.topic, letter.origin]))
    return counted


async def _with_deeds(store: Store, letters: Sequence[Letter]) -> list[Letter]:
    names = sorted({letter.topic for letter in letters})
    dealt, edits = await store.dealt_with(names), await store.newest_edits(names)
    return [_with_deed(letter, dealt.get(letter.place), edits.get(letter.place)) for letter in letters]


def _with_deed(letter: Letter, dealt: Dealt | None, edit: tuple[bytes, bytes] | None) -> Letter:
    if edit is None:
        return msgspec.structs.replace(letter, dealt=dealt)
    key, value = edit
    event, problem = decoded(value, topic_of(letter))
    return msgspec.structs.replace(letter, dealt=dealt, edited=True, key=key, value=value, cut=None, event=event, problem=problem)


def topic_of(letter: Letter) -> Topic:
    return next(topic for topic in topics.TOPICS if topic.name == letter.source)


def grouped(letters: Iterable[Letter]) -> list[Group]:
    """By consumer, topic, class and shape of the message; the largest first."""
    by: dict[tuple[str, str, str, str], list[Letter]] = {}
    for letter in letters:
        by.setdefault((letter.consumer, letter.source, letter.reason, letter.shape), []).append(letter)
    groups = [_group(*name, of_group) for name, of_group in by.items()]
    return sorted(groups, key=lambda group: (-group.waiting, group.consumer, group.topic, group.reason))


def _group(consumer: str, topic: str, reason: str, message: str, letters: Sequence[Letter]) -> Group:
    done = Counter(letter.dealt.done if letter.dealt else "waiting" for letter in letters)
    waiting = [letter for letter in letters if letter.dealt is None]
    return Group(
        consumer,
        topic,
        reason,
        message,
        waiting=done["waiting"],
        retried=done["retried"],
        discarded=done["discarded"],
        coming_back=sum(letter.times > 1 for letter in waiting),
        first_at=min(letter.first_at for letter in letters),
        last_at=max(letter.last_at for letter in letters),
        example=(waiting or letters)[-1].id,
    )


def chosen(
    letters: Sequence[Letter], ids: Sequence[str], *, reason: str | None, message: str | None, everything: bool, selection: Selection
) -> list[Letter]:
    """Those that are named, or that wait and fit. Raises NotFound for an id that is no letter, Refused when nothing was said."""
    if ids:
        by_id = {letter.id: letter for letter in letters}
        if unknown := [each for each in ids if each not in by_id]:
            raise NotFound(f"there is no letter {unknown[0]}: `ops dlq list --letters` shows them")
        return [by_id[each] for each in dict.fromkeys(ids)]
    if not (reason or message or everything or not selection.takes_all):
        raise Refused("say which letters: their ids, --class, --message, a choice like --order, or --all")
    return [
        letter
        for letter in letters
        if letter.dealt is None
        and reason in {None, letter.reason}
        and (message is None or message in letter.message or message == letter.shape)
        and (selection.takes_all or (letter.event is not None and selection.takes(letter.event)))
    ]


def sendable(letter: Letter) -> Letter:
    """Raises Refused when sending it again can't help, with what can."""
    if letter.cut:
        raise Refused(f"{letter.id} was cut when it died ({letter.cut}): edit it, or replay its source {letter.origin}")
    if letter.value is None:
        raise Refused(f"{letter.id} is a tombstone, which is no event: discard it")
    return letter


def outgoing(letter: Letter, *, replay_id: str) -> Outgoing:
    """Its headers stay: when it dies again, they say where it comes from and how often it was tried."""
    return Outgoing(letter.key, letter.value, headers_for(letter.headers, replay_id=replay_id))


def edited(letter: Letter, text: bytes) -> Event[Any]:
    """The event that an edited letter is. Raises Refused when it breaks the schema, or is another event."""
    try:
        event = on_the_wire.decode(text, topic_of(letter))
        on_the_wire.encode(event)
    except (Undecodable, UnknownType, ValueError) as error:
        raise Refused(f"what was edited is no event of {letter.source}: {error}") from error
    if letter.event and (event.source, event.id) != (letter.event.source, letter.event.id):
        raise Refused("source and id are who an event is: they can't be edited")
    return event


def with_values(value: bytes, assignments: Mapping[str, Any]) -> bytes:
    """The document with these members set: `data.lines.0.sku` → value. Raises Refused for a path that is not there."""
    try:
        document = msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise Refused(f"it is no JSON ({error}): give the whole of it with --file") from error
    for path, new in assignments.items():
        *parents, last = path.split(".")
        inside = document
        try:
            for part in parents:
                inside = inside[int(part)] if isinstance(inside, list) else inside[part]
            if isinstance(inside, list):
                inside[int(last)] = new
            else:
                inside[last] = new
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise Refused(f"there is no {path} in it") from error
    return msgspec.json.encode(document)


def document(letter: Letter, edits: Sequence[Mapping[str, Any]], others: Sequence[Letter]) -> dict[str, Any]:
    """All about one letter, without personal data."""
    about = letter.row() | {
        "consumer": letter.consumer,
        "topic": letter.source,
        "origin": letter.origin,
        "key": (letter.key or b"").decode("utf-8", "replace"),
        "cut": letter.cut,
        "headers": {name: text for name, text in _shown_headers(letter.headers).items() if not name.startswith(PREFIX)},
        "event": described(letter.event) if letter.event else None,
        "problem": letter.problem,
        "beginning": None if letter.event else (letter.value or b"")[:500].decode("utf-8", "replace"),
        "deed": letter.dealt,
        "edits": [
            {**{name: edit[name] for name in ("at", "who", "why")}, "before": _shown(edit["before"]), "after": _shown(edit["after"])}
            for edit in edits
        ],
        "letters_of_this_event": [other.id for other in others],
    }
    return {name: value for name, value in about.items() if value is not None}


def _shown(value: bytes | None) -> Any:
    if value is None:
        return None
    try:
        return masked(msgspec.json.decode(value))
    except msgspec.DecodeError:
        return value[:500].decode("utf-8", "replace")


def _shown_headers(headers: Headers) -> dict[str, str]:
    return {name: value.decode("utf-8", "replace") for name, value in headers if value is not None}
