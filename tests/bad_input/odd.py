"""Values that nobody expects, and the ways in which a document is spoiled: every choice comes from one seeded generator."""

import copy
import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = Any

_TOKENS = {
    "<<nan>>": "NaN",
    "<<infinity>>": "-Infinity",
    "<<1e999>>": "1e999",
    "<<digits>>": "9" * 5000,
    "<<-0>>": "-0.0",
    "<<hex>>": "0x10",
    "<<deep>>": "[" * 3000 + "]" * 3000,
    "<<pit>>": "[" * 60_000,
    "<<lone>>": '"\\ud800"',
    "<<swapped>>": '"\\udc00\\ud800"',
    "<<nul>>": '"\\u0000"',
    "<<raw nul>>": '"\x00"',
    "<<tab>>": '"\t"',
}
"""What no JSON library writes by itself, under the text that stands for it until the document is written."""

NUMBERS = (0, -1, 1, 2**31 - 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**40, 0.5, -0.1, 1e308, 5e-324)
TIMES = (
    "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999-14:00", "1969-12-31T23:59:59Z",
    "2026-02-30T00:00:00Z", "2026-11-20T24:00:00Z", "2026-11-20T08:00:60Z", "2026-11-20T08:00:00", "2026-11-20", "10000-01-01T00:00:00Z",
    "-4712-01-01T00:00:00Z", "1763625600", "now", "infinity", "-infinity", "2026-11-20T08:00:00.123456789Z", "2026-11-20T08:00:00+99:99",
)  # fmt: skip
TEXTS = (
    "", " ", "null", "true", "NaN", "-1", "0.1e5", "1e400", "99999999999999999999.99", "MY", "my", "XXX", "IN_CANCEL", "NO_SUCH_STATUS",
    "a\x00b", "\x00", "\ud800", "\udfff x", "\u202e\u0000", "\ufeff", "é" * 300, "🙂" * 50, "'; drop table orders; --", "{}", "[]",
    "\\u0000",
    "%00%s%n", "../../etc/passwd", "a:b:c:d", ":", "a b", "/", "@sweep", "#2", "\r\nX-Odd: 1", "<script>alert(1)</script>",
)  # fmt: skip


def value(chance: random.Random) -> JSON:
    """One value that is probably wrong where it comes to stand."""
    kinds: tuple[Callable[[], JSON], ...] = (
        lambda: chance.choice((None, True, False)),
        lambda: chance.choice(NUMBERS),
        lambda: chance.choice(TIMES),
        lambda: chance.choice(TEXTS),
        lambda: chance.choice(tuple(_TOKENS)),
        lambda: chance.choice(([], {}, [[]], [None], {"": None}, {"a": {"b": []}}, [1, "2", None, {}])),
        lambda: _long(chance),
    )
    return chance.choices(kinds, weights=(3, 4, 3, 5, 3, 3, 1))[0]()


def like(chance: random.Random, former: JSON) -> JSON:
    """A value of the same type as the former one: it comes further than one that no reader takes."""
    match former:
        case bool():
            return not former
        case int():
            return chance.choice(NUMBERS[:10])
        case str() if former[:4].isdigit() and "T" in former:
            return chance.choice(TIMES)
        case str():
            return chance.choice((chance.choice(TEXTS), _long(chance), former + chance.choice(TEXTS)))
        case _:
            return value(chance)


def _long(chance: random.Random) -> str:
    """Random, so that no database packs it small."""
    return "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=chance.choice((65, 300, 3000, 30_000, 200_000))))


def spoil(chance: random.Random, document: JSON, *, most: int = 3) -> JSON:
    """The document with one to `most` things wrong with it."""
    spoiled = copy.deepcopy(document)
    for _ in range(chance.randint(1, most)):
        spoiled = _spoil_once(chance, spoiled)
    return spoiled


def _spoil_once(chance: random.Random, document: JSON) -> JSON:
    places = list(_places(document))
    if not places or chance.random() < 0.02:
        return value(chance)
    holder, name = chance.choice(places)
    match chance.choices(("replace", "remove", "move", "repeat", "wrap"), weights=(6, 2, 1, 1, 1))[0]:
        case "replace":
            holder[name] = like(chance, holder[name]) if chance.random() < 0.5 else value(chance)
        case "remove":
            del holder[name]
        case "move" if isinstance(holder, dict):
            holder[chance.choice(TEXTS)] = holder.pop(name)
        case "repeat" if isinstance(holder, list):
            holder.extend([holder[name]] * chance.choice((1, 2, 600)))
        case _:
            holder[name] = [holder[name]]
    return document


def _places(node: JSON) -> Any:
    for name, inner in list(node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()):
        yield node, name
        yield from _places(inner)


def written(chance: random.Random, document: JSON, *, broken: float) -> bytes:
    """The document as bytes, which are spoiled as well in this part of all cases."""
    text = json.dumps(document)
    for name, token in _TOKENS.items():
        text = text.replace(json.dumps(name), token)
    body = text.encode("utf-8", "surrogatepass")
    return _broken(chance, text, body) if chance.random() < broken else body


def _broken(chance: random.Random, text: str, body: bytes) -> bytes:
    at = chance.randrange(len(body)) if body else 0
    kinds: tuple[Callable[[], bytes], ...] = (
        lambda: body[:at],
        lambda: body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :],
        lambda: (
            body[:at] + chance.choice((b"\x00", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"}", b'"', b",,")) + body[at:]
        ),
        lambda: text.encode("utf-16", "surrogatepass"),
        lambda: b"\xef\xbb\xbf" + body,
        lambda: body + body,
        lambda: b" " * 5000 + body + b"\n\n",
        lambda: b'{"id":"first","data":{},"type":1,"code":3,' + body[1:],
        lambda: b"",
        lambda: chance.randbytes(chance.choice((1, 16, 700))),
        lambda: chance.choice((b"null", b"[]", b"{}", b"0", b'""', b"true", b"{", b"[" * 100_000, b'{"a":' * 50_000)),
    )
    return chance.choice(kinds)()
