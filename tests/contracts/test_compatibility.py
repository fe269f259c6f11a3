"""What breaks a released version is found, each way of breaking it, and what may be added is not."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts import generate
from contracts.compatibility import ADVICE, broken_promises, broken_topics, topic_promises
from contracts.event import decode
from contracts.generate import RELEASED, broken, current_schemas
from contracts.schemas import KNOWN_VALUES, Schema
from contracts.topics import EVENT_TYPES, TOPIC_OF, TOPICS

SLUG = "cancel-requested.v1"


def released() -> Schema:
    return json.loads((RELEASED / SLUG / "schema.json").read_text("utf-8"))


def after(change: Callable[[Schema], Any]) -> list[str]:
    """What is said when the released schema has changed like this."""
    now = copy.deepcopy(released())
    change(now)
    return broken_promises({SLUG: released()}, {SLUG: now})


def test_nothing_that_was_released_is_broken() -> None:
    assert broken() == []


def test_every_event_was_released() -> None:
    assert {path.parent.name for path in RELEASED.glob("*/schema.json")} >= set(current_schemas())


@pytest.mark.parametrize("path", sorted(path for path in RELEASED.glob("*/*est.json")), ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_event_that_was_ever_released_can_be_read(path: Path) -> None:
    raw = json.loads(path.read_text("utf-8"))
    kind = EVENT_TYPES[raw["type"]]
    read = decode(path.read_bytes(), TOPIC_OF[kind.data])
    assert (read.key, read.subject, read.id) == (raw["partitionkey"], raw["subject"], raw["id"])


def line(schema: Schema) -> Schema:
    return schema["$defs"]["Line"]


BREAKS = {
    "a field removed": (lambda s: s["properties"].pop("buyer_id"), "buyer_id: the field is gone"),
    "a field of a part removed": (lambda s: line(s)["properties"].pop("sku"), "lines[].sku: the field is gone"),
    "a required field added": (
        lambda s: (s["properties"].update(mood={"type": "string"}), s["required"].append("mood")),
        "mood: a new field must be optional",
    ),
    "a type narrowed": (
        lambda s: s["properties"]["buyer_id"].update(anyOf=[{"type": "integer"}, {"type": "null"}]),
        "buyer_id: `type` was string, is integer",
    ),
    "a type widened": (
        lambda s: s["properties"]["shop_name"].update(type=["string", "integer"]),
        "shop_name: `type` was string, is ['string', 'integer']",
    ),
    "null refused": (
        lambda s: s["properties"].update(buyer_id={"type": "string", "default": None}),
        "buyer_id: `nullable` was True, is None",
    ),
    "optional made required": (lambda s: s["required"].append("respond_by"), "respond_by: was optional, is required"),
    "required made optional": (lambda s: s["required"].remove("observed_at"), "observed_at: was required, is optional"),
    "optional made required in a part": (lambda s: line(s)["required"].append("sku"), "lines[].sku: was optional, is required"),
    "a closed list grown": (
        lambda s: s["properties"]["reject_reason"]["enum"].append("sometimes"),
        "reject_reason: `enum` was ['none', 'optional', 'required'], is ['none', 'optional', 'required', 'sometimes']",
    ),
    "a closed list shrunk": (
        lambda s: s["properties"]["reject_reason"]["enum"].remove("none"),
        "reject_reason: `enum` was ['none', 'optional', 'required'], is ['optional', 'required']",
    ),
    "a closed list opened": (
        lambda s: s["properties"].update(reject_reason={"type": "string"}),
        "reject_reason: `enum` was ['none', 'optional', 'required'], is None",
    ),
    "an open list shrunk": (lambda s: s["$defs"]["FoundBy"][KNOWN_VALUES].remove("sweep"), "found_by: the open list lost ['sweep']"),
    "an open list closed": (
        lambda s: s["$defs"]["FoundBy"].update(enum=s["$defs"]["FoundBy"].pop(KNOWN_VALUES)),
        "found_by: `enum` was None",
    ),
    "a limit tightened": (lambda s: s["properties"]["observation"].update(maximum=1000), "observation: `maximum` was 2147483647, is 1000"),
    "a limit loosened": (lambda s: s["properties"]["lines"].pop("minItems"), "lines: `minItems` was 1, is None"),
    "a limit added": (lambda s: s["properties"]["shop_name"].update(maxLength=20), "shop_name: `maxLength` was None, is 20"),
    "a pattern changed": (
        lambda s: s["$defs"]["Money"]["properties"]["amount"].update(pattern="^[0-9]+$"),
        "order_total.amount: `pattern` was",
    ),
    "a default changed": (lambda s: s["properties"]["answerable"].update(default=False), "answerable: `default` was True, is False"),
    "a part replaced": (lambda s: s["properties"]["parcel"].update({"$ref": "#/$defs/Money"}), "parcel.state: the field is gone"),
    "new fields forbidden": (lambda s: line(s).update(additionalProperties=False), "lines[]: `additionalProperties` was True, is False"),
}


@pytest.mark.parametrize(("change", "said"), BREAKS.values(), ids=BREAKS)
def test_a_broken_promise_is_found_and_named(change: Callable[[Schema], Any], said: str) -> None:
    problems = after(change)
    assert any(problem.startswith(f"{SLUG}: {said}") for problem in problems), problems


def test_an_event_that_is_gone_is_found() -> None:
    assert broken_promises({SLUG: released()}, {}) == [f"{SLUG}: the event is gone"]


ADDITIONS = {
    "nothing": lambda s: s,
    "an optional field": lambda s: s["properties"].update(mood={"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}),
    "an optional field of a part": lambda s: line(s)["properties"].update(weight={"type": "integer"}),
    "a value of an open list": lambda s: s["$defs"]["FoundBy"][KNOWN_VALUES].append("fax"),
    "other words": lambda s: s["properties"]["native_id"].update(description="other words"),
    "another order": lambda s: s["properties"]["reject_reason"]["enum"].reverse(),
    "another name of a part": lambda s: (
        s["$defs"].update(Box=s["$defs"].pop("Parcel")),
        s["properties"]["parcel"].update({"$ref": "#/$defs/Box"}),
    ),
}


@pytest.mark.parametrize("change", ADDITIONS.values(), ids=ADDITIONS)
def test_what_may_be_added_breaks_nothing(change: Callable[[Schema], Any]) -> None:
    assert after(change) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.pop("order-status"), "order-status: the topic is gone"),
        (lambda t: t["order-status"].update(partitions=24), "order-status: partitions was 12, is 24"),
        (lambda t: t["order-status"].update(cleanup="delete"), "order-status: cleanup was compact,delete, is delete"),
        (lambda t: t["order-status"].update(types=[]), "order-status: com.zetpy.order-status-changed.v1 is no longer on it"),
    ],
)
def test_a_topic_that_is_no_longer_what_it_was_is_found(change: Callable[[dict[str, Any]], Any], said: str) -> None:
    promised = topic_promises(TOPICS)
    now = copy.deepcopy(promised)
    change(now)
    assert broken_topics(promised, now) == [said]


def test_a_new_topic_and_a_new_event_on_a_topic_break_nothing() -> None:
    promised = topic_promises(TOPICS)
    now = copy.deepcopy(promised)
    now["gift-cards"] = {"partitions": 1, "cleanup": "delete", "types": []}
    now["order-status"]["types"].append("com.zetpy.order-forgotten.v1")
    assert broken_topics(promised, now) == []


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The generated and the released files in a place of their own."""
    shutil.copytree(RELEASED, tmp_path / "released")
    monkeypatch.setattr(generate, "RELEASED", tmp_path / "released")
    monkeypatch.setattr(generate, "SCHEMAS", tmp_path / "schemas")
    monkeypatch.setattr(generate, "ASYNCAPI", tmp_path / "asyncapi.json")
    return tmp_path


