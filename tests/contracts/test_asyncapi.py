"""The AsyncAPI document says what the map says."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator

from contracts.generate import ASYNCAPI
from contracts.topics import EVENT_TYPES, TOPICS, Topic

DOCUMENT = json.loads(ASYNCAPI.read_text("utf-8"))


def at(reference: str) -> Any:
    node = DOCUMENT
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def references(node: Any) -> Iterator[str]:
    match node:
        case dict():
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            for each in node.values():
                yield from references(each)
        case list():
            for each in node:
                yield from references(each)
        case _:
            return


def test_it_has_the_structure_of_an_asyncapi_3_document() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    ApplicationSchema.model_validate({**DOCUMENT, "servers": {}})  # it wants a `pathname` that the standard does not
    assert set(DOCUMENT["components"]["messages"]) == {kind.slug for kind in EVENT_TYPES.values()}


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) > len(EVENT_TYPES)
    for each in found:
        assert at(each)


def test_no_schema_is_left_unused() -> None:
    used = {each.rsplit("/", 1)[1] for each in references(DOCUMENT) if each.startswith("#/components/schemas/")}
    assert used == set(DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_channel_is_its_topic(topic: Topic) -> None:
    channel = DOCUMENT["channels"][topic.name]
    kafka = channel["bindings"]["kafka"]
    assert channel["address"] == kafka["topic"] == topic.name
    assert kafka["partitions"] == topic.partitions
    assert ",".join(kafka["topicConfiguration"]["cleanup.policy"]) == topic.cleanup
    assert kafka["topicConfiguration"]["retention.ms"] == (topic.retention.total_seconds() * 1000 if topic.retention else -1)
    assert set(channel["messages"]) == {kind.slug for kind in topic.types}


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_service_of_the_map_has_its_operation(topic: Topic) -> None:
    sends, receives = (
        {
            each["tags"][0]["name"]
            for each in DOCUMENT["operations"].values()
            if each["channel"]["$ref"] == f"#/channels/{topic.name}" and each["action"] == action
        }
        for action in ("send", "receive")
    )
    assert sends == {*topic.producers, *(["another-channel"] if topic.other_producers else [])}
    assert receives == set(topic.consumers)


def test_every_operation_names_messages_of_its_channel() -> None:
    for each in DOCUMENT["operations"].values():
        assert {one["$ref"] for one in each["messages"]} == {
            f"{each['channel']['$ref']}/messages/{slug}" for slug in at(each["channel"]["$ref"])["messages"]
        }


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.slug)
def test_the_example_of_a_message_is_valid_and_the_key_is_described(kind: Any) -> None:
    message = DOCUMENT["components"]["messages"][kind.slug]
    payload = {**message["payload"], "components": DOCUMENT["components"]}
    validator = Draft202012Validator(payload)
    validator.validate(message["examples"][0]["payload"])
    assert not validator.is_valid({**message["examples"][0]["payload"], "type": "com.zetpy.another.v1"})
    assert message["bindings"]["kafka"]["key"]["type"] == "string"
