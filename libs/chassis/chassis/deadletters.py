"""Dead letters: the original record with headers that say what happened to it, small enough to be published."""

from datetime import datetime

from chassis.header_names import printable
from chassis.incoming import Incoming
from chassis.outbox import Record, pack_headers
from contracts import topics
from contracts.topics import Topic

PREFIX = "dead-letter-"
MAX_VALUE_BYTES = 900 * 1024  # as the outbox's own check
MAX_KEY_BYTES = 4096
MAX_HEADERS_BYTES = 56 * 1024
MAX_MESSAGE_BYTES = 2000
MAX_DIGITS = 9


def dead_letter(item: Incoming, *, topic: Topic, consumer: str, first_at: datetime, now: datetime, attempts: int) -> Record:
    r"""Make the record for `<topic>-<consumer>-dlq`.

    Headers `dead-letter-class`, `-message`, `-consumer`, `-topic`, `-partition`, `-offset`, `-first-at`, `-last-at`, `-attempts`, and
    `-cut` when something was too large; the original headers follow as they were, bytes and nulls; of a name that is not UTF-8, those
    bytes as `\xff`. A letter that dies again in a replay keeps its source and its first time, and its attempts add up.
    """
    record = item.record
    before = {name: value for name, value in record.headers if name.startswith(PREFIX) and value is not None}
    originals = [(printable(name), value) for name, value in record.headers if not name.startswith(PREFIX)]
    cuts: list[str] = []
    value = _cut("value", record.value, MAX_VALUE_BYTES, cuts)
    key = _cut("key", record.key, MAX_KEY_BYTES, cuts)
    originals = _cut_headers(originals, cuts)
    about = {
        "class": str(item.reason).encode(),
        "message": item.message.encode("utf-8", "replace")[:MAX_MESSAGE_BYTES],
        "consumer": consumer.encode(),
        "topic": before.get(PREFIX + "topic", record.topic.encode()),
        "partition": before.get(PREFIX + "partition", str(record.partition).encode()),
        "offset": before.get(PREFIX + "offset", str(record.offset).encode()),
        "first-at": before.get(PREFIX + "first-at", _instant(first_at)),
        "last-at": _instant(now),
        "attempts": str(attempts + _number(before.get(PREFIX + "attempts"))).encode(),
    }
    if cuts:
        about["cut"] = ", ".join(cuts).encode()
    return Record(
        event_id=item.event.id if item.event else f"{record.topic}/{record.partition}/{record.offset}",
        topic=topics.dlq(topic, consumer),
        key=key,
        value=b"" if key is None and value is None else value,  # Kafka's client wants one of them
        headers=pack_headers([*((PREFIX + name, text) for name, text in about.items()), *originals]),
    )


def _cut(what: str, data: bytes | None, limit: int, cuts: list[str]) -> bytes | None:
    if data is None or len(data) <= limit:
        return data
    cuts.append(f"{what} of {len(data)} bytes")
    return data[:limit]


def _cut_headers(headers: list[tuple[str, bytes | None]], cuts: list[str]) -> list[tuple[str, bytes | None]]:
    room = MAX_HEADERS_BYTES
    kept: list[tuple[str, bytes | None]] = []
    for name, value in headers:
        room -= len(name.encode()) + len(value or b"") + 10
        if room < 0:
            cuts.append(f"{len(headers) - len(kept)} of {len(headers)} headers")
            break
        kept.append((name, value))
    return kept


def _number(text: bytes | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < MAX_DIGITS else 0


def _instant(at: datetime) -> bytes:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z").encode()
