"""What a released version promises, and what breaks it: only optional fields and values of open lists may be added."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from contracts.schemas import KNOWN_VALUES, Schema
from contracts.topics import Topic

ADVICE = """\
Others read and write these events. In a released version only optional fields and values of open lists may be added.
Leave the released version as it was and add the next one beside it (`com.zetpy.<event>.v2`): docs/integrating.md, "Compatibility"."""

_ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "$ref", "title", "description", "examples"})
_NULL = {"type": "null"}


def broken_promises(released: Mapping[str, Schema], current: Mapping[str, Schema]) -> list[str]:
    """One sentence for each thing in `current` that breaks what was `released`, both by slug; empty when all is well."""
    problems = [f"{slug}: the event is gone" for slug in released if slug not in current]
    for slug, schema in released.items():
        if slug in current:
            problems += [f"{slug}: {each}" for each in _Comparison(schema, current[slug]).differences()]
    return problems


def topic_promises(topics: Iterable[Topic]) -> dict[str, dict[str, Any]]:
    """What others rely on of each topic."""
    return {
        topic.name: {"partitions": topic.partitions, "cleanup": topic.cleanup, "types": sorted(kind.name for kind in topic.types)}
        for topic in topics
    }


def broken_topics(released: Mapping[str, Mapping[str, Any]], current: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """One sentence for each topic that is no longer what was released; a topic may carry more types than before."""
    problems = [f"{name}: the topic is gone" for name in released if name not in current]
    for name in released.keys() & current.keys():
        was, now = released[name], current[name]
        problems += [f"{name}: {what} was {was[what]}, is {now[what]}" for what in ("partitions", "cleanup") if was[what] != now[what]]
        problems += [f"{name}: {each} is no longer on it" for each in was["types"] if each not in now["types"]]
    return problems


class _Comparison:
    """Two versions of one schema, walked side by side."""

    def __init__(self, released: Schema, current: Schema) -> None:
        self.released, self.current = released, current

    def differences(self) -> list[str]:
        return list(self._at("", self.released, self.current))

    def _at(self, where: str, was: Schema, now: Schema) -> Iterator[str]:
        was, now = _resolved(was, self.released), _resolved(now, self.current)
        yield from self._fields(where, was, now)
        if "items" in was and "items" in now:
            yield from self._at(f"{where}[]", was["items"], now["items"])
        gone = [each for each in was.get(KNOWN_VALUES, ()) if each not in now.get(KNOWN_VALUES, ())]
        if gone and KNOWN_VALUES in now:
            yield f"{where or 'data'}: the open list lost {gone}"
        yield from _constraints(where or "data", was, now)

    def _fields(self, where: str, was: Schema, now: Schema) -> Iterator[str]:
        before, after = was.get("properties", {}), now.get("properties", {})
        for name in sorted(before.keys() | after.keys()):
            path = f"{where}.{name}".removeprefix(".")
            had_to, has_to = name in was.get("required", ()), name in now.get("required", ())
            if name not in after:
                yield f"{path}: the field is gone"
            elif name not in before:
                if has_to:
                    yield f"{path}: a new field must be optional"
            elif had_to != has_to:
                yield f"{path}: was {'required' if had_to else 'optional'}, is {'required' if has_to else 'optional'}"
            else:
                yield from self._at(path, before[name], after[name])


def _constraints(where: str, was: Schema, now: Schema) -> Iterator[str]:
    walked = {"properties", "required"} | ({"items"} if "items" in was and "items" in now else set())
    if KNOWN_VALUES in was and KNOWN_VALUES in now:
        walked.add(KNOWN_VALUES)
    for keyword in sorted((was.keys() | now.keys()) - _ANNOTATIONS - walked):
        before, after = was.get(keyword), now.get(keyword)
        if keyword == "enum" and before is not None and after is not None:
            before, after = sorted(map(str, before)), sorted(map(str, after))
        if before != after:
            yield f"{where}: `{keyword}` was {before}, is {after}"


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The schema with its reference followed, and `X or null` as X that may be null."""
    if "$ref" in schema:
        beside = {name: each for name, each in schema.items() if name != "$ref"}
        return _resolved({**root["$defs"][schema["$ref"].rsplit("/", 1)[1]], **beside}, root)
    options = [each for each in schema.get("anyOf", ()) if each != _NULL]
    if len(options) == 1:
        beside = {name: each for name, each in schema.items() if name != "anyOf"}
        return {**_resolved(options[0], root), **beside, "nullable": True}
    return schema
