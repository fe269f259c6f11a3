"""The map has no orphans: each event has one topic, each topic somebody who sends, each name its form."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from contracts import topics
from contracts.schemas import event_classes
from contracts.topics import EVENT_TYPES, TOPICS, EventType, Topic, dlq, replay

SERVICES = {path.name for path in (Path(__file__).parents[2] / "services").iterdir() if path.is_dir()}

# CONTRACTS B, said twice on purpose: a change of the map is a change of a promise.
EXPECTED = {
    "cancel-requests": (12, "delete", 30, {"CancelRequested", "CancelRequestClosed", "OrderCancelled"}, {"ingestor"}, {"decision"}),
    "cancel-decisions": (
        12,
        "delete",
        30,
        {"CancelApproved", "CancelRejected", "CancelledElsewhere", "CancelLapsed", "CancelReverted", "SyncRetryRequested"},
        {"decision"},
        {"inventory", "sync-back"},
    ),
    "order-status": (12, "compact,delete", 90, {"OrderStatusChanged"}, {"decision"}, set()),
    "stock-movements": (
        12,
        "delete",
        30,
        {"StockRestored", "StockReversed", "StockAdjusted", "StockUnmatched", "StockSettled"},
        {"inventory"},
        {"decision"},
    ),
    "sync-outcomes": (
        12,
        "delete",
        30,
        {"OutcomeSynced", "OutcomeDelayed", "OutcomeRefused", "OutcomeFailed"},
        {"sync-back"},
        {"decision", "ingestor"},
    ),
    "shop-status": (3, "compact", None, {"ShopStatusChanged"}, {"ingestor"}, {"decision", "sync-back"}),
}


def described(topic: Topic) -> tuple[object, ...]:
    retention = topic.retention and topic.retention / timedelta(days=1)
    types = {kind.data.__name__ for kind in topic.types}
    return topic.partitions, topic.cleanup, retention, types, set(topic.producers), set(topic.consumers)


def test_the_map_is_what_was_agreed() -> None:
    assert {topic.name: described(topic) for topic in TOPICS} == EXPECTED


def test_every_event_that_is_written_down_is_on_exactly_one_topic() -> None:
    written = {each for each in event_classes() if "TYPE" in vars(each) and each.__module__.startswith("contracts.")}
    carried = [kind.data for topic in TOPICS for kind in topic.types]
    assert len(carried) == len(set(carried))
    assert set(carried) == written


def test_every_type_is_named_once_and_after_its_class() -> None:
    assert len(EVENT_TYPES) == sum(len(topic.types) for topic in TOPICS)
    for name, kind in EVENT_TYPES.items():
        words, version = re.fullmatch(r"(.*?)(?:V(\d+))?", kind.data.__name__).groups()
        kebab = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", words).lower()
        assert name == f"com.zetpy.{kebab}.v{version or 1}"
        assert kind.schema == f"urn:zetpy:schema:{kebab}:v{version or 1}"


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_who_sends_and_who_receives_are_services_of_this_repository(topic: Topic) -> None:
    assert topic.producers
    assert set(topic.producers) | set(topic.consumers) <= SERVICES


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_no_event_is_an_event_of_another_type_too(topic: Topic) -> None:
    """A `match` on the class of an event would take the other one's branch."""
    for kind in topic.types:
        assert [other.data for other in topic.types if issubclass(kind.data, other.data)] == [kind.data]


def test_every_topic_of_the_module_is_listed() -> None:
    assert {each for each in vars(topics).values() if isinstance(each, Topic)} == set(TOPICS)


def test_dead_letter_and_replay_topics_are_named_after_topic_and_consumer() -> None:
    assert dlq(topics.CANCEL_DECISIONS, "sync-back") == "cancel-decisions-sync-back-dlq"
    assert replay(topics.CANCEL_DECISIONS, "sync-back") == "cancel-decisions-sync-back-replay"
    every = [name for topic in TOPICS for who in topic.consumers for name in (dlq(topic, who), replay(topic, who))]
    assert len({*every, *(topic.name for topic in TOPICS)}) == len(every) + len(TOPICS)


@pytest.mark.parametrize("kind", EVENT_TYPES.values(), ids=lambda kind: kind.slug)
def test_an_event_about_a_request_is_correlated_by_it(kind: EventType) -> None:
    assert (kind.request_id is not None) == ("request_id" in kind.data.__struct_fields__)
