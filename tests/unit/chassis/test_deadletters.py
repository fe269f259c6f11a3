"""A dead letter is always small enough to be published, and says what was cut."""

from datetime import UTC, datetime

from aiokafka import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from chassis.deadletters import MAX_HEADERS_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES, dead_letter
from chassis.incoming import read
from chassis.outbox import unpack_headers
from contracts import topics

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)


def a_letter(*, value=b"x", key=b"k", headers=()):
    record = ConsumerRecord("p-sync-outcomes", 3, 77, 0, 0, key, value, None, 0, 0, tuple(headers))
    item = read(record, topics.SYNC_OUTCOMES)
    return dead_letter(item, topic=topics.SYNC_OUTCOMES, consumer="decision", first_at=AT, now=AT, attempts=2)


@given(
    st.integers(0, 1_200_000),
    st.one_of(st.none(), st.integers(0, 10_000)),
    st.lists(st.tuples(st.text(max_size=20), st.one_of(st.none(), st.integers(0, 30_000).map(bytes))), max_size=6),
)
def test_it_fits_the_outbox_whatever_the_original_was(value, key, headers):
    letter = a_letter(value=bytes(value), key=None if key is None else bytes(key), headers=headers)
    assert len(letter.value or b"") <= 921_600
    assert len(letter.key or b"") <= 4096
    assert len(letter.headers) <= 65_536
    assert letter.key is not None or letter.value is not None
    said = unpack_headers(letter.headers)
    originals = [(name, text) for name, text in said if not name.startswith("dead-letter-")]
    assert originals == headers[: len(originals)]
    cut = value > MAX_VALUE_BYTES or (key or 0) > MAX_KEY_BYTES or len(originals) < len(headers)
    assert ("dead-letter-cut" in dict(said)) == cut


def test_it_names_where_the_original_is():
    said = dict(unpack_headers(a_letter(value=bytes(1_000_000), key=bytes(5000), headers=[("a", bytes(MAX_HEADERS_BYTES))]).headers))
    assert said["dead-letter-cut"] == b"value of 1000000 bytes, key of 5000 bytes, 1 of 1 headers"
    assert (said["dead-letter-topic"], said["dead-letter-partition"], said["dead-letter-offset"]) == (b"p-sync-outcomes", b"3", b"77")
    assert said["dead-letter-first-at"] == b"2026-05-04T12:00:00.000Z"


def test_nonsense_in_the_headers_of_a_letter_that_dies_again_is_harmless():
    said = dict(unpack_headers(a_letter(headers=[("dead-letter-attempts", b"\xff many"), ("dead-letter-topic", None)]).headers))
    assert said["dead-letter-attempts"] == b"2"
    assert said["dead-letter-topic"] == b"p-sync-outcomes"


def test_a_tombstone_without_a_key_can_be_published():
    letter = a_letter(value=None, key=None)
    assert letter.value == b""
    assert dict(unpack_headers(letter.headers))["dead-letter-class"] == b"tombstone"
