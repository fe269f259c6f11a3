"""A record as a consumer reads it."""

import pytest
from aiokafka import ConsumerRecord
from tests.support.requests import an_order, synced

from chassis import incoming
from contracts import topics
from contracts.event import announce, encode


def a_record(value, *headers):
    return ConsumerRecord("sync-outcomes", 0, 7, 0, 0, b"key", value, None, 3, len(value), headers)


@pytest.mark.parametrize(("ref", "reason"), [("R" * 900, None), ("R" * 1100, "undecodable"), ("é" * 900, "undecodable")])
def test_an_event_whose_key_is_too_long_is_refused_before_anything_is_owed_because_of_it(ref, reason):
    """What answers it has its order's key too, and would be refused when it is announced, again and again."""
    said = synced(an_order(ref))
    read = incoming.read(a_record(encode(announce(said, source="/elsewhere", time=said.at))), topics.SYNC_OUTCOMES)
    assert read.reason == reason
    assert bool(reason) == ("key" in read.message)