def promise_more(elsewhere: Path) -> Path:
    """As if the released version had had a field that the present one lacks."""
    path = elsewhere / "released" / SLUG / "schema.json"
    schema = json.loads(path.read_text("utf-8"))
    schema["properties"]["mood"] = {"type": "string"}
    path.write_text(json.dumps(schema), "utf-8")
    return path


def test_the_command_says_what_is_broken_and_what_to_do(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main([]) == 0
    promise_more(elsewhere)
    assert generate.main(["--check"]) == 1
    said = capsys.readouterr().err
    assert said == f"{SLUG}: mood: the field is gone\n{ADVICE}\n"


def test_a_release_never_breaks_the_former_one(elsewhere: Path) -> None:
    path = promise_more(elsewhere)
    before = path.read_bytes()
    assert generate.main(["--release"]) == 1
    assert path.read_bytes() == before


def test_a_release_takes_what_is_new_and_leaves_the_examples_that_were_released(elsewhere: Path) -> None:
    old_example = elsewhere / "released" / SLUG / "smallest.json"
    old_example.write_text("{}", "utf-8")
    shutil.rmtree(elsewhere / "released" / "cancel-lapsed.v1")
    assert generate.main(["--release"]) == 0
    assert old_example.read_text("utf-8") == "{}"
    assert (elsewhere / "released" / "cancel-lapsed.v1" / "schema.json").exists()
    assert (elsewhere / "released" / "cancel-lapsed.v1" / "fullest.json").exists()


def test_checking_writes_nothing(elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 1
    assert not (elsewhere / "schemas").exists()
    assert "make schemas" in capsys.readouterr().err
