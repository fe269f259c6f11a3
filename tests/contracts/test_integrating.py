"""docs/integrating.md is true: its programs run, its tables and its example are what the map and the examples say."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import ValidationError

from contracts.cancel_requests import CancelRequested, request_id
from contracts.event import decode
from contracts.generate import EXAMPLES, SCHEMAS
from contracts.topics import CANCEL_REQUESTS, TOPICS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "integrating.md").read_text("utf-8")


def program(containing: str) -> dict[str, Any]:
    """The names that a program of the page defines."""
    (source,) = (each for each in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL) if containing in each)
    names: dict[str, Any] = {"__name__": "page"}
    exec(compile(source, "integrating.md", "exec"), names)
    return names


def test_the_reader_keeps_the_newest_status_whatever_comes() -> None:
    apply = program("def apply")["apply"]
    event = json.loads((EXAMPLES / "order-status-changed.v1" / "fullest.json").read_text("utf-8"))

    def sent(id_: str, revision: int, type_: str = event["type"]) -> bytes:
        return json.dumps({**event, "id": id_, "type": type_, "data": {**event["data"], "order_revision": revision, "new": 1}}).encode()

    seen: set[tuple[str, str]] = set()
    newest: dict[str, dict[str, Any]] = {}
    for value in (sent("1", 1), sent("3", 3), sent("2", 2), sent("3", 3), None, sent("4", 4, "com.zetpy.another.v1")):
        apply(value, seen, newest)
    assert {key: each["order_revision"] for key, each in newest.items()} == {event["partitionkey"]: 3}
    assert len(seen) == 3


def foreign(**facts: Any) -> tuple[bytes, bytes]:
    order = {"seller_id": "seller-a", "channel": "lazada", "shop_id": "MY1234", "order_ref": "553218", "region": "MY"}
    at = "2026-11-21T17:30:00+08:00"
    told = {
        "shop_name": "Astra Home Lazada",
        "marketplace_status": "BUYER_CANCEL",
        "ordered_at": at,
        "requested_at": at,
        "requested_at_source": "marketplace",
        "reason": {"text": "Changed my mind"},
        "fulfilled_by": "seller",
        "lines": [{"line_id": "1", "item_id": "77", "name": "Mug", "quantity": 1, "ordered_quantity": 1}],
        "parcel": {"state": "not_arranged"},
        "reject_reason": "none",
        "read_started_at": at,
        "observed_at": at,
        "found_by": "phone call",
        **facts,
    }
    return program("def cancel_requested")["cancel_requested"](order, "C-1", 1, told, now=datetime(2026, 11, 21, 9, 30, tzinfo=UTC))


def test_what_the_producer_writes_is_valid_and_read() -> None:
    key, value = foreign()
    validate = program("def validate")["validate"]
    validate(json.loads(value), SCHEMAS)
    read = decode(value, CANCEL_REQUESTS)
    assert isinstance(read.data, CancelRequested)
    assert read.key.encode() == key
    assert read.source == "/zetpy/lazada"
    assert read.data.request_id == read.subject == read.correlationid == request_id("lazada", "MY1234", "C-1")
    assert read.data.found_by == "unknown"


def test_the_validator_refuses_what_may_not_be_written() -> None:
    validate = program("def validate")["validate"]
    _, value = foreign(reject_reason="sometimes")
    with pytest.raises(ValidationError, match="sometimes"):
        validate(json.loads(value), SCHEMAS)
    with pytest.raises(ValidationError, match="specversion"):
        validate({name: each for name, each in json.loads(foreign()[1]).items() if name != "specversion"}, SCHEMAS)


def test_the_table_of_topics_is_the_map() -> None:
    rows = {
        row[0].strip("` "): [cell.strip() for cell in row[1:]]
        for row in (line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| `"))
    }
    for topic in TOPICS:
        _, partitions, kept, _ = rows[topic.name]
        assert int(partitions) == topic.partitions
        days = f"{topic.retention // timedelta(days=1)} days" if topic.retention else "for ever"
        assert kept == (f"compacted, {days}" if topic.compacted else days)


def test_the_event_on_the_page_is_the_example() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    shown, example = json.loads(text), json.loads((EXAMPLES / "cancel-lapsed.v1" / "fullest.json").read_text("utf-8"))
    shown["data"].pop("…")
    assert shown["data"].items() <= example.pop("data").items()
    assert {**shown, "causationid": example["causationid"], "data": 0} == {**example, "data": 0}


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", PAGE):
        assert (ROOT / "docs" / target).exists(), target
