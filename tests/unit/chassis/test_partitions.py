"""A key goes where every other Kafka client would send it."""

from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from chassis.partitions import partitions

COUNT = 12


@given(st.lists(st.binary(max_size=70) | st.text(max_size=30).map(str.encode), max_size=40))
def test_keys_go_where_aiokafka_sends_them(keys: list[bytes]):
    theirs = DefaultPartitioner()
    everything = list(range(COUNT))
    assert partitions(keys, COUNT) == [theirs(key, everything, everything) for key in keys]


@given(st.lists(st.none() | st.binary(max_size=9), max_size=20), st.integers(1, 50))
def test_every_record_has_a_partition(keys: list[bytes | None], count: int):
    assert all(0 <= partition < count for partition in partitions(keys, count))
    assert len(partitions(keys, count)) == len(keys)
