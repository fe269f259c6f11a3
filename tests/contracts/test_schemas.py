"""The schemas are current, open where they must be, and say the same as the decoder."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts.event import Envelope, Undecodable, decode
from contracts.generate import ASYNCAPI, EXAMPLES, SCHEMAS, generated, main, stale
from contracts.schemas import KNOWN_VALUES, Schema
from contracts.topics import EVENT_TYPES, TOPIC_OF, EventType
from contracts.values import OpenList

EVERY = pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.slug)


def schema(name: str) -> Schema:
    return json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))


def fullest(kind: EventType) -> dict[str, Any]:
    return json.loads((EXAMPLES / kind.slug / "fullest.json").read_text("utf-8"))


def test_the_generated_files_are_current() -> None:
    assert stale(generated()) == []
    assert main(["--check"]) == 0


@pytest.mark.parametrize("path", [SCHEMAS / "cancel-approved.v1.json", ASYNCAPI], ids=lambda path: path.name)
def test_a_stale_file_is_found(path: Any) -> None:
    files = generated()
    assert stale({**files, path: files[path] + "\n"}) == [path]


def test_a_file_of_an_event_that_is_gone_is_found() -> None:
    files = generated()
    gone = SCHEMAS / "cancel-lapsed.v1.json"
    assert stale({path: text for path, text in files.items() if path != gone}) == [gone]


@pytest.mark.parametrize("path", sorted(SCHEMAS.glob("*.json")), ids=lambda path: path.stem)
def test_a_schema_is_a_schema_and_open_to_new_fields(path: Any) -> None:
    document = json.loads(path.read_text("utf-8"))
    Draft202012Validator.check_schema(document)
    name, version = path.stem.rsplit(".", 1)
    assert document["$id"] == f"urn:zetpy:schema:{name}:{version}"
    for node in nodes(document):
        if "properties" in node:
            assert node["additionalProperties"] is True
        assert "(?" not in node.get("pattern", "")  # not every language has look-ahead


def nodes(node: Any) -> Iterator[Schema]:
    match node:
        case dict():
            if any(name in node for name in ("type", "$ref", "anyOf", "enum")) and "$ref" not in node.get("properties", {}):
                yield node
            for each in node.values():
                yield from nodes(each)
        case list():
            for each in node:
                yield from nodes(each)
        case _:
            return


def test_open_lists_are_text_and_every_one_is_used() -> None:
    found = {}
    for kind in EVENT_TYPES.values():
        found |= {name: each for name, each in schema(kind.slug)["$defs"].items() if KNOWN_VALUES in each}
    assert set(found) == {each.__name__ for each in OpenList.__subclasses__()}
    for name, each in found.items():
        assert each["type"] == "string"
        assert "enum" not in each, name
        assert "unknown" in each[KNOWN_VALUES]


def test_the_envelope_schema_names_the_attributes_of_the_envelope() -> None:
    document = schema("envelope.v1")
    assert set(document["properties"]) == set(Envelope.__struct_fields__)
    assert set(Envelope.__struct_fields__) - set(document["required"]) == {"causationid"}


def read(kind: EventType, event: dict[str, Any]) -> bool:
    try:
        decode(json.dumps(event).encode(), TOPIC_OF[kind.data])
    except Undecodable:
        return False
    return True


def valid(kind: EventType, event: dict[str, Any]) -> bool:
    return Draft202012Validator(schema(kind.slug)).is_valid(event["data"])


@EVERY
def test_schema_and_decoder_agree_about_every_field(kind: EventType) -> None:
    """Each field absent, null, and of a wrong type: both take it, or both refuse it."""
    event = fullest(kind)
    for path in places(event["data"]):
        for change in ("absent", "null", "wrong"):
            other = changed(event, path, change)
            assert valid(kind, other) == read(kind, other), (path, change)


@EVERY
def test_a_new_field_anywhere_and_a_new_value_of_an_open_list_are_taken(kind: EventType) -> None:
    event = grown(fullest(kind))
    document = schema(kind.slug)
    for name, definition in document["properties"].items():
        if any(KNOWN_VALUES in document["$defs"][each] for each in referred(definition)):
            event["data"][name] = "a value of next year"
    assert valid(kind, event)
    assert read(kind, event)


def referred(definition: Schema) -> list[str]:
    options = [definition, *definition.get("anyOf", [])]
    return [each["$ref"].rsplit("/", 1)[1] for each in options if "$ref" in each]


def grown(value: Any) -> Any:
    match value:
        case dict():
            return {name: grown(each) for name, each in value.items()} | {"of_next_year": {"deep": [1, None, "x"]}}
        case list():
            return [grown(each) for each in value]
        case _:
            return value


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    match value:
        case dict():
            for name, each in value.items():
                yield (*path, name)
                yield from places(each, (*path, name))
        case list():
            for number, each in enumerate(value):
                yield from places(each, (*path, number))
        case _:
            return


def changed(event: dict[str, Any], path: tuple[Any, ...], change: str) -> dict[str, Any]:
    other = copy.deepcopy(event)
    node = other["data"]
    for step in path[:-1]:
        node = node[step]
    match change:
        case "absent":
            del node[path[-1]]
        case "null":
            node[path[-1]] = None
        case _:
            node[path[-1]] = 0.5
    return other
