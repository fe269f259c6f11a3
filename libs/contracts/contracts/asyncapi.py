"""The map as an AsyncAPI 3 document: every topic, who sends and who receives, every event with its schema and an example."""

from collections.abc import Mapping
from typing import Any

from contracts.schemas import FieldNotes, Schema, data_schema, envelope_schema
from contracts.topics import TOPICS, EventType, Topic, dlq, replay

ANOTHER_CHANNEL = "another-channel"
"""Stands for the service of a channel that lives outside this repository."""


def document(notes: FieldNotes, examples: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document; `examples` are by slug."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Zetpy cancellations",
            "version": "1.0.0",
            "description": "Cancel requests of marketplace orders: what is seen, what is decided, what becomes of stock and of the answer. "
            "How to use it: docs/integrating.md.",
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {"local": {"host": "127.0.0.1:19092", "protocol": "kafka", "description": "What `make run` starts."}},
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {name: each for topic in TOPICS for name, each in _operations(topic).items()},
        "components": {
            "messages": {kind.slug: _message(kind, examples) for topic in TOPICS for kind in topic.types},
            "schemas": _schemas(notes),
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    retention = int(topic.retention.total_seconds() * 1000) if topic.retention else -1
    return {
        "address": topic.name,
        "messages": {kind.slug: {"$ref": f"#/components/messages/{kind.slug}"} for kind in topic.types},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {"cleanup.policy": topic.cleanup.split(","), "retention.ms": retention},
                "bindingVersion": "0.5.0",
            }
        },
        "x-dead-letters": {consumer: [dlq(topic, consumer), replay(topic, consumer)] for consumer in topic.consumers},
    }


def _operations(topic: Topic) -> dict[str, Any]:
    senders = (*topic.producers, *((ANOTHER_CHANNEL,) if topic.other_producers else ()))
    sends = {f"{each}-sends-{topic.name}": _operation(topic, "send", each) for each in senders}
    receives = {
        f"{each}-receives-{topic.name}": _operation(topic, "receive", each)
        | {"bindings": {"kafka": {"groupId": {"type": "string", "enum": [each]}, "bindingVersion": "0.5.0"}}}
        for each in topic.consumers
    }
    return sends | receives


def _operation(topic: Topic, action: str, service: str) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "title": f"{service} {action}s {topic.name}",
        "tags": [{"name": service}],
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{kind.slug}"} for kind in topic.types],
    }


def _message(kind: EventType, examples: Mapping[str, Any]) -> dict[str, Any]:
    specific = {"type": {"const": kind.name}, "dataschema": {"const": kind.schema}, "data": _reference(kind.data.__name__)}
    return {
        "name": kind.name,
        "title": kind.data.__name__,
        "contentType": "application/cloudevents+json",
        "headers": {
            "type": "object",
            "properties": {
                "content-type": {"const": "application/cloudevents+json; charset=UTF-8"},
                "traceparent": {"type": "string", "description": "W3C trace context, when the event is traced."},
            },
        },
        "payload": {"allOf": [_reference("Envelope"), {"type": "object", "properties": specific}]},
        "correlationId": {"location": "$message.payload#/correlationid"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "`partitionkey` of the envelope, partitioned by murmur2."},
                "bindingVersion": "0.5.0",
            }
        },
        "examples": [{"name": "fullest", "payload": examples[kind.slug]}],
    }


def _reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas(notes: FieldNotes) -> dict[str, Schema]:
    found = {"Envelope": _inside(envelope_schema())}
    for kind in (kind for topic in TOPICS for kind in topic.types):
        schema = data_schema(kind, notes)
        found |= {name: _inside(each) for name, each in schema["$defs"].items()}
        found[kind.data.__name__] = _inside(schema)
    return dict(sorted(found.items()))


def _inside(schema: Any) -> Any:
    """The schema as a part of the document: one document, one place for definitions."""
    match schema:
        case dict():
            kept = {name: _inside(each) for name, each in schema.items() if name not in {"$schema", "$id", "$defs"}}
            if "$ref" in kept:
                kept["$ref"] = kept["$ref"].replace("#/$defs/", "#/components/schemas/")
            return kept
        case list():
            return [_inside(each) for each in schema]
        case _:
            return schema
