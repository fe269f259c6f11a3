"""The JSON Schemas of the events: what other teams validate against and generate code from."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from contracts.topics import EventType
from contracts.values import OpenList, Value

Schema = dict[str, Any]
FieldNotes = Mapping[str, Mapping[str, str]]
"""Per class and field what the source says about it."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
KNOWN_VALUES = "x-known-values"
ENVELOPE_ID = "urn:zetpy:schema:envelope:v1"

_OPEN_LISTS = {each.__name__: each for each in OpenList.__subclasses__()}
_PYTHON_ONLY = r"(?!\n)"  # other languages' $ takes no line end after it, and some have no look-ahead
_NULL: Schema = {"type": "null"}


def data_schema(kind: EventType, notes: FieldNotes) -> Schema:
    """The schema of an event's `data`, with the id that its `dataschema` names."""
    definitions = {name: _polished(name, each, notes) for name, each in msgspec.json.schema(kind.data)["$defs"].items()}
    root = definitions.pop(kind.data.__name__)
    return {"$schema": DIALECT, "$id": kind.schema, **root, "$defs": definitions}


def envelope_schema() -> Schema:
    """The schema of the CloudEvents envelope, whatever the event."""
    text = {"type": "string", "minLength": 1}
    properties = {
        "specversion": {"const": "1.0"},
        "id": text | {"description": "With `source` the identity of the event: who has seen both has seen the event."},
        "source": text | {"format": "uri-reference", "description": "`/zetpy/<service>`; other producers: their own."},
        "type": {"type": "string", "pattern": r"^com\.zetpy\.[a-z-]+\.v[1-9][0-9]*$"},
        "subject": text | {"description": "What it is about."},
        "time": _instant("When it happened, not when it was sent. UTC."),
        "datacontenttype": {"const": "application/json"},
        "dataschema": {
            "type": "string",
            "pattern": "^urn:zetpy:schema:[a-z-]+:v[1-9][0-9]*$",
            "description": "The `$id` of the data's schema.",
        },
        "partitionkey": text | {"description": "The Kafka key of the record."},
        "sellerid": text,
        "correlationid": text | {"description": "The `request_id`; for an event without a request its own `id`."},
        "causationid": {"anyOf": [text, _NULL], "default": None, "description": "The `id` of the event that this one answers."},
        "data": {"type": "object"},
    }
    return {
        "$schema": DIALECT,
        "$id": ENVELOPE_ID,
        "title": "Envelope",
        "description": "CloudEvents 1.0 in structured JSON, `content-type: application/cloudevents+json; charset=UTF-8`.",
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name != "causationid"],
        "additionalProperties": True,
    }


def event_classes(root: type[Value] = Value) -> Iterator[type[Value]]:
    """Every class that an event may be made of."""
    for each in root.__subclasses__():
        yield each
        yield from event_classes(each)


def _instant(description: str) -> Schema:
    return {"type": "string", "format": "date-time", "pattern": "(Z|[+-][0-9]{2}:[0-9]{2})$", "description": description}


def _polished(name: str, definition: Schema, notes: FieldNotes) -> Schema:
    if name in _OPEN_LISTS:
        return _open_list(_OPEN_LISTS[name], definition)
    required = definition.get("required", [])
    properties = {
        field: _property(each, notes.get(name, {}).get(field), optional=field not in required)
        for field, each in definition["properties"].items()
    }
    return {**definition, "properties": properties, "required": required, "additionalProperties": True}


def _open_list(values: type[OpenList], definition: Schema) -> Schema:
    known = [each.value for each in values]
    about = f"{definition.get('description', '')} Open list: a value that you do not know means `unknown`.".strip()
    return {"title": values.__name__, "description": about, "type": "string", KNOWN_VALUES: known}


def _property(definition: Schema, note: str | None, *, optional: bool) -> Schema:
    described: Schema = _portable(definition)
    if optional and _NULL not in described.get("anyOf", ()) and None not in described.get("enum", ()):
        # Absent and null mean the same, for fields with another default too.
        default = {"default": described.pop("default")} if "default" in described else {}
        described = {"anyOf": [described, _NULL], **default}
    return described | ({"description": note} if note else {})


def _portable(value: Any) -> Any:
    match value:
        case dict():
            return {name: _portable(each) for name, each in value.items()}
        case list():
            return [_portable(each) for each in value]
        case str():
            return value.replace(_PYTHON_ONLY, "")
        case _:
            return value
