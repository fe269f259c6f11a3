"""Bad input on the topics: generated records for every topic that a service consumes, and for its replay topics."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.bad_input import odd

from contracts import topics
from contracts.topics import Topic
from local_stack.settings import REPOSITORY

_EXAMPLES = REPOSITORY / "libs" / "contracts" / "contracts" / "examples"
JSON_TYPE = ("content-type", b"application/cloudevents+json; charset=UTF-8")
CONSUMED = tuple(topic for topic in topics.TOPICS if topic.consumers)
_HEADERS: Sequence[tuple[str, bytes | None]] = (
    ("content-type", b"text/plain"), ("content-type", None), ("content-type", b"\xff\xfe"), ("", b"no name"), ("é", b"\xff"), ("odd", None),
    ("traceparent", b"00-zz-1-01"), ("traceparent", b"\xff"), ("traceparent", None), ("dead-letter-class", b"bug"),
    ("dead-letter-attempts", b"\xff9"),
    ("dead-letter-topic", b"elsewhere"), ("dead-letter-first-at", b"\xff"), ("replay-id", b"\xff\xfe"), ("reprocess", b"1"),
    ("large", b"x" * 40_000),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One record. `header`: the bytes of a header's name that is not UTF-8."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    header: bytes | None = None


def cases(chance: random.Random, count: int, *, shops: dict[str, str], seller: str) -> Iterator[Case]:
    """So many records; some are sent a second time, as a producer may."""
    last: Case | None = None
    for _ in range(count):
        if last is not None and chance.random() < 0.04:
            yield last
            continue
        last = _case(chance, shops, seller)
        yield last


def good(topic: Topic, number: int) -> bytes:
    """An event of this topic that every consumer handles, about an order of its own."""
    return json.dumps(_about(_example(topic.types[0].name, "smallest"), f"good-{number}", f"GOOD{number}")).encode()


def _case(chance: random.Random, shops: dict[str, str], seller: str) -> Case:
    topic = chance.choice(CONSUMED)
    carried = chance.choice(topic.types if chance.random() < 0.93 else [each for other in topics.TOPICS for each in other.types])
    number = f"{chance.randrange(10**6)}"
    event = _about(_example(carried.name, chance.choice(("smallest", "fullest"))), f"bad-{number}", f"BAD{number}")
    _move(chance, event, shops, seller)
    key: bytes | None = str(event["partitionkey"]).encode()
    if chance.random() < 0.75:
        event = _spoiled(chance, event)
    value: bytes | None = odd.written(chance, event, broken=0.08)
    if chance.random() < 0.02:
        value = b"{" + b" " * chance.choice((500_000, 900_000)) + b"}"
    if chance.random() < 0.02:
        value = None
    if chance.random() < 0.15:
        key = chance.choice((None, b"", b"\xff\x00", b"k" * 5000, b"another:key:entirely"))
    name = topic.name
    if chance.random() < 0.08:
        name = topics.replay(topic, chance.choice(topic.consumers))
    if (topic.compacted and name == topic.name and key is None) or (value is None and key is None):
        key = b"some"  # else the broker, or every client, refuses it
    headers = [JSON_TYPE]
    headers += chance.sample(_HEADERS, chance.randint(1, 3)) if chance.random() < 0.3 else []
    header = chance.choice((b"\xff\xfe", b"a\xc3", b"\x80")) if value is not None and chance.random() < 0.01 else None
    return Case(name, key, value, tuple(headers), header)


def _spoiled(chance: random.Random, event: dict[str, Any]) -> Any:
    """Mostly in what it says, for that is read last."""
    if not isinstance(event, dict) or chance.random() < 0.2:
        return odd.spoil(chance, event, most=2)
    return event | {"data": odd.spoil(chance, event["data"], most=1)}


def _move(chance: random.Random, event: dict[str, Any], shops: dict[str, str], seller: str) -> None:
    """To a shop that is connected here, to its seller, to a channel that nobody serves."""
    order = event["data"].get("order")
    if not isinstance(order, dict):
        return
    if chance.random() < 0.3:
        order["channel"] = chance.choice(tuple(shops))
        order["shop_id"] = shops[order["channel"]]
    if chance.random() < 0.15:
        order["channel"] = chance.choice(("lazada", "unknown", "SHOPEE", ""))
    order["seller_id"] = seller if chance.random() < 0.3 else "seller-bad"
    if chance.random() < 0.2:
        event["source"] = chance.choice(("/elsewhere", "a b", "http://[", "urn:x"))


def _about(event: dict[str, Any], id_: str, ref: str) -> dict[str, Any]:
    """The example as an event of its own, about another order, request and seller."""
    data = event["data"]
    for holder in (data, data.get("order")):
        if isinstance(holder, dict):
            holder |= {name: value for name, value in _own(ref).items() if name in holder}
    return event | {"id": id_, "partitionkey": ref, "sellerid": "seller-bad"}


def _own(ref: str) -> dict[str, Any]:
    number = f"{abs(hash_of(ref)) % 10**12:012}"
    return {
        "request_id": f"00000000-0000-5000-8000-{number}",
        "movement_id": f"00000000-0000-5000-9000-{number}",
        "order_ref": ref,
        "native_id": ref,
        "shop_id": "99" + number[:8],
        "seller_id": "seller-bad",
    }


def hash_of(text: str) -> int:
    """The same in every process."""
    return int.from_bytes(text.encode()[-8:], "big") * 2_654_435_761 % 10**12


@cache
def _text(name: str, which: str) -> str:
    return (_EXAMPLES / name / f"{which}.json").read_text()


def _example(name: str, which: str) -> dict[str, Any]:
    return dict(json.loads(_text(name.removeprefix("com.zetpy."), which)))
