"""The golden examples: each event at its smallest and at its fullest reads, writes and validates."""

import json
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from contracts.event import announce, decode, encode
from contracts.generate import EXAMPLES, SCHEMAS
from contracts.schemas import Schema
from contracts.topics import EVENT_TYPES, TOPIC_OF, EventType

SIZES = ("smallest", "fullest")
ALL = [pytest.param(kind, size, id=f"{kind.slug}/{size}") for kind in EVENT_TYPES.values() for size in SIZES]


def example(kind: EventType, size: str) -> bytes:
    return (EXAMPLES / kind.slug / f"{size}.json").read_bytes()


def schema(name: str) -> Schema:
    return json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))


def test_every_event_has_both_examples_and_there_are_no_others() -> None:
    there = {str(path.relative_to(EXAMPLES)) for path in EXAMPLES.rglob("*.*") if path.is_file()}
    assert there == {f"{kind.slug}/{size}.json" for kind in EVENT_TYPES.values() for size in SIZES}


@pytest.mark.parametrize(("kind", "size"), ALL)
def test_an_example_is_read_and_written_with_the_same_meaning(kind: EventType, size: str) -> None:
    read = decode(example(kind, size), TOPIC_OF[kind.data])
    assert type(read.data) is kind.data
    written = encode(read)
    assert decode(written, read.topic) == read
    was, now = json.loads(example(kind, size)), json.loads(written)
    assert {name: each for name, each in was.items() if name != "data"} == {name: each for name, each in now.items() if name != "data"}
    assert dropped(was["data"], now["data"]) <= {"answerable", "cancelled_before", "is_gift", "location"}  # equal to their defaults


def dropped(was: Any, now: Any) -> set[str]:
    match was:
        case dict():
            return (was.keys() - now.keys()) | {each for name in was.keys() & now.keys() for each in dropped(was[name], now[name])}
        case list():
            return {each for one, other in zip(was, now, strict=True) for each in dropped(one, other)}
        case _:
            assert was == now
            return set()


@pytest.mark.parametrize(("kind", "size"), ALL)
def test_an_example_has_the_id_the_key_and_the_subject_that_follow_from_its_data(kind: EventType, size: str) -> None:
    raw = json.loads(example(kind, size))
    read = decode(example(kind, size), TOPIC_OF[kind.data])
    said = announce(read.data, source=read.source, time=read.time)
    assert msgspec.structs.replace(said, causationid=read.causationid) == read
    assert (said.key, said.subject, said.seller_id) == (raw["partitionkey"], raw["subject"], raw["sellerid"])
    assert raw["source"].removeprefix("/zetpy/") in said.topic.producers


@pytest.mark.parametrize(("kind", "size"), ALL)
def test_an_example_validates_against_the_schemas(kind: EventType, size: str) -> None:
    raw = json.loads(example(kind, size))
    Draft202012Validator(schema("envelope.v1")).validate(raw)
    data = schema(kind.slug)
    assert raw["dataschema"] == data["$id"]
    Draft202012Validator(data).validate(raw["data"])


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.slug)
def test_the_fullest_example_shows_every_field_and_the_smallest_only_what_must_be(kind: EventType) -> None:
    data = schema(kind.slug)
    fullest, smallest = (json.loads(example(kind, size))["data"] for size in ("fullest", "smallest"))
    assert list(fields_missing("", data, [fullest], data)) == []
    assert list(fields_too_many("", data, smallest, data)) == []


def followed(node: Schema, root: Schema) -> Schema:
    if "anyOf" in node:
        return followed(node["anyOf"][0], root)
    return root["$defs"][node["$ref"].rsplit("/", 1)[1]] if "$ref" in node else node


def fields_missing(where: str, node: Schema, seen: list[Any], root: Schema) -> Any:
    node = followed(node, root)
    if "items" in node:
        yield from fields_missing(f"{where}[]", node["items"], [each for values in seen for each in values], root)
    for name, each in node.get("properties", {}).items():
        found = [value[name] for value in seen if value.get(name) is not None]
        if not found:
            yield f"{where}.{name}"
        yield from fields_missing(f"{where}.{name}", each, found, root)


def fields_too_many(where: str, node: Schema, seen: Any, root: Schema) -> Any:
    node = followed(node, root)
    for each in seen if "items" in node else ():
        yield from fields_too_many(f"{where}[]", node["items"], each, root)
    for name, each in node.get("properties", {}).items():
        if name in seen:
            if name not in node["required"]:
                yield f"{where}.{name}"
            yield from fields_too_many(f"{where}.{name}", each, seen[name], root)
