"""Cursors, queries, pauses, identities, topics: the small parts."""

import asyncio
import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import kafka
from chassis.database import Queries
from chassis.http import Problem, decode_cursor, encode_cursor
from chassis.incoming import event_identity, identity
from chassis.waiting import backoff_seconds, pause
from contracts import topics

json_values = st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(json_values, st.dictionaries(st.text(), json_values, max_size=3))
def test_a_cursor_gives_its_position_back_for_the_same_filters(position, filters):
    assert decode_cursor(encode_cursor(position, filters=filters), filters=dict(reversed(filters.items()))) == position


@given(st.text())
def test_a_broken_cursor_is_refused(cursor):
    with pytest.raises(Problem) as refused:
        decode_cursor(cursor, filters={"tab": "to_decide"})
    assert (refused.value.status, refused.value.slug) == (400, "invalid-cursor")


def test_a_cursor_of_other_filters_is_refused():
    cursor = encode_cursor([1], filters={"tab": "to_decide"})
    with pytest.raises(Problem, match="other filters"):
        decode_cursor(cursor, filters={"tab": "cancelled"})


def test_queries_are_known_by_name_and_unknown_ones_fail():
    queries = Queries("chassis", "relay.sql")
    assert queries["take_lead"] == queries.take_lead
    assert "pg_try_advisory_lock" in queries.take_lead
    with pytest.raises(KeyError, match="no query named take_led"):
        queries["take_led"]


@given(st.integers(1, 10_000), st.floats(0.1, 60))
def test_pauses_grow_to_a_cap(failures, cap):
    assert 0 < backoff_seconds(failures, cap=cap) <= cap


async def test_a_stop_ends_a_pause_at_once():
    stop = asyncio.Event()
    async with asyncio.timeout(1):
        waiting = asyncio.create_task(pause(stop, 60))
        await asyncio.sleep(0)
        stop.set()
        assert await waiting is True
        assert await pause(asyncio.Event(), 0.001) is False


def test_an_identity_can_be_worked_out_in_sql_too():
    assert identity("/zetpy/x 1").bytes == hashlib.sha256(b"/zetpy/x 1").digest()[:16]


def test_a_service_makes_what_it_produces_and_consumes_with_the_settings_of_the_map():
    wanted = {each.name: each for each in kafka.wanted_topics("decision", [topics.CANCEL_REQUESTS], prefix="t-", replication=3)}
    assert set(wanted) == {
        "t-cancel-requests", "t-cancel-requests-decision-dlq", "t-cancel-requests-decision-replay", "t-cancel-decisions", "t-order-status",
    }  # fmt: skip
    status = wanted["t-order-status"]
    assert (status.num_partitions, status.replication_factor) == (12, 3)
    assert status.topic_configs["cleanup.policy"] == "compact,delete"
    assert wanted["t-cancel-requests-decision-dlq"].topic_configs["retention.ms"] == str(90 * 86_400_000)


def test_events_with_another_source_or_id_are_other_events():
    texts = ["".join(each) for length in (1, 2, 3) for each in itertools.product(" a1", repeat=length)]
    assert len({event_identity(source, id_) for source in texts for id_ in texts}) == len(texts) ** 2


def test_rows_of_sources_without_a_space_are_found_as_before():
    assert event_identity("/zetpy/ingestor", "1") == identity("/zetpy/ingestor 1")
